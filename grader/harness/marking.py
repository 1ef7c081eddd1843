"""What comes to a result from people and from the calendar: the written report's marks, and a penalty for lateness."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from grader.harness.rubric import Level


@dataclass(frozen=True)
class PartMark:
    """One part of the written report, marked or still to be marked.

    Attributes
    ----------
    key, title : str
        As in the rubric.
    max_points : Fraction
        As in the rubric.
    points : Fraction or None
        None until somebody has marked it.
    comment : str
        For the student; empty without one. A stranger's text to whatever writes it out.
    level : Level or None
        The level of the rubric that was chosen for it; None without one, or where the points are not its any more.
    """

    key: str
    title: str
    max_points: Fraction
    points: Fraction | None = None
    comment: str = ""
    level: Level | None = None


@dataclass(frozen=True)
class Overruled:
    """A check of the code whose points somebody changed by hand.

    Attributes
    ----------
    key, title : str
        As in the rubric.
    max_points : Fraction
        As in the rubric.
    before, points : Fraction
        What the check gave, 0 where it gave nothing, and what it is worth now.
    reason : str
        For the student; empty where nobody wrote one, as in the formgrader. A stranger's text to whoever writes it out.
    """

    key: str
    title: str
    max_points: Fraction
    before: Fraction
    points: Fraction
    reason: str = ""

    @property
    def change(self) -> Fraction:
        """Points added; below 0 where points were taken."""
        return self.points - self.before


@dataclass(frozen=True)
class Lateness:
    """A submission after the due date.

    Attributes
    ----------
    late_s : float
        Seconds after the due date, above 0.
    penalty : Fraction
        Points that are taken off, 0 or more; 0 where it is waived.
    says : str
        For the student: ``"2 days late, 5 points a day"``; a waiver and its reason are told in it.
    waived : str
        Why the staff waived the penalty; empty where they did not. A stranger's text to whatever writes it out.
    """

    late_s: float
    penalty: Fraction
    says: str
    waived: str = ""


@dataclass(frozen=True)
class Marking:
    """Everything that is added to the points of the code, or taken off.

    Attributes
    ----------
    parts : sequence of PartMark
        The parts of the written report.
    lateness : Lateness or None
        None for one in time.
    overruled : sequence of Overruled
        The checks of the code whose points the staff changed, in the order of the rubric.
    """

    parts: Sequence[PartMark]
    lateness: Lateness | None = None
    overruled: Sequence[Overruled] = ()

    @property
    def correction(self) -> Fraction:
        """What the staff added to the points of the code; below 0 what they took."""
        return sum((check.change for check in self.overruled), Fraction(0))

    @property
    def is_complete(self) -> bool:
        """Tell whether each part of the report has its points."""
        return all(part.points is not None for part in self.parts)

    @property
    def report_points(self) -> Fraction:
        """Points of the parts that are marked."""
        return sum((part.points for part in self.parts if part.points is not None), Fraction(0))

    @property
    def penalty(self) -> Fraction:
        """Points that lateness takes off."""
        return Fraction(0) if self.lateness is None else self.lateness.penalty

    def total(self, code_points: Fraction) -> Fraction | None:
        """Add up: code and its correction, report, less the penalty, not below 0; None until the report is marked."""
        if not self.is_complete:
            return None
        return max(Fraction(0), code_points + self.correction + self.report_points - self.penalty)
