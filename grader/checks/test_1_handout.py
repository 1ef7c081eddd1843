"""The handout's example, and whether there is a merge to try it on."""

from grader.compare import same_people
from grader.grading import Grading
from grader.judging import Check


def test_loads(grading: Grading) -> None:
    """The file can be loaded and defines merge; no other check runs without."""
    grading.load()


def test_handout(check: Check) -> None:
    """Nine rows in, one person out."""
    check.judge_each(same_people)
