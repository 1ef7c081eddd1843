"""Conflicts: several answers are right, so judge what every right answer has in common."""

from grader.harness.check import Check
from grader.labs.merge.conflicts import empty_or_broken, lost_too_many


def test_conflict_rules(check: Check) -> None:
    """No keypoint in two people, no part that hangs loose, no id from nowhere."""
    check.judge_each(empty_or_broken)


def test_conflict_late(check: Check) -> None:
    """The same where two people conflict in parts that the row between them does not name."""
    check.judge_each(empty_or_broken)


def test_conflict_losses(check: Check) -> None:
    """Removing conflicts keeps most keypoints."""
    check.judge_each(lost_too_many)
