"""The exact solver on cases that can be solved by hand, and beside merge."""

import numpy as np
import pytest
from hypothesis import given, settings

from estimation.merge import merge
from tests.exact_grouping import find_best_total
from tests.strategies import conflict_free_rows, conflicted_rows, rows_of

pytestmark = pytest.mark.xdist_group("numba")  # which then compiles once


@pytest.mark.parametrize(
    ("rows", "total"),
    [
        pytest.param([], 0, id="nobody"),
        pytest.param([({}, 3)], 0, id="a row without parts"),
        pytest.param([({0: 0}, 3)], 3, id="one part"),
        pytest.param([({0: 0, 1: 1}, 1), ({1: 1, 2: 2}, 2), ({0: 0, 2: 2}, 4)], 7, id="a cycle"),
        pytest.param([({0: 0, 1: 1}, 1), ({0: 2, 1: 1}, 4)], 4, id="the better of two"),
        pytest.param(
            [({0: 0, 1: 1}, 2), ({1: 1, 2: 2}, 3), ({2: 2, 3: 3}, 4), ({3: 3, 0: 4}, 5)],
            12,
            id="weakest link of a chain",
        ),
        pytest.param(
            [({0: 0, 1: 1, 2: 2}, 5), ({0: 3, 1: 1}, 3), ({0: 4, 2: 2}, 3)], 6, id="two against a row of three"
        ),
    ],
)
def test_find_best_total_by_hand(rows, total):
    assert find_best_total(rows_of(*rows)) == pytest.approx(total)


@given(conflicted_rows(max_size=8))
@settings(max_examples=40)
def test_merge_never_beats_the_exact_solver(rows):
    kept = merge(rows, min_num_body_parts=0, min_score=0)[:, -2].sum()
    assert kept <= find_best_total(rows) + 1e-6


@given(conflict_free_rows().filter(lambda rows: len(rows) < 12))
@settings(max_examples=20)
def test_find_best_total_keeps_all_when_nothing_conflicts(rows):
    assert find_best_total(rows) == pytest.approx(np.sum(rows[:, -2]))
