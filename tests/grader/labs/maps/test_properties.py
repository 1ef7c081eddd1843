"""Properties of answers of lab 4, and what is said of an answer that has them not."""

from functools import partial

import numpy as np
import pytest

from grader.labs.maps import properties
from grader.labs.maps.wording import HINTS, SAYS
from tests.grader.labs.maps.answers import case, maps, said

T = 1e-5


def test_maximum_of_two_people_is_asked_whatever_their_peaks_are():
    right = case("heatmaps", maps(1.0, 0.5, 1.0))
    one, other = np.array([[1.0, 0.2, 0.0]] * 2), np.array([[0.1, 0.9, 0.0]] * 2)
    rule = partial(properties.largest_of_two, tolerance=T)

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
    right, rule = case(function, maps(1.0, 0.0, 2.0)), partial(properties.zero_where_zero, tolerance=T)

    assert rule(right, maps(7.0, 0.0, -1.0)) is None
    assert said(rule(right, maps(7.0, 0.5, 1.0))) == f"{zero} must be zero everywhere; at [1, 0, 1] it is 0.5. {hint}"
    assert said(rule(right, maps(7.0, 0.0, 0.0))) == f"{not_zero} must not be zero everywhere; map 1 is. {hint}"
    assert "got inf at [0, 0, 1]" in said(rule(right, maps(np.inf, 0.0, 1.0)))
    assert "in place of (3, 2, 3)" in said(rule(right, np.zeros(4)))


def test_gradient_sums_to_zero():
    right, rule = case("softargmax_gradient", np.ones((2, 2, 3))), partial(properties.sums_to_zero, tolerance=T)
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
    right, rule = case("softargmax_gradient", maps(2.0)), partial(properties.grows_as_told, tolerance=T)

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
    right, rule = case("density", np.ones((2, 3)), np.zeros((n, 2))), partial(properties.one_for_each, tolerance=T)

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
    rule, once = partial(properties.twice_as_much, tolerance=T), np.arange(6.0).reshape(2, 3)

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
    rule = partial(properties.moved_as_told, tolerance=T)

    assert rule(base, twin, np.array([[0.0, 0.0]]), np.array([[2.0, 1.0]])) is None
    assert rule(base, twin, np.array([[0.0, 0.0]]), np.array([[1.0, 2.0]])) is None
    assert said(rule(base, twin, np.array([[0.0, 0.0]]), np.array([[1.0, 0.5]]))) == (
        f"{SAYS['constant']}; map 0 moved from (0, 0) to (1, 0.5), by (1, 0.5) in place of (2, 1). {HINTS['constant']}"
    )
    assert "got nan" in said(rule(base, twin, np.zeros((1, 2)), np.full((1, 2), np.nan)))
    assert "got shape (5,)" in said(rule(base, twin, np.zeros(5), np.zeros(5)))


@pytest.mark.parametrize(("function", "hint"), [("softargmax", "types"), ("iou", "iou_types")])
def test_other_types_give_the_same(function, hint):
    base, rule = case(function, [[1.0, 2.0]]), partial(properties.same_for_other_types, tolerance=T)
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
    rule = partial(properties.same_again, tolerance=T)

    assert rule(np.array([1.0, np.nan]), np.array([1.0, np.nan])) is None
    assert said(rule(np.array([1.0, 2.0]), np.array([1.0, 3.0]))) == (
        "The same call must give the same numbers, even later and in another process; at [1] it gave 2, and "
        "then 3. Keep "
        "nothing between two calls, and leave nothing to chance."
    )
    assert "another shape it gave (2,), and then (3,)" in said(rule(np.zeros(2), np.zeros(3)))
