"""`density`: a map whose sum counts people; and the same call, made again."""

from functools import partial

from grader.harness.check import Check
from grader.labs.maps.compare import right_shape, right_values
from grader.labs.maps.properties import one_for_each, same_again, twice_as_much


def test_density_shape(check: Check) -> None:
    """One map."""
    check.judge_each(right_shape)


def test_density_values(check: Check) -> None:
    """The form of one bump."""
    check.judge_each(partial(right_values, tolerance=check.line.tolerance))


def test_density_border(check: Check) -> None:
    """Each person adds 1 to the sum, also at the border."""
    check.judge_each(partial(one_for_each, tolerance=check.line.tolerance))


def test_density_people(check: Check) -> None:
    """People add up."""
    check.judge_twins(partial(twice_as_much, tolerance=check.line.tolerance))


def test_density_any(check: Check) -> None:
    """Any heads, shapes and sigmas."""
    rule = partial(right_values, tolerance=check.line.tolerance)
    check.judge_each(rule)
    check.show_smallest(rule)


def test_density_crowd(check: Check) -> None:
    """A hundred people in time."""
    check.judge_each(partial(right_values, tolerance=check.line.tolerance))


def test_same_answer(check: Check) -> None:
    """Cases of each check again, in a fresh process, last one first."""
    check.judge_again(partial(same_again, tolerance=check.line.tolerance))
