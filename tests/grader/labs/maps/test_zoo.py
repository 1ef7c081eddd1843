"""The zoo of lab 4: a mistake costs points in its own function and in no other, and each right style earns all."""

import pytest

from grader.harness.lab_files import LOADING, load_lab_files
from grader.harness.report.redaction import visible_report
from grader.harness.results import Audience, Verdict, Visibility
from grader.labs.maps.lab import LAB
from tests.grader.labs.maps.zoo import find_lost, grade, grade_source, load_zoo, without

ZOO = load_zoo()
WRONG = [one for one in ZOO if not one.is_right]
CHECKS = [line.key for line in load_lab_files(LAB).rubric.checks]
ONE_TABLE = pytest.mark.xdist_group("one table of the maps")
"""Tests that look at all submissions at once: in one process each is graded once."""

FEW_OTHERS = 4
"""So many other checks may fail for a mistake that one check is about."""

TABLE_AT_MOST = 5

WIDEST = 10
"""So far apart may the points be that careful readers would give to one mistake."""


@ONE_TABLE
@pytest.mark.parametrize("submission", ZOO, ids=lambda one: one.name)
def test_submission_earns_what_is_expected(submission):
    submission.demand(grade(submission.name))


def test_zoo_is_large_enough():
    assert len(WRONG) >= 40
    assert len(ZOO) - len(WRONG) >= 10
    assert all(one.points == 60 for one in ZOO if one.is_right)


@pytest.mark.parametrize("submission", WRONG, ids=lambda one: one.name)
def test_wrong_submission_has_a_range_of_points_and_a_reason(submission):
    assert submission.why[:1].isupper()
    assert submission.why.endswith(".")
    assert submission.lost
    assert 0 <= submission.at_least <= submission.at_most < 60
    assert submission.at_most - submission.at_least <= WIDEST


@ONE_TABLE
@pytest.mark.parametrize("key", [key for key in CHECKS if key != LOADING])
def test_check_has_a_mutant_that_fails_hardly_anything_else(key):
    lost = {one.name: set(find_lost(grade(one.name))) for one in WRONG}
    others = {name: len(keys - {key}) for name, keys in lost.items() if key in keys}

    assert min(others.values(), default=99) <= FEW_OTHERS, others


@ONE_TABLE
@pytest.mark.parametrize("submission", WRONG, ids=lambda one: one.name)
def test_student_sees_no_number_of_a_hidden_case(submission):
    report = visible_report(LAB, grade(submission.name), Audience.STUDENT)
    hidden = [case for check in report.checks for case in check.failures if case.visibility is Visibility.HIDDEN]

    assert hidden
    for case in hidden:
        assert case.evidence is None
        for sentence in (case.explanation.required, case.explanation.advice):
            left = sentence
            for constant in ("eq. 7", "(n_maps, 2)", "float32", "float64"):
                left = left.replace(constant, "")
            assert not any(letter.isdigit() for letter in left), sentence


def test_two_missing_functions_cost_their_points_alone():
    report = grade_source(without("softargmax", "iou"))

    points = {}
    for check in report.checks:
        points[check.part] = points.get(check.part, 0) + check.points
    assert points["softargmax"] == points["iou"] == 0
    assert report.points == 60 - 12 - 6
    (loads,) = (check for check in report.checks if check.key == LOADING)
    assert loads.verdict is Verdict.PASSED


def test_function_with_a_name_near_it_is_named():
    source = without("softargmax") + b"\n\ndef soft_argmax(maps, sharpness):\n    return maps\n"

    report = grade_source(source)

    (check,) = (check for check in report.checks if check.key == "softargmax_values")
    assert str(check.failures[0].explanation) == (
        "maps.py must define a function softargmax; there is none. Is it soft_argmax? Then rename that one. Keep the "
        "function of the template: def softargmax(maps, sharpness), with a return."
    )


def test_smallest_input_is_shown():
    (submission,) = (one for one in WRONG if one.name == "wrong_sum_over_people")

    report = grade_source(submission.source, is_shrinking=True)

    (check,) = (check for check in report.checks if check.key == "heatmaps_any")
    evidence = check.failures[0].evidence
    assert evidence.arrays.call == "heatmaps(a, (3, 4), 1.0)"
    assert evidence.arrays.given == ("a = np.array([[[0.0, 0.0]],\n\n [[0.0, 0.0]]])",)
    assert evidence.first == "answer[0, 0, 0]: expected 1, got 2"


def test_table_of_published_answers_earns_next_to_nothing():
    published = [case for case in load_lab_files(LAB).cases if case.visibility is Visibility.PUBLIC]
    rows = []
    for case in published:
        arguments = [value.tolist() if hasattr(value, "tolist") else value for value in case.arguments]
        rows.append((case.function, repr(arguments), case.expected.tolist()))
    functions = "\n".join(
        f"def {function.name}(*arguments):\n    return look_up({function.name!r}, arguments)\n"
        for function in LAB.program.functions
    )
    source = (
        f"import numpy as np\n\nnan = np.nan\nTABLE = {{(name, given): answer for name, given, answer in {rows}}}\n\n"
        "def look_up(name, arguments):\n"
        "    given = repr([a.tolist() if isinstance(a, np.ndarray) else a for a in arguments])\n"
        "    return np.array(TABLE.get((name, given), 0.0))\n\n" + functions
    )

    report = grade_source(source.encode())

    public = [
        case
        for check in report.checks
        if check.key != "same_answer"
        for case in check.cases
        if case.visibility is Visibility.PUBLIC
    ]
    assert all(case.is_passed for case in public)
    assert report.points <= TABLE_AT_MOST
