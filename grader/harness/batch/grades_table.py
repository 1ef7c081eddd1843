"""The class as a table for a spreadsheet: one row a student, one column a check. Cells are text that nobody runs."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from typing import BinaryIO

from grader.harness.batch.formulas import find_signs
from grader.harness.batch.found import Person
from grader.harness.batch.grades import (
    NOTHING_HANDED_IN,
    Missing,
    add_all,
    add_code,
    find_lateness,
    tell_corrections,
)
from grader.harness.batch.records import Line
from grader.harness.marking import Marking
from grader.harness.results import format_points
from grader.harness.rubric import Rubric

NO_FILE = "Moodle tells of a submission"

_PERSON = ("key", "student id", "full name", "email", "submitted", "status", "reason")


def write_rows(
    file: BinaryIO, rubric: Rubric, lines: Iterable[Line], markings: Mapping[str, Marking], missing: Missing
) -> None:
    """Write the table: UTF-8 with a byte order mark, without which spreadsheets take Chinese names for noise.

    Parameters
    ----------
    file : binary file
        Where it goes.
    rubric : Rubric
        Its checks and parts are the columns.
    lines : iterable of Line
        The students who handed in.
    markings : mapping of str to Marking
        By the students' keys.
    missing : Missing
        Those who did not: their rows stand last.
    """
    text = io.TextIOWrapper(file, encoding="utf-8-sig", newline="", write_through=True)
    rows = csv.writer(text)
    header = _header(rubric)
    rows.writerow([make_text(name) for name in header])
    rows.writerows(_row(rubric, line, markings.get(line.person.key)) for line in lines)
    rows.writerows(_row_of_missing(header, person, missing.points) for person in missing.people)
    rows.writerows(_row_of_missing(header, person, None, "no file was found", NO_FILE) for person in missing.doubtful)
    text.flush()
    text.detach()


def make_text(cell: str) -> str:
    """Make text of a cell that a spreadsheet would run, as a whole or split, and blanks of what cannot be seen."""
    shown = "".join(letter if letter.isprintable() else " " for letter in cell)
    signs = find_signs(cell)
    for place in reversed(signs):
        # Before all of the cell where it begins with the sign: blanks before it would be trimmed.
        at = place if shown[:place].strip() else 0
        shown = f"{shown[:at]}'{shown[at:]}"
    return f"'{shown}" if cell.startswith(("\t", "\r")) and not shown.startswith("'") else shown


def _header(rubric: Rubric) -> list[str]:
    checks = [line.key for line in rubric.checks]
    parts = [part.key for part in rubric.manual]
    marks = ["corrected by hand", "code", *parts, "report", "late penalty", "total"]
    return [*_PERSON, *checks, *marks, "corrections", "lateness", "note"]


def _row(rubric: Rubric, line: Line, marking: Marking | None) -> list[str]:
    """Write a student's row; a cell without points is blank, which is not a zero."""
    marks = {part.key: part.points for part in marking.parts} if marking else {}
    is_marked = marking is not None and marking.is_complete
    lateness = find_lateness(line, marking)
    numbers = [
        *[line.points.get(check.key) for check in rubric.checks],
        marking.correction if marking else Fraction(0),
        add_code(line, marking),
        *[marks.get(part.key) for part in rubric.manual],
        marking.report_points if marking and is_marked else None,
        Fraction(0) if lateness is None else lateness.penalty,
        add_all(line, marking),
    ]
    note = (
        "the grader gave no mark" if line.code_points is None else "" if is_marked else "the report is not marked yet"
    )
    points = ["" if number is None else format_points(number) for number in numbers]
    texts = ["; ".join(tell_corrections(marking)), "" if lateness is None else lateness.says, note]
    when = "" if line.submitted_at is None else f"{line.submitted_at:%Y-%m-%d %H:%M}"
    person = _tell_person(line.person, when, line.status, line.reason)
    return [*map(make_text, person), *points, *map(make_text, texts)]


def _row_of_missing(
    header: Sequence[str],
    person: Person,
    points: Fraction | None,
    status: str = "nothing handed in",
    note: str = NOTHING_HANDED_IN,
) -> list[str]:
    """Write the row of somebody without a submission: no points at all, or those that all of them get."""
    cells = dict(zip(_PERSON, _tell_person(person, "", status, ""), strict=True))
    cells |= {"note": note, "total": "" if points is None else format_points(points)}
    return [make_text(cells.get(name, "")) for name in header]


def _tell_person(person: Person, when: str, status: str, reason: str) -> list[str]:
    return [person.key, person.student_id, person.full_name, person.email, when, status, reason]
