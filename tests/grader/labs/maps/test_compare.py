"""Answers of lab 4 held against recorded ones, and what is said of a wrong one."""

import numpy as np
import pytest

from grader.labs.maps import compare
from grader.labs.maps.wording import HINTS, WRONG, say_factor
from tests.grader.labs.maps.answers import case, maps, said

T = 1e-5

# Axes.


@pytest.mark.parametrize(
    ("shape", "wanted"),
    [((3, 4, 5), (3, 4, 5)), ((4, 5, 3), (3, 4, 5)), ((5, 4, 3), (3, 4, 5)), ((4, 5), (1, 4, 5)), ((1, 4, 5), (4, 5))],
    ids=str,
)
def test_axes_in_another_order_are_turned(shape, wanted):
    there = np.arange(np.prod(wanted)).reshape(wanted).astype(float)
    narrow = there.reshape([n for n in wanted if n != 1])
    order = [[n for n in wanted if n != 1].index(n) for n in shape if n != 1]
    given = narrow.transpose(order).reshape(shape)

    assert np.array_equal(compare.lay_out(given, wanted), there)


@pytest.mark.parametrize("shape", [(), (4, 4, 5), (3, 4), (0,), (3, 20)], ids=str)
def test_other_lengths_are_not_turned(shape):
    assert compare.lay_out(np.zeros(shape), (3, 4, 5)) is None


def test_shape_is_judged_apart():
    right = case("heatmaps", np.ones((3, 4, 5)))

    assert compare.right_shape(right, np.ones((3, 4, 5))) is None
    assert compare.right_values(right, np.ones((4, 5, 3)), tolerance=T) is None
    assert said(compare.right_shape(right, np.ones((4, 5, 3)))) == (
        "heatmaps must return an array of shape (n_joints, rows, columns); got shape (4, 5, 3) in place of (3, 4, 5). "
        "Print the shape of your answer, and compare it with the docstring of the template."
    )


# Numbers.


def test_numbers_are_compared_within_the_tolerance():
    right = case("density", [[1.0, 0.0, 1e6]])

    assert compare.right_values(right, np.array([[1 + T / 2, T / 2, 1e6 + 5]]), tolerance=T) is None
    assert compare.right_values(right, np.array([[1 + 2 * T, 0, 1e6]]), tolerance=T) is not None


VALUES = {
    "factor": (2 * maps(1.0, 3.0), say_factor(2.0)),
    "sign": (-maps(1.0, 3.0), HINTS["sign"]),
    "nothing": (np.zeros((2, 2, 3)), HINTS["nothing"]),
    "other": (maps(1.0, 2.0), HINTS["heatmaps"]),
}


@pytest.mark.parametrize(("got", "hint"), VALUES.values(), ids=VALUES)
def test_wrong_numbers_are_told_with_the_first_place(got, hint):
    says = said(compare.right_values(case("heatmaps", maps(1.0, 3.0)), got, tolerance=T))

    assert says.startswith("heatmaps must give the right number everywhere; at [")
    assert says.endswith(hint)


def test_check_may_have_a_hint_of_its_own():
    right = case("heatmaps", maps(1.0, 3.0), check="heatmaps_values")

    assert said(compare.right_values(right, maps(1.0, 2.0), tolerance=T)) == (
        "heatmaps must give the right number everywhere; at [1, 0, 1] it gave 2 in place of 3. "
        + HINTS["heatmaps_values"]
    )


@pytest.mark.parametrize(("number", "got"), [(np.nan, "nan"), (np.inf, "inf"), (-np.inf, "-inf")])
def test_what_is_no_number_is_told(number, got):
    says = said(compare.right_values(case("heatmaps", maps(1.0)), maps(number), tolerance=T))

    assert says == (
        f"heatmaps must return numbers, and neither NaN nor infinity; got {got} at [0, 0, 1]. Look for a division by "
        "zero, and for the exponential of a large number."
    )


def test_points_may_be_swapped_where_their_order_is_not_the_point():
    right = case("softargmax", [[1.0, 2.0], [3.0, 4.0], [0.0, 1.0]])
    swapped = right.expected[:, ::-1]

    assert compare.right_points(right, swapped, tolerance=T) is None
    assert said(compare.right_values(right, swapped, tolerance=T)).endswith(HINTS["swapped"])
    assert compare.right_points(right, right.expected + 1, tolerance=T) is not None


@pytest.mark.parametrize("got", [np.array(0.25), np.array([0.25]), np.array([[0.25]])], ids=lambda one: str(one.shape))
def test_share_may_be_an_array_of_one(got):
    assert compare.right_share(case("iou", 0.25), got, tolerance=T) is None


def test_wrong_share_is_told():
    assert said(compare.right_share(case("iou", 0.25), np.array(0.5), tolerance=T)) == (
        "iou must give the right share; got 0.5 in place of 0.25. " + HINTS["iou"]
    )
    assert "got shape (2,) in place of ()" in said(compare.right_share(case("iou", 0.25), np.zeros(2), tolerance=T))


def test_share_of_nothing_is_nan():
    nothing = case("pck", np.nan)

    assert compare.right_share(nothing, np.array(np.nan), tolerance=T) is None
    assert "got 0 in place of nan" in said(compare.right_share(nothing, np.array(0.0), tolerance=T))


# Words.


def test_requirements_hold_for_every_input():
    # A requirement may be told of a hidden case: no number of one may stand in it.
    for kind, (required, _, advice) in WRONG.items():
        assert not set("{}") & set(required.replace("{function}", "").replace("{what}", "").replace("{returns}", "")), (
            kind
        )
        assert not any(letter.isdigit() for letter in required + advice), kind
