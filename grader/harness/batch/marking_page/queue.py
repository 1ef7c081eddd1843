"""In which order reports are marked, and which one is next."""

import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from typing import Any


class Order(StrEnum):
    """How the list of reports is sorted; each has a word for the page."""

    STUDENT = "student"
    NAME = "name"
    LENGTH = "length"
    POINTS = "points"

    @property
    def says(self) -> str:
        """What the page calls it."""
        return {
            Order.STUDENT: "student id",
            Order.NAME: "name",
            Order.LENGTH: "length of the report",
            Order.POINTS: "points for the code",
        }[self]


@dataclass(frozen=True)
class Waiting:
    """One report on the list.

    Attributes
    ----------
    key, student_id, full_name : str
        Of the student.
    n_pages, n_words : int
        Of the report, as far as they are known; 0 otherwise.
    code_points : Fraction or None
        Points for the code, with what the staff corrected; None where there is no mark.
    n_marked, n_parts : int
        How many parts of the report have points, of how many.
    claimed_by : str
        Who is at work on it; empty for nobody.
    """

    key: str
    student_id: str
    full_name: str
    n_pages: int
    n_words: int
    code_points: Fraction | None
    n_marked: int
    n_parts: int
    claimed_by: str = ""

    @property
    def is_marked(self) -> bool:
        """Whether each part of the report has its points."""
        return self.n_marked == self.n_parts


def sort(reports: Sequence[Waiting], order: Order) -> Sequence[Waiting]:
    """Sort reports; those that are equal by their keys, so that all see one order."""
    keys: dict[Order, Callable[[Waiting], tuple[Any, ...]]] = {
        Order.STUDENT: lambda _: (),
        Order.NAME: lambda report: (unicodedata.normalize("NFKC", report.full_name).casefold(),),
        Order.LENGTH: lambda report: (report.n_pages, report.n_words),
        Order.POINTS: lambda report: (report.code_points is None, report.code_points or Fraction(0)),
    }
    return sorted(reports, key=lambda report: (*keys[order](report), report.key))


def find_next(reports: Sequence[Waiting], after: str, by: str) -> Waiting | None:
    """Find the next report that is not marked and nobody else is at work on; from the top again behind the last one.

    Parameters
    ----------
    reports : sequence of Waiting
        In their order.
    after : str
        Key of the one that is open; nothing for none.
    by : str
        Who asks.

    Returns
    -------
    report : Waiting or None
        None where nothing is left to do; the one that is open comes last.
    """
    place = next((number for number, report in enumerate(reports) if report.key == after), -1)
    around = [*reports[place + 1 :], *reports[: place + 1]]
    free = (report for report in around if not report.is_marked and report.claimed_by in {"", by})
    return next(free, None)


def find_neighbour(reports: Sequence[Waiting], of: str, step: int) -> Waiting | None:
    """Find the report so many places behind another one, marked or not; None beyond the ends."""
    place = next((number for number, report in enumerate(reports) if report.key == of), None)
    if place is None or not 0 <= place + step < len(reports):
        return None
    return reports[place + step]
