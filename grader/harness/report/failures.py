"""Failures in plain text: first each reason that cost points in several checks, then what else is wrong in a check."""

from collections import Counter
from collections.abc import Sequence
from fractions import Fraction

from grader.harness.characters import count, cut, one_line, quote, wrap
from grader.harness.lab import Lab
from grader.harness.report.causes import Cost, Line, Story
from grader.harness.report.digest import Digest
from grader.harness.results import CaseResult, Verdict, Visibility, format_points

WIDTH = 118
"""Columns of a line."""

MAX_CASES = 1
"""So many failed cases of a check are explained in full, those first that are easiest to read; the others are named."""

MAX_NAMED = 8
MAX_EXPLANATION = 5 * WIDTH
MAX_TRACEBACK_LINES = 15

_INDENT = "    "


def render_stories(lab: Lab, digest: Digest) -> list[str]:
    """Tell each reason that cost points in several checks: an example, and what it cost.

    Parameters
    ----------
    lab : Lab
        Whose checks they are.
    digest : Digest
        As its reader may see it.

    Returns
    -------
    lines : list of str
        An empty one before each reason.
    """
    lines = []
    for number, story in enumerate(digest.stories, start=1):
        heading = f"== {write_heading(story, number, len(digest.stories))} =="
        lines += ["", heading, "", *write_case(lab, story.example, is_short=story.is_secondary)]
        if story.hidden is not None:
            lines += ["", "Among the cases that are not published:", *write_case(lab, story.hidden, is_short=True)]
        lines += ["", "It cost:"]
        lines += [cut(f"  {write_cost(cost)}", WIDTH) for cost in story.costs]
    return lines


def render_line(lab: Lab, digest: Digest, line: Line) -> list[str]:
    """Explain what lost points in a check and no story tells: its first example in full, the others by name.

    Parameters
    ----------
    lab : Lab
        Whose check it is.
    digest : Digest
        As its reader may see it.
    line : Line
        The check.

    Returns
    -------
    lines : list of str
    """
    check = line.check
    lines = [
        cut(f"== {one_line(check.title)}: {write_points(line).strip()} points ==", WIDTH),
        f"{len(check.failures)} of {count(len(check.cases), 'case')} failed.",
    ]
    if line.reasons:
        lines.append(write_reasons(line, len(digest.stories)))
    if line.is_told:
        return lines
    for case in line.examples[:MAX_CASES]:
        lines += ["", *write_case(lab, case, is_short=bool(line.reasons))]
    if rest := [*line.examples[MAX_CASES:], *line.others]:
        lines += ["", *wrap(_name_others(sorted(rest, key=_is_hidden)), WIDTH)]
    return lines


def needs_section(line: Line) -> bool:
    """Tell whether a check has failures that no story tells of, and that there is something to say about."""
    return bool(line.examples) and not line.is_told


def write_heading(story: Story, number: int, n_stories: int) -> str:
    """Write what a reason cost: ``"One reason in 15 checks: 48 points lost"``."""
    name = "One reason" if n_stories == 1 else f"Reason {number}"
    lost = "" if story.lost is None else f": {_points(story.lost)} lost"
    if story.is_secondary:
        lost = ", whose points are counted with the other reasons"
    return f"{name} in {count(len(story.costs), 'check')}{lost}"


def write_reason(case: CaseResult) -> str:
    """Say in a sentence why a case failed: what its cause is known by; empty where that is not told."""
    explanation = case.explanation
    if explanation is None:
        return ""
    if case.verdict is Verdict.WRONG:
        return one_line(explanation.advice)
    is_limit = case.verdict in {Verdict.TIMED_OUT, Verdict.OUT_OF_MEMORY}
    return one_line(explanation.required if is_limit else explanation.got)


def write_cost(cost: Cost) -> str:
    """Write what a reason cost in one check: ``"4 of 4 points  Several people: 6 of 6 cases failed for it"``."""
    n_cases = count(len(cost.check.cases), "case")
    return (
        f"{write_lost(cost):<18}{one_line(cost.check.title)}: {cost.n_failures} of {n_cases} failed for it"
        f"{write_other_failures(cost)}"
    )


def write_lost(cost: Cost) -> str:
    """Write the points that a check lost: ``"4 of 4 points"``."""
    if cost.lost is None:
        return "no mark yet"
    lost = f"{format_points(cost.lost)} of {_points(cost.check.max_points)}"
    return lost if cost.is_counted else "counted elsewhere"


def write_other_failures(cost: Cost) -> str:
    """Write how many cases of a check failed for other reasons: ``", 2 more for other reasons"``, or nothing."""
    n_others = len(cost.check.failures) - cost.n_failures
    return f", {n_others} more for {'another reason' if n_others == 1 else 'other reasons'}" if n_others else ""


def write_reasons(line: Line, n_stories: int) -> str:
    """Say which of the reasons told above fail in a check: ``"The same reason as above: 6 of 6 cases."``."""
    numbers = [str(number) for number in line.reasons]
    listed = " and ".join([", ".join(numbers[:-1]), numbers[-1]] if numbers[1:] else numbers)
    name = "The same reason as above" if n_stories == 1 else f"Reason{'s' * (len(numbers) > 1)} {listed} above"
    n_hidden = len(line.check.failures) - line.n_told if line.is_told else 0
    more = f"; {n_hidden} hidden, too" if n_hidden else ""
    return f"{name}: {line.n_told} of {count(len(line.check.cases), 'case')}{more}."


def write_points(line: Line) -> str:
    """Write the points of a check, right-aligned: ``"  2.5 / 4"``; a question mark where there is no mark."""
    points = "?" if line.points is None else format_points(line.points)
    return f"{points:>5} / {format_points(line.check.max_points)}"


def _points(points: Fraction) -> str:
    return f"{format_points(points)} point{'s' * (points != 1)}"


def _is_hidden(case: CaseResult) -> bool:
    return case.visibility is Visibility.HIDDEN


def _name_others(cases: Sequence[CaseResult]) -> str:
    """Name cases that are not explained, equal names once."""
    names = Counter(case.name for case in cases)
    named = [f"{name} ({n} times)" if n > 1 else name for name, n in names.items()]
    dots = ", ..." if len(named) > MAX_NAMED else ""
    return f"{count(len(cases), 'more case')} failed: {', '.join(named[:MAX_NAMED])}{dots}"


def write_case(lab: Lab, case: CaseResult, *, is_short: bool) -> list[str]:
    """Explain a case; in short without what only serves to play it through."""
    lines = wrap(f"[{case.name}] {case.verdict}. {case.says}", WIDTH)
    if case.explanation is not None:
        lines += wrap(cut(one_line(str(case.explanation)), MAX_EXPLANATION), WIDTH, _INDENT)
    if is_short:
        return lines
    if case.evidence is not None:
        lines += [f"{_INDENT}{line}" for line in lab.evidence.write(case.evidence, WIDTH - len(_INDENT))]
    if case.traceback:
        lines += [f"{_INDENT}Error:", *quote(case.traceback, WIDTH, f"{_INDENT}  | ", max_lines=MAX_TRACEBACK_LINES)]
    return lines
