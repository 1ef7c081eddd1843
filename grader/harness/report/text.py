"""A report as plain text for a terminal.

What cost most comes first: reasons that failed in several checks, then a table of the rubric, then what else is wrong.
"""

from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import groupby

from grader.harness.characters import count, cut, make_visible, one_line, pad, quote, wrap
from grader.harness.lab import Lab
from grader.harness.marking import Marking
from grader.harness.report.causes import Line
from grader.harness.report.digest import Digest, has_fault, make_digest
from grader.harness.report.failures import (
    MAX_EXPLANATION,
    WIDTH,
    needs_section,
    render_line,
    render_stories,
    write_points,
    write_reasons,
)
from grader.harness.results import Audience, Explanation, Protection, Report, Timing, Verdict, format_points

MAX_PRINTED_LINES = 20

REMARKS = "Done so that your code could run here:"
"""Stands above what the grader did for code that it would otherwise have had to refuse."""

_POINTS, _VERDICT, _TITLE = 12, 15, 34


def render_text(lab: Lab, report: Report, audience: Audience) -> str:
    """Write a report for a terminal.

    Parameters
    ----------
    lab : Lab
        Whose submission was graded.
    report : Report
        With everything in it; what `audience` may not see is taken out here.
    audience : Audience
        Who reads.

    Returns
    -------
    text : str
        Lines of at most `WIDTH` columns without colours, ending with a line end.
    """
    digest = make_digest(lab, report, audience)
    sections = [_head(digest.report)]
    if not find_fatal(digest.report):
        sections += [render_stories(lab, digest), _table(digest)]
        sections += [["", *render_line(lab, digest, line)] for line in digest.lines if needs_section(line)]
    sections.append(_foot(lab, digest.report))
    return make_visible("\n".join(line for lines in sections for line in lines)) + "\n"


def find_fatal(report: Report) -> Explanation | None:
    """Return why nothing could be graded, or None."""
    return next((problem.explanation for problem in report.handed.problems if problem.is_fatal), None)


def find_faults(report: Report) -> list[str]:
    """List the checks that the grader itself failed in, and why, for whoever stands at the machine."""
    faults = [check for check in report.checks if check.verdict is Verdict.GRADER_FAULT]
    return [f"Check {check.key!r} could not be judged. {check.failures[0].explanation}" for check in faults]


def write_total(report: Report) -> str:
    """Write the points for the code, or that there are none yet."""
    if has_fault(report):
        return "no mark yet, because the grader itself failed"
    return f"{format_points(report.points)} of {format_points(report.max_points)} points"


def find_overall(report: Report, marking: Marking) -> Fraction | None:
    """Add up code, report and penalty; None while the report is unmarked or the code has no mark."""
    return None if has_fault(report) else marking.total(report.points)


def write_overall(report: Report, marking: Marking) -> str:
    """Write the total of code and report, or what it waits for: ``"83.5 of 100 points"``."""
    total = find_overall(report, marking)
    if total is not None:
        points = report.max_points + sum((part.max_points for part in marking.parts), Fraction(0))
        return f"{format_points(total)} of {format_points(points)} points"
    missing = ["the code"] if has_fault(report) else []
    missing += [] if marking.is_complete else ["the report"]
    return f"still open, because {' and '.join(missing)} {'has' if len(missing) == 1 else 'have'} no mark yet"


def write_manual(report: Report) -> str:
    """Write what a person still has to mark."""
    points = sum((part.max_points for part in report.manual_parts), Fraction(0))
    return f"Report: {format_points(points)} points, marked by hand" if report.manual_parts else ""


def write_protections(protections: Sequence[Protection]) -> str:
    """Tell in one sentence which protections of the sandbox were off; nothing when nothing ran."""
    off = [f"{protection.name} ({protection.detail})" for protection in protections if not protection.is_on]
    if not off:
        return f"All {count(len(protections), 'protection')} of the sandbox were on." if protections else ""
    return f"{len(off)} of the sandbox's {count(len(protections), 'protection')} were off: {'; '.join(off)}."


def write_timing(timing: Timing) -> str:
    """Compare the time of the largest case with the reference's."""
    return (
        f"{timing.student_s:.3g} s for {timing.what}; "
        f"the reference took {timing.reference_s:.3g} s when the case was recorded."
    )


def explain_parts(report: Report) -> list[str]:
    """List the remarks on what was handed in, each with what was got and what to do; the fatal one comes first."""
    problems = sorted(report.handed.problems, key=lambda problem: not problem.is_fatal)
    return [f"{'Not graded' if problem.is_fatal else 'Remark'}: {problem.explanation}" for problem in problems]


def explain_run(report: Report) -> list[str]:
    """Say what graded the code, and what was done so that it could: a sentence, then one a remark."""
    lines = [f"Graded with {report.interpreter}."] if report.interpreter else []
    return [*lines, *([REMARKS, *(f"- {remark}" for remark in report.remarks)] if report.remarks else [])]


def _head(report: Report) -> list[str]:
    handed = report.handed
    student = f"   student {one_line(handed.student_id)}" if handed.student_id else ""
    lines = [cut(one_line(handed.file_name) + student, WIDTH), f"Code: {write_total(report)}"]
    lines += [line for line in [write_manual(report)] if line]
    for remark in [*explain_parts(report), *explain_run(report)]:
        lines += wrap(cut(one_line(remark), MAX_EXPLANATION), WIDTH)
    return lines


def _table(digest: Digest) -> list[str]:
    heading = pad("points", _POINTS) + pad("verdict", _VERDICT) + pad("check", _TITLE) + "reason"
    lines = ["", heading, "-" * WIDTH]
    for part, members in groupby((line for line in digest.lines if line.check.cases), lambda line: line.check.part):
        lines += [cut(one_line(part), WIDTH), *(_row(digest, line) for line in members)]
    return [*lines, *_skipped(digest.report), "-" * WIDTH, f"{pad(_sum(digest.report), _POINTS)}code"]


def _sum(report: Report) -> str:
    points = "?" if has_fault(report) else format_points(report.points)
    return f"{points:>5} / {format_points(report.max_points)}"


def _row(digest: Digest, line: Line) -> str:
    check = line.check
    reason = write_reasons(line, len(digest.stories)) if line.reasons else ""
    if needs_section(line):
        reason = f"{reason} {line.examples[0].explanation or ''}".strip()
    cells = pad(write_points(line), _POINTS) + pad(check.verdict, _VERDICT)
    title = pad(cut(one_line(check.title), _TITLE - 2), _TITLE)
    return cut(cells + title + one_line(reason or check.note), WIDTH).rstrip()


def _skipped(report: Report) -> Iterator[str]:
    """Tell of all checks that were not run for one reason in one line."""
    skipped = sorted((check for check in report.checks if not check.cases), key=lambda check: check.note)
    for note, members in groupby(skipped, lambda check: check.note):
        checks = list(members)
        points = format_points(sum((check.max_points for check in checks), Fraction(0)))
        reason = f": {one_line(note)}" if note else ""
        yield cut(f"{count(len(checks), 'check')} worth {points} points not run{reason}", WIDTH)


def _foot(lab: Lab, report: Report) -> list[str]:
    lines = []
    if report.printed:
        lines += [
            "",
            f"Printed by {lab.program.file}:",
            *quote(report.printed, WIDTH, "  | ", max_lines=MAX_PRINTED_LINES),
        ]
    sentences = [f"Time: {write_timing(report.timing)}"] if report.timing is not None else []
    sentences += [write_protections(report.protections)]
    told = [line for sentence in sentences for line in wrap(sentence, WIDTH)]
    return [*lines, "", *told] if told else lines
