"""What a perfect network would answer: confidence maps and Part Affinity Fields of known keypoints.

Training learns them, and made-up cases are made of them. Distances are measured from the centre of a cell, in
pixels of the picture: the cell in column ``j`` has its centre at ``x = (j + 0.5) * 8 - 0.5``.

References
----------
.. [1] Cao et al., "Realtime Multi-Person 2D Pose Estimation using Part Affinity Fields", CVPR 2017, sec. 2.2-2.3.
"""

import math

import numpy as np
import numpy.typing as npt

from estimation.compilation import Floats, compiled
from estimation.config import CELL_PX, LIMBS, N_HEATMAPS, N_PAFS, N_PARTS, BodyPart

SIGMA_PX = 8.0
"""Spread of a confidence peak: at this distance it has fallen to 1/e."""

LIMB_WIDTH_PX = 8.0
"""Half the width of the band in which a limb's PAF stands."""

_LIMB_PARTS = np.array([(limb.from_body_part, limb.to_body_part) for limb in LIMBS])
_LIMB_CHANNELS = np.array([(limb.paf_dx_idx, limb.paf_dy_idx) for limb in LIMBS])
_NEGLIGIBLE_SIGMAS = 3.2  # exp(-3.2²) < 0.00004: nothing to see beyond

BoolArray = npt.NDArray[np.bool_]
Float32s = npt.NDArray[np.float32]


def confidence_maps(
    keypoints: npt.ArrayLike, labelled: npt.ArrayLike, map_shape: tuple[int, int], *, sigma_px: float = SIGMA_PX
) -> Float32s:
    """Draw a peak of height 1 at every labelled keypoint (eq. 7; maximum over the people).

    Parameters
    ----------
    keypoints : ndarray of shape (n_persons, 18, 2)
        ``(x, y)`` in pixels of the picture. Not modified.
    labelled : ndarray of shape (n_persons, 18) and dtype bool
        Which keypoints are known; the others are not drawn.
    map_shape : tuple of int
        ``(rows, columns)`` of the maps, in cells.
    sigma_px : float, optional
        Spread σ of ``exp(-distance² / σ²)``, in pixels.

    Returns
    -------
    heatmaps : ndarray of shape (rows, columns, 19) and dtype float32
        Channel 18, the background, is 1 minus the maximum of the others.

    Raises
    ------
    ValueError
        If the arrays do not fit each other, or a labelled keypoint is not finite.
    """
    keypoints, labelled = _checked(keypoints, labelled)
    heatmaps = np.zeros((*map_shape, N_HEATMAPS), np.float32)
    _draw_peaks(keypoints, labelled, sigma_px, heatmaps)
    heatmaps[..., BodyPart.background] = 1 - heatmaps[..., :N_PARTS].max(axis=-1)
    return heatmaps


def part_affinity_fields(
    keypoints: npt.ArrayLike,
    labelled: npt.ArrayLike,
    map_shape: tuple[int, int],
    *,
    limb_width_px: float = LIMB_WIDTH_PX,
    overhang_px: float = 0.0,
) -> Float32s:
    """Lay a unit vector along every limb whose two ends are labelled (eq. 8-10).

    Parameters
    ----------
    keypoints, labelled, map_shape
        As in `confidence_maps`.
    limb_width_px : float, optional
        σ_l of the paper: a cell belongs to a limb when its centre is at most this far from the line, in
        pixels, and not beyond either end.
    overhang_px : float, optional
        How far the band goes on beyond both ends, in pixels; 0 in the paper. With half a cell's diagonal the
        cells that hold the two keypoints are always inside, also when the limb is shorter than a cell.

    Returns
    -------
    pafs : ndarray of shape (rows, columns, 38) and dtype float32
        ``(dx, dy)`` pairs. Where limbs of one type overlap, their mean (eq. 10). A limb whose ends coincide
        has no direction and is left out.

    Raises
    ------
    ValueError
        If the arrays do not fit each other, or a labelled keypoint is not finite.
    """
    keypoints, labelled = _checked(keypoints, labelled)
    pafs = np.zeros((*map_shape, N_PAFS), np.float32)
    n_limbs_here = np.zeros((*map_shape, len(LIMBS)), np.float32)
    _lay_limbs(keypoints, labelled, limb_width_px, overhang_px, pafs, n_limbs_here)
    _average_overlaps(pafs, n_limbs_here)
    return pafs


def _checked(keypoints: npt.ArrayLike, labelled: npt.ArrayLike) -> tuple[Floats, BoolArray]:
    keypoints, labelled = np.asarray(keypoints, np.float64), np.asarray(labelled, bool)
    if keypoints.ndim != 3 or keypoints.shape[1:] != (N_PARTS, 2):
        raise ValueError(f"keypoints must have shape (n_persons, {N_PARTS}, 2); got {keypoints.shape}.")
    if labelled.shape != keypoints.shape[:2]:
        raise ValueError(f"labelled must have shape {keypoints.shape[:2]}, one per keypoint; got {labelled.shape}.")
    unknown = np.argwhere(labelled & ~np.isfinite(keypoints).all(axis=-1))
    if len(unknown):
        person, part = unknown[0]
        raise ValueError(
            f"A labelled keypoint must be finite; person {person} has {BodyPart(part).name} at "
            f"{keypoints[person, part].tolist()!r}. Clear its label if it is not known."
        )
    return keypoints, labelled


# keypoints.cells_to_px and its inverse once more, for the compiled loops: these call nothing of another module.


@compiled
def _centre_px(cell: int) -> float:
    return (cell + 0.5) * CELL_PX - 0.5


@compiled
def _cells_between(low_px: float, high_px: float, n_cells: int) -> tuple[int, int]:
    """Return the half-open range of cells whose centres may lie between two coordinates."""
    first = math.ceil((low_px + 0.5) / CELL_PX - 0.5)
    last = math.floor((high_px + 0.5) / CELL_PX - 0.5)
    return max(first, 0), min(last + 1, n_cells)


@compiled
def _draw_peaks(keypoints: Floats, labelled: BoolArray, sigma_px: float, heatmaps: Float32s) -> None:
    rows, columns, _ = heatmaps.shape
    reach_px = _NEGLIGIBLE_SIGMAS * sigma_px
    for person in range(len(keypoints)):
        for part in range(keypoints.shape[1]):
            if not labelled[person, part]:
                continue
            x, y = keypoints[person, part]
            for row in range(*_cells_between(y - reach_px, y + reach_px, rows)):
                for column in range(*_cells_between(x - reach_px, x + reach_px, columns)):
                    squared = (_centre_px(column) - x) ** 2 + (_centre_px(row) - y) ** 2
                    value = math.exp(-squared / sigma_px**2)
                    heatmaps[row, column, part] = max(heatmaps[row, column, part], value)


@compiled
def _lay_limbs(
    keypoints: Floats,
    labelled: BoolArray,
    width_px: float,
    overhang_px: float,
    pafs: Float32s,
    n_limbs_here: Float32s,
) -> None:
    rows, columns, _ = pafs.shape
    reach_px = width_px + overhang_px
    for person in range(len(keypoints)):
        for limb in range(len(_LIMB_PARTS)):
            start, end = _LIMB_PARTS[limb]
            if not (labelled[person, start] and labelled[person, end]):
                continue
            x1, y1 = keypoints[person, start]
            x2, y2 = keypoints[person, end]
            length = math.hypot(x2 - x1, y2 - y1)
            if length == 0:
                continue
            ux, uy = (x2 - x1) / length, (y2 - y1) / length
            dx, dy = _LIMB_CHANNELS[limb]
            for row in range(*_cells_between(min(y1, y2) - reach_px, max(y1, y2) + reach_px, rows)):
                for column in range(*_cells_between(min(x1, x2) - reach_px, max(x1, x2) + reach_px, columns)):
                    px, py = _centre_px(column) - x1, _centre_px(row) - y1
                    along, aside = px * ux + py * uy, abs(px * uy - py * ux)
                    if -overhang_px <= along <= length + overhang_px and aside <= width_px:
                        pafs[row, column, dx] += ux
                        pafs[row, column, dy] += uy
                        n_limbs_here[row, column, limb] += 1


@compiled
def _average_overlaps(pafs: Float32s, n_limbs_here: Float32s) -> None:
    rows, columns, n_limbs = n_limbs_here.shape
    for row in range(rows):
        for column in range(columns):
            for limb in range(n_limbs):
                count = n_limbs_here[row, column, limb]
                if count > 1:
                    for channel in _LIMB_CHANNELS[limb]:
                        pafs[row, column, channel] /= count
