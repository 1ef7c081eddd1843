"""What labels say that a network should answer, in Keras' own operations: part of the compiled step.

`estimation.targets` draws the same maps picture by picture; a test holds the two against each other.
"""

import numpy as np
from keras import KerasTensor, ops

from estimation.config import CELL_PX, LIMBS, N_PAFS
from estimation.targets import LIMB_WIDTH_PX, SIGMA_PX
from estimation.training.augmentation import places_in_picture

# Half of a cell's diagonal: a keypoint's own cell is then always inside its limbs' PAFs.
OVERHANG_PX = CELL_PX * 2**-0.5

_STARTS = [int(limb.from_body_part) for limb in LIMBS]
_ENDS = [int(limb.to_body_part) for limb in LIMBS]

# Which of (dx, dy) of the first limb, (dx, dy) of the second and so on stands in which PAF channel.
_CHANNELS = np.argsort([channel for limb in LIMBS for channel in (limb.paf_dx_idx, limb.paf_dy_idx)])


def draw_heatmaps(points: KerasTensor, labelled: KerasTensor, centres: KerasTensor) -> KerasTensor:
    """Draw a peak of height 1 at every labelled keypoint (eq. 7), and the background.

    Parameters
    ----------
    points : tensor of shape (n, P, 18, 2)
        In pixels of the square.
    labelled : tensor of shape (n, P, 18)
        1 or 0.
    centres : tensor of shape (R,)
        Of the columns of cells, and of the rows, in pixels.

    Returns
    -------
    heatmaps : tensor of shape (n, R, R, 19)
    """
    along_x, along_y = (ops.exp(-(((points[..., axis, None] - centres) / SIGMA_PX) ** 2)) for axis in (0, 1))
    peaks = (labelled[..., None] * along_y)[..., :, None] * along_x[..., None, :]
    heatmaps = ops.transpose(ops.max(peaks, axis=1), (0, 2, 3, 1))
    return ops.concatenate([heatmaps, 1 - ops.max(heatmaps, axis=-1, keepdims=True)], axis=-1)


def draw_pafs(points: KerasTensor, labelled: KerasTensor, centres: KerasTensor) -> KerasTensor:
    """Lay a unit vector along every limb whose two ends are labelled (eq. 8-10); the mean where limbs overlap.

    Parameters and result are those of `draw_heatmaps`, with 38 channels.
    """
    starts, ends = ops.take(points, _STARTS, axis=2), ops.take(points, _ENDS, axis=2)
    lengths = ops.sqrt(ops.sum((ends - starts) ** 2, axis=-1))
    is_known = ops.take(labelled, _STARTS, axis=2) * ops.take(labelled, _ENDS, axis=2)
    is_known = is_known * ops.cast(lengths > 0, "float32")
    units = (ends - starts) / ops.maximum(lengths, 1e-6)[..., None]
    from_x, from_y = (centres - starts[..., axis, None] for axis in (0, 1))
    unit_x, unit_y = units[..., 0, None], units[..., 1, None]
    along = (from_y * unit_y)[..., :, None] + (from_x * unit_x)[..., None, :]
    aside = (from_y * unit_x)[..., :, None] - (from_x * unit_y)[..., None, :]
    is_within = (along >= -OVERHANG_PX) & (along <= lengths[..., None, None] + OVERHANG_PX)
    is_here = ops.cast(is_within & (ops.abs(aside) <= LIMB_WIDTH_PX), "float32") * is_known[..., None, None]
    n_here = ops.maximum(ops.sum(is_here, axis=1), 1)
    pairs = [ops.sum(is_here * units[..., axis, None, None], axis=1) / n_here for axis in (0, 1)]
    n_cells = ops.shape(centres)[0]
    pafs = ops.reshape(ops.stack(pairs, axis=2), (-1, N_PAFS, n_cells, n_cells))  # from (n, 19, 2, R, R)
    return ops.transpose(ops.take(pafs, _CHANNELS, axis=1), (0, 2, 3, 1))


def trusted_cells(batch: dict[str, KerasTensor], centres: KerasTensor) -> KerasTensor:
    """Say in which cells the labels are the whole truth: 0 or 1 each.

    Where not everybody in a picture is labelled, that is in the boxes of those who are; and nowhere in the boxes of
    people of whom nothing is known.

    Parameters
    ----------
    batch : dict of str to tensor
        As `estimation.training.squares.Batch` explains.
    centres : tensor of shape (R,)

    Returns
    -------
    trusted : tensor of shape (n, R, R)
    """
    x, y = places_in_picture(batch["warps"], centres)

    def is_in_any(boxes: KerasTensor) -> KerasTensor:
        left, top, right, bottom = (boxes[..., side, None, None] for side in range(4))
        here = (x[:, None] >= left) & (x[:, None] <= right) & (y[:, None] >= top) & (y[:, None] <= bottom)
        return ops.any(here, axis=1)

    is_known = ops.reshape(batch["is_complete"] > 0, (-1, 1, 1)) | is_in_any(batch["boxes"])
    return ops.cast(is_known & ~is_in_any(batch["ignored"]), "float32")
