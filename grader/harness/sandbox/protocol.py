"""Messages between the grader and its child: a header in JSON and, for arrays, the bytes of ``.npy`` files.

::

    4 bytes         4 bytes          header bytes    payload bytes
    header length   payload length   JSON object     .npy files, version 1.0, one behind the other, or nothing

Lengths are unsigned and big-endian, and are looked at before anything of that length is read. Both sides use this
file; what arrives is taken for a stranger's, also by the child. Nothing is ever unpickled.
"""

from __future__ import annotations

import json
import re
import struct
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_LENGTHS = struct.Struct(">II")
LENGTHS_BYTES = _LENGTHS.size

_MAGIC = b"\x93NUMPY\x01\x00"
# Exactly what NumPy writes for an array of numbers in C order, so that no expression is ever evaluated.
_NPY = re.compile(
    rb"\x93NUMPY\x01\x00..\{'descr': '([<>|][fiub][1248])', 'fortran_order': False, "
    rb"'shape': \(((?:\d{1,9}, ){0,3}(?:\d{1,9},?)?)\), \} *\n",
    re.DOTALL,
)


def pack(header: dict[str, Any], payload: bytes = b"") -> bytes:
    """Make one message of a header and the bytes that go with it."""
    text = json.dumps(header).encode("ascii")
    return b"".join((_LENGTHS.pack(len(text), len(payload)), text, payload))


def read_lengths(head: bytes) -> tuple[int, int]:
    """Read how long header and payload are, in bytes, from the first `LENGTHS_BYTES` of a message."""
    n_header, n_payload = _LENGTHS.unpack(head)
    return n_header, n_payload


def read_header(text: bytes) -> dict[str, Any]:
    """Read a header.

    Raises
    ------
    ValueError
        If the bytes are no JSON object.
    """
    try:
        header = json.loads(text.decode("ascii"))
    except RecursionError as error:
        raise ValueError("A header must be a flat JSON object; it is nested too deeply.") from error
    if not isinstance(header, dict):
        raise ValueError(f"A header must be a JSON object; got {header!r:.200}.")  # noqa: TRY004 - content, not type
    return header


def pack_array(array: np.ndarray[Any, Any]) -> bytes:
    """Write an array of numbers, any shape of at most three dimensions, as a ``.npy`` file in C order."""
    text = f"{{'descr': '{array.dtype.str}', 'fortran_order': False, 'shape': {array.shape}, }}"
    n_fixed = len(_MAGIC) + 2
    text += " " * (-(n_fixed + len(text) + 1) % 64) + "\n"  # numbers start at a multiple of 64, as NumPy has it
    return b"".join((_MAGIC, struct.pack("<H", len(text)), text.encode("ascii"), array.tobytes()))


def unpack_array(payload: bytes) -> np.ndarray[Any, Any]:
    """Read an array of numbers that `pack_array` wrote.

    Returns
    -------
    array : ndarray of at most three dimensions
        A fresh one, which may be written to.

    Raises
    ------
    ValueError
        If the bytes are anything else, or longer or shorter than the header says.
    """
    match = _NPY.match(payload)
    if match is None:
        raise ValueError(f"An array must come as .npy in C order with at most 3 dimensions; got {payload[:80]!r}.")
    descr, dimensions = match.groups()
    shape = tuple(int(size) for size in dimensions.replace(b",", b" ").split())
    try:
        dtype = np.dtype(descr.decode("ascii"))
        array = np.ndarray(shape, dtype, payload, match.end())
    except (TypeError, ValueError) as error:
        raise ValueError(f"An array must be as long as its header says; got {descr!r} of shape {shape!r}.") from error
    if array.nbytes != len(payload) - match.end():
        raise ValueError(f"An array must end with its last number; got {len(payload)} bytes for shape {shape!r}.")
    return array.copy()


def pack_arguments(positional: Sequence[Any], keywords: Mapping[str, Any]) -> tuple[dict[str, Any], bytes]:
    """Write the arguments of a call as a part of the header and a payload, which holds the arrays.

    Numbers, and tuples of numbers, stand in the header.
    """
    arrays: list[bytes] = []

    def write(value: Any) -> Any:  # noqa: ANN401 - a number, a tuple or an array
        if isinstance(value, np.ndarray):
            arrays.append(pack_array(value))
            return None
        return value

    header = {"positional": [write(value) for value in positional]}
    header["keywords"] = {name: write(value) for name, value in keywords.items()}  # type: ignore[assignment]
    return {**header, "lengths": [len(array) for array in arrays]}, b"".join(arrays)


def unpack_arguments(header: dict[str, Any], payload: bytes) -> tuple[list[Any], dict[str, Any]]:
    """Read the arguments of a call that `pack_arguments` wrote."""
    place = 0
    arrays = []
    for length in header["lengths"]:
        arrays.append(unpack_array(payload[place : place + length]))
        place += length
    following = iter(arrays)

    def read(value: Any) -> Any:  # noqa: ANN401 - as above
        if value is None:
            return next(following)
        return tuple(value) if isinstance(value, list) else value  # JSON knows no tuples

    return [read(value) for value in header["positional"]], {
        name: read(value) for name, value in header["keywords"].items()
    }
