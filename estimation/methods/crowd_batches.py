"""What a step of training reads to learn to count."""

from collections.abc import Sequence
from functools import cached_property

import numpy as np
import numpy.typing as npt

from estimation.methods.batches import Batch, StepBatches, mirror_maps
from estimation.methods.crowds import CELL_PX, Crowds
from estimation.methods.people import FloatArray


class CrowdBatchMaker(StepBatches):
    """Makes batches of crowds and their densities."""

    def take(self, rows: npt.NDArray[np.int64]) -> Batch:
        """See `crowd_batch_of`."""
        return _batch(*self._shrunk, rows)

    def mirror(self, batch: Batch, is_mirrored: npt.NDArray[np.bool_]) -> None:
        """Turn some of a batch into their mirror images."""
        mirror_maps(batch, ("pictures", "density"), is_mirrored)

    @cached_property
    def _shrunk(self) -> tuple[Crowds, FloatArray]:
        """The pictures in the size that is wanted, with their maps: made once."""
        crowds = self.samples.shrunk(self.squares_px)
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
