"""One submission as a notebook for the TA: what the code earned and why, the written report, boxes for its marks.

The formgrader shows it; nothing in it is ever run. What strangers wrote goes in as plain text, or with every sign that
means something to Markdown or HTML written as a number: a name, a comment or a traceback is read and does nothing.
"""

import base64
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from grader.harness.batch.pdf.images import media_type
from grader.harness.batch.records import Line, PreCheck
from grader.harness.characters import count, cut, make_visible, one_line, shorten
from grader.harness.lab import Lab
from grader.harness.lab_files import LOADING
from grader.harness.report.html import data_url
from grader.harness.results import CaseResult, CheckResult, ManualPart, Report, format_points
from grader.harness.rubric import Rubric, RubricLine

if TYPE_CHECKING:
    from nbformat import NotebookNode

MAX_OVERLAYS = 3
MAX_REASON = 300
MAX_SOURCE = 100_000
"""So many characters of the code, or of a report without pages, are shown."""

_SAFE = frozenset(" ,;")


@dataclass(frozen=True)
class Item:
    """What a TA is shown of one submission.

    Attributes
    ----------
    line : Line
        The student's line in the class.
    report : Report or None
        All that grading found; None where there is no result.
    source : bytes or None
        The student's code; None where there is none.
    pages : tuple of bytes
        Pages of the written report, each a PNG or JPEG file.
    pages_note : str
        What is missing of the pages and why, in sentences.
    report_text : str
        Text of a report that has no pages, such as a Word document.
    """

    line: Line
    report: Report | None = None
    source: bytes | None = None
    pages: tuple[bytes, ...] = ()
    pages_note: str = ""
    report_text: str = ""


@dataclass(frozen=True)
class CheckRow:
    """One check in the table: its points, its verdict, and why points were lost."""

    key: str
    title: str
    points: str
    verdict: str
    why: str


def make_notebook(lab: Lab, rubric: Rubric, item: Item) -> "NotebookNode":
    """Write a submission as a notebook.

    Parameters
    ----------
    lab : Lab
        Whose submission it is.
    rubric : Rubric
        Its checks become auto-graded cells, its manual parts manually graded ones.
    item : Item
        The submission.

    Returns
    -------
    notebook : NotebookNode
        Valid by nbformat, its cells' metadata by version 3 of nbgrader's schema. The same for the same submission.
    """
    from nbformat.v4 import new_notebook

    rows = list_checks(rubric, item.line, item.report)
    cells = [
        _markdown(_words().head(item.line, _code_points(rubric, item.line), rows)),
        *_pictures(lab, [] if item.report is None else item.report.checks),
        *_written_report(rubric, item),
        *_code(lab, rubric, rows, item),
    ]
    for number, cell in enumerate(cells):
        cell["id"] = f"cell-{number}"
    return new_notebook(cells=cells, metadata={"language_info": {"name": "python"}})


def list_checks(rubric: Rubric, line: Line, report: Report | None) -> Sequence[CheckRow]:
    """List the checks of the code with what each gave, in the order of the rubric."""
    checks = {} if report is None else {check.key: check for check in report.checks}
    return [_row(check, line, checks.get(check.key)) for check in rubric.checks]


def list_wrong_pictures(checks: Sequence[CheckResult]) -> Sequence[CaseResult]:
    """List the cases that are drawn over a picture and went wrong, the first `MAX_OVERLAYS` of them."""
    return _find_wrong_pictures(checks)[:MAX_OVERLAYS]


def _find_wrong_pictures(checks: Sequence[CheckResult]) -> Sequence[CaseResult]:
    return [case for check in checks for case in check.failures if case.overlay is not None]


def escape(text: str) -> str:
    """Write a stranger's text for HTML within Markdown: on one line, every sign but the plainest as a number."""
    return "".join(
        character if character.isalnum() or character in _SAFE else f"&#{ord(character)};"
        for character in one_line(text)
    )


@cache
def _words() -> Any:  # noqa: ANN401 - the macros of a template
    from jinja2 import Environment, FileSystemLoader, StrictUndefined
    from markupsafe import Markup

    environment = Environment(
        loader=FileSystemLoader(Path(__file__).resolve().parent),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=lambda value: Markup(escape(value)) if type(value) is str else value,  # noqa: S704 - just escaped
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(points=format_points, data_url=lambda jpeg: Markup(data_url(jpeg)))  # noqa: S704
    return environment.get_template("cells.html.j2").module


def _markdown(source: object, metadata: Mapping[str, Any] | None = None) -> "NotebookNode":
    from nbformat.v4 import new_markdown_cell

    return new_markdown_cell(str(source).replace("\n", ""), metadata={"nbgrader": metadata} if metadata else {})


def _code_cell(comment: str, outputs: Sequence[Mapping[str, str]] = (), metadata: Any = None) -> "NotebookNode":  # noqa: ANN401
    """Make a cell of code that is only a comment, so that running it does nothing."""
    from nbformat.v4 import new_code_cell, new_output

    shown = [new_output("display_data", data=dict(data)) for data in outputs]
    return new_code_cell(f"# {one_line(comment)}", outputs=shown, metadata={"nbgrader": metadata} if metadata else {})


def _graded(key: str, points: float, kind: str, *, has_comment: bool) -> Mapping[str, Any]:
    return {
        "schema_version": 3,
        "grade": True,
        "solution": has_comment,
        "locked": not has_comment,
        "task": False,
        "grade_id": key,
        "points": points,
        "cell_type": kind,
    }


def _code_points(rubric: Rubric, line: Line) -> str:
    if line.code_points is None:
        return "no mark yet"
    whole = sum((check.points for check in rubric.checks), Fraction(0))
    return f"{format_points(line.code_points)} of {format_points(whole)} points"


def _row(check: RubricLine, line: Line, result: CheckResult | None) -> CheckRow:
    got = f"{format_points(line.points[check.key])} of " if check.key in line.points else "open, of "
    why = "" if result is None else cut(one_line(_why(result)), MAX_REASON)
    return CheckRow(check.key, check.title, got + format_points(check.points), line.verdicts.get(check.key, ""), why)


def _why(result: CheckResult) -> str:
    if not result.failures:
        return result.note
    first = result.failures[0]
    told = first.verdict.value if first.explanation is None else first.explanation
    return f"{len(result.failures)} of {count(len(result.cases), 'case')} failed. {first.name}: {told}"


def _pictures(lab: Lab, checks: Sequence[CheckResult]) -> Iterator["NotebookNode"]:
    """Show the pictures that went wrong."""
    wrong = _find_wrong_pictures(checks)
    shown = [
        {
            "text/html": str(_words().pictures(case.name, lab.evidence.pictures(case.overlay))),
            "text/plain": one_line(case.name),
        }
        for case in wrong[:MAX_OVERLAYS]
    ]
    if shown:
        more = f", {len(shown)} of {len(wrong)}" if len(wrong) > len(shown) else ""
        yield _code_cell(f"Pictures that went wrong{more}. {lab.evidence.pictures_say}".rstrip(), shown)


def _written_report(rubric: Rubric, item: Item) -> Iterator["NotebookNode"]:
    precheck = item.line.precheck
    notes = list(dict.fromkeys([*precheck.notes, *filter(None, [item.pages_note])]))  # one fault can be found twice
    yield _markdown(_words().written([count(n, noun) for n, noun in _counts(precheck) if n is not None], notes))
    if item.pages:
        pages = [{media_type(page): base64.b64encode(page).decode("ascii")} for page in item.pages]
        yield _code_cell(f"The report: {count(len(pages), 'page')}", pages)
    if item.report_text:
        text = shorten(item.report_text, MAX_SOURCE)
        yield _code_cell("The text of the report, without its pictures and layout", [{"text/plain": text}])
    if item.line.online_text:
        yield _code_cell("What the student typed into Moodle", [{"text/plain": item.line.online_text}])
    for part in rubric.manual:
        yield _box(part, precheck)


def _counts(precheck: PreCheck) -> list[tuple[int | None, str]]:
    return [(precheck.n_pages, "page"), (precheck.n_words, "word"), (precheck.n_pictures, "picture")]


def _box(part: ManualPart, precheck: PreCheck) -> "NotebookNode":
    words = _words().part(part, part.key in precheck.parts_found)
    return _markdown(words, _graded(part.key, float(part.max_points), "markdown", has_comment=True))


def _code(lab: Lab, rubric: Rubric, rows: Sequence[CheckRow], item: Item) -> Iterator["NotebookNode"]:
    yield _markdown(_words().code())
    for check, row in zip(rubric.checks, rows, strict=True):
        told = f"{row.title}: {row.points} points{f', {row.verdict}' if row.verdict else ''}"
        graded = _graded(check.key, float(check.points), "code", has_comment=check.key == LOADING)
        yield _code_cell(told, metadata=graded)
    if item.source is not None:
        text = shorten(make_visible(item.source.decode("utf-8", "replace")), MAX_SOURCE)
        # As an output, not as a cell's code: somebody may open the notebook elsewhere and run its cells.
        yield _code_cell(f"{lab.program.file}, as it was handed in", [{"text/plain": text}])
