"""A report as plain text for a terminal: a table of the rubric, and below it each lost point explained."""

from collections import Counter
from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import groupby

from grader.harness.characters import count, cut, make_visible, one_line, pad, quote, wrap
from grader.harness.lab import Lab
from grader.harness.marking import Marking
from grader.harness.report.redaction import visible_report
from grader.harness.results import (
    Audience,
    CaseResult,
    CheckResult,
    Explanation,
    Protection,
    Report,
    Timing,
    Verdict,
    Visibility,
    format_points,
)

WIDTH = 118
"""Columns of a line."""

MAX_CASES = 1
"""So many failed cases of a check are explained in full, those first that are easiest to read; the others are named."""

MAX_NAMED = 8
MAX_EXPLANATION = 5 * WIDTH
MAX_PRINTED_LINES = 20
MAX_TRACEBACK_LINES = 15

_POINTS, _VERDICT, _TITLE = 12, 15, 34
_INDENT = "    "


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
    report = visible_report(lab, report, audience)
    sections = [
        _head(report),
        [] if find_fatal(report) else _table(lab, report),
        *(["", *render_check(lab, check)] for check in report.checks if check.failures and not find_fatal(report)),
        _foot(lab, report),
    ]
    return make_visible("\n".join(line for lines in sections for line in lines)) + "\n"


def find_fatal(report: Report) -> Explanation | None:
    """Return why nothing could be graded, or None."""
    return next((problem.explanation for problem in report.handed.problems if problem.is_fatal), None)


def has_fault(report: Report) -> bool:
    """Tell whether the grader itself failed somewhere, so that there is no mark."""
    return any(check.verdict is Verdict.GRADER_FAULT for check in report.checks)


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


def render_check(lab: Lab, check: CheckResult) -> list[str]:
    """Explain a check that lost points: its first failed cases in full, the others by name.

    Parameters
    ----------
    lab : Lab
        Whose check it is.
    check : CheckResult
        As its reader may see it.

    Returns
    -------
    lines : list of str
    """
    failures = failures_to_show(lab, check)
    lines = [
        cut(f"== {one_line(check.title)}: {_points_of(check).strip()} points ==", WIDTH),
        f"{len(failures)} of {count(len(check.cases), 'case')} failed.",
    ]
    for case in failures[:MAX_CASES]:
        lines += ["", *_case(lab, case)]
    if failures[MAX_CASES:]:
        lines += ["", *wrap(_name_others(failures[MAX_CASES:]), WIDTH)]
    return lines


def failures_to_show(lab: Lab, check: CheckResult) -> Sequence[CaseResult]:
    """Order the failed cases for a reader: published ones first, and of these the one with least to read."""

    def size(case: CaseResult) -> int:
        return 0 if case.evidence is None else lab.evidence.size(case.evidence)

    return sorted(check.failures, key=lambda case: (case.visibility is Visibility.HIDDEN, size(case)))


def _name_others(cases: Sequence[CaseResult]) -> str:
    """Name cases that are not explained, equal names once."""
    names = Counter(case.name for case in cases)
    named = [f"{name} ({n} times)" if n > 1 else name for name, n in names.items()]
    dots = ", ..." if len(named) > MAX_NAMED else ""
    return f"{count(len(cases), 'more case')} failed: {', '.join(named[:MAX_NAMED])}{dots}"


def _head(report: Report) -> list[str]:
    handed = report.handed
    student = f"   student {one_line(handed.student_id)}" if handed.student_id else ""
    lines = [cut(one_line(handed.file_name) + student, WIDTH), f"Code: {write_total(report)}"]
    lines += [line for line in [write_manual(report)] if line]
    for remark in explain_parts(report):
        lines += wrap(cut(one_line(remark), MAX_EXPLANATION), WIDTH)
    return lines


def _table(lab: Lab, report: Report) -> list[str]:
    heading = pad("points", _POINTS) + pad("verdict", _VERDICT) + pad("check", _TITLE) + "reason"
    lines = ["", heading, "-" * WIDTH]
    for part, members in groupby(
        (check for check in report.checks if not _is_skipped(check)), lambda check: check.part
    ):
        lines += [cut(one_line(part), WIDTH), *(_line(lab, check) for check in members)]
    return [*lines, *_skipped(report), "-" * WIDTH, f"{pad(_sum(report), _POINTS)}code"]


def _sum(report: Report) -> str:
    points = "?" if has_fault(report) else format_points(report.points)
    return f"{points:>5} / {format_points(report.max_points)}"


def _line(lab: Lab, check: CheckResult) -> str:
    explanation = failures_to_show(lab, check)[0].explanation if check.failures else None
    reason = one_line(str(explanation)) if explanation else one_line(check.note)
    cells = pad(_points_of(check), _POINTS) + pad(check.verdict, _VERDICT)
    title = pad(cut(one_line(check.title), _TITLE - 2), _TITLE)
    return cut(cells + title + reason, WIDTH).rstrip()


def _points_of(check: CheckResult) -> str:
    points = "?" if check.verdict is Verdict.GRADER_FAULT else format_points(check.points)
    return f"{points:>5} / {format_points(check.max_points)}"


def _is_skipped(check: CheckResult) -> bool:
    return not check.cases


def _skipped(report: Report) -> Iterator[str]:
    """Tell of all checks that were not run for one reason in one line."""
    skipped = sorted((check for check in report.checks if _is_skipped(check)), key=lambda check: check.note)
    for note, members in groupby(skipped, lambda check: check.note):
        checks = list(members)
        points = format_points(sum((check.max_points for check in checks), Fraction(0)))
        reason = f": {one_line(note)}" if note else ""
        yield cut(f"{count(len(checks), 'check')} worth {points} points not run{reason}", WIDTH)


def _case(lab: Lab, case: CaseResult) -> list[str]:
    lines = wrap(f"[{case.name}] {case.verdict}. {case.says}", WIDTH)
    if case.explanation is not None:
        lines += wrap(cut(one_line(str(case.explanation)), MAX_EXPLANATION), WIDTH, _INDENT)
    if case.evidence is not None:
        lines += [f"{_INDENT}{line}" for line in lab.evidence.write(case.evidence, WIDTH - len(_INDENT))]
    if case.traceback:
        lines += [f"{_INDENT}Error:", *quote(case.traceback, WIDTH, f"{_INDENT}  | ", max_lines=MAX_TRACEBACK_LINES)]
    return lines


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
