"""One cause, one story: the failures of a report by what lies behind them.

A slip of one line fails in many checks. What fails for one reason in two checks or more is told once, by the example
with least to read and with the checks that it cost; a check then tells of its other failures alone. Whether two
failures have one reason is seen by what their reader may see of them, and by nothing else.
"""

import re
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from grader.harness.languages import Said, said
from grader.harness.report.redaction import is_redacted, keeps_advice
from grader.harness.results import CaseResult, CheckResult, Explanation, Verdict, Visibility

FOLLOWS = "Fix the first of them"
"""How the advice on a case begins that was not tried, because others of its check had stopped the code before."""

_NUMBER = re.compile(r"[0-9]+(?:\.[0-9]+)?")
_TYPE = re.compile(r"got ([A-Za-z_][\w.]{0,79})")
_PLACE = re.compile(r" in line ([0-9]{1,7}) of ([^\s:]{1,255})")

Size = Callable[[CaseResult], int]
"""Tells how much there is to read of a failure."""


@dataclass(frozen=True)
class Cost:
    """What a cause cost in one check.

    Attributes
    ----------
    check : CheckResult
        As its reader may see it.
    place : int
        Place of the check in the report, from 0.
    n_failures : int
        How many of its cases failed for this reason.
    lost : Fraction or None
        Points that the check lost, for whatever reason, as shown; None where there is no mark.
    is_counted : bool
        Whether they are counted here: a check with several causes is counted with the one that fails most of its cases.
    """

    check: CheckResult
    place: int
    n_failures: int
    lost: Fraction | None
    is_counted: bool = True

    @property
    def is_whole(self) -> bool:
        """Tell whether nothing else failed in the check."""
        return self.n_failures == len(self.check.failures)


@dataclass(frozen=True)
class Story:
    """A cause that failed in several checks.

    Attributes
    ----------
    example : CaseResult
        The failure that explains it with least to read.
    hidden : CaseResult or None
        For the staff, the one among hidden cases, if that is another.
    costs : tuple of Cost
        The checks that it cost.
    """

    example: CaseResult
    hidden: CaseResult | None
    costs: tuple[Cost, ...]

    @property
    def is_secondary(self) -> bool:
        """Tell whether all of its checks are counted with other reasons."""
        return not any(cost.is_counted for cost in self.costs)

    @property
    def lost(self) -> Fraction | None:
        """Points that its checks lost, those that are counted here; None where there is no mark."""
        lost = [cost.lost for cost in self.costs if cost.lost is not None]
        if len(lost) < len(self.costs):
            return None
        return sum((cost.lost or Fraction(0) for cost in self.costs if cost.is_counted), Fraction(0))


@dataclass(frozen=True)
class Line:
    """One check as it is shown.

    Attributes
    ----------
    check : CheckResult
        As its reader may see it.
    points : Fraction or None
        Rounded so that the lines of a report add up; None where there is no mark, through the grader's fault.
    reasons : tuple of int
        Numbers, from 1, of the stories that tell of its failures.
    examples : tuple of CaseResult
        Of the failures that no story tells of one for each cause, those with least to read first; for the staff also
        one among hidden cases.
    others : tuple of CaseResult
        The rest of them.
    """

    check: CheckResult
    points: Fraction | None
    reasons: tuple[int, ...] = ()
    examples: tuple[CaseResult, ...] = ()
    others: tuple[CaseResult, ...] = ()

    @property
    def is_told(self) -> bool:
        """Tell whether stories say all that can be said: its other failures are hidden, and nothing is told of them."""
        rest = (*self.examples, *self.others)
        return bool(self.reasons) and not any(map(_says_something, rest))

    @property
    def n_told(self) -> int:
        """Count the failures that stories tell of."""
        return len(self.check.failures) - len(self.examples) - len(self.others)


def name_crash(explanation: Explanation) -> str:
    """Name an error by its type and its place, without what it says: ``"got KeyError in line 12 of file.py"``."""
    kind, place = _TYPE.match(explanation.got), _PLACE.search(explanation.got)
    if kind is None:
        return _without_numbers(explanation.got)
    got = said("got {error}", error=kind[1])
    return said("{got} in line {line} of {file}", got=got, line=place[1], file=place[2]) if place else got


def _without_numbers(text: str) -> str:
    bare = _NUMBER.sub("#", text)
    if not isinstance(text, Said) or text.plural:
        return bare
    kept = Said(text.pattern, "", {name: _without_numbers(value) for name, value in text.values.items()})
    return kept if kept == bare else bare


def find_causes(check: CheckResult) -> Sequence[str]:
    """Name the cause of each failure of a check; equal names are one cause, and ``""`` is none that is known."""
    causes: list[str] = []
    last: dict[Verdict, str] = {}
    for case in check.failures:
        cause = last.get(case.verdict, "") if _is_following(case) else _find_cause(case)
        last[case.verdict] = cause or last.get(case.verdict, "")
        causes.append(cause)
    return causes


def find_kinds(check: CheckResult) -> Sequence[Hashable]:
    """Tell of each failure of a check what one example explains: its cause, apart for cases that only the staff see.

    Failures without a known cause are of one kind in their check if they require and advise the same.
    """
    kinds: list[Hashable] = []
    for case, cause in zip(check.failures, find_causes(check), strict=True):
        said = None if case.explanation is None else (case.explanation.required, case.explanation.advice)
        kinds.append((cause or (check.key, case.verdict, said), is_hidden_from_students(case)))
    return kinds


def _find_cause(case: CaseResult) -> str:
    """Name the kind of reason of one failure: the advice, the error and its place, or the limit that was met."""
    explanation = case.explanation
    if explanation is None or case.verdict is Verdict.NOT_RUN:
        return ""
    if is_redacted(case) and not (case.verdict is Verdict.WRONG and keeps_advice(explanation)):
        return ""
    kinds = {
        Verdict.WRONG: lambda: _NUMBER.sub("#", explanation.advice),
        Verdict.CRASHED: lambda: name_crash(explanation),
        Verdict.TIMED_OUT: lambda: explanation.required,
        Verdict.OUT_OF_MEMORY: lambda: explanation.required,
    }
    kind = kinds.get(case.verdict, lambda: _NUMBER.sub("#", explanation.got))()
    return f"{case.verdict}: {kind}"


def in_order(cases: Sequence[CaseResult], size: Size) -> list[CaseResult]:
    """Order failures for a reader: published ones first, then those with something to see, and of these the smallest.

    Parameters
    ----------
    cases : sequence of CaseResult
        Failures.
    size : callable
        How much there is to read of one that has evidence.
    """

    def place(case: CaseResult) -> tuple[bool, bool, bool, int]:
        has_evidence = case.evidence is not None
        is_hidden = case.visibility is Visibility.HIDDEN
        return is_hidden, _is_following(case), not has_evidence, size(case) if has_evidence else 0

    return sorted(cases, key=place)


def is_hidden_from_students(case: CaseResult) -> bool:
    """Tell whether a case is one that the staff alone see."""
    return case.visibility is Visibility.HIDDEN and not is_redacted(case)


def _is_following(case: CaseResult) -> bool:
    """Tell whether a case was not tried because of what others had done before: it explains nothing itself."""
    return case.explanation is not None and case.explanation.advice.startswith(FOLLOWS)


def tell(
    checks: Sequence[CheckResult], shown: Sequence[Fraction | None], size: Size
) -> tuple[Sequence[Story], Sequence[Line]]:
    """Find the causes that failed in several checks, and what is left to tell of each check.

    Parameters
    ----------
    checks : sequence of CheckResult
        As their reader may see them.
    shown : sequence of Fraction or None
        Their points as they are shown; None where there is no mark.
    size : callable
        How much there is to read of a failure that has evidence.

    Returns
    -------
    stories : sequence of Story
        Those that cost most come first.
    lines : sequence of Line
        One a check, in their order.
    """
    causes = [find_causes(check) for check in checks]
    stories: dict[str, Story] = {}
    for cause in dict.fromkeys(cause for found in causes for cause in found if cause):
        places = [place for place, found in enumerate(causes) if cause in found]
        failures = [
            case
            for place in places
            for case, its in zip(checks[place].failures, causes[place], strict=True)
            if its == cause
        ]
        # A cause is known by a failure that its reader may see; hidden ones with the same advice are counted with it.
        if len(places) > 1 and not all(map(is_redacted, failures)):
            costs = [
                Cost(checks[place], place, causes[place].count(cause), _lost(checks[place], shown[place]))
                for place in places
            ]
            example, *others = in_order(failures, size)
            hidden = next((case for case in others if is_hidden_from_students(case)), None)
            is_published = example.visibility is Visibility.PUBLIC
            stories[cause] = Story(example, hidden if is_published else None, tuple(costs))
    counted = [_most_frequent(found, stories) for found in causes]
    for cause, story in stories.items():
        costs = [replace(cost, is_counted=counted[cost.place] == cause) for cost in story.costs]
        stories[cause] = replace(story, costs=tuple(costs))
    told = sorted(stories, key=lambda cause: -(stories[cause].lost or 0))
    lines = [
        _line(check, points, found, told, size) for check, points, found in zip(checks, shown, causes, strict=True)
    ]
    return [stories[cause] for cause in told], lines


def _most_frequent(found: Sequence[str], stories: Mapping[str, Story]) -> str:
    """Choose among the causes of a check the one that fails most of its cases, the first of equals."""
    told = [cause for cause in found if cause in stories]
    return max(dict.fromkeys(told), key=told.count, default="")


def _says_something(case: CaseResult) -> bool:
    """Tell whether a reader learns of a failure more than that there is one."""
    return not is_redacted(case) or (case.explanation is not None and keeps_advice(case.explanation))


def _lost(check: CheckResult, shown: Fraction | None) -> Fraction | None:
    return None if shown is None else max(check.max_points - shown, Fraction(0))


def _line(check: CheckResult, points: Fraction | None, causes: Sequence[str], told: Sequence[str], size: Size) -> Line:
    """Divide the failures of a check into those that stories tell of, examples of the rest, and the rest."""
    reasons = [number for number, cause in enumerate(told, start=1) if cause in causes]
    kinds = {id(case): kind for case, kind in zip(check.failures, find_kinds(check), strict=True)}
    own = [case for case, cause in zip(check.failures, causes, strict=True) if cause not in told]
    examples: dict[Hashable, CaseResult] = {}
    others: list[CaseResult] = []
    for case in in_order(own, size):
        if kinds[id(case)] in examples:
            others.append(case)
        examples.setdefault(kinds[id(case)], case)
    return Line(check, points, tuple(reasons), tuple(examples.values()), tuple(others))
