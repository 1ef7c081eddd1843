"""Moodle's offline grading worksheet: who is on it. Grades are filled in by `filling.py`."""

import re
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from grader.harness.batch.columns import COLUMNS, find_columns
from grader.harness.batch.table import MAX_BYTES, Record, Table, read_table
from grader.harness.batch.times import parse_time
from grader.harness.errors import WorksheetError

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
    def has_submitted(self) -> bool:
        """Tell whether there is something in the place of the time, be it one or not."""
        return self.submitted not in {"", "-"}

    @property
    def is_time_unreadable(self) -> bool:
        """Tell whether there is something in the place of the time that is none."""
        return self.submitted_at is None and self.has_submitted


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
    columns = find_columns(table.header)
    rows, remarks = [], []
    for record in table.records:
        row = read_row(table, record, columns)
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


def read_row(table: Table, record: Record, columns: Mapping[str, int]) -> Row | None:
    """Read a row; None for one that has too few or too many cells, or no number."""
    cells = {name: table.cell(record, columns.get(name)) for name in COLUMNS}
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
