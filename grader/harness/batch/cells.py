"""One submission as a notebook for the TA: what the code earned and why, the written report, boxes for its marks.

The formgrader shows it; nothing in it is ever run. What strangers wrote goes in as plain text, or with every sign that
means something to Markdown or HTML written as a number: a name, a comment or a traceback is read and does nothing.
"""

import base64
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from grader.harness.batch.pdf.images import media_type
from grader.harness.batch.records import Line, PreCheck, Status
from grader.harness.characters import count, cut, make_visible, one_line, shorten
from grader.harness.results import CaseResult, CheckResult, ManualPart, Report, format_points
from grader.harness.rubric import Rubric, RubricLine
from grader.labs.merge.overlays import Which, draw_overlay

if TYPE_CHECKING:
    from nbformat import NotebookNode

MAX_OVERLAYS = 3
MAX_REASON = 300
MAX_SOURCE = 100_000
"""So many characters of a merge.py are shown."""

_STYLE = (
    "<style>div.prompt{display:none}div.output_subarea{max-width:100%}"
    "#notebook-container img{border:1px solid #ddd;max-width:100%}"
    "#notebook-container table{width:100%}"
    "#notebook-container td,#notebook-container th{text-align:left;vertical-align:top;padding:3px 8px}"
    "#notebook-container table.checks td:nth-child(-n+3){white-space:nowrap}"
    "#notebook-container tr.lost{background:#fcf0ee}</style>"
)
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
        The student's merge.py; None where there is none.
    pages : tuple of bytes
        Pages of the written report, each a PNG or JPEG file.
    pages_note : str
        What is missing of the pages and why, in sentences.
    """

    line: Line
    report: Report | None = None
    source: bytes | None = None
    pages: tuple[bytes, ...] = ()
    pages_note: str = ""


def make_notebook(rubric: Rubric, item: Item, images: Path) -> "NotebookNode":
    """Write a submission as a notebook.

    Parameters
    ----------
    rubric : Rubric
        Its checks become auto-graded cells, its manual parts manually graded ones.
    item : Item
        The submission.
    images : Path
        Folder of the pictures that overlays are drawn on.

    Returns
    -------
    notebook : NotebookNode
        Valid by nbformat, its cells' metadata by version 3 of nbgrader's schema. The same for the same submission.
    """
    from nbformat.v4 import new_notebook

    cells = [
        *_head(rubric, item),
        *_pictures(item.report, images),
        *_written_report(rubric, item),
        *_code(rubric, item),
    ]
    for number, cell in enumerate(cells):
        cell["id"] = f"cell-{number}"
    return new_notebook(cells=cells, metadata={"language_info": {"name": "python"}})


def escape(text: str) -> str:
    """Write a stranger's text for HTML within Markdown: on one line, every sign but the plainest as a number."""
    return "".join(
        character if character.isalnum() or character in _SAFE else f"&#{ord(character)};"
        for character in one_line(text)
    )


def _markdown(source: str, metadata: Mapping[str, Any] | None = None) -> "NotebookNode":
    from nbformat.v4 import new_markdown_cell

    return new_markdown_cell(source, metadata={"nbgrader": metadata} if metadata else {})


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


def _head(rubric: Rubric, item: Item) -> Iterator["NotebookNode"]:
    line, person = item.line, item.line.person
    facts = [f"<b>{line.status.value}</b>", f"code: <b>{_code_points(rubric, line)}</b>"]
    facts += [] if line.submitted_at is None else [f"handed in {line.submitted_at:%Y-%m-%d %H:%M}"]
    if line.lateness is not None:
        facts.append(f"late: {escape(line.lateness.says)}, {format_points(line.lateness.penalty)} points off the total")
    name = escape(person.full_name) or escape(person.key)
    rows = [
        f"<h2>{name} <small>{escape(person.student_id or person.key)}</small></h2>",
        f"<p>{' &middot; '.join(facts)}</p>",
    ]
    if line.reason:
        rows.append(f"<p><b>Why: {escape(line.reason)}</b></p>")
    rows.append(_bullets("Remarks", line.remarks))
    if line.status is Status.GRADED:
        rows.append(_table(rubric, item))
    yield _markdown(_STYLE + f"<div>{''.join(rows)}</div>")


def _code_points(rubric: Rubric, line: Line) -> str:
    if line.code_points is None:
        return "no mark yet"
    whole = sum((check.points for check in rubric.checks), Fraction(0))
    return f"{format_points(line.code_points)} of {format_points(whole)} points"


def _bullets(title: str, sentences: Sequence[str]) -> str:
    items = "".join(f"<li>{escape(sentence)}</li>" for sentence in sentences)
    return f"<p>{title}</p><ul>{items}</ul>" if items else ""


def _table(rubric: Rubric, item: Item) -> str:
    checks = _checks(item.report)
    rows = "".join(_row(check, item.line, checks.get(check.key)) for check in rubric.checks)
    return f"<table class=checks><tr><th>Check</th><th>Points</th><th>Verdict</th><th>Why</th></tr>{rows}</table>"


def _row(check: RubricLine, line: Line, result: CheckResult | None) -> str:
    points, verdict, why = _explain(check, line, result)
    cells = "".join(f"<td>{escape(text)}</td>" for text in (check.title, points, verdict, why))
    is_lost = verdict not in ("passed", "")
    return f"<tr class={'lost' if is_lost else 'kept'}>{cells}</tr>"


def _checks(report: Report | None) -> Mapping[str, CheckResult]:
    return {} if report is None else {check.key: check for check in report.checks}


def _explain(check: RubricLine, line: Line, result: CheckResult | None) -> tuple[str, str, str]:
    """Write a check's points, its verdict, and why points were lost in one line."""
    got = f"{format_points(line.points[check.key])} of " if check.key in line.points else "open, of "
    why = "" if result is None else _why(result)
    return got + format_points(check.points), line.verdicts.get(check.key, ""), cut(one_line(why), MAX_REASON)


def _why(result: CheckResult) -> str:
    if not result.failures:
        return result.note
    first = result.failures[0]
    told = first.verdict.value if first.explanation is None else first.explanation
    return f"{len(result.failures)} of {count(len(result.cases), 'case')} failed. {first.name}: {told}"


def _pictures(report: Report | None, images: Path) -> Iterator["NotebookNode"]:
    """Show the pictures that were got wrong, the student's people beside the reference's."""
    wrong = [case for check in _checks(report).values() for case in check.failures if case.overlay is not None]
    shown = [{"text/html": _pair(case, images), "text/plain": one_line(case.name)} for case in wrong[:MAX_OVERLAYS]]
    if shown:
        more = f", {len(shown)} of {len(wrong)}" if len(wrong) > len(shown) else ""
        yield _code_cell(
            f"Pictures that went wrong{more}: merge.py's people on the left, the reference's on the right", shown
        )


def _pair(case: CaseResult, images: Path) -> str:
    assert case.overlay is not None  # noqa: S101 - only such cases come here
    overlay = case.overlay
    sides: list[tuple[Which, str, float]] = [
        ("answer", "merge.py", overlay.score),
        ("expected", "the reference", overlay.expected_score),
    ]
    cells = ""
    for which, name, score in sides:
        jpeg = draw_overlay(images / overlay.picture, overlay, which)
        shown = "(the picture cannot be read)"
        if jpeg is not None:
            shown = f'<img alt="" src="data:image/jpeg;base64,{base64.b64encode(jpeg).decode("ascii")}">'
        cells += f"<td>{escape(case.name)}: {name}, {score:.0%} of the labelled keypoints found<br>{shown}</td>"
    return f"<table><tr>{cells}</tr></table>"


def _written_report(rubric: Rubric, item: Item) -> Iterator["NotebookNode"]:
    precheck = item.line.precheck
    notes = [*precheck.notes, *([item.pages_note] if item.pages_note else [])]
    counted = [count(n, noun) for n, noun in _counts(precheck) if n is not None]
    facts = f"<p>{', '.join(counted)}</p>" if counted else ""
    yield _markdown(
        f"<div><h2>The written report</h2>{facts}{_bullets('To look at (advice, never a mark):', notes)}</div>"
    )
    if item.pages:
        pages = [{media_type(page): base64.b64encode(page).decode("ascii")} for page in item.pages]
        yield _code_cell(f"The report: {count(len(pages), 'page')}", pages)
    for part in rubric.manual:
        yield _box(part, precheck)


def _counts(precheck: PreCheck) -> list[tuple[int | None, str]]:
    return [(precheck.n_pages, "page"), (precheck.n_words, "word"), (precheck.n_pictures, "picture")]


def _box(part: ManualPart, precheck: PreCheck) -> "NotebookNode":
    found = (
        " &middot; <small>a heading or a passage seems to answer it</small>" if part.key in precheck.parts_found else ""
    )
    source = f"<p><b>{escape(part.title)}</b>, at most {format_points(part.max_points)} points{found}</p>"
    return _markdown(source, _graded(part.key, float(part.max_points), "markdown", has_comment=True))


def _code(rubric: Rubric, item: Item) -> Iterator["NotebookNode"]:
    says = "A number that you write here takes the place of the grader&#39;s; an empty box leaves it as it is."
    yield _markdown(f"<div><h2>The code, check by check</h2><p>{says}</p></div>")
    checks = _checks(item.report)
    for check in rubric.checks:
        points, verdict, _ = _explain(check, item.line, checks.get(check.key))
        told = f"{check.title}: {points} points{f', {verdict}' if verdict else ''}"
        is_first = check is rubric.checks[0]
        yield _code_cell(told, metadata=_graded(check.key, float(check.points), "code", has_comment=is_first))
    if item.source is not None:
        text = shorten(make_visible(item.source.decode("utf-8", "replace")), MAX_SOURCE)
        # As an output, not as a cell's code: somebody may open the notebook elsewhere and run its cells.
        yield _code_cell("merge.py, as it was handed in", [{"text/plain": text}])
