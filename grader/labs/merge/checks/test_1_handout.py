"""The handout's example, and whether there is a merge to try it on."""

from grader.harness.check import Check
from grader.labs.merge.columns import same_people


def test_loads() -> None:
    """The file can be loaded and defines merge; no other check runs without. That alone is judged, and no case."""


def test_handout(check: Check) -> None:
    """Nine rows in, one person out: who, which score, how many parts."""
    check.judge_each(same_people)
