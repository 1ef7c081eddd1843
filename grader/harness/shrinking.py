"""Find the smallest input that breaks a submission: what a student can follow with a pencil.

Hypothesis draws inputs from the strategies that the cases were recorded from and, once one fails, makes it smaller for
as long as it goes on failing. Every question put to the submission takes a call of the sandbox, so their number is
bounded, and so is the time; past a bound each new input counts as passed, which ends the search with the best so far.
"""

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from random import Random
from typing import Any

from hypothesis import HealthCheck, Phase, find, settings
from hypothesis.configuration import set_hypothesis_home_dir
from hypothesis.errors import NoSuchExample

from grader.harness.cases import Case
from grader.harness.check import SHRUNK
from grader.harness.lab import SmallInputs
from grader.harness.results import Verdict

MAX_CALLS = 2_000
MAX_SECONDS = 20.0
MAX_DRAWN = 300
"""Inputs drawn until one fails; the rest of the calls is for making it smaller."""


def smallest_wrong(
    inputs: SmallInputs,
    judge: Callable[[Sequence[Case]], Verdict],
    *,
    seed: int = 0,
    max_calls: int = MAX_CALLS,
    max_seconds: float = MAX_SECONDS,
) -> Sequence[Case]:
    """Search for an input that is answered wrongly and make it as small as can be.

    Parameters
    ----------
    inputs : SmallInputs
        What is drawn.
    judge : callable
        Plays a case, or a pair of cases of which the second is the twin of the first, and gives the verdict; it must
        give the same when asked again. Code that has to be stopped, or dies, ends the search.
    seed : int, optional
        The same seed and the same submission give the same cases.
    max_calls : int, optional
        Inputs that are judged at most.
    max_seconds : float, optional
        A bound for slow submissions; only where it ends the search does the result depend on the clock.

    Returns
    -------
    cases : sequence of Case
        The smallest input found with its right answer, or a pair of inputs; empty when none was found.
    """
    search = _Search(judge, max_calls, time.monotonic() + max_seconds)

    def is_failing(drawn: Any) -> bool:  # noqa: ANN401 - the lab's
        return search.is_failing(inputs.key(drawn), lambda: inputs.cases(SHRUNK, drawn))

    # Grading leaves no folder behind where it was started; Hypothesis goes on without one that cannot be made.
    set_hypothesis_home_dir(os.devnull)
    try:
        smallest = find(
            inputs.strategy,
            is_failing,
            settings=settings(
                database=None,
                deadline=None,
                max_examples=min(MAX_DRAWN, max_calls),
                phases=[Phase.generate, Phase.shrink],
                suppress_health_check=list(HealthCheck),
            ),
            random=Random(seed),  # noqa: S311 - the same seed must find the same
        )
    except NoSuchExample:
        return []
    finally:
        set_hypothesis_home_dir(None)
    return [_describe(case) for case in inputs.cases(SHRUNK, smallest)]


class _Search:
    """Remembers what was judged, so that nothing is asked twice and nothing changes once a bound is reached."""

    def __init__(self, judge: Callable[[Sequence[Case]], Verdict], max_calls: int, deadline: float) -> None:
        self._judge = judge
        self._calls_left = max_calls
        self._deadline = deadline
        self._judged: dict[bytes, bool] = {}

    def is_failing(self, key: bytes, make_cases: Callable[[], Sequence[Case]]) -> bool:
        if key in self._judged:
            return self._judged[key]
        if self._calls_left <= 0 or time.monotonic() > self._deadline:
            return False
        self._calls_left -= 1
        verdict = self._judge(make_cases())
        if verdict not in {Verdict.PASSED, Verdict.WRONG}:
            self._calls_left = 0
            return False
        self._judged[key] = verdict is Verdict.WRONG
        return self._judged[key]


def _describe(case: Case) -> Case:
    return case if case.twin_of else replace(case, says=f"The smallest input found that fails: {case.says}")
