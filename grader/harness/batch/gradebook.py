"""The class in nbgrader's gradebook: the code's points go in; `marks.py` reads what the TAs gave by hand.

Each check of the rubric is an auto-graded cell, each part of the written report a manually graded one. `sync` touches
what the grader knows (people, times, the code's points, lateness) and nothing that a person gave: scores by hand,
comments, extra credit and flags stay. It is one transaction, whose rows have the same ids whenever they are made.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING, TypeVar

from grader.harness.batch.database import Settled, Values, open_gradebook, settle
from grader.harness.batch.found import Person
from grader.harness.batch.layout import Layout, write_layout
from grader.harness.batch.marking_page.tables import make_tables
from grader.harness.batch.records import Line, Status
from grader.harness.characters import make_visible, one_line
from grader.harness.lab_files import LOADING
from grader.harness.rubric import Rubric

if TYPE_CHECKING:
    from sqlalchemy import Connection, Table

BATCH = 100
"""So many students are held in memory."""

MAX_TEXT = 128
"""nbgrader's columns for names are not wider, and not every database cuts."""

# nbgrader writes names into its pages as they are.
_HARMLESS = str.maketrans(
    {
        "<": "\N{SINGLE LEFT-POINTING ANGLE QUOTATION MARK}",
        ">": "\N{SINGLE RIGHT-POINTING ANGLE QUOTATION MARK}",
        '"': "\N{DOUBLE PRIME}",
    }
)


T = TypeVar("T")


def sync(url: str, name: str, rubric: Rubric, lines: Iterable[Line], absent: Sequence[Person] = ()) -> None:
    """Bring a gradebook up to date, and make it where there is none.

    Parameters
    ----------
    url : str
        Any address that SQLAlchemy knows.
    name : str
        Of `grader.harness.batch.layout.assignment_of`.
    rubric : Rubric
        Its checks become auto-graded cells, its manual parts manually graded ones.
    lines : iterable of Line
        Those who handed in; read once, a hundred at a time. Who is not among them keeps everything.
    absent : sequence of Person
        Students who handed in nothing.

    Raises
    ------
    GraderError
        If the gradebook cannot be opened or written, belongs to another course, or holds marks by hand for a part
        that the rubric no longer has.
    """
    with open_gradebook(url, create=True) as connection:
        make_tables(connection)
        layout = write_layout(connection, name, rubric)
        for some in _batches(lines):
            _write_people(connection, [line.person for line in some])
            _write_submissions(connection, layout, some)
        for people in _batches(absent):
            _write_people(connection, people)


def _batches(items: Iterable[T]) -> Iterator[list[T]]:
    iterator = iter(items)
    while batch := list(islice(iterator, BATCH)):
        yield batch


def _write_people(connection: "Connection", people: Sequence[Person]) -> None:
    """Write names and addresses where they are known; what somebody else wrote about the others stays."""
    from nbgrader.api import Student

    table = Student.__table__
    settle(connection, table, ["id"], {(person.key,): {} for person in people})
    # The formgrader writes "last, first", and the id alone where one of them is missing.
    names = {(person.key,): _write_name(person) for person in people if person.full_name.strip()}
    settle(connection, table, ["id"], names)
    emails = {(person.key,): {"email": _harmless(person.email)} for person in people if person.email}
    settle(connection, table, ["id"], emails)


def _write_name(person: Person) -> Values:
    return {"last_name": _harmless(person.full_name), "first_name": _harmless(person.student_id or person.key)}


def _harmless(text: str) -> str:
    return one_line(text).translate(_HARMLESS)[:MAX_TEXT]


def _write_submissions(connection: "Connection", layout: Layout, lines: Sequence[Line]) -> None:
    from nbgrader.api import Comment, Grade, SubmittedAssignment, SubmittedNotebook

    times = {(line.person.key, layout.assignment): {"timestamp": line.submitted_at} for line in lines}
    ids = settle(connection, SubmittedAssignment.__table__, ["student_id", "assignment_id"], times).ids
    penalties = {
        (ids[line.person.key, layout.assignment], layout.notebook): {"late_submission_penalty": _penalty(line)}
        for line in lines
    }
    by = ["assignment_id", "notebook_id"]
    ids = settle(connection, SubmittedNotebook.__table__, by, penalties).ids
    submitted = dict(zip(ids.values(), lines, strict=True))

    by = ["notebook_id", "cell_id"]
    scores = {
        (id_, layout.cells[key]): {"auto_score": _score(line, key)}
        for id_, line in submitted.items()
        for key in layout.checks
    }
    found = settle(connection, Grade.__table__, by, scores)
    _write_empty(connection, Grade.__table__, submitted, [layout.cells[key] for key in layout.parts])
    _settle_needs(connection, layout, list(submitted))
    _flag(connection, layout, submitted, found)

    reasons = {
        (id_, layout.comments[LOADING]): {"auto_comment": make_visible(line.reason) or None}
        for id_, line in submitted.items()
    }
    settle(connection, Comment.__table__, by, reasons)
    _write_empty(connection, Comment.__table__, submitted, [layout.comments[key] for key in layout.parts])


def _write_empty(connection: "Connection", table: "Table", notebooks: Iterable[str], cells: Sequence[str]) -> None:
    """Make room for what people give by hand; what they have given stays."""
    wanted: Mapping[tuple[str, str], Values] = {(id_, cell): {} for id_ in notebooks for cell in cells}
    settle(connection, table, ["notebook_id", "cell_id"], wanted)


def _penalty(line: Line) -> float | None:
    return None if line.lateness is None else float(line.lateness.penalty)


def _score(line: Line, check: str) -> float | None:
    if line.status is Status.NO_MARK or check not in line.points:
        return None
    return float(line.points[check])


def _settle_needs(connection: "Connection", layout: Layout, notebooks: Sequence[str]) -> None:
    """Ask for a person where a check has no points; in one statement, since somebody may be giving them just now."""
    from nbgrader.api import Grade
    from sqlalchemy import and_, update

    grade = Grade.__table__.c
    is_open = and_(grade.auto_score.is_(None), grade.manual_score.is_(None))
    checks = [layout.cells[key] for key in layout.checks]
    wrong = and_(grade.notebook_id.in_(notebooks), grade.cell_id.in_(checks), grade.needs_manual_grade != is_open)
    connection.execute(update(Grade.__table__).where(wrong).values(needs_manual_grade=is_open))


def _flag(connection: "Connection", layout: Layout, lines: Mapping[str, Line], grades: Settled) -> None:
    """Flag a submission when the grader begins to fail on it, and take the flag down when that ends."""
    from nbgrader.api import SubmittedNotebook

    first = layout.cells[LOADING]
    flags = {}
    for id_, line in lines.items():
        before = grades.before.get((id_, first))
        had_mark = before is None or before["auto_score"] is not None
        if had_mark == (line.status is Status.NO_MARK):
            flags[id_,] = {"flagged": had_mark}
    settle(connection, SubmittedNotebook.__table__, ["id"], flags)
