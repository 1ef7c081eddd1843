"""`softargmax`: known values, and what holds for any map."""

from functools import partial

from grader.harness.check import Check
from grader.labs.maps.compare import right_points, right_shape, right_values
from grader.labs.maps.properties import moved_as_told, same_for_other_types


def test_softargmax_values(check: Check) -> None:
    """The mean point (x, y) under the softmax."""
    check.judge_each(partial(right_values, tolerance=check.line.tolerance))


def test_softargmax_shape(check: Check) -> None:
    """One point for each map."""
    check.judge_each(right_shape)


def test_softargmax_large(check: Check) -> None:
    """Large values do no harm."""
    check.judge_each(partial(right_points, tolerance=check.line.tolerance))


def test_softargmax_channels(check: Check) -> None:
    """Each map by itself."""
    check.judge_each(partial(right_points, tolerance=check.line.tolerance))


def test_softargmax_moves(check: Check) -> None:
    """A constant moves nothing, and a shift by itself."""
    check.judge_twins(partial(moved_as_told, tolerance=check.line.tolerance))


def test_softargmax_types(check: Check) -> None:
    """Whole numbers and float32 give what float64 gives."""
    check.judge_twins(partial(same_for_other_types, tolerance=check.line.tolerance))


def test_softargmax_any(check: Check) -> None:
    """Any maps and sharpness."""
    rule = partial(right_values, tolerance=check.line.tolerance)
    check.judge_each(rule)
    check.show_smallest(rule)
