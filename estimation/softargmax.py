"""Where the weight of a map lies: a position that can be learned through, unlike the place of the highest cell.

A softmax over all cells makes weights of a map; the position is the mean of the cells' coordinates under these weights
[1]_ [2]_. A cell's coordinates are its column and its row: ``(x, y)`` of the cell ``[row, column]``.

References
----------
.. [1] Sun, Xiao, Wei, Liang, Wei, "Integral Human Pose Regression", ECCV 2018, eq. 2.
.. [2] Nibali, He, Morgan, Prendergast, "Numerical Coordinate Regression with Convolutional Neural Networks", 2018,
   sec. 3.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


def spatial_softmax(maps: ArrayLike, sharpness: float = 1.0) -> Floats:
    """Turn each map into weights that sum to 1 over its cells.

    Parameters
    ----------
    maps : array_like of shape (..., rows, columns)
        Finite values of any unit. Not modified.
    sharpness : float, optional
        What the values are multiplied by before: the larger, the more the highest cell has. It is the inverse of what
        is elsewhere called a temperature. Not negative.

    Returns
    -------
    weights : ndarray of shape (..., rows, columns) and dtype float64

    Raises
    ------
    ValueError
        If there are no cells, a value is not finite, or the sharpness is negative.
    """
    values = np.asarray(maps, dtype=np.float64)
    if values.ndim < 2 or 0 in values.shape[-2:]:
        raise ValueError(
            f"maps must have shape (..., rows, columns) with at least one cell; got {values.shape}. Give whole maps."
        )
    if not np.isfinite(values).all():
        raise ValueError("maps must be finite; they hold NaN or infinity. Look at what the network answered.")
    if not 0 <= sharpness < np.inf:
        raise ValueError(f"sharpness must be a number from 0 on; got {sharpness!r}.")
    # The highest value becomes 0: no exponential can overflow, and the weights stay what they are. It is taken away
    # before the multiplication, which may overflow, too.
    with np.errstate(over="ignore"):
        lowered = np.maximum(values - values.max(axis=(-2, -1), keepdims=True), np.finfo(np.float64).min)
        powers = np.exp(sharpness * lowered)
    return np.asarray(powers / powers.sum(axis=(-2, -1), keepdims=True))


def softargmax(maps: ArrayLike, sharpness: float = 1.0) -> Floats:
    """Find the mean position of each map under its softmax [1]_.

    Parameters
    ----------
    maps : array_like of shape (..., rows, columns)
        Each map by itself. Not modified.
    sharpness : float, optional
        As in `spatial_softmax`.

    Returns
    -------
    points : ndarray of shape (..., 2) and dtype float64
        ``(x, y)`` in cells: 0 to columns - 1, and 0 to rows - 1.

    Raises
    ------
    ValueError
        As `spatial_softmax`.

    References
    ----------
    .. [1] Sun et al., "Integral Human Pose Regression", ECCV 2018, eq. 2.
    """
    weights = spatial_softmax(maps, sharpness)
    rows, columns = weights.shape[-2:]
    x, y = weights.sum(axis=-2) @ np.arange(columns), weights.sum(axis=-1) @ np.arange(rows)
    return np.stack((x, y), axis=-1)


def softargmax_gradient(maps: ArrayLike, sharpness: float, upstream: ArrayLike) -> Floats:
    """Carry the derivative of a loss by the positions back to the maps: the transpose of the Jacobian, applied.

    With weights p, positions ``(x, y)`` and upstream ``(a, b)`` the cell ``[row, column]`` gets
    ``sharpness * p * (a * (column - x) + b * (row - y))``. Each map's gradient sums to 0, since a constant that is
    added to a map moves nothing.

    Parameters
    ----------
    maps : array_like of shape (..., rows, columns)
        As for `softargmax`. Not modified.
    sharpness : float
        As for `softargmax`.
    upstream : array_like of shape (..., 2)
        Derivative of the loss by ``(x, y)`` of each map. Not modified.

    Returns
    -------
    gradient : ndarray of shape (..., rows, columns) and dtype float64

    Raises
    ------
    ValueError
        As `spatial_softmax`, or if there is not one pair in `upstream` for each map.
    """
    weights, points = spatial_softmax(maps, sharpness), softargmax(maps, sharpness)
    pairs = np.asarray(upstream, dtype=np.float64)
    if pairs.shape != points.shape:
        raise ValueError(f"upstream must have shape {points.shape}, one (x, y) for each map; got {pairs.shape}.")
    rows, columns = weights.shape[-2:]
    across = np.arange(columns) - points[..., 0, None]
    down = np.arange(rows) - points[..., 1, None]
    slope = pairs[..., 0, None, None] * across[..., None, :] + pairs[..., 1, None, None] * down[..., :, None]
    return np.asarray(sharpness * weights * slope)
