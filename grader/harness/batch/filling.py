"""Fill grades and feedback into Moodle's worksheet, so that all else stays what it was.

Moodle takes a worksheet back only as it gave it: rows are matched by ``Identifier``, and any other cell that differs is
a change that it will make. Of what it does not like it says nothing, so that is refused here. What somebody filled in
by hand is kept.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from grader.harness.batch.columns import find_columns
from grader.harness.batch.comments import TOGETHER, read_cell, write_cell, write_number_line
from grader.harness.batch.table import Record, Table, read_table
from grader.harness.batch.worksheet import Row, parse_worksheet, read_row
from grader.harness.errors import WorksheetError
from grader.harness.languages import LANGUAGES, speaking
from grader.harness.results import format_points

_EMPTY = {"", "-"}


@dataclass(frozen=True)
class Grade:
    """What is to be written for a participant.

    Attributes
    ----------
    points : Fraction or None
        None while the report is not marked: the row is left as it is.
    feedback : str
        Plain text.
    exported : sequence of str
        Lines of feedback of earlier exports, by which our own part of the cell is known.
    """

    points: Fraction | None
    feedback: str = ""
    exported: Sequence[str] = ()


@dataclass(frozen=True)
class Filled:
    """A worksheet that was filled in.

    Attributes
    ----------
    content : bytes
        The file.
    filled, unmarked, locked : sequence of str
        Participants: written, left because they have no points yet, left because Moodle will not take a grade.
    by_hand : sequence of str
        Those of the filled ones whose grade in Moodle is another one, given by hand: kept, or overwritten if asked for.
    commented : sequence of str
        Those of the filled ones with somebody's words in the feedback: kept, or overwritten if asked for.
    """

    content: bytes
    filled: Sequence[str]
    unmarked: Sequence[str]
    locked: Sequence[str]
    by_hand: Sequence[str] = ()
    commented: Sequence[str] = ()


@dataclass
class _Work:
    """What is gathered while a worksheet is filled in."""

    cells: list[tuple[tuple[int, int], str]] = field(default_factory=list)
    filled: list[str] = field(default_factory=list)
    unmarked: list[str] = field(default_factory=list)
    locked: list[str] = field(default_factory=list)
    by_hand: list[str] = field(default_factory=list)
    commented: list[str] = field(default_factory=list)


def fill(original: bytes, grades: Mapping[str, Grade], *, total: Fraction, overwrite: bool = False) -> Filled:
    """Write grades and feedback into a worksheet.

    Parameters
    ----------
    original : bytes
        The worksheet as Moodle gave it.
    grades : mapping of str to Grade
        For the number of each participant. Rows of others are left as they are.
    total : Fraction
        What the rubric's points add up to.
    overwrite : bool
        Whether ours takes the place of what somebody filled in.

    Returns
    -------
    filled : Filled
        All cells but ``Grade`` and ``Feedback comments`` of the participants filled are as they were, byte for byte,
        and so are the order, the byte order mark and the ends of lines. A grade that somebody gave in Moodle stays, and
        our feedback comes under somebody's words; what an earlier export wrote is ours, and is replaced.

    Raises
    ------
    WorksheetError
        If the worksheet cannot be read, its maximum is not `total`, a participant has no row on it, or points are not
        from 0 to the maximum: Moodle would pass over such a grade in silence.
    """
    _check(grades, {row.participant: row for row in parse_worksheet(original).rows}, total)
    table = read_table(original)
    columns = find_columns(table.header)
    work = _Work()
    for record in table.records:
        row = read_row(table, record, columns)
        if row is None or row.participant not in grades:
            continue
        grade = grades[row.participant]
        if grade.points is None:
            work.unmarked.append(row.participant)
        elif table.cell(record, columns.get("may_change")).casefold() in {"no", "否"}:
            work.locked.append(row.participant)
        else:
            work.filled.append(row.participant)
            _fill_row(work, (table, record, columns), row, grade, overwrite=overwrite)
    content = table.with_cells(work.cells)
    return Filled(content, work.filled, work.unmarked, work.locked, work.by_hand, work.commented)


def _fill_row(
    work: _Work, place: tuple[Table, Record, Mapping[str, int]], row: Row, grade: Grade, *, overwrite: bool
) -> None:
    """Write a participant's two cells, and note whose were filled by hand."""
    table, record, columns = place
    points = format_points(grade.points or Fraction(0))
    exported = [*grade.exported, *grade.feedback.splitlines()]
    own: Sequence[str] = exported
    if "feedback" in columns:
        cell = read_cell(table.cell(record, columns["feedback"]), exported)
        own = cell.own
        if cell.others:
            work.commented.append(row.participant)
        others = "" if overwrite else cell.others
        work.cells.append((record.spans[columns["feedback"]], write_cell(others, grade.feedback)))
    is_by_hand = row.grade not in _EMPTY and not _is_ours(row.grade, points, own)
    if is_by_hand:
        work.by_hand.append(row.participant)
    if not is_by_hand or overwrite:
        work.cells.append((record.spans[columns["grade"]], points))


def _is_ours(cell: str, points: str, own: Sequence[str]) -> bool:
    """Tell whether a grade is the one that we would write, or one that our own feedback beside it names."""
    number = _number(cell)
    return number is not None and (number == _number(points) or any(line in own for line in in_any_language(number)))


def together(points: Fraction) -> str:
    """Write the line of the feedback that tells the grade."""
    return write_number_line(TOGETHER, points)


def in_any_language(points: Fraction) -> Sequence[str]:
    """Write that line in each language: an export before this one may have been in another."""
    lines = []
    for language in LANGUAGES:
        with speaking(language):
            lines.append(together(points))
    return lines


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
