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
    points, spreads = _checked_heads(heads, sigma)
    rows, columns = shape
    if rows < 1 or columns < 1:
        raise ValueError(f"shape must be (rows, columns) of at least one cell; got {tuple(shape)!r}.")
    # A normal distribution of two independent coordinates is the product of two of one.
    across = _bell_weights(np.arange(columns) - points[:, :1], spreads)
    down = _bell_weights(np.arange(rows) - points[:, 1:], spreads)
    return np.asarray(down.T @ across)


def _bell_weights(distances: Floats, spreads: Floats) -> Floats:
    """Make weights that sum to 1 along the last axis, however far away they all are."""
    exponents = -0.5 * (distances / spreads[:, None]) ** 2
    weights = np.exp(exponents - exponents.max(axis=1, keepdims=True))
    return np.asarray(weights / weights.sum(axis=1, keepdims=True))


def _checked_heads(heads: ArrayLike, sigma: float | ArrayLike) -> tuple[Floats, Floats]:
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


def picture_density(
    heads: ArrayLike, picture_shape: Sequence[int], *, cell_px: int = 4, sigma_cells: float = 1.0
) -> Floats:
    """Make the density map of a picture whose heads are known.

    Parameters
    ----------
    heads : array_like of shape (n, 2)
        ``(x, y)`` in pixels of the picture, all of them inside. Not modified.
    picture_shape : sequence of int
        Rows and columns of the picture, whole cells both.
    cell_px : int, optional
        Side of a cell.
    sigma_cells : float, optional
        Standard deviation.

    Returns
    -------
    map : ndarray of shape (rows / cell_px, columns / cell_px) and dtype float64
        Its sum is n.

    Raises
    ------
    ValueError
        If a head is outside the picture, the picture is no whole cells, or what `density` refuses.
    """
    rows, columns = picture_shape[:2]
    if min(rows, columns) < cell_px or rows % cell_px or columns % cell_px:
        raise ValueError(
            f"A picture must consist of whole cells of {cell_px} px; got {rows} x {columns} px. Resize the picture."
        )
    points = _checked_heads(heads, sigma_cells)[0]
    outside = ((points < -0.5) | (points >= np.array([columns, rows]) - 0.5)).any(axis=1)
    if outside.any():
        first = points[outside][0].tolist()
        raise ValueError(
            f"Each head must be inside the picture of {rows} rows and {columns} columns; {outside.sum()} are not, the "
            f"first at {first}. Leave them out: nobody can count who is not to be seen."
        )
    return density((points + 0.5) / cell_px - 0.5, (rows // cell_px, columns // cell_px), sigma_cells)


def count_people(maps: ArrayLike) -> Floats:
    """Count the people in density maps: the sum over their cells.

    Parameters
    ----------
    maps : array_like of shape (..., rows, columns)
        Not modified.

    Returns
    -------
    counts : ndarray of shape (...) and dtype float64

    Raises
    ------
    ValueError
        If a density is negative, infinite or no number.
    """
    densities = np.asarray(maps, dtype=np.float64)
    if densities.ndim < 2:
        raise ValueError(f"A density map must have rows and columns; got the shape {densities.shape}.")
    is_wrong = ~(np.isfinite(densities) & (densities >= 0))
    if is_wrong.any():
        raise ValueError(
            f"A density must be finite and not below 0; got {densities[is_wrong][0]} in {is_wrong.sum()} of "
            f"{densities.size} cells. Nobody can be there less than not at all."
        )
    return np.asarray(densities.sum(axis=(-2, -1)))


CROWD_GROUPS: dict[str, tuple[int, float]] = {"0": (0, 0), "1-15": (1, 15), "16-40": (16, 40), "more": (41, np.inf)}
"""Groups of pictures by how many people they really show: the least and the most."""


def mae(found: ArrayLike, true: ArrayLike) -> float:
    """Compute the mean absolute error of counts.

    Parameters
    ----------
    found, true : array_like of shape (n,)
        How many people were found in each picture, and how many there are.

    Returns
    -------
    error : float
        In people; NaN of no pictures at all.

    Raises
    ------
    ValueError
        If there is not one finite number for each picture, or a true one is negative.
    """
    return _mean(np.abs(_count_errors(found, true)))


def rmse(found: ArrayLike, true: ArrayLike) -> float:
    """Compute the root of the mean squared error of counts: a few large errors weigh more than many small ones.

    Parameters, returned value and errors are those of `mae`.
    """
    return float(np.sqrt(_mean(_count_errors(found, true) ** 2)))


def mae_by_crowd(found: ArrayLike, true: ArrayLike) -> dict[str, float]:
    """Compute the mean absolute error for nobody, few, some and many people.

    Parameters, units and errors are those of `mae`.

    Returns
    -------
    errors : dict of str to float
        By `CROWD_GROUPS`; NaN where no picture belongs to a group.
    """
    errors, counts = np.abs(_count_errors(found, true)), np.asarray(true, np.float64)
    return {name: _mean(errors[(counts >= low) & (counts <= high)]) for name, (low, high) in CROWD_GROUPS.items()}


def _count_errors(found: ArrayLike, true: ArrayLike) -> Floats:
    a, b = np.asarray(found, np.float64), np.asarray(true, np.float64)
    if a.shape != b.shape or a.ndim != 1:
        raise ValueError(
            f"There must be one found and one true number of people for each picture; got the shapes {a.shape} and "
            f"{b.shape}."
        )
    if not (np.isfinite(a).all() and np.isfinite(b).all() and (b >= 0).all()):
        raise ValueError("Numbers of people must be finite, and true ones not negative; one is not.")
    return a - b


def _mean(errors: Floats) -> float:
    return float(errors.mean()) if errors.size else float("nan")
