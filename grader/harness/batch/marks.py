"""What people gave by hand: read from nbgrader's gradebook, and from the tables beside it how it came about."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from grader.harness.batch.database import open_gradebook, sqlite_file
from grader.harness.batch.marking_page.sheet import (
    BankComment,
    CheckSheet,
    Choice,
    NoteSheet,
    PartSheet,
    Saved,
    Sheet,
    agree,
    choice_from_text,
)
from grader.harness.batch.marking_page.tables import find_tables
from grader.harness.characters import one_line
from grader.harness.errors import GraderError
from grader.harness.results import ManualPart
from grader.harness.rubric import Rubric, RubricLine

if TYPE_CHECKING:
    from sqlalchemy import Connection, Select

Row = Mapping[str, Any]
Rows = Mapping[str, Mapping[str, Row]]
"""For each student, and each check and part of the rubric, what nbgrader's tables hold."""


@dataclass(frozen=True)
class Kept:
    """What the marking page keeps, by nbgrader's ids of the submissions' notebooks.

    Attributes
    ----------
    choices : mapping of tuple of str to tuple
        For notebook and part what was chosen, and by whom; None for what cannot be read any more.
    reasons : mapping of tuple of str to tuple
        For notebook and check why it was overruled, and by whom.
    notes : mapping of str to NoteSheet
        For notebook.
    bank : mapping of str to BankComment
        By key, retired ones too.
    retired : frozenset of str
        Keys of comments that are offered no longer.
    """

    choices: Mapping[tuple[str, str], tuple[Choice | None, Saved]] = field(default_factory=dict)
    reasons: Mapping[tuple[str, str], tuple[str, Saved]] = field(default_factory=dict)
    notes: Mapping[str, NoteSheet] = field(default_factory=dict)
    bank: Mapping[str, BankComment] = field(default_factory=dict)
    retired: frozenset[str] = frozenset()


def read_marks(url: str, name: str, rubric: Rubric) -> Mapping[str, Sheet]:
    """Read what people gave by hand.

    Parameters
    ----------
    url : str
        Any address that SQLAlchemy knows.
    name, rubric : str, Rubric
        As they were for `grader.harness.batch.gradebook.sync`.

    Returns
    -------
    sheets : mapping of str to Sheet
        For each student with a submission, by the person's key, sorted. Extra credit is in the points.

    Raises
    ------
    GraderError
        If there is no gradebook, it cannot be read, or holds points that are no number from 0 on.
    """
    file = sqlite_file(url)
    if file is not None and not file.is_file():
        raise GraderError(f"There must be a gradebook; {file} does not exist. Grade the class first.")
    with open_gradebook(url) as connection:
        rows, kept = read_rows(connection, name), read_kept(connection, name)
    return {key: make_sheet(key, rows[key], rubric, kept) for key in sorted(rows)}


def read_rows(connection: "Connection", name: str, student: str = "") -> Rows:
    """Read what nbgrader's tables hold of everybody, or of one student alone."""
    rows: dict[str, dict[str, Row]] = {}
    for row in connection.execute(_query_marks(name, student)).mappings():
        rows.setdefault(row["student"], {})[row["name"]] = dict(row)
    return rows


def read_kept(connection: "Connection", name: str, notebook: str = "") -> Kept:
    """Read what the marking page keeps of all submissions, or of one notebook; nothing where it has no tables yet."""
    from sqlalchemy import Table, select

    tables = find_tables(connection)
    if tables is None:
        return Kept()

    def rows(table: Table) -> list[Row]:
        query = select(table)
        found = connection.execute(query.where(table.c.notebook == notebook) if notebook else query)
        return [dict(row) for row in found.mappings()]

    comments = list(connection.execute(select(tables.comments).where(tables.comments.c.assignment == name)).mappings())
    return Kept(
        {
            (row["notebook"], row["part"]): (choice_from_text(row["content"]), Saved(row["by"], row["at"]))
            for row in rows(tables.choices)
        },
        {(row["notebook"], row["check"]): (row["reason"], Saved(row["by"], row["at"])) for row in rows(tables.reasons)},
        {row["notebook"]: NoteSheet(row["content"], Saved(row["by"], row["at"])) for row in rows(tables.notes)},
        {row["key"]: BankComment(row["key"], row["part"], row["text"], Fraction(row["points"])) for row in comments},
        frozenset(row["key"] for row in comments if row["is_retired"]),
    )


def find_notebook(rows: Mapping[str, Row]) -> str:
    """Return nbgrader's id of a student's notebook; empty without any row."""
    return next((row["notebook"] for row in rows.values()), "")


def make_sheet(student: str, rows: Mapping[str, Row], rubric: Rubric, kept: Kept) -> Sheet:
    """Put together all marks of a student; GraderError as from `read_marks`."""
    notebook = find_notebook(rows)
    parts = (_make_part(student, part, rows.get(part.key, {}), rubric, kept) for part in rubric.manual)
    checks = (_make_check(student, line, rows[line.key], kept) for line in rubric.checks if line.key in rows)
    return Sheet(student, tuple(parts), tuple(checks), kept.notes.get(notebook, NoteSheet()))


def _query_marks(name: str, student: str) -> "Select[Any]":
    from nbgrader.api import Assignment, BaseCell, Comment, Grade, SubmittedAssignment, SubmittedNotebook
    from sqlalchemy import select

    grade, cell, comment = Grade.__table__, BaseCell.__table__, Comment.__table__
    notebook, submission, assignment = SubmittedNotebook.__table__, SubmittedAssignment.__table__, Assignment.__table__
    # A cell's points and its comment belong to two cells of one name.
    said = (
        select(comment.c.id, comment.c.notebook_id, cell.c.name, comment.c.manual_comment)
        .join(cell, cell.c.id == comment.c.cell_id)
        .subquery()
    )
    query = (
        select(
            submission.c.student_id.label("student"),
            notebook.c.id.label("notebook"),
            cell.c.name,
            grade.c.id.label("grade"),
            grade.c.auto_score,
            grade.c.manual_score,
            grade.c.extra_credit,
            grade.c.needs_manual_grade,
            said.c.id.label("comment"),
            said.c.manual_comment,
        )
        .join_from(grade, cell, cell.c.id == grade.c.cell_id)
        .join(notebook, notebook.c.id == grade.c.notebook_id)
        .join(submission, submission.c.id == notebook.c.assignment_id)
        .join(assignment, assignment.c.id == submission.c.assignment_id)
        .outerjoin(said, (said.c.notebook_id == notebook.c.id) & (said.c.name == cell.c.name))
        .where(assignment.c.name == name)
    )
    return query.where(submission.c.student_id == student) if student else query


def _make_part(student: str, part: ManualPart, row: Row, rubric: Rubric, kept: Kept) -> PartSheet:
    is_open = row.get("manual_score") is None or row["needs_manual_grade"]
    points = None if is_open else _read_points(student, part.title, row)
    comment = row.get("manual_comment") or ""
    chosen, saved = kept.choices.get((row.get("notebook", ""), part.key), (None, Saved()))
    levels = rubric.levels.get(part.key, ())
    choice = agree(chosen, levels, kept.bank, points, comment)
    comments = tuple(kept.bank[key] for key in choice.comments if key in kept.bank)
    # What was given in the formgrader since then is not that person's any more.
    saved = saved if choice == chosen else Saved()
    return PartSheet(part.key, part.title, part.max_points, levels, choice, comments, points, comment, saved)


def _make_check(student: str, line: RubricLine, row: Row, kept: Kept) -> CheckSheet:
    before = row["auto_score"]
    # Extra credit alone needs points to be added to, as in nbgrader.
    is_overruled = row["manual_score"] is not None or (row["extra_credit"] is not None and before is not None)
    points = _read_points(student, line.title, row) if is_overruled else None
    reason, saved = kept.reasons.get((row["notebook"], line.key), ("", Saved()))
    return CheckSheet(
        line.key,
        line.title,
        line.points,
        None if before is None else Fraction(str(before)),
        points,
        reason if is_overruled else "",
        saved,
    )


def _read_points(student: str, title: str, row: Row) -> Fraction:
    score = row["auto_score"] if row["manual_score"] is None else row["manual_score"]
    numbers = [score, row["extra_credit"] or 0.0]
    if not all(isinstance(number, int | float) and 0 <= number < math.inf for number in numbers):
        raise GraderError(
            f"Points in the gradebook must be numbers from 0 on; {one_line(student)} has {numbers!r:.100} for "
            f"{title!r}. Put it right in the formgrader."
        )
    return sum((Fraction(str(number)) for number in numbers), Fraction(0))
