"""Deleting people: both bounds, both parameters, and their defaults; what equals a bound stays."""

from grader.harness.check import Check
from grader.labs.merge.compare import same_groups
from grader.labs.merge.conflicts import too_small


def test_min_num_body_parts(check: Check) -> None:
    """People with fewer parts are deleted, also those whom a conflict leaves over."""
    check.judge_each(too_small)


def test_min_score(check: Check) -> None:
    """People with a lower score per part are deleted."""
    check.judge_each(same_groups)


def test_parameters(check: Check) -> None:
    """Other bounds work, by keyword and by position, 0 among them."""
    check.judge_each(same_groups)


def test_defaults(check: Check) -> None:
    """Without bounds in the call they are 4 parts and 0.4 per part."""
    check.judge_each(same_groups)
