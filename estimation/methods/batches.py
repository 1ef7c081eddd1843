"""Which squares a step of training sees: chosen by the number of the step alone."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from estimation.joints import MPII_JOINTS
from estimation.methods.people import FloatArray, mean_pose
from estimation.methods.samples import Samples

Batch = dict[str, npt.NDArray[Any]]
"""What one step reads, by name; places are in sides of the square:

``pictures`` (n, S, S, 3) uint8; ``points`` (n, 16, 2), anything where ``labelled`` (n, 16) is 0; ``head_boxes``
(n, 4), left, top, right, bottom, anything where ``has_head`` (n,) is 0; ``jitter`` (n, 16, 2), by which the stages move
what was answered before them. All but the pictures are float32.
"""

_MIRRORED = list(MPII_JOINTS.mirrored)


@dataclass(frozen=True)
class StepBatches(ABC):
    """Makes the batch of a step from its number, in any order and on any thread; what is in it is for a task to say.

    Attributes
    ----------
    samples : samples of the task
        At least of the size of the squares that are wanted.
    squares_px : int
        Side of the squares that are wanted.
    batch_size : int
    seed : int
    """

    samples: Any
    squares_px: int
    batch_size: int
    seed: int

    def __call__(self, step: int) -> Batch:
        """Make the batch of a step: samples at random, every other one mirrored."""
        rng = np.random.default_rng((self.seed, step))
        batch = self.take(rng.integers(len(self.samples), size=self.batch_size))
        self.mirror(batch, rng.random(self.batch_size) < 0.5)
        return batch | self.draw(rng)

    @abstractmethod
    def take(self, rows: npt.NDArray[np.int64]) -> Batch:
        """Put some samples into a batch as they are."""

    @abstractmethod
    def mirror(self, batch: Batch, is_mirrored: npt.NDArray[np.bool_]) -> None:
        """Turn some of a batch into their mirror images."""

    def draw(self, rng: np.random.Generator) -> Batch:
        """Draw what else a step wants to be random; nothing by default."""
        del rng
        return {}


class BatchMaker(StepBatches):
    """Makes batches of people and their joints."""

    def take(self, rows: npt.NDArray[np.int64]) -> Batch:
        """See `batch_of`."""
        return batch_of(self.samples, self.squares_px, rows)

    def mirror(self, batch: Batch, is_mirrored: npt.NDArray[np.bool_]) -> None:
        """Turn some of a batch into their mirror images: what was the left wrist is then a right one."""
        mirror_maps(batch, ("pictures",), is_mirrored)
        points, boxes = batch["points"][is_mirrored][:, _MIRRORED], batch["head_boxes"][is_mirrored]
        batch["points"][is_mirrored] = points * (-1, 1) + (1, 0)
        batch["labelled"][is_mirrored] = batch["labelled"][is_mirrored][:, _MIRRORED]
        batch["head_boxes"][is_mirrored] = boxes[:, [2, 1, 0, 3]] * (-1, 1, -1, 1) + (1, 0, 1, 0)

    def draw(self, rng: np.random.Generator) -> Batch:
        """Draw by how much stages move what was answered before them."""
        return {"jitter": rng.standard_normal((self.batch_size, len(MPII_JOINTS), 2), np.float32)}


def mirror_maps(batch: Batch, names: Sequence[str], is_mirrored: npt.NDArray[np.bool_]) -> None:
    """Turn pictures and maps (n, H, W, ...) of a batch, by their names, into their mirror images."""
    for name in names:
        batch[name][is_mirrored] = batch[name][is_mirrored, :, ::-1]


def batch_of(samples: Samples, squares_px: int, chosen: Sequence[int] | npt.NDArray[np.int64] | None = None) -> Batch:
    """Put people into a batch as they are.

    Parameters
    ----------
    samples : Samples
    squares_px : int
        Side of the squares in the batch: the pictures are shrunk to it.
    chosen : sequence of int, optional
        Which people; all by default.

    Returns
    -------
    batch : dict of str to ndarray
        Without ``jitter``: the stages see what was really answered.
    """
    rows = np.arange(len(samples)) if chosen is None else np.asarray(chosen)
    size = samples.squares.shape[1]
    pictures = samples.squares[rows]
    if squares_px != size:
        pictures = np.stack([cv2.resize(p, (squares_px,) * 2, interpolation=cv2.INTER_AREA) for p in pictures])
    left_top, sides = samples.head_boxes[rows, :2], samples.head_boxes[rows, 2:]
    boxes = to_sides(np.stack([left_top, left_top + sides], axis=1), size).reshape(-1, 4)
    has_head = np.asarray(np.isfinite(boxes).all(axis=-1))
    labelled = samples.labelled[rows]
    return {
        "pictures": pictures,
        "points": np.where(labelled[..., None], to_sides(samples.joints[rows], size), np.float32(0)),
        "labelled": labelled.astype(np.float32),
        "head_boxes": np.where(has_head[:, None], boxes, np.float32(0)),
        "has_head": has_head.astype(np.float32),
    }


def to_sides(points_px: FloatArray, squares_px: int) -> FloatArray:
    """Bring points from pixels of a square, whose middles are whole, to sides: 0 and 1 are its edges."""
    return np.asarray((points_px + 0.5) / squares_px, np.float32)


def to_px(points: npt.ArrayLike, squares_px: int) -> FloatArray:
    """Bring points back from sides of a square to its pixels."""
    return np.asarray(np.asarray(points) * squares_px - 0.5, np.float32)


def mean_pose_of(samples: Samples) -> FloatArray:
    """Average the poses of people in their squares: (16, 2), in sides."""
    return mean_pose(to_sides(samples.joints, samples.squares.shape[1]))
