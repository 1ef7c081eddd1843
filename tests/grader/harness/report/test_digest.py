"""What is kept of a report: small, and enough for every reader."""

from dataclasses import replace
from fractions import Fraction

import pytest

from grader.harness.languages import said, speaking, tell
from grader.harness.report.digest import CUT_OFF, MAX_PRINTED, MAX_WORDS, keep_examples, make_digest
from grader.harness.report.redaction import visible
from grader.harness.results import Audience, Explanation, Verdict, Visibility
from grader.labs.merge.lab import LAB
from tests.grader.harness.report.samples import (
    ALL,
    EVIDENCE,
    PASSED,
    TRACEBACK,
    faulty,
    make_case,
    make_check,
    make_hidden,
    make_report,
    one_cause,
)

STUDENT, STAFF = Audience.STUDENT, Audience.STAFF


def with_evidence(report):
    return [case.name for check in report.checks for case in check.cases if case.evidence is not None]


@pytest.mark.parametrize("name", ALL)
def test_keep_examples_twice_is_once(name):
    once = keep_examples(LAB, ALL[name]())

    assert repr(keep_examples(LAB, once)) == repr(once)


@pytest.mark.parametrize("name", ALL)
def test_keep_examples_changes_no_mark(name):
    report = ALL[name]()

    kept = keep_examples(LAB, report)

    assert [(check.points, check.verdict) for check in kept.checks] == [
        (check.points, check.verdict) for check in report.checks
    ]
    assert [len(check.cases) for check in kept.checks] == [len(check.cases) for check in report.checks]


def test_one_example_a_cause_keeps_its_evidence():
    assert with_evidence(keep_examples(LAB, one_cause())) == ["count_2", "other", "secret-770"]


def test_hidden_failure_keeps_its_evidence_for_the_staff():
    hidden = make_hidden(explanation=make_case().explanation)

    assert with_evidence(keep_examples(LAB, make_report(make_check(hidden)))) == ["secret-770"]
    assert with_evidence(keep_examples(LAB, make_report(make_check(hidden, make_case(evidence=EVIDENCE))))) == [
        "secret-770",
        "chain",
    ]


def test_other_failures_keep_verdict_and_reason_alone():
    got = f"got KeyError: {'x' * 900} in line 12 of merge.py: a[x]"
    crash = Explanation("It must work", got, "Look there.")
    cases = [
        make_case(name, Verdict.CRASHED, explanation=crash, evidence=EVIDENCE, traceback=TRACEBACK) for name in "ab"
    ]

    first, second = keep_examples(LAB, make_report(make_check(*cases))).checks[0].cases

    assert first == cases[0]
    assert second == replace(
        cases[1],
        says="",
        explanation=replace(crash, got="got KeyError in line 12 of merge.py"),
        evidence=None,
        traceback="",
    )


@pytest.mark.parametrize(
    "required",
    [
        "There must be a person with nose 770, neck 771, right_shoulder 772, right_elbow 773",
        "The score of somebody whose name is long enough to fill a line must be 770",
        "The last column of a person must count all the ids of this person: 7 for somebody",
        "A keypoint must belong to one person only",
    ],
)
def test_what_is_kept_of_a_hidden_failure_shows_students_the_same(required):
    hidden = make_hidden(explanation=Explanation(required, "got 770", "Count them."), overlay=None)
    kept = keep_examples(LAB, make_report(make_check(hidden, hidden))).checks[0].cases[1]

    assert len(kept.explanation.got) <= MAX_WORDS
    assert visible(LAB, kept, STUDENT) == visible(LAB, hidden, STUDENT)


def test_printed_text_is_kept_up_to_a_length():
    long, short = "é" * 100_000, "é" * MAX_PRINTED
    kept = keep_examples(LAB, make_report(make_check(PASSED), printed=long, printed_in_public=short))

    assert kept.printed == short + CUT_OFF
    assert kept.printed_in_public == short


@pytest.mark.parametrize("audience", Audience)
def test_points_add_up_to_the_total(audience):
    thirds = [make_check(PASSED, make_case(), make_case("b"), key=key, points=1) for key in "abc"]

    digest = make_digest(LAB, make_report(*thirds), audience)

    assert [line.points for line in digest.lines] == [Fraction("0.34"), Fraction("0.33"), Fraction("0.33")]
    assert sum(line.points for line in digest.lines) == digest.report.points


def test_check_that_the_graders_fault_kept_from_being_run_has_no_points():
    fault = faulty().checks[1]
    lines = make_digest(LAB, make_report(fault, make_check(note="not loaded"), make_check(PASSED)), STAFF).lines

    assert [line.points for line in lines] == [None, None, 3]


def test_check_that_was_not_run_through_its_authors_fault_has_none():
    lines = make_digest(LAB, make_report(make_check(make_case()), make_check(note="not loaded")), STAFF).lines

    assert [line.points for line in lines] == [0, 0]


def test_hidden_cases_stay_hidden():
    digest = make_digest(LAB, one_cause(), STUDENT)

    assert "770" not in repr(digest)
    assert any(case.visibility is Visibility.HIDDEN for check in digest.report.checks for case in check.cases)


def test_sentence_of_the_grader_is_kept_whole_to_be_told():
    got = said("it was still running after that and was stopped")
    crash = said("{got} in line {line} of {file}", got=said("got {error}", error="KeyError"), line=7, file="merge.py")
    slow = make_case(
        "a", Verdict.TIMED_OUT, explanation=Explanation(said("{file} must be text", file="x"), got, "Fix.")
    )
    broken = make_case("b", Verdict.CRASHED, explanation=Explanation("x", crash, "Fix."))

    twice = (slow, replace(slow, name="c"), broken, replace(broken, name="d"))
    kept = keep_examples(LAB, make_report(make_check(*twice))).checks[0].cases

    assert len(got) > MAX_WORDS
    with speaking("zh-TW"):
        assert [tell(case.explanation.got) for case in kept] == [
            *["超過之後仍在執行，因此被停止"] * 2,
            *["出現 KeyError，在 merge.py 第 7 行"] * 2,
        ]
