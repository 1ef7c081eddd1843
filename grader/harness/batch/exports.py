"""What leaves the grader: Moodle's worksheet, feedback for its students, a table, Gradescope's files.

Names, comments and reasons in them are strangers' text: cells that a spreadsheet would run are made text, names that
lead elsewhere are made names. A file is written beside its place and then moved there, so nothing is half written.
"""

import csv
import io
import re
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import BinaryIO

from grader.harness.batch.moodle import feedback_name
from grader.harness.batch.records import Line, Person
from grader.harness.batch.worksheet import Grade, fill, parse_worksheet, read_bytes
from grader.harness.characters import one_line
from grader.harness.errors import ExportError, WorksheetError
from grader.harness.files import replacing
from grader.harness.marking import Marking
from grader.harness.results import format_points
from grader.harness.rubric import Rubric

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""What a spreadsheet takes for a formula's beginning, in Chinese and Japanese also the wide signs."""

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
    """

    filled: Sequence[str]
    unmarked: Sequence[str]
    locked: Sequence[str]
    missing: Sequence[str]


def export_worksheet(
    worksheet: Path, out: Path, rubric: Rubric, lines: Sequence[Line], markings: Mapping[str, Marking]
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
    grades = {participant: _grade(line, markings.get(line.person.key)) for participant, line in found.items()}
    filled = fill(original, grades, total=rubric.points)
    with _in_place(out) as file:
        file.write(filled.content)
    missing = sorted(line.person.key for line in lines if line.person.participant not in on_it)

    def keys(participants: Sequence[str]) -> Sequence[str]:
        return sorted(found[participant].person.key for participant in participants)

    return WorksheetExport(keys(filled.filled), keys(filled.unmarked), keys(filled.locked), missing)


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


def write_csv(path: Path, rubric: Rubric, lines: Iterable[Line], markings: Mapping[str, Marking]) -> None:
    """Write a table: one row a student, one column a check.

    Parameters
    ----------
    path : Path
        The file: UTF-8 with a byte order mark, without which spreadsheets take Chinese names for noise.
    rubric : Rubric
        Its checks and parts are the columns.
    lines : iterable of Line
        The students.
    markings : mapping of str to Marking
        By the students' keys.

    Raises
    ------
    ExportError
        If it cannot be written.
    """
    with _in_place(path) as file:
        text = io.TextIOWrapper(file, encoding="utf-8-sig", newline="", write_through=True)
        rows = csv.writer(text)
        rows.writerow([_text(name) for name in _header(rubric)])
        rows.writerows(_csv_row(rubric, line, markings.get(line.person.key)) for line in lines)
        text.flush()
        text.detach()


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


def _code_points(line: Line, marking: Marking | None) -> Fraction | None:
    """Add what the staff corrected to what the checks gave; None where the grader gave no mark."""
    if line.code_points is None or marking is None:
        return line.code_points
    return line.code_points + marking.correction


def _points_of(line: Line, marking: Marking | None) -> Fraction | None:
    """Add up what is given; None while the code or the report has no points yet."""
    if marking is None or line.code_points is None:
        return None
    return marking.total(line.code_points)


def _grade(line: Line, marking: Marking | None) -> Grade:
    points, code = _points_of(line, marking), _code_points(line, marking)
    if points is None or marking is None or code is None:
        return Grade(None)
    parts = [f"Code: {format_points(code)} points.", *_corrections(marking)]
    if line.reason:
        parts.append(line.reason)
    parts.append(f"Report: {format_points(marking.report_points)} points.")
    if marking.lateness is not None:
        parts.append(f"Late: {format_points(marking.penalty)} points off ({marking.lateness.says}).")
    parts.append(f"Together: {format_points(points)} points.")
    return Grade(points, "\n".join(parts))


def _corrections(marking: Marking | None) -> list[str]:
    """Tell which checks of the code the staff changed, and why."""
    return [
        f"{check.title}: {format_points(check.before)} corrected to {format_points(check.points)} of "
        f"{format_points(check.max_points)}{f': {one_line(check.reason)}' if check.reason else '.'}"
        for check in (marking.overruled if marking else ())
    ]


def _header(rubric: Rubric) -> list[str]:
    checks = [line.key for line in rubric.checks]
    parts = [part.key for part in rubric.manual]
    before = ["key", "student id", "full name", "email", "submitted", "status", "reason"]
    return [
        *before,
        *checks,
        "corrected by hand",
        "code",
        *parts,
        "report",
        "late penalty",
        "total",
        "corrections",
        "note",
    ]


def _csv_row(rubric: Rubric, line: Line, marking: Marking | None) -> list[str]:
    """Write a student's row; a cell without points is blank, which is not a zero."""
    person = line.person
    texts = [person.key, person.student_id, person.full_name, person.email, _write_time(line), line.status, line.reason]
    marks = {part.key: part.points for part in marking.parts} if marking else {}
    is_marked = marking is not None and marking.is_complete
    numbers = [
        *[line.points.get(check.key) for check in rubric.checks],
        marking.correction if marking else Fraction(0),
        _code_points(line, marking),
        *[marks.get(part.key) for part in rubric.manual],
        marking.report_points if marking and is_marked else None,
        _penalty(line, marking),
        _points_of(line, marking),
    ]
    note = (
        "the grader gave no mark" if line.code_points is None else "" if is_marked else "the report is not marked yet"
    )
    points = ["" if number is None else format_points(number) for number in numbers]
    corrections = "; ".join(_corrections(marking))
    return [*[_text(cell) for cell in texts], *points, _text(corrections), note]


def _penalty(line: Line, marking: Marking | None) -> Fraction:
    lateness = marking.lateness if marking else line.lateness
    return Fraction(0) if lateness is None else lateness.penalty


def _write_time(line: Line) -> str:
    return "" if line.submitted_at is None else f"{line.submitted_at:%Y-%m-%d %H:%M}"


def _text(cell: str) -> str:
    """Make text of a cell that a spreadsheet would run, and blanks of what cannot be seen."""
    shown = "".join(letter if letter.isprintable() else " " for letter in cell)
    is_formula = cell.startswith(_FORMULA) or shown.lstrip().startswith(_FORMULA)
    return f"'{shown}" if is_formula else shown
