"""A report as plain text for a terminal.

What cost most comes first: reasons that failed in several checks, then a table of the rubric, then what else is wrong.
"""

from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import groupby

from grader.harness.characters import cut, make_visible, one_line, pad, quote, wrap
from grader.harness.lab import Lab
from grader.harness.languages import counted, said, tell
from grader.harness.marking import Marking
from grader.harness.report.causes import Line
from grader.harness.report.digest import CUT_OFF, NOT_KEPT, Digest, has_fault, make_digest
from grader.harness.report.failures import (
    MAX_EXPLANATION,
    VERDICTS,
    WIDTH,
    needs_section,
    render_line,
    render_stories,
    write_explanation,
    write_points,
    write_reasons,
)
from grader.harness.results import (
    Audience,
    CheckResult,
    Explanation,
    Problem,
    Protection,
    Report,
    Timing,
    Verdict,
    format_points,
)

MAX_PRINTED_LINES = 20

REMARKS = said("Done so that your code could run here:")
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
    return [
        tell(said("Check {check} could not be judged. {reason}", check=repr(check.key), reason=_reason(check)))
        for check in faults
    ]


def _reason(check: CheckResult) -> str:
    explanation = check.failures[0].explanation
    return "" if explanation is None else write_explanation(explanation)


def write_code(report: Report) -> str:
    """Write what the code has earned: ``"Code: 52 of 60 points"``."""
    return tell(said("Code: {points}", points=write_total(report)))


def write_total(report: Report) -> str:
    """Write the points for the code, or that there are none yet."""
    if has_fault(report):
        return tell(said("no mark yet, because the grader itself failed"))
    return _write_sum(report.points, report.max_points)


def find_overall(report: Report, marking: Marking) -> Fraction | None:
    """Add up code, report and penalty; None while the report is unmarked or the code has no mark."""
    return None if has_fault(report) else marking.total(report.points)


def write_overall(report: Report, marking: Marking) -> str:
    """Write the total of code and report, or what it waits for: ``"83.5 of 100 points"``."""
    total = find_overall(report, marking)
    if total is not None:
        points = report.max_points + sum((part.max_points for part in marking.parts), Fraction(0))
        return _write_sum(total, points)
    if not has_fault(report):
        return tell(said("still open, because the report has no mark yet"))
    if marking.is_complete:
        return tell(said("still open, because the code has no mark yet"))
    return tell(said("still open, because the code and the report have no mark yet"))


def write_manual(report: Report) -> str:
    """Write what a person still has to mark."""
    points = format_points(sum((part.max_points for part in report.manual_parts), Fraction(0)))
    return tell(said("Report: {points} points, marked by hand", points=points)) if report.manual_parts else ""


def write_protections(protections: Sequence[Protection]) -> str:
    """Tell in one sentence which protections of the sandbox were off; nothing when nothing ran."""
    off = [f"{tell(one.name)} ({tell(one.detail)})" for one in protections if not one.is_on]
    if off:
        return tell(
            counted(
                "{off} of the sandbox's {n} protection were off: {names}.",
                "{off} of the sandbox's {n} protections were off: {names}.",
                len(protections),
                off=len(off),
                names="; ".join(off),
            )
        )
    all_on = counted(
        "All {n} protection of the sandbox were on.", "All {n} protections of the sandbox were on.", len(protections)
    )
    return tell(all_on) if protections else ""


def write_timing(timing: Timing) -> str:
    """Compare the time of the largest case with the reference's."""
    return tell(
        said(
            "{seconds} s for {what}; the reference took {reference} s when the case was recorded.",
            seconds=f"{timing.student_s:.3g}",
            what=tell(timing.what),
            reference=f"{timing.reference_s:.3g}",
        )
    )


def explain_parts(report: Report) -> list[str]:
    """List the remarks on what was handed in, each with what was got and what to do; the fatal one comes first."""
    problems = sorted(report.handed.problems, key=lambda problem: not problem.is_fatal)
    return list(map(write_problem, problems))


def write_problem(problem: Problem) -> str:
    """Write a remark on what was handed in, or why it was not graded."""
    told = write_explanation(problem.explanation)
    return tell(said("Not graded: {why}", why=told) if problem.is_fatal else said("Remark: {what}", what=told))


def explain_run(report: Report) -> list[str]:
    """Say what graded the code, and what was done so that it could: a sentence, then one a remark."""
    lines = [tell(said("Graded with {program}.", program=report.interpreter))] if report.interpreter else []
    return [*lines, *([tell(REMARKS), *(f"- {tell(remark)}" for remark in report.remarks)] if report.remarks else [])]


def write_printed(lab: Lab) -> str:
    """Write what stands above the text that the code printed."""
    return tell(said("Printed by {file}:", file=lab.program.file))


def tell_printed(report: Report) -> str:
    """Return what the code printed; that some of it is not kept is told in the reader's language."""
    kept = report.printed.removesuffix(CUT_OFF)
    return kept if kept == report.printed else f"{kept}\n{tell(NOT_KEPT)}\n"


def _write_sum(points: Fraction, of: Fraction) -> str:
    return tell(said("{points} of {of} points", points=format_points(points), of=format_points(of)))


def _head(report: Report) -> list[str]:
    handed = report.handed
    student = one_line(handed.student_id)
    student = "   " + tell(said("student {id}", id=student)) if student else ""
    lines = [cut(one_line(handed.file_name) + student, WIDTH), write_code(report)]
    lines += [line for line in [write_manual(report)] if line]
    for remark in [*explain_parts(report), *explain_run(report)]:
        lines += wrap(cut(one_line(remark), MAX_EXPLANATION), WIDTH)
    return lines


def _table(digest: Digest) -> list[str]:
    points, verdict, check, reason = map(tell, (said("points"), said("verdict"), said("check"), said("reason")))
    heading = pad(points, _POINTS) + pad(verdict, _VERDICT) + pad(check, _TITLE) + reason
    lines = ["", heading, "-" * WIDTH]
    for part, members in groupby((line for line in digest.lines if line.check.cases), lambda line: line.check.part):
        lines += [cut(one_line(tell(part)), WIDTH), *(_row(digest, line) for line in members)]
    return [*lines, *_skipped(digest.report), "-" * WIDTH, pad(_sum(digest.report), _POINTS) + tell(said("code"))]


def _sum(report: Report) -> str:
    points = "?" if has_fault(report) else format_points(report.points)
    return f"{points:>5} / {format_points(report.max_points)}"


def _row(digest: Digest, line: Line) -> str:
    check = line.check
    reason = write_reasons(line, len(digest.stories)) if line.reasons else ""
    if needs_section(line):
        explanation = line.examples[0].explanation
        reason = f"{reason} {write_explanation(explanation) if explanation else ''}".strip()
    cells = pad(write_points(line), _POINTS) + pad(tell(VERDICTS[check.verdict]), _VERDICT)
    title = pad(cut(one_line(tell(check.title)), _TITLE - 2), _TITLE)
    return cut(cells + title + one_line(reason or tell(check.note)), WIDTH).rstrip()


def _skipped(report: Report) -> Iterator[str]:
    """Tell of all checks that were not run for one reason in one line."""
    skipped = sorted((check for check in report.checks if not check.cases), key=lambda check: check.note)
    for note, members in groupby(skipped, lambda check: check.note):
        checks = list(members)
        points = format_points(sum((check.max_points for check in checks), Fraction(0)))
        told = counted(
            "{n} check worth {points} points not run",
            "{n} checks worth {points} points not run",
            len(checks),
            points=points,
        )
        yield cut(tell(said("{checks}: {why}", checks=told, why=one_line(tell(note))) if note else told), WIDTH)


def _foot(lab: Lab, report: Report) -> list[str]:
    lines = []
    if report.printed:
        lines += [
            "",
            write_printed(lab),
            *quote(tell_printed(report), WIDTH, "  | ", max_lines=MAX_PRINTED_LINES),
        ]
    timing = report.timing
    sentences = [tell(said("Time: {time}", time=write_timing(timing)))] if timing is not None else []
    sentences += [write_protections(report.protections)]
    told = [line for sentence in sentences for line in wrap(sentence, WIDTH)]
    return [*lines, "", *told] if told else lines
