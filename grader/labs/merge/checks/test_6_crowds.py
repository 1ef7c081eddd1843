"""Crowds: as right as with three people, and in time."""

from grader.harness.check import Check
from grader.labs.merge.compare import same_groups


def test_crowds(check: Check) -> None:
    """A hundred people are merged rightly within the time limit of a call."""
    check.judge_each(same_groups)
