"""A class that has handed in: what Moodle gives a TA to download, made from the zoo of submissions.

``python -m tests.classroom FOLDER 200`` writes an archive and its worksheet, to try the grader on them by hand.
"""

import csv
import functools
import itertools
import random
import sys
import tempfile
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from io import BytesIO
from os import utime
from pathlib import Path
from typing import Self

from tests.oddities import ODDITIES
from tests.submissions.malformed import BUILDERS, STUDENT_ID
from tests.zoo import BY_CHANCE, FOLDER, REPORT, Submission, load_zoo

DUE = datetime(2025, 10, 21, 23, 59)  # noqa: DTZ001 - Moodle writes local time without a zone
N_ABSENT = 3
TOTAL = 100

# As people are called: full names as the worksheet has them.
ODD_NAMES = [
    "Conor O'Brien",
    "王小明",
    "Smith, John",
    "許功蓋",
    "José Ángel García",
    "Nguyễn Thị Ánh",
    "Mary-Jane van der Berg",
    "Under_Score 12",
    "=SUM(A1:A9)",
    "Zoë 陳",
    "Dr. R. 'Bobby' Tables, Jr.",
]
FIRST = ["Alice", "Bao", "Chen", "Dina", "Emil", "Fatma", "Goran", "Hui", "Ines", "Jun", "Karim", "Lea", "Mei"]
LAST = ["Abe", "Bauer", "Chang", "Diaz", "Eriksen", "Fu", "Gupta", "Huang", "Ito", "Jensen", "Kim", "Lin"]

HEADER = [
    "Identifier",
    "Full name",
    "ID number",
    "Email address",
    "Status",
    "Grade",
    "Maximum grade",
    "Grade can be changed",
    "Last modified (submission)",
    "Last modified (grade)",
    "Feedback comments",
]


@dataclass(frozen=True)
class Class:
    """A class on the disk, and what is to be found in it.

    Attributes
    ----------
    archive : Path
        Moodle's archive, or the folder that it was unpacked into.
    worksheet : Path
        Its offline grading worksheet: a byte order mark, lines that end as on Windows.
    expectations : mapping of str to Submission
        For the key of each student who handed in, which is the student id: the zoo's submission that counts.
    full_names, participants : mapping of str to str
        For each key, the absent ones included.
    submitted : mapping of str to datetime
        For each key of `expectations`, as the worksheet tells; to the minute.
    older : mapping of str to int
        How many earlier uploads there are, for each key that has some.
    n_others : int
        Files that are no submissions: online texts, junk, a report beside a bare merge.py.
    absent : tuple of str
        Keys of those on the worksheet who handed in nothing.
    without_file : tuple of str
        Keys of those of whom there is an online text alone, or the worksheet's word that they submitted.
    oddities : mapping of str to str
        What a few did, of `tests.oddities.ODDITIES`, by key.
    """

    archive: Path
    worksheet: Path
    expectations: Mapping[str, Submission]
    full_names: Mapping[str, str]
    participants: Mapping[str, str]
    submitted: Mapping[str, datetime]
    older: Mapping[str, int]
    n_others: int
    absent: tuple[str, ...]
    without_file: tuple[str, ...]
    oddities: Mapping[str, str]

    @property
    def n_entries(self) -> int:
        """All files: those that count, the older ones, the others."""
        return len(self.expectations) + sum(self.older.values()) + self.n_others


@dataclass(frozen=True)
class Student:
    """Somebody of the class, and what they handed in: `submission` is None for the absent."""

    key: str
    full_name: str
    participant: str
    submitted: datetime
    submission: Submission | None
    earlier: Submission | None = None
    is_bare: bool = False
    has_text: bool = False
    status: str = "No submission"
    oddity: str = ""

    @property
    def is_without_file(self) -> bool:
        """Whether they handed in something, and no file."""
        return self.submission is None and (self.has_text or self.status != "No submission")


def build_class(
    folder: Path,
    names: Sequence[str] | None = None,
    *,
    n: int,
    layout: str = "folders",
    zipped: bool = True,
    seed: int = 0,
    old_endings: bool = False,
    with_slow: bool = False,
    odd: bool = False,
) -> Class:
    """Write what Moodle gives for a class of `n` who handed in and `N_ABSENT` who did not.

    Parameters
    ----------
    folder : Path
        Where the archive (``submissions.zip``, or the folder ``submissions``) and ``worksheet.csv`` are written.
    names : sequence of str, optional
        Submissions of the zoo, given to the students in this order, again and again; by default two thirds are right
        or nearly, the rest wrong, hostile or malformed.
    n : int
        Students who handed in something.
    layout : str
        ``"folders"`` or ``"flat"``, as Moodle's setting has it.
    zipped : bool
        Whether the archive is left as it was downloaded.
    seed : int
        Another one gives other people other submissions.
    old_endings : bool
        Whether folders end in an underscore, as before Moodle 4.1.
    with_slow : bool
        Whether submissions that run into a time limit may be drawn.
    odd : bool
        Whether some do what few do, one each of `tests.oddities.ODDITIES`; and of the absent, one submitted nothing.
    """
    students = list(_enrol(_draw(names, n, seed, with_slow=with_slow), n, seed))
    if odd:
        students = list(_make_odd(students, n))
    target = folder / ("submissions.zip" if zipped else "submissions")
    n_others = 0
    with (_ArchiveWriter if zipped else _FolderWriter)(target) as writer:
        for student in students:
            n_others += _hand_in(writer, student, layout, "_" if old_endings else "")
        writer.add("__MACOSX/._submissions", b"\0\5\x16\7", DUE)
        writer.add(".DS_Store", b"\0\0\0\1Bud1", DUE)
    worksheet = folder / "worksheet.csv"
    _write_worksheet(worksheet, students)
    present = [student for student in students if student.submission is not None]
    return Class(
        target,
        worksheet,
        {student.key: student.submission for student in present},
        {student.key: student.full_name for student in students},
        {student.key: student.participant for student in students},
        {student.key: student.submitted for student in present},
        {student.key: _count_older(student) for student in present if _count_older(student)},
        n_others + 2,
        _keys(one for one in students if one.submission is None and not one.is_without_file),
        _keys(one for one in students if one.is_without_file),
        {student.key: student.oddity for student in students if student.oddity},
    )


def _keys(students: Iterable[Student]) -> tuple[str, ...]:
    return tuple(sorted(student.key for student in students))


def _count_older(student: Student) -> int:
    return ODDITIES[student.oddity].n_older if student.oddity else int(student.earlier is not None)


def _draw(names: Sequence[str] | None, n: int, seed: int, *, with_slow: bool) -> Iterator[Submission]:
    """Choose a submission for each student, each of the zoo before one comes a second time."""
    zoo = {submission.name: submission for submission in load_zoo()}
    if names is not None:
        return itertools.islice(itertools.cycle([zoo[name] for name in names]), n)
    rng = random.Random(seed)  # noqa: S311 - the same class for the same seed
    allowed = [one for one in zoo.values() if (with_slow or not one.slow) and one.name not in BY_CHANCE]
    good = [one for one in allowed if one.kind == "pass" or (one.kind == "wrong" and len(one.lost) == 1)]
    others = [one for one in allowed if one not in good]
    rng.shuffle(good)
    rng.shuffle(others)
    endless_good, endless_others = itertools.cycle(good), itertools.cycle(others)
    return (next(endless_others if number % 3 == 2 else endless_good) for number in range(n))


def _enrol(submissions: Iterator[Submission], n: int, seed: int) -> Iterator[Student]:
    """Give each submission a student; every tenth uploaded another one before, some did what few do."""
    rng = random.Random(seed + 1)  # noqa: S311 - the same
    ids = rng.sample(range(130_000, 200_000), n + N_ABSENT)
    participants = rng.sample(range(10_000, 99_999), n + N_ABSENT)
    earlier = next(submission for submission in load_zoo() if submission.name == "wrong_single_pass")
    drawn = itertools.chain(submissions, itertools.repeat(None, N_ABSENT))
    for number, submission in enumerate(drawn):
        is_code = submission is not None and submission.kind in {"pass", "wrong"}
        yield Student(
            f"N26{ids[number]}",
            _full_name(number),
            str(participants[number]),
            DUE + timedelta(minutes=rng.randint(-7 * 24 * 60, 60)),
            submission,
            earlier=earlier if submission is not None and number % 10 == 3 else None,
            is_bare=is_code and number % 100 in {6, 7},
            has_text=number in {1, n},
        )


def _make_odd(students: Sequence[Student], n: int) -> Iterator[Student]:
    """Have some do what few do, each oddity by one student; and let Moodle say of an absent one that they submitted."""
    waiting = iter(ODDITIES)
    for number, student in enumerate(students):
        is_ordinary = not (student.earlier or student.is_bare or student.has_text or student.submission is None)
        oddity = next(waiting, "") if is_ordinary else ""
        status = "Submitted for grading" if number == n + 1 else student.status
        yield replace(student, oddity=oddity, status=status)


def _full_name(number: int) -> str:
    if number < len(ODD_NAMES):
        return ODD_NAMES[number]
    return f"{FIRST[number % len(FIRST)]} {LAST[number % len(LAST)]}{' II' if number % 17 == 0 else ''}"


def _hand_in(writer: "_Writer", student: Student, layout: str, ending: str) -> int:
    """Write all that a student gave; return how many of the files are no submission."""
    moodle_name = "".join(letter for letter in student.full_name if letter not in "'\"&<>|`:\\/")
    before = f"{moodle_name}_{student.participant}_assignsubmission_"
    between = "_" if layout == "flat" else f"{ending}/"
    n_others = 0
    if student.has_text:
        writer.add(f"{before}onlinetext{between}onlinetext.html", b"<p>See my file.</p>", student.submitted)
        n_others += 1
    if student.submission is None:
        return n_others
    if student.oddity:
        for name, content, hours in ODDITIES[student.oddity].files(student.key):
            writer.add(f"{before}file{between}{name}", content, student.submitted - timedelta(hours=hours))
        return n_others + ODDITIES[student.oddity].n_others
    name, content = _file(student.submission, student)
    if student.earlier:
        writer.add(
            f"{before}file{between}{student.key}_Lab3.zip",
            _pack(student.earlier, student),
            student.submitted - timedelta(hours=5),
        )
        name = name.replace("_Lab3.zip", "_Lab3 (1).zip")
    if student.is_bare:
        writer.add(f"{before}file{between}{student.key}_Lab3_report.pdf", REPORT, student.submitted)
        n_others += 1
    writer.add(f"{before}file{between}{name}", content, student.submitted)
    return n_others


def _file(submission: Submission, student: Student) -> tuple[str, bytes]:
    """Make the file that counts: its name with the student's id, its bytes."""
    if submission.kind == "malformed":
        name, content = _malformed(submission.name)
        return name.replace(STUDENT_ID, student.key).replace(STUDENT_ID.lower(), student.key.lower()), content
    if student.is_bare:
        return "merge.py", _source(submission, student)
    return f"{student.key}_Lab3.zip", _pack(submission, student)


@functools.cache
def _malformed(name: str) -> tuple[str, bytes]:
    with tempfile.TemporaryDirectory() as folder:
        path = BUILDERS[name](Path(folder))
        return path.name, path.read_bytes()


def _source(submission: Submission, student: Student) -> bytes:
    """Read a merge.py; half of the class signs its own with a comment."""
    source = (FOLDER / submission.name / "merge.py").read_bytes()
    is_signed = submission.kind in {"pass", "wrong"} and int(student.participant) % 2
    return source + f"\n# Written by {student.key}.\n".encode() if is_signed else source


def _pack(submission: Submission, student: Student) -> bytes:
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in [
            ("merge.py", _source(submission, student)),
            (f"{student.key}_Lab3_report.pdf", REPORT),
        ]:
            info = zipfile.ZipInfo(name, DUE.timetuple()[:6])
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, content)
    return buffer.getvalue()


class _Writer(AbstractContextManager):
    """Where files go, one at a time, so that a large class needs no more memory than a small one."""

    def __init__(self, target: Path) -> None:
        self.target = target

    def add(self, name: str, content: bytes, modified: datetime) -> None:
        raise NotImplementedError


class _ArchiveWriter(_Writer):
    def __enter__(self) -> Self:
        self.target.parent.mkdir(parents=True, exist_ok=True)
        self.archive = zipfile.ZipFile(self.target, "w", zipfile.ZIP_STORED)
        return self

    def __exit__(self, *_: object) -> None:
        self.archive.close()

    def add(self, name: str, content: bytes, modified: datetime) -> None:
        self.archive.writestr(zipfile.ZipInfo(name, modified.timetuple()[:6]), content)


class _FolderWriter(_Writer):
    def __exit__(self, *_: object) -> None:
        pass

    def add(self, name: str, content: bytes, modified: datetime) -> None:
        path = self.target / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        utime(path, (modified.timestamp(),) * 2)


def _write_worksheet(path: Path, students: Sequence[Student]) -> None:
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        rows = csv.writer(file, lineterminator="\r\n")
        rows.writerow(HEADER)
        rows.writerows(_row(student) for student in sorted(students, key=lambda student: student.full_name))


def _row(student: Student) -> list[str]:
    is_there = student.submission is not None
    return [
        f"Participant {student.participant}",
        student.full_name,
        student.key,
        f"{student.key.lower()}@example.edu",
        "Submitted for grading" if is_there else student.status,
        "",
        f"{TOTAL}.00",
        "Yes",
        moodle_time(student.submitted) if is_there else "-",
        "-",
        "",
    ]


def moodle_time(when: datetime) -> str:
    """Write a time as Moodle does in English: ``"Tuesday, 21 October 2025, 11:59 PM"``."""
    return f"{when:%A}, {when.day} {when:%B %Y}, {when.hour % 12 or 12}:{when:%M %p}"


if __name__ == "__main__":
    written = build_class(Path(sys.argv[1]), n=int(sys.argv[2]))
    print(
        f"{written.archive} and {written.worksheet}: {written.n_entries} files of {len(written.expectations)} students"
    )
