"""What a step of training reads to learn to count."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from estimation.methods.batches import Batch
from estimation.methods.crowds import CELL_PX, Crowds
from estimation.methods.people import FloatArray


@dataclass(frozen=True)
class CrowdBatchMaker:
    """Makes the batch of a step from its number, in any order and on any thread.

    Attributes
    ----------
    crowds : Crowds
        At least of the size of the pictures that are wanted.
    squares_px : int
        Side of the pictures that are wanted.
    batch_size : int
    seed : int
    """

    crowds: Crowds
    squares_px: int
    batch_size: int
    seed: int

    def __call__(self, step: int) -> Batch:
        """Make the batch of a step: pictures at random, every other one mirrored."""
        rng = np.random.default_rng((self.seed, step))
        batch = _batch(*self._shrunk, rng.integers(len(self.crowds), size=self.batch_size))
        is_mirrored = rng.random(self.batch_size) < 0.5
        for name in ("pictures", "density"):
            batch[name][is_mirrored] = batch[name][is_mirrored, :, ::-1]
        return batch

    @cached_property
    def _shrunk(self) -> tuple[Crowds, FloatArray]:
        """The pictures in the size that is wanted, with their maps: made once."""
        crowds = self.crowds.shrunk(self.squares_px)
        return crowds, crowds.densities(CELL_PX)


def crowd_batch_of(
    crowds: Crowds, squares_px: int, chosen: Sequence[int] | npt.NDArray[np.int64] | None = None
) -> Batch:
    """Put pictures of crowds into a batch as they are.

    Parameters
    ----------
    crowds : Crowds
    squares_px : int
        Side of the pictures in the batch.
    chosen : sequence of int, optional
        Which pictures; all by default.

    Returns
    -------
    batch : dict of str to ndarray
        ``pictures`` (n, S, S, 3) uint8; ``density`` (n, S / 4, S / 4) float32, people in each cell; ``labelled`` (n,)
        float32, 1: of each picture the truth is known.
    """
    rows = np.arange(len(crowds)) if chosen is None else np.asarray(chosen)
    kept = crowds.of(rows).shrunk(squares_px)
    return _batch(kept, kept.densities(CELL_PX), np.arange(len(rows)))


def _batch(crowds: Crowds, densities: FloatArray, rows: npt.NDArray[np.int64]) -> Batch:
    return {
        "pictures": crowds.pictures[rows],
        "density": densities[rows],
        "labelled": np.ones(len(rows), np.float32),
    }
