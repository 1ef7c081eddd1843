"""What a reader is shown of a case of `merge`: rows and people as data, in words, as drawings, and over pictures."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from grader.harness.characters import count, cut, pad, width, wrap
from grader.harness.evidence import Picture
from grader.labs.merge.merge_case import LabelledPicture, MergeCase, Rows, as_rows
from grader.labs.merge.overlays import Overlay, Which, draw_overlay
from grader.labs.merge.stick_figures import draw_input, draw_people
from grader.labs.merge.wording import LIMB_HEADINGS, limb_cells, write_person

if TYPE_CHECKING:
    from jinja2 import Template

FOLDER = Path(__file__).resolve().parent

MAX_ROWS_KEPT = 200
"""So many rows of a wrong answer are kept for the report: an answer may be of any length."""

MAX_ROWS, MAX_PEOPLE = 12, 6
"""So many rows of an input, and people of an answer, are written in text."""

MAX_PAGE_ROWS, MAX_PAGE_PEOPLE = 40, 12
"""The same for a page."""

_CELL = 28


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
    """

    rows: Rows
    call: str
    expected: Rows
    answer: Rows | None
    is_only_answer: bool = True
    is_shrunk: bool = False

    def __post_init__(self) -> None:
        """Refuse arrays of another shape: evidence is read from files, too."""
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
    pictures_say = (
        "On the left the reference's skeletons, on the right those of this merge. A score is the share of labelled "
        "keypoints found."
    )

    def __init__(self, images: Path) -> None:
        self._images = images

    def collect(self, case: MergeCase, answer: Rows | None, *, is_shrunk: bool) -> MergeEvidence:
        """Keep the call and both answers."""
        kept = None if answer is None else answer[:MAX_ROWS_KEPT]
        return MergeEvidence(case.rows, case.call, case.expected, kept, case.is_only_answer, is_shrunk)

    def size(self, evidence: MergeEvidence) -> int:
        """Count the rows of the input."""
        return len(evidence.rows)

    def write(self, evidence: MergeEvidence, n_columns: int) -> list[str]:
        """Write the input as a table of limbs, and the people of both answers."""
        smallest = ", the smallest that fails" if evidence.is_shrunk else ""
        only = "the only right answer" if evidence.is_only_answer else "one right answer; others may be right, too"
        got = ["Got: no answer that could be read"]
        if evidence.answer is not None:
            got = ["Got:", *_write_people(evidence.answer, n_columns)]
        return [
            f"Input, {count(len(evidence.rows), 'row')}{smallest}:",
            *_write_rows(evidence.rows, n_columns),
            *wrap(f"Call: {evidence.call}", n_columns),
            f"Expected ({only}):",
            *_write_people(evidence.expected, n_columns),
            *got,
        ]

    def draw(self, evidence: MergeEvidence) -> str:
        """Draw input and answers as stick figures beside their tables."""
        return _template().render(evidence=evidence)

    def pictures(self, overlay: Overlay) -> Sequence[Picture]:
        """Draw the reference's skeletons and the student's over the picture."""
        sides: list[tuple[Which, str, Rows, float]] = [
            ("expected", "Reference", overlay.expected, overlay.expected_score),
            ("answer", "This merge", overlay.answer, overlay.score),
        ]
        return [
            Picture(
                draw_overlay(self._images / overlay.picture, overlay, which) or b"",
                f"{overlay.picture}: {name.lower()}, {count(len(people), 'skeleton')}",
                f"{name}: {100 * score:.1f} %, {count(len(people), 'skeleton')}",
            )
            for which, name, people, score in sides
        ]


def make_overlay(labelled: LabelledPicture, case: MergeCase, answer: Rows, score: float) -> Overlay:
    """Keep what is drawn over a picture."""
    return Overlay(labelled.picture, labelled.keypoints, case.expected, answer, score, labelled.expected_score)


def _write_rows(rows: Rows, n_columns: int) -> list[str]:
    cells = [[cut(cell, _CELL) for cell in line] for line in (LIMB_HEADINGS, *limb_cells(rows[:MAX_ROWS]))]
    widths = [max(width(line[column]) for line in cells) for column in range(len(LIMB_HEADINGS))]
    lines = []
    for line in cells:
        padded = (pad(cell, widths[k], right=k in (1, 3, 4)) for k, cell in enumerate(line))
        lines.append(cut(f"  {'  '.join(padded)}".rstrip(), n_columns))
    return [*lines, *_more(len(rows) - MAX_ROWS, "more row")]


def _write_people(people: Rows, n_columns: int) -> list[str]:
    if not len(people):
        return ["  nobody"]
    lines = [line for person in people[:MAX_PEOPLE] for line in wrap(write_person(person), n_columns, "  ")]
    return [*lines, *_more(len(people) - MAX_PEOPLE)]


def _more(number: int, noun: str = "") -> list[str]:
    words = count(number, noun) if noun else f"{number:,} more"
    return [f"  (and {words})"] if number > 0 else []


@cache
def _template() -> "Template":
    """Make it once a process: the template is compiled when it is first used."""
    from markupsafe import Markup

    from grader.harness.report.html import make_environment

    environment = make_environment(FOLDER)
    environment.filters.update(
        limb_cells=lambda rows: limb_cells(rows[:MAX_PAGE_ROWS]),
        people=lambda rows: [write_person(row) for row in rows[:MAX_PAGE_PEOPLE]],
        # The drawings are built of our own words and of numbers alone, and escape both.
        draw_input=lambda rows: Markup(draw_input(rows)),  # noqa: S704
        draw_people=lambda rows: Markup(draw_people(rows)),  # noqa: S704
    )
    environment.globals.update(limb_headings=LIMB_HEADINGS, max_rows=MAX_PAGE_ROWS, max_people=MAX_PAGE_PEOPLE)
    return environment.get_template("evidence.html.j2")
