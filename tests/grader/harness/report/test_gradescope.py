"""Gradescope's results.json: its fields, the bytes, and reading it back."""

import json
from dataclasses import replace
from fractions import Fraction

import pytest

from grader.harness.report.gradescope import dump, load, to_gradescope
from grader.harness.report.html import render_html
from grader.harness.report.text import render_text
from grader.harness.results import Audience, Verdict
from grader.labs.merge.lab import LAB
from tests.grader.harness.report.samples import (
    ALL,
    EVIDENCE,
    MANUAL,
    PASSED,
    TELLING,
    failing,
    faulty,
    make_case,
    make_check,
    make_report,
    one_cause,
    passing,
)

STUDENT, STAFF = Audience.STUDENT, Audience.STAFF


def test_results_hold_gradescopes_fields():
    results = to_gradescope(LAB, failing(), STAFF)

    assert results["score"] == 4
    assert results["execution_time"] == 1.5
    assert (results["visibility"], results["stdout_visibility"]) == ("visible", "hidden")
    assert results["output"].startswith("Code: 4 of 42 points\nReport: 40 points, marked by hand\nRemark: The report")
    assert results["tests"][2] == {
        "name": "Rows that close a cycle",
        "number": "3.1",
        "score": 0.0,
        "max_score": 3.0,
        "status": "failed",
        "output": results["tests"][2]["output"],
        "tags": ["cycles", "wrong", "hidden cases"],
        "visibility": "visible",
    }
    assert "[late_join] wrong. Two rows that a third row joins." in results["tests"][2]["output"]


def test_results_number_checks_by_their_part():
    numbers = [test["number"] for test in to_gradescope(LAB, failing(), STAFF)["tests"]]

    assert numbers == ["1.1", "2.1", "3.1", "3.2", "4.1", "5.1", "3.3", "6.1", "6.2", "6.3", "6.4", "7.1"]


def test_results_of_passed_and_skipped_checks_say_so():
    outputs = [
        test["output"]
        for test in to_gradescope(LAB, make_report(make_check(PASSED), make_check(note="not chosen")), STUDENT)["tests"]
    ]

    assert outputs == ["Its one case passed.", "not chosen"]


def test_results_have_no_score_when_the_grader_failed():
    results = to_gradescope(LAB, faulty(), STUDENT)

    assert "score" not in results
    assert results["visibility"] == "hidden"
    assert ["score" in test for test in results["tests"]] == [True, False]
    assert results["output"].startswith("Code: no mark yet, because the grader itself failed")


def test_results_have_no_score_of_a_check_that_the_graders_fault_kept_from_being_run():
    report = make_report(faulty().checks[1], make_check(note="merge.py could not be loaded"))

    tests = to_gradescope(LAB, report, STAFF)["tests"]

    assert ["score" in test for test in tests] == [False, False]
    assert [test["visibility"] for test in tests] == ["hidden", "hidden"]


def test_results_of_a_check_that_was_not_run_otherwise_have_a_score():
    report = make_report(make_check(make_case()), make_check(note="merge.py could not be loaded"))

    assert [test["score"] for test in to_gradescope(LAB, report, STAFF)["tests"]] == [0, 0]


@pytest.mark.parametrize("name", [name for name in ALL if name != "faulty"])
def test_scores_add_up_to_the_score(name):
    results = to_gradescope(LAB, ALL[name](), STUDENT)

    assert round(sum(Fraction(str(test["score"])) for test in results["tests"]), 2) == Fraction(str(results["score"]))


def test_results_lead_with_the_reason_that_cost_most():
    results = to_gradescope(LAB, one_cause(), STUDENT)

    assert "== One reason in 4 checks: 6 points lost ==" in results["output"]
    assert results["tests"][2]["output"].splitlines() == [
        "== Ids with gaps: 0.67 / 1 points ==",
        "1 of 3 cases failed.",
        "The same reason as above: 1 of 3 cases.",
        "The last column must count the ids: 2 for somebody; got 4. Count 2 parts.",
    ]


def test_results_tell_what_graded_and_what_was_done_for_it():
    output = to_gradescope(LAB, failing(), STUDENT)["output"]

    assert (
        "Graded with Python 3.11.2, NumPy 2.4.1.\n"
        "Done so that your code could run here:\n"
        "- np.float was answered by float, as NumPy 1 did.\n"
    ) in output


def test_results_of_code_that_fails_everywhere_are_small():
    cases = [
        make_case(f"case_{k}", Verdict.CRASHED, evidence=EVIDENCE, traceback="x" * 8000, explanation=TELLING)
        for k in range(340)
    ]

    report = make_report(*(make_check(*cases[k::20], key=str(k)) for k in range(20)), printed="y" * 65_536)

    assert len(dump(LAB, report, STAFF)) < 150 * 1024


@pytest.mark.parametrize("audience", Audience)
@pytest.mark.parametrize("name", ALL)
def test_load_reads_a_report_with_the_same_marks_and_pages(name, audience):
    report = ALL[name]()
    content = dump(LAB, report, audience)

    read = load(LAB, content)

    assert dump(LAB, read, audience) == content
    assert read.points == report.points
    assert render_text(LAB, read, audience) == render_text(LAB, report, audience)
    assert render_html(LAB, read, audience) == render_html(LAB, report, audience)


@pytest.mark.parametrize("name", ALL)
def test_load_of_the_staffs_file_makes_the_students_pages(name):
    report = ALL[name]()

    read = load(LAB, dump(LAB, report, STAFF))

    assert dump(LAB, read, STUDENT) == dump(LAB, report, STUDENT)


def test_dump_is_equal_but_for_the_times():
    slower = replace(passing(), execution_s=9.0, timing=replace(passing().timing, student_s=4.0))
    contents = [json.loads(dump(LAB, report, STAFF)) for report in (passing(), slower)]

    assert contents[0] != contents[1]
    for content in contents:
        del content["execution_time"], content["extra_data"]["timing"]
    assert contents[0] == contents[1]


def test_dump_sorts_its_keys():
    results = json.loads(dump(LAB, passing(), STAFF))

    assert list(results) == sorted(results)
    assert list(results["tests"][0]) == sorted(results["tests"][0])


def test_dump_is_readable_text():
    content = dump(LAB, make_report(make_check(PASSED), printed="骨架 \ud800"), STAFF)

    assert "骨架".encode() in content
    assert load(LAB, content).printed == "骨架 \ud800"
    assert content.endswith(b"}\n")


def test_results_do_not_list_the_report_as_a_test():
    assert len(MANUAL) == 4
    assert [test["name"] for test in to_gradescope(LAB, make_report(make_check(PASSED)), STAFF)["tests"]] == [
        "Rows that close a cycle"
    ]


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"\xff\xfe", id="no_utf_8"),
        pytest.param(b"[]", id="list"),
        pytest.param(b'{"extra_data": {"record": {}}}', id="without_times"),
        pytest.param(b'{"extra_data": 5, "execution_time": 1}', id="number"),
        pytest.param(b'{"execution_time": NaN}', id="nan"),
        pytest.param(b"[" * 100_000, id="deep"),
    ],
)
def test_load_refuses_other_files(content):
    with pytest.raises(ValueError, match=r"A results file must be JSON as the grader writes it; this one is not: .*"):
        load(LAB, content)


def test_load_names_a_number_that_json_does_not_have():
    with pytest.raises(ValueError, match="NaN is not JSON"):
        load(LAB, b'{"execution_time": NaN}')
