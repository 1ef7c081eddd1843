"""A function with other parameters than the template's is told what they are."""

import functools

import numpy as np
import pytest

from grader.harness.sandbox.signatures import find_near, find_other

PARAMETERS = "rows, least=4, *, bound=0.4"


class Called:
    def __call__(self, rows, least=4, *, bound=0.4):
        return rows, least, bound


def made(parameters):
    """Make a function that has these parameters."""
    scope = {}
    exec(f"def function({parameters}): pass", scope)  # noqa: S102 - of the words in this file
    return scope["function"]


FIT = {
    "same": made("rows, least=4, *, bound=0.4"),
    "other_names": made("a, b=4, *, bound=0.4"),
    "more_with_defaults": made("rows, least=4, extra=None, *, bound=0.4"),
    "anything": made("*rows, **others"),
    "object": Called(),
    "partial": functools.partial(made("k, rows, least=4, *, bound=0.4"), 1),
    "of_c": max,
}


@pytest.mark.parametrize("function", FIT.values(), ids=FIT)
def test_parameters_that_fit_are_not_told(function):
    assert find_other(function, PARAMETERS, [1, 2], {"bound": 3}) == ""


OTHER = {
    "one_in_front": ("config, rows, least=4, *, bound=0.4", "config, rows, least, bound"),
    "too_few": ("rows", "rows"),
    "none": ("", "no parameters"),
    "renamed": ("rows, least=4, *, score=0.4", "rows, least, score"),
    "no_default": ("rows, least, *, bound=0.4", "rows, least, bound"),
}


@pytest.mark.parametrize(("parameters", "names"), OTHER.values(), ids=OTHER)
def test_other_parameters_are_told(parameters, names):
    assert find_other(made(parameters), PARAMETERS, [1, 2], {"bound": 3}) == names


def test_nothing_is_asked_of_a_template_that_says_nothing():
    assert find_other(made("rows, least"), "", [1, 2], {}) == ""


class Odd:
    __signature__ = 3

    def __call__(self):
        return None


class Liar(Odd):
    @property
    def __signature__(self):
        raise KeyboardInterrupt


@pytest.mark.parametrize("function", [Odd(), Liar(), 3], ids=["odd", "liar", "number"])
def test_object_that_lies_is_let_be(function):
    assert find_other(function, PARAMETERS, [1], {}) == ""


FIRST_LINE = (
    "Its first line must stay def merge(subset, min_num_body_parts=4, min_score=0.4): the same parameters with the "
    "same defaults."
)
WRONG = {
    "in_front": "def merge(config, subset, min_num_body_parts=4, min_score=0.4): return subset[config > 0]",
    "no_more": "def merge(subset): return subset",
    "renamed": "def merge(subset, parts=4, min_score=0.4): return subset",
}


@pytest.mark.parametrize("source", WRONG.values(), ids=WRONG)
def test_student_is_told_the_first_line(either, source):
    with either.open(source) as session:
        calls = [([np.zeros((2, 20)), 4, 0.4], {}), ([np.zeros((2, 20))], {"min_num_body_parts": 3})]
        failures = [session.call("merge", *call).failure for call in calls]

    advice = {failure.explanation.advice for failure in failures if failure is not None}
    assert advice == {FIRST_LINE}


def test_type_error_of_one_s_own_is_no_matter_of_parameters(either):
    with either.open("def merge(subset, min_num_body_parts=4, min_score=0.4): return len(3)") as session:
        advice = session.call("merge", [np.zeros((2, 20))]).failure.explanation.advice

    assert advice == "Call merge() with this input on your own computer and look at that line."


def module_with(*names):
    """Make what a file defines that has these functions, and things that are none."""
    return {**{name: made("a") for name in names}, "np": np, "doubles": 3, "Double": int}


@pytest.mark.parametrize(
    ("names", "near"),
    [
        (["Double"], {"double": "Double"}),
        (["dou_ble", "helper"], {"double": "dou_ble"}),
        (["doubled", "triple_all"], {"double": "doubled", "triple": "triple_all"}),
        (["triple"], {}),
        (["helper", "main"], {}),
        ([], {}),
        (["double"], {}),
    ],
    ids=["capital", "underscore", "two", "another", "far", "none", "there"],
)
def test_missing_function_has_a_namesake(names, near):
    found = {"double"} & set(names) | {"triple"} & set(names)
    missing = [name for name in ("double", "triple") if name not in found]

    assert find_near({**module_with(), **{name: made("a") for name in names}}, missing, found) == near


def test_namesake_is_that_of_the_most_similar_name():
    module = {"soft_average_slope": made("a")}

    assert find_near(module, ["soft_average", "softaverageslope"], []) == {"softaverageslope": "soft_average_slope"}
