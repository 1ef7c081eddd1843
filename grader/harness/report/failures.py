"""Failures in plain text: first each reason that cost points in several checks, then what else is wrong in a check."""

from collections import Counter
from collections.abc import Mapping, Sequence
from fractions import Fraction
from types import MappingProxyType

from grader.harness.characters import cut, one_line, pad, quote, wrap
from grader.harness.lab import Lab
from grader.harness.languages import Said, counted, said, tell
from grader.harness.report.causes import Cost, Line, Story
from grader.harness.report.digest import Digest
from grader.harness.report.redaction import is_redacted
from grader.harness.results import CaseResult, CheckResult, Explanation, Verdict, Visibility, format_points

WIDTH = 118
"""Columns of a line."""

MAX_CASES = 1
"""So many failed cases of a check are explained in full, those first that are easiest to read; the others are named."""

MAX_NAMED = 8
MAX_EXPLANATION = 5 * WIDTH
MAX_TRACEBACK_LINES = 15

VERDICTS: Mapping[Verdict, Said] = MappingProxyType(
    {
        Verdict.PASSED: said("passed"),
        Verdict.WRONG: said("wrong"),
        Verdict.CRASHED: said("crashed"),
        Verdict.TIMED_OUT: said("timed out"),
        Verdict.OUT_OF_MEMORY: said("out of memory"),
        Verdict.FORBIDDEN: said("forbidden"),
        Verdict.NOT_RUN: said("not run"),
        Verdict.GRADER_FAULT: said("grader fault"),
    }
)
"""What readers call the verdicts."""

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
            heading = tell(said("Among the cases that are not published:"))
            lines += ["", heading, *write_case(lab, story.hidden, is_short=True)]
        lines += ["", tell(said("It cost:"))]
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
    points = write_points(line).strip()
    heading = tell(said("{title}: {points} points", title=one_line(tell(check.title)), points=points))
    lines = [cut(f"== {heading} ==", WIDTH), write_failed(check)]
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
    checks = counted("{n} check", "{n} checks", len(story.costs))
    name = said("One reason in {checks}", checks=checks)
    if n_stories > 1:
        name = said("Reason {number} in {checks}", number=number, checks=checks)
    if story.is_secondary:
        return tell(said("{reason}, whose points are counted with the other reasons", reason=name))
    if story.lost is None:
        return tell(name)
    return tell(said("{reason}: {points} lost", reason=name, points=_points(story.lost)))


def write_reason(case: CaseResult) -> str:
    """Say in a sentence why a case failed: what its cause is known by; empty where that is not told."""
    explanation = case.explanation
    if explanation is None:
        return ""
    if case.verdict is Verdict.WRONG:
        return one_line(tell(explanation.advice))
    is_limit = case.verdict in {Verdict.TIMED_OUT, Verdict.OUT_OF_MEMORY}
    return one_line(tell(explanation.required if is_limit else explanation.got))


def write_cost(cost: Cost) -> str:
    """Write what a reason cost in one check: ``"4 of 4 points  Several people: 6 of 6 cases failed for it"``."""
    told = said("{title}: {failed}", title=one_line(tell(cost.check.title)), failed=say_failed_for_it(cost))
    return f"{pad(write_lost(cost), 18)}{tell(told)}{write_other_failures(cost)}"


def say_failed_for_it(cost: Cost) -> Said:
    """Say how many cases of a check a reason failed in: ``"6 of 6 cases failed for it"``."""
    return counted(
        "{number} of {n} case failed for it",
        "{number} of {n} cases failed for it",
        len(cost.check.cases),
        number=cost.n_failures,
    )


def write_lost(cost: Cost) -> str:
    """Write the points that a check lost: ``"4 of 4 points"``."""
    if cost.lost is None:
        return tell(said("no mark yet"))
    if not cost.is_counted:
        return tell(said("counted elsewhere"))
    return tell(said("{lost} of {points}", lost=format_points(cost.lost), points=_points(cost.check.max_points)))


def write_other_failures(cost: Cost) -> str:
    """Write how many cases of a check failed for other reasons: ``", 2 more for other reasons"``, or nothing."""
    n_others = len(cost.check.failures) - cost.n_failures
    return tell(counted(", {n} more for another reason", ", {n} more for other reasons", n_others)) if n_others else ""


def write_reasons(line: Line, n_stories: int) -> str:
    """Say which of the reasons told above fail in a check: ``"The same reason as above: 6 of 6 cases."``."""
    *numbers, last = map(str, line.reasons)
    name = said("Reason {number} above", number=last)
    if numbers:
        name = said("Reasons {numbers} and {last} above", numbers=", ".join(numbers), last=last)
    if n_stories == 1:
        name = said("The same reason as above")
    told = {"reason": name, "number": line.n_told, "cases": counted("{n} case", "{n} cases", len(line.check.cases))}
    n_hidden = len(line.check.failures) - line.n_told if line.is_told else 0
    if not n_hidden:
        return tell(said("{reason}: {number} of {cases}.", **told))
    return tell(said("{reason}: {number} of {cases}; {hidden} hidden, too.", **told, hidden=n_hidden))


def write_points(line: Line) -> str:
    """Write the points of a check, right-aligned: ``"  2.5 / 4"``; a question mark where there is no mark."""
    points = "?" if line.points is None else format_points(line.points)
    return f"{points:>5} / {format_points(line.check.max_points)}"


def write_failed(check: CheckResult) -> str:
    """Write how many cases of a check failed: ``"2 of 6 cases failed."``."""
    n_failed, n_cases = len(check.failures), len(check.cases)
    return tell(counted("{number} of {n} case failed.", "{number} of {n} cases failed.", n_cases, number=n_failed))


def write_name(case: CaseResult) -> str:
    """Write the name of a case, which is the same in every language; a hidden one has none that could be shown."""
    return tell(case.name) if is_redacted(case) else case.name


def write_explanation(explanation: Explanation) -> str:
    """Write an explanation as sentences, in the language of now."""
    return tell(say_explanation(explanation))


def say_explanation(explanation: Explanation) -> Said:
    """Say an explanation in sentences, which are told later."""
    required, got, advice = explanation.required, explanation.got, explanation.advice
    return said("{required}; {got}. {advice}", required=required, got=got, advice=advice)


def _points(points: Fraction) -> Said:
    shown = format_points(points)
    return said("{points} point", points=shown) if points == 1 else said("{points} points", points=shown)


def _is_hidden(case: CaseResult) -> bool:
    return case.visibility is Visibility.HIDDEN


def _name_others(cases: Sequence[CaseResult]) -> str:
    """Name cases that are not explained, equal names once."""
    names = Counter(map(write_name, cases))
    named = [tell(said("{name} ({n} times)", name=name, n=n)) if n > 1 else name for name, n in names.items()]
    listed = ", ".join([*named[:MAX_NAMED], *(["..."] if len(named) > MAX_NAMED else [])])
    told = counted("{n} more case failed: {names}", "{n} more cases failed: {names}", len(cases), names=listed)
    return tell(told)


def write_verdict_on(case: CaseResult) -> str:
    """Write how a case ended, and what it is about: ``"[chain] wrong. Four rows of one person."``."""
    values = {"case": write_name(case), "verdict": tell(VERDICTS[case.verdict]), "says": tell(case.says)}
    return tell(said("[{case}] {verdict}. {says}", **values))


def write_case(lab: Lab, case: CaseResult, *, is_short: bool) -> list[str]:
    """Explain a case; in short without what only serves to play it through."""
    lines = wrap(write_verdict_on(case), WIDTH)
    if case.explanation is not None:
        lines += wrap(cut(one_line(write_explanation(case.explanation)), MAX_EXPLANATION), WIDTH, _INDENT)
    if is_short:
        return lines
    if case.evidence is not None:
        lines += [f"{_INDENT}{line}" for line in lab.evidence.write(case.evidence, WIDTH - len(_INDENT))]
    if case.traceback:
        error = tell(said("Error:"))
        lines += [f"{_INDENT}{error}", *quote(case.traceback, WIDTH, f"{_INDENT}  | ", max_lines=MAX_TRACEBACK_LINES)]
    return lines
