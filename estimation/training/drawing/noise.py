"""Smooth noise for the folds of cloth, clouds and grass."""

from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

TILE_PX = 512
"""The noise repeats after so many px."""


@cache
def _make_tile() -> NDArray[np.float32]:
    """Add five octaves of noise that repeats without a seam: mean 0, deviation 1, the same at every run."""
    rng = np.random.default_rng(7)
    tile = np.zeros((TILE_PX, TILE_PX), np.float32)
    for octave in range(2, 7):
        n = 2**octave
        margin = TILE_PX // n
        coarse = np.pad(rng.standard_normal((n, n)).astype(np.float32), 1, mode="wrap")
        size = (TILE_PX + 2 * margin, TILE_PX + 2 * margin)
        fine = cv2.resize(coarse, size, interpolation=cv2.INTER_CUBIC)
        tile += fine[margin:-margin, margin:-margin] * np.float32(0.7**octave)
    tile = (tile - tile.mean()) / tile.std()
    tile.flags.writeable = False
    return np.asarray(tile)


def draw_noise(rng: np.random.Generator, height_px: int, width_px: int, column_px: int = 1) -> NDArray[np.float32]:
    """Cut smooth noise out of an endless tile at a random place.

    Parameters
    ----------
    rng : Generator
        Chooses the place.
    height_px, width_px : int
        Size of the cut.
    column_px : int, optional
        Every column of the tile fills so many columns.

    Returns
    -------
    noise : ndarray of shape (H, W) and dtype float32
        Of mean 0 and deviation 1 over the whole tile.
    """
    top, left = rng.integers(0, TILE_PX, 2)
    rows = (np.arange(height_px) + top) % TILE_PX
    columns = (np.arange(width_px) // column_px + left) % TILE_PX
    return np.asarray(_make_tile()[rows[:, None], columns])
