"""What is refused before the compiled loops see it."""

import numpy as np
import pytest

from estimation.maps import check_maps


def make_maps(value=0.5, dtype=np.float32):
    maps = np.zeros((2, 3, 4), dtype)
    maps[1, 2, 3] = value
    return maps


@pytest.mark.parametrize(
    ("dtype", "expected"),
    [
        pytest.param("float16", "float32", id="float16"),
        pytest.param("float32", "float32", id="float32"),
        pytest.param("float64", "float64", id="float64"),
        pytest.param(">f4", "float32", id="foreign byte order"),
        pytest.param("int64", "float64", id="integers"),
    ],
)
def test_check_maps_keeps_the_values(dtype, expected):
    maps = make_maps(3, dtype)
    checked = check_maps(maps, 4, "maps")
    assert checked.dtype == expected
    assert np.array_equal(checked, maps)


def test_check_maps_copies_nothing_when_it_need_not():
    maps = make_maps()
    assert check_maps(maps, 4, "maps") is maps


@pytest.mark.parametrize(
    "maps",
    [
        pytest.param(np.asfortranarray(make_maps()), id="fortran order"),
        pytest.param(np.broadcast_to(np.float32(1), (2, 3, 4)), id="read-only"),
        pytest.param(make_maps().tolist(), id="lists"),
    ],
)
def test_check_maps_returns_one_layout(maps):
    checked = check_maps(maps, 4, "maps")
    assert checked.flags.c_contiguous
    assert checked.flags.writeable
    assert np.array_equal(checked, maps)


@pytest.mark.parametrize(
    ("maps", "message"),
    [
        pytest.param(np.zeros((2, 3)), r"maps must have shape \(height, width, 4\).*got shape \(2, 3\)", id="2-D"),
        pytest.param(np.zeros((1, 2, 3, 4)), r"got shape \(1, 2, 3, 4\).*Take one picture", id="batch"),
        pytest.param(np.zeros((2, 3, 5)), r"got shape \(2, 3, 5\)", id="too many channels"),
        pytest.param(np.zeros((0, 3, 4)), r"at least one cell; got shape \(0, 3, 4\)", id="no row"),
        pytest.param(np.zeros((2, 0, 4)), r"at least one cell; got shape \(2, 0, 4\)", id="no column"),
        pytest.param(np.zeros((2, 3, 4), complex), "must hold real numbers; got dtype complex128", id="complex"),
        pytest.param(np.zeros((2, 3, 4), bool), "must hold real numbers; got dtype bool", id="bool"),
        pytest.param(make_maps(np.nan), "maps must be finite; got nan at row 1, column 2, channel 3", id="nan"),
        pytest.param(make_maps(np.inf), "must be finite; got inf at row 1, column 2, channel 3", id="inf"),
        pytest.param(make_maps(-np.inf, np.float16), "must be finite; got -inf", id="float16 -inf"),
        pytest.param(make_maps(np.nan, np.float64), "must be finite; got nan", id="float64 nan"),
    ],
)
def test_check_maps_refuses(maps, message):
    with pytest.raises(ValueError, match=message):
        check_maps(maps, 4, "maps")


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"], ids=str)
def test_check_maps_accepts_the_largest_number(dtype):
    largest = np.finfo(dtype).max
    assert check_maps(make_maps(-largest, dtype), 4, "maps")[1, 2, 3] == -largest
