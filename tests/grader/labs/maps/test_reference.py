"""The reference of lab 4 against answers by hand, and against the plainest loops."""

import math

import numpy as np
import pytest

from grader.labs.maps import reference

pytestmark = pytest.mark.xdist_group("numba")  # which then compiles once

NAN = math.nan


def test_heatmaps_by_hand():
    people = np.array([[[3.0, 1.0], [NAN, NAN]], [[4.0, 1.0], [NAN, NAN]]])

    maps = reference.answer("heatmaps", people, (4, 6), 2.0)

    assert maps.shape == (2, 4, 6)
    assert maps[0, 1, 3] == maps[0, 1, 4] == 1
    assert maps[0, 3, 3] == pytest.approx(math.exp(-1), abs=1e-6)
    assert maps[0, 2, 2] == pytest.approx(math.exp(-2 / 4), abs=1e-6)
    assert not maps[1].any()
    assert reference.answer("heatmaps", np.empty((0, 3, 2)), (4, 6), 2.0).shape == (3, 4, 6)


def test_softargmax_by_hand():
    maps = np.full((1, 3, 4), -1000.0)
    maps[0, [0, 1, 2], [0, 1, 3]] = 0, 0, math.log(2)

    # 1/4 of (0, 0), 1/4 of (1, 1), 1/2 of (3, 2): no symmetry that would forgive another sharpness.
    assert reference.answer("softargmax", maps, 1.0) == pytest.approx(np.array([[1.75, 1.25]]))


def test_pck_by_hand():
    true = np.array([[[0.0, 0.0], [6.0, 8.0], [20.0, 20.0], [30.0, 0.0], [999.0, 999.0]]])
    found = np.add(true, [[[0.0, 0.0], [3.0, 4.0], [5.0, 5.0], [NAN, NAN], [0.0, 0.0]]])
    labelled = np.array([[True, True, True, True, False]])

    # A length of 10: the second is off by 5, the third by 7.1, the fourth was not found, the fifth does not count.
    assert reference.answer("pck", found, true, labelled, (0, 1), 0.5) == 0.5
    assert reference.answer("pck", found, true, labelled, (0, 1), 0.7) == 0.5
    assert reference.answer("pck", found, true, labelled, (0, 1), 0.72) == 0.75
    assert np.isnan(reference.answer("pck", found, true, labelled, (0, 4), 0.5))


def test_pck_uses_the_length_of_each_person():
    true = np.zeros((2, 3, 2))
    true[0, 1], true[1, 1] = (10.0, 0.0), (0.0, 100.0)
    found = true + [30.0, 0.0] * np.array([0, 0, 1])[:, None]

    assert reference.answer("pck", found, true, np.ones((2, 3), bool), (0, 1), 0.5) == pytest.approx(5 / 6)


def test_iou_by_hand():
    a, b = np.zeros((4, 5), bool), np.zeros((4, 5), bool)
    a[:2, :2], b[1:3, 1:3] = True, True

    assert reference.answer("iou", a, b) == pytest.approx(1 / 7)
    assert reference.answer("iou", a & False, b & False) == 1


def test_density_in_the_corner_by_hand():
    # Two cells: the head on the one, the other a standard deviation away.
    there = reference.answer("density", np.array([[0.0, 0.0]]), (1, 2), 1.0)

    assert there == pytest.approx(np.array([[1, math.exp(-0.5)]]) / (1 + math.exp(-0.5)))


def test_arguments_are_left_as_they_were():
    arguments = (np.array([[[1.0, 2.0]]]), (4, 5), 2.0)
    before = arguments[0].copy()

    reference.answer("heatmaps", *arguments)

    assert np.array_equal(arguments[0], before)
