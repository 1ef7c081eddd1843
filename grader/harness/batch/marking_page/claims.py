"""Who is at work on which report, so that two people do not mark the same one: for a while, and never a lock."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from grader.harness.batch.database import Values, open_gradebook, settle
from grader.harness.batch.marking_page.book import Book
from grader.harness.batch.marking_page.tables import describe, find_tables
from grader.harness.batch.marks import find_notebook, read_rows

if TYPE_CHECKING:
    from sqlalchemy import Connection

LASTS = timedelta(minutes=5)
"""A claim that nobody renews ends: the page renews it each minute while it is looked at."""


@dataclass(frozen=True)
class Claim:
    """Somebody is at work on a report.

    Attributes
    ----------
    by : str
        Who.
    at : datetime
        When they last showed it; with a zone.
    """

    by: str
    at: datetime


def claim(book: Book, student: str, by: str, now: datetime, *, take_over: bool = False) -> Claim:
    """Claim a report, or learn who has it.

    Parameters
    ----------
    book : Book
        The gradebook.
    student : str
        The key of somebody who handed in.
    by : str
        Who wants it.
    now : datetime
        With a zone.
    take_over : bool, optional
        Whether to take it from somebody who is at work on it.

    Returns
    -------
    claim : Claim
        Theirs, or that of whoever has it.
    """
    with book.writing() as connection:
        notebook = book.find(connection, student, lock=True).notebook
        held = _read(connection, now).get(notebook)
        if held is not None and held.by != by and not take_over:
            return held
        values: Values = {"by": by, "at": now.isoformat()}
        settle(connection, describe()[1].claims, ["notebook"], {(notebook,): values})
    return Claim(by, now)


def release(book: Book, student: str, by: str) -> None:
    """Give a report back, where it is claimed by this person."""
    from sqlalchemy import delete

    table = describe()[1].claims
    with book.writing() as connection:
        notebook = book.find(connection, student).notebook
        connection.execute(delete(table).where(table.c.notebook == notebook, table.c.by == by))


def list_claims(book: Book, now: datetime) -> Mapping[str, Claim]:
    """Return who is at work now, by the students' keys."""
    with open_gradebook(book.url) as connection:
        claims = _read(connection, now)
        if not claims:
            return {}
        rows = read_rows(connection, book.name)
    notebooks = {student: find_notebook(cells) for student, cells in rows.items()}
    return {student: claims[notebook] for student, notebook in notebooks.items() if notebook in claims}


def _read(connection: "Connection", now: datetime) -> Mapping[str, Claim]:
    from sqlalchemy import select

    tables = find_tables(connection)
    if tables is None:
        return {}
    rows = connection.execute(select(tables.claims)).mappings()
    claims = {row["notebook"]: Claim(row["by"], datetime.fromisoformat(row["at"])) for row in rows}
    return {notebook: held for notebook, held in claims.items() if now - held.at < LASTS}
