"""Grouping: how long it takes, and how much of the best total score it keeps.

Run with ``pytest tests/benchmarks --benchmark-only``.
"""

import numpy as np
import pytest

from estimation.config import LIMBS
from estimation.merge import merge
from tests import oracle
from tests.crowds import make_crowd_rows
from tests.exact_grouping import find_best_total

SEED = 3
TIME_LIMIT_MS = 20


@pytest.mark.parametrize("n_people", [6, 30, 100, 300], ids=lambda n: f"{n} people")
def test_merge_of_a_crowd(benchmark, table, median_ms, n_people):
    rows = make_crowd_rows(np.random.default_rng(SEED), n_people)
    skeletons = benchmark(merge, rows)
    ours = median_ms(lambda: merge(rows), 20)
    plain = median_ms(lambda: oracle.group_rows(rows), 1)
    table.append(f"{len(rows):5} rows: merge {ours:7.3f} ms, plain loops {plain:9.1f} ms, ratio {plain / ours:6.0f}")
    assert len(skeletons)
    assert ours < TIME_LIMIT_MS


def test_merge_beside_the_optimum(benchmark, table):
    rng = np.random.default_rng(SEED)
    crowds = [make_crowd_rows(rng, 3, limbs=LIMBS[:6]) for _ in range(40)]
    kept = benchmark(lambda: [merge(rows, 0, 0)[:, -2].sum() for rows in crowds])
    shares = [total / find_best_total(rows) for total, rows in zip(kept, crowds, strict=True)]
    table.append(f"the earlier row wins: {np.mean(shares):.3f} of the optimum on average, {min(shares):.3f} at worst")
    assert max(shares) < 1 + 1e-6
