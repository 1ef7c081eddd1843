"""From skeleton rows to points in a picture: the one place where heatmap cells become pixels."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from estimation.config import ABSENT, CELL_PX, N_PARTS, PARTS, ROW_LENGTH

PART_NAMES = tuple(part.name for part in PARTS)
"""Names of the 18 parts, in slot order."""


def cells_to_px(cells: ArrayLike, *, cell_px: float = CELL_PX) -> NDArray[np.float64]:
    """Convert positions in heatmap cells to positions in picture pixels.

    A position is that of a centre, of a cell as of a pixel: cell 0 covers the pixels 0 to 7 and its centre
    lies between the pixels 3 and 4, at 3.5.

    Parameters
    ----------
    cells : array_like of any shape
        x or y or both, in cells.
    cell_px : float, optional
        Pixels that a cell covers in each direction. With 1 nothing changes.

    Returns
    -------
    px : ndarray of the same shape and dtype float64
        ``(cells + 0.5) * cell_px - 0.5``. NaN stays NaN.
    """
    return (np.asarray(cells, dtype=np.float64) + 0.5) * cell_px - 0.5


def px_to_cells(px: ArrayLike, *, cell_px: float = CELL_PX) -> NDArray[np.float64]:
    """Convert positions in picture pixels to positions in heatmap cells: the inverse of `cells_to_px`.

    Parameters
    ----------
    px : array_like of any shape
        x or y or both, in pixels.
    cell_px : float, optional
        Pixels that a cell covers in each direction.

    Returns
    -------
    cells : ndarray of the same shape and dtype float64
        ``(px + 0.5) / cell_px - 0.5``: a fraction between two centres. NaN stays NaN.
    """
    return (np.asarray(px, dtype=np.float64) + 0.5) / cell_px - 0.5


def skeletons_to_keypoints(
    skeletons: ArrayLike,
    coordinates: Mapping[str, Sequence[Sequence[float]]],
    *,
    cell_px: float = CELL_PX,
    part_names: Sequence[str] = PART_NAMES,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Look up where the parts of each skeleton are.

    Parameters
    ----------
    skeletons : array_like of shape (n, 20)
        A row a person: 18 keypoint ids (-1 = absent), score, number of parts. ``[]`` is nobody.
    coordinates : dict of str to list of tuple
        What `get_coordinates` returns: for each part name its keypoints ``(x, y, score, id)``, in cells.
    cell_px : float, optional
        Pixels that a cell covers in each direction.
    part_names : sequence of str, optional
        The part in each slot; 18 at most.

    Returns
    -------
    keypoints : ndarray of shape (n, n_parts, 2) and dtype float64
        ``(x, y)`` in picture pixels; NaN where the part is absent.
    scores : ndarray of shape (n, n_parts) and dtype float64
        The score of each keypoint; 0 where the part is absent.

    Raises
    ------
    ValueError
        If the rows do not hold 20 numbers, or a row names an id that its part does not have.
    """
    rows = _as_rows(skeletons)
    points = np.full((len(rows), len(part_names), 3), (np.nan, np.nan, 0.0))
    for slot, name in enumerate(part_names):
        by_id = {int(id_): (x, y, score) for x, y, score, id_ in coordinates.get(name, ())}
        for person in np.flatnonzero(rows[:, slot] != ABSENT):
            points[person, slot] = _find(by_id, rows[person, slot], name, int(person))
    return cells_to_px(points[..., :2], cell_px=cell_px), points[..., 2]


def as_keypoints(
    points: ArrayLike, name: str, *, ndim: int | None = None, n_parts: int = N_PARTS
) -> NDArray[np.float64]:
    """Check that an array holds the 18 parts of people, or the joints of another set.

    Parameters
    ----------
    points : array_like of shape (..., n_parts, 2)
        ``(x, y)`` in any unit, NaN where absent. ``[]`` is nobody.
    name : str
        What to call it in the message.
    ndim : int, optional
        Number of axes that it must have.
    n_parts : int, optional
        How many parts a person has.

    Returns
    -------
    points : ndarray of shape (..., n_parts, 2) and dtype float64

    Raises
    ------
    ValueError
        If the shape is another.
    """
    array = np.asarray(points, dtype=np.float64)
    if array.shape == (0,):
        return np.empty((0, n_parts, 2))
    if array.shape[-2:] != (n_parts, 2) or ndim not in (None, array.ndim):
        wanted = f"(n, {n_parts}, 2)" if ndim == 3 else f"(..., {n_parts}, 2)"
        order, way = "slot order", "skeletons_to_keypoints() makes such arrays."
        if n_parts != N_PARTS:
            order, way = "the order of their set", "Give the set of these joints as `joints`."
        raise ValueError(
            f"{name} must have the shape {wanted}, (x, y) of each part in {order}; got {array.shape}. {way}"
        )
    return array


def _as_rows(skeletons: ArrayLike) -> NDArray[np.float64]:
    rows = np.asarray(skeletons, dtype=np.float64)
    if rows.size == 0:
        return np.empty((0, ROW_LENGTH))
    if rows.ndim != 2 or rows.shape[1] != ROW_LENGTH:
        raise ValueError(
            f"Skeletons must have the shape (n, {ROW_LENGTH}); got {rows.shape}. "
            "Give the array that estimate() or merge() returned."
        )
    return rows


def _find(by_id: Mapping[int, Any], id_: float, name: str, person: int) -> Any:  # noqa: ANN401 - three numbers
    # A NaN or a fraction is in no dict of whole numbers, so it is reported like any unknown id.
    if id_ not in by_id:
        raise ValueError(
            f"Skeleton {person} names the {name} with id {id_:g}, and the coordinates of {name!r} hold the ids "
            f"{sorted(by_id)!r:.200}. Give the coordinates that the skeletons were made from."
        )
    return by_id[int(id_)]
