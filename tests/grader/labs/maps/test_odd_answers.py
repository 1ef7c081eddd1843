"""Whatever a function returns gets a verdict and a sentence that helps, and never a fault of the grader."""

import pytest

from grader.harness.results import Verdict
from grader.labs.maps.lab import LAB
from tests.grader.labs.maps.zoo import grade_source, without

SHAPE = "density must return an array of shape (rows, columns)"
ODD = {
    "nothing": ("None", Verdict.WRONG, r"density() must return an array of shape (rows, columns); got None"),
    "a number": ("1.5", Verdict.WRONG, SHAPE + "; got shape () in place of ("),
    "a string": ("'map'", Verdict.WRONG, "got a string"),
    "objects": ("np.array([[object()] * 3])", Verdict.WRONG, "got an array that holds an object of type object"),
    "objects that are numbers": ("np.ones(shape).astype(object)", Verdict.WRONG, "density must give the right number"),
    "another shape": ("np.ones((2, 2))", Verdict.WRONG, SHAPE + "; got shape (2, 2) in place of ("),
    "four axes": ("np.ones((1, 1, 1, 1))", Verdict.WRONG, "got an array of shape (1, 1, 1, 1)"),
    "ragged": ("[[1.0], [1.0, 2.0]]", Verdict.WRONG, "got a list of rows of different lengths"),
    "nan": (
        "np.full(shape, np.nan)",
        Verdict.WRONG,
        "density must return numbers, and neither NaN nor infinity; got nan at",
    ),
    "infinity": ("np.full(shape, np.inf)", Verdict.WRONG, "neither NaN nor infinity; got inf at [0, 0]"),
    "complex": ("np.ones(shape, dtype=complex)", Verdict.WRONG, "got an array of complex numbers"),
    "booleans": ("np.ones(shape, dtype=bool)", Verdict.WRONG, "got an array of booleans"),
    "a tuple of two": ("(np.ones(shape), 3)", Verdict.WRONG, "got a tuple of 2: an array of shape ("),
    "a generator": ("(row for row in np.ones(shape))", Verdict.WRONG, "density must give the right number"),
    "a dictionary": ("{}", Verdict.WRONG, "got a dictionary of 0"),
    "huge": ("np.broadcast_to(1.0, (10**9, 10))", Verdict.WRONG, "larger than 1 MiB"),
    "10 GB": ("np.ones(10**10 // 8)", Verdict.OUT_OF_MEMORY, "maps.py may use 1024 MiB of memory"),
    "an error": ("1 / 0", Verdict.CRASHED, "got ZeroDivisionError"),
    "huge numbers": ("np.full(shape, 1e308)", Verdict.WRONG, "at [0, 0] it gave 1e+308"),
}


@pytest.mark.parametrize(("value", "verdict", "says"), ODD.values(), ids=ODD)
def test_odd_answer_gets_a_verdict_and_a_sentence(value, verdict, says):
    source = without("density") + f"\n\ndef density(heads, shape, sigma):\n    return {value}\n".encode()

    report = grade_source(source)

    failures = [case for check in report.checks if check.part == "density" for case in check.failures]
    assert {case.verdict for case in failures} == {verdict}
    assert any(says in str(case.explanation) for case in failures), str(failures[0].explanation)
    assert report.points >= 60 - 8 - 1


@pytest.mark.parametrize("number", ["1e308", "-1e308", "5e-324"])
@pytest.mark.parametrize("function", [function.name for function in LAB.program.functions])
def test_numbers_at_the_edge_are_wrong_and_nothing_else(function, number):
    shapes = "np.shape(arguments[0])[1:2] + tuple(arguments[1])" if function == "heatmaps" else "np.shape(arguments[0])"
    shapes = {"softargmax": "(len(arguments[0]), 2)", "density": "arguments[1]", "pck": "()", "iou": "()"}.get(
        function, shapes
    )
    source = without(function) + f"\n\ndef {function}(*arguments):\n    return np.full({shapes}, {number})\n".encode()

    report = grade_source(source)

    verdicts = {
        check.key: {case.verdict for case in check.failures} for check in report.checks if check.part == function
    }
    assert {verdict for found in verdicts.values() for verdict in found} == {Verdict.WRONG}
    assert sum(map(bool, verdicts.values())) >= len(verdicts) - 2


@pytest.mark.parametrize("function", ["iou", "pck"])
@pytest.mark.parametrize(
    ("value", "says"),
    [
        ("np.ones((2, 3))", "must return a number; got shape (2, 3) in place of ()"),
        ("'half'", "got a string"),
        ("0.5 + 0j", "got an object of type complex"),
        ("float('inf')", "must give the right share; got inf in place of"),
        ("[]", "must return a number; got shape (0,) in place of ()"),
    ],
    ids=["map", "string", "complex", "infinity", "empty"],
)
def test_odd_number_gets_a_sentence(function, value, says):
    source = without(function) + f"\n\ndef {function}(*arguments):\n    return {value}\n".encode()

    report = grade_source(source)

    failures = [case for check in report.checks if check.part == function for case in check.failures]
    assert {case.verdict for case in failures} == {Verdict.WRONG}
    assert any(says in str(case.explanation) for case in failures), str(failures[0].explanation)
