"""How late a submission is, and what that costs: the rule is in `rubric.toml`, the time in Moodle's worksheet."""

import math
from datetime import datetime, timedelta

from grader.harness.marking import Lateness
from grader.harness.results import format_points
from grader.harness.rubric import LateRule

_DAY = timedelta(days=1)


def judge_lateness(rule: LateRule | None, submitted_at: datetime | None) -> Lateness | None:
    """Tell how late a submission is.

    Parameters
    ----------
    rule : LateRule or None
        None where nobody can be late.
    submitted_at : datetime or None
        Local time of the course; None where it is not known, which is never late.

    Returns
    -------
    lateness : Lateness or None
        None for one in time: the due second itself is in time.
    """
    if rule is None or submitted_at is None or submitted_at <= rule.due:
        return None
    late = submitted_at - rule.due
    n_days = math.ceil(late / _DAY)
    penalty = min(rule.at_most, rule.points_per_day * n_days)
    per_day = f"{format_points(rule.points_per_day)} points for each day begun"
    most = f", {format_points(rule.at_most)} at most" if penalty < rule.points_per_day * n_days else ""
    return Lateness(late.total_seconds(), penalty, f"handed in {_write(late)} late: {per_day}{most}")


def _write(late: timedelta) -> str:
    """Write the two largest units of a time: ``2 days 3 hours``, ``1 minute``; a minute at least."""
    minutes = max(1, math.ceil(late.total_seconds() / 60))
    amounts = {"day": minutes // 1440, "hour": minutes // 60 % 24, "minute": minutes % 60}
    words = [f"{amount} {unit}{'s' * (amount != 1)}" for unit, amount in amounts.items() if amount]
    return " ".join(words[:2])
