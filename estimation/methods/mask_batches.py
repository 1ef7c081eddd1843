"""What a step of training reads to learn masks."""

from collections.abc import Sequence

import cv2
import numpy as np
import numpy.typing as npt

from estimation.methods.batches import Batch, StepBatches, mirror_maps
from estimation.methods.samples import Samples


class MaskBatchMaker(StepBatches):
    """Makes batches of people and their masks."""

    def take(self, rows: npt.NDArray[np.int64]) -> Batch:
        """See `mask_batch_of`."""
        return mask_batch_of(self.samples, self.squares_px, rows)

    def mirror(self, batch: Batch, is_mirrored: npt.NDArray[np.bool_]) -> None:
        """Turn some of a batch into their mirror images."""
        mirror_maps(batch, ("pictures", "masks"), is_mirrored)


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
