"""Connections: which keypoints the part affinity fields (PAFs) join to limbs.

Along the straight line from one keypoint to another a true limb's PAF points the way of the line. Each pair of
keypoints of a limb is a candidate; its score is the PAF's mean projection on the line, sampled at a few points.

A keypoint may stand in several connections of one limb: the lab's code does not forbid it, and `merge` has to settle
it. The paper does forbid it; see `one_to_one`.
"""

from collections.abc import Mapping, Sequence
from itertools import accumulate, chain, pairwise
from operator import is_
from typing import NamedTuple, Never

import numpy as np
import numpy.typing as npt

from estimation.candidates import Sampling, connect
from estimation.compilation import Floats, Ints, compiled
from estimation.config import N_PAFS, ConnectionsConfig
from estimation.coordinates import Keypoint, KeypointTable, ListedKeypoints
from estimation.maps import FloatMaps, check_maps
from estimation.marks import mark_cells
from estimation.tables import Tables, tables_of

Connections = list[Floats | list[Never]]
"""For each limb the rows ``[id1, id2, score1, score2, total]``, or ``[]`` where one of its parts was not found."""


class ConnectionTable(NamedTuple):
    """The connections of a picture in one table.

    Attributes
    ----------
    rows : ndarray of shape (n, 5) and dtype float64
        ``id1, id2, score1, score2, total`` of each, limb after limb.
    bounds : ndarray of shape (n_limbs + 1,) and dtype int64
        Where the rows of each limb begin, and where the last ones end.
    """

    rows: Floats
    bounds: Ints


class ListedConnections(list[Floats | list[Never]]):
    """The lists of `get_connections`, which remember the table that they are views of.

    Whoever gets them may change them: their numbers, which changes the table's as well, or which ones they are.
    """

    def __init__(self, lists: Connections, table: ConnectionTable) -> None:
        super().__init__(lists)
        self._lists, self._table = lists, table

    def __reduce__(self) -> tuple[type, tuple[Connections]]:
        """Become plain lists when copied or sent elsewhere: copies are views no longer."""
        return list, (list(self),)

    def find_table(self) -> ConnectionTable | None:
        """Return the table, if the lists are still all those that were made from it."""
        is_same = len(self) == len(self._lists) and all(map(is_, self, self._lists))
        return self._table if is_same else None


def get_connections(
    config: ConnectionsConfig,
    coords: Mapping[str, Sequence[Keypoint]],
    paf: npt.ArrayLike,
    threshold: float = 0.05,
    mid_num: int = 10,
    minimum_mid_num: int = 8,
    one_to_one: bool = False,
) -> Connections:
    """Score every pair of keypoints of every limb and keep the best.

    Parameters
    ----------
    config : ConnectionsConfig
        Which limbs to look for, and in which channels.
    coords : mapping of str to sequence of tuple
        For each registered part name its keypoints ``(x, y, score, id)``, in heatmap cells, as `get_coordinates`
        returns them.
    paf : array_like of shape (H, W, 38)
        For each limb the x and y component of its direction at each cell, real numbers. Not modified.
    threshold : float, optional
        A sample passes when its projection, in float64, is above it.
    mid_num : int, optional
        Points sampled, both ends included; at least 2.
    minimum_mid_num : int, optional
        *More* samples than this must pass. The lab's code says 80 % in a comment, yet with 8 of 10 it demands 90 %;
        published answers depend on that.
    one_to_one : bool, optional
        Take each keypoint into at most one connection of a limb, as the paper demands [2]_, the best by `rank` first.

    Returns
    -------
    connections : list of ndarray or list
        For each limb in the order of `config` an array of shape (n, 5) and dtype float64 with rows
        ``[id1, id2, score1, score2, total]``, highest total first, cut to as many as the rarer of its two parts
        has keypoints; ``[]`` where one of the parts was not found. Of equal totals the later candidate comes first,
        where candidates go through the second part's keypoints for each of the first's: the lab's code sorts
        ascending and turns the result around.

    Raises
    ------
    ValueError
        If `paf` has another shape, no cell, or a value that is no finite number; if `mid_num` is below 2 or no
        integer; if a registered part is missing in `coords` or a keypoint is not four finite numbers inside `paf`.

    References
    ----------
    .. [1] Cao et al., "Realtime Multi-Person 2D Pose Estimation using Part Affinity Fields", CVPR 2017, sec. 2.3,
       eq. 11 and 12: the line integral, and its approximation by samples.
    .. [2] Ibid., eq. 13 and 14; taken greedily, as the authors' own code does.
    """
    field = check_maps(paf, N_PAFS, "paf")
    sampling = _check_sampling(threshold, mid_num, minimum_mid_num)
    tables = tables_of(config)
    keypoints = _tabulate_keypoints(tables, coords)
    table = _connect_inside(tables, keypoints, field, sampling, one_to_one)
    is_found = [first < last for first, last in pairwise(keypoints.bounds.tolist())]
    lists: Connections = [
        table.rows[first:last] if is_found[start] and is_found[end] else []
        for (start, end), (first, last) in zip(tables.slots_of_limbs, pairwise(table.bounds.tolist()), strict=True)
    ]
    return ListedConnections(lists, table)


def connect_keypoints(
    config: ConnectionsConfig,
    keypoints: KeypointTable,
    paf: npt.ArrayLike,
    threshold: float = 0.05,
    mid_num: int = 10,
    minimum_mid_num: int = 8,
    one_to_one: bool = False,
) -> ConnectionTable:
    """Score every pair of keypoints of every limb and keep the best: `get_connections` without its lists.

    Parameters
    ----------
    config : ConnectionsConfig
        Which limbs to look for, and in which channels.
    keypoints : KeypointTable
        What `find_peaks` returned for the same configuration. Not modified.
    paf, threshold, mid_num, minimum_mid_num, one_to_one
        As in `get_connections`.

    Returns
    -------
    connections : ConnectionTable

    Raises
    ------
    ValueError
        Where `get_connections` does, or if `keypoints` are those of another number of body parts.
    """
    field = check_maps(paf, N_PAFS, "paf")
    sampling = _check_sampling(threshold, mid_num, minimum_mid_num)
    tables = tables_of(config)
    if len(keypoints.bounds) != len(tables.names) + 1:
        raise ValueError(
            f"keypoints must be those of the {len(tables.names)} body parts of config; got those of "
            f"{len(keypoints.bounds) - 1}. Call find_peaks with the same configuration."
        )
    return _connect_inside(tables, keypoints, field, sampling, one_to_one)


def _connect_inside(
    tables: Tables, keypoints: KeypointTable, field: FloatMaps, sampling: Sampling, one_to_one: bool
) -> ConnectionTable:
    rows, bounds = keypoints
    _refuse_outside(rows, field)
    marks = mark_cells(field, tables.limbs, sampling.threshold, len(rows), len(bounds) - 1)
    threshold, n_samples, min_passed = sampling
    return ConnectionTable(
        *connect(rows, bounds, tables.limbs, field, threshold, n_samples, min_passed, marks, bool(one_to_one))
    )


def _check_sampling(threshold: float, mid_num: int, minimum_mid_num: int) -> Sampling:
    if mid_num < 2 or mid_num % 1 != 0:
        raise ValueError(f"mid_num must be an integer of at least 2; got {mid_num!r}. A line has two ends to sample.")
    return Sampling(float(threshold), int(mid_num), float(minimum_mid_num))


def _tabulate_keypoints(tables: Tables, coords: Mapping[str, Sequence[Keypoint]]) -> KeypointTable:
    """Return all keypoints, slot after slot."""
    try:
        found = [coords[name] for name in tables.names]
    except KeyError as error:
        raise ValueError(
            f"coords must have a list for each registered body part; got none for {error.args[0]!r}, only for "
            f"{list(coords)!r:.200}. Give [] for a part that is not in the picture."
        ) from error
    keypoints = list(chain.from_iterable(found))
    known = coords.find_rows(keypoints) if isinstance(coords, ListedKeypoints) else None
    rows = np.array(keypoints, dtype=np.float64) if known is None else known
    if rows.shape == (0,):
        rows = rows.reshape(0, 4)
    if rows.shape[1:] != (4,):
        raise ValueError(
            f"A keypoint must be (x, y, score, id); got an array of shape {rows.shape!r} from coords. "
            "Give it the four numbers that get_coordinates returns."
        )
    return KeypointTable(rows, np.array([0, *accumulate(map(len, found))], dtype=np.int64))


def _refuse_outside(keypoints: Floats, field: FloatMaps) -> None:
    height, width, _ = field.shape
    outside = _find_outside(keypoints, height, width)
    if outside < len(keypoints):
        raise ValueError(
            f"A keypoint must be finite and inside the PAF of {width} x {height} cells; got (x, y, score, id) = "
            f"{tuple(keypoints[outside].tolist())!r}. Take coords and paf from the same picture."
        )


@compiled
def _find_outside(keypoints: Floats, height: int, width: int) -> int:
    """Return the first keypoint that is not finite or not on the map, or how many there are if none is."""
    for keypoint in range(len(keypoints)):
        x, y, score, id_ = keypoints[keypoint]
        if not (0 <= x <= width - 1 and 0 <= y <= height - 1 and np.isfinite(score) and np.isfinite(id_)):
            return keypoint
    return len(keypoints)
