"""What a reader is shown of a case of `merge`: rows and people as data, in words, as drawings, and over pictures."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from grader.harness.characters import cut, make_visible, pad, width, wrap
from grader.harness.evidence import Picture
from grader.harness.lab import REPOSITORY
from grader.harness.languages import Said, counted, said, tell
from grader.harness.results import Visibility
from grader.labs.merge.merge_case import MergeCase, Rows, as_rows
from grader.labs.merge.overlays import Overlay, Which, count_skeletons, draw_overlay, write_caption
from grader.labs.merge.pasting import MAX_PASTED_ROWS, read_python, write_python
from grader.labs.merge.stick_figures import draw_input, draw_people
from grader.labs.merge.wording import LIMB_HEADINGS, limb_cells, write_person

if TYPE_CHECKING:
    from jinja2 import Template

FOLDER = Path(__file__).resolve().parent

MAX_ROWS_KEPT = 40
"""So many rows of an input are kept for the report: it may be of any length."""

MAX_SHRUNK_ROWS_KEPT = 200
"""The same of an input that stands in no case file, and of which a reader therefore needs all."""

MAX_PEOPLE_KEPT = 20
"""So many people of each answer are kept beside an input."""

MAX_ROWS, MAX_PEOPLE = 12, 6
"""So many rows of an input, and people of an answer, are written in text, and on a page without opening more."""

MAX_BRIEF_PEOPLE = 3
"""So many people of an answer are written where there is one screen for all."""

MAX_PAGE_ROWS, MAX_PAGE_PEOPLE = 40, 12
"""So many of them a page has at all."""

_CELL = 28
_GOT = said("Got:")
_FOUND_IN = re.compile(r"case '(.+)' in (.*/([^/]+)\.json)")


@dataclass(frozen=True)
class MergeEvidence:
    """What a reader needs to see a failure: the call, the answer that was right, the answer that was given.

    Attributes
    ----------
    rows : ndarray of shape (n, 20) and dtype float64
        The input.
    call : str
        The call as Python: ``"merge(subset, min_score=0.5)"``.
    expected : ndarray of shape (m, 20) and dtype float64
        A right answer: the only one without conflicts, the reference's with conflicts.
    answer : ndarray of shape (k, 20) and dtype float64, or None
        The student's; None when there was none that could be read.
    is_only_answer : bool
        Whether `expected` is the only right answer.
    is_shrunk : bool
        Whether the input was made as small as one that still fails can be.
    n_left_out, n_expected_left_out, n_answer_left_out : int
        How many rows of a long input are not among `rows`, and how many people not in the answers, from 0.
    found_in : str
        Where students find a published input: ``"case 'chain' in grader/labs/merge/cases/public/gaps.json"``; empty
        for one that stands nowhere.
    """

    rows: Rows
    call: str
    expected: Rows
    answer: Rows | None
    is_only_answer: bool = True
    is_shrunk: bool = False
    n_left_out: int = 0
    n_expected_left_out: int = 0
    n_answer_left_out: int = 0
    found_in: str = ""

    @property
    def n_rows(self) -> int:
        """Count the rows of the input, those that are left out as well."""
        return len(self.rows) + self.n_left_out

    def __post_init__(self) -> None:
        """Refuse arrays of another shape, and a number of rows that is none: evidence is read from files, too."""
        for number in (self.n_left_out, self.n_expected_left_out, self.n_answer_left_out):
            if number < 0:
                raise ValueError(f"The number of rows left out must be from 0 on; got {number}.")
        for name in ("rows", "expected", *(["answer"] if self.answer is not None else [])):
            object.__setattr__(self, name, as_rows(getattr(self, name)))


class MergeEvidenceKind:
    """Shows rows as tables, people as sentences, both as stick figures.

    Parameters
    ----------
    images : Path
        Folder of the pictures that overlays name. A missing picture is told.
    """

    record: type = MergeEvidence
    overlay: type | None = Overlay
    style = (FOLDER / "evidence.css").read_text(encoding="utf-8")
    pictures_say: str = said(
        "On the left the reference's skeletons, on the right those of this merge. A score is the share of labelled "
        "keypoints found."
    )

    def __init__(self, images: Path) -> None:
        self._images = images

    def collect(self, case: MergeCase, answer: Rows | None, *, is_shrunk: bool) -> MergeEvidence:
        """Keep the call and both answers."""
        rows = case.rows[: MAX_SHRUNK_ROWS_KEPT if is_shrunk else MAX_ROWS_KEPT]
        expected, kept = case.expected[:MAX_PEOPLE_KEPT], None if answer is None else answer[:MAX_PEOPLE_KEPT]
        return MergeEvidence(
            rows,
            case.call,
            expected,
            kept,
            case.is_only_answer,
            is_shrunk,
            len(case.rows) - len(rows),
            len(case.expected) - len(expected),
            0 if answer is None or kept is None else len(answer) - len(kept),
            "" if is_shrunk or case.visibility is Visibility.HIDDEN else f"case {case.name!r} in {_file_of(case)}",
        )

    def size(self, evidence: MergeEvidence) -> int:
        """Count the rows of the input."""
        return evidence.n_rows

    def write(self, evidence: MergeEvidence, n_columns: int) -> list[str]:
        """Write the input as a table of limbs, and the people of both answers."""
        heading = counted("Input, {n} row:", "Input, {n} rows:", evidence.n_rows)
        if evidence.is_shrunk:
            heading = counted(
                "Input, {n} row, the smallest that fails:", "Input, {n} rows, the smallest that fails:", evidence.n_rows
            )
        got = [tell(said("Got: no answer that could be read"))]
        if evidence.answer is not None:
            got = [tell(_GOT), *_write_people(evidence.answer, evidence.n_answer_left_out, n_columns)]
        return [
            tell(heading),
            *_write_rows(evidence, n_columns),
            *wrap(tell(said("Call: {call}", call=evidence.call)), n_columns),
            *_write_source(evidence, n_columns),
            _write_expected(evidence),
            *_write_people(evidence.expected, evidence.n_expected_left_out, n_columns),
            *got,
        ]

    def write_briefly(self, evidence: MergeEvidence, n_columns: int, n_lines: int) -> list[str]:
        """Write the input as Python, out of its case file where there is no room, and some people of both answers."""
        people = evidence.expected[:MAX_BRIEF_PEOPLE]
        n_more = len(evidence.expected) - len(people) + evidence.n_expected_left_out
        answers = [_write_expected(evidence), *_write_people(people, n_more, n_columns)]
        if evidence.answer is not None:
            people = evidence.answer[:MAX_BRIEF_PEOPLE]
            n_more = len(evidence.answer) - len(people) + evidence.n_answer_left_out
            answers += [tell(_GOT), *_write_people(people, n_more, n_columns)]
        lines = _lines_to_paste(evidence, n_columns - 2)
        if not lines or len(lines) + 1 + len(answers) > n_lines:
            lines = _lines_from_file(evidence) or lines
        heading = tell(said("To paste into Python, in this folder:"))
        return [heading, *(f"  {line}" for line in lines), *answers]

    def draw(self, evidence: MergeEvidence) -> str:
        """Draw input and answers as stick figures beside their tables."""
        return _template().render(evidence=evidence)

    def pictures(self, overlay: Overlay) -> Sequence[Picture]:
        """Draw the reference's skeletons and the student's over the picture."""
        n_answered = len(overlay.answer) + overlay.n_left_out
        sides: list[tuple[Which, Said, Said, Said, float]] = [
            (
                "expected",
                said("Reference"),
                said("reference"),
                count_skeletons(len(overlay.expected)),
                overlay.expected_score,
            ),
            ("answer", said("This merge"), said("this merge"), count_skeletons(n_answered), overlay.score),
        ]
        return [
            Picture(
                draw_overlay(self._images / overlay.picture, overlay, which) or b"",
                tell(
                    said(
                        "{picture}: {side}, {skeletons}",
                        picture=overlay.picture,
                        side=side,
                        skeletons=found,
                    )
                ),
                write_caption(name, score, found, overlay, is_answer=which == "answer"),
            )
            for which, name, side, found, score in sides
        ]


def _write_expected(evidence: MergeEvidence) -> str:
    if evidence.is_only_answer:
        return tell(said("Expected (the only right answer):"))
    return tell(said("Expected (one right answer; others may be right, too):"))


def _file_of(case: MergeCase) -> str:
    """Name the case file as students have it."""
    return f"{FOLDER.relative_to(REPOSITORY).as_posix()}/cases/{case.visibility}/{case.check}.json"


def _lines_to_paste(evidence: MergeEvidence, n_columns: int) -> list[str]:
    """Write the input as Python, if it is small enough."""
    if evidence.n_left_out or (len(evidence.rows) > MAX_PASTED_ROWS and not evidence.is_shrunk):
        return []
    return write_python(evidence.rows, make_visible(evidence.call), n_columns)


def _write_source(evidence: MergeEvidence, n_columns: int) -> list[str]:
    """Say how a reader gets the whole input: as lines of Python, or out of a case file."""
    if lines := _lines_to_paste(evidence, n_columns - 2) or _lines_from_file(evidence):
        heading = tell(said("To paste into Python, in the folder of the handout:"))
        return [heading, *(f"  {line}" for line in lines)]
    return wrap(_say_where(evidence), n_columns)


def _lines_from_file(evidence: MergeEvidence) -> list[str]:
    """Write Python that reads a published input from its case file."""
    published = _FOUND_IN.fullmatch(evidence.found_in)
    return read_python(published[3], published[1], make_visible(evidence.call)) if published else []


def _say_where(evidence: MergeEvidence) -> str:
    if not (published := _FOUND_IN.fullmatch(evidence.found_in)):
        return tell(said("The whole input is {place}.", place=evidence.found_in)) if evidence.found_in else ""
    return tell(said("The whole input is case {name} in {file}.", name=f"'{published[1]}'", file=published[2]))


def _write_rows(evidence: MergeEvidence, n_columns: int) -> list[str]:
    headings = list(map(tell, LIMB_HEADINGS))
    cells = [[cut(cell, _CELL) for cell in line] for line in (headings, *limb_cells(evidence.rows[:MAX_ROWS]))]
    widths = [max(width(line[column]) for line in cells) for column in range(len(LIMB_HEADINGS))]
    lines = []
    for line in cells:
        padded = (pad(cell, widths[k], right=k in (1, 3, 4)) for k, cell in enumerate(line))
        lines.append(cut(f"  {'  '.join(padded)}".rstrip(), n_columns))
    n_more = evidence.n_rows - MAX_ROWS
    more = tell(counted("(and {n} more row)", "(and {n} more rows)", n_more))
    return [
        *lines,
        *([f"  {more}"] if n_more > 0 else []),
    ]


def _write_people(people: Rows, n_left_out: int, n_columns: int) -> list[str]:
    if not len(people):
        return ["  " + tell(said("nobody"))]
    shown = people[:MAX_PEOPLE]
    lines = [line for person in shown for line in wrap(write_person(person), n_columns, "  ")]
    n_more = len(people) - len(shown) + n_left_out
    more = tell(said("(and {more} more)", more=f"{n_more:,}"))
    return [*lines, *([f"  {more}"] if n_more > 0 else [])]


@cache
def _template() -> "Template":
    """Make it once a process: the template is compiled when it is first used."""
    from markupsafe import Markup

    from grader.harness.report.html import make_environment

    environment = make_environment(FOLDER)
    environment.filters.update(
        limb_cells=limb_cells,
        people=lambda rows: list(map(write_person, rows)),
        lines_to_paste=lambda evidence: _lines_to_paste(evidence, 96),
        say_where=_say_where,
        # The drawings are built of our own words and of numbers alone, and escape both.
        draw_input=lambda rows: Markup(draw_input(rows)),  # noqa: S704
        draw_people=lambda rows, n_left_out: Markup(draw_people(rows, n_left_out)),  # noqa: S704
    )
    environment.globals.update(
        limb_headings=LIMB_HEADINGS,
        n_rows=MAX_ROWS,
        max_rows=MAX_PAGE_ROWS,
        n_people=MAX_PEOPLE,
        max_people=MAX_PAGE_PEOPLE,
    )
    return environment.get_template("evidence.html.j2")
