"""Keypoints: the local maxima of the heatmaps.

A cell is a peak when it is not below any of its four neighbours and above a threshold.

A keypoint lies somewhere in its cell of 8 x 8 pixels, and its neighbours' values say where: refined, it stands where
the parabola through three logarithms, per axis, has its top. On true maps and on networks' this was as good as or
better than the parabola through the values, the least-squares surface over 3 x 3 cells and maps enlarged eightfold.
"""

from collections.abc import Iterable
from itertools import pairwise
from operator import is_
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from estimation import peaks
from estimation.compilation import Floats, Ints
from estimation.config import N_HEATMAPS, ConnectionsConfig
from estimation.maps import bring_into_form, refuse_non_finite
from estimation.tables import tables_of

Keypoint = tuple[float, float, float, int]
"""``(x, y, score, id)``: column and row of the cell, whole numbers unless refined; the heatmap's value in that cell;
number among all of the picture."""


class ListedKeypoints(dict[str, list[Keypoint]]):
    """The lists of `get_coordinates`, which remember the rows that they were made from.

    Whoever gets the lists may change them. The keypoints themselves cannot be changed: as long as they are the same
    ones in the same order, the rows are theirs.
    """

    def __init__(self, lists: Iterable[tuple[str, list[Keypoint]]], keypoints: list[Keypoint], rows: Floats) -> None:
        super().__init__(lists)
        self._keypoints, self._rows = keypoints, rows

    def __reduce__(self) -> tuple[type, tuple[dict[str, list[Keypoint]]]]:
        """Become plain lists when copied or sent elsewhere."""
        return dict, (dict(self),)

    def find_rows(self, keypoints: list[Keypoint]) -> Floats | None:
        """Return the rows of these keypoints, if they are the ones that were listed; not to be modified."""
        is_same = len(keypoints) == len(self._keypoints) and all(map(is_, keypoints, self._keypoints))
        return self._rows if is_same else None


class KeypointTable(NamedTuple):
    """The keypoints of a picture in one table.

    Attributes
    ----------
    rows : ndarray of shape (n, 4) and dtype float64
        ``x, y, score, id`` of each, slot after slot.
    bounds : ndarray of shape (n_slots + 1,) and dtype int64
        Where the rows of each slot begin, and where the last ones end.
    """

    rows: Floats
    bounds: Ints


def get_coordinates(
    config: ConnectionsConfig,
    heatmaps: npt.ArrayLike,
    threshold: float = 0.1,
    refine: bool = False,
    min_distance_cells: float = 0.0,
) -> dict[str, list[Keypoint]]:
    """Find the keypoints of every registered body part.

    Neighbouring cells of one equal, highest value are all peaks: on a plateau a part is found several times.
    The lab's own code does so, and published answers hold such keypoints.

    Parameters
    ----------
    config : ConnectionsConfig
        Which body parts to look for, and in which channels.
    heatmaps : array_like of shape (H, W, 19)
        Confidence of each body part at each cell, real numbers. Not modified.
    threshold : float, optional
        A peak is above it, in the precision of `heatmaps`: the float32 nearest to 0.1 is not above 0.1.
    refine : bool, optional
        Give x and y as float, where between the cells the peak stands: exactly, if it is a confidence peak
        ``exp(-distance² / σ²)`` of any spread [1]_. A peak stays within half a cell of its cell's centre, and on
        that centre where a neighbour is beyond the border, and where the cell and both neighbours are equal.
        Without it x and y are int, as in the lab.
    min_distance_cells : float, optional
        Of keypoints of one part that are this near to each other or nearer, in cells, only the highest one stays; of
        equal ones the first. A network that is not sure gives a joint several peaks side by side, and connections to
        one and to another of them tear its person apart. With 0 all stay, as in the lab.

    Returns
    -------
    coords : dict of str to list of tuple
        For each part name, in the order of the slots, its keypoints ``(x, y, score, id)`` in heatmap cells, from
        top to bottom and left to right. Ids count from 0 over all parts.

    Raises
    ------
    ValueError
        If `heatmaps` has another shape, no cell, or a value that is no finite number, or if `min_distance_cells` is
        below 0 or no number.

    References
    ----------
    .. [1] Cao et al., "Realtime Multi-Person 2D Pose Estimation using Part Affinity Fields", CVPR 2017, sec. 2.2:
       peaks of the confidence maps, found by non-maximum suppression; eq. 7 for their shape.
    """
    found = find_peaks(config, heatmaps, threshold, refine, min_distance_cells)
    return list_keypoints(config, found, are_whole=not refine)


def find_peaks(
    config: ConnectionsConfig,
    heatmaps: npt.ArrayLike,
    threshold: float = 0.1,
    refine: bool = False,
    min_distance_cells: float = 0.0,
) -> KeypointTable:
    """Find the keypoints of every registered body part: `get_coordinates` without its lists.

    Parameters
    ----------
    config, heatmaps, threshold, refine, min_distance_cells
        As in `get_coordinates`.

    Returns
    -------
    keypoints : KeypointTable

    Raises
    ------
    ValueError
        Where `get_coordinates` does.
    """
    if not min_distance_cells >= 0:
        raise ValueError(f"min_distance_cells must be at least 0; got {min_distance_cells!r}. With 0 all peaks stay.")
    given = np.asarray(heatmaps)
    maps = bring_into_form(given, N_HEATMAPS, "heatmaps")
    if given.dtype.kind == "f":
        threshold = given.dtype.type(threshold)  # as NumPy compares an array with a number, and so the lab's code
    channels = tables_of(config).channels
    rows, bounds, are_finite = peaks.search(maps, channels, float(threshold))
    if not are_finite:
        refuse_non_finite(maps, "heatmaps")
    if refine:
        peaks.refine(maps, channels, rows, bounds)
    if min_distance_cells > 0:
        rows, bounds = peaks.stand_apart(rows, bounds, float(min_distance_cells))
    return KeypointTable(rows, bounds)


def list_keypoints(config: ConnectionsConfig, found: KeypointTable, *, are_whole: bool) -> dict[str, list[Keypoint]]:
    """List keypoints by the names of their parts, as `get_coordinates` returns them.

    Parameters
    ----------
    config : ConnectionsConfig
        The one that they were found for.
    found : KeypointTable
        Not modified.
    are_whole : bool
        x and y are whole numbers, and become int.

    Returns
    -------
    coords : dict of str to list of tuple
    """
    places = found.rows[:, :2].T
    xs, ys = (places.astype(np.int64) if are_whole else places).tolist()
    keypoints = list(zip(xs, ys, found.rows[:, 2].tolist(), range(len(xs)), strict=True))
    bounds = found.bounds.tolist()
    lists = [keypoints[first:last] for first, last in pairwise(bounds)]
    return ListedKeypoints(zip(tables_of(config).names, lists, strict=True), keypoints, found.rows)
