"""The door to nbgrader's database: one transaction at a time, its tables checked, its faults told in a sentence.

Nothing here and nothing that leaves here shows a password.
"""

import hashlib
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from grader.harness.characters import one_line, shorten
from grader.harness.errors import GraderError
from grader.harness.files import touch

if TYPE_CHECKING:
    from sqlalchemy import URL, Connection, Engine, Table

WAIT_S = 30
"""So long another writer of an SQLite file is waited for."""

MAX_REASON = 200

INSTALL = 'python -m pip install "psycopg[binary]>=3.2"'
"""How the one driver of PostgreSQL is installed that is tested."""

Key = tuple[str, ...]
Values = Mapping[str, Any]
K = TypeVar("K", bound=Key)


@contextmanager
def open_gradebook(url: str, *, create: bool = False) -> Iterator["Connection"]:
    """Open a gradebook for one transaction: all of it is kept at the end, or nothing of it.

    Parameters
    ----------
    url : str
        Any address that SQLAlchemy knows.
    create : bool
        Whether to make nbgrader's tables in an empty database, and to write at all.

    Yields
    ------
    connection : Connection
        In a transaction.

    Raises
    ------
    GraderError
        If the address cannot be read, nobody answers there, or it is no gradebook of this nbgrader's.
    """
    from sqlalchemy.exc import SQLAlchemyError

    address = _read_address(url)
    engine = _make_engine(address, create=create)
    if create:
        _make_file(url)
    try:
        with _connect(engine, address) as connection, connection.begin():
            _check_schema(connection, show_address(address), create=create)
            yield connection
    except SQLAlchemyError as exc:
        raise _refuse(address, exc) from exc
    finally:
        engine.dispose()


def show_address(url: "str | URL") -> str:
    """Write an address without its password and its options, for messages."""
    address = _read_address(url)
    return one_line(address.set(query={}).render_as_string(hide_password=True))


def drop_password(url: str) -> str:
    """Write an address with everything but a password, to be kept in a file."""
    address = _read_address(url)
    query = {name: value for name, value in address.query.items() if "pass" not in name.lower()}
    # `set(password=None)` would mean "leave it as it is".
    return address._replace(password=None, query=query).render_as_string(hide_password=False)  # type: ignore[arg-type]


def sqlite_file(url: str) -> Path | None:
    """Name the file of an SQLite address; None for any other."""
    address = _read_address(url)
    is_file = address.get_backend_name() == "sqlite" and address.database not in (None, "", ":memory:")
    return Path(address.database or "") if is_file else None


def _read_address(url: "str | URL") -> "URL":
    from sqlalchemy import make_url
    from sqlalchemy.exc import SQLAlchemyError

    try:
        return make_url(url)
    except (SQLAlchemyError, ValueError) as exc:
        raise GraderError(
            "The gradebook's address must be one that SQLAlchemy knows, as sqlite:///gradebook.db or "
            "postgresql+psycopg://user@host/name; this one cannot be read. Check it, or leave --gradebook out."
        ) from exc


def _make_file(url: str) -> None:
    """Make the file of a new SQLite gradebook, for its owner alone: SQLite would go by the umask, its journal too."""
    file = sqlite_file(url)
    if file is not None and not file.exists():
        with suppress(OSError):  # SQLite says what is wrong with the place
            os.close(touch(file))


def _make_engine(address: "URL", *, create: bool) -> "Engine":
    from sqlalchemy import create_engine, event
    from sqlalchemy.exc import SQLAlchemyError

    is_sqlite = address.get_backend_name() == "sqlite"
    try:
        engine = create_engine(address, connect_args={"timeout": WAIT_S} if is_sqlite else {})
    except (SQLAlchemyError, ImportError) as exc:
        is_postgresql = address.get_backend_name() == "postgresql"
        how = f" (`{INSTALL}` installs PostgreSQL's, postgresql+psycopg)" if is_postgresql else ""
        raise GraderError(
            f"The gradebook's address must name a driver that is installed; {show_address(address)} does not: "
            f"{_tell(exc, address)}. Install the driver{how}, or leave --gradebook out to keep the gradebook in a file."
        ) from exc

    def begin(connection: "Connection") -> None:
        # The driver would begin before the first row and not before tables are made: a kill could leave half of them.
        # A writer takes the lock at once: two who read first and write later would stop each other.
        connection.exec_driver_sql("BEGIN IMMEDIATE" if create else "BEGIN")

    if is_sqlite:
        event.listen(engine, "begin", begin)
    return engine


def _connect(engine: "Engine", address: "URL") -> "Connection":
    try:
        return engine.connect()
    except TypeError as exc:
        # An option in the address that the driver does not know.
        raise _refuse(address, exc) from exc


def _refuse(address: "URL", exc: Exception) -> GraderError:
    return GraderError(
        f"The gradebook must be a database that can be read and written; {show_address(address)} is not: "
        f"{_tell(exc, address)}. Check that the address is right, that its server runs, and that nobody else keeps it "
        "locked."
    )


def _tell(exc: Exception, address: "URL") -> str:
    """Take the driver's first line, with every secret of the address blotted out."""
    reason = str(getattr(exc, "orig", None) or exc).strip().split("\n")[0]
    secrets = [address.password, *(v for name, v in address.query.items() if "pass" in name.lower())]
    for secret in secrets:
        if secret:
            reason = reason.replace(str(secret), "***")
    return shorten(one_line(reason), MAX_REASON).rstrip(".")


def _check_schema(connection: "Connection", shown: str, *, create: bool) -> None:
    from alembic.script import ScriptDirectory
    from nbgrader.api import Base
    from nbgrader.dbutil import ALEMBIC_DIR
    from sqlalchemy import Column, MetaData, String, Table, insert, inspect, select

    version = Table("alembic_version", MetaData(), Column("version_num", String(32), nullable=False))
    head = ScriptDirectory(ALEMBIC_DIR).get_current_head()
    found = set(inspect(connection).get_table_names())
    if not found and create:
        Base.metadata.create_all(connection)
        version.create(connection)
        connection.execute(insert(version).values(version_num=head))
        return
    if not found:
        raise GraderError(f"There must be a gradebook at {shown}; the database is empty. Grade the class first.")
    missing = sorted({*Base.metadata.tables, version.name} - found)
    if missing:
        raise GraderError(
            f"The gradebook must be nbgrader's or an empty database; {shown} holds other tables and lacks "
            f"{missing[0]!r}. Name another database."
        )
    versions = list(connection.scalars(select(version.c.version_num)))
    if versions != [head]:
        raise GraderError(
            f"The gradebook must have the tables of the nbgrader that is installed here (version {head}); {shown} has "
            f"those of {', '.join(versions) or 'none'}. Use the nbgrader that made it, or an older one's with "
            "`nbgrader db upgrade`."
        )


@dataclass(frozen=True)
class Settled:
    """What became of the rows that were wanted.

    Attributes
    ----------
    ids : mapping
        The id of each row by its natural key.
    before : mapping
        What the rows held that were there already; without those that are new.
    """

    ids: Mapping[Key, str]
    before: Mapping[Key, Values] = field(default_factory=dict)


def settle(
    connection: "Connection", table: "Table", by: Sequence[str], wanted: Mapping[K, Values], **first: object
) -> Settled:
    """Make rows hold what is wanted: missing ones are added, others changed, equal ones left alone.

    Parameters
    ----------
    connection : Connection
        In a transaction.
    table : Table
        With a column ``id``.
    by : sequence of str
        The columns that name a row.
    wanted : mapping
        For each row, by its natural key, the columns that it must hold; the same columns in each.
    **first
        What a new row holds beside them.
    """
    from sqlalchemy import bindparam, insert, select, update

    if not wanted:
        return Settled({})
    columns = list(next(iter(wanted.values())))
    query = select(*(table.c[name] for name in dict.fromkeys(["id", *by, *columns])))
    # One column is enough to find them: the others have few values beside it.
    rows = connection.execute(query.where(table.c[by[0]].in_(sorted({key[0] for key in wanted})))).mappings()
    found = {tuple(row[name] for name in by): dict(row) for row in rows}
    before: dict[Key, Values] = {key: found[key] for key in wanted if key in found}
    new: dict[Key, str] = {key: make_id(table.name, *key) for key in wanted if key not in before}
    if new:
        rows_new = [
            {"id": new[key], **dict(zip(by, key, strict=True)), **first, **values}
            for key, values in wanted.items()
            if key in new
        ]
        connection.execute(insert(table), rows_new)
    changed = [
        {"this_id": before[key]["id"], **{f"new_{name}": values[name] for name in columns}}
        for key, values in wanted.items()
        if key in before and any(before[key][name] != values[name] for name in columns)
    ]
    if changed:
        assignments: dict[str, Any] = {name: bindparam(f"new_{name}") for name in columns}
        connection.execute(update(table).where(table.c.id == bindparam("this_id")).values(assignments), changed)
    return Settled({key: before[key]["id"] if key in before else new[key] for key in wanted}, before)


def make_id(*names: str) -> str:
    """Name a row: the same names give the same id, so that a gradebook made anew equals the one before."""
    return hashlib.sha256("/".join(names).encode()).hexdigest()[:32]
