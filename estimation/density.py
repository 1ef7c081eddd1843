"""How many people where: a map whose sum over a region counts the people in it.

References
----------
.. [1] Lempitsky and Zisserman, "Learning to Count Objects in Images", NIPS 2010, eq. 2.
.. [2] Zhang, Zhou, Chen, Gao, Ma, "Single-Image Crowd Counting via Multi-Column Convolutional Neural Network",
   CVPR 2016, sec. 2.1.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


def density(heads: ArrayLike, shape: Sequence[int], sigma: float | ArrayLike) -> Floats:
    """Spread each person over the map as a normal distribution that sums to 1 inside of it [1]_ [2]_.

    What a head at the border would lose beyond it is given back to the cells inside, so that the map's sum is the
    number of people wherever they stand.

    Parameters
    ----------
    heads : array_like of shape (n, 2)
        ``(x, y)`` in cells, fractions allowed: the cell ``[row, column]`` has its centre at ``(column, row)``. Not
        modified.
    shape : sequence of int
        ``(rows, columns)`` of the map.
    sigma : float or array_like of shape (n,)
        Standard deviation in cells, one for all or one for each.

    Returns
    -------
    map : ndarray of shape (rows, columns) and dtype float64
        Its sum is n.

    Raises
    ------
    ValueError
        If a shape is wrong, a head is not finite, or a sigma is not above 0.

    References
    ----------
    .. [1] Lempitsky and Zisserman, "Learning to Count Objects in Images", NIPS 2010, eq. 2.
    .. [2] Zhang et al., "Single-Image Crowd Counting via Multi-Column Convolutional Neural Network", CVPR 2016,
       sec. 2.1.
    """
    points, spreads = _checked(heads, sigma)
    rows, columns = shape
    if rows < 1 or columns < 1:
        raise ValueError(f"shape must be (rows, columns) of at least one cell; got {tuple(shape)!r}.")
    # A normal distribution of two independent coordinates is the product of two of one.
    across = _normal(np.arange(columns) - points[:, :1], spreads)
    down = _normal(np.arange(rows) - points[:, 1:], spreads)
    return np.asarray(down.T @ across)


def _normal(distances: Floats, spreads: Floats) -> Floats:
    """Make weights that sum to 1 along the last axis, however far away they all are."""
    exponents = -0.5 * (distances / spreads[:, None]) ** 2
    weights = np.exp(exponents - exponents.max(axis=1, keepdims=True))
    return np.asarray(weights / weights.sum(axis=1, keepdims=True))


def _checked(heads: ArrayLike, sigma: float | ArrayLike) -> tuple[Floats, Floats]:
    points = np.asarray(heads, dtype=np.float64)
    if points.size == 0:
        points = points.reshape(0, 2)
    if points.ndim != 2 or points.shape[1] != 2:
        raise ValueError(f"heads must have shape (n, 2), one (x, y) for each person; got {points.shape}.")
    if not np.isfinite(points).all():
        raise ValueError("Each head must be at a finite place; one is not. Leave out heads that are not known.")
    spreads = np.asarray(sigma, dtype=np.float64)
    if spreads.shape not in {(), (len(points),)}:
        raise ValueError(f"sigma must be one number, or one for each of the {len(points)} heads; got {spreads.shape}.")
    if not (np.isfinite(spreads) & (spreads > 0)).all():
        raise ValueError(f"sigma must be above 0 and finite; got {sigma!r:.200}.")
    return points, np.broadcast_to(spreads, (len(points),))
