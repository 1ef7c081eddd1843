"""Moodle's offline grading worksheet: who is on it, and grades filled in so that all else stays what it was.

Moodle takes a worksheet back only as it gave it: rows are matched by ``Identifier``, and any other cell that differs is
a change that it will make. Of what it does not like it says nothing, so that is refused here.
"""

import html
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from pathlib import Path

from grader.harness.batch.table import MAX_BYTES, Record, Table, read_table
from grader.harness.batch.times import parse_time
from grader.harness.errors import WorksheetError
from grader.harness.results import format_points

_IDENTIFIER = "Identifier"
_GRADE = "Grade"
_COLUMNS = {
    "identifier": _IDENTIFIER,
    "full_name": "Full name",
    "student_id": "ID number",
    "email": "Email address",
    "status": "Status",
    "submitted": "Last modified (submission)",
    "grade": _GRADE,
    "max_grade": "Maximum grade",
    "may_change": "Grade can be changed",
    "feedback": "Feedback comments",
}

_SUBMITTED = ("submitted for grading", "已提交", "提交評分", "提交评分", "提交以供評分", "提交以供评分")
"""What the status of a submission that is to be graded begins with; more may follow, as "- Graded" does."""


@dataclass(frozen=True)
class Row:
    """One participant on the worksheet.

    Attributes
    ----------
    participant : str
        The number in ``Identifier``, without leading zeros.
    full_name, student_id, email : str
        Empty where the worksheet has no such column, or an empty cell.
    submitted : str
        The cell as it is written; `submitted_at` is None where it tells no time.
    submitted_at : datetime or None
        Local time of the course, without a zone.
    grade, max_grade : str
        As they are written.
    status : str
        The cell as it is written; `is_submitted` tells whether it says that there is something to grade.
    """

    participant: str
    full_name: str = ""
    student_id: str = ""
    email: str = ""
    submitted: str = ""
    submitted_at: datetime | None = None
    grade: str = ""
    max_grade: str = ""
    status: str = ""

    @property
    def is_submitted(self) -> bool:
        """Tell whether the status says that something was handed in, and no draft, in English or Chinese."""
        return unicodedata.normalize("NFKC", self.status).strip().casefold().startswith(_SUBMITTED)

    @property
    def is_time_unreadable(self) -> bool:
        """Tell whether there is something in the place of the time that is none."""
        return self.submitted_at is None and self.submitted not in {"", "-"}


@dataclass(frozen=True)
class Worksheet:
    """A worksheet that was read.

    Attributes
    ----------
    rows : sequence of Row
        In its order, each participant once.
    remarks : sequence of str
        Lines that were passed over and times that cannot be read, in sentences.
    """

    rows: Sequence[Row]
    remarks: Sequence[str] = ()


@dataclass(frozen=True)
class Grade:
    """What is to be written for a participant.

    Attributes
    ----------
    points : Fraction or None
        None while the report is not marked: the row is left as it is.
    feedback : str
        Plain text.
    """

    points: Fraction | None
    feedback: str = ""


@dataclass(frozen=True)
class Filled:
    """A worksheet that was filled in.

    Attributes
    ----------
    content : bytes
        The file.
    filled, unmarked, locked : sequence of str
        Participants: written, left because they have no points yet, left because Moodle will not take a grade.
    """

    content: bytes
    filled: Sequence[str]
    unmarked: Sequence[str]
    locked: Sequence[str]


def read_worksheet(path: Path) -> Worksheet:
    """Read who is on a worksheet.

    Raises
    ------
    WorksheetError
        If it cannot be read, is not in UTF-8, lacks a column that is needed, or has a participant twice.
    """
    return parse_worksheet(read_bytes(path))


def read_bytes(path: Path) -> bytes:
    """Read the bytes of a worksheet; WorksheetError if they cannot be read."""
    try:
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except OSError as exc:
        raise WorksheetError(
            f"A worksheet must be a file that can be read; {str(path)!r} cannot be: {exc.strerror}. Check the path."
        ) from exc


def parse_worksheet(data: bytes) -> Worksheet:
    """Read a worksheet that is in memory; raises as `read_worksheet`."""
    table = read_table(data)
    columns = _find_columns(table.header)
    rows, remarks = [], []
    for record in table.records:
        row = _read_row(table, record, columns)
        if row is None:
            got = f"{len(record.spans)} cells and {table.cell(record, columns['identifier'])[:80]!r}"
            wanted = f"{len(table.header)} cells and the number of a participant"
            remarks.append(
                f"A line of the worksheet must have {wanted}; line {record.line} has {got} and was left out."
            )
            continue
        rows.append(row)
        if row.is_time_unreadable:
            remarks.append(f"The time on line {record.line} of the worksheet cannot be read: {row.submitted[:80]!r}.")
    twice = [participant for participant, n_rows in Counter(row.participant for row in rows).items() if n_rows > 1]
    if twice:
        raise WorksheetError(
            f"Each participant must be on the worksheet once; {twice[0]} is there twice. Download it again."
        )
    return Worksheet(rows, remarks)


def fill(original: bytes, grades: Mapping[str, Grade], *, total: Fraction) -> Filled:
    """Write grades and feedback into a worksheet.

    Parameters
    ----------
    original : bytes
        The worksheet as Moodle gave it.
    grades : mapping of str to Grade
        For the number of each participant. Rows of others are left as they are.
    total : Fraction
        What the rubric's points add up to.

    Returns
    -------
    filled : Filled
        All cells but ``Grade`` and ``Feedback comments`` of the participants filled are as they were, byte for byte,
        and so are the order, the byte order mark and the ends of lines.

    Raises
    ------
    WorksheetError
        If the worksheet cannot be read, its maximum is not `total`, a participant has no row on it, or points are not
        from 0 to the maximum: Moodle would pass over such a grade in silence.
    """
    _check(grades, {row.participant: row for row in parse_worksheet(original).rows}, total)
    table = read_table(original)
    columns = _find_columns(table.header)
    cells: list[tuple[tuple[int, int], str]] = []
    filled, unmarked, locked = [], [], []
    for record in table.records:
        row = _read_row(table, record, columns)
        if row is None or row.participant not in grades:
            continue
        grade = grades[row.participant]
        if grade.points is None:
            unmarked.append(row.participant)
        elif table.cell(record, columns.get("may_change")).casefold() in {"no", "否"}:
            locked.append(row.participant)
        else:
            filled.append(row.participant)
            cells += _write_cells(record, columns, grade.points, grade.feedback)
    return Filled(table.with_cells(cells), filled, unmarked, locked)


def _find_columns(header: Sequence[str]) -> Mapping[str, int]:
    """Find the columns by their names, in any letters: Moodle wrote ``Maximum Grade`` before."""
    names = [name.casefold() for name in header]
    for name in (_IDENTIFIER, _GRADE):
        if names.count(name.casefold()) != 1:
            raise WorksheetError(
                f"A worksheet must have one column {name!r}; the columns here are: {', '.join(header)[:200]!r}. "
                "Download the grading worksheet again, with Moodle in English, and leave its commas as they are."
            )
    return {key: names.index(name.casefold()) for key, name in _COLUMNS.items() if name.casefold() in names}


def _read_row(table: Table, record: Record, columns: Mapping[str, int]) -> Row | None:
    """Read a row; None for one that has too few or too many cells, or no number."""
    cells = {name: table.cell(record, columns.get(name)) for name in _COLUMNS}
    # "Participant 123", whatever the word is in Moodle's language.
    match = re.fullmatch(r"\D*?0*([0-9]+)", cells["identifier"])
    if match is None or len(record.spans) != len(table.header):
        return None
    return Row(
        match[1],
        cells["full_name"],
        cells["student_id"],
        cells["email"],
        cells["submitted"],
        parse_time(cells["submitted"]),
        cells["grade"],
        cells["max_grade"],
        cells["status"],
    )


def _check(grades: Mapping[str, Grade], rows: Mapping[str, Row], total: Fraction) -> None:
    """Refuse what Moodle would pass over without a word."""
    missing = [participant for participant in grades if participant not in rows]
    if missing:
        raise WorksheetError(
            f"Each participant with a grade must be on the worksheet; of {len(grades)} there are {len(missing)} "
            f"who are not, the first is {missing[0]}. Download the worksheet of this assignment again."
        )
    for participant, grade in grades.items():
        if grade.points is None:
            continue
        maximum = rows[participant].max_grade
        if _number(maximum) != total:
            raise WorksheetError(
                f"The maximum grade must be the rubric's {format_points(total)} points; it is {maximum[:80]!r} for "
                f"participant {participant}. Change it in the assignment's settings in Moodle, or change the rubric."
            )
        if not 0 <= grade.points <= total:
            raise WorksheetError(
                f"A grade must be from 0 to {format_points(total)}; participant {participant} has "
                f"{format_points(grade.points)}. Look at the points of the report."
            )


def _number(cell: str) -> Fraction | None:
    """Read a number as Moodle writes it, with a comma in some languages; None for the word of a scale."""
    return Fraction(cell.replace(",", ".")) if re.fullmatch(r"[0-9]{1,9}([.,][0-9]{1,9})?", cell) else None


def _write_cells(
    record: Record, columns: Mapping[str, int], points: Fraction, feedback: str
) -> Iterator[tuple[tuple[int, int], str]]:
    yield record.spans[columns["grade"]], format_points(points)
    if "feedback" in columns:
        yield record.spans[columns["feedback"]], _to_html(feedback)


def _to_html(feedback: str) -> str:
    """Make HTML of plain text: what Moodle shows, and no formula for those who look at the table before."""
    shown = "<br>".join(html.escape(feedback.strip(), quote=False).splitlines())
    return f"&#{ord(shown[0])};{shown[1:]}" if shown.startswith(("=", "+", "-", "@")) else shown
