"""Pictures of crowds, pasted together from cut-outs, with the place of every head."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
import numpy.typing as npt

from estimation.density import picture_density
from estimation.methods.cutouts import Cutout, cut_people, draw_thing
from estimation.methods.people import FloatArray
from estimation.training.drawing.backgrounds import develop, draw_background

MOST_PEOPLE = 150
SHARE_WITHOUT_PEOPLE = 0.1
SMALLEST_PX = 32
"""Side of a picture."""

CELL_PX = 4
"""Side of the cells of a density map."""

_PICTURES_FROM_ONE_SET, _CUTOUTS_IN_A_SET = 50, 24
_MOST_THINGS = 24
_FARTHEST = 0.07
"""Body height of the smallest people, in sides of the picture."""

_TRIES = 6


@dataclass(frozen=True, eq=False)
class Crowds:
    """Pictures of which is known where everybody is.

    Attributes
    ----------
    pictures : ndarray of shape (n, S, S, 3) and dtype uint8
        RGB.
    heads : tuple of ndarray of shape (k, 2) and dtype float32
        For each picture ``(x, y)`` of the middle of each head, in its pixels and inside of it.
    """

    pictures: npt.NDArray[np.uint8]
    heads: tuple[FloatArray, ...]

    def __len__(self) -> int:
        """Count the pictures."""
        return len(self.pictures)

    @property
    def counts(self) -> npt.NDArray[np.int64]:
        """How many people there are in each picture: (n,)."""
        return np.array([len(heads) for heads in self.heads], np.int64)

    def of(self, rows: Sequence[int] | npt.NDArray[np.int64]) -> "Crowds":
        """Choose some of the pictures."""
        chosen = np.asarray(rows, np.int64)
        return Crowds(self.pictures[chosen], tuple(self.heads[row] for row in chosen.tolist()))

    def densities(self, cell_px: int) -> FloatArray:
        """Make the density maps, each person a normal distribution of one cell: (n, S / cell_px, S / cell_px)."""
        shape = self.pictures.shape[1:3]
        maps = [picture_density(heads, shape, cell_px=cell_px) for heads in self.heads]
        return np.asarray(maps, np.float32)

    def shrunk(self, size_px: int) -> "Crowds":
        """Shrink the pictures to another side."""
        before = self.pictures.shape[1]
        if size_px == before:
            return self
        pictures = [cv2.resize(picture, (size_px, size_px), interpolation=cv2.INTER_AREA) for picture in self.pictures]
        scale = size_px / before
        heads = tuple(np.asarray((heads + 0.5) * scale - 0.5, np.float32) for heads in self.heads)
        return Crowds(np.asarray(pictures, np.uint8), heads)


def make_crowds(count: int, size_px: int, *, seed: int, most: int = MOST_PEOPLE) -> Crowds:
    """Make pictures of crowds.

    Small people are far away and higher up, large ones near; nearer ones cover farther ones, and things stand between
    them. In a tenth of the pictures there is nobody: they have the same grounds and the same things.

    Parameters
    ----------
    count : int
        How many pictures, 1 or more.
    size_px : int
        Their side, at least 32.
    seed : int
        The same seed gives the same pictures, and of a larger count the first ones.
    most : int, optional
        How many people there are at most.

    Returns
    -------
    crowds : Crowds

    Raises
    ------
    ValueError
        If there would be no picture, it would be too small, or nobody could be in it.
    """
    if count < 1:
        raise ValueError(f"There must be at least one picture of a crowd; got {count!r}. Ask for more.")
    if size_px < SMALLEST_PX:
        raise ValueError(
            f"A picture of a crowd must be at least {SMALLEST_PX} px wide; got {size_px!r}. Ask for larger ones."
        )
    if not 1 <= most <= MOST_PEOPLE:
        raise ValueError(f"A crowd must have from 1 to {MOST_PEOPLE} people at most; got {most!r}.")
    pictures, heads = zip(*(_make_crowd(number, size_px, seed, most) for number in range(count)), strict=True)
    return Crowds(np.stack(pictures), heads)


def _make_crowd(number: int, size_px: int, seed: int, most: int) -> tuple[npt.NDArray[np.uint8], FloatArray]:
    people = _people_of(seed, number // _PICTURES_FROM_ONE_SET)
    # Three sources of chance: a picture of another size has the same people in the same places.
    placing, behind, finish = (np.random.default_rng((seed, number, stream)) for stream in range(3))
    n_people = 0 if placing.random() < SHARE_WITHOUT_PEOPLE else 1 + int(most * placing.random() ** 1.6)
    ground = _lay_ground(placing, n_people, size_px)
    background = draw_background(behind, size_px, size_px, ground.horizon_px)
    canvas = _Canvas(size_px)
    heads = list(_paste(placing, canvas, ground, people, n_people))
    scene = canvas.paint + canvas.free[..., None] * background
    return develop(finish, scene), np.array(heads, np.float32).reshape(-1, 2)


@lru_cache(maxsize=4)
def _people_of(seed: int, block: int) -> list[Cutout]:
    return cut_people(_CUTOUTS_IN_A_SET, seed=(seed, block))


@dataclass(frozen=True)
class _Ground:
    """A level ground seen from a person's height or above.

    Attributes
    ----------
    horizon_px : float
        Row at which bodies have no height.
    first_px, last_px : float
        The rows of the farthest and of the nearest feet; these may be below the picture.
    growth : float
        Body height in pixels for each row below the horizon.
    haze : ndarray of shape (3,)
        Colour of the air.
    haze_share : float
        How much of it lies before the farthest.
    middles_px : ndarray
        Around which columns people gather.
    """

    horizon_px: float
    first_px: float
    last_px: float
    growth: float
    haze: FloatArray
    haze_share: float
    middles_px: FloatArray

    def body_px(self, foot_row: float) -> float:
        """Give the height of a body whose feet are in a row."""
        return self.growth * (foot_row - self.horizon_px)


def _lay_ground(rng: np.random.Generator, n_people: int, size_px: int) -> _Ground:
    """Choose how people are seen; many people are seen from farther away."""
    horizon = rng.uniform(0.04, 0.45)
    crowding = n_people / MOST_PEOPLE
    nearest = rng.uniform(0.22, 0.6) * (1 - 0.5 * crowding)
    farthest = max(_FARTHEST, nearest * rng.uniform(0.15, 0.6))
    growth = nearest / (1 - horizon)
    return _Ground(
        horizon * size_px,
        (horizon + farthest / growth) * size_px,
        (1 + rng.uniform(0, 0.6) * nearest) * size_px,
        growth,
        rng.uniform(90, 230, 3).astype(np.float32),
        rng.uniform(0, 0.4),
        (rng.random(int(rng.integers(1, 6))) * size_px).astype(np.float32),
    )


class _Canvas:
    """A picture that is painted from the nearest to the farthest: what is pasted later is behind.

    Attributes
    ----------
    paint : ndarray of shape (S, S, 3)
    free : ndarray of shape (S, S)
        How much of what is behind is still to be seen.
    """

    def __init__(self, size_px: int) -> None:
        self.paint = np.zeros((size_px, size_px, 3), np.float32)
        self.free = np.ones((size_px, size_px), np.float32)

    def paste_behind(self, cutout: Cutout, left: int, top: int) -> None:
        """Paste a cut-out, as far as it is inside the picture."""
        height, width = cutout.paint.shape[:2]
        size_px = len(self.free)
        rows, columns = slice(max(top, 0), min(top + height, size_px)), slice(max(left, 0), min(left + width, size_px))
        if rows.start >= rows.stop or columns.start >= columns.stop:
            return
        part = cutout.paint[rows.start - top : rows.stop - top, columns.start - left : columns.stop - left]
        free = self.free[rows, columns]
        self.paint[rows, columns] += free[..., None] * part[..., :3]
        free *= 1 - part[..., 3]


def _paste(
    rng: np.random.Generator, canvas: _Canvas, ground: _Ground, people: list[Cutout], n_people: int
) -> Iterator[tuple[float, float]]:
    """Paste people and things; give the places of the heads, from the nearest to the farthest."""
    n_things = int(rng.integers(_MOST_THINGS + 1))
    is_thing = np.arange(n_people + n_things) >= n_people
    foot_rows = ground.first_px + (ground.last_px - ground.first_px) * rng.random(len(is_thing)) ** 0.8
    for number in np.argsort(-foot_rows, kind="stable").tolist():
        foot_row, body_px = float(foot_rows[number]), ground.body_px(float(foot_rows[number]))
        if is_thing[number]:
            whole, size = draw_thing(rng, people), body_px * rng.uniform(0.4, 1.2)
        else:
            whole, size = people[rng.integers(len(people))], body_px * rng.uniform(0.9, 1.08)
        cutout = whole.scaled(size, is_mirrored=rng.random() < 0.5)
        distance = 1 - body_px / ground.body_px(ground.last_px)
        cutout = cutout.coloured(np.exp(rng.normal(0, 0.1, 3)), ground.haze, ground.haze_share * distance)
        place = _find_place(rng, canvas, ground, cutout, foot_row)
        canvas.paste_behind(cutout, *place)
        if not is_thing[number]:
            yield place[0] + cutout.head[0], place[1] + cutout.head[1]


def _find_place(
    rng: np.random.Generator, canvas: _Canvas, ground: _Ground, cutout: Cutout, foot_row: float
) -> tuple[int, int]:
    """Choose a column whose head is not covered yet, if a few tries find one; give the left upper corner."""
    size_px = len(canvas.free)
    x, y = cutout.head
    last_left, last_top = int(size_px - 1 - x), int(size_px - 1 - y)
    top = min(max(round(foot_row) - len(cutout.paint), -int(y)), last_top)
    left = 0
    for _ in range(_TRIES):
        is_gathered = rng.random() < 0.5
        gathered = rng.choice(ground.middles_px) + rng.normal(0, 0.1) * size_px
        column = gathered if is_gathered else rng.random() * size_px
        left = min(max(round(float(column) - x), -int(x)), last_left)
        if canvas.free[round(top + y), round(left + x)] > 0.5:
            break
    return left, top
