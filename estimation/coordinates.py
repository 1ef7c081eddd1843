"""Keypoints: the local maxima of the heatmaps.

A cell is a peak when it is not below any of its four neighbours and above a threshold. All channels are searched
in one pass over the memory, in which the channels of a cell lie side by side; a counting sort then puts the peaks
into the order of the slots and, within a slot, leaves them in the order of the pass: top to bottom, left to right.

A keypoint lies somewhere in its cell of 8 x 8 pixels, and its neighbours' values say where: refined, it stands where
the parabola through three logarithms, per axis, has its top. On true maps and on networks' this was as good as or
better than the parabola through the values, the least-squares surface over 3 x 3 cells and maps enlarged eightfold.
"""

from itertools import accumulate, pairwise

import numpy as np
import numpy.typing as npt

from estimation.compilation import Floats, Ints, compiled
from estimation.config import N_HEATMAPS, ConnectionsConfig
from estimation.maps import FloatMaps, check_maps

Keypoint = tuple[float, float, float, int]
"""``(x, y, score, id)``: column and row of the cell, whole numbers unless refined; the heatmap's value in that cell;
number among all of the picture."""

# Logarithms need positive values: a neighbour that has none counts as this share of the peak.
_SMALLEST_SHARE = 1e-3


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
    if not min_distance_cells >= 0:
        raise ValueError(f"min_distance_cells must be at least 0; got {min_distance_cells!r}. With 0 all peaks stay.")
    given = np.asarray(heatmaps)
    maps = check_maps(given, N_HEATMAPS, "heatmaps")
    if given.dtype.kind == "f":
        threshold = given.dtype.type(threshold)  # as NumPy compares an array with a number, and so the lab's code
    parts = config.body_parts.values()
    channels = np.array([part.heatmap_idx for part in parts], dtype=np.int64)
    xs, ys, scores, counts = _find_peaks(maps, channels, float(threshold))
    points: tuple[Floats | Ints, Floats | Ints] = (xs, ys)
    if refine:
        points = _refine(maps, np.repeat(channels, counts), xs, ys)
    if min_distance_cells > 0:
        stays = _stand_apart(points[0], points[1], scores, counts, float(min_distance_cells))
        counts = np.bincount(np.repeat(np.arange(len(counts)), counts)[stays], minlength=len(counts))
        points, scores = (points[0][stays], points[1][stays]), scores[stays]
    keypoints = list(zip(*(axis.tolist() for axis in points), scores.tolist(), range(len(scores)), strict=True))
    bounds = accumulate(counts.tolist(), initial=0)
    return {
        part.body_part.name: keypoints[first:last] for part, (first, last) in zip(parts, pairwise(bounds), strict=True)
    }


@compiled
def _find_peaks(maps: FloatMaps, channels: Ints, threshold: float) -> tuple[Ints, Ints, Floats, Ints]:
    """Return x, y and score of all peaks, ordered by slot, row and column, and the number of peaks of each slot."""
    height, width, _ = maps.shape
    peaks = np.empty((height * width * len(channels), 3), dtype=np.int64)
    n_peaks = 0
    # The background, which is high nearly everywhere, is the last channel and so is left out.
    n_read = 1 + max(channels) if len(channels) > 0 else 0
    for row in range(height):
        for col in range(width):
            if not _is_any_above(maps[row, col, :n_read], threshold):
                continue
            for slot in range(len(channels)):
                channel = channels[slot]
                if maps[row, col, channel] > threshold and _is_peak(maps, row, col, channel):
                    peaks[n_peaks, 0], peaks[n_peaks, 1], peaks[n_peaks, 2] = slot, row, col
                    n_peaks += 1
    return _sort_by_slot(peaks[:n_peaks], maps, channels)


@compiled
def _is_any_above(values: FloatMaps, threshold: float) -> bool:
    """Tell whether a value is above `threshold`: nearly everywhere none is, and without a branch this is quick."""
    found = False
    for i in range(len(values)):
        found |= values[i] > threshold
    return found


@compiled
def _is_peak(maps: FloatMaps, row: int, col: int, channel: int) -> bool:
    """Tell whether no neighbour is higher; beyond the border of the map there is 0."""
    value = maps[row, col, channel]
    above = maps[row - 1, col, channel] if row > 0 else 0.0
    below = maps[row + 1, col, channel] if row + 1 < maps.shape[0] else 0.0
    left = maps[row, col - 1, channel] if col > 0 else 0.0
    right = maps[row, col + 1, channel] if col + 1 < maps.shape[1] else 0.0
    return bool(value >= above and value >= below and value >= left and value >= right)


@compiled
def _sort_by_slot(peaks: Ints, maps: FloatMaps, channels: Ints) -> tuple[Ints, Ints, Floats, Ints]:
    """Order the peaks by slot; within a slot they keep their order (counting sort)."""
    counts = np.zeros(len(channels), dtype=np.int64)
    for peak in range(len(peaks)):
        counts[peaks[peak, 0]] += 1
    place = np.cumsum(counts) - counts
    xs = np.empty(len(peaks), dtype=np.int64)
    ys = np.empty(len(peaks), dtype=np.int64)
    scores = np.empty(len(peaks), dtype=np.float64)
    for peak in range(len(peaks)):
        slot, row, col = peaks[peak, 0], peaks[peak, 1], peaks[peak, 2]
        to = place[slot]
        xs[to], ys[to], scores[to] = col, row, maps[row, col, channels[slot]]
        place[slot] += 1
    return xs, ys, scores, counts


@compiled
def _refine(maps: FloatMaps, channels: Ints, columns: Ints, rows: Ints) -> tuple[Floats, Floats]:
    """Return x and y of each peak, not bound to the centre of its cell."""
    height, width, _ = maps.shape
    xs, ys = columns.astype(np.float64), rows.astype(np.float64)
    for peak in range(len(channels)):
        row, col, channel = rows[peak], columns[peak], channels[peak]
        value = maps[row, col, channel]
        if 0 < col < width - 1:
            xs[peak] += _find_top(maps[row, col - 1, channel], value, maps[row, col + 1, channel])
        if 0 < row < height - 1:
            ys[peak] += _find_top(maps[row - 1, col, channel], value, maps[row + 1, col, channel])
    return xs, ys


@compiled
def _find_top(before: float, value: float, after: float) -> float:
    """Return where the parabola through three logarithms is highest: -0.5 to 0.5, 0 being the middle one's place."""
    if value <= 0:
        return 0.0
    fall_before = -np.log(max(before / value, _SMALLEST_SHARE))
    fall_after = -np.log(max(after / value, _SMALLEST_SHARE))
    # A peak is not below its neighbours: neither fall is negative, and the result is within half a cell.
    if fall_before + fall_after == 0:
        return 0.0
    return float(0.5 * (fall_before - fall_after) / (fall_before + fall_after))


@compiled
def _stand_apart(
    xs: Floats | Ints, ys: Floats | Ints, scores: Floats, counts: Ints, min_distance_cells: float
) -> npt.NDArray[np.bool_]:
    """Tell of each peak whether it is farther than that from every higher peak of its slot that stays."""
    stays = np.ones(len(xs), dtype=np.bool_)
    first = 0
    for count in counts:
        by_score = first + np.argsort(-scores[first : first + count], kind="mergesort")
        for i in range(count):
            higher = by_score[:i]
            for other in higher[stays[higher]]:
                dx, dy = xs[by_score[i]] - xs[other], ys[by_score[i]] - ys[other]
                if dx * dx + dy * dy <= min_distance_cells * min_distance_cells:
                    stays[by_score[i]] = False
                    break
        first += count
    return stays
