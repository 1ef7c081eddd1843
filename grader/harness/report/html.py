"""A report as one self-contained page: no scripts, nothing loaded from elsewhere, all text of strangers escaped.

The template escapes on its own, and every text that it writes passes `make_visible` first; only what
the lab's evidence and the style sheets give is taken as markup.
"""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

from grader.harness.characters import count, make_visible, one_line, shorten
from grader.harness.lab import Lab
from grader.harness.languages import PLACE, Said, counted, language_of_now, said, tell
from grader.harness.marking import Marking
from grader.harness.report.causes import Line
from grader.harness.report.digest import make_digest
from grader.harness.report.failures import (
    VERDICTS,
    needs_section,
    say_failed_for_it,
    write_failed,
    write_heading,
    write_lost,
    write_name,
    write_other_failures,
    write_reason,
    write_reasons,
)
from grader.harness.report.text import (
    REMARKS,
    find_fatal,
    find_overall,
    tell_printed,
    write_overall,
    write_protections,
    write_timing,
    write_total,
)
from grader.harness.results import Audience, CaseResult, Report, format_points

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup

FOLDER = Path(__file__).resolve().parent

MAX_OVERLAYS = 10
"""Pictures on a page, each drawn twice; wrong ones come first."""

MAX_CASES = 3
"""So many failed cases of a check are explained, one a cause, and the first with all there is to see; the others are
listed."""

MAX_OPEN = 4
"""So many reasons and checks are printed with input and answers; all but the first are opened to be read."""

MAX_PICTURES = 1
"""So many pictures that went wrong are shown at once."""

MAX_PRINTED = 64 * 1024
MAX_EXPLANATION = 1000
MAX_TRACEBACK = 3000
MAX_COMMENT = 16 * 1024


@dataclass(frozen=True)
class _Part:
    """One part of the rubric with its checks, for the table on top."""

    title: str
    lines: Sequence[Line]

    @property
    def points(self) -> Fraction | None:
        """Points had, which the points of its checks add up to; None where one of them has no mark."""
        shown = [line.points for line in self.lines if line.points is not None]
        return sum(shown, Fraction(0)) if len(shown) == len(self.lines) else None

    @property
    def max_points(self) -> Fraction:
        """Points that can be had."""
        return sum((line.check.max_points for line in self.lines), Fraction(0))


def render_html(lab: Lab, report: Report, audience: Audience, marking: Marking | None = None) -> str:
    """Write a report as one HTML page.

    Parameters
    ----------
    lab : Lab
        Whose submission was graded.
    report : Report
        With everything in it; what `audience` may not see is taken out here.
    audience : Audience
        Who reads.
    marking : Marking, optional
        The marks of the written report and a late penalty; with them the page tells the total, or that it is open.

    Returns
    -------
    page : str
        Can be written as UTF-8; has no scripts and needs no other file.
    """
    digest = make_digest(lab, report, audience)
    report = digest.report
    fatal = find_fatal(report)
    drawn = _drawn(report)
    pictures = [(case, lab.evidence.pictures(case.overlay)) for case in drawn[:MAX_OVERLAYS]]
    template = _environment().get_template("page.html.j2")
    return template.render(
        language=language_of_now(),
        lab=lab,
        report=report,
        is_staff=audience is Audience.STAFF,
        total=write_total(report),
        fatal=fatal,
        has_fault=digest.has_fault,
        parts=[_Part(title, tuple(lines)) for title, lines in groupby(digest.lines, lambda line: line.check.part)],
        stories=[] if fatal else digest.stories,
        lost=[] if fatal else [line for line in digest.lines if line.check.failures],
        skipped=[check for check in report.checks if not check.cases],
        drawn=pictures,
        printed=tell_printed(report),
        n_drawn_left_out=max(len(drawn) - MAX_OVERLAYS, 0),
        protections=write_protections(report.protections),
        timing=report.timing and write_timing(report.timing),
        marking=marking,
        corrected={check.key: check for check in marking.overruled} if marking else {},
        overall=marking and find_overall(report, marking),
        overall_words=marking and write_overall(report, marking),
    )


def read_style(path: Path = FOLDER / "page.css") -> "Markup":
    """Read a style sheet, or a script, of our own as markup."""
    from markupsafe import Markup  # most runs write no page

    return Markup(path.read_text(encoding="utf-8"))  # noqa: S704 - our own file


def make_environment(*folders: Path) -> "Environment":
    """Make what fills in a page's template: it escapes, and makes visible, all text but markup of our own.

    Parameters
    ----------
    *folders : Path
        Where the templates are, besides the folder of this module.
    """
    from jinja2 import Environment, FileSystemLoader, StrictUndefined  # most runs write no page

    environment = Environment(
        loader=FileSystemLoader([*folders, FOLDER]),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_finalize,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(points=format_points, count=count, one_line=_one_line, shorten=shorten, tell=tell)
    environment.globals.update(css=read_style(), said=said, counted=counted, with_markup=with_markup)
    return environment


def with_markup(pattern: str, **values: object) -> "Markup":
    """Put markup into a pattern in the language of now; the pattern, and values that are none, are escaped."""
    from markupsafe import Markup, escape

    told = PLACE.split(tell(pattern))
    return Markup("").join(escape(values[part]) if k % 2 else escape(part) for k, part in enumerate(told))


def data_url(jpeg: bytes) -> str:
    """Put a picture into an address that needs no file."""
    return f"data:image/jpeg;base64,{base64.b64encode(jpeg).decode('ascii')}"


@cache
def _environment() -> "Environment":
    """Make it once a process: the template is compiled when it is first used."""
    from markupsafe import Markup

    environment = make_environment()
    # What a lab draws is markup: it escapes what strangers wrote.
    environment.filters.update(markup=Markup, data_url=data_url, case_name=write_name)
    environment.globals.update(
        needs_section=needs_section,
        say_failed_for_it=say_failed_for_it,
        verdicts=VERDICTS,
        write_failed=write_failed,
        write_name=write_name,
        write_heading=write_heading,
        write_lost=write_lost,
        write_other_failures=write_other_failures,
        write_reason=write_reason,
        write_reasons=write_reasons,
        remarks_say=REMARKS,
        results_css=read_style(FOLDER / "results.css"),
        marks_css=read_style(FOLDER / "marks.css"),
        max_cases=MAX_CASES,
        max_open=MAX_OPEN,
        max_pictures=MAX_PICTURES,
        max_printed=MAX_PRINTED,
        max_explanation=MAX_EXPLANATION,
        max_traceback=MAX_TRACEBACK,
        max_comment=MAX_COMMENT,
    )
    return environment


def _finalize(value: Any) -> Any:  # noqa: ANN401 - whatever a template writes
    """Tell and make visible all text on its way into the page, but for markup of our own."""
    value = tell(value) if isinstance(value, Said) else value
    return make_visible(value) if isinstance(value, str) and not hasattr(value, "__html__") else value


def _one_line(text: str) -> str:
    return one_line(tell(text) if isinstance(text, Said) else text)


def _drawn(report: Report) -> Sequence[CaseResult]:
    """List the cases that are drawn over a picture, wrong ones first."""
    cases = [case for check in report.checks for case in check.cases if case.overlay is not None]
    return sorted(cases, key=lambda case: case.is_passed)
