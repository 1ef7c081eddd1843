"""What a reader is shown of a wrong answer: the call, both answers, and, where they are maps, both drawn.

Of a large answer the map and the window are kept that hold the first cell that differs: a class has many of them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from grader.harness.cases import Case
from grader.harness.characters import pad, width, wrap
from grader.harness.evidence import ArrayEvidence, ArrayRecord, Picture
from grader.harness.lab import REPOSITORY
from grader.harness.languages import Said, counted, tell
from grader.harness.results import Visibility
from grader.labs.maps.compare import find_first_other, lay_out
from grader.labs.maps.map_drawings import draw_map, find_range, write_letters
from grader.labs.maps.wording import show, write_cell, write_number

if TYPE_CHECKING:
    from jinja2 import Template

FOLDER = Path(__file__).resolve().parent
Array = npt.NDArray[np.float64]

MAX_SIDE = 24
"""So many rows and columns of a map are drawn."""

MAX_TEXT_ROWS = 12
"""So many rows of it are written as letters."""

LEAST_SHOWN = 1e-4
"""A difference below this is none that a reader would see."""

_GAP = 3
_SIDES = ("expected", "got", "difference")


@dataclass(frozen=True)
class MapPair:
    """One map of both answers, or a window of it.

    Attributes
    ----------
    of : str
        Which map it is, as Python indexes it: ``"answer[2]"``.
    top, left : int
        Row and column of the window's first cell.
    rows, columns : int
        Of the whole map.
    expected, got : ndarray of shape (window rows, window columns) and dtype float64
        The cells.
    """

    of: str
    top: int
    left: int
    rows: int
    columns: int
    expected: Array
    got: Array

    def __post_init__(self) -> None:
        """Refuse what cannot be drawn: evidence is read from files, too."""
        shapes = {self.expected.shape, self.got.shape}
        (shape,) = shapes if len(shapes) == 1 else [()]
        if len(shape) != 2 or not all(0 < side <= MAX_SIDE for side in shape):
            raise ValueError(
                f"Two maps of one shape, at most {MAX_SIDE} cells on a side, can be drawn; got {self.expected.shape} "
                f"and {self.got.shape}."
            )

    @property
    def where(self) -> Said:
        """Say which cells are drawn."""
        if self.expected.shape == (self.rows, self.columns):
            return show("map", of=self.of, rows=self.rows, columns=self.columns)
        bottom, right = self.top + self.expected.shape[0], self.left + self.expected.shape[1]
        window = {"top": self.top, "bottom": bottom, "left": self.left, "right": right}
        return show("window", of=self.of, rows=self.rows, columns=self.columns, **window)


@dataclass(frozen=True)
class MapsEvidence:
    """A wrong answer.

    Attributes
    ----------
    arrays : ArrayRecord
        The call and both answers in numbers.
    first : str
        Where they differ first, with both numbers; empty where they cannot be compared.
    maps : MapPair or None
        Both drawn; None where the answer is no map.
    found_in : str
        Where students find a published input; empty for one that stands nowhere.
    """

    arrays: ArrayRecord
    first: str = ""
    maps: MapPair | None = None
    found_in: str = ""


class MapsEvidenceKind:
    """Shows calls as Python, answers as numbers, and maps as maps beside each other with their difference."""

    record: type = MapsEvidence
    overlay: type | None = None
    style = (FOLDER / "evidence.css").read_text(encoding="utf-8")
    pictures_say = ""

    def __init__(self) -> None:
        self._arrays = ArrayEvidence()

    def collect(self, case: Case, answer: Array | None, *, is_shrunk: bool) -> MapsEvidence:
        """Keep the call, both answers, and the map in which they differ first."""
        arrays = self._arrays.collect(case, answer, is_shrunk=is_shrunk)
        is_listed = not is_shrunk and case.visibility is not Visibility.HIDDEN
        found_in = show("found_in", name=repr(case.name), file=_file_of(case)) if is_listed else ""
        expected = np.asarray(case.expected)
        laid = None if answer is None else lay_out(answer, expected.shape)
        cell = None if laid is None else find_first_other(laid, expected, LEAST_SHOWN)
        if laid is None or cell is None:
            return MapsEvidence(arrays, found_in=found_in)
        numbers = {"expected": write_number(expected[cell]), "got": write_number(laid[cell])}
        first = show("place", cell=write_cell(cell), **numbers)
        is_map = case.function in {"heatmaps", "softargmax_gradient", "density"}
        return MapsEvidence(arrays, first if cell else "", _cut_out(expected, laid, cell) if is_map else None, found_in)

    def size(self, evidence: MapsEvidence) -> int:
        """Count the numbers that were given."""
        return evidence.arrays.n_numbers

    def write(self, evidence: MapsEvidence, n_columns: int) -> list[str]:
        """Write where both answers differ first, the maps as letters, the call to paste, and both answers."""
        first = wrap(tell(show("first", place=evidence.first)), n_columns) if evidence.first else []
        source = wrap(tell(show("whole", found_in=evidence.found_in)), n_columns) if evidence.found_in else []
        drawn = [] if evidence.maps is None else _write_maps(evidence.maps, n_columns)
        return [*first, *drawn, *self._arrays.write(evidence.arrays, n_columns), *source]

    def write_briefly(self, evidence: MapsEvidence, n_columns: int, n_lines: int) -> list[str]:
        """Write where the answers differ first, then as much of the rest as there is room for."""
        first = [tell(show("first_briefly", place=evidence.first))] if evidence.first else []
        lines = [*first, *self._arrays.write_briefly(evidence.arrays, n_columns, n_lines)]
        drawn = [] if evidence.maps is None else _write_maps(evidence.maps, n_columns)
        return [*lines, *drawn] if len(lines) + len(drawn) <= n_lines else lines

    def draw(self, evidence: MapsEvidence) -> str:
        """Draw both maps and their difference above the numbers."""
        return _template().render(evidence=evidence, numbers=self._arrays.draw(evidence.arrays))

    def pictures(self, overlay: Any) -> Sequence[Picture]:  # noqa: ANN401, ARG002 - there are none
        """Draw nothing: the lab has no pictures."""
        return ()


def _file_of(case: Case) -> str:
    """Name the case file as students have it."""
    return f"{FOLDER.relative_to(REPOSITORY).as_posix()}/cases/{case.visibility}/{case.check}.json"


def _cut_out(expected: Array, got: Array, cell: tuple[int, ...]) -> MapPair:
    """Cut out of both answers the map and the window that hold a cell."""
    of = "answer"
    if expected.ndim == 3:
        of, expected, got = f"answer[{cell[0]}]", expected[cell[0]], got[cell[0]]
    rows, columns = expected.shape
    top, left = (
        max(0, min(place - MAX_SIDE // 2, side - MAX_SIDE))
        for place, side in zip(cell[-2:], (rows, columns), strict=True)
    )
    window = (slice(top, top + MAX_SIDE), slice(left, left + MAX_SIDE))
    return MapPair(of, top, left, rows, columns, expected[window], got[window])


def _difference(maps: MapPair) -> Array:
    with np.errstate(all="ignore"):
        return np.asarray(maps.got - maps.expected)


def _write_maps(maps: MapPair, n_columns: int) -> list[str]:
    """Write both maps and their difference beside each other, as letters."""
    low, high = find_range([maps.expected, maps.got])
    difference = np.abs(_difference(maps))
    _, most = find_range([difference])
    parts = [
        write_letters(maps.expected, low, high),
        write_letters(maps.got, low, high),
        write_letters(difference, 0.0, most),
    ]
    headings = [tell(show(side)).lower() for side in _SIDES]
    n_letters = max(len(parts[0][0]), *map(width, headings))
    if 3 * n_letters + 2 * _GAP > n_columns - 2:
        return []
    lines = [
        "".join(pad(text, n_letters + _GAP) for text in row).rstrip() for row in [headings, *zip(*parts, strict=True)]
    ]
    n_more = len(lines) - 1 - MAX_TEXT_ROWS
    more = ["  " + tell(counted("(and {n} more row)", "(and {n} more rows)", n_more))] if n_more > 0 else []
    kind = "letters" if np.isfinite(maps.got).all() else "letters_no_number"
    scale = show(kind, low=f"{low:.3g}", high=f"{high:.3g}")
    return [
        tell(show("drawn", where=maps.where, scale=scale)),
        *(f"  {line}" for line in lines[: 1 + MAX_TEXT_ROWS]),
        *more,
    ]


def _draw_maps(maps: MapPair) -> list[dict[str, Any]]:
    """Draw both maps and their difference, each with its heading and what a screen reader says."""
    low, high = find_range([maps.expected, maps.got])
    difference = _difference(maps)
    _, most = find_range([np.abs(difference)])
    scale = show("colours", low=f"{low:.3g}", high=f"{high:.3g}")
    # Cells large enough to be seen, the same in all three.
    width_px = maps.expected.shape[1] * max(4, 168 // max(maps.expected.shape))
    parts = {
        "expected": (draw_map(maps.expected, low, high), scale),
        "got": (draw_map(maps.got, low, high), scale),
        "difference": (
            draw_map(difference, -most, most, is_difference=True),
            show("difference_colours", most=f"{most:.3g}"),
        ),
    }
    return [
        {
            "title": tell(show(side)),
            "image": image,
            "scale": tell(scale),
            "alt": tell(show("alt", title=show(side), where=maps.where, scale=scale)),
            "width_px": width_px,
        }
        for side, (image, scale) in parts.items()
    ]


def _say(kind: str, **names: str) -> str:
    return tell(show(kind, **names))


@cache
def _template() -> "Template":
    """Make it once a process: the template is compiled when it is first used."""
    from markupsafe import Markup

    from grader.harness.report.html import make_environment

    environment = make_environment(FOLDER)
    # Numbers in a <pre>, which the harness has escaped.
    environment.filters.update(draw_maps=_draw_maps, as_markup=Markup, say=_say)
    return environment.get_template("evidence.html.j2")
