"""Cases as files: what is written is read again, with its types, and nothing else is."""

import json

import numpy as np
import pytest

from grader.harness.cases import Case
from grader.harness.errors import RubricError
from grader.harness.results import Visibility
from grader.labs.maps.maps_case import dump_cases, read_case

ENTRY = {"name": "one", "says": "A case.", "function": "iou", "arguments": [1.5], "expected": 0.5}


def case(*arguments, expected=0.5, **others):
    fields = {"check": "iou_values", "name": "one", "says": "A case.", "function": "iou", **others}
    return Case(visibility=Visibility.PUBLIC, arguments=arguments, expected=np.asarray(expected), **fields)


def again(one):
    content = json.loads(dump_cases([one]))
    return read_case(content["check"], Visibility.PUBLIC, content["cases"][0])


@pytest.mark.parametrize("kind", ["float64", "float32", "int64", "uint8", "bool"])
def test_arrays_keep_their_type(kind):
    array = np.array([[0, 1, 2]]).astype(kind)

    (read,) = again(case(array)).arguments

    assert read.dtype == kind
    assert np.array_equal(read, array)


def test_case_is_read_as_it_was_written():
    keypoints = np.array([[[0.25, np.nan], [3.0, -1.5]]])

    read = again(
        case(keypoints, (5, 7), 2.0, np.empty((0, 3, 2)), expected=[[1 / 3, np.nan]], twin_of="two", reference_s=0.5)
    )

    assert np.array_equal(read.arguments[0], keypoints, equal_nan=True)
    assert read.arguments[1:3] == ((5, 7), 2.0)
    assert read.arguments[3].shape == (0, 3, 2)
    assert read.expected == pytest.approx(np.array([[1 / 3, np.nan]]), abs=1e-9, nan_ok=True)
    assert (read.twin_of, read.reference_s, read.function) == ("two", 0.5, "iou")


def test_whole_numbers_stand_without_a_point():
    assert '"arguments": [\n    {"float64": [0, 1.5, null]}]' in dump_cases([case(np.array([0.0, 1.5, np.nan]))])


def test_file_holds_the_cases_of_one_check():
    with pytest.raises(RubricError, match=r"^A case file holds the cases of one check; got \['a', 'b'\]\.$"):
        dump_cases([case(1.0, check="a"), case(1.0, check="b")])


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"arguments": [True]}, "an argument must be a number, a tuple or an array of a type; got True"),
        ({"arguments": ["1"]}, "an argument must be a number, a tuple or an array of a type; got '1'"),
        ({"arguments": [{"object": [1]}]}, "the type of an array must be one of float64, .*; got 'object'"),
        ({"arguments": [{"float64": [1], "bool": [1]}]}, "too many values to unpack"),
        ({"expected": [[1], [1, 2]]}, "inhomogeneous"),
    ],
    ids=["truth", "text", "objects", "two types", "ragged"],
)
def test_entry_that_is_none_is_refused(change, says):
    with pytest.raises((TypeError, ValueError), match=says):
        read_case("iou_values", Visibility.PUBLIC, {**ENTRY, **change})
