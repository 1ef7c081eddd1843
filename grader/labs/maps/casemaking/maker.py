"""Turns arguments into a case: asks the reference for the answer, and keeps what makes cases fair.

Each case has another length in each axis of an answer, and never two maps, so that axes in another order show.
"""

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from grader.harness.case_maker import CaseMaker
from grader.harness.cases import Argument, Case
from grader.labs.maps import reference

Array = npt.NDArray[np.float64]

UNKNOWN = (np.nan, np.nan)
"""A joint that is not labelled, or was not found."""


class Maker(CaseMaker):
    """Makes the cases of one check of this lab."""

    def rounds(self, public: int = 1, hidden: int = 2) -> range:
        """Count how often a family draws each of its kinds."""
        return range(1, 1 + (public if self.is_public else hidden))

    def case(self, function: str, name: str, says: str, *arguments: Argument) -> Case:
        """Make a case with the reference's answer."""
        return Case(
            check=self.check,
            name=self.full_name(name),
            says=says,
            visibility=self.visibility,
            function=function,
            arguments=arguments,
            expected=reference.answer(function, *arguments),
        )

    def twins(self, function: str, name: str, says: tuple[str, str], *both: tuple[Argument, ...]) -> list[Case]:
        """Make two cases whose answers are compared with each other."""
        first, second = both
        base = self.case(function, name, says[0], *first)
        return [base, replace(self.case(function, f"{name}_again", says[1], *second), twin_of=base.name)]

    # What is drawn, in steps that are written in a few digits and exact in binary.

    def number(self, low: int, high: int) -> int:
        """Draw a whole number from `low` to one below `high`."""
        return int(self.rng.integers(low, high))

    def shape(self, least: int = 4, most: int = 9) -> tuple[int, int]:
        """Draw the shape of a map; one that no number of joints or maps can be mistaken for."""
        rows, columns = self.rng.choice(np.arange(least, most + 1), 2, replace=False).tolist()
        return rows, columns

    def points(self, n: int, shape: tuple[int, int], *, margin: float = 0.0, step: float = 0.25) -> Array:
        """Draw places within a map, so far from its border."""
        rows, columns = shape
        high = np.array([columns, rows]) - 1 - margin
        steps = self.rng.integers(np.ceil(margin / step), np.floor(high / step) + 1, (n, 2))
        return np.asarray(steps * step)

    def values(self, *shape: int, scale: int = 2) -> Array:
        """Draw the values of maps: sixteenths around 0."""
        return np.asarray(self.rng.integers(-16 * scale, 16 * scale + 1, shape) / 16)
