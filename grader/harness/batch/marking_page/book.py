"""Marks go into nbgrader's gradebook: each save is one transaction, and nobody's mark is written over unseen.

Whoever saves says which state they have seen. Where somebody has saved another one since, nothing is written, and the
message says who and what. So several people, and the formgrader, can be at work at once.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from grader.harness.batch.database import Values, open_gradebook, settle
from grader.harness.batch.marking_page.sheet import (
    CheckSheet,
    Choice,
    MarkRefused,
    NoteSheet,
    PartSheet,
    Saved,
    Sheet,
    add_up,
    check_points,
    check_text,
    choice_to_text,
    write_comment,
)
from grader.harness.batch.marking_page.tables import Tables, describe, make_tables
from grader.harness.batch.marks import Kept, Row, find_notebook, make_sheet, read_kept, read_rows
from grader.harness.errors import GraderError
from grader.harness.results import format_points
from grader.harness.rubric import Rubric

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Connection

NOTHING = "Nothing that was handed in can be read as a report, so there is nothing to mark."
"""What a student reads who handed in no report that can be opened."""


class SavedMeanwhile(GraderError):  # noqa: N818 - names what happened
    """Somebody else saved something since it was last seen; nothing was written, and the message says what there is.

    Attributes
    ----------
    version : str
        Of what there is now: whoever saves again with it has been told.
    """

    def __init__(self, words: str, version: str) -> None:
        super().__init__(words)
        self.version = version


@dataclass(frozen=True)
class Page:
    """One submission in an open gradebook: nbgrader's rows of it, what the marking page keeps, and what both say."""

    notebook: str
    rows: "Mapping[str, Row]"
    kept: Kept
    sheet: Sheet


@dataclass(frozen=True)
class Book:
    """A class's gradebook, to be marked in.

    Attributes
    ----------
    url : str
        Any address that SQLAlchemy knows.
    name : str
        Of `grader.harness.batch.layout.assignment_of`.
    rubric : Rubric
        As it was for `grader.harness.batch.gradebook.sync`.
    """

    url: str
    name: str
    rubric: Rubric

    @contextmanager
    def writing(self) -> Iterator["Connection"]:
        """Open it for one transaction that writes; GraderError if it cannot be opened."""
        with open_gradebook(self.url, create=True) as connection:
            make_tables(connection)
            yield connection

    def read(self, student: str) -> Sheet:
        """Return all marks of a student; MarkRefused if nobody of this key has a submission."""
        with open_gradebook(self.url) as connection:
            return self.find(connection, student).sheet

    def find(self, connection: "Connection", student: str, *, lock: bool = False) -> Page:
        """Find one submission; with `lock` nobody else changes it until the transaction ends."""
        rows = read_rows(connection, self.name, student).get(student)
        if not rows:
            raise MarkRefused(
                f"A mark must be for somebody who handed in; {student!r:.100} did not. Look them up on the list."
            )
        notebook = find_notebook(rows)
        if lock:
            _lock(connection, notebook)
            rows = read_rows(connection, self.name, student)[student]
        kept = read_kept(connection, self.name, notebook)
        return Page(notebook, rows, kept, make_sheet(student, rows, self.rubric, kept))

    def save_part(self, student: str, part: str, choice: Choice, seen: str, saved: Saved) -> Sheet:
        """Keep what was chosen for a part of the report.

        Parameters
        ----------
        student, part : str
            Their keys.
        choice : Choice
            Nothing chosen at all takes the mark back.
        seen : str
            The version of the part's sheet that whoever saves has seen.
        saved : Saved
            Who, and when.

        Returns
        -------
        sheet : Sheet
            All marks of the student as they are now.

        Raises
        ------
        MarkRefused
            If the points would be below 0 or above the part's, or a text is too long; nothing is written.
        SavedMeanwhile
            If somebody else saved this part since; nothing is written.
        """
        with self.writing() as connection:
            page = self.find(connection, student, lock=True)
            before = page.sheet.part(part)
            _check_seen(before, seen, _tell_part(before))
            write_part(connection, page, before, choice, saved)
            return self.find(connection, student).sheet

    def overrule(  # one argument for each thing that is said
        self, student: str, check: str, points: Fraction | None, reason: str, seen: str, saved: Saved
    ) -> Sheet:
        """Give a check of the code other points, with a reason that the student reads; no points take that back.

        Raises
        ------
        MarkRefused
            If the points are not to be had, there is no reason, or it is too long.
        SavedMeanwhile
            If somebody else overruled this check since.
        """
        with self.writing() as connection:
            page = self.find(connection, student, lock=True)
            before = page.sheet.check(check)
            _check_seen(before, seen, _tell_check(before))
            reason = check_text("A reason", reason)
            if points is not None:
                check_points(before.title, points, before.max_points)
                if not reason:
                    raise MarkRefused(
                        f"Whoever changes points of the code must say why; {before.title!r} has no reason. Nothing "
                        "was saved: write one, the student reads it."
                    )
            is_open = points is None and before.before is None
            _update_grade(connection, page.rows[check]["grade"], points, needs=is_open)
            kept: Values = {"reason": reason if points is not None else "", "by": saved.by, "at": saved.at}
            settle(connection, _tables().reasons, ["notebook", "check"], {(page.notebook, check): kept})
            _remember(connection, page.notebook, check, points, reason, saved)
            return self.find(connection, student).sheet

    def write_note(self, student: str, text: str, seen: str, saved: Saved) -> Sheet:
        """Keep a note for the staff; errors as from `save_part`."""
        with self.writing() as connection:
            page = self.find(connection, student, lock=True)
            before = page.sheet.note
            _check_seen(before, seen, f"{before.saved.by or 'Somebody'} wrote a note: {before.text!r:.100}")
            kept: Values = {"content": check_text("A note", text), "by": saved.by, "at": saved.at}
            settle(connection, _tables().notes, ["notebook"], {(page.notebook,): kept})
            _remember(connection, page.notebook, "note", None, text, saved)
            return self.find(connection, student).sheet

    def give_nothing(self, student: str, saved: Saved) -> Sheet:
        """Give no points for every part of the report that nobody has marked, and say why."""
        with self.writing() as connection:
            page = self.find(connection, student, lock=True)
            for part in page.sheet.parts:
                if part.points is None:
                    write_part(connection, page, part, Choice("", Fraction(0), (), NOTHING), saved)
            return self.find(connection, student).sheet


def write_part(connection: "Connection", page: Page, part: PartSheet, choice: Choice, saved: Saved) -> None:
    """Write what was chosen for a part into the open gradebook; MarkRefused as from `Book.save_part`."""
    if choice.level and choice.level not in {level.key for level in part.levels}:
        raise MarkRefused(f"A level must stand in the rubric; {choice.level!r:.80} does not. Load the page again.")
    if unknown := [key for key in choice.comments if key not in page.kept.bank]:
        raise MarkRefused(f"A comment must be in the bank; number {unknown[0]!r:.80} is not. Load the page again.")
    points, text = add_up(choice, part.levels, page.kept.bank), write_comment(choice, page.kept.bank)
    check_text("A comment", text)
    if points is not None:
        check_points(part.title, points, part.max_points)
    row = page.rows[part.key]
    _update_grade(connection, row["grade"], points, needs=points is None)
    _update_comment(connection, row["comment"], text)
    kept: Values = {"content": choice_to_text(choice), "by": saved.by, "at": saved.at}
    settle(connection, _tables().choices, ["notebook", "part"], {(page.notebook, part.key): kept})
    _remember(connection, page.notebook, part.key, points, text, saved)


def _tables() -> Tables:
    return describe()[1]


def _lock(connection: "Connection", notebook: str) -> None:
    """Keep others off a submission's marks: a database on a server lets several write at once, SQLite does not."""
    from nbgrader.api import SubmittedNotebook
    from sqlalchemy import select

    table = SubmittedNotebook.__table__
    connection.execute(select(table.c.id).where(table.c.id == notebook).with_for_update())


def _check_seen(before: PartSheet | CheckSheet | NoteSheet, seen: str, told: str) -> None:
    if before.version != seen:
        words = f"{told}. Yours was not saved: look at it, and save again to replace it."
        raise SavedMeanwhile(words, before.version)


def _tell_part(part: PartSheet) -> str:
    got = "no points" if part.points is None else f"{format_points(part.points)} of {format_points(part.max_points)}"
    return f"{part.saved.by or 'Somebody'} has marked {part.title!r} since you opened it: {got}"


def _tell_check(check: CheckSheet) -> str:
    got = "as it was" if check.points is None else f"{format_points(check.points)} points"
    return f"{check.saved.by or 'Somebody'} has changed the check {check.title!r} since you opened it: {got}"


def _update_grade(connection: "Connection", grade: str, points: Fraction | None, *, needs: bool) -> None:
    """Write points as nbgrader keeps them; extra credit of its formgrader is in the points already."""
    from nbgrader.api import Grade
    from sqlalchemy import update

    score = None if points is None else float(points)
    table = Grade.__table__
    values = {"manual_score": score, "extra_credit": None, "needs_manual_grade": needs}
    connection.execute(update(table).where(table.c.id == grade).values(values))


def _update_comment(connection: "Connection", comment: str, text: str) -> None:
    from nbgrader.api import Comment
    from sqlalchemy import update

    table = Comment.__table__
    connection.execute(update(table).where(table.c.id == comment).values(manual_comment=text or None))


def _remember(
    connection: "Connection", notebook: str, what: str, points: Fraction | None, text: str, saved: Saved
) -> None:
    from sqlalchemy import insert

    told = "" if points is None else format_points(points)
    row = {"notebook": notebook, "what": what, "points": told, "text": text, "by": saved.by, "at": saved.at}
    connection.execute(insert(_tables().history).values(row))
