"""Candidates: of all pairs of keypoints of a limb those that the part affinity fields (PAFs) support, best first.

A candidate is judged by the PAF's mean projection on the line from one keypoint to the other, at a few samples, of
which most must pass. It is what costs in a crowd: there are as many candidates as people squared, nearly all of them
join two people, and each looks at cells all over the picture. So where a keypoint has many candidates they are glanced
at first, side by side, at their middle samples: between two people there is no limb, and where too many samples have
failed the rest cannot help. And where there are more candidates than cells, it pays to mark for each limb in which
cells a sample can pass at all: in a byte a cell, near at hand, and not in two numbers among those of all limbs.

Whom the glances spare is judged as if there had been none, in the order of the samples: sums keep their last bit.
"""

from typing import NamedTuple

import numpy as np

from estimation.compilation import Bools, Floats, Ints, compiled
from estimation.maps import FloatMaps


class Sampling(NamedTuple):
    """How a candidate is judged: a sample passes above `threshold`, a candidate with more than `min_passed`."""

    threshold: float
    n_samples: int
    min_passed: float


# With fewer candidates than this a keypoint's are judged at once.
_MANY = 16

# Marking a limb's cells costs about as much as so many glances at each of them.
_CANDIDATES_PER_CELL = 2

# No component of a vector is above its length, and the larger one is at least this share of it: below 1 / sqrt(2) by
# more than all roundings.
_SMALLEST_LARGER = 0.7071


@compiled
def connect(
    keypoints: Floats, bounds: Ints, limbs: Ints, field: FloatMaps, sampling: Sampling, one_to_one: bool
) -> tuple[Floats, Ints]:
    """Score every candidate of every limb and keep the best.

    Parameters
    ----------
    keypoints : ndarray of shape (n, 4) and dtype float64
        ``x, y, score, id``, slot after slot; inside `field`.
    bounds : ndarray of shape (n_slots + 1,) and dtype int64
        Where the keypoints of each slot begin.
    limbs : ndarray of shape (n_limbs, 4) and dtype int64
        ``start slot, end slot, x channel, y channel``.
    field : ndarray of shape (H, W, n_channels)
        The PAFs, finite.
    sampling : Sampling
        At least 2 samples.
    one_to_one : bool
        Take each keypoint into at most one connection of a limb; see `get_connections`.

    Returns
    -------
    rows : ndarray of shape (m, 5) and dtype float64
        ``id1, id2, score1, score2, total``, limb after limb and in each the best first.
    ends : ndarray of shape (n_limbs + 1,) and dtype int64
        Where the rows of each limb begin, and where the last ones end.
    """
    accepted = _find_accepted(keypoints, bounds, limbs, field, sampling)
    ranking = accepted[:, 3].copy()
    if one_to_one:
        for i in range(len(accepted)):
            start, end = int(accepted[i, 1]), int(accepted[i, 2])
            ranking[i] = rank(keypoints[start, 2], keypoints[end, 2], accepted[i, 3])
    # Stable, and then backwards: of equal ones the later comes first.
    order = np.argsort(ranking, kind="mergesort")[::-1]
    return _fill_rows(keypoints, accepted, _choose(accepted, order, bounds, limbs, one_to_one), len(limbs))


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
def rank_all(rows: Floats) -> Floats:
    """Say how good each connection is.

    Parameters
    ----------
    rows : ndarray of shape (n, 5) and dtype float64
        Connections. Not modified.

    Returns
    -------
    ranks : ndarray of shape (n,) and dtype float64
        The `rank` of each.
    """
    ranks = np.empty(len(rows))
    for row in range(len(rows)):
        ranks[row] = rank(rows[row, 2], rows[row, 3], rows[row, 4])
    return ranks


@compiled
def _find_accepted(keypoints: Floats, bounds: Ints, limbs: Ints, field: FloatMaps, sampling: Sampling) -> Floats:
    """Return ``limb, start, end, total`` of each candidate accepted, the ends going round for each start."""
    height, width, n_channels = field.shape
    vectors = field.reshape(height * width, n_channels)
    marks = _mark_cells(vectors, limbs, sampling.threshold, _count_candidates(bounds, limbs))
    glances = _list_glances(sampling, marks.shape[1] > 0)
    xs, ys, n = keypoints[:, 0].copy(), keypoints[:, 1].copy(), len(keypoints)
    spared, cells, n_failed = np.arange(n), np.empty(n, dtype=np.int64), np.empty(n, dtype=np.int64)
    units_x, units_y = np.empty(n), np.empty(n)
    accepted = np.empty((n + _MANY, 4))
    n_accepted = 0
    for limb in range(len(limbs)):
        first, last, channels = bounds[limbs[limb, 1]], bounds[limbs[limb, 1] + 1], (limbs[limb, 2], limbs[limb, 3])
        ends_x, ends_y, marks_of_limb = xs[first:last], ys[first:last], marks[limb]
        for start in range(bounds[limbs[limb, 0]], bounds[limbs[limb, 0] + 1]):
            n_spared = last - first
            if last - first >= _MANY:
                n_spared = _glance(
                    *(xs[start], ys[start], ends_x, ends_y, vectors, width, channels, marks_of_limb),
                    *(sampling, glances, units_x, units_y, cells, n_failed, spared),
                )
            accepted = _make_room(accepted, n_accepted, n_spared)
            for i in range(n_spared):
                end = first + (spared[i] if last - first >= _MANY else i)
                total = _integrate((xs[start], ys[start], xs[end], ys[end]), field, channels, sampling)
                if total != 0.0:
                    accepted[n_accepted, 0], accepted[n_accepted, 1] = limb, start
                    accepted[n_accepted, 2], accepted[n_accepted, 3] = end, total
                    n_accepted += 1
    return accepted[:n_accepted]


@compiled
def _make_room(table: Floats, n_used: int, n_more: int) -> Floats:
    """Return the table, or a larger one with the same rows, with room for as many more."""
    if n_used + n_more <= len(table):
        return table
    larger = np.empty((2 * (n_used + n_more), table.shape[1]))
    larger[:n_used] = table[:n_used]
    return larger


@compiled
def _integrate(
    line: tuple[float, float, float, float], field: FloatMaps, channels: tuple[int, int], sampling: Sampling
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
def _list_glances(sampling: Sampling, are_marked: bool) -> Ints:
    """Return the samples to glance at, the middle ones first: as many as decide if all fail, more where many pass."""
    n = sampling.n_samples
    n_deciding = 0
    while n_deciding < n and n - n_deciding > sampling.min_passed:
        n_deciding += 1
    n_glances = n_deciding if sampling.threshold > 0 else n
    glances = np.empty(min(2 * n_deciding, n) if are_marked else n_glances, dtype=np.int64)
    for i in range(len(glances)):
        glances[i] = (n - 1) // 2 + ((i + 1) // 2 if i % 2 == 1 else -(i // 2))
    return glances


@compiled
def _glance(
    start_x: float,
    start_y: float,
    ends_x: Floats,
    ends_y: Floats,
    vectors: FloatMaps,
    width: int,
    channels: tuple[int, int],
    marks: Bools,
    sampling: Sampling,
    glances: Ints,
    units_x: Floats,
    units_y: Floats,
    cells: Ints,
    n_failed: Ints,
    spared: Ints,
) -> int:
    """Fill in which candidates of a keypoint may still be accepted, and return how many; the last five are room."""
    n_ends, are_marked = len(ends_x), len(marks) > 0
    for end in range(n_ends):
        dx, dy = ends_x[end] - start_x, ends_y[end] - start_y
        length = np.sqrt(dx * dx + dy * dy)
        length = length if length > 0 else 1.0
        units_x[end], units_y[end], n_failed[end] = dx / length, dy / length, 0
    for sample in glances:
        for end in range(n_ends):
            row = _sample_cell(start_y, ends_y[end], sample, sampling.n_samples)
            cells[end] = row * width + _sample_cell(start_x, ends_x[end], sample, sampling.n_samples)
        if are_marked:
            for end in range(n_ends):
                n_failed[end] += not marks[cells[end]]
        else:
            for end in range(n_ends):
                x, y = vectors[cells[end], channels[0]], vectors[cells[end], channels[1]]
                n_failed[end] += not x * units_x[end] + y * units_y[end] > sampling.threshold
    n_spared = 0
    for end in range(n_ends):
        spared[n_spared] = end
        n_spared += not sampling.n_samples - n_failed[end] <= sampling.min_passed
    return n_spared


@compiled
def _count_candidates(bounds: Ints, limbs: Ints) -> int:
    n_candidates = 0
    for limb in range(len(limbs)):
        start, end = limbs[limb, 0], limbs[limb, 1]
        n_candidates += (bounds[start + 1] - bounds[start]) * (bounds[end + 1] - bounds[end])
    return n_candidates


@compiled
def _mark_cells(vectors: FloatMaps, limbs: Ints, threshold: float, n_candidates: int) -> Bools:
    """Mark for each limb the cells where a sample can pass; no marks where they would cost more than they spare."""
    if not (threshold > 0 and n_candidates > _CANDIDATES_PER_CELL * len(vectors)):
        return np.zeros((len(limbs), 0), dtype=np.bool_)
    floor = _SMALLEST_LARGER * threshold
    users, n_users = _list_users(limbs, vectors.shape[1])
    marks = np.zeros((len(limbs), len(vectors)), dtype=np.bool_)
    for cell in _list_strong(vectors, floor):
        for channel in range(vectors.shape[1]):
            if abs(vectors[cell, channel]) > floor:
                for user in range(n_users[channel]):
                    marks[users[channel, user], cell] = True
    return marks


@compiled
def _list_strong(vectors: FloatMaps, floor: float) -> Ints:
    """List the cells in which any component is larger than that."""
    strong = np.empty(len(vectors), dtype=np.int64)
    n_strong = 0
    for cell in range(len(vectors)):
        strong[n_strong] = cell
        n_strong += _is_any_larger(vectors[cell], floor)
    return strong[:n_strong]


@compiled
def _is_any_larger(vector: FloatMaps, floor: float) -> bool:
    found = False
    for channel in range(len(vector)):
        found |= abs(vector[channel]) > floor
    return found


@compiled
def _list_users(limbs: Ints, n_channels: int) -> tuple[Ints, Ints]:
    """Return which limbs are read from each channel, and how many they are."""
    users, n_users = np.empty((n_channels, 2 * len(limbs)), dtype=np.int64), np.zeros(n_channels, dtype=np.int64)
    for limb in range(len(limbs)):
        for channel in limbs[limb, 2:]:
            users[channel, n_users[channel]] = limb
            n_users[channel] += 1
    return users, n_users


@compiled
def _choose(accepted: Floats, order: Ints, bounds: Ints, limbs: Ints, one_to_one: bool) -> Ints:
    """Return which of the accepted candidates are kept, in their order: as many as the rarer part has keypoints."""
    is_taken = np.zeros((len(limbs), bounds[-1] if one_to_one else 0), dtype=np.bool_)
    room = np.empty(len(limbs), dtype=np.int64)
    for limb in range(len(limbs)):
        start, end = limbs[limb, 0], limbs[limb, 1]
        room[limb] = min(bounds[start + 1] - bounds[start], bounds[end + 1] - bounds[end])
    chosen = np.empty(len(order), dtype=np.int64)
    n_chosen = 0
    for candidate in order:
        limb, start, end = int(accepted[candidate, 0]), int(accepted[candidate, 1]), int(accepted[candidate, 2])
        if one_to_one and (is_taken[limb, start] or is_taken[limb, end]):
            continue
        if room[limb] > 0:
            room[limb] -= 1
            if one_to_one:
                is_taken[limb, start] = is_taken[limb, end] = True
            chosen[n_chosen] = candidate
            n_chosen += 1
    return chosen[:n_chosen]


@compiled
def _fill_rows(keypoints: Floats, accepted: Floats, chosen: Ints, n_limbs: int) -> tuple[Floats, Ints]:
    """Return the rows of the chosen candidates, limb after limb, and where those of each begin (counting sort)."""
    ends = np.zeros(n_limbs + 1, dtype=np.int64)
    for candidate in chosen:
        ends[int(accepted[candidate, 0]) + 1] += 1
    for limb in range(n_limbs):
        ends[limb + 1] += ends[limb]
    next_of = ends.copy()
    rows = np.empty((len(chosen), 5))
    for candidate in chosen:
        limb, start, end = int(accepted[candidate, 0]), int(accepted[candidate, 1]), int(accepted[candidate, 2])
        row = rows[next_of[limb]]
        row[0], row[1] = keypoints[start, 3], keypoints[end, 3]
        row[2], row[3] = keypoints[start, 2], keypoints[end, 2]
        row[4] = accepted[candidate, 3]
        next_of[limb] += 1
    return rows, ends
