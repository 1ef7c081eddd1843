"""Which squares a step of training sees: pictures, and numbers that say what becomes of them inside the step.

Everything here is chosen by chance, and nothing computed that costs time: `estimation.training.augmentation` does
that, on the processor or the GPU that trains.
"""

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from estimation.config import MIRRORED, N_PARTS
from estimation.training.dataset import Example
from estimation.training.photographs import Photograph
from estimation.training.recipes import Recipe

SMALLEST_PERSON_PX = 40
LARGEST_PERSON_SQUARES = 1.6
LARGEST_TURN_DEGREES = 40.0
CUT_OUT_SHARE = 0.25

_MIRRORED_PARTS = list(MIRRORED[:N_PARTS])
_NOWHERE = -1e6  # a box that holds no pixel

Batch = dict[str, npt.NDArray[Any]]
"""What one step reads, by name:

``pictures`` (n, H, W, 3) uint8, each in the upper left corner, and their sizes ``sides`` (n, 2), width and height;
``warps`` (n, 2, 3), from square to picture; ``frames`` (n, 3), the colour around pictures, 0 to 1;
``colours`` (n, 8), as `draw_colours` explains; ``cutouts`` (n, 4), left, top, right, bottom in pixels of the square,
and ``patches`` (n, 3), their colours; ``points`` (n, P, 18, 2) in pixels of the square and ``labelled`` (n, P, 18);
``boxes`` (n, P, 4) and ``ignored`` (n, Q, 4), left, top, right, bottom in pixels of the picture; ``is_complete`` (n,);
``shares`` (n,), the teacher's share where labels speak; ``grid`` (S,), the numbers of the square's columns, for its
size; ``emphasis`` and ``hint``, one number each. All but the pictures are float32.
"""

FloatArray = npt.NDArray[np.float32]


@dataclass(frozen=True)
class BatchMaker:
    """Makes the batch of a step from its number alone, in any order and on any thread.

    Attributes
    ----------
    pools : sequence of sequence of Photograph
        Rendered pictures first, then photographs. Each picture of a batch comes from pool ``i`` with probability
        ``recipe.shares[i]``; the share of an empty pool goes to the others.
    recipe : Recipe
    seed : int

    Raises
    ------
    ValueError
        If no pool with a share holds pictures.
    """

    pools: Sequence[Sequence[Photograph]]
    recipe: Recipe
    seed: int

    def __post_init__(self) -> None:
        if not self._shares.any():
            raise ValueError(
                f"Batches must have pictures to draw from; got pools of {[len(pool) for pool in self.pools]} pictures, "
                f"and shares of them of {list(self.recipe.shares)}. Name photographs with --photos, "
                "or raise --rendered."
            )

    @property
    def _shares(self) -> npt.NDArray[np.float64]:
        pairs = zip(self.recipe.shares, self.pools, strict=True)
        return np.array([share if pool else 0.0 for share, pool in pairs])

    def __call__(self, step: int) -> Batch:
        """Make the batch of a step."""
        rng = np.random.default_rng((self.seed, step))
        squares = self.recipe.squares_at(step)
        pools = rng.choice(len(self.pools), size=squares.batch, p=self._shares / self._shares.sum()).tolist()
        chosen = [self.pools[pool][int(rng.integers(len(self.pools[pool])))] for pool in pools]
        shares = [self._teachers_share(pool, photograph) for pool, photograph in zip(pools, chosen, strict=True)]
        numbers = {"emphasis": self.recipe.emphasis_at(step), "hint": self.recipe.hint_at(step)}
        return make_batch(chosen, shares, squares.size_px, rng, self._room) | {
            name: np.array(number, np.float32) for name, number in numbers.items()
        }

    def _teachers_share(self, pool: int, photograph: Photograph) -> float:
        """Labels that lack faces are a crowd's, often on the wrong side: there the teacher's word stands alone."""
        if pool == 0:
            return 0.0
        return self.recipe.mix if photograph.example.has_faces else 1.0

    @functools.cached_property
    def _room(self) -> "Room":
        return Room.of([photograph for pool in self.pools for photograph in pool])


class Room(NamedTuple):
    """What the arrays of a batch have room for: then all batches of a size have one shape."""

    side_px: int
    n_persons: int
    n_ignored: int

    @classmethod
    def of(cls, photographs: Sequence[Photograph]) -> "Room":
        """Find the longest side, the most people and the most ignored boxes."""
        examples = [photograph.example for photograph in photographs]
        return cls(
            max(max(photograph.picture.shape[:2]) for photograph in photographs),
            max(1, *(len(example.boxes) for example in examples)),
            max(1, *(len(example.ignored_boxes) for example in examples)),
        )


def make_batch(
    chosen: Sequence[Photograph], shares: Sequence[float], size_px: int, rng: np.random.Generator, room: Room
) -> Batch:
    """Choose what becomes of pictures.

    Parameters
    ----------
    chosen : sequence of Photograph
    shares : sequence of float
        For each of them the teacher's share where labels speak.
    size_px : int
        Side of the squares.
    rng : numpy.random.Generator
        Chooses everything; the same state gives the same batch.
    room : Room
        For all of `chosen`.

    Returns
    -------
    batch : dict of str to ndarray
        As `Batch` explains, but for ``emphasis`` and ``hint``.
    """
    n = len(chosen)
    batch: Batch = {
        "pictures": np.zeros((n, room.side_px, room.side_px, 3), np.uint8),
        "sides": np.array([photograph.picture.shape[1::-1] for photograph in chosen], np.float32),
        "warps": np.zeros((n, 2, 3), np.float32),
        "points": np.zeros((n, room.n_persons, N_PARTS, 2), np.float32),
        "labelled": np.zeros((n, room.n_persons, N_PARTS), np.float32),
        "boxes": np.full((n, room.n_persons, 4), _NOWHERE, np.float32),
        "ignored": np.full((n, room.n_ignored, 4), _NOWHERE, np.float32),
        "is_complete": np.array([photograph.example.is_complete for photograph in chosen], np.float32),
        "shares": np.array(shares, np.float32),
        "grid": np.arange(size_px, dtype=np.float32),
    }
    for index, photograph in enumerate(chosen):
        picture, example = photograph.picture, photograph.example
        batch["pictures"][index, : picture.shape[0], : picture.shape[1]] = picture
        warp, is_flipped = draw_warp(example, picture.shape[:2], size_px, rng)
        batch["warps"][index] = inverse(warp)
        points, labelled = _mirrored(_moved(example.keypoints, warp), example.labelled, is_flipped=is_flipped)
        batch["points"][index, : len(points)], batch["labelled"][index, : len(points)] = points, labelled
        batch["boxes"][index, : len(points)] = _with_margins(example.boxes)
        batch["ignored"][index, : len(example.ignored_boxes)] = _with_margins(example.ignored_boxes)
    return batch | draw_colours(n, size_px, rng)


def draw_colours(n: int, size_px: int, rng: np.random.Generator) -> Batch:
    """Choose light, contrast and colour cast of squares, a few grey or blurred ones, and pieces to cover.

    Returns
    -------
    batch : dict of str to ndarray
        ``colours``: gamma, contrast, light, the factors of red, green and blue, share of grey, share of blur; and
        ``frames``, ``cutouts`` and ``patches``, as `Batch` explains.
    """
    colours = np.concatenate(
        [
            np.exp(rng.normal(0, [0.25, 0.2], (n, 2))),
            rng.normal(0, 0.08, (n, 1)),
            rng.normal(1, 0.08, (n, 3)),
            rng.random((n, 1)) < 0.08,
            rng.uniform(0, 1, (n, 1)) * (rng.random((n, 1)) < 0.2),
        ],
        axis=1,
    )
    # A rectangle in one colour [DeVries and Taylor 2017]: what is hidden must be told from the rest.
    corners = size_px * rng.uniform(0, 0.9, (n, 2))
    sizes = size_px * rng.uniform(0.08, 0.3, (n, 2)) * (rng.random((n, 1)) < CUT_OUT_SHARE)
    drawn = {
        "colours": colours,
        "frames": rng.uniform(0, 1, (n, 3)),
        "cutouts": np.concatenate([corners, corners + sizes], axis=1),
        "patches": rng.uniform(0, 1, (n, 3)),
    }
    return {name: values.astype(np.float32) for name, values in drawn.items()}


def draw_warp(
    example: Example, picture_shape: tuple[int, ...], size_px: int, rng: np.random.Generator
) -> tuple[FloatArray, bool]:
    """Choose scale, turn, mirror and place: a 2 x 3 matrix from picture to square, and whether it mirrors."""
    height, width = picture_shape
    centre, extent = np.array([width, height]) / 2, float(max(height, width))
    if len(example.boxes) and rng.random() < 0.9:
        x, y, box_width, box_height = example.boxes[rng.integers(len(example.boxes))]
        centre, extent = np.array([x + box_width / 2, y + box_height / 2]), float(max(box_width, box_height, 20))
    wanted = np.exp(rng.uniform(np.log(SMALLEST_PERSON_PX), np.log(LARGEST_PERSON_SQUARES * size_px)))
    # Not so small that the square is mostly frame: nothing can be learned there.
    smallest = 0.9 * size_px / min(height, width)
    scale = float(np.clip(wanted / extent, smallest, max(2.5, smallest)))
    angle = np.radians(np.clip(rng.normal(0, 15), -LARGEST_TURN_DEGREES, LARGEST_TURN_DEGREES))
    is_flipped = bool(rng.random() < 0.5)
    turn = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    if is_flipped:
        turn[:, 0] *= -1
    place = size_px * rng.uniform(0.3, 0.7, size=2)
    middle = centre + np.linalg.solve(turn, size_px / 2 - place)
    # For the same reason the square stays on the picture, but for a margin.
    reach = np.minimum(0.4 * size_px / scale, np.array([width, height]) / 2)
    middle = np.clip(middle, reach, np.array([width, height]) - reach)
    return np.column_stack([turn, size_px / 2 - turn @ middle]).astype(np.float32), is_flipped


def _moved(points: FloatArray, warp: FloatArray) -> FloatArray:
    """Take points of shape (..., 2) to where a 2 x 3 matrix puts them."""
    return points @ warp[:, :2].T + warp[:, 2]


def _mirrored(
    points: FloatArray, labelled: npt.NDArray[np.bool_], *, is_flipped: bool
) -> tuple[FloatArray, npt.NDArray[np.bool_]]:
    """Exchange left and right parts: in a mirror what was the left wrist looks like a right one."""
    return (points[..., _MIRRORED_PARTS, :], labelled[..., _MIRRORED_PARTS]) if is_flipped else (points, labelled)


def inverse(warp: FloatArray) -> FloatArray:
    """Turn a 2 x 3 matrix into the one that takes its answers back."""
    back = np.linalg.inv(warp[:, :2].astype(np.float64))
    return np.column_stack([back, -back @ warp[:, 2]]).astype(np.float32)


def _with_margins(boxes: FloatArray) -> FloatArray:
    """Give left, top, right, bottom: a box ends at the outermost joint or skin, a wider one holds the peaks' slopes."""
    corner, size = boxes[:, :2], boxes[:, 2:]
    return np.concatenate([corner - 0.1 * size, corner + 1.1 * size], axis=1)
