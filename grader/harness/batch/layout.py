"""What all submissions share in nbgrader's gradebook: the course, its one assignment, the one notebook, its cells.

Each check of the rubric is an auto-graded cell, each part of the written report a manually graded one.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from grader.harness.batch.database import settle
from grader.harness.characters import one_line
from grader.harness.errors import GraderError
from grader.harness.lab import Lab
from grader.harness.lab_files import LOADING
from grader.harness.rubric import Rubric

if TYPE_CHECKING:
    from sqlalchemy import Connection


def assignment_of(lab: Lab) -> str:
    """Give the name by which nbgrader knows the course, its only assignment, and the only notebook in it."""
    return lab.tag.lower()


@dataclass(frozen=True)
class Layout:
    """Ids of what all submissions share.

    Attributes
    ----------
    assignment, notebook : str
        Ids of their rows.
    checks, parts : tuple of str
        The rubric's keys, in its order.
    cells : mapping of str to str
        By check or part, the id of the cell that holds its points.
    comments : mapping of str to str
        By part, and for the check of loading, the id of the cell that holds its comment.
    """

    assignment: str
    notebook: str
    checks: tuple[str, ...]
    parts: tuple[str, ...]
    cells: Mapping[str, str]
    comments: Mapping[str, str]


def write_layout(connection: "Connection", name: str, rubric: Rubric) -> Layout:
    """Write what all submissions share, and take out the cells of checks and parts that the rubric no longer has.

    `name` is that of `assignment_of`.

    Raises
    ------
    GraderError
        If the assignment belongs to another course, or marks by hand would be lost with a cell.
    """
    from nbgrader.api import Assignment, Course, Notebook

    settle(connection, Course.__table__, ["id"], {(name,): {}})
    found = settle(connection, Assignment.__table__, ["name"], {(name,): {}}, course_id=name)
    assignment = found.ids[name,]
    _check_course(connection, name, assignment)
    by = ["assignment_id", "name"]
    notebook = settle(connection, Notebook.__table__, by, {(assignment, name): {}}).ids[assignment, name]
    checks, parts = tuple(line.key for line in rubric.checks), tuple(part.key for part in rubric.manual)
    # The check of loading says why nothing could be graded: only cells for answers have room for a comment.
    commented = (LOADING, *parts)
    cells = _name_cells(connection, notebook, "GradeCell", (*checks, *parts))
    comments = _name_cells(connection, notebook, "SolutionCell", commented)
    _write_cells(connection, cells, comments, rubric)
    _remove_cells(connection, notebook, [*cells.values(), *comments.values()])
    return Layout(assignment, notebook, checks, parts, cells, comments)


def _check_course(connection: "Connection", name: str, assignment: str) -> None:
    from nbgrader.api import Assignment
    from sqlalchemy import select

    table = Assignment.__table__
    course = connection.scalar(select(table.c.course_id).where(table.c.id == assignment))
    if course != name:
        raise GraderError(
            f"The gradebook's assignment {name!r} must belong to the course {name!r}; there it belongs to "
            f"{one_line(str(course))!r}. Name another database."
        )


def _name_cells(connection: "Connection", notebook: str, kind: str, names: Iterable[str]) -> Mapping[str, str]:
    from nbgrader.api import BaseCell

    wanted: Mapping[tuple[str, str, str], Mapping[str, object]] = {(notebook, name, kind): {} for name in names}
    ids = settle(connection, BaseCell.__table__, ["notebook_id", "name", "type"], wanted).ids
    return {name: id_ for (_, name, _), id_ in ids.items()}


def _write_cells(
    connection: "Connection", cells: Mapping[str, str], comments: Mapping[str, str], rubric: Rubric
) -> None:
    from nbgrader.api import GradeCell, SolutionCell

    points = {line.key: ("code", line.points) for line in rubric.checks}
    points |= {part.key: ("markdown", part.max_points) for part in rubric.manual}
    wanted = {(cells[name],): {"max_score": float(worth), "cell_type": kind} for name, (kind, worth) in points.items()}
    settle(connection, GradeCell.__table__, ["id"], wanted)
    settle(connection, SolutionCell.__table__, ["id"], {(id_,): {} for id_ in comments.values()})


def _remove_cells(connection: "Connection", notebook: str, kept: Sequence[str]) -> None:
    """Take out the cells that the rubric no longer has, unless somebody gave marks for one."""
    from nbgrader.api import BaseCell, Comment, Grade, GradeCell, SolutionCell, TaskCell
    from sqlalchemy import delete, or_, select

    cell, grade, comment = BaseCell.__table__.c, Grade.__table__.c, Comment.__table__.c
    query = select(cell.id, cell.name).where(cell.notebook_id == notebook, cell.id.not_in(kept))
    gone = {row.id: row.name for row in connection.execute(query)}
    if not gone:
        return
    given = or_(grade.manual_score.is_not(None), grade.extra_credit.is_not(None))
    by_hand = select(grade.cell_id).where(grade.cell_id.in_(gone), given)
    said = select(comment.cell_id).where(comment.cell_id.in_(gone), comment.manual_comment.is_not(None))
    lost = sorted({gone[id_] for id_ in connection.scalars(by_hand.union(said))})
    if lost:
        raise GraderError(
            f"The rubric must have every part that was marked by hand; the gradebook holds marks for "
            f"{', '.join(map(repr, lost))}, which the rubric lacks. Put it back, or begin with a new gradebook."
        )
    for model in (Comment, Grade):
        connection.execute(delete(model.__table__).where(model.__table__.c.cell_id.in_(gone)))
    for model in (GradeCell, SolutionCell, TaskCell, BaseCell):
        connection.execute(delete(model.__table__).where(model.__table__.c.id.in_(gone)))
