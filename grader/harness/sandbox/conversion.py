"""What a student's function returned, made into an array of numbers or into words; in the child, beside their code.

Only float64 in C order travels to the grader: lists, tuples, integers, float32, another byte order, negative strides
and the like are all converted here, so that the grader never meets a type of the student's.
"""

from __future__ import annotations

import collections
import numbers
import types
import warnings
from collections.abc import Iterator, KeysView, ValuesView
from typing import Any

import numpy as np

_ABSENT = -1
_MAX_DIMENSIONS = 3
_KINDS = {
    "b": "booleans",
    "c": "complex numbers",
    "m": "time spans",
    "M": "dates",
    "S": "byte strings",
    "U": "strings",
    "V": "a structured type",
}
_LISTED = (collections.deque, Iterator, KeysView, ValuesView)
_LARGEST_SIDE = 999_999_999
_MAX_NAMED = 4
Floats = Any  # ndarray of dtype float64


class NoArray(Exception):  # noqa: N818 - says what the answer is
    """What was returned is no array of numbers; the text says what it is."""


def read_answer(value: Any, max_bytes: int) -> Floats:  # noqa: ANN401 - whatever a student returns
    """Turn a returned value into an array.

    Masked entries of a masked array become -1, which is what "absent" is in a row. Iterators, views of dictionaries and
    the like are listed, whole and row by row; one that never ends meets the limits on time and memory.

    Parameters
    ----------
    value : object
        What the function returned.
    max_bytes : int
        The largest array to send.

    Returns
    -------
    answer : ndarray of at most 3 dimensions and dtype float64
        In C order and in the processor's byte order; a number has no dimension.

    Raises
    ------
    NoArray
        If it is not an array of real numbers of that size.
    """
    if isinstance(value, tuple) and not _is_of_rows(value):
        raise NoArray(_name_items(value))
    noun = "tuple" if isinstance(value, tuple) else "list"
    value = _as_list(value)
    is_array = isinstance(value, (list, tuple, memoryview, np.ndarray)) or hasattr(type(value), "__array__")
    if not is_array and not _is_plain_number(value):
        raise NoArray(_name(value))
    array = _as_array(value, noun)
    if array.dtype.kind in _KINDS:
        raise NoArray(f"an array of {_KINDS[array.dtype.kind]}" if array.ndim else f"one of {_KINDS[array.dtype.kind]}")
    if array.ndim > _MAX_DIMENSIONS:
        raise NoArray(f"an array of shape {array.shape}")
    if max(array.shape, default=0) > _LARGEST_SIDE and not array.size:
        raise NoArray(f"an empty array of shape {array.shape}")
    if array.size * 8 > max_bytes:
        raise NoArray(f"an array of shape {array.shape}, larger than {max_bytes // 2**20} MiB")
    if array.dtype.kind == "O":
        array = _convert_objects(array, noun)
    with np.errstate(all="ignore"):  # the code may have asked NumPy to raise; what does not fit becomes infinite
        return array.astype("<f8", order="C")


def _is_of_rows(value: tuple[Any, ...]) -> bool:
    """Tell a tuple that is meant for an array, of rows or of numbers, from one of several answers."""
    n_dimensions = {_count_dimensions(item) for item in value}
    return len(n_dimensions) <= 1 and max(n_dimensions, default=0) <= 1


def _count_dimensions(item: Any) -> int:  # noqa: ANN401 - see read_answer
    """Count as far as it matters: 0 for what is no row, 1 for a row, 2 for rows."""
    if isinstance(item, np.ndarray):
        return min(item.ndim, 2)
    if isinstance(item, (list, tuple)):
        return 1 + any(isinstance(first, (list, tuple)) or np.ndim(first) for first in item[:1])
    return int(isinstance(item, _LISTED))


def _name_items(value: tuple[Any, ...]) -> str:
    """Name a tuple by what is in it."""
    named = [_name_item(item) for item in value[:_MAX_NAMED]]
    if len(value) > _MAX_NAMED:
        named[-1] = f"{len(value) - _MAX_NAMED + 1} more"
    listed = " and ".join([", ".join(named[:-1]), named[-1]] if named[1:] else named)
    return f"a tuple of {len(value)}: {listed}"


def _name_item(item: Any) -> str:  # noqa: ANN401 - see read_answer
    if isinstance(item, np.ndarray):
        return f"an array of shape {item.shape}"
    if isinstance(item, (list, tuple)):
        return f"a {'list' if isinstance(item, list) else 'tuple'} of {len(item)}"
    if _is_plain_number(item):
        return "an int" if isinstance(item, numbers.Integral) else "a float"
    return _name(item)


def _as_list(value: Any) -> Any:  # noqa: ANN401 - see read_answer
    """Make a list of what can only be gone through, and of such rows in it."""
    if isinstance(value, _LISTED):
        value = list(value)
    if type(value) in (list, tuple):
        return [list(row) if isinstance(row, _LISTED) else row for row in value]
    return value


def _as_array(value: Any, noun: str) -> Any:  # noqa: ANN401 - see read_answer
    if type(value) is np.ndarray:
        return value
    with warnings.catch_warnings():
        # Old NumPy warns of ragged lists and makes objects of them; the code may have turned warnings into errors.
        warnings.simplefilter("ignore")
        try:
            array = np.ma.filled(value, _ABSENT) if isinstance(value, np.ma.MaskedArray) else np.asarray(value)
        except ValueError as error:
            raise NoArray(f"a {noun} of rows of different lengths") from error
    return array.view(np.ndarray)


def _convert_objects(array: Any, noun: str) -> Floats:  # noqa: ANN401 - see read_answer
    """Convert an array of Python objects if they are all plain numbers."""
    for item in array.flat:
        if isinstance(item, (list, tuple, np.ndarray)):
            raise NoArray(f"a {noun} of rows of different lengths")
        if not _is_plain_number(item):
            raise NoArray(f"an array that holds {_name(item)}")
    try:
        return array.astype(np.float64)
    except OverflowError as error:
        raise NoArray("an array that holds a number too large for a float") from error


def _is_plain_number(item: Any) -> bool:  # noqa: ANN401 - see read_answer
    """Tell a real number, fractions and decimals among them; a decimal counts as a number but not as a real one."""
    is_real = isinstance(item, numbers.Real) or not isinstance(item, numbers.Complex)
    return isinstance(item, numbers.Number) and is_real and not isinstance(item, bool)


def _name(value: Any) -> str:  # noqa: ANN401 - see read_answer
    """Name a value that is no array, as a reader would."""
    if isinstance(value, bool):
        return f"the truth value {value}"
    if isinstance(value, (dict, set, frozenset)):
        return f"a {'dictionary' if isinstance(value, dict) else 'set'} of {len(value)}"
    names = {type(None): "None", types.CoroutineType: "a coroutine"}
    plain = "a string" if isinstance(value, str) else f"an object of type {type(value).__name__:.80}"
    return names.get(type(value), plain)
