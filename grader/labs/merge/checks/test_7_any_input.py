"""Any input: properties that hold whatever the rows are, on inputs that Hypothesis drew when the cases were made.

What was drawn is recorded, so that every submission gets the same inputs on every machine. After a failure Hypothesis
searches once more, in the sandbox, for the smallest input that breaks this merge: another message, the same mark.
"""

from functools import partial

from grader.harness.check import Check
from grader.harness.languages import said
from grader.labs.merge.columns import other_than
from grader.labs.merge.compare import agree, same_groups
from grader.labs.merge.conflicts import broken_rule, empty_or_broken

SAME_ROWS = partial(
    agree,
    required=said("Without conflicts the same rows in another order must give the same people"),
    advice=said("Do not depend on which row comes first; keep merging until no two rows share an id."),
)
SAME_KEYPOINTS = partial(
    agree,
    required=said("Without conflicts other ids for the same keypoints must give the same people"),
    advice=said("Compare ids only with ids of the same slot, and only for equality."),
)
SAME_CALL = partial(
    other_than,
    required=said("The same call must give the same people, even later and in another process"),
    advice=said("Keep nothing between two calls, and leave nothing to chance."),
)


def test_any_people(check: Check) -> None:
    """Without conflicts the people are the groups of rows that hang together."""
    check.judge_each(same_groups)
    check.show_smallest(same_groups)


def test_reordering(check: Check) -> None:
    """The order of rows without conflicts does not matter."""
    check.judge_twins(SAME_ROWS)
    check.show_smallest_twins(SAME_ROWS)


def test_renumbering(check: Check) -> None:
    """The numbers that stand for keypoints do not matter."""
    check.judge_twins(SAME_KEYPOINTS)
    check.show_smallest_twins(SAME_KEYPOINTS)


def test_any_conflict(check: Check) -> None:
    """What is wrong in any answer is wrong for random conflicts, too."""
    check.judge_each(empty_or_broken)
    check.show_smallest(broken_rule)


def test_same_answer(check: Check) -> None:
    """Cases of each check again, in a fresh process, last one first."""
    check.judge_again(SAME_CALL)
