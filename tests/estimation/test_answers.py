"""What `merge` may return, and what is said of anything else: the same in `estimate` and in the grader."""

import numpy as np
import pytest

from estimation import estimators
from estimation.answers import AnswerError, read_answer
from estimation.config import get_default_configuration
from grader.harness.results import Explanation
from grader.harness.sandbox.conversion import NoArray
from grader.harness.sandbox.conversion import read_answer as convert
from grader.harness.sandbox.failures import Blame
from grader.harness.sandbox.policy import Limits
from grader.labs.merge.compare import read_people
from grader.labs.merge.lab import LAB
from tests.grader.labs.merge.test_compare import CASE

PERSON = [3.0, 4.0, *[-1.0] * 16, 1.5, 2.0]
PEOPLE = [PERSON, [-1.0, 5.0, 6.0, *[-1.0] * 15, 1.0, 2.0]]


@pytest.mark.parametrize(
    "answer",
    [
        PEOPLE,
        tuple(map(tuple, PEOPLE)),
        [np.array(person) for person in PEOPLE],
        np.array(PEOPLE, np.float32),
        np.array(PEOPLE, order="F"),
        iter(PEOPLE),
        np.array(PEOPLE, object),
    ],
    ids=["lists", "tuples", "list of arrays", "float32", "columns first", "iterator", "objects"],
)
def test_people_of_any_form_are_taken(answer):
    people = read_answer(answer, 2)

    assert people.dtype == np.float64
    assert people.tolist() == PEOPLE


@pytest.mark.parametrize("answer", [[], np.empty(0), np.empty((0, 20)), np.empty((0, 3), int), [[]]])
def test_nobody_of_any_form_is_taken(answer):
    assert read_answer(answer, 0).shape == (0, 20)


def changed(column, value):
    person = PERSON.copy()
    person[column] = value
    return [person]


REFUSED = {
    "None": (None, "got None. End the function with a return of the answer, on every way through it."),
    "tuple": (
        (np.zeros((2, 20)), np.zeros(2)),
        "got a tuple of 2: an array of shape (2, 20) and an array of shape (2,). Return the array alone.",
    ),
    "people and their number": (
        (np.zeros((2, 20)), 2),
        "got a tuple of 2: an array of shape (2, 20) and an int. Return the array alone.",
    ),
    "string": ("people", "got a string. "),
    "another type": (object(), "got an object of type object. "),
    "lengths": ([PERSON, PERSON[:19]], "got a list of rows of different lengths. "),
    "shape": (np.zeros((2, 19)), "got shape (2, 19). Return one row per person: 18 keypoint ids, the score, the "),
    "one row": (PERSON, "got shape (20,). "),
    "number": (7, "got a single number, 7. "),
    "nan": (changed(5, np.nan), "All numbers that merge() returns must be finite; got nan in row 0, column 5. "),
    "nobody": ([[-1.0] * 20], "must have a keypoint; got none in row 0: all of its ids are -1. For nobody return an "),
    "too many": ([PERSON] * 99, "There cannot be more people than rows, here 5; got 99 people. Return one row per "),
}


@pytest.mark.parametrize(("answer", "said"), REFUSED.values(), ids=list(REFUSED))
def test_what_cannot_be_people_is_told(answer, said):
    with pytest.raises(AnswerError) as told:
        read_answer(answer, 5)

    assert said in str(told.value)


def what_the_grader_says(answer):
    """Go the way of an answer in the grader: converted beside the code, then read by the lab."""
    try:
        array = convert(answer, 2**20)
    except NoArray as unread:
        blame = Blame(LAB.program, LAB.program.function("merge"), Limits())
        return str(blame.no_array({"got": str(unread)}).explanation)
    said = read_people(CASE, array)
    assert isinstance(said, Explanation)
    return str(said)


@pytest.mark.parametrize(("answer", "_said"), REFUSED.values(), ids=list(REFUSED))
def test_grader_says_the_same(answer, _said):
    with pytest.raises(AnswerError) as told:
        read_answer(answer, len(CASE.rows))

    assert str(told.value) == what_the_grader_says(answer)


def test_estimate_checks_what_merge_returns(monkeypatch):
    config = get_default_configuration()
    monkeypatch.setattr(estimators, "merge", lambda *_: None)

    with pytest.raises(AnswerError, match=r"merge\(\) must return an array of shape \(n_people, 20\); got None"):
        estimators.estimate(config, [[]] * config.conn_types_size())


def test_estimate_takes_lists_of_merge(monkeypatch):
    config = get_default_configuration()
    rows = [[[0, 1, 0.5, 0.5, 0.5]], *[[]] * (config.conn_types_size() - 1)]
    monkeypatch.setattr(estimators, "merge", lambda rows, *_: rows.tolist())

    people = estimators.estimate(config, rows)

    assert people.shape == (1, 20)
