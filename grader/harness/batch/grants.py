"""What a command grants single students: ``--extension ID=TIME`` and ``--waive ID=REASON``, read and checked.

How it counts is decided in `late.py`; `store.py` remembers it.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import datetime

from grader.harness.batch.found import Person
from grader.harness.batch.late import Granted, judge_lateness, names_of
from grader.harness.batch.records import Line
from grader.harness.characters import count, one_line
from grader.harness.errors import UsageError
from grader.harness.rubric import LateRule

MAX_REASON = 500
"""Characters of a reason: it stands in a row of a table that the student reads."""

MAX_NAMED = 10

_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(:[0-9]{2})?")


def add_grants(
    granted: Granted, people: Sequence[Person], extensions: Sequence[str], waivers: Sequence[str]
) -> Granted:
    """Add to what was granted what the options of a command say.

    Parameters
    ----------
    granted : Granted
        What OUT remembers.
    people : sequence of Person
        The class: who handed in, and who is on the worksheet and did not.
    extensions, waivers : sequence of str
        ``ID=TIME`` and ``ID=REASON`` as they were typed; with nothing behind the sign it is taken back.

    Returns
    -------
    granted : Granted
        Of now.

    Raises
    ------
    UsageError
        If the sign is missing, the id is nobody's or several people's or named twice, a time cannot be read, or a
        reason is too long.
    """
    for person, time in _split("--extension", extensions, people):
        granted = granted.extend(person.key, read_time(time) if time else None)
    for person, reason in _split("--waive", waivers, people):
        granted = granted.waive(person.key, check_reason(reason))
    return granted


def read_time(text: str) -> datetime:
    """Read a due time as somebody types it: ISO, to the minute or the second, local time of the course.

    Raises
    ------
    UsageError
        If it cannot be read so.
    """
    try:
        if _TIME.fullmatch(text.strip()):
            return datetime.fromisoformat(text.strip())
    except ValueError:  # the 30th of February
        pass
    raise UsageError(
        f"An extension must be a date and a time of the course, as 2026-01-16 23:59; got {text[:80]!r}. Write it so, "
        "in quotes; nothing behind the = takes the extension back."
    )


def check_reason(text: str) -> str:
    """Trim the reason of a waiver and make it visible; UsageError if it is too long for the student's table."""
    reason = one_line(" ".join(text.split()))
    if len(reason) > MAX_REASON:
        raise UsageError(
            f"The reason of a waiver must have {MAX_REASON} characters at most; this one has {len(reason)}: "
            f"{reason[:80]!r}. Shorten it."
        )
    return reason


def find_person(option: str, people: Sequence[Person], name: str) -> Person:
    """Find who is called so, by key or by student id, in capitals or not.

    Raises
    ------
    UsageError
        If nobody is, or several people are and it is no key.
    """
    wanted = name.strip().casefold()
    found = [person for person in people if person.key.casefold() == wanted]
    found = found or [person for person in people if wanted in names_of(person)]
    if not found:
        raise UsageError(
            f"{option} must name a student of the class; {name.strip()[:80]!r} is nobody's id among the "
            f"{len(people)} who handed in or stand on the worksheet. The class page lists all ids."
        )
    if len(found) > 1:
        keys = ", ".join(person.key for person in found[:3])
        raise UsageError(
            f"{option} must name one student; {len(found)} have the id {name.strip()[:80]!r}. Name one by the key: "
            f"{keys}."
        )
    return found[0]


def remark_grants(
    rule: LateRule | None, granted: Granted, people: Sequence[Person], lines: Sequence[Line]
) -> Iterator[str]:
    """Tell, in sentences, what was granted and does not count.

    Parameters
    ----------
    rule : LateRule or None
        The rubric's.
    granted, people : Granted, sequence of Person
        As for `add_grants`.
    lines : sequence of Line
        The class as it is graded.
    """
    if rule is None:
        if granted.extensions or granted.waivers:
            yield (
                "Extensions and waivers count where [late] in rubric.toml names a due date; it names none, so nobody "
                "is late."
            )
        return
    known = {name for person in people for name in names_of(person)}
    unknown = [student_id for student_id in rule.extensions if student_id.casefold() not in known]
    if unknown:
        n_ids = count(len(unknown), "id")
        yield f"[late.extensions] in rubric.toml names {n_ids} that nobody in this class has: {_list(unknown)}."
    early = sorted(key for key, due in granted.extensions.items() if due < rule.due)
    if early:
        yield f"Extensions that end before the due date of all, {rule.due.isoformat(' ', 'minutes')}: {_list(early)}."
    in_time = [
        line.person.key for line in lines if line.person.key in granted.waivers and not _is_late(rule, line, granted)
    ]
    if in_time:
        yield f"A penalty is waived for somebody who is not late, which changes nothing: {_list(in_time)}."


def _is_late(rule: LateRule, line: Line, granted: Granted) -> bool:
    return judge_lateness(rule, line.submitted_at, line.person, granted) is not None


def _split(option: str, texts: Sequence[str], people: Sequence[Person]) -> Iterator[tuple[Person, str]]:
    """Find the student and the value of each option."""
    seen: set[str] = set()
    for text in texts:
        name, sign, value = text.partition("=")
        if not sign:
            example = "N26130001='2026-01-16 23:59'" if option == "--extension" else "N26130001='was ill'"
            raise UsageError(
                f"{option} must be a student's id, = and {'a time' if option == '--extension' else 'a reason'}, as "
                f"{example}; got {text[:80]!r}. Put the = behind the id."
            )
        person = find_person(option, people, name)
        if person.key in seen:
            raise UsageError(
                f"{option} may name a student once in a command; {name.strip()[:80]!r} is named twice. Leave one out."
            )
        seen.add(person.key)
        yield person, value.strip()


def _list(names: Sequence[str]) -> str:
    more = f" and {len(names) - MAX_NAMED} more" if len(names) > MAX_NAMED else ""
    return ", ".join(one_line(name) for name in names[:MAX_NAMED]) + more
