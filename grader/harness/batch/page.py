"""The class as one self-contained page for the staff: nothing loaded from elsewhere, readable without scripts.

All text of strangers is escaped, made visible and cut on its way into the page; what becomes an address is quoted.
"""

import base64
import hashlib
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from pathlib import Path
from statistics import median

from grader.harness.batch.figures import (
    bin_points,
    count_missed,
    draw_histogram,
    draw_missed,
    draw_strip,
    spread_points,
)
from grader.harness.batch.found import Entry, Person, WithoutFile
from grader.harness.batch.records import Line, SimilarPair, Status
from grader.harness.batch.side_by_side import page_name
from grader.harness.batch.similarity import order_pair
from grader.harness.batch.standing import Standing
from grader.harness.batch.whereabouts import list_whereabouts
from grader.harness.characters import cut, one_line, shorten
from grader.harness.lab import Lab
from grader.harness.marking import Marking
from grader.harness.report.html import make_environment, read_style
from grader.harness.results import Verdict
from grader.harness.rubric import Rubric

FOLDER = Path(__file__).resolve().parent

MAX_NAME = 60
"""Columns of a name."""

MAX_SENTENCE = 300
"""Columns of a remark or a reason."""

MAX_PASSAGE = 2000
"""Characters of an online text; the notebook of its writer has all of it."""

MAX_WHY = 90
"""Columns of a reason in the table."""

MAX_NOTES = 8
"""So many remarks of one submission are written; the others are counted."""

MAX_LISTED = 1000
"""So many entries of a list are written; the others are counted. The table has all students."""

MAX_FILES = 20_000
"""As many as an archive of a class may have."""

MAX_PAIRS = 200
N_FASTEST = 10
_TIMES = "\N{MULTIPLICATION SIGN}"


@dataclass(frozen=True)
class _Numbers:
    """The headline: what became of the entries, and how far the marking is."""

    statuses: Mapping[Status, int]
    n_students: int
    n_absent: int
    n_marked: int
    n_found: int | None

    @property
    def n_entries(self) -> int:
        """Entries that the page accounts for."""
        return sum(self.statuses.values())

    @property
    def n_missing(self) -> int:
        """Entries that were found and are not on the page: above 0 while the class is being graded."""
        return 0 if self.n_found is None else self.n_found - self.n_entries


def render_class_page(
    lab: Lab,
    rubric: Rubric,
    lines: Sequence[Line],
    others: Sequence[Entry],
    absent: Sequence[Person],
    pairs: Sequence[SimilarPair],
    markings: Mapping[str, Marking],
    *,
    n_entries: int | None = None,
    without_file: Sequence[WithoutFile] = (),
    compared: Collection[str] = (),
    mark_at: str = "",
) -> str:
    """Write the page of a class, to stand as ``OUT/index.html``.

    Parameters
    ----------
    lab : Lab
        Whose class it is.
    rubric : Rubric
        Checks and their points.
    lines : sequence of Line
        One a student, in any order.
    others : sequence of Entry
        Those that are no submission, with their reasons.
    absent : sequence of Person
        Students who handed in nothing.
    pairs : sequence of SimilarPair
        Submissions that look alike.
    markings : mapping of str to Marking
        By the person's key; a student without one has an unmarked report.
    n_entries : int, optional
        How many entries were found. The page says so when it does not account for all of them.
    without_file : sequence of WithoutFile, optional
        Students who handed in something, but no file that was found.
    compared : collection of str, optional
        Names of the pages in ``pairs/`` that show two submissions side by side.
    mark_at : str, optional
        Before a student's key, the address where the report is marked; no links without it.

    Returns
    -------
    page : str
        Can be written as UTF-8; the same input gives the same text. Its only script is its own.
    """
    similar = {key for pair in pairs for key in (pair.first, pair.second)}
    students = [
        Standing(line, markings.get(line.person.key), line.person.key in similar, rubric.checks)
        for line in sorted(lines, key=lambda line: line.person.key)
    ]
    return _fill(
        lab=lab,
        rubric=rubric,
        students=students,
        numbers=_count(students, others, absent, n_entries),
        people={student.key: student for student in students},
        others=sorted(others, key=lambda entry: entry.name),
        absent=sorted(absent, key=lambda person: person.key),
        without_file=sorted(without_file, key=lambda one: one.person.key),
        mark_at=mark_at,
        files=list_whereabouts(lines, others, without_file),
        pairs=[(pair, name if (name := page_name(pair)) in compared else "") for pair in sorted(pairs, key=order_pair)],
        **_spread(rubric, students),
        **_misses(rubric, lines),
        **_speeds(students),
    )


def _count(
    students: Sequence[Standing], others: Sequence[Entry], absent: Sequence[Person], n_found: int | None
) -> _Numbers:
    counts = Counter(student.line.status for student in students)
    counts[Status.OLDER] = sum(len(student.line.older) for student in students)
    counts[Status.NO_SUBMISSION] = len(others)
    n_marked = sum(student.is_marked for student in students)
    return _Numbers({status: counts[status] for status in Status}, len(students), len(absent), n_marked, n_found)


def _spread(rubric: Rubric, students: Sequence[Standing]) -> dict[str, object]:
    """Gather how the points for the code are spread; ungradable ones are no points that somebody earned."""
    code = [student.code for student in students if student.line.status is Status.GRADED]
    points = [value for value in code if value is not None]
    max_points = sum((check.points for check in rubric.checks), Fraction(0))
    bins = bin_points(points, max_points)
    return {
        "max_code": max_points,
        "max_report": sum((part.max_points for part in rubric.manual), Fraction(0)),
        "bins": bins,
        "histogram": _markup(draw_histogram(bins)) if points else "",
        "n_graded": len(points),
        "n_full": sum(value >= max_points for value in points),
        "median_code": median(points) if points else None,
    }


def _misses(rubric: Rubric, lines: Sequence[Line]) -> dict[str, object]:
    missed = count_missed(rubric, lines)
    n_graded = sum(line.status is Status.GRADED for line in lines)
    drawing = _markup(draw_missed(missed, n_graded)) if any(check.n_missed for check in missed) else ""
    spread = [(check, _markup(draw_strip(check))) for check in spread_points(rubric, lines)] if n_graded else []
    return {"missed": missed, "missed_drawing": drawing, "spread": spread}


def _speeds(students: Sequence[Standing]) -> dict[str, object]:
    timed = sorted((student for student in students if student.ratio is not None), key=lambda one: one.ratio or 0.0)
    return {"n_timed": len(timed), "fastest": timed[:N_FASTEST], "slowest": timed[::-1][:N_FASTEST]}


def _markup(drawing: str) -> object:
    """Take a drawing as markup: it is built of numbers and of our own words, and escapes both."""
    from markupsafe import Markup  # most runs write no page

    return Markup(drawing)  # noqa: S704


def _fill(**fields: object) -> str:
    environment = make_environment(FOLDER)
    script = read_style(FOLDER / "class_page.js")
    environment.filters.update(
        name=_write_name,
        sentence=_write_sentence,
        passage=partial(shorten, n_characters=MAX_PASSAGE),
        why=_write_why,
        entries=_write_entries,
        ratio=_write_ratio,
        seconds=_write_seconds,
    )
    environment.globals.update(
        class_css=read_style(FOLDER / "class_page.css"),
        script=script,
        script_hash=base64.b64encode(hashlib.sha256(f"\n{script}\n".encode()).digest()).decode("ascii"),
        verdicts=",".join(Verdict),
        max_files=MAX_FILES,
        max_listed=MAX_LISTED,
        max_notes=MAX_NOTES,
        max_pairs=MAX_PAIRS,
    )
    return environment.get_template("class_page.html.j2").render(fields)


def _write_name(text: str) -> str:
    return cut(one_line(text), MAX_NAME)


def _write_sentence(text: str) -> str:
    return cut(one_line(text), MAX_SENTENCE)


def _write_why(text: str) -> str:
    return cut(one_line(text), MAX_WHY)


def _write_entries(number: int) -> str:
    return f"{number:,} {'entry was' if number == 1 else 'entries were'}"


def _write_ratio(ratio: float) -> str:
    """Write how many times as long: two digits below ten, whole numbers above."""
    return f"{ratio:.2g}{_TIMES}" if ratio < 10 else f"{ratio:.0f}{_TIMES}"


def _write_seconds(seconds: float) -> str:
    return f"{1000 * seconds:.3g} ms" if seconds < 1 else f"{seconds:.3g} s"
