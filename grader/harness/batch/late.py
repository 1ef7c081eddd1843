"""How late a submission is, and what that costs: decided here alone.

The rule is in `rubric.toml`, the time in Moodle's worksheet, and what the staff granted single students in OUT.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from grader.harness.batch.found import Person
from grader.harness.languages import Said, counted, said
from grader.harness.marking import Lateness
from grader.harness.results import format_points
from grader.harness.rubric import LateRule

_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Granted:
    """What the staff granted single students of a class, by the students' keys; OUT remembers it.

    Attributes
    ----------
    extensions : mapping of str to datetime
        Another due time, local time of the course without a zone; it goes before that of the rubric's table.
    waivers : mapping of str to str
        Why a penalty is waived, for the student.
    """

    extensions: Mapping[str, datetime] = field(default_factory=dict)
    waivers: Mapping[str, str] = field(default_factory=dict)

    def extend(self, key: str, due: datetime | None) -> "Granted":
        """Give a student another due time; with None take it back."""
        others = {name: value for name, value in self.extensions.items() if name != key}
        return replace(self, extensions=others if due is None else {**others, key: due})

    def waive(self, key: str, reason: str) -> "Granted":
        """Waive a student's penalty for a reason; with an empty one take the waiver back."""
        others = {name: value for name, value in self.waivers.items() if name != key}
        return replace(self, waivers={**others, key: reason} if reason else others)


NOTHING = Granted()


def judge_lateness(
    rule: LateRule | None, submitted_at: datetime | None, person: Person | None = None, granted: Granted = NOTHING
) -> Lateness | None:
    """Tell how late a submission is.

    Parameters
    ----------
    rule : LateRule or None
        None where nobody can be late.
    submitted_at : datetime or None
        Local time of the course; None where it is not known, which is never late.
    person : Person, optional
        Whose submission it is; without one only the rule counts.
    granted : Granted, optional
        What the staff granted.

    Returns
    -------
    lateness : Lateness or None
        None for one in time: the due second itself is in time, and so is the rule's grace. Later than that, lateness
        counts from the due time.
    """
    if rule is None or submitted_at is None:
        return None
    due = find_due(rule, person, granted)
    late = submitted_at - due
    if late <= rule.grace:
        return None
    n_days = math.ceil(late / _DAY)
    penalty = min(rule.at_most, rule.points_per_day * n_days)
    told = said("handed in {time} late", time=_say(late))
    if due != rule.due:
        told = said("{late} after the extension to {due}", late=told, due=due.isoformat(" ", "minutes"))
    per_day = format_points(rule.points_per_day)
    says = said("{late}: {points} points for each day begun", late=told, points=per_day)
    if penalty < rule.points_per_day * n_days:
        says = said("{rule}, {points} at most", rule=says, points=format_points(rule.at_most))
    waived = granted.waivers.get(person.key, "") if person else ""
    if not waived:
        return Lateness(late.total_seconds(), penalty, says)
    says = said(
        "{rule}; the penalty of {points} points is waived: {reason}",
        rule=says,
        points=format_points(penalty),
        reason=waived,
    )
    return Lateness(late.total_seconds(), penalty * 0, says, waived)


def find_due(rule: LateRule, person: Person | None = None, granted: Granted = NOTHING) -> datetime:
    """Tell when a student's submission is due: by what was granted, else by the rubric's table, else for all."""
    if person is None:
        return rule.due
    listed = {student_id.casefold(): due for student_id, due in rule.extensions.items()}
    by_rubric = (listed[name] for name in names_of(person) if name in listed)
    return granted.extensions.get(person.key) or next(by_rubric, rule.due)


def names_of(person: Person) -> tuple[str, ...]:
    """Give what a student may be called in a command or in the rubric, the surest first; case does not count."""
    return tuple(name.casefold() for name in (person.key, person.student_id) if name)


def _say(late: timedelta) -> Said:
    """Say the two largest units of a time: ``2 days 3 hours``, ``1 minute``; a minute at least."""
    minutes = max(1, math.ceil(late.total_seconds() / 60))
    n_days, n_hours, n_minutes = minutes // 1440, minutes // 60 % 24, minutes % 60
    days, hours = counted("{n} day", "{n} days", n_days), counted("{n} hour", "{n} hours", n_hours)
    amounts = ((n_days, days), (n_hours, hours), (n_minutes, counted("{n} minute", "{n} minutes", n_minutes)))
    first, *others = [told for amount, told in amounts if amount][:2]
    return said("{larger} {smaller}", larger=first, smaller=others[0]) if others else first
