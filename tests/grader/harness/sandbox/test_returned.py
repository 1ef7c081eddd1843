"""What the child says of a returned value is recognised, so that it can be told in every language."""

import numpy as np
import pytest

from grader.harness.languages import Said, speaking, tell
from grader.harness.patterns import list_patterns, with_patterns
from grader.harness.results import Explanation
from grader.harness.sandbox.conversion import NoArray, read_answer
from grader.harness.sandbox.returned import describe_returned

MAX_BYTES = 2**20
VALUES = [
    None,
    "text",
    True,
    {1: 2},
    {1, 2},
    object(),
    (np.zeros((3, 4)), 1),
    (np.zeros((3, 4)), [1, 2], 1.5),
    ([1], (2, 3), "x", None, {}, 7),
    np.array(["a"]),
    np.array("a"),
    np.array([1j]),
    np.array([True]),
    np.zeros((1, 1, 1, 1)),
    np.zeros((2, 0, 2**31)),
    np.zeros(MAX_BYTES),
    [[1], [2, 3]],
    [object()],
    [None, 1],
    [10**400, 0.5],
]


@pytest.mark.parametrize("value", VALUES, ids=range(len(VALUES)))
def test_words_of_the_child_are_recognised(value):
    with pytest.raises(NoArray) as raised:
        read_answer(value, MAX_BYTES)
    words = str(raised.value)

    told = describe_returned(words)

    assert told == words
    assert isinstance(told, Said) or words == "None"
    record = Explanation("", told, "")
    assert with_patterns(record, list_patterns(record)) == record


@pytest.mark.parametrize(
    "words",
    [
        "there is none",
        "double is a class",
        "double is an object of type int",
        "double is an async function",
        "double is a generator: it has a yield",
    ],
)
def test_words_of_the_child_about_a_function_are_recognised(words):
    told = describe_returned(words)

    assert told == words
    assert isinstance(told, Said)


@pytest.mark.parametrize("words", ["", "x", "None", "an array that is none", "a tuple of many", "\u202e", "{0}"])
def test_other_words_are_given_back(words):
    assert describe_returned(words) == words
    assert not isinstance(describe_returned(words), Said)


def test_words_that_hold_each_other_are_not_followed():
    words = "an array that holds " * 30 + "a string"

    told = describe_returned(words)

    assert told == words
    with_patterns(Explanation("", told, ""), list_patterns(Explanation("", told, "")))


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("a tuple of 2: an array of shape (3, 4) and an int", "長度 2 的 tuple：形狀為 (3, 4) 的陣列 和 一個 int"),
        ("a list of rows of different lengths", "各列長度不同的 list"),
        ("an array of strings", "字串的陣列"),
        ("there is none", "沒有找到"),
    ],
)
def test_returned_value_is_told_in_chinese(words, expected):
    with speaking("zh-TW"):
        assert tell(describe_returned(words)) == expected
