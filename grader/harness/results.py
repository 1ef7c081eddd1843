"""What grading one submission gives: frozen records, from the verdict on one case up to the whole report.

Records flow one way: the checks make them, the report pages and the class read them. Nothing here computes a mark
but `CheckResult.points`, which is the share of cases passed times the points of the rubric.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction

import numpy as np
import numpy.typing as npt

Rows = npt.NDArray[np.float64]
"""Shape (n, 20), dtype float64: 18 keypoint ids (-1 = absent), score, number of parts."""


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
        What the answer must be: ``"merge() must return an array of shape (n_skeletons, 20)"``.
    came : str
        What came instead: ``"got shape (3, 18)"``.
    advice : str
        What to do: ``"Keep the last two columns: score and number of parts."``
    """

    required: str
    came: str
    advice: str

    def __str__(self) -> str:
        """Join the parts into sentences."""
        return f"{self.required}; {self.came}. {self.advice}"


@dataclass(frozen=True)
class Evidence:
    """What a reader needs to see a failure: the call, the answer that was right, the answer that came.

    Attributes
    ----------
    rows : ndarray of shape (n, 20) and dtype float64
        The input.
    call : str
        The call as Python: ``"merge(subset, min_score=0.5)"``.
    expected : ndarray of shape (m, 20) and dtype float64
        A right answer: the only one without conflicts, the reference's with conflicts.
    answer : ndarray of shape (k, 20) and dtype float64, or None
        What came; None when nothing came that could be read.
    is_only_answer : bool
        Whether `expected` is the only right answer.
    shrunk : bool
        Whether the input was made as small as one that still fails can be.
    """

    rows: Rows
    call: str
    expected: Rows
    answer: Rows | None
    is_only_answer: bool = True
    shrunk: bool = False


@dataclass(frozen=True)
class Overlay:
    """Skeletons over a picture, for two drawings side by side.

    Attributes
    ----------
    picture : str
        File name in ``images/``.
    keypoints : mapping of int to tuple of float
        For each keypoint id its place ``(x, y)`` in pixels of the picture.
    expected, answer : ndarray of shape (m, 20) and dtype float64
        The reference's skeletons and the student's.
    score, expected_score : float
        Share of labelled keypoints found, 0 to 1: the student's and the reference's.
    """

    picture: str
    keypoints: Mapping[int, tuple[float, float]]
    expected: Rows
    answer: Rows
    score: float
    expected_score: float


@dataclass(frozen=True)
class CaseResult:
    """One case: one input of `merge` and how its answer was judged."""

    name: str
    says: str
    visibility: Visibility
    verdict: Verdict
    explanation: Explanation | None = None
    evidence: Evidence | None = None
    overlay: Overlay | None = None
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
    cases : sequence of CaseResult
        In the order of the case file.
    note : str
        Why a check was not run; empty otherwise.
    """

    key: str
    part: str
    title: str
    max_points: Fraction
    cases: Sequence[CaseResult] = ()
    note: str = ""

    @property
    def n_passed(self) -> int:
        """Count the cases passed."""
        return sum(case.is_passed for case in self.cases)

    @property
    def points(self) -> Fraction:
        """The check's points times the share of its cases passed; nothing for a check that was not run."""
        return self.max_points * Fraction(self.n_passed, len(self.cases)) if self.cases else Fraction(0)

    @property
    def verdict(self) -> Verdict:
        """The heaviest verdict among the cases; NOT_RUN without cases."""
        order = list(Verdict)
        return max((case.verdict for case in self.cases), key=order.index, default=Verdict.NOT_RUN)

    @property
    def failures(self) -> Sequence[CaseResult]:
        """The cases that cost points."""
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
        A short stable name: ``"no_merge"``, ``"zip_bomb"``.
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
    problems : sequence of Problem
        Fatal ones first.
    """

    file_name: str
    student_id: str
    sha256: str
    report_name: str
    problems: Sequence[Problem] = ()


@dataclass(frozen=True)
class Timing:
    """Seconds that merging took on the largest crowd: the student's and the reference's, recorded beside the case."""

    student_s: float
    reference_s: float
    what: str


@dataclass(frozen=True)
class Report:
    """Everything about one graded submission.

    What it printed is kept twice: all of it for the staff, and for students what it printed while no hidden case had
    been played, since a merge may print its input.
    """

    handed: Handed
    checks: Sequence[CheckResult]
    manual_parts: Sequence[ManualPart]
    protections: Sequence[Protection] = ()
    printed: str = ""
    printed_in_public: str = ""
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
