"""What the marking page shows: the list of reports, and one submission with its pages, its results and its code."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from grader.harness.batch.cells import CheckRow, list_checks, list_wrong_pictures
from grader.harness.batch.grades import add_code
from grader.harness.batch.grants import check_reason
from grader.harness.batch.kept import open_kept, read_originals
from grader.harness.batch.late import judge_lateness
from grader.harness.batch.marking_page import claims
from grader.harness.batch.marking_page.bank import list_comments
from grader.harness.batch.marking_page.book import Book
from grader.harness.batch.marking_page.queue import Waiting
from grader.harness.batch.marking_page.sheet import BankComment, MarkRefused, Saved, Sheet
from grader.harness.batch.marks import read_marks
from grader.harness.batch.pdf import PdfReader
from grader.harness.batch.publish import join, load_report, read_markings, render_class
from grader.harness.batch.records import Line, SimilarPair, Status
from grader.harness.batch.server import MARKING
from grader.harness.batch.side_by_side import SourceLine, number_lines
from grader.harness.batch.similarity import shared_lines
from grader.harness.batch.store import Store
from grader.harness.errors import UsageError
from grader.harness.evidence import Picture
from grader.harness.lab import Lab
from grader.harness.marking import Marking
from grader.harness.report.html import render_html
from grader.harness.results import Audience, Report

PAGE_WIDTH_PX = 1200
MAX_SOURCE_LINES = 3000
MAX_PAIRS = 10
"""With so many similar submissions the code is compared."""


@dataclass(frozen=True)
class WrongPicture:
    """A case that is drawn over a picture and went wrong."""

    name: str
    pictures: Sequence[Picture]


@dataclass(frozen=True)
class Marks:
    """What a submission has got, and what can be given.

    Attributes
    ----------
    line : Line
        Its line in the class.
    sheet, marking : Sheet, Marking
        Its marks, and what they add up to with lateness.
    checks : sequence of CheckRow
        The checks of the code.
    bank : mapping of str to sequence of BankComment
        The comments on offer, by part.
    """

    line: Line
    sheet: Sheet
    marking: Marking
    checks: Sequence[CheckRow]
    bank: Mapping[str, Sequence[BankComment]]


@dataclass(frozen=True)
class Exhibit(Marks):
    """One submission, as it lies before whoever marks it: beside its marks all that is looked at.

    Attributes
    ----------
    pictures : sequence of WrongPicture
        Those that went wrong.
    source : sequence of SourceLine
        The student's code; empty without any.
    n_lines_left_out : int
        Lines beyond `MAX_SOURCE_LINES`.
    pairs : sequence of SimilarPair
        With whom the code is alike.
    n_pages : int
        Of the report, as far as it can be drawn.
    text : str
        Of a report that has no pages; empty for one that has.
    files : sequence of str
        Names of the files that were handed in.
    report_name : str
        Of the report; empty without one.
    """

    pictures: Sequence[WrongPicture]
    source: Sequence[SourceLine]
    n_lines_left_out: int
    pairs: Sequence[SimilarPair]
    n_pages: int
    text: str
    files: Sequence[str]
    report_name: str

    @property
    def has_report(self) -> bool:
        """Whether there is a report that can be shown."""
        return bool(self.n_pages or self.text)


class Desk:
    """The class that is being marked.

    Parameters
    ----------
    lab : Lab
        Whose class it is.
    folder : Path
        OUT.
    book : Book
        Its gradebook.
    reader : PdfReader
        Draws the pages of reports.
    """

    def __init__(self, lab: Lab, folder: Path, book: Book, reader: PdfReader) -> None:
        self.lab = lab
        self.folder = folder
        self.book = book
        self._reader = reader
        self._store = Store(folder)
        self._seen: tuple[int, ...] = ()

    @property
    def store(self) -> Store:
        """The class's folder as it is now: another command may be at work on it, and files are renamed into place."""
        seen = tuple(path.stat().st_mtime_ns for path in (self.folder, self.folder / "lines"))
        if seen != self._seen:
            self._store, self._seen = Store(self.folder), seen
        return self._store

    def reports(self, now: datetime) -> Sequence[Waiting]:
        """List all reports, with how far their marking is and who is at work on them."""
        book = self.book
        sheets, claimed = read_marks(book.url, book.name, book.rubric), claims.list_claims(book, now)
        lines = self.store.lines(book.rubric.late)
        return [
            _wait(line, sheets[line.person.key], claimed.get(line.person.key))
            for line in lines
            if line.person.key in sheets
        ]

    def line(self, key: str) -> Line:
        """Return a student's line; MarkRefused for somebody without one."""
        store = self.store
        line = store.line(key) if key in store.found().keys else None
        if line is None:
            raise MarkRefused(
                f"A mark must be for somebody who handed in; {key!r:.100} did not. Look them up on the list."
            )
        lateness = judge_lateness(self.book.rubric.late, line.submitted_at, line.person, store.granted())
        return replace(line, lateness=lateness)

    def waive(self, key: str, reason: str) -> Sheet:
        """Waive the penalty of somebody who is late, for a reason that they read; an empty one takes that back.

        Raises
        ------
        MarkRefused
            If they are not late, or the reason is too long.
        GraderError
            If another command is at work in the class's folder.
        """
        if self.line(key).lateness is None:
            raise MarkRefused(f"A penalty must be there to be waived; {key} is not late. Load the page again.")
        try:
            reason = check_reason(reason)
        except UsageError as exc:
            raise MarkRefused(f"{exc} Nothing was saved.") from exc
        with self.store.locked():
            self.store.keep_granted(self.store.granted().waive(key, reason))
        return self.book.read(key)

    def exhibit(self, key: str) -> Exhibit:
        """Lay out one submission; MarkRefused for somebody without one."""
        store, line = self.store, self.line(key)
        submission = open_kept(self.lab, store, key)
        report = self._load(line)
        n_pages = line.precheck.n_pages or 0
        # What has no pages to be drawn may be a document of another kind, with text.
        text = "" if n_pages else self._reader.render(submission.report, max_pages=1).text
        pairs = [pair for pair in store.pairs() if key in {pair.first, pair.second}]
        source = [] if submission.source is None else self._read_source(store, key, submission.source, pairs)
        wrong = [] if report is None else list_wrong_pictures(report.checks)
        marks = self._find_marks(line, report)
        return Exhibit(
            **vars(marks),
            pictures=[WrongPicture(case.name, self.lab.evidence.pictures(case.overlay)) for case in wrong],
            source=source[:MAX_SOURCE_LINES],
            n_lines_left_out=max(len(source) - MAX_SOURCE_LINES, 0),
            pairs=pairs,
            n_pages=n_pages,
            text=text,
            files=[name for name, _ in read_originals(store, key)],
            report_name=submission.handed.report_name.rpartition("/")[2] if submission.report is not None else "",
        )

    def marks(self, key: str) -> Marks:
        """Find what a submission has got, without opening it; MarkRefused for somebody without one."""
        line = self.line(key)
        return self._find_marks(line, self._load(line))

    def _load(self, line: Line) -> Report | None:
        return None if line.status is Status.NO_MARK else load_report(self.lab, self.store, line.person.key)

    def _find_marks(self, line: Line, report: Report | None) -> Marks:
        sheet, offered = self.book.read(line.person.key), defaultdict[str, list[BankComment]](list)
        for comment in list_comments(self.book):
            offered[comment.part].append(comment)
        return Marks(line, sheet, join(line, sheet), list_checks(self.book.rubric, line, report), offered)

    def give_nothing(self, key: str, saved: Saved) -> Sheet:
        """Give no points for what is open; MarkRefused where there is a report, which belies the reason given."""
        if self.exhibit(key).has_report:
            raise MarkRefused(
                f"There must be no report that can be shown where there is nothing to mark; {key} has one. Choose the "
                "levels of its parts."
            )
        return self.book.give_nothing(key, saved)

    def draw_page(self, key: str, number: int) -> bytes | None:
        """Draw one page of a report, counted from 1: a PNG or JPEG file; None where it cannot be drawn."""
        submission = open_kept(self.lab, self.store, self.line(key).person.key)
        pages = self._reader.render(submission.report, first=number - 1, max_pages=1, width_px=PAGE_WIDTH_PX)
        return pages.images[0] if pages.images else None

    def file(self, key: str, number: int) -> tuple[str, bytes]:
        """Return name and bytes of a file as it was handed in; MarkRefused if there are not so many, from 0 on."""
        files = read_originals(self.store, self.line(key).person.key)
        if number >= len(files):
            raise MarkRefused(f"A file must have been handed in to be looked at; {key} has {len(files)}.")
        return files[number]

    def report(self, key: str) -> tuple[str, bytes]:
        """Return name and bytes of the report; MarkRefused if there is none."""
        submission = open_kept(self.lab, self.store, self.line(key).person.key)
        if submission.report is None:
            raise MarkRefused(f"A report must have been handed in to be looked at; {key} has none.")
        return submission.handed.report_name.rpartition("/")[2], submission.report

    def results(self, key: str, audience: Audience) -> str:
        """Write the page of a student's results, with the marks as they are now."""
        line = self.line(key)
        if line.status is Status.NO_MARK:
            raise MarkRefused(f"Results must be there to be looked at; the grader gave {key} no mark: {line.reason}")
        return render_html(self.lab, load_report(self.lab, self.store, key), audience, join(line, self.book.read(key)))

    def class_page(self) -> str:
        """Write the class page with the marks as they are now."""
        store, book = self.store, self.book
        lines = store.lines(book.rubric.late)
        markings = read_markings(self.lab, book.rubric, lines, book.url)
        return render_class(self.lab, store, book.rubric, lines, markings, MARKING)

    def class_file(self, folder: str, name: str) -> bytes:
        """Read what the class page leads to; MarkRefused if it is not there. The names must be safe in a path."""
        try:
            return (self.folder / folder / name).read_bytes()
        except OSError as exc:
            raise MarkRefused(
                f"{folder}/{name} must be in OUT to be looked at; it is not. Load the list again."
            ) from exc

    def _read_source(self, store: Store, key: str, source: bytes, pairs: Sequence[SimilarPair]) -> Sequence[SourceLine]:
        """List the lines of the code, those marked that similar submissions have, too."""
        shared: set[int] = set()
        for pair in pairs[:MAX_PAIRS]:
            other = open_kept(self.lab, store, pair.second if pair.first == key else pair.first).source
            if other is not None:
                shared |= shared_lines(source, other, self.lab.template_bytes or b"")[0]
        return number_lines(source, shared)


def _wait(line: Line, sheet: Sheet, claimed: claims.Claim | None) -> Waiting:
    return Waiting(
        line.person.key,
        line.person.student_id or line.person.key,
        line.person.full_name,
        line.precheck.n_pages or 0,
        line.precheck.n_words or 0,
        add_code(line, join(line, sheet)),
        sheet.n_marked,
        len(sheet.parts),
        "" if claimed is None else claimed.by,
    )
