"""The rules of lab 4's checks, each with what it says of a wrong answer."""

from functools import partial

import numpy as np
import pytest

from grader.harness.cases import Case
from grader.harness.results import Visibility
from grader.labs.maps import compare
from grader.labs.maps.wording import HINTS, SAYS, WRONG

T = 1e-5


def case(function, expected, *arguments, check="some_values", name="one"):
    return Case(
        check=check,
        name=name,
        says="A case.",
        visibility=Visibility.PUBLIC,
        arguments=arguments,
        expected=np.asarray(expected, dtype=float),
        function=function,
    )


def maps(*numbers):
    """Make maps of 2 x 3 cells, each with one number in its second cell."""
    planes = np.zeros((len(numbers), 2, 3))
    planes[:, 0, 1] = numbers
    return planes


def said(explanation):
    return "" if explanation is None else str(explanation)


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
    "factor": (2 * maps(1.0, 3.0), HINTS["factor"].format(factor="2")),
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


# Properties.


def test_maximum_of_two_people_is_asked_whatever_their_peaks_are():
    right = case("heatmaps", maps(1.0, 0.5, 1.0))
    one, other = np.array([[1.0, 0.2, 0.0]] * 2), np.array([[0.1, 0.9, 0.0]] * 2)
    rule = partial(compare.largest_of_two, tolerance=T)

    assert rule(right, np.stack([one, other, np.maximum(one, other)])) is None
    assert said(rule(right, np.stack([one, other, one + other]))) == (
        "Where peaks of several people overlap, the largest value must count; at [0, 0] of the map that both "
        "have it gave "
        "1.1, and 1 is the larger of the two alone. Take the maximum over the people, cell by cell: no sum, "
        "and not the "
        "person who comes last."
    )
    assert said(rule(right, np.stack([one, one, one]))) == (
        "People at different places must give different maps; the maps of joints 0 and 1, which two people "
        "have, are the "
        "same. Give each joint a map of its own, and draw each peak at its own place."
    )
    assert said(rule(right, np.zeros((3, 2, 3)))).startswith(
        "The map of a joint that somebody has must not be zero everywhere; map 0 is. "
    )
    assert "got nan at [0, 0, 1]" in said(rule(right, maps(np.nan, 1.0, 1.0)))
    assert "got shape ()" in said(rule(right, np.array(1.0)))


@pytest.mark.parametrize(
    ("function", "zero", "not_zero", "hint"),
    [
        ("heatmaps", SAYS["unlabelled"], SAYS["labelled"], HINTS["unlabelled"]),
        ("softargmax_gradient", SAYS["no_upstream"], SAYS["upstream"], HINTS["upstream"]),
    ],
)
def test_maps_are_zero_just_where_they_should(function, zero, not_zero, hint):
    right, rule = case(function, maps(1.0, 0.0, 2.0)), partial(compare.zero_where_zero, tolerance=T)

    assert rule(right, maps(7.0, 0.0, -1.0)) is None
    assert said(rule(right, maps(7.0, 0.5, 1.0))) == f"{zero} must be zero everywhere; at [1, 0, 1] it is 0.5. {hint}"
    assert said(rule(right, maps(7.0, 0.0, 0.0))) == f"{not_zero} must not be zero everywhere; map 1 is. {hint}"
    assert "got inf at [0, 0, 1]" in said(rule(right, maps(np.inf, 0.0, 1.0)))
    assert "in place of (3, 2, 3)" in said(rule(right, np.zeros(4)))


def test_gradient_sums_to_zero():
    right, rule = case("softargmax_gradient", np.ones((2, 2, 3))), partial(compare.sums_to_zero, tolerance=T)
    balanced = np.array([[[1.0, -1.0, 0.0], [2.0, 0.0, -2.0]]] * 2)

    assert rule(right, balanced) is None
    assert said(rule(right, balanced + maps(0.0, 1.0))) == (
        "The gradient of each map must sum to zero; that of map 1 sums to 1. A constant that is added to all "
        "cells of a "
        "map moves no point: subtract what the mean of the cells gets."
    )
    assert "must not be zero everywhere; map 0 is" in said(rule(right, np.zeros((2, 2, 3))))
    assert said(rule(right, np.full((2, 2, 3), 1e308))).startswith("The gradient of each map must sum to zero; ")


def test_gradient_tells_how_fast_the_loss_grows():
    right, rule = case("softargmax_gradient", maps(2.0)), partial(compare.grows_as_told, tolerance=T)

    assert rule(right, maps(2.0)) is None
    assert said(rule(right, -maps(2.0))) == (
        "Along any direction the gradient must tell how fast the loss grows; where the loss grows fastest it tells -4, "
        "and a centred difference tells 4. Change one cell by a little up and down, and compare the difference of the "
        "losses with your gradient."
    )
    assert rule(right, maps(1e308)) is not None
    assert "got nan" in said(rule(right, maps(np.nan)))
    assert "got shape (3,)" in said(rule(right, np.zeros(3)))


@pytest.mark.parametrize(("n", "people"), [(1, "one person"), (3, "3 people")])
def test_density_counts_people(n, people):
    right, rule = case("density", np.ones((2, 3)), np.zeros((n, 2))), partial(compare.one_for_each, tolerance=T)

    assert rule(right, np.full((2, 3), n / 6)) is None
    assert said(rule(right, np.full((2, 3), 0.25))) == (
        f"Each person must add one to the sum of the map; the map sums to 1.5 for {people}. Divide the bump "
        f"of each person "
        "by its own sum over the cells of the map."
    )
    assert "got nan" in said(rule(right, np.full((2, 3), np.nan)))
    assert "got shape (4,)" in said(rule(right, np.zeros(4)))


def test_everybody_once_more_is_twice_as_much():
    base, twin = case("density", np.ones((2, 3))), case("density", 2 * np.ones((2, 3)))
    rule, once = partial(compare.twice_as_much, tolerance=T), np.arange(6.0).reshape(2, 3)

    assert rule(base, twin, once, 2 * once) is None
    assert said(rule(base, twin, once, once)) == (
        "People must add up: everybody once more must give twice the map; at [0, 1] it gave 1 in place of 2. "
        "Add the bumps "
        "of all people; of two at one place each counts."
    )
    assert said(rule(base, twin, 0 * once, 0 * once)) == (
        "density must not give zero for every input; this answer is zero everywhere. " + HINTS["nothing"]
    )
    assert "got nan" in said(rule(base, twin, once, once * np.nan))
    assert "got shape (4,)" in said(rule(base, twin, once, np.zeros(4)))


def test_points_move_as_they_should_in_any_order_of_x_and_y():
    base, twin = case("softargmax", [[1.0, 2.0]]), case("softargmax", [[3.0, 3.0]])
    rule = partial(compare.moved_as_told, tolerance=T)

    assert rule(base, twin, np.array([[0.0, 0.0]]), np.array([[2.0, 1.0]])) is None
    assert rule(base, twin, np.array([[0.0, 0.0]]), np.array([[1.0, 2.0]])) is None
    assert said(rule(base, twin, np.array([[0.0, 0.0]]), np.array([[1.0, 0.5]]))) == (
        f"{SAYS['constant']}; map 0 moved from (0, 0) to (1, 0.5), by (1, 0.5) in place of (2, 1). {HINTS['constant']}"
    )
    assert "got nan" in said(rule(base, twin, np.zeros((1, 2)), np.full((1, 2), np.nan)))
    assert "got shape (5,)" in said(rule(base, twin, np.zeros(5), np.zeros(5)))


@pytest.mark.parametrize(("function", "hint"), [("softargmax", "types"), ("iou", "iou_types")])
def test_other_types_give_the_same(function, hint):
    base, rule = case(function, [[1.0, 2.0]]), partial(compare.same_for_other_types, tolerance=T)
    right = np.array([[1.0, 2.0]])

    assert rule(base, base, 3 * right, 3 * right) is None
    assert said(rule(base, base, right, np.floor(right / 2))) == (
        f"The same numbers of another type must give the same answer; at [0, 0] they gave 0 in place of 1. "
        f"{HINTS[hint]}"
    )
    assert "zero everywhere" in said(rule(base, base, 0 * right, 0 * right))
    assert "got nan" in said(rule(base, base, right * np.nan, right * np.nan))
    assert "got shape (3,)" in said(rule(base, base, right, np.zeros(3)))


def test_same_call_gives_the_same():
    rule = partial(compare.same_again, tolerance=T)

    assert rule(np.array([1.0, np.nan]), np.array([1.0, np.nan])) is None
    assert said(rule(np.array([1.0, 2.0]), np.array([1.0, 3.0]))) == (
        "The same call must give the same numbers, even later and in another process; at [1] it gave 2, and "
        "then 3. Keep "
        "nothing between two calls, and leave nothing to chance."
    )
    assert "another shape it gave (2,), and then (3,)" in said(rule(np.zeros(2), np.zeros(3)))


# Words.


def test_requirements_hold_for_every_input():
    # A requirement may be told of a hidden case: no number of one may stand in it.
    for kind, (required, _, advice) in WRONG.items():
        assert not set("{}") & set(required.replace("{function}", "").replace("{what}", "").replace("{returns}", "")), (
            kind
        )
        assert not any(letter.isdigit() for letter in required + advice), kind
