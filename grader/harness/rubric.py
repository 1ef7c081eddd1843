"""Read `rubric.toml`: which checks there are, in which order, and what each is worth."""

import hashlib
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any

from grader.harness.errors import RubricError, UsageError
from grader.harness.languages import ENGLISH, find_language
from grader.harness.results import ManualPart, format_points

_FIELDS = {
    "check": {"key", "part", "title", "points", "says", "staff", "tolerance"},
    "manual": {"key", "title", "points", "level"},
    "manual.level": {"key", "title", "points", "says"},
    "code": {"points"},
    "report": {"points"},
    "late": {"due", "points_per_day", "at_most", "grace_minutes", "extensions"},
}
"""What a rubric may say, table by table."""

MAX_LEVELS = 9
"""Each level of a part is chosen by a number key."""

MAX_GRACE_MINUTES = 7 * 24 * 60

_LATE = re.compile(r"^[ \t]*\[[ \t]*late\b[^\n]*\n?(?:(?![ \t]*\[)[^\n]*\n?)*", re.MULTILINE)
_LANGUAGE = re.compile(r"^[ \t]*language[ \t]*=[^\n]*\n?", re.MULTILINE)
_COMMENT = re.compile(r"^[ \t]*#[^\n]*\n?", re.MULTILINE)


@dataclass(frozen=True)
class RubricLine:
    """One check as the rubric tells it.

    Attributes
    ----------
    key : str
        Name of the check: ``cases/*/<key>.json`` and ``test_<key>`` in the lab's folder belong to it.
    part : str
        The heading that it stands under.
    title, says : str
        For students: what it is called and what it asks for.
    points : Fraction
        What it is worth when all of its cases pass.
    tolerance : float
        How far a number of an answer may be from the recorded one; 0 where the rubric says nothing.
    """

    key: str
    part: str
    title: str
    says: str
    points: Fraction
    tolerance: float = 0.0


@dataclass(frozen=True)
class Level:
    """How well a part of the report may be done, as the rubric names it.

    Attributes
    ----------
    key : str
        Names it within its part.
    title, says : str
        For the student and whoever marks: one or two words, and a sentence.
    points : Fraction
        What it is worth; not more than its part.
    """

    key: str
    title: str
    points: Fraction
    says: str


@dataclass(frozen=True)
class LateRule:
    """What a late submission costs.

    Attributes
    ----------
    due : datetime
        Local time of the course, without a zone, as Moodle's worksheet tells times.
    points_per_day : Fraction
        Taken off for each day begun.
    at_most : Fraction
        Never more than this is taken off.
    grace : timedelta
        Who is later by no more than this loses nothing.
    extensions : mapping of str to datetime
        Another due time for single students, by student id or key. The rubric may serve several classes.
    """

    due: datetime
    points_per_day: Fraction
    at_most: Fraction
    grace: timedelta = timedelta(0)
    extensions: Mapping[str, datetime] = field(default_factory=dict)


@dataclass(frozen=True)
class Rubric:
    """All checks and the parts of the written report, in the order in which they are shown.

    `fingerprint` is of all that stands in it but ``language``, ``[late]`` and comments: no result depends on these.
    `levels` holds for a part's key the levels that it has, best first; nothing for a part without any. `language` is
    what students read.
    """

    checks: Sequence[RubricLine]
    manual: Sequence[ManualPart]
    fingerprint: str
    late: LateRule | None = None
    levels: Mapping[str, Sequence[Level]] = field(default_factory=dict)
    language: str = ENGLISH

    @property
    def points(self) -> Fraction:
        """All points that can be had: code and report."""
        return sum((part.points for part in self.checks), Fraction(0)) + sum(
            (part.max_points for part in self.manual), Fraction(0)
        )

    def __getitem__(self, key: str) -> RubricLine:
        """Return the line of a check; RubricError for a key that the rubric does not have."""
        for line in self.checks:
            if line.key == key:
                return line
        known = ", ".join(line.key for line in self.checks)
        raise RubricError(f"A check must stand in the rubric; {key!r} does not. It has: {known}.")


def load_rubric(path: Path) -> Rubric:
    """Read and check a rubric.

    Raises
    ------
    RubricError
        If the file cannot be read, lacks a field or has one too many, has a key twice, or its points do not add up.
    """
    try:
        text = path.read_bytes().decode("utf-8")
        table = tomllib.loads(text)
        rubric = _read(table, _hash(text, table))
        _check_sum("code", table["code"]["points"], [line.points for line in rubric.checks])
        _check_sum("report", table["report"]["points"], [part.max_points for part in rubric.manual])
    except (OSError, ValueError, KeyError, TypeError, UsageError) as exc:
        raise RubricError(
            f"A rubric must have the tables and fields that CONTRIBUTING.md names; {path} does not: {exc!r}. Fix it."
        ) from exc
    keys = [line.key for line in rubric.checks] + [part.key for part in rubric.manual]
    twice = sorted({key for key in keys if keys.count(key) > 1})
    if twice:
        raise RubricError(f"Each key of the rubric must appear once; {twice[0]!r} appears twice. Rename one.")
    return rubric


def _read(table: Mapping[str, Any], fingerprint: str) -> Rubric:
    _refuse_unknown(table)
    checks = [
        RubricLine(
            entry["key"],
            entry["part"],
            entry["title"],
            entry["says"],
            _points(entry["points"]),
            _tolerance(entry.get("tolerance", 0)),
        )
        for entry in table["check"]
    ]
    manual = [ManualPart(entry["key"], entry["title"], _points(entry["points"])) for entry in table["manual"]]
    levels = {entry["key"]: _read_levels(entry) for entry in table["manual"] if "level" in entry}
    language = find_language(str(table.get("language", ENGLISH)))
    return Rubric(checks, manual, fingerprint, _read_late(table.get("late", {})), levels, language)


def _read_levels(part: Mapping[str, Any]) -> Sequence[Level]:
    """Read the levels of a part of the report, in the order in which they are written."""
    _refuse_unknown({"manual.level": part["level"]})
    most = _points(part["points"])
    levels = [Level(entry["key"], entry["title"], _points(entry["points"]), entry["says"]) for entry in part["level"]]
    keys = [level.key for level in levels]
    if twice := sorted({key for key in keys if keys.count(key) > 1}):
        raise RubricError(
            f"Each level of a part must have a key of its own; {part['key']!r} has {twice[0]!r} twice. Rename one."
        )
    if above := next((level for level in levels if level.points > most), None):
        raise RubricError(
            f"A level must not be worth more than its part; {above.key!r} of {part['key']!r} is worth "
            f"{format_points(above.points)} of {format_points(most)} points. Lower it, or raise the part."
        )
    if len(levels) > MAX_LEVELS:
        raise RubricError(
            f"A part may have {MAX_LEVELS} levels at most, one for each number key; {part['key']!r} has "
            f"{len(levels)}. Leave some out."
        )
    return levels


def _refuse_unknown(table: Mapping[str, Any]) -> None:
    """Refuse what nobody would read: a misspelt word would otherwise change a mark in silence."""
    for name, content in table.items():
        if name == "language":
            continue
        for entry in content if isinstance(content, list) else [content]:
            if name not in _FIELDS:
                raise KeyError(f"there is no table {name!r}; there are {', '.join(_FIELDS)}")
            for unknown in sorted(set(entry) - _FIELDS[name]):
                raise KeyError(f"[{name}] has {', '.join(sorted(_FIELDS[name]))}, and not {unknown!r}")


def _hash(text: str, table: Mapping[str, Any]) -> str:
    """Hash what results depend on: another language or due date, or an extension, makes no result an old one."""
    rest = _COMMENT.sub("", _LANGUAGE.sub("", _LATE.sub("", text), count=1))
    try:
        is_all = tomllib.loads(rest) == {name: one for name, one in table.items() if name not in {"late", "language"}}
    except ValueError:  # what looked like a heading or a comment stands in a text of several lines
        is_all = False
    return hashlib.sha256((rest if is_all else text).encode()).hexdigest()


def _read_late(table: Mapping[str, Any]) -> LateRule | None:
    """Read the rule for late submissions; None where nobody can be late."""
    if not table:
        return None
    if "extensions" in table and "due" not in table:
        raise KeyError("[late.extensions] needs a due date beside it, in [late]; without one nobody is late")
    return LateRule(
        _time("due", table["due"]),
        _points(table["points_per_day"]),
        _points(table["at_most"]),
        _grace(table.get("grace_minutes", 0)),
        _read_extensions(table.get("extensions", {})),
    )


def _read_extensions(table: Any) -> Mapping[str, datetime]:  # noqa: ANN401 - what stands in the file
    if not isinstance(table, dict):
        raise TypeError(f"extensions must be a table of student ids; got {table!r}")
    ids = [student_id.casefold() for student_id in table]
    if twice := [student_id for student_id in table if ids.count(student_id.casefold()) > 1]:
        raise KeyError(f"[late.extensions] names each student once, in capitals or not; {' and '.join(twice)} are one")
    return {student_id: _time(f"[late.extensions] {student_id}", time) for student_id, time in table.items()}


def _time(name: str, value: Any) -> datetime:  # noqa: ANN401 - what stands in the file
    if not isinstance(value, datetime) or value.tzinfo is not None:
        raise TypeError(f"{name} must be a date and a time without a zone, as 2026-01-09T23:59:00; got {value!r}")
    return value


def _grace(minutes: float) -> timedelta:
    is_number = isinstance(minutes, int | float) and not isinstance(minutes, bool)
    if not is_number or not 0 <= minutes <= MAX_GRACE_MINUTES:
        raise TypeError(f"grace_minutes must be a number from 0 to {MAX_GRACE_MINUTES}; got {minutes!r}")
    return timedelta(minutes=minutes)


def _points(value: float) -> Fraction:
    """Take points as they are written: 0.1 is a tenth, not the nearest binary number."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < float("inf"):
        raise TypeError(f"points must be a number from 0 on; got {value!r}")
    return Fraction(str(value))


def _tolerance(value: float) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < float("inf"):
        raise TypeError(f"tolerance must be a number from 0 on; got {value!r}")
    return float(value)


def _check_sum(name: str, total: float, points: Sequence[Fraction]) -> None:
    if sum(points, Fraction(0)) != _points(total):
        raise RubricError(
            f"The points of the {name} must add up to {total}; they add up to {float(sum(points, Fraction(0))):g}. "
            "Change one or the other in the rubric."
        )
