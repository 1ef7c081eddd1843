"""Masks as COCO writes them: how many pixels are outside, inside, outside, ... in turn, column by column, in letters.

pycocotools reads and writes the same; it is not needed to render people, or to look at them.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

EncodedMask = dict[str, Any]
"""COCO's ``segmentation``: ``size``, rows and columns, and ``counts``, a text."""

MAX_PIXELS = 1 << 28
"""Of a mask that is read: a file may name any size."""

_FIRST_LETTER = 48
_MORE, _NEGATIVE, _DIGIT = 0x20, 0x10, 0x1F


def encode_mask(mask: ArrayLike) -> EncodedMask:
    """Write a mask in COCO's run lengths.

    Parameters
    ----------
    mask : array_like of shape (rows, columns) and dtype bool
        Not modified.

    Returns
    -------
    encoded : dict
        ``size`` and ``counts``, as JSON and pycocotools want them.

    Raises
    ------
    ValueError
        If it is no mask.
    """
    inside = np.asarray(mask)
    if inside.ndim != 2 or inside.dtype != bool:
        raise ValueError(
            f"A mask must be a boolean array of rows and columns; got {inside.dtype} of shape {inside.shape}. "
            "Compare it with a threshold."
        )
    flat = inside.ravel(order="F")
    changes = np.flatnonzero(np.diff(flat)) + 1
    first = [0] if flat.size and flat[0] else []
    lengths = [*first, *np.diff([0, *changes.tolist(), flat.size]).tolist()]
    return {"size": list(inside.shape), "counts": _to_letters(lengths)}


def decode_mask(encoded: Mapping[str, Any]) -> NDArray[np.bool_]:
    """Read a mask in COCO's run lengths, in letters or as a list of numbers.

    Parameters
    ----------
    encoded : dict
        ``size`` and ``counts``.

    Returns
    -------
    mask : ndarray of shape (rows, columns) and dtype bool

    Raises
    ------
    ValueError
        If the runs do not fill the size.
    """
    try:
        rows, columns = (int(side) for side in encoded["size"])
        counts = encoded["counts"]
        lengths = np.array(_from_letters(counts) if isinstance(counts, str) else list(counts), np.int64)
    except (KeyError, TypeError, ValueError, OverflowError) as exc:
        raise ValueError(f"A mask must have a size and counts, as COCO writes them; got {encoded!r:.200}.") from exc
    is_possible = min(rows, columns) > 0 and rows * columns <= MAX_PIXELS and bool((lengths >= 0).all())
    # Summed as whole numbers without an end: 64 bits would begin anew.
    if not is_possible or sum(lengths.tolist()) != rows * columns:
        raise ValueError(
            f"The runs of a mask must fill its {rows} rows and {columns} columns, which are {MAX_PIXELS:,} pixels at "
            f"most; got {len(lengths)} runs of {sum(lengths.tolist())} pixels. Write the mask again."
        )
    inside = np.repeat(np.arange(len(lengths)) % 2 == 1, lengths)
    return np.ascontiguousarray(inside.reshape(rows, columns, order="F"))


def _to_letters(lengths: list[int]) -> str:
    """Write numbers five bits a letter, lowest first; from the fourth on the difference to the last but one."""
    letters = []
    for place, length in enumerate(lengths):
        rest = length - lengths[place - 2] if place > 2 else length
        has_more = True
        while has_more:
            digit = rest & _DIGIT
            rest >>= 5
            has_more = rest != -1 if digit & _NEGATIVE else rest != 0
            letters.append(chr(_FIRST_LETTER + (digit | _MORE if has_more else digit)))
    return "".join(letters)


def _from_letters(letters: str) -> Iterable[int]:
    lengths: list[int] = []
    number = shift = 0
    for letter in letters:
        digit = ord(letter) - _FIRST_LETTER
        if not 0 <= digit < 2 * _MORE or shift > 60:
            raise ValueError(f"{letter!r} is no letter of a mask")
        number |= (digit & _DIGIT) << shift
        shift += 5
        if not digit & _MORE:
            if digit & _NEGATIVE:
                number -= 1 << shift
            lengths.append(number + lengths[-2] if len(lengths) > 2 else number)
            number = shift = 0
    if shift:
        raise ValueError("the last number is not finished")
    return lengths
