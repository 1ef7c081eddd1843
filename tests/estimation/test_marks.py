"""Marks: no cell where a sample can pass goes without one."""

import numpy as np
import pytest

from estimation.config import get_default_configuration
from estimation.marks import mark_cells
from estimation.tables import tables_of

pytestmark = pytest.mark.xdist_group("numba")  # which then compiles once

LIMBS = tables_of(get_default_configuration()).limbs
MANY, N_SLOTS = 10_000, 18
X, Y = LIMBS[0, 2:]


def mark(field, threshold=0.05, n_keypoints=MANY):
    return mark_cells(field, LIMBS, threshold, n_keypoints, N_SLOTS)


@pytest.mark.parametrize("dtype", ["float32", "float64"], ids=str)
@pytest.mark.parametrize("threshold", [1e-40, 0.05, 0.3, 1e4], ids=str)
def test_marks_are_where_a_sample_can_pass(threshold, dtype):
    # Vectors all around, just so long that the projection on their own direction is above the threshold.
    angles = np.linspace(0, 2 * np.pi, 1441)
    field = np.zeros((1, len(angles), 38), dtype)
    field[0, :, X], field[0, :, Y] = np.cos(angles) * threshold * 1.000001, np.sin(angles) * threshold * 1.000001

    passes = field[0, :, X] * np.cos(angles) + field[0, :, Y] * np.sin(angles) > threshold
    marks = mark(field, threshold)

    assert passes.mean() > 0.9 or threshold < 1e-37  # below float32's own precision fewer are
    assert marks[0][passes].all()
    assert not marks[1:].any()


def test_marks_are_not_where_none_can():
    field = np.zeros((3, 4, 38), np.float32)
    field[1, 2, [X, Y]] = 0.035, -0.035  # a length of less than 0.05
    field[2, 3, [X, Y]] = -0.01, -0.04

    marks = mark(field)

    assert np.argwhere(marks).tolist() == [[0, 2 * 4 + 3]]


def test_marks_serve_all_limbs_of_a_channel():
    limbs = np.array([[0, 1, 4, 5], [1, 2, 5, 4], [2, 3, 7, 8]])
    field = np.zeros((1, 2, 38), np.float32)
    field[0, 1, 5] = 1

    assert np.argwhere(mark_cells(field, limbs, 0.05, MANY, N_SLOTS)).tolist() == [[0, 1], [1, 1]]


@pytest.mark.parametrize(
    ("threshold", "n_keypoints", "n_slots"),
    [
        pytest.param(0.05, 10, N_SLOTS, id="few candidates"),
        pytest.param(0.0, MANY, N_SLOTS, id="any sample may pass"),
        pytest.param(np.nan, MANY, N_SLOTS, id="no threshold"),
        pytest.param(0.05, 0, 0, id="no part"),
    ],
)
def test_there_are_no_marks_where_they_would_not_pay(threshold, n_keypoints, n_slots):
    marks = mark_cells(np.ones((3, 4, 38), np.float32), LIMBS, threshold, n_keypoints, n_slots)

    assert marks.shape == (19, 0)
