"""What grading makes of a class: frozen records, from a job for a worker to the line of a student.

::

    SUBMISSIONS -> Entry (a file) -> Upload (the one that counts for a person) -> Job -> Outcome -> Line (a student)

The first ones are in `found.py`. All text may be a stranger's: whoever writes it into a page, a cell or a path makes
it safe there.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from fractions import Fraction
from pathlib import Path

from grader.harness.batch.found import Person
from grader.harness.intake.loose import LooseReport
from grader.harness.marking import Lateness
from grader.harness.results import Timing, Verdict
from grader.harness.sandbox.policy import Mode


class Status(StrEnum):
    """What became of an entry; each has exactly one, so the counts add up to the entries."""

    GRADED = "graded"
    """The code ran through the checks, whatever its mark."""
    UNGRADABLE = "ungradable"
    """Nothing of it could be run: no points for the code, and a reason that the student is told."""
    NO_MARK = "no mark"
    """The grader itself failed on it: no mark, not even a zero, until somebody has looked."""
    OLDER = "older upload"
    """The same student handed in again later."""
    NO_SUBMISSION = "not a submission"
    """A file that is none by itself: an online text, the system's, a report beside somebody's zip or code."""


@dataclass(frozen=True)
class PreCheck:
    """What a look at the written report gave: advice for the TA, never a mark.

    Attributes
    ----------
    n_pages, n_words, n_pictures : int or None
        None where it could not be told.
    parts_found : tuple of str
        Keys of the rubric's manual parts that a heading or a passage seems to answer.
    notes : tuple of str
        What to look at, in sentences: no report, no PDF, too many pages, a part not found.
    """

    n_pages: int | None = None
    n_words: int | None = None
    n_pictures: int | None = None
    parts_found: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Job:
    """One submission on its way to a worker.

    Attributes
    ----------
    key : str
        Of the person.
    name : str
        File name of the submission.
    data : bytes
        All of it.
    reports : tuple of LooseReport
        What was handed in beside it.
    mode : Mode
        How much protection there must be.
    python : Path or None
        The interpreter for the student's code, a path on the worker's machine; None for the worker's own.
    student_id : str
        The id in the letters that the class knows it by, for the student's page.
    """

    key: str
    name: str
    data: bytes
    mode: Mode = Mode.STRICT
    python: Path | None = None
    student_id: str = ""
    reports: tuple[LooseReport, ...] = ()


@dataclass(frozen=True)
class Outcome:
    """What grading one submission gave.

    Attributes
    ----------
    status : Status
        GRADED, UNGRADABLE or NO_MARK.
    reason : str
        Why it is not GRADED, in one sentence; empty otherwise.
    points, verdicts : mapping of str to Fraction, of str to Verdict
        For each check of the rubric, by its key; without points with NO_MARK, empty when grading did not get that far.
    remarks : tuple of str
        Problems of the submission, for the staff, in sentences.
    timing : Timing or None
        The largest case, the student's seconds and the reference's.
    execution_s, fingerprint : float, mapping of str to str
        Seconds that grading took; hashes as in the report.
    precheck : PreCheck
        A look at the written report.
    stopped_by : str
        The one line of the student's that stopped the code, with its number and file; empty where none alone did.
    results, page : bytes
        The whole report, as `dump` in `grader.harness.report.gradescope` writes it for the staff, and the student's
        page, HTML in UTF-8; empty when there is none.
    is_to_be_repeated : bool
        Whether there is no mark only because the machine had too much other work: it may have less later.
    """

    status: Status
    reason: str = ""
    points: Mapping[str, Fraction] = field(default_factory=dict)
    verdicts: Mapping[str, Verdict] = field(default_factory=dict)
    remarks: tuple[str, ...] = ()
    timing: Timing | None = None
    execution_s: float = 0.0
    precheck: PreCheck = PreCheck()
    fingerprint: Mapping[str, str] = field(default_factory=dict)
    stopped_by: str = ""
    results: bytes = b""
    page: bytes = b""
    is_to_be_repeated: bool = False


@dataclass(frozen=True)
class Line:
    """One student in the class's table.

    Attributes
    ----------
    entry, older : str, tuple of str
        Names of the entry that counts and of the others.
    sha256 : str
        Of the bytes of that entry and of the reports beside it.
    file_name, reports : str, tuple of str
        How the files that are kept were called when they were uploaded: that entry, and the reports beside it.
    around : tuple of str
        Names of the entries that are no submissions and belong to it: reports beside it, online texts.
    online_text : str
        What those texts say.
    other_answer : str
        Name of an entry of theirs that looks like an answer where the one that counts has none.
    submitted_at : datetime or None
        As in the upload.
    lateness : Lateness or None
        By the rubric's rule of today.
    remarks, problems : tuple of str
        For the staff: all of them, and those of the submission alone, which the outcome calls remarks.

    Everything else is as in the outcome.
    """

    person: Person
    status: Status
    reason: str
    entry: str
    older: tuple[str, ...] = ()
    sha256: str = ""
    file_name: str = ""
    reports: tuple[str, ...] = ()
    around: tuple[str, ...] = ()
    online_text: str = ""
    other_answer: str = ""
    submitted_at: datetime | None = None
    lateness: Lateness | None = None
    points: Mapping[str, Fraction] = field(default_factory=dict)
    verdicts: Mapping[str, Verdict] = field(default_factory=dict)
    remarks: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    timing: Timing | None = None
    execution_s: float = 0.0
    precheck: PreCheck = PreCheck()
    fingerprint: Mapping[str, str] = field(default_factory=dict)
    stopped_by: str = ""

    @property
    def code_points(self) -> Fraction | None:
        """Points for the code; None where the grader gave no mark."""
        return None if self.status is Status.NO_MARK else sum(self.points.values(), Fraction(0))


@dataclass(frozen=True)
class SimilarPair:
    """Two submissions whose code looks alike; never a mark.

    Attributes
    ----------
    first, second : str
        Keys of the two people, in order.
    share_first, share_second : float
        Share of each file, the template's lines left out, that is in the other one; 0 to 1.
    n_lines : int
        How many lines of the first they share, about.
    """

    first: str
    second: str
    share_first: float
    share_second: float
    n_lines: int = 0
