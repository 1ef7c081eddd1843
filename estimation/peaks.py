"""Peaks of heatmaps: where they are, and which of them stay.

All channels are searched in one pass over the memory, in which the channels of a cell lie side by side, block after
block: nearly all blocks hold nothing above the threshold, and most others lie on the slope of a peak. A counting sort
then puts the peaks into the order of the slots and, within a slot, leaves them in the order of the pass: top to bottom,
left to right.
"""

import math

import numpy as np

from estimation.compilation import Floats, Ints, compiled
from estimation.maps import FloatMaps

# Logarithms need positive values: a neighbour that has none counts as this share of the peak.
_SMALLEST_SHARE = 1e-3

# So many values of a row are looked at side by side: few enough that most blocks can be passed over.
_BLOCK = 64


@compiled
def search(maps: FloatMaps, channels: Ints, threshold: float) -> tuple[Floats, Ints, bool]:
    """Find the peaks of every slot.

    Parameters
    ----------
    maps : ndarray of shape (H, W, n_channels)
        The heatmaps. Not modified.
    channels : ndarray of shape (n_slots,) and dtype int64
        The channel of each slot.
    threshold : float
        A peak is above it.

    Returns
    -------
    rows : ndarray of shape (n, 4) and dtype float64
        ``x, y, score, id`` of each peak, ordered by slot, row and column.
    bounds : ndarray of shape (n_slots + 1,) and dtype int64
        Where the rows of each slot begin, and where the last ones end.
    are_finite : bool
        All maps are; otherwise the peaks mean nothing.
    """
    floors = _spread_floors(maps, channels, threshold)
    blocks, are_finite = _find_high_blocks(maps, floors)
    rows, bounds = _sort_by_slot(maps, channels, _list_peaks(maps, floors, _keep_summits(maps, floors, blocks)))
    return rows, bounds, are_finite


@compiled
def _spread_floors(maps: FloatMaps, channels: Ints, threshold: float) -> FloatMaps:
    """Return what each value of a row must be above; the background, say, is no part and never high enough."""
    _, width, n_channels = maps.shape
    floors = np.full(width * n_channels, np.inf, dtype=maps.dtype)
    for channel in channels:
        floors[channel::n_channels] = threshold
    return floors


@compiled
def _find_high_blocks(maps: FloatMaps, floors: FloatMaps) -> tuple[Ints, bool]:
    """Return row and first place of the blocks that hold a value above its floor, and whether all are finite.

    Blocks end at the end of a row.
    """
    lines = maps.reshape(len(maps), len(floors))
    blocks = np.empty((len(maps) * (len(floors) // _BLOCK + 1), 2), dtype=np.int64)
    n_blocks, are_finite = 0, True
    for row in range(len(maps)):
        for first in range(0, len(floors), _BLOCK):
            last = min(first + _BLOCK, len(floors))
            is_high, is_finite = _look_at(lines[row, first:last], floors[first:last])
            blocks[n_blocks, 0], blocks[n_blocks, 1] = row, first
            n_blocks += is_high
            are_finite &= is_finite
    return blocks[:n_blocks], are_finite


@compiled
def _look_at(values: FloatMaps, floors: FloatMaps) -> tuple[bool, bool]:
    """Tell whether a value is above its floor, and whether all are finite: without a branch this is quick."""
    is_high, are_finite = False, True
    for i in range(len(values)):
        is_high |= values[i] > floors[i]
        are_finite &= values[i] - values[i] == 0.0  # of finite values, and of no others
    return is_high, are_finite


@compiled
def _keep_summits(maps: FloatMaps, floors: FloatMaps, blocks: Ints) -> Ints:
    """Return those of the blocks that may hold a peak: most of them lie on the slope of one."""
    (height, _, n_channels), n_in_row = maps.shape, len(floors)
    lines = maps.reshape(height, n_in_row)
    kept = np.empty_like(blocks)
    n_kept = 0
    for block in range(len(blocks)):
        row, first = blocks[block, 0], blocks[block, 1]
        last = min(first + _BLOCK, n_in_row)
        kept[n_kept, 0], kept[n_kept, 1] = row, first
        if first < n_channels or last > n_in_row - n_channels:
            n_kept += 1  # Left or right of its values there may be none.
        else:
            n_kept += _holds_summit(
                lines[row, first:last],
                floors[first:last],
                lines[row, first - n_channels : last - n_channels],
                lines[row, first + n_channels : last + n_channels],
                lines[max(row - 1, 0), first:last],
                lines[min(row + 1, height - 1), first:last],
            )
    return kept[:n_kept]


@compiled
def _holds_summit(
    values: FloatMaps, floors: FloatMaps, left: FloatMaps, right: FloatMaps, above: FloatMaps, below: FloatMaps
) -> bool:
    """Tell whether a value is above its floor and no neighbour is higher, again without a branch."""
    found = False
    for i in range(len(values)):
        value = values[i]
        is_highest = (value >= left[i]) & (value >= right[i]) & (value >= above[i]) & (value >= below[i])
        found |= (value > floors[i]) & is_highest
    return found


@compiled
def _list_peaks(maps: FloatMaps, floors: FloatMaps, blocks: Ints) -> Ints:
    """Return the row of each peak and its place in the row, where the channels of a cell lie side by side."""
    lines = maps.reshape(len(maps), len(floors))
    peaks = np.empty((len(blocks) * _BLOCK, 2), dtype=np.int64)
    n_peaks = 0
    for block in range(len(blocks)):
        row, first = blocks[block, 0], blocks[block, 1]
        for place in range(first, min(first + _BLOCK, len(floors))):
            if lines[row, place] > floors[place]:
                peaks[n_peaks, 0], peaks[n_peaks, 1] = row, place
                n_peaks += _is_peak(lines, row, place, maps.shape[2])
    return peaks[:n_peaks]


@compiled
def _is_peak(lines: FloatMaps, row: int, place: int, n_channels: int) -> bool:
    """Tell whether no neighbour is higher; beyond the border of the map there is 0."""
    height, n_in_row = lines.shape
    value = lines[row, place]
    above = lines[row - 1, place] if row > 0 else 0.0
    below = lines[row + 1, place] if row + 1 < height else 0.0
    left = lines[row, place - n_channels] if place >= n_channels else 0.0
    right = lines[row, place + n_channels] if place + n_channels < n_in_row else 0.0
    return bool(value >= above and value >= below and value >= left and value >= right)


@compiled
def _sort_by_slot(maps: FloatMaps, channels: Ints, peaks: Ints) -> tuple[Floats, Ints]:
    """Order the peaks by slot; within a slot they keep their order (counting sort)."""
    n_channels = maps.shape[2]
    counts = np.zeros(n_channels, dtype=np.int64)
    for peak in range(len(peaks)):
        counts[peaks[peak, 1] % n_channels] += 1
    bounds = np.zeros(len(channels) + 1, dtype=np.int64)
    for slot in range(len(channels)):
        bounds[slot + 1] = bounds[slot] + counts[channels[slot]]
    next_of = bounds.copy()
    rows = np.empty((bounds[-1], 4))
    for peak in range(len(peaks)):
        row, col, channel = peaks[peak, 0], peaks[peak, 1] // n_channels, peaks[peak, 1] % n_channels
        for slot in range(len(channels)):
            if channels[slot] == channel:  # Two parts may be read from one channel.
                to = next_of[slot]
                rows[to, 0], rows[to, 1], rows[to, 2], rows[to, 3] = col, row, maps[row, col, channel], to
                next_of[slot] += 1
    return rows, bounds


@compiled
def refine(maps: FloatMaps, channels: Ints, rows: Floats, bounds: Ints) -> None:
    """Move each peak of `search` from the centre of its cell to where it stands between the cells."""
    height, width, _ = maps.shape
    for slot in range(len(channels)):
        channel = channels[slot]
        for peak in range(bounds[slot], bounds[slot + 1]):
            col, row = int(rows[peak, 0]), int(rows[peak, 1])
            value = maps[row, col, channel]
            if 0 < col < width - 1:
                rows[peak, 0] += _find_top(maps[row, col - 1, channel], value, maps[row, col + 1, channel])
            if 0 < row < height - 1:
                rows[peak, 1] += _find_top(maps[row - 1, col, channel], value, maps[row + 1, col, channel])


@compiled
def _find_top(before: float, value: float, after: float) -> float:
    """Return where the parabola through three logarithms is highest: -0.5 to 0.5, 0 being the middle one's place."""
    if value <= 0:
        return 0.0
    fall_before = -math.log(max(float(before / value), _SMALLEST_SHARE))
    fall_after = -math.log(max(float(after / value), _SMALLEST_SHARE))
    # A peak is not below its neighbours: neither fall is negative, and the result is within half a cell.
    if fall_before + fall_after == 0:
        return 0.0
    return float(0.5 * (fall_before - fall_after) / (fall_before + fall_after))


@compiled
def stand_apart(rows: Floats, bounds: Ints, min_distance_cells: float) -> tuple[Floats, Ints]:
    """Return the peaks that are farther than that from every higher peak of their slot that stays, numbered anew."""
    stays = np.ones(len(rows), dtype=np.bool_)
    kept, ends = np.empty_like(rows), bounds.copy()
    n_kept = 0
    for slot in range(len(bounds) - 1):
        first, last = bounds[slot], bounds[slot + 1]
        by_score = first + np.argsort(-rows[first:last, 2], kind="mergesort")
        for i in range(len(by_score)):
            for other in by_score[:i]:
                dx, dy = rows[by_score[i], 0] - rows[other, 0], rows[by_score[i], 1] - rows[other, 1]
                if stays[other] and dx * dx + dy * dy <= min_distance_cells * min_distance_cells:
                    stays[by_score[i]] = False
                    break
        for peak in range(first, last):
            if stays[peak]:
                kept[n_kept, 0], kept[n_kept, 1] = rows[peak, 0], rows[peak, 1]
                kept[n_kept, 2], kept[n_kept, 3] = rows[peak, 2], n_kept
                n_kept += 1
        ends[slot + 1] = n_kept
    return kept[:n_kept], ends
