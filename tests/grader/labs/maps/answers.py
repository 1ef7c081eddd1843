"""Cases and answers of a few numbers, for the tests of rules."""

import numpy as np

from grader.harness.cases import Case
from grader.harness.results import Visibility


def case(function, expected, *arguments, check="some_values", name="one"):
    return Case(
        check=check,
        name=name,
        says="A case.",
        visibility=Visibility.PUBLIC,
        arguments=arguments,
        expected=np.asarray(expected, dtype=float),
        function=function,
    )


def maps(*numbers):
    """Make maps of 2 x 3 cells, each with one number in its second cell."""
    planes = np.zeros((len(numbers), 2, 3))
    planes[:, 0, 1] = numbers
    return planes


def said(explanation):
    return "" if explanation is None else str(explanation)
