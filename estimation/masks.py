"""How well two masks agree: intersection over union.

References
----------
.. [1] Everingham et al., "The PASCAL Visual Object Classes (VOC) Challenge", IJCV 2010, sec. 4.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray


def iou(mask_a: ArrayLike, mask_b: ArrayLike) -> NDArray[np.float64]:
    """Compute intersection over union, mask by mask [1]_.

    Parameters
    ----------
    mask_a, mask_b : array_like of shape (..., rows, columns)
        What is not 0 is inside. Not modified.

    Returns
    -------
    shares : ndarray of shape (...) and dtype float64
        Cells in both, divided by cells in at least one; 0 to 1. Two empty masks agree: 1. For one pair of masks an
        array without dimensions, which is as good as a number.

    Raises
    ------
    ValueError
        If the shapes differ, or a mask has fewer than two dimensions.

    References
    ----------
    .. [1] Everingham et al., "The PASCAL Visual Object Classes (VOC) Challenge", IJCV 2010, sec. 4.
    """
    a, b = np.asarray(mask_a) != 0, np.asarray(mask_b) != 0
    if a.shape != b.shape or a.ndim < 2:
        raise ValueError(
            f"Two masks must have one shape (..., rows, columns); got {a.shape} and {b.shape}. Give both the same size."
        )
    both, either = (a & b).sum(axis=(-2, -1)), (a | b).sum(axis=(-2, -1))
    shares = np.ones(either.shape)
    np.divide(both, either, out=shares, where=either > 0)
    return shares


def mean_iou(found: ArrayLike, true: ArrayLike) -> float:
    """Average the intersection over union of many pairs of masks.

    Parameters
    ----------
    found, true : array_like of shape (n, rows, columns) and dtype bool
        Not modified.

    Returns
    -------
    share : float
        0 to 1, two empty masks being 1; NaN of no pairs at all.

    Raises
    ------
    ValueError
        If the shapes differ, or a mask is not boolean.
    """
    return _mean(iou(*_checked_masks(found, true)))


def mean_band_iou(found: ArrayLike, true: ArrayLike, *, width_px: int = 2) -> float:
    """Average the intersection over union within a band along the border of the truth.

    Large masks are alike inside whatever their outline is; here the outline alone counts.

    Parameters
    ----------
    found, true : array_like of shape (n, rows, columns) and dtype bool
        Not modified.
    width_px : int, optional
        How far the band reaches to both sides of the border.

    Returns
    -------
    share : float
        0 to 1; NaN of no pairs at all. Where the truth has no border, because it is empty or full, the whole mask
        counts.

    Raises
    ------
    ValueError
        If the shapes differ, a mask is not boolean, or the band has no width.
    """
    a, b = _checked_masks(found, true)
    band = border_band(b, width_px)
    band |= ~band.any(axis=(-2, -1), keepdims=True)
    return _mean(iou(a & band, b & band))


def pixel_accuracy(found: ArrayLike, true: ArrayLike) -> float:
    """Compute the share of pixels that are inside in both masks or in none.

    It hides much: where one pixel in ten is inside, finding nothing is right for nine in ten.

    Parameters
    ----------
    found, true : array_like of shape (n, rows, columns) and dtype bool
        Not modified.

    Returns
    -------
    share : float
        0 to 1; NaN of no pixels at all.

    Raises
    ------
    ValueError
        If the shapes differ, or a mask is not boolean.
    """
    a, b = _checked_masks(found, true)
    return _mean(a == b)


def border_band(masks: NDArray[np.bool_], width_px: int) -> NDArray[np.bool_]:
    """Mark the pixels along the borders of masks (..., rows, columns), `width_px` to both sides.

    The edge of the picture is no border: what goes on behind it nobody knows. Distances are the larger of those along
    rows and columns.

    Raises
    ------
    ValueError
        If the band has no width.
    """
    if width_px < 1:
        raise ValueError(f"A band must be at least 1 px wide; got {width_px!r}. Ask for 2.")
    return _grown(masks, width_px) & _grown(~masks, width_px)


def _grown(masks: NDArray[np.bool_], width_px: int) -> NDArray[np.bool_]:
    """Add the pixels around masks, along the rows and then along the columns."""
    grown = masks
    for axis in (-1, -2):
        before, n_pixels = np.moveaxis(grown, axis, -1), grown.shape[axis]
        after = before.copy()
        for step in range(1, min(width_px, n_pixels - 1) + 1):
            after[..., step:] |= before[..., :-step]
            after[..., :-step] |= before[..., step:]
        grown = np.moveaxis(after, -1, axis)
    return grown


def to_masks(maps: ArrayLike, *, threshold: float = 0.5) -> NDArray[np.bool_]:
    """Turn maps of how sure a network is into masks.

    Parameters
    ----------
    maps : array_like of shape (..., rows, columns)
        Not modified.
    threshold : float, optional
        What is above it is inside.

    Returns
    -------
    masks : ndarray of shape (..., rows, columns) and dtype bool

    Raises
    ------
    ValueError
        If a cell is no number.
    """
    values = np.asarray(maps, dtype=np.float64)
    if n_missing := int(np.isnan(values).sum()):
        raise ValueError(
            f"Maps must hold a number in each cell; {n_missing} of {values.size} are NaN. Look for what made them: a "
            "division by 0, or a training that diverged."
        )
    return np.asarray(values > threshold)


def _checked_masks(found: ArrayLike, true: ArrayLike) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    a, b = np.asarray(found), np.asarray(true)
    if a.shape != b.shape or a.ndim != 3:
        raise ValueError(
            f"Found and true masks must have one shape (n, rows, columns); got {a.shape} and {b.shape}. Give a mask of "
            "the same size for each."
        )
    if a.dtype != bool or b.dtype != bool:
        raise ValueError(f"Masks must be boolean; got {a.dtype} and {b.dtype}. Make them with to_masks().")
    return a, b


def _mean(shares: NDArray[np.generic]) -> float:
    return float(shares.mean()) if shares.size else float("nan")
