"""`heatmaps`, and whether there is a file to try it on."""

from functools import partial

from grader.harness.check import Check
from grader.labs.maps.compare import right_shape, right_values
from grader.labs.maps.properties import largest_of_two, zero_where_zero


def test_loads() -> None:
    """The file can be loaded and defines one of the functions; no other check runs without."""


def test_heatmaps_shape(check: Check) -> None:
    """One map for each joint."""
    check.judge_each(right_shape)


def test_heatmaps_values(check: Check) -> None:
    """A peak falls as eq. 7 says."""
    check.judge_each(partial(right_values, tolerance=check.line.tolerance))


def test_heatmaps_people(check: Check) -> None:
    """Where peaks overlap the largest value counts."""
    check.judge_each(partial(largest_of_two, tolerance=check.line.tolerance))


def test_heatmaps_unlabelled(check: Check) -> None:
    """What is not labelled draws nothing."""
    check.judge_each(partial(zero_where_zero, tolerance=check.line.tolerance))


def test_heatmaps_any(check: Check) -> None:
    """Any people, shapes and sigmas."""
    rule = partial(right_values, tolerance=check.line.tolerance)
    check.judge_each(rule)
    check.show_smallest(rule)


def test_heatmaps_crowd(check: Check) -> None:
    """A hundred people in time."""
    check.judge_each(partial(right_values, tolerance=check.line.tolerance))
