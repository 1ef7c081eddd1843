"""A report on one screen, for a student at work: points by part, the first case that fails, and how to see more.

A cause is told once, by its smallest example. What is whole or not at all is the input to paste; what comes after it
is shortened where the screen ends.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import groupby

from grader.harness.characters import count, cut, make_visible, one_line, pad, quote, wrap
from grader.harness.lab import Lab
from grader.harness.report.causes import Line
from grader.harness.report.digest import Digest, make_digest
from grader.harness.report.failures import MAX_EXPLANATION
from grader.harness.report.text import explain_parts, find_fatal, write_total
from grader.harness.results import Audience, CaseResult, CheckResult, Report, Verdict, format_points

SCREEN_LINES, SCREEN_COLUMNS = 40, 80
"""What fits in a terminal as it opens; `render_verdict` writes no more."""

MAX_PRINTED_LINES = 3
MAX_REMARK_LINES = 3
MAX_TRACEBACK_LINES = 8

_FOOT_LINES = 7
"""So many lines are kept free for what `render_verdict` is given to add."""


def render_verdict(lab: Lab, report: Report, notes: Sequence[str] = ()) -> str:
    """Write the verdict on published cases.

    Parameters
    ----------
    lab : Lab
        Whose code was tried.
    report : Report
        Of its published cases.
    notes : sequence of str, optional
        Sentences that come last, such as the time and where the page is; up to about six lines of them.

    Returns
    -------
    text : str
        At most `SCREEN_LINES` lines of at most `SCREEN_COLUMNS` columns, ending with a line end.
    """
    digest = make_digest(lab, report, Audience.STUDENT)
    head = _head(digest.report)
    foot = [line for note in notes for line in wrap(one_line(note), SCREEN_COLUMNS)]
    foot = ["", *foot[:_FOOT_LINES]] if foot else []
    told = _printed(lab, digest.report)
    room = SCREEN_LINES - len(head) - len(told) - len(foot)
    body = [] if find_fatal(report) else _body(lab, digest, room)
    return make_visible("\n".join([*head, *body, *told, *foot])) + "\n"


def find_first_failure(digest: Digest) -> tuple[Line, CaseResult] | None:
    """Find what to mend first: the first check of the rubric that fails, and the example that explains why."""
    for line in digest.lines:
        if line.reasons:
            return line, digest.stories[line.reasons[0] - 1].example
        if line.examples:
            return line, line.examples[0]
    return None


def was_played(report: Report) -> bool:
    """Tell whether cases were played; if the code cannot be loaded, only the check that says so has a result."""
    return sum(bool(check.cases) for check in report.checks) > 1


def _head(report: Report) -> list[str]:
    lines = [cut(f"{one_line(report.handed.file_name)}: {write_total(report)}", SCREEN_COLUMNS)]
    for remark in explain_parts(report):
        told = wrap(cut(one_line(remark), MAX_EXPLANATION), SCREEN_COLUMNS)
        lines += told if remark.startswith("Not graded") else told[:MAX_REMARK_LINES]
    return lines[: SCREEN_LINES // 2]


def _body(lab: Lab, digest: Digest, room: int) -> list[str]:
    """Write the table of parts, if anything was run, and the first failure."""
    table = ["", *_table(digest.report)] if was_played(digest.report) else []
    first = find_first_failure(digest)
    if first is None:
        return table
    line, case = first
    return [*table, "", *_failure(lab, digest, line, case, room - len(table) - 1)]


def _table(report: Report) -> Iterator[str]:
    for part, members in groupby((check for check in report.checks if check.max_points), lambda check: check.part):
        checks = list(members)
        got = sum((check.points for check in checks), Fraction(0))
        of = sum((check.max_points for check in checks), Fraction(0))
        points = pad(f"{pad(format_points(got), 6, right=True)} of {format_points(of)}", 13)
        yield cut(f"{points}{pad(one_line(part), 26)}{_name_lost(checks)}", SCREEN_COLUMNS).rstrip()


def _name_lost(checks: Sequence[CheckResult]) -> str:
    """Say which verdicts other than passed the checks of a part have: ``"wrong in 4, not run in 1 of 5 checks"``."""
    lost = Counter(check.verdict for check in checks if check.verdict is not Verdict.PASSED)
    if not lost:
        return "passed"
    if len(checks) == 1:
        return str(checks[0].verdict)
    return f"{', '.join(f'{verdict} in {n}' for verdict, n in lost.items())} of {count(len(checks), 'check')}"


def _failure(lab: Lab, digest: Digest, line: Line, case: CaseResult, room: int) -> list[str]:
    """Explain a case within `room` lines, and say in how many others its cause is found."""
    if not was_played(digest.report):
        lines = [cut(f"{lab.program.file} could not be loaded, so no case was tried:", SCREEN_COLUMNS)]
    else:
        lines = wrap(f"First to fail: {line.check.title}. {_count(digest, line, case)}", SCREEN_COLUMNS)
        lines += wrap(f"[{case.name}] {case.verdict}. {case.says}", SCREEN_COLUMNS)
    if case.explanation is not None:
        lines += wrap(cut(one_line(str(case.explanation)), MAX_EXPLANATION), SCREEN_COLUMNS, "  ")
    if "\n" in case.traceback.strip():
        lines += quote(case.traceback, SCREEN_COLUMNS, "  | ", max_lines=MAX_TRACEBACK_LINES)
    if case.evidence is not None:
        brief = lab.evidence.write_briefly(case.evidence, SCREEN_COLUMNS - 2, room - len(lines))
        lines += [f"  {one}" for one in brief]
    if len(lines) > room:
        lines[room - 1 :] = [cut(f"  See all of it: python check.py --case {case.name}", SCREEN_COLUMNS)]
    return lines


def _count(digest: Digest, line: Line, case: CaseResult) -> str:
    """Say how far the cause of the first failure reaches, and whether there are others."""
    n_causes = len(digest.stories) + sum(len(one.examples) for one in digest.lines if not one.is_told)
    others = f" {count(n_causes - 1, 'other cause')}: see --all." if n_causes > 1 else ""
    if case.verdict is Verdict.TIMED_OUT:
        others = ""  # where a case takes all of the time, others fail for nothing but that
    if not line.reasons:
        n_failed, n_cases = len(line.check.failures), len(line.check.cases)
        failed = count(n_failed, "case") if n_failed == n_cases else f"{n_failed} of its {n_cases} cases"
        return f"{failed} failed.{others}"
    story = digest.stories[line.reasons[0] - 1]
    n_cases = sum(cost.n_failures for cost in story.costs)
    return f"One cause, {count(n_cases, 'case')} in {count(len(story.costs), 'check')}.{others}"


def _printed(lab: Lab, report: Report) -> list[str]:
    if not report.printed:
        return []
    shown = quote(report.printed, SCREEN_COLUMNS, "  | ", max_lines=MAX_PRINTED_LINES)
    return ["", f"Printed by {lab.program.file}:", *shown]
