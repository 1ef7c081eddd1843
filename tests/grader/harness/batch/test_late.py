"""How late is late, and what it costs."""

from dataclasses import replace
from datetime import datetime, timedelta
from fractions import Fraction

import pytest

from grader.harness.batch.found import Person
from grader.harness.batch.late import Granted, find_due, judge_lateness
from grader.harness.languages import speaking, tell
from grader.harness.rubric import LateRule

RULE = LateRule(datetime(2026, 1, 9, 23, 59), Fraction(5), Fraction(12))  # noqa: DTZ001 - the course's local time


def at(text):
    return datetime.fromisoformat(f"2026-01-{text}")


@pytest.mark.parametrize("text", ["09T23:59:00", "09T23:58:59", "01T00:00:00"])
def test_submission_in_time_costs_nothing(text):
    assert judge_lateness(RULE, at(text)) is None


def test_nobody_is_late_without_a_rule_or_a_time():
    assert judge_lateness(None, at("20T00:00:00")) is None
    assert judge_lateness(RULE, None) is None


@pytest.mark.parametrize(
    ("text", "penalty", "says"),
    [
        ("09T23:59:01", 5, "handed in 1 minute late: 5 points for each day begun"),
        ("10T01:00:00", 5, "handed in 1 hour 1 minute late: 5 points for each day begun"),
        ("10T23:59:00", 5, "handed in 1 day late: 5 points for each day begun"),
        ("10T23:59:01", 10, "handed in 1 day 1 minute late: 5 points for each day begun"),
        ("12T02:59:00", 12, "handed in 2 days 3 hours late: 5 points for each day begun, 12 at most"),
    ],
)
def test_each_day_begun_costs_points(text, penalty, says):
    lateness = judge_lateness(RULE, at(text))

    assert (lateness.penalty, lateness.says) == (penalty, says)
    assert lateness.late_s == (at(text) - RULE.due).total_seconds()


ANN = Person("N26130001", "n26130001")
BY_RUBRIC = replace(RULE, extensions={"n26130001": at("16T23:59:00")})


@pytest.mark.parametrize(
    ("text", "penalty"), [("10T00:09:00", 0), ("10T00:09:01", 5), ("10T23:59:00", 5), ("10T23:59:01", 10)]
)
def test_within_the_grace_nothing_is_taken_and_after_it_counts_from_the_due_time(text, penalty):
    lateness = judge_lateness(replace(RULE, grace=timedelta(minutes=10)), at(text))

    assert (lateness.penalty if lateness else 0) == penalty


@pytest.mark.parametrize("person", [ANN, Person("participant-1", "N26130001"), Person("N26130001")])
def test_extension_in_the_rubric_is_found_by_id_or_key_in_any_letters(person):
    assert judge_lateness(BY_RUBRIC, at("16T23:59:00"), person) is None
    assert judge_lateness(BY_RUBRIC, at("16T23:59:00"), Person("N26130002")).penalty == 12
    assert judge_lateness(BY_RUBRIC, at("17T23:59:00"), person).says == (
        "handed in 1 day late after the extension to 2026-01-16 23:59: 5 points for each day begun"
    )


def test_extension_that_was_granted_goes_before_the_rubrics():
    granted = Granted().extend(ANN.key, at("12T12:00:00"))

    assert find_due(BY_RUBRIC, ANN, granted) == at("12T12:00:00")
    assert find_due(BY_RUBRIC, ANN, granted.extend(ANN.key, None)) == at("16T23:59:00")
    assert find_due(RULE, ANN, granted.extend(ANN.key, None)) == RULE.due


def test_extension_to_the_end_of_time_is_no_error():
    granted = Granted().extend(ANN.key, datetime.max)  # noqa: DTZ901 - local

    assert judge_lateness(replace(RULE, grace=timedelta(days=1)), at("20T00:00:00"), ANN, granted) is None


def test_waived_penalty_is_none_and_the_student_is_told_why():
    granted = Granted().waive(ANN.key, "was ill")

    lateness = judge_lateness(RULE, at("12T02:59:00"), ANN, granted)

    assert (lateness.penalty, lateness.waived) == (0, "was ill")
    assert lateness.says == (
        "handed in 2 days 3 hours late: 5 points for each day begun, 12 at most; the penalty of 12 points is waived: "
        "was ill"
    )
    assert judge_lateness(RULE, at("12T02:59:00"), Person("N26130002"), granted).penalty == 12
    assert judge_lateness(RULE, at("12T02:59:00"), ANN, granted.waive(ANN.key, "")).penalty == 12


def test_lateness_is_told_in_chinese():
    granted = Granted(waivers={ANN.key: "was ill"})

    with speaking("zh-TW"):
        assert tell(judge_lateness(RULE, at("12T02:59:00")).says) == (
            "遲交 2 天 3 小時：每遲一天（未滿一天以一天計）扣 5 分，最多扣 12 分"
        )
        assert tell(judge_lateness(RULE, at("10T01:00:00"), ANN, granted).says).endswith("原應扣 5 分，已免除：was ill")
