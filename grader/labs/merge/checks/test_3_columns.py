"""The last two columns of each person, over all kinds of input, with conflicts and without."""

from grader.harness.check import Check
from grader.labs.merge.columns import right_counts, right_scores


def test_counts(check: Check) -> None:
    """The last column counts the ids of the person."""
    check.judge_each(right_counts)


def test_scores(check: Check) -> None:
    """The score is the sum of the person's rows."""
    check.judge_each(right_scores)
