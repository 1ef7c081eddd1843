"""Smooth noise: cloth, clouds, grass."""

import cv2
import numpy as np
from numpy.typing import NDArray

Plane = NDArray[np.float32]
TILE = 512


def make_noise(seed: int = 7) -> Plane:
    """Make a tile of smooth noise of mean 0 and deviation 1, shape (512, 512), that repeats without a seam."""
    rng = np.random.default_rng(seed)
    noise = np.zeros((TILE, TILE), np.float32)
    for octave in range(2, 7):
        n = 2**octave
        coarse = np.pad(rng.standard_normal((n, n)).astype(np.float32), 1, mode="wrap")
        size = TILE + 2 * TILE // n
        fine = cv2.resize(coarse, (size, size), interpolation=cv2.INTER_CUBIC)
        noise += fine[TILE // n : TILE // n + TILE, TILE // n : TILE // n + TILE] * 0.7 ** (octave - 2)
    return np.asarray((noise - noise.mean()) / noise.std(), np.float32)


_NOISE = make_noise()


def take_noise(shape: tuple[int, int], offset: tuple[int, int], stretch: tuple[int, int] = (1, 1)) -> Plane:
    """Read noise of the given shape from the tile, from an offset (row, col) on, repeating it as needed."""
    rows = (np.arange(shape[0]) // stretch[0] + offset[0]) % TILE
    columns = (np.arange(shape[1]) // stretch[1] + offset[1]) % TILE
    return _NOISE[rows[:, None], columns]
