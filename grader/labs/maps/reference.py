"""The only door to the reference solution: what is right, for making cases and for shrinking a failure.

Nothing here runs while a submission passes: answers are recorded. The functions are those of the pipeline; what belongs
to the lab, and not to them, is the order of axes, and that a cell of the map is a pixel.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]


def answer(function: str, *arguments: Any) -> Array:  # noqa: ANN401 - as the case has them
    """Answer as the reference does.

    Parameters
    ----------
    function : str
        One of the lab's six.
    *arguments
        Of the call. Not modified.

    Returns
    -------
    answer : ndarray of dtype float64
        Without dimensions for a number.
    """
    return np.asarray(_FUNCTIONS[function](*arguments), dtype=np.float64)


def _heatmaps(keypoints: Array, shape: tuple[int, int], sigma: float) -> Array:
    from estimation.config import CELL_PX, N_PARTS
    from estimation.keypoints import cells_to_px
    from estimation.targets import confidence_maps  # compiled

    n_joints = keypoints.shape[1]
    points = _pad(keypoints, N_PARTS)
    labelled = np.isfinite(points).all(axis=-1)
    maps = confidence_maps(cells_to_px(points), labelled, shape, sigma_px=sigma * CELL_PX)
    return np.moveaxis(maps[..., :n_joints], -1, 0).astype(np.float64)


def _pck(found: Array, true: Array, labelled: Array, length: tuple[int, int], fraction: float) -> float:
    from estimation.config import N_PARTS
    from estimation.metrics import pck

    known = np.where(labelled[..., None], true, np.nan)
    lengths = np.linalg.norm(known[:, length[0]] - known[:, length[1]], axis=-1)
    return pck(_pad(found, N_PARTS), _pad(known, N_PARTS), lengths_px=lengths, alpha=fraction)


def _softargmax(maps: Array, sharpness: float) -> Array:
    from estimation.softargmax import softargmax

    return softargmax(maps, sharpness)


def _gradient(maps: Array, sharpness: float, upstream: Array) -> Array:
    from estimation.softargmax import softargmax_gradient

    return softargmax_gradient(maps, sharpness, upstream)


def _iou(mask_a: Array, mask_b: Array) -> Array:
    from estimation.masks import iou

    return iou(mask_a, mask_b)


def _density(heads: Array, shape: tuple[int, int], sigma: float) -> Array:
    from estimation.density import density

    return density(heads, shape, sigma)


_FUNCTIONS: Mapping[str, Callable[..., Any]] = MappingProxyType(
    {
        "heatmaps": _heatmaps,
        "softargmax": _softargmax,
        "softargmax_gradient": _gradient,
        "pck": _pck,
        "iou": _iou,
        "density": _density,
    }
)


def _pad(points: Array, n_joints: int) -> Array:
    """Add joints that nobody has, up to the number that the pipeline's people have."""
    padded = np.full((len(points), n_joints, 2), np.nan)
    padded[:, : points.shape[1]] = points
    return padded
