"""A report on one screen, for a student at work: points by part, the first case that fails, and how to see more.

A cause is told once, by its smallest example. What is whole or not at all is the input to paste; what comes after it
is shortened where the screen ends.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from fractions import Fraction
from functools import reduce
from itertools import groupby

from grader.harness.characters import cut, make_visible, one_line, pad, quote, wrap
from grader.harness.lab import Lab
from grader.harness.languages import counted, said, tell
from grader.harness.report.causes import Line
from grader.harness.report.digest import Digest, make_digest
from grader.harness.report.failures import MAX_EXPLANATION, VERDICTS, write_explanation, write_verdict_on
from grader.harness.report.text import find_fatal, tell_printed, write_printed, write_problem, write_total
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
    total = said("{file}: {points}", file=one_line(report.handed.file_name), points=write_total(report))
    lines = [cut(tell(total), SCREEN_COLUMNS)]
    for problem in sorted(report.handed.problems, key=lambda problem: not problem.is_fatal):
        told = wrap(cut(one_line(write_problem(problem)), MAX_EXPLANATION), SCREEN_COLUMNS)
        lines += told if problem.is_fatal else told[:MAX_REMARK_LINES]
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
        points = tell(said("{points} of {of}", points=pad(format_points(got), 6, right=True), of=format_points(of)))
        yield cut(f"{pad(points, 13)}{pad(one_line(tell(part)), 26)}{_name_lost(checks)}", SCREEN_COLUMNS).rstrip()


def _name_lost(checks: Sequence[CheckResult]) -> str:
    """Say which verdicts other than passed the checks of a part have: ``"wrong in 4, not run in 1 of 5 checks"``."""
    lost = Counter(check.verdict for check in checks if check.verdict is not Verdict.PASSED)
    if not lost or len(checks) == 1:
        return tell(VERDICTS[next(iter(lost), Verdict.PASSED)])
    named = [
        said("{verdict} in {number}", verdict=VERDICTS[verdict], number=number) for verdict, number in lost.items()
    ]
    listed = reduce(lambda first, second: said("{first}, {second}", first=first, second=second), named)
    return tell(counted("{verdicts} of {n} check", "{verdicts} of {n} checks", len(checks), verdicts=listed))


def _failure(lab: Lab, digest: Digest, line: Line, case: CaseResult, room: int) -> list[str]:
    """Explain a case within `room` lines, and say in how many others its cause is found."""
    if not was_played(digest.report):
        unloaded = said("{file} could not be loaded, so no case was tried:", file=lab.program.file)
        lines = [cut(tell(unloaded), SCREEN_COLUMNS)]
    else:
        reach = _count(digest, line, case)
        first = said("First to fail: {check}. {reach}", check=tell(line.check.title), reach=reach)
        lines = [*wrap(tell(first), SCREEN_COLUMNS), *wrap(write_verdict_on(case), SCREEN_COLUMNS)]
    if case.explanation is not None:
        lines += wrap(cut(one_line(write_explanation(case.explanation)), MAX_EXPLANATION), SCREEN_COLUMNS, "  ")
    if "\n" in case.traceback.strip():
        lines += quote(case.traceback, SCREEN_COLUMNS, "  | ", max_lines=MAX_TRACEBACK_LINES)
    if case.evidence is not None:
        brief = lab.evidence.write_briefly(case.evidence, SCREEN_COLUMNS - 2, room - len(lines))
        lines += [f"  {one}" for one in brief]
    if len(lines) > room:
        more = tell(said("See all of it: {command}", command=f"python check.py --case {case.name}"))
        lines[room - 1 :] = [cut(f"  {more}", SCREEN_COLUMNS)]
    return lines


def _count(digest: Digest, line: Line, case: CaseResult) -> str:
    """Say how far the cause of the first failure reaches, and whether there are others."""
    n_causes = len(digest.stories) + sum(len(one.examples) for one in digest.lines if not one.is_told)
    if line.reasons:
        story = digest.stories[line.reasons[0] - 1]
        cases = counted("{n} case", "{n} cases", sum(cost.n_failures for cost in story.costs))
        checks = counted("{n} check", "{n} checks", len(story.costs))
        reach = said("One cause, {cases} in {checks}.", cases=cases, checks=checks)
    elif len(line.check.failures) == len(line.check.cases):
        reach = counted("{n} case failed.", "{n} cases failed.", len(line.check.cases))
    else:
        reach = counted(
            "{failed} of its {n} case failed.",
            "{failed} of its {n} cases failed.",
            len(line.check.cases),
            failed=len(line.check.failures),
        )
    # Where a case takes all of the time, others fail for nothing but that.
    if n_causes == 1 or case.verdict is Verdict.TIMED_OUT:
        return tell(reach)
    others = counted("{n} other cause: see --all.", "{n} other causes: see --all.", n_causes - 1)
    return tell(said("{first} {second}", first=reach, second=others))


def _printed(lab: Lab, report: Report) -> list[str]:
    if not report.printed:
        return []
    shown = quote(tell_printed(report), SCREEN_COLUMNS, "  | ", max_lines=MAX_PRINTED_LINES)
    return ["", write_printed(lab), *shown]
