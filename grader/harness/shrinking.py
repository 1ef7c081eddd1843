"""Find the smallest input that breaks a submission: what a student can follow with a pencil.

Hypothesis draws inputs from the strategies that the cases were recorded from and, once one fails, makes it smaller for
as long as it goes on failing. Every question put to the submission takes a call of the sandbox, so their number is
bounded; past the bound each new input counts as passed, which ends the search with the best so far. The clock has no
part in it: the same submission is shown the same input on every machine.
"""

import contextlib
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from random import Random
from typing import Any

from hypothesis import HealthCheck, Phase, find, settings
from hypothesis.configuration import set_hypothesis_home_dir
from hypothesis.errors import NoSuchExample
from hypothesis.internal.conjecture import engine

from grader.harness.cases import Case
from grader.harness.check import SHRUNK
from grader.harness.lab import SmallInputs
from grader.harness.results import Verdict

MAX_CALLS = 400
MAX_DRAWN = 300
"""Inputs drawn until one fails; the rest of the calls is for making it smaller."""


def smallest_wrong(
    inputs: SmallInputs,
    judge: Callable[[Sequence[Case]], Verdict],
    *,
    seed: int = 0,
    max_calls: int = MAX_CALLS,
) -> Sequence[Case]:
    """Search for an input that is answered wrongly and make it as small as can be.

    Parameters
    ----------
    inputs : SmallInputs
        What is drawn.
    judge : callable
        Plays a case, or a pair of cases of which the second is the twin of the first, and gives the verdict; it must
        give the same when asked again. Any other verdict than right and wrong ends the search, with nothing found: when
        code has to be stopped may depend on the machine.
    seed : int, optional
        The same seed and the same submission give the same cases.
    max_calls : int, optional
        Inputs that are judged at most.

    Returns
    -------
    cases : sequence of Case
        The smallest input found with its right answer, or a pair of inputs; empty when none was found.
    """
    search = _Search(judge, max_calls)

    def is_failing(drawn: Any) -> bool:  # noqa: ANN401 - the lab's
        return search.is_failing(inputs.key(drawn), lambda: inputs.cases(SHRUNK, drawn))

    try:
        with _undisturbed():
            smallest = find(
                inputs.strategy,
                is_failing,
                settings=settings(
                    database=None,
                    deadline=None,
                    max_examples=min(MAX_DRAWN, max_calls),
                    phases=[Phase.generate, Phase.shrink],
                    report_multiple_bugs=False,  # or it goes on for ten seconds after the first
                    suppress_health_check=list(HealthCheck),
                ),
                random=Random(seed),  # noqa: S311 - the same seed must find the same
            )
    except NoSuchExample:
        return []
    return [] if search.is_stopped else [_describe(case) for case in inputs.cases(SHRUNK, smallest)]


@contextlib.contextmanager
def _undisturbed() -> Iterator[None]:
    """Let Hypothesis keep no files, and let no clock end its search: it stops shrinking after five minutes."""
    # Grading leaves no folder behind where it was started; Hypothesis goes on without one that cannot be made.
    set_hypothesis_home_dir(os.devnull)
    usual_s, engine.MAX_SHRINKING_SECONDS = engine.MAX_SHRINKING_SECONDS, sys.maxsize
    try:
        yield
    finally:
        engine.MAX_SHRINKING_SECONDS = usual_s
        set_hypothesis_home_dir(None)


class _Search:
    """Remembers what was judged, so that nothing is asked twice and nothing changes once the bound is reached."""

    def __init__(self, judge: Callable[[Sequence[Case]], Verdict], max_calls: int) -> None:
        self.is_stopped = False
        self._judge = judge
        self._calls_left = max_calls
        self._judged: dict[bytes, bool] = {}

    def is_failing(self, key: bytes, make_cases: Callable[[], Sequence[Case]]) -> bool:
        if key in self._judged:
            return self._judged[key]
        if self._calls_left <= 0 or self.is_stopped:
            return False
        self._calls_left -= 1
        verdict = self._judge(make_cases())
        if verdict not in {Verdict.PASSED, Verdict.WRONG}:
            self.is_stopped = True
            return False
        self._judged[key] = verdict is Verdict.WRONG
        return self._judged[key]


def _describe(case: Case) -> Case:
    return case if case.twin_of else replace(case, says=f"The smallest input found that fails: {case.says}")
