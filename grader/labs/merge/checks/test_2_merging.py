"""Merging without conflicts: the people are the groups of rows that hang together, and nothing else is right.

People are compared as sets of keypoints; their scores and counts have checks of their own.
"""

from grader.harness.check import Check
from grader.labs.merge.compare import same_groups


def test_one_person(check: Check) -> None:
    """Rows that hold the same id in the same slot belong to one person."""
    check.judge_each(same_groups)


def test_many_people(check: Check) -> None:
    """People who share no keypoint stay apart."""
    check.judge_each(same_groups)


def test_row_order(check: Check) -> None:
    """Groups that a later row joins become one person."""
    check.judge_each(same_groups)


def test_no_neck(check: Check) -> None:
    """People whose neck is not to be seen are people."""
    check.judge_each(same_groups)


def test_cycles(check: Check) -> None:
    """A row that closes a cycle changes nobody."""
    check.judge_each(same_groups)


def test_id_zero(check: Check) -> None:
    """Id 0 is a keypoint; only -1 is absent."""
    check.judge_each(same_groups)


def test_gaps(check: Check) -> None:
    """Ids need not follow each other, and may be large."""
    check.judge_each(same_groups)


def test_nobody(check: Check) -> None:
    """An empty input, or people who are all too small, give an empty answer."""
    check.judge_each(same_groups)
