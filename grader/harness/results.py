"""What grading one submission gives: frozen records, from the verdict on one case up to the whole report.

Records flow one way: the checks make them, the report pages and the class read them. Nothing here computes a mark
but `CheckResult.points`, which is the share of the marked cases that passed times the points of the rubric.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction
from typing import Any


class Verdict(StrEnum):
    """How a case or a check ended; in order of weight, the last is the heaviest."""

    PASSED = "passed"
    WRONG = "wrong"
    CRASHED = "crashed"
    TIMED_OUT = "timed out"
    OUT_OF_MEMORY = "out of memory"
    FORBIDDEN = "forbidden"
    NOT_RUN = "not run"
    GRADER_FAULT = "grader fault"


class Audience(StrEnum):
    """Who reads: the staff see everything, a student never sees a hidden case's input or answer."""

    STUDENT = "student"
    STAFF = "staff"


class Visibility(StrEnum):
    """Whether a case is published with the lab."""

    PUBLIC = "public"
    HIDDEN = "hidden"


@dataclass(frozen=True)
class Explanation:
    """Why points were lost, in the four parts that a reader needs.

    Attributes
    ----------
    required : str
        What the answer must be: ``"double() must return an array of shape (n, 2)"``.
    got : str
        What there was instead: ``"got shape (3, 1)"``.
    advice : str
        What to do: ``"Keep both columns."``
    """

    required: str
    got: str
    advice: str

    def __str__(self) -> str:
        """Join the parts into sentences."""
        return f"{self.required}; {self.got}. {self.advice}"


@dataclass(frozen=True)
class CaseResult:
    """One case: one call of the student's code and how its answer was judged.

    Attributes
    ----------
    evidence, overlay : object or None
        Data of the lab's own, see `grader.harness.evidence`: what a reader needs to see of a failure, and what is drawn
        over a picture, right or wrong.
    """

    name: str
    says: str
    visibility: Visibility
    verdict: Verdict
    explanation: Explanation | None = None
    evidence: Any = None
    overlay: Any = None
    traceback: str = ""

    @property
    def is_passed(self) -> bool:
        """Tell whether the case counts."""
        return self.verdict is Verdict.PASSED


@dataclass(frozen=True)
class CheckResult:
    """One line of the rubric, judged: its cases and what they are worth.

    Attributes
    ----------
    key, part, title : str
        As in the rubric.
    max_points : Fraction
        As in the rubric.
    cases : tuple of CaseResult
        In the order of the case file.
    note : str
        Why a check was not run; empty otherwise.
    """

    key: str
    part: str
    title: str
    max_points: Fraction
    cases: tuple[CaseResult, ...] = ()
    note: str = ""

    @property
    def n_passed(self) -> int:
        """Count the cases passed."""
        return sum(case.is_passed for case in self.cases)

    @property
    def marked(self) -> Sequence[CaseResult]:
        """The cases that make the mark: the hidden ones, and the published ones where there are no others.

        Published cases explain. Their answers are published, too, so that a table of them is worth nothing.
        """
        hidden = [case for case in self.cases if case.visibility is Visibility.HIDDEN]
        return hidden or self.cases

    @property
    def points(self) -> Fraction:
        """The check's points times the share of its marked cases passed; nothing for a check that was not run."""
        passed = [case for case in self.marked if case.is_passed]
        return self.max_points * Fraction(len(passed), len(self.marked)) if self.cases else Fraction(0)

    @property
    def verdict(self) -> Verdict:
        """The heaviest verdict among the cases; NOT_RUN without cases."""
        order = list(Verdict)
        return max((case.verdict for case in self.cases), key=order.index, default=Verdict.NOT_RUN)

    @property
    def failures(self) -> Sequence[CaseResult]:
        """The cases that did not pass."""
        return [case for case in self.cases if not case.is_passed]


@dataclass(frozen=True)
class ManualPart:
    """One part of the written report, for a person to mark."""

    key: str
    title: str
    max_points: Fraction


@dataclass(frozen=True)
class Protection:
    """One protection of the sandbox: whether it was on, and why not."""

    name: str
    is_on: bool
    detail: str


@dataclass(frozen=True)
class Problem:
    """Something about the file that was handed in: a reason for no mark, or a remark.

    Attributes
    ----------
    code : str
        A short stable name: ``"no_code"``, ``"zip_bomb"``.
    explanation : Explanation
        For the student.
    is_fatal : bool
        Whether nothing could be graded because of it.
    """

    code: str
    explanation: Explanation
    is_fatal: bool


@dataclass(frozen=True)
class Handed:
    """What was handed in, as far as a report tells it.

    Attributes
    ----------
    file_name : str
        Name of the zip, printable.
    student_id : str
        From the file name; empty when it holds none.
    sha256 : str
        Of the file's bytes; empty when it could not be read.
    report_name : str
        Name of the written report in the zip, printable; empty without one.
    problems : tuple of Problem
        Fatal ones first.
    """

    file_name: str
    student_id: str
    sha256: str
    report_name: str
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True)
class Timing:
    """Seconds that the largest case took: the student's, and the reference's as recorded beside the case."""

    student_s: float
    reference_s: float
    what: str


@dataclass(frozen=True)
class Report:
    """Everything about one graded submission.

    What it printed is kept twice: all of it for the staff, and for students what it printed while no hidden case had
    been played, since their code may print its input.
    """

    handed: Handed
    checks: tuple[CheckResult, ...]
    manual_parts: tuple[ManualPart, ...]
    protections: tuple[Protection, ...] = ()
    printed: str = ""
    printed_in_public: str = ""
    interpreter: str = ""
    """What ran the code: ``"Python 3.11.2, NumPy 2.4.1"``; empty where nothing did."""
    remarks: tuple[str, ...] = ()
    """What was done so that the code could run, one sentence each, for the student."""
    timing: Timing | None = None
    execution_s: float = 0.0
    fingerprint: Mapping[str, str] = field(default_factory=dict)
    """SHA-256 of what the marks depend on: ``submission``, ``rubric``, ``cases``, ``grader``."""

    @property
    def points(self) -> Fraction:
        """Points for the code."""
        return sum((check.points for check in self.checks), Fraction(0))

    @property
    def max_points(self) -> Fraction:
        """Points for the code that can be had."""
        return sum((check.max_points for check in self.checks), Fraction(0))


def format_points(points: Fraction) -> str:
    """Write points with at most two decimals, as a person would: ``"60"``, ``"2.5"``, ``"1.33"``."""
    return f"{float(round(points, 2)):.2f}".rstrip("0").rstrip(".")
