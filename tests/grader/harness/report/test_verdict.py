"""A report on one screen: what of it is told, and in how many lines."""

import re

import pytest

from grader.harness.report.verdict import SCREEN_COLUMNS, SCREEN_LINES, render_verdict
from grader.harness.results import Explanation, Verdict
from grader.labs.merge.lab import LAB
from tests.grader.harness.report import samples
from tests.grader.harness.report.samples import make_case, make_check, make_report

TIMED_OUT = Explanation("merge() must return within 10 s", "it was still running", "Look for a loop.")
ALL_SPENT = Explanation("all calls together may take 35 s", "time ran out before this case", "Look for a loop.")


@pytest.mark.parametrize(
    "report",
    [
        getattr(samples, name)()
        for name in ("passing", "failing", "one_cause", "several_causes", "fatal", "unloadable", "hostile", "faulty")
    ],
    ids=["passing", "failing", "one cause", "several causes", "fatal", "unloadable", "hostile", "faulty"],
)
def test_every_report_fits_the_screen(report):
    lines = render_verdict(LAB, report, ["A long note. " * 60]).splitlines()

    assert len(lines) <= SCREEN_LINES
    assert max(map(len, lines)) <= SCREEN_COLUMNS


def test_only_the_first_cause_is_told():
    text = render_verdict(LAB, samples.several_causes())
    words = " ".join(text.split())

    assert words.count("First to fail: ") == 1
    assert re.search(r"One cause, \d+ cases in \d checks\. \d other causes?: see --all\. \[", words)


def test_cause_of_one_check_is_counted_there():
    check = make_check(make_case("one"), make_case("two"), make_case("right", Verdict.PASSED))

    text = render_verdict(LAB, make_report(make_check(samples.PASSED, key="loads", points=0), check))

    assert "First to fail: Rows that close a cycle. 2 of its 3 cases failed.\n" in text


def test_code_that_cannot_be_loaded_has_no_table():
    text = render_verdict(LAB, samples.unloadable())

    assert "merge.py could not be loaded, so no case was tried:" in text
    assert "passed" not in text


def test_time_that_one_case_takes_is_no_other_cause():
    spent = make_check(make_case("later", Verdict.TIMED_OUT, explanation=ALL_SPENT), key="counts")
    first = make_check(make_case("example", Verdict.TIMED_OUT, explanation=TIMED_OUT), key="handout")

    text = render_verdict(LAB, make_report(first, spent))

    assert "1 case failed.\n" in text
    assert "other cause" not in text
