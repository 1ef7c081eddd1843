"""Gradescope's results.json: its fields, the bytes, and reading it back."""

import json
from dataclasses import replace

import pytest

from grader.harness.report.gradescope import dump, load, to_gradescope
from grader.harness.report.html import render_html
from grader.harness.report.text import render_text
from grader.harness.results import Audience
from grader.labs.merge.lab import LAB
from tests.grader.harness.report.samples import ALL, MANUAL, PASSED, failing, faulty, make_check, make_report, passing

STUDENT, STAFF = Audience.STUDENT, Audience.STAFF


def test_results_hold_gradescopes_fields():
    results = to_gradescope(LAB, failing(), STAFF)

    assert results["score"] == 5.5
    assert results["execution_time"] == 1.5
    assert (results["visibility"], results["stdout_visibility"]) == ("visible", "hidden")
    assert results["output"].startswith("Code: 5.5 of 42 points\nReport: 40 points, marked by hand\nRemark: The report")
    assert results["tests"][2] == {
        "name": "Rows that close a cycle",
        "number": "3.1",
        "score": 1.5,
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

    assert outputs == ["All 1 cases passed.", "not chosen"]


def test_results_have_no_score_when_the_grader_failed():
    results = to_gradescope(LAB, faulty(), STUDENT)

    assert "score" not in results
    assert results["visibility"] == "hidden"
    assert ["score" in test for test in results["tests"]] == [True, False]
    assert results["output"].startswith("Code: no mark yet, because the grader itself failed")


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
