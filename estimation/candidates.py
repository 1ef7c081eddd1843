"""Candidates: of all pairs of keypoints of a limb those that the part affinity fields (PAFs) support, best first.

A candidate is judged by the PAF's mean projection on the line from one keypoint to the other, at a few samples, of
which most must pass. It is what costs in a crowd: there are as many candidates as people squared, nearly all of them
join two people, and each looks at cells all over the picture. So where a keypoint has many candidates they are glanced
at first, side by side, at their middle samples: between two people there is no limb, and where too many samples have
failed the rest cannot help. In a large crowd even that looks at marks first, and not at the PAFs (`marks.py`).

Whom the glances spare is judged as if there had been none, in the order of the samples: sums keep their last bit.
"""

import sys
from typing import NamedTuple, TypeVar

import numpy as np

from estimation.compilation import ARE_COMPILED, Bools, Floats, Ints, compiled
from estimation.maps import FloatMaps

Numbers = TypeVar("Numbers", float, Floats)


class Sampling(NamedTuple):
    """How a candidate is judged: a sample passes above `threshold`, a candidate with more than `min_passed`."""

    threshold: float
    n_samples: int
    min_passed: float


# With fewer candidates than this a keypoint's are judged at once.
_MANY = 16 if ARE_COMPILED else sys.maxsize


@compiled
def connect(
    keypoints: Floats,
    bounds: Ints,
    limbs: Ints,
    field: FloatMaps,
    threshold: float,
    n_samples: int,
    min_passed: float,
    marks: Bools,
    one_to_one: bool,
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
    threshold, n_samples, min_passed
        How a candidate is judged; see `Sampling`. At least 2 samples.
    marks : ndarray of shape (n_limbs, H * W) or (n_limbs, 0) and dtype bool
        What `mark_cells` returned for the same threshold, or nothing.
    one_to_one : bool
        Take each keypoint into at most one connection of a limb; see `get_connections`.

    Returns
    -------
    rows : ndarray of shape (m, 5) and dtype float64
        ``id1, id2, score1, score2, total``, limb after limb and in each the best first.
    ends : ndarray of shape (n_limbs + 1,) and dtype int64
        Where the rows of each limb begin, and where the last ones end.
    """
    # Made here, because to take it to pieces at each call would cost Numba as much as a limb costs.
    sampling = Sampling(threshold, n_samples, min_passed)
    accepted = _find_accepted(keypoints, bounds, limbs, field, sampling, marks)
    ranking = accepted[:, 3].copy()
    if one_to_one:
        for i in range(len(accepted)):
            start, end = int(accepted[i, 1]), int(accepted[i, 2])
            ranking[i] = rank(keypoints[start, 2], keypoints[end, 2], accepted[i, 3])
    # Stable, and then backwards: of equal ones the later comes first.
    order = np.argsort(ranking, kind="mergesort")[::-1]
    return _fill_rows(keypoints, accepted, _choose(accepted, order, bounds, limbs, one_to_one), len(limbs))


@compiled
def rank(score1: Numbers, score2: Numbers, total: Numbers) -> Numbers:
    """Say how good a connection is: its total, lowered where one of its keypoints is faint.

    Parameters
    ----------
    score1, score2, total : float, or ndarray of dtype float64
        The last three numbers of its row, or those of several rows.

    Returns
    -------
    rank : float, or ndarray of dtype float64
        ``total * sqrt(score1 * score2)``, 0 where a score is negative. A faint keypoint beside a clear one has nearly
        the same PAF between it and its neighbour, so the total alone does not tell them apart.
    """
    ranks: Numbers = total * np.sqrt(np.maximum(score1 * score2, 0.0))
    return ranks


@compiled
def _find_accepted(
    keypoints: Floats, bounds: Ints, limbs: Ints, field: FloatMaps, sampling: Sampling, marks: Bools
) -> Floats:
    """Return ``limb, start, end, total`` of each candidate accepted, the ends going round for each start."""
    height, width, n_channels = field.shape
    vectors = field.reshape(height * width, n_channels)
    glances = _list_glances(sampling, marks.shape[1] > 0)
    xs, ys, n = keypoints[:, 0].copy(), keypoints[:, 1].copy(), len(keypoints)
    # Arrays of their own: the rows of one array might overlap, for all that the compiler knows, and that costs much.
    spared, cells, n_failed = np.empty(n, dtype=np.int64), np.empty(n, dtype=np.int64), np.empty(n, dtype=np.int64)
    units_x, units_y = np.empty(n), np.empty(n)
    accepted = np.empty((n, 4))
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
            if n_accepted + n_spared > len(accepted):
                accepted = _make_room(accepted, n_accepted + n_spared)
            for i in range(n_spared):
                end = first + (spared[i] if last - first >= _MANY else i)
                total = _integrate((xs[start], ys[start], xs[end], ys[end]), field, channels, sampling)
                if total != 0.0:
                    accepted[n_accepted, 0], accepted[n_accepted, 1] = limb, start
                    accepted[n_accepted, 2], accepted[n_accepted, 3] = end, total
                    n_accepted += 1
    return accepted[:n_accepted]


@compiled
def _make_room(table: Floats, n_rows: int) -> Floats:
    """Copy a table that is full into a larger one, with room for as many rows and more."""
    larger = np.empty((2 * n_rows, table.shape[1]))
    for row in range(len(table)):
        for column in range(table.shape[1]):  # To assign a slice takes Numba more than a second to compile.
            larger[row, column] = table[row, column]
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
        n_failed[end] = 0
    if not are_marked:
        for end in range(n_ends):
            dx, dy = ends_x[end] - start_x, ends_y[end] - start_y
            length = np.sqrt(dx * dx + dy * dy)
            length = length if length > 0 else 1.0
            units_x[end], units_y[end] = dx / length, dy / length
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
