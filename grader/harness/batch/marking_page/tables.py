"""Tables beside nbgrader's, in its database: how marks came about, the bank of comments, who is at work on what."""

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sqlalchemy import Connection, MetaData, Table


@dataclass(frozen=True)
class Tables:
    """The tables; a notebook is nbgrader's row of a submission.

    Attributes
    ----------
    choices : Table
        For a notebook's part what was chosen (`Choice` as JSON), by whom and when.
    reasons : Table
        For a notebook's check why its points were changed, by whom and when.
    notes : Table
        For a notebook what the staff note for each other.
    comments : Table
        The bank: comments of an assignment's parts. A retired one stays with those who have it.
    claims : Table
        Who is at work on a notebook, since when.
    history : Table
        Every mark that was ever saved; rows are added and never changed.
    """

    choices: "Table"
    reasons: "Table"
    notes: "Table"
    comments: "Table"
    claims: "Table"
    history: "Table"


@cache
def describe() -> tuple["MetaData", Tables]:
    """Describe the tables to SQLAlchemy."""
    from sqlalchemy import Boolean, Column, Integer, MetaData, String, Table, Text, UniqueConstraint

    metadata = MetaData()

    def make(name: str, *by: str, **columns: type) -> Table:
        named = [Column(column, String(200), nullable=False) for column in by]
        others: list[Column[Any]] = [Column(column, kind, nullable=False) for column, kind in columns.items()]
        return Table(
            f"lab_{name}", metadata, Column("id", String(32), primary_key=True), *named, *others, UniqueConstraint(*by)
        )

    saved = {"by": Text, "at": Text}
    tables = Tables(
        choices=make("choice", "notebook", "part", content=Text, **saved),
        reasons=make("reason", "notebook", "check", reason=Text, **saved),
        notes=make("note", "notebook", content=Text, **saved),
        comments=make("comment", "assignment", "part", "key", text=Text, points=Text, is_retired=Boolean),
        claims=make("claim", "notebook", **saved),
        history=Table(
            "lab_history",
            metadata,
            Column("number", Integer, primary_key=True, autoincrement=True),
            *(Column(name, String(200), nullable=False) for name in ("notebook", "what")),
            *(Column(name, Text, nullable=False) for name in ("points", "text", "by", "at")),
        ),
    )
    return metadata, tables


def make_tables(connection: "Connection") -> None:
    """Make the tables where they are missing: in a new gradebook, and in one of before there were any."""
    describe()[0].create_all(connection)


def find_tables(connection: "Connection") -> Tables | None:
    """Return the tables; None in a gradebook that has none yet."""
    from sqlalchemy import inspect

    _, tables = describe()
    return tables if inspect(connection).has_table(tables.history.name) else None
