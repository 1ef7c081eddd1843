"""`pck`: which joints count, and which are right."""

from functools import partial

from grader.harness.check import Check
from grader.labs.maps.compare import right_share


def test_pck_values(check: Check) -> None:
    """Known shares, with errors in any direction."""
    check.judge_each(partial(right_share, tolerance=check.line.tolerance))


def test_pck_bound(check: Check) -> None:
    """A distance that equals the bound is right."""
    check.judge_each(partial(right_share, tolerance=check.line.tolerance))


def test_pck_unlabelled(check: Check) -> None:
    """What is not labelled does not count."""
    check.judge_each(partial(right_share, tolerance=check.line.tolerance))


def test_pck_length(check: Check) -> None:
    """Each person's own length, in the truth, between the two joints that were named."""
    check.judge_each(partial(right_share, tolerance=check.line.tolerance))


def test_pck_missed(check: Check) -> None:
    """What was not found is wrong."""
    check.judge_each(partial(right_share, tolerance=check.line.tolerance))


def test_pck_any(check: Check) -> None:
    """Any people."""
    rule = partial(right_share, tolerance=check.line.tolerance)
    check.judge_each(rule)
    check.show_smallest(rule)
