"""The family of crowds: many people at once, for which the time counts."""

import time
from dataclasses import replace
from statistics import median

from grader import reference
from grader.casemaking.maker import Maker
from grader.casemaking.people import TREE, lay_out, links_of
from grader.cases import Case
from grader.results import Rows

N_IN_CROWD = {True: 30, False: 100}
"""People in the crowd of the public and of the hidden cases."""

_TIMINGS = 7


def crowds(maker: Maker) -> list[Case]:
    """Make a crowd of whole bodies, and measure how long the reference takes for it."""
    n_people = N_IN_CROWD[maker.is_public]
    case = maker.case(
        f"{n_people}_people",
        f"A crowd of {n_people} people, all 18 parts of each.",
        lay_out(maker.rng, links_of([TREE] * n_people)),
    )
    return [replace(case, reference_s=_measure(case.rows))]


def _measure(rows: Rows) -> float:
    """Time the reference: the median of some runs in seconds, to two digits, after one that compiles."""
    reference.answer(rows)
    seconds = []
    for _ in range(_TIMINGS):
        start = time.perf_counter()
        reference.answer(rows)
        seconds.append(time.perf_counter() - start)
    return float(f"{median(seconds):.1e}")
