"""The family of crowds: many people at once, for which the time counts."""

import time
from dataclasses import replace
from statistics import median

from grader.labs.merge import reference
from grader.labs.merge.casemaking.bodies import TREE, Body, grow_body, lay_out, links_of
from grader.labs.merge.casemaking.maker import Maker
from grader.labs.merge.merge_case import MergeCase, Rows

N_IN_CROWD = {True: 30, False: 100}
"""People in the crowd of the public and of the hidden cases."""

_FEWEST_PARTS, _MOST_PARTS = 10, 14
"""Of each person of the hidden crowd, whom others hide in part. An honest loop over all pairs of rows takes less than
half as long as for whole bodies, and a merge that is slower by another order still meets its limit."""

_TIMINGS = 7


def crowds(maker: Maker) -> list[MergeCase]:
    """Make a crowd, and measure how long the reference takes for it."""
    n_people = N_IN_CROWD[maker.is_public]
    bodies: list[Body] = [TREE] * n_people
    seen = "all 18 parts of each"
    if not maker.is_public:
        sizes = maker.rng.integers(_FEWEST_PARTS, _MOST_PARTS + 1, n_people)
        bodies, seen = [grow_body(maker.rng, int(size)) for size in sizes], "10 to 14 parts of each"
    case = maker.case(
        f"{n_people}_people", f"A crowd of {n_people} people, {seen}.", lay_out(maker.rng, links_of(bodies))
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
