"""The one check."""

import numpy as np

from grader.harness.check import Check
from grader.harness.results import Explanation


def test_loads() -> None:
    """There is a function."""


def test_doubles(check: Check) -> None:
    """It doubles."""
    wrong = Explanation("Each value must be doubled", "one is not", "Multiply by 2.")
    check.judge_each(lambda case, answer: None if np.array_equal(answer, case.expected) else wrong)
