"""What a step of training reads to learn masks."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from estimation.methods.batches import Batch
from estimation.methods.samples import Samples


@dataclass(frozen=True)
class MaskBatchMaker:
    """Makes the batch of a step from its number, in any order and on any thread.

    Attributes
    ----------
    samples : Samples
        At least of the size of the squares that are wanted.
    squares_px : int
        Side of the squares that are wanted.
    batch_size : int
    seed : int
    """

    samples: Samples
    squares_px: int
    batch_size: int
    seed: int

    def __call__(self, step: int) -> Batch:
        """Make the batch of a step: people at random, every other one mirrored."""
        rng = np.random.default_rng((self.seed, step))
        batch = mask_batch_of(self.samples, self.squares_px, rng.integers(len(self.samples), size=self.batch_size))
        is_mirrored = rng.random(self.batch_size) < 0.5
        for name in ("pictures", "masks"):
            batch[name][is_mirrored] = batch[name][is_mirrored, :, ::-1]
        return batch


def mask_batch_of(
    samples: Samples, squares_px: int, chosen: Sequence[int] | npt.NDArray[np.int64] | None = None
) -> Batch:
    """Put people into a batch as they are.

    Parameters
    ----------
    samples : Samples
    squares_px : int
        Side of the squares in the batch: pictures and masks are shrunk to it.
    chosen : sequence of int, optional
        Which people; all by default.

    Returns
    -------
    batch : dict of str to ndarray
        ``pictures`` (n, S, S, 3) uint8; ``masks`` (n, S, S) float32, 0 or 1; ``labelled`` (n,) float32, 1 where the
        mask is known.
    """
    rows = np.arange(len(samples)) if chosen is None else np.asarray(chosen)
    pictures, masks = samples.squares[rows], samples.masks[rows].astype(np.float32)
    if squares_px != samples.squares.shape[1]:
        pictures, masks = (
            np.stack([cv2.resize(one, (squares_px,) * 2, interpolation=cv2.INTER_AREA) for one in many])
            for many in (pictures, masks)
        )
    # Of a pixel at the outline the larger part decides.
    masks = (masks > 0.5).astype(np.float32)
    return {"pictures": pictures, "masks": masks, "labelled": samples.has_mask[rows].astype(np.float32)}
