"""Two submissions that look alike, side by side on a page of their own, the lines that they share marked.

For the staff; says nothing about who copied. Nothing is loaded and nothing runs on it; all text is strangers'.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from grader.harness.batch.found import Person
from grader.harness.batch.records import SimilarPair
from grader.harness.batch.similarity import shared_lines, split_lines
from grader.harness.characters import cut, make_visible, one_line
from grader.harness.lab import Lab
from grader.harness.report.html import make_environment, read_style

FOLDER = Path(__file__).resolve().parent

MAX_LINES = 1500
"""So many lines of a source are shown; the others are counted."""

MAX_COLUMNS = 200
"""So many columns of a line."""

MAX_NAME = 60


@dataclass(frozen=True)
class SourceLine:
    """One line of a source: its number in the file, its text, and whether a similar source has it, too."""

    number: int
    text: str
    is_shared: bool


@dataclass(frozen=True)
class _Side:
    """One of the two."""

    person: Person
    share: float
    lines: Sequence[SourceLine]
    n_lines: int
    n_shared: int

    @property
    def label(self) -> str:
        return cut(one_line(self.person.student_id or self.person.key), MAX_NAME)

    @property
    def name(self) -> str:
        return cut(one_line(self.person.full_name), MAX_NAME)

    @property
    def n_more(self) -> int:
        return self.n_lines - len(self.lines)


def page_name(pair: SimilarPair) -> str:
    """Name the page of a pair, in ``pairs/``."""
    return f"{pair.first}--{pair.second}.html"


def render_pair(
    lab: Lab, pair: SimilarPair, people: tuple[Person, Person], sources: tuple[bytes, bytes], template: bytes
) -> str:
    """Write the page of a pair.

    Parameters
    ----------
    lab : Lab
        Whose class it is.
    pair : SimilarPair
        Who is alike, and by how much.
    people : tuple of Person
        The first and the second.
    sources : tuple of bytes
        Their code, as it was handed in.
    template : bytes
        What all were given, which is not marked.

    Returns
    -------
    page : str
        Can be written as UTF-8; the same input gives the same text. At most `MAX_LINES` of each source are on it.
    """
    shared = shared_lines(*sources, template)
    shares = (pair.share_first, pair.share_second)
    sides = [_look(*one) for one in zip(people, shares, sources, shared, strict=True)]
    environment = make_environment(FOLDER)
    environment.globals.update(pair_css=read_style(FOLDER / "pair_page.css"))
    return environment.get_template("pair_page.html.j2").render(lab=lab, sides=sides)


def number_lines(source: bytes, shared: Collection[int]) -> Sequence[SourceLine]:
    """List the lines of a source as they are shown: visible, cut at `MAX_COLUMNS`, those in `shared` marked."""
    return [SourceLine(number, _show(line), number in shared) for number, line in enumerate(split_lines(source), 1)]


def _look(person: Person, share: float, source: bytes, shared: set[int]) -> _Side:
    lines = number_lines(source, shared)
    return _Side(person, share, lines[:MAX_LINES], len(lines), len(shared))


def _show(line: str) -> str:
    return cut(make_visible(line[: 2 * MAX_COLUMNS].expandtabs(8)).replace("\n", " "), MAX_COLUMNS)
