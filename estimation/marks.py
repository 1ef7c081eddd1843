"""Marks: in which cells a sample of a limb can pass at all.

Where there are more candidates than cells they come by each cell several times. A limb's marks, a byte a cell, lie near
at hand, while its two numbers lie among those of all limbs, and in most cells there is nothing of it.
"""

import numpy as np

from estimation.compilation import ARE_COMPILED, Bools, Ints, compiled
from estimation.maps import FloatMaps

# The projection of a vector on any direction is at most its length, and its larger component is at least this share of
# its length: 1 / sqrt(2), and less than that by more than all roundings.
_SMALLEST_LARGER = 0.7071

# Marking a cell for all limbs costs about as much as so many candidates do.
_CANDIDATES_PER_CELL = 2


def mark_cells(field: FloatMaps, limbs: Ints, threshold: float, n_keypoints: int, n_slots: int) -> Bools:
    """Mark for each limb the cells where a sample can pass, if that is worth while.

    Parameters
    ----------
    field : ndarray of shape (H, W, n_channels)
        The PAFs, finite. Not modified.
    limbs : ndarray of shape (n_limbs, 4) and dtype int64
        ``start slot, end slot, x channel, y channel``.
    threshold : float
        A sample passes when its projection is above it.
    n_keypoints, n_slots : int
        How many keypoints there are, of how many parts.

    Returns
    -------
    marks : ndarray of shape (n_limbs, H * W) or (n_limbs, 0) and dtype bool
        Nothing where marks would cost more than they spare: for few people, or where any cell may do.
    """
    height, width, _ = field.shape
    n_candidates = len(limbs) * (n_keypoints / max(n_slots, 1)) ** 2  # about
    if ARE_COMPILED and threshold > 0 and n_candidates > _CANDIDATES_PER_CELL * height * width:
        return _mark(field, limbs, _SMALLEST_LARGER * threshold)
    return np.zeros((len(limbs), 0), dtype=np.bool_)


@compiled
def _mark(field: FloatMaps, limbs: Ints, floor: float) -> Bools:
    """Mark for each limb the cells in which one of its components is larger than `floor`, up or down."""
    height, width, n_channels = field.shape
    users, n_users = _list_users(limbs, n_channels)
    marks = np.zeros((len(limbs), height * width), dtype=np.bool_)
    strong = np.empty(width, dtype=np.int64)
    for row in range(height):
        for i in range(_find_strong(field[row], floor, strong)):
            col = strong[i]
            for channel in range(n_channels):
                if abs(field[row, col, channel]) > floor:
                    for user in range(n_users[channel]):
                        marks[users[channel, user], row * width + col] = True
    return marks


@compiled
def _find_strong(line: FloatMaps, floor: float, strong: Ints) -> int:
    """Fill in the columns of a row in which any component is larger, and return how many they are."""
    n_strong = 0
    for col in range(len(line)):
        strong[n_strong] = col
        n_strong += _is_any_larger(line[col], floor)
    return n_strong


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
