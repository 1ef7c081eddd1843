"""What is made of a class's results: gradebook, class page, the TA's notebooks, students' pages, exports."""

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import TypeVar

from tqdm import tqdm

from grader.harness.batch.cells import Item
from grader.harness.batch.found import Person
from grader.harness.batch.gradebook import sync
from grader.harness.batch.kept import open_kept
from grader.harness.batch.layout import assignment_of
from grader.harness.batch.marking_page.sheet import Sheet
from grader.harness.batch.marks import read_marks
from grader.harness.batch.notebooks import write_course
from grader.harness.batch.page import MAX_PAIRS, render_class_page
from grader.harness.batch.pdf import PdfReader
from grader.harness.batch.progress import show_step
from grader.harness.batch.records import Line, Status
from grader.harness.batch.server import HOST, MARKING, PORT
from grader.harness.batch.side_by_side import page_name, render_pair
from grader.harness.batch.similarity import find_similar
from grader.harness.batch.store import GRADEBOOK, Store, write
from grader.harness.characters import count
from grader.harness.errors import GraderError
from grader.harness.lab import Lab
from grader.harness.marking import Marking, Overruled, PartMark
from grader.harness.report.gradescope import dump, load
from grader.harness.report.html import render_html
from grader.harness.results import Audience, Report
from grader.harness.rubric import Rubric

MAX_PAGES_SHOWN = 20
"""So many pages of a report are in the TA's notebook."""

T = TypeVar("T")


def find_gradebook(store: Store, address: str) -> str:
    """Return the gradebook's SQLAlchemy address: the one given, or the file in the class's folder."""
    from sqlalchemy import URL

    # Written by SQLAlchemy: a folder's name may hold what means something in an address.
    file = URL.create("sqlite", database=str((store.folder / GRADEBOOK).resolve()))
    return address or file.render_as_string()


def find_pairs(lab: Lab, store: Store, lines: Sequence[Line]) -> None:
    """Look for submissions that are alike, remember them, and write for the first of them a page side by side.

    Whether a submission could be run does not matter: two may share what does not run. What the grader failed on is
    left alone until it has been graded.
    """
    template, sources = lab.template_bytes or b"", {}
    for line in _watch([line for line in lines if line.status is not Status.NO_MARK], "Code to compare"):
        source = open_kept(lab, store, line.person.key).source
        if source is not None:
            sources[line.person.key] = source
    show_step(f"Similar pairs: {count(len(sources), 'program')}")
    pairs = find_similar(sources, template)
    people = {line.person.key: line.person for line in lines}
    store.keep_pairs(pairs)
    for pair in _watch(pairs[:MAX_PAIRS], "Side by side", unit="pair"):
        first, second = pair.first, pair.second
        page = render_pair(lab, pair, (people[first], people[second]), (sources[first], sources[second]), template)
        write(store.folder / "pairs" / page_name(pair), page.encode("utf-8", "backslashreplace"))
    store.keep_pair_pages({page_name(pair) for pair in pairs[:MAX_PAIRS]})


def publish(
    lab: Lab, store: Store, rubric: Rubric, url: str, port: int = PORT
) -> tuple[Sequence[Line], Mapping[str, Marking]]:
    """Bring the gradebook up to the results, and the class page up to both.

    Parameters
    ----------
    lab : Lab
        Whose class it is.
    store : Store
        With all results.
    rubric : Rubric
        With the rule for late submissions of today.
    url : str
        The gradebook's address.
    port : int, optional
        Where the marking page is, to which the class page leads.

    Returns
    -------
    lines : sequence of Line
        The class, by key.
    markings : mapping of str to Marking
        What is added to each student's code, by key.
    """
    lines = store.lines(rubric.late)
    show_step(f"Gradebook: {count(len(lines), 'student')}")
    sync(url, assignment_of(lab), rubric, lines, store.found().without_submission)
    markings = read_markings(lab, rubric, lines, url)
    show_step(f"Class page: {count(len(lines), 'student')}")
    page = render_class(lab, store, rubric, lines, markings, f"http://{HOST}:{port}{MARKING}")
    write(store.folder / "index.html", page.encode("utf-8", "backslashreplace"))
    return lines, markings


def read_markings(lab: Lab, rubric: Rubric, lines: Sequence[Line], url: str) -> Mapping[str, Marking]:
    """Read from the gradebook what is added to each student's code, by key."""
    marks = read_marks(url, assignment_of(lab), rubric)
    return {line.person.key: join(line, marks[line.person.key]) for line in lines if line.person.key in marks}


def render_class(
    lab: Lab, store: Store, rubric: Rubric, lines: Sequence[Line], markings: Mapping[str, Marking], mark_at: str
) -> str:
    """Write the class page; before a student's key `mark_at` is the address of their page of marks."""
    found = store.found()
    return render_class_page(
        lab,
        rubric,
        lines,
        found.others,
        found.absent,
        store.pairs(),
        markings,
        without_file=found.without_file,
        compared=store.pair_pages(),
        mark_at=mark_at,
    )


def write_notebooks(lab: Lab, store: Store, rubric: Rubric, lines: Sequence[Line], url: str) -> Path:
    """Write what the formgrader shows; return its folder."""
    course = store.folder / "course"
    with PdfReader() as reader:
        items = (_make_item(lab, store, line, reader) for line in _watch(lines, "Notebooks"))
        write_course(lab, course, rubric, items, url)
    return course


def render_feedback(
    lab: Lab, store: Store, lines: Sequence[Line], markings: Mapping[str, Marking]
) -> Iterator[tuple[Person, bytes]]:
    """Write students' pages anew, with the report's marks; one at a time, those without any mark left out."""
    for line in _watch(lines, "Feedback"):
        if line.status is not Status.NO_MARK:
            key = line.person.key
            page = render_html(lab, load_report(lab, store, key), Audience.STUDENT, markings[key])
            content = page.encode("utf-8", "backslashreplace")
            store.write_page(key, content)
            yield line.person, content


def list_results(lab: Lab, store: Store, lines: Sequence[Line]) -> Iterator[tuple[str, bytes]]:
    """Give each student's results in Gradescope's format, without what students may not see."""
    for line in _watch(lines, "Results"):
        if line.status is not Status.NO_MARK:
            yield line.person.key, dump(lab, load_report(lab, store, line.person.key), Audience.STUDENT)


def load_report(lab: Lab, store: Store, key: str) -> Report:
    """Read all that grading a student gave; GraderError if the file is not as it was written."""
    try:
        return load(lab, store.results(key))
    except (ValueError, OSError) as exc:
        raise GraderError(
            f"Each student's results must be as they were written; those of {key} cannot be read: {exc!r:.200}. "
            f"Grade them again: python -m grader batch … --regrade {key}"
        ) from exc


def join(line: Line, sheet: Sheet) -> Marking:
    """Put together what people gave and what lateness takes."""
    parts = (
        PartMark(part.key, part.title, part.max_points, part.points, part.comment, part.level) for part in sheet.parts
    )
    overruled = (
        Overruled(
            check.key,
            check.title,
            check.max_points,
            line.points.get(check.key, Fraction(0)),
            check.points or Fraction(0),
            check.reason,
        )
        for check in sheet.overruled
    )
    return Marking(tuple(parts), line.lateness, tuple(overruled))


def _make_item(lab: Lab, store: Store, line: Line, reader: PdfReader) -> Item:
    submission = open_kept(lab, store, line.person.key)
    pages = reader.render(submission.report, max_pages=MAX_PAGES_SHOWN)
    report = None if line.status is Status.NO_MARK else load_report(lab, store, line.person.key)
    note = "" if pages.text else pages.note  # the look at the report has said it, and by its name
    if pages.n_pages is not None and pages.n_pages > MAX_PAGES_SHOWN:
        note += f" All pages: python -m grader mark OUT, or the report itself in OUT/submissions ({line.person.key})."
    return Item(line, report, submission.source, pages.images, note, pages.text)


def _watch(items: Sequence[T], what: str, unit: str = "student") -> Iterator[T]:
    """Show a bar while something is done for each student, or for each of something else."""
    return iter(tqdm(items, desc=what, unit=unit))
