"""Connections: which keypoints the part affinity fields (PAFs) join to limbs.

Along the straight line from one keypoint to another a true limb's PAF points the way of the line. Each pair of
keypoints of a limb is a candidate; its score is the PAF's mean projection on the line, sampled at a few points.

A keypoint may stand in several connections of one limb: the lab's code does not forbid it, and `merge` has to settle
it. The paper does forbid it; see `one_to_one`.
"""

from collections.abc import Mapping, Sequence
from itertools import accumulate, chain, pairwise
from typing import NamedTuple, Never

import numpy as np
import numpy.typing as npt

from estimation.compilation import Floats, Ints, compiled
from estimation.config import N_PAFS, ConnectionsConfig
from estimation.coordinates import Keypoint
from estimation.maps import FloatMaps, check_maps

Connections = list[Floats | list[Never]]
"""For each limb the rows ``[id1, id2, score1, score2, total]``, or ``[]`` where one of its parts was not found."""


class _Sampling(NamedTuple):
    """How a candidate is judged: a sample passes above `threshold`, a candidate with more than `min_passed`."""

    threshold: float
    n_samples: int
    min_passed: float


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
    if mid_num < 2 or mid_num % 1 != 0:
        raise ValueError(f"mid_num must be an integer of at least 2; got {mid_num!r}. A line has two ends to sample.")
    keypoints, counts = _tabulate_keypoints(config, coords)
    _refuse_outside(keypoints, field)
    limbs = _list_limbs(config)
    table = np.fromiter(chain.from_iterable(limbs), dtype=np.int64).reshape(-1, 4)
    sampling = _Sampling(float(threshold), int(mid_num), float(minimum_mid_num))
    bounds = np.array([0, *accumulate(counts)], dtype=np.int64)
    rows, last_rows = _connect(keypoints, bounds, table, field, sampling, bool(one_to_one))
    return [
        rows[first:last] if counts[limb[0]] and counts[limb[1]] else []
        for limb, (first, last) in zip(limbs, pairwise([0, *last_rows.tolist()]), strict=True)
    ]


def _tabulate_keypoints(
    config: ConnectionsConfig, coords: Mapping[str, Sequence[Keypoint]]
) -> tuple[Floats, list[int]]:
    """Return all keypoints, slot after slot, in rows ``[x, y, score, id]``, and how many each slot has."""
    try:
        found = [coords[part.name] for part in config.body_parts]
    except KeyError as error:
        raise ValueError(
            f"coords must have a list for each registered body part; got none for {error.args[0]!r}, only for "
            f"{list(coords)!r:.200}. Give [] for a part that is not in the picture."
        ) from error
    keypoints = np.array(list(chain.from_iterable(found)), dtype=np.float64)
    if keypoints.shape == (0,):
        keypoints = keypoints.reshape(0, 4)
    if keypoints.shape[1:] != (4,):
        raise ValueError(
            f"A keypoint must be (x, y, score, id); got an array of shape {keypoints.shape!r} from coords. "
            "Give it the four numbers that get_coordinates returns."
        )
    return keypoints, [len(of_part) for of_part in found]


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


def _list_limbs(config: ConnectionsConfig) -> list[tuple[int, int, int, int]]:
    """Return ``(start slot, end slot, x channel, y channel)`` of each limb."""
    slot_of = {body_part: part.slot_idx for body_part, part in config.body_parts.items()}
    return [
        (slot_of[limb.from_body_part], slot_of[limb.to_body_part], limb.paf_dx_idx, limb.paf_dy_idx)
        for limb in config.connection_types
    ]


@compiled
def _connect(
    keypoints: Floats, bounds: Ints, limbs: Ints, field: FloatMaps, sampling: _Sampling, one_to_one: bool
) -> tuple[Floats, Ints]:
    """Return the rows of all limbs, limb after limb, and where those of each end; `bounds` are those of the slots."""
    rows = np.empty((len(limbs) * len(keypoints), 5))
    last_rows = np.zeros(len(limbs), dtype=np.int64)
    n_rows = 0
    for limb in range(len(limbs)):
        start_slot, end_slot, channels = limbs[limb, 0], limbs[limb, 1], (limbs[limb, 2], limbs[limb, 3])
        starts = keypoints[bounds[start_slot] : bounds[start_slot + 1]]
        ends = keypoints[bounds[end_slot] : bounds[end_slot + 1]]
        totals = _score_pairs(starts, ends, field, channels, sampling)
        best = _find_one_to_one(totals, starts, ends) if one_to_one else _find_best(totals, totals)
        for pair in best[: min(len(starts), len(ends))]:
            start, end = pair // len(ends), pair % len(ends)
            rows[n_rows, 0], rows[n_rows, 1] = starts[start, 3], ends[end, 3]
            rows[n_rows, 2], rows[n_rows, 3] = starts[start, 2], ends[end, 2]
            rows[n_rows, 4] = totals[pair]
            n_rows += 1
        last_rows[limb] = n_rows
    return rows[:n_rows], last_rows


@compiled
def _score_pairs(
    starts: Floats, ends: Floats, field: FloatMaps, channels: tuple[int, int], sampling: _Sampling
) -> Floats:
    """Return the total of each candidate, the ends going round for each start; 0 where it is not accepted."""
    totals = np.empty(len(starts) * len(ends))
    for i in range(len(starts)):
        for j in range(len(ends)):
            line = starts[i, 0], starts[i, 1], ends[j, 0], ends[j, 1]
            totals[i * len(ends) + j] = _integrate(line, field, channels, sampling)
    return totals


@compiled
def _integrate(
    line: tuple[float, float, float, float], field: FloatMaps, channels: tuple[int, int], sampling: _Sampling
) -> float:
    """Return the mean projection of the PAF on a candidate, or 0 where it is not accepted."""
    start_x, start_y, end_x, end_y = line
    length = np.sqrt((end_x - start_x) * (end_x - start_x) + (end_y - start_y) * (end_y - start_y))
    if length == 0.0:
        return 0.0
    unit_x, unit_y = (end_x - start_x) / length, (end_y - start_y) / length
    total = 0.0
    n_failed = 0
    for sample in range(sampling.n_samples):
        col = _sample_cell(start_x, end_x, sample, sampling.n_samples)
        row = _sample_cell(start_y, end_y, sample, sampling.n_samples)
        projection = field[row, col, channels[0]] * unit_x + field[row, col, channels[1]] * unit_y
        total += projection
        n_failed += not projection > sampling.threshold
        # Most candidates join keypoints of two people. They fail early, and the rest of the way is saved.
        if sampling.n_samples - n_failed <= sampling.min_passed:
            return 0.0
    return max(total / sampling.n_samples, 0.0)


@compiled
def _sample_cell(start: float, end: float, sample: int, n_samples: int) -> int:
    """Return the cell of one of the samples, which `np.linspace` would spread from start to end."""
    if sample == n_samples - 1:
        return round(end)
    return round(start + sample * ((end - start) / (n_samples - 1)))


@compiled
def rank(score1: float, score2: float, total: float) -> float:
    """Say how good a connection is: its total, lowered where one of its keypoints is faint.

    Parameters
    ----------
    score1, score2, total : float
        The last three numbers of its row.

    Returns
    -------
    rank : float
        ``total * sqrt(score1 * score2)``, 0 where a score is negative. A faint keypoint beside a clear one has nearly
        the same PAF between it and its neighbour, so the total alone does not tell them apart.
    """
    return float(total * np.sqrt(max(score1 * score2, 0.0)))


@compiled
def _find_best(totals: Floats, ranking: Floats) -> Ints:
    """Return the accepted candidates, the highest in the ranking first and of equal ones the later first."""
    accepted = np.flatnonzero(totals)
    return accepted[np.argsort(ranking[accepted], kind="mergesort")][::-1]


@compiled
def _find_one_to_one(totals: Floats, starts: Floats, ends: Floats) -> Ints:
    """Return accepted candidates of which no two share a keypoint, chosen best first."""
    n_ends = len(ends)
    ranking = np.empty(len(totals))
    for pair in range(len(totals)):
        ranking[pair] = rank(starts[pair // n_ends, 2], ends[pair % n_ends, 2], totals[pair])
    is_start_taken, is_end_taken = np.zeros(len(starts), dtype=np.bool_), np.zeros(n_ends, dtype=np.bool_)
    chosen = np.empty(min(len(starts), n_ends), dtype=np.int64)
    n_chosen = 0
    for pair in _find_best(totals, ranking):
        start, end = pair // n_ends, pair % n_ends
        if not (is_start_taken[start] or is_end_taken[end]):
            is_start_taken[start] = is_end_taken[end] = True
            chosen[n_chosen] = pair
            n_chosen += 1
    return chosen[:n_chosen]
