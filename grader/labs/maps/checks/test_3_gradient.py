"""`softargmax_gradient`: known values, and what holds for any gradient."""

from functools import partial

from grader.harness.check import Check
from grader.labs.maps.compare import right_shape, right_values
from grader.labs.maps.properties import grows_as_told, sums_to_zero, zero_where_zero


def test_gradient_values(check: Check) -> None:
    """The derivative by each cell."""
    check.judge_each(partial(right_values, tolerance=check.line.tolerance))


def test_gradient_shape(check: Check) -> None:
    """One number for each cell."""
    check.judge_each(right_shape)


def test_gradient_difference(check: Check) -> None:
    """What a centred difference tells."""
    check.judge_each(partial(grows_as_told, tolerance=check.line.tolerance))


def test_gradient_sum(check: Check) -> None:
    """The gradient of a map sums to zero."""
    check.judge_each(partial(sums_to_zero, tolerance=check.line.tolerance))


def test_gradient_channels(check: Check) -> None:
    """Each map by itself, also beside very large values."""
    check.judge_each(partial(zero_where_zero, tolerance=check.line.tolerance))


def test_gradient_any(check: Check) -> None:
    """Any maps, sharpness and upstream."""
    rule = partial(right_values, tolerance=check.line.tolerance)
    check.judge_each(rule)
    check.show_smallest(rule)
