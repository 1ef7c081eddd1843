"""What counts as an array of numbers, and what everything else is called."""

import datetime as dt
from collections import deque
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest

from grader.harness.sandbox.conversion import NoArray, read_answer
from grader.harness.sandbox.protocol import pack_array, unpack_array

ROWS = np.arange(40.0).reshape(2, 20)
LARGEST = 1 << 20

NUMBERS = {
    "array": ROWS,
    "list": ROWS.tolist(),
    "tuple": tuple(map(tuple, ROWS.tolist())),
    "tuple_of_lists": tuple(ROWS.tolist()),
    "tuple_of_arrays": tuple(ROWS),
    "list_of_arrays": list(ROWS),
    "float32": ROWS.astype(np.float32),
    "float16": ROWS.astype(np.float16),
    "longdouble": ROWS.astype(np.longdouble),
    "integers": ROWS.astype(int),
    "unsigned": ROWS.astype(np.uint8),
    "big_endian": ROWS.astype(">f8"),
    "fortran": np.asfortranarray(ROWS),
    "negative_strides": ROWS[::-1, ::-1][::-1, ::-1],
    "sliced": np.repeat(ROWS, 2, axis=0)[::2],
    "objects": ROWS.astype(object),
    "mixed_objects": np.array([[*map(int, row[:18]), np.float32(row[18]), row[19]] for row in ROWS], dtype=object),
    "matrix_like": ROWS.view(type("Own", (np.ndarray,), {"__array_priority__": 7})),
    "unmasked": np.ma.masked_array(ROWS),
    "deque": deque(ROWS.tolist()),
    "views": {"a": ROWS[0].tolist(), "b": ROWS[1]}.values(),
    "keys": dict.fromkeys(map(tuple, ROWS.tolist())).keys(),
    "memoryview": memoryview(ROWS),
    "fractions": [[Fraction(number) for number in row] for row in ROWS.tolist()],
    "decimals": np.array([[Decimal(number) for number in row] for row in ROWS.tolist()]),
}


@pytest.mark.parametrize("value", NUMBERS.values(), ids=NUMBERS)
def test_numbers_are_read(value):
    answer = read_answer(value, LARGEST)

    assert type(answer) is np.ndarray
    assert answer.dtype == np.dtype("<f8")
    assert answer.flags.c_contiguous
    assert np.array_equal(answer, ROWS)


ITERATORS = {
    "map": lambda: map(list, ROWS),
    "generator": lambda: (row for row in ROWS),
    "rows": lambda: [map(float, row) for row in ROWS],
    "zip": lambda: zip(*ROWS.T.tolist(), strict=True),
    "deques": lambda: (deque(row) for row in ROWS),
}


@pytest.mark.parametrize("make", ITERATORS.values(), ids=ITERATORS)
def test_iterators_are_read(make):
    assert np.array_equal(read_answer(make(), LARGEST), ROWS)


def test_iterator_that_raises_is_let_through():
    with pytest.raises(ZeroDivisionError, match="division by zero"):
        read_answer((1 / number for number in (1, 0)), LARGEST)


def test_masked_entries_are_absent():
    assert read_answer(np.ma.masked_greater(ROWS, 30), LARGEST).max() == 30
    assert read_answer(np.ma.masked_greater(ROWS, 30), LARGEST).min() == -1


SINGLE = {
    "number": 3.5,
    "numpy_number": np.float64(3.5),
    "small_number": np.float32(3.5),
    "no_dimensions": np.array(3.5),
    "fraction": Fraction(7, 2),
    "decimal": Decimal("3.5"),
}


@pytest.mark.parametrize("value", SINGLE.values(), ids=SINGLE)
def test_single_number_is_read(value):
    answer = read_answer(value, LARGEST)

    assert type(answer) is np.ndarray
    assert (answer.shape, answer.dtype) == ((), np.dtype("<f8"))
    assert answer == 3.5
    assert unpack_array(pack_array(answer)).shape == ()


NOBODY = [[], np.zeros(0), np.zeros((0, 20)), [[]], np.zeros((0, 7, 999_999_999)), iter(()), {}.values()]


@pytest.mark.parametrize("value", NOBODY, ids=["list", "1d", "2d", "nested", "wide", "iterator", "view"])
def test_nobody_is_read(value):
    answer = read_answer(value, LARGEST)

    assert answer.shape == np.shape(value if hasattr(value, "shape") else list(value))
    assert unpack_array(pack_array(answer)).shape == answer.shape


class Array:
    """Says that it is an array, another one at every look."""

    looks = 0

    def __array__(self, dtype=None, copy=None):
        self.looks += 1
        return ROWS * self.looks


def test_array_that_changes_is_looked_at_once():
    assert np.array_equal(read_answer(Array(), LARGEST), ROWS)


OTHERS = {
    "none": (None, "None"),
    "string": ("rows", "a string"),
    "iterator_of_text": (iter("rows"), "an array of strings"),
    "dictionary": ({1: ROWS}, "a dictionary of 1"),
    "set": ({1, 2}, "a set of 2"),
    "frozen_set": (frozenset(), "a set of 0"),
    "tuple_with_number": ((ROWS, 2), "a tuple of 2: an array of shape (2, 20) and an int"),
    "tuple_with_float": ((ROWS.tolist(), np.float64(2)), "a tuple of 2: a list of 2 and a float"),
    "tuple_of_arrays": ((ROWS, ROWS), "a tuple of 2: an array of shape (2, 20) and an array of shape (2, 20)"),
    "tuple_with_ragged": (([[[1], [1, 2]]], 3), "a tuple of 2: a list of 1 and an int"),
    "tuple_by_a_comma": ((ROWS,), "a tuple of 1: an array of shape (2, 20)"),
    "tuple_with_nobody": (([], 0), "a tuple of 2: a list of 0 and an int"),
    "tuple_with_others": ((ROWS, None, {}), "a tuple of 3: an array of shape (2, 20), None and a dictionary of 0"),
    "long_tuple": (
        (ROWS[0], 1, 2, 3, 4),
        "a tuple of 5: an array of shape (20,), an int, an int and 2 more",
    ),
    "ragged_tuple": (((1, 2), (3,)), "a tuple of rows of different lengths"),
    "bytes": (b"rows", "an object of type bytes"),
    "truth": (True, "the truth value True"),
    "numpy_truth": (np.True_, "one of booleans"),
    "ragged": ([[1, 2], [3]], "a list of rows of different lengths"),
    "ragged_arrays": ([np.zeros(2), np.zeros(3)], "a list of rows of different lengths"),
    "ragged_objects": (np.array([[1, 2], [3]], dtype=object), "a list of rows of different lengths"),
    "strings": ([["a"] * 20], "an array of strings"),
    "byte_strings": ([[b"a"] * 20], "an array of byte strings"),
    "booleans": (ROWS > 1, "an array of booleans"),
    "complex": (ROWS + 1j, "an array of complex numbers"),
    "dates": (np.array(["2020-01-01"], dtype="M8[D]"), "an array of dates"),
    "spans": (np.array([1], dtype="m8[D]"), "an array of time spans"),
    "structured": (np.zeros(2, dtype="i4,f8"), "an array of a structured type"),
    "none_inside": ([[1.0, None]], "an array that holds None"),
    "date_inside": ([dt.date(2020, 1, 1)], "an array that holds an object of type date"),
    "true_inside": (np.array([1, True], dtype=object), "an array that holds the truth value True"),
    "too_large_inside": ([[10**400]], "an array that holds a number too large for a float"),
    "four_dimensions": (np.zeros((1, 1, 1, 1)), "an array of shape (1, 1, 1, 1)"),
    "empty_huge": (np.zeros((0, 10**10)), "an empty array of shape (0, 10000000000)"),
    "empty_huge_bytes": (np.zeros((0, 2**40, 2**20), np.uint8), "an empty array of shape (0, 1099511627776, 1048576)"),
    "complex_inside": (np.array([[1j]], dtype=object), "an array that holds an object of type complex"),
    "huge": (np.broadcast_to(0.0, (10**9, 20)), "an array of shape (1000000000, 20), larger than 1 MiB"),
}


@pytest.mark.parametrize(("value", "name"), OTHERS.values(), ids=OTHERS)
def test_other_values_are_named(value, name):
    with pytest.raises(NoArray) as caught:
        read_answer(value, LARGEST)

    assert str(caught.value) == name


def test_numpy_that_raises_is_kept_quiet():
    with np.errstate(all="raise"):
        assert np.isinf(read_answer(np.array([np.longdouble("1e4000")]), LARGEST)).all()
