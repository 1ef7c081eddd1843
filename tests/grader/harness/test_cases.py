"""Cases of a lab that brings no form of its own: how they are read, and which answers can be theirs."""

import json

import numpy as np
import pytest

from grader.harness.cases import Case, load_cases, read_answer, read_case
from grader.harness.errors import RubricError
from grader.harness.results import Explanation, Visibility

ENTRY = {"name": "negative", "says": "Numbers below 0.", "arguments": [[[-1, 0.5], [2, 3]], 2], "expected": [-2, 1]}
FULL = {**ENTRY, "keywords": {"scale": 2, "by": [1, 2]}, "function": "halve", "twin_of": "other", "reference_s": 0.25}


def write(folder, *entries, visibility="public", check="doubles"):
    path = folder / visibility / f"{check}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"check": check, "cases": entries}), encoding="utf-8")
    return path


def test_case_is_read_with_arrays_and_numbers():
    case = read_case("doubles", Visibility.HIDDEN, ENTRY)

    array, number = case.arguments
    assert (case.check, case.name, case.says) == ("doubles", "negative", "Numbers below 0.")
    assert case.visibility is Visibility.HIDDEN
    assert (array.tolist(), array.dtype, number) == ([[-1.0, 0.5], [2.0, 3.0]], np.float64, 2.0)
    assert case.expected.tolist() == [-2.0, 1.0]
    assert (case.keywords, case.function, case.twin_of, case.reference_s) == ({}, "", "", None)


def test_case_is_read_with_all_that_may_stand_in_it():
    case = read_case("doubles", Visibility.PUBLIC, FULL)

    assert case.keywords["scale"] == 2.0
    assert case.keywords["by"].tolist() == [1.0, 2.0]
    assert (case.function, case.twin_of, case.reference_s) == ("halve", "other", 0.25)


@pytest.mark.parametrize(
    ("arguments", "size"),
    [((), 0), ((5.0,), 0), ((np.zeros((3, 9)), np.zeros(4)), 4), ((np.array(5.0),), 0)],
    ids=["nothing", "a number", "the longest array", "an array without length"],
)
def test_size_is_the_length_of_the_longest_array(arguments, size):
    case = Case(check="a", name="b", says="", visibility=Visibility.PUBLIC, arguments=arguments, expected=0)

    assert case.size == size


def test_size_counts_arrays_that_are_given_by_name():
    assert read_case("doubles", Visibility.PUBLIC, {**ENTRY, "keywords": {"by": [1] * 7}}).size == 7


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"name": ...}, r"KeyError\('name'\)"),
        ({"expected": ...}, r"KeyError\('expected'\)"),
        ({"arguments": 5}, "TypeError"),
        ({"arguments": ["text"]}, r"an argument must be a number or lists of numbers; got 'text'"),
        ({"arguments": [True]}, "an argument must be a number or lists of numbers; got True"),
        ({"arguments": [None]}, "an argument must be a number or lists of numbers; got None"),
        ({"arguments": [[[1, 2], [3]]]}, "ValueError"),
        ({"arguments": [["text"]]}, "ValueError"),
        ({"keywords": []}, "AttributeError"),
        ({"keywords": {"scale": "2"}}, "an argument must be a number or lists of numbers; got '2'"),
        ({"expected": "5"}, "an argument must be a number or lists of numbers; got '5'"),
    ],
    ids=lambda value: str(value)[:40] if isinstance(value, dict) else "",
)
def test_case_that_is_none_is_refused_with_its_file(tmp_path, change, error):
    entry = {name: value for name, value in {**ENTRY, **change}.items() if value is not ...}
    write(tmp_path, entry)

    with pytest.raises(RubricError, match=rf"^A case file must hold .*doubles\.json does not: .*{error}"):
        load_cases(tmp_path)


def test_cases_are_loaded_public_first_by_file(tmp_path):
    write(tmp_path, ENTRY, visibility="hidden", check="a")
    write(tmp_path, ENTRY, {**ENTRY, "name": "another"}, check="b")

    cases = load_cases(tmp_path)

    assert [(case.check, case.name, case.visibility) for case in cases] == [
        ("b", "negative", "public"),
        ("b", "another", "public"),
        ("a", "negative", "hidden"),
    ]


def test_folder_without_cases_has_none(tmp_path):
    assert load_cases(tmp_path) == ()


@pytest.mark.parametrize("expected", [[1, 2], 5, [[1], [2]]], ids=str)
def test_answer_of_the_recorded_shape_is_taken(expected):
    case = read_case("doubles", Visibility.PUBLIC, {**ENTRY, "expected": expected})
    answer = np.asarray(expected, dtype=float) + 1

    assert read_answer(case, answer) is answer


@pytest.mark.parametrize(
    ("answer", "shape"), [([1, 2, 3], r"(3,)"), (5, "()"), ([[1, 2]], "(1, 2)"), ([], "(0,)")], ids=str
)
def test_answer_of_another_shape_is_explained(answer, shape):
    case = read_case("doubles", Visibility.PUBLIC, ENTRY)

    told = read_answer(case, np.asarray(answer, dtype=float))

    assert isinstance(told, Explanation)
    assert str(told) == f"The answer must have shape (2,); got shape {shape}. Look at what the handout asks for."
