"""Maps as pictures: a letter for each cell in text, a pixel for each cell on a page."""

import struct
import zlib
from base64 import b64encode
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
Bytes = npt.NDArray[np.uint8]

LETTERS = " .:-=+*#%@"
"""From the lowest value to the highest."""

NO_NUMBER = "!"
"""What stands for NaN and infinity."""

_LOW_TO_HIGH = ((18, 20, 60), (40, 110, 180), (80, 190, 140), (250, 230, 90))
_BELOW_TO_ABOVE = ((40, 90, 220), (245, 245, 245), (215, 50, 40))
_NO_NUMBER_RGB = (255, 0, 255)
_N_COLOURS = 255


def write_letters(values: Array, low: float, high: float) -> list[str]:
    """Write a map as lines of letters, a cell each.

    Parameters
    ----------
    values : ndarray of shape (rows, columns)
        Not modified.
    low, high : float
        The values that have the first and the last letter; what lies beyond has them, too.
    """
    steps = _steps(values, low, high, len(LETTERS))
    return ["".join(NO_NUMBER if step < 0 else LETTERS[step] for step in row) for row in steps.tolist()]


def draw_map(values: Array, low: float, high: float, *, is_difference: bool = False) -> str:
    """Draw a map as a PNG of a pixel a cell, in an address that a page can hold.

    Parameters
    ----------
    values : ndarray of shape (rows, columns)
        Not modified.
    low, high : float
        The values that have the first and the last colour.
    is_difference : bool, optional
        Whether 0, in the middle, is white, and what is below and above has other colours.
    """
    anchors = np.array(_BELOW_TO_ABOVE if is_difference else _LOW_TO_HIGH, dtype=np.float64)
    places = np.linspace(0, len(anchors) - 1, _N_COLOURS)
    colours = np.stack([np.interp(places, np.arange(len(anchors)), channel) for channel in anchors.T], axis=-1)
    palette = np.vstack([colours.round(), _NO_NUMBER_RGB]).astype(np.uint8)
    steps = _steps(values, low, high, _N_COLOURS)
    pixels = np.where(steps < 0, _N_COLOURS, steps).astype(np.uint8)
    return f"data:image/png;base64,{b64encode(_write_png(pixels, palette)).decode()}"


def find_range(maps: Sequence[Array]) -> tuple[float, float]:
    """Find the lowest and the highest number of some maps; what is not finite is passed over."""
    numbers = np.concatenate([values.ravel() for values in maps])
    finite = numbers[np.isfinite(numbers)]
    return (float(finite.min()), float(finite.max())) if len(finite) else (0.0, 0.0)


def _steps(values: Array, low: float, high: float, n: int) -> npt.NDArray[np.int64]:
    """Find the number of the step of each value, from 0 to n - 1; -1 for what is no number."""
    with np.errstate(all="ignore"):
        shares = np.clip((values - low) / (high - low) if high > low else np.zeros_like(values), 0, 1)
    return np.where(np.isfinite(values), np.nan_to_num(shares) * (n - 1), -1).round().astype(np.int64)


def _write_png(pixels: Bytes, palette: Bytes) -> bytes:
    """Write a PNG with a palette; nothing in it is compressed, so that every machine writes the same bytes."""
    rows, columns = pixels.shape
    lines = b"".join(b"\0" + row.tobytes() for row in pixels)
    parts = [
        (b"IHDR", struct.pack(">IIBBBBB", columns, rows, 8, 3, 0, 0, 0)),
        (b"PLTE", palette.tobytes()),
        (b"IDAT", zlib.compress(lines, 0)),
        (b"IEND", b""),
    ]
    chunks = (
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in parts
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)
