"""What leaves the grader: Moodle's worksheet, feedback for its students, a table, Gradescope's files.

Names, comments and reasons in them are strangers' text: cells that a spreadsheet would run are made text, names that
lead elsewhere are made names. A file is written beside its place and then moved there, so nothing is half written.
"""

import re
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import BinaryIO

from grader.harness.batch.filling import Grade, fill
from grader.harness.batch.found import Person
from grader.harness.batch.grades import Missing, add_all, tell_grade
from grader.harness.batch.grades_table import write_rows
from grader.harness.batch.moodle import feedback_name
from grader.harness.batch.records import Line
from grader.harness.batch.worksheet import parse_worksheet, read_bytes
from grader.harness.errors import ExportError, WorksheetError
from grader.harness.files import replacing
from grader.harness.marking import Marking
from grader.harness.rubric import Rubric

NOBODY = Missing()

_KEY = re.compile(r"[A-Za-z0-9-]+")


@dataclass(frozen=True)
class WorksheetExport:
    """What became of the students on the way into the worksheet.

    Attributes
    ----------
    filled, unmarked, locked : sequence of str
        Keys of the students: with a grade now; without one, since the report is not marked or the grader gave no mark;
        with a grade that Moodle says may not be changed.
    missing : sequence of str
        Keys of the students who have no row, or no number of Moodle's.
    by_hand, commented : sequence of str
        Keys of those of the filled ones to whom somebody gave another grade in Moodle, and of those for whom somebody
        wrote feedback there: kept, or overwritten if asked for.
    unknown : sequence of str
        Numbers of participants of whom the class knows nothing, so that nobody can say that they handed in nothing;
        told where those who handed in nothing get points.
    """

    filled: Sequence[str]
    unmarked: Sequence[str]
    locked: Sequence[str]
    missing: Sequence[str]
    by_hand: Sequence[str] = ()
    commented: Sequence[str] = ()
    unknown: Sequence[str] = ()


def tell_feedback(
    lines: Sequence[Line], markings: Mapping[str, Marking], missing: Missing = NOBODY
) -> Mapping[str, Sequence[str]]:
    """Give the lines of feedback that each student reads on the worksheet, by key; nothing for who has no grade."""
    graded = {line.person.key: tell_grade(line, markings.get(line.person.key)) for line in lines}
    absent = {person.key: missing.feedback for person in missing.people}
    return {key: words for key, words in {**absent, **graded}.items() if words}


def export_worksheet(
    worksheet: Path,
    out: Path,
    rubric: Rubric,
    lines: Sequence[Line],
    markings: Mapping[str, Marking],
    *,
    missing: Missing = NOBODY,
    exported: Mapping[str, Sequence[str]] = MappingProxyType({}),
    overwrite: bool = False,
) -> WorksheetExport:
    """Fill a copy of Moodle's worksheet with grades and feedback.

    Parameters
    ----------
    worksheet : Path
        As it was downloaded; it is not changed, unless `out` is the same file.
    out : Path
        Where the copy is written.
    rubric : Rubric
        Its points must add up to the worksheet's maximum grade.
    lines : sequence of Line
        The students.
    markings : mapping of str to Marking
        By the students' keys. Somebody who is not in it is not marked yet.
    missing : Missing
        Those who handed in nothing.
    exported : mapping of str to sequence of str
        By the students' keys, the lines of feedback of earlier exports: they are ours, and nobody's else.
    overwrite : bool
        Whether what somebody filled in by hand is replaced.

    Returns
    -------
    export : WorksheetExport
        Who was filled in, and who was not.

    Raises
    ------
    WorksheetError
        If the worksheet cannot be read or filled in, as from `fill`, or none of the students is on it.
    ExportError
        If the copy cannot be written.
    """
    original = read_bytes(worksheet)
    on_it = {row.participant for row in parse_worksheet(original).rows}
    found = {line.person.participant: line for line in lines if line.person.participant in on_it}
    if lines and not found:
        raise WorksheetError(
            f"The worksheet must be that of this assignment; none of the {len(lines)} students is on it, "
            f"{str(worksheet)!r}. Download it again; files that did not come from Moodle need --worksheet when graded."
        )
    absent = {person.participant: person for person in missing.people if person.participant in on_it}
    people = {**absent, **{participant: line.person for participant, line in found.items()}}
    words = tell_feedback(lines, markings, missing)
    points = {line.person.key: add_all(line, markings.get(line.person.key)) for line in found.values()}
    if missing.points is not None:
        points = {**{person.key: missing.points for person in absent.values()}, **points}
    grades = {
        participant: Grade(points[person.key], "\n".join(words.get(person.key, [])), exported.get(person.key, ()))
        for participant, person in people.items()
        if person.key in points
    }
    filled = fill(original, grades, total=rubric.points, overwrite=overwrite)
    with _in_place(out) as file:
        file.write(filled.content)
    doubtful = {person.participant for person in missing.doubtful}

    def keys(participants: Iterable[str]) -> Sequence[str]:
        return sorted(people[participant].key for participant in participants)

    return WorksheetExport(
        keys(filled.filled),
        keys(filled.unmarked),
        keys(filled.locked),
        sorted(line.person.key for line in lines if line.person.participant not in on_it),
        tuple(keys(filled.by_hand)),
        tuple(keys(filled.commented)),
        sorted(on_it - set(people) - doubtful, key=int) if missing.points is not None else (),
    )


def write_feedback_zip(path: Path, pages: Iterable[tuple[Person, bytes]]) -> Sequence[Person]:
    """Write the archive that Moodle's "Upload multiple feedback files" takes.

    Parameters
    ----------
    path : Path
        The archive.
    pages : iterable of tuple of Person and bytes
        For each student a page of HTML; taken one at a time.

    Returns
    -------
    left_out : sequence of Person
        Those without Moodle's number, whom Moodle could not find.

    Raises
    ------
    ExportError
        If it cannot be written.
    """
    left_out = []
    with _in_place(path) as file, zipfile.ZipFile(file, "w") as archive:
        for person, page in pages:
            if not person.participant:
                left_out.append(person)
                continue
            # Without a date, so that the same pages give the same bytes.
            info = zipfile.ZipInfo(feedback_name(person.full_name, person.participant))
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = 0o644 << 16
            archive.writestr(info, page)
    return left_out


def write_csv(
    path: Path, rubric: Rubric, lines: Iterable[Line], markings: Mapping[str, Marking], missing: Missing = NOBODY
) -> None:
    """Write a table: one row a student, one column a check.

    Parameters
    ----------
    path : Path
        The file.
    rubric, lines, markings, missing
        As for `write_rows`.

    Raises
    ------
    ExportError
        If it cannot be written.
    """
    with _in_place(path) as file:
        write_rows(file, rubric, lines, markings, missing)


def write_gradescope(folder: Path, items: Iterable[tuple[str, bytes]]) -> int:
    """Write each student's ``<key>/results.json``, as Gradescope names it; return how many.

    Raises
    ------
    ExportError
        If one cannot be written.
    ValueError
        If a key is none, but might be a path.
    """
    n_written = 0
    for key, content in items:
        if not _KEY.fullmatch(key):
            raise ValueError(f"A student's key has letters, digits and '-'; got {key!r}.")
        with _in_place(folder / key / "results.json") as file:
            file.write(content)
        n_written += 1
    return n_written


@contextmanager
def _in_place(path: Path) -> Iterator[BinaryIO]:
    """Give a file of an export to write, whole or not at all."""
    try:
        with replacing(path) as file:
            yield file
    except OSError as exc:
        raise ExportError(
            f"An export needs a place that can be written; {str(path)!r} was not: {exc}. Choose another place."
        ) from exc
