"""How late is late, and what it costs."""

from datetime import datetime
from fractions import Fraction

import pytest

from grader.harness.batch.late import judge_lateness
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
