"""The marks of one submission, as whoever marks it sees them; how what was chosen adds up to points and a comment."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TypeVar

from grader.harness.codec import from_plain, to_plain
from grader.harness.errors import GraderError
from grader.harness.results import format_points
from grader.harness.rubric import Level

MAX_COMMENT = 10_000
"""Characters of a comment, a note or a reason."""

MINUS = "\N{MINUS SIGN}"

Item = TypeVar("Item", "PartSheet", "CheckSheet")


class MarkRefused(GraderError):  # noqa: N818 - names what happened
    """A mark that cannot be given; the message is for whoever gave it."""


@dataclass(frozen=True)
class BankComment:
    """A comment that was typed once and can be chosen again.

    Attributes
    ----------
    key : str
        Names it within its assignment.
    part : str
        Key of the part of the report that it is for.
    text : str
        For the student.
    points : Fraction
        Added to the level's points where it is chosen, mostly 0 or below.
    """

    key: str
    part: str
    text: str
    points: Fraction


@dataclass(frozen=True)
class Choice:
    """What was chosen for a part of the report.

    Attributes
    ----------
    level : str
        Key of a level; empty without one.
    points : Fraction or None
        Points typed by hand, which count whatever else is chosen; None where level and comments make them.
    comments : tuple of str
        Keys of comments of the bank.
    text : str
        A comment for this student alone.
    """

    level: str = ""
    points: Fraction | None = None
    comments: tuple[str, ...] = ()
    text: str = ""


@dataclass(frozen=True)
class Saved:
    """Who saved something last, and when: ISO 8601, UTC; both empty where it was not saved here."""

    by: str = ""
    at: str = ""


@dataclass(frozen=True)
class PartSheet:
    """A part of the report.

    Attributes
    ----------
    key, title, max_points, levels
        As in the rubric.
    choice : Choice
        What was chosen; made of the gradebook's points and comment where these were given elsewhere.
    comments : tuple of BankComment
        Those that were chosen.
    points : Fraction or None
        As in the gradebook; None while nobody has given any.
    comment : str
        As in the gradebook: what the student reads.
    saved : Saved
        Who marked it.
    """

    key: str
    title: str
    max_points: Fraction
    levels: Sequence[Level]
    choice: Choice
    comments: tuple[BankComment, ...]
    points: Fraction | None
    comment: str = ""
    saved: Saved = Saved()

    @property
    def level(self) -> Level | None:
        """The level that was chosen."""
        return find_level(self.levels, self.choice)

    @property
    def version(self) -> str:
        """Names the state that a browser has seen: another state, another name."""
        return _digest([to_plain(self.choice), None if self.points is None else str(self.points)])


@dataclass(frozen=True)
class CheckSheet:
    """A check of the code.

    Attributes
    ----------
    key, title, max_points
        As in the rubric.
    before, points : Fraction or None
        What the check gave, and what a person gave instead; None where there is nothing.
    reason : str
        Why it was overruled, for the student.
    saved : Saved
        Who did it.
    """

    key: str
    title: str
    max_points: Fraction
    before: Fraction | None
    points: Fraction | None
    reason: str = ""
    saved: Saved = Saved()

    @property
    def version(self) -> str:
        """Names the state that a browser has seen."""
        return _digest([None if self.points is None else str(self.points), self.reason])


@dataclass(frozen=True)
class NoteSheet:
    """What the staff note for each other on a submission."""

    text: str = ""
    saved: Saved = Saved()

    @property
    def version(self) -> str:
        """Names the state that a browser has seen."""
        return _digest(self.text)


@dataclass(frozen=True)
class Sheet:
    """All marks of one submission."""

    student: str
    parts: tuple[PartSheet, ...]
    checks: tuple[CheckSheet, ...]
    note: NoteSheet = NoteSheet()

    @property
    def n_marked(self) -> int:
        """How many parts of the report have points."""
        return sum(part.points is not None for part in self.parts)

    @property
    def overruled(self) -> Sequence[CheckSheet]:
        """The checks whose points somebody changed."""
        return [check for check in self.checks if check.points is not None]

    def part(self, key: str) -> PartSheet:
        """Return a part; MarkRefused for one that the rubric does not have."""
        return _find(self.parts, key, "part")

    def check(self, key: str) -> CheckSheet:
        """Return a check; MarkRefused for one that the rubric does not have."""
        return _find(self.checks, key, "check")


def _find(items: Sequence[Item], key: str, what: str) -> Item:
    for item in items:
        if item.key == key:
            return item
    raise MarkRefused(f"A {what} must stand in the rubric; {key!r:.80} does not. Load the page again.")


def add_up(choice: Choice, levels: Sequence[Level], bank: Mapping[str, BankComment]) -> Fraction | None:
    """Add up what was chosen for a part; None while that is no mark."""
    if choice.points is not None:
        return choice.points
    level = find_level(levels, choice)
    if level is None:
        return None
    return level.points + sum((bank[key].points for key in choice.comments if key in bank), Fraction(0))


def write_comment(choice: Choice, bank: Mapping[str, BankComment]) -> str:
    """Write what a student reads: a line for each comment of the bank, then the text for this student alone."""
    return "\n".join([*(_write_one(bank[key]) for key in choice.comments if key in bank), choice.text]).strip()


def _write_one(comment: BankComment) -> str:
    if not comment.points:
        return comment.text
    sign = MINUS if comment.points < 0 else "+"
    return f"{comment.text} ({sign}{format_points(abs(comment.points))})"


def find_level(levels: Sequence[Level], choice: Choice) -> Level | None:
    """Return the level that was chosen; None without one, or where the rubric has it no longer."""
    return next((level for level in levels if level.key == choice.level), None)


def agree(
    kept: Choice | None, levels: Sequence[Level], bank: Mapping[str, BankComment], points: Fraction | None, comment: str
) -> Choice:
    """Return what was chosen for a part, as far as it fits what the gradebook holds, which is right.

    Parameters
    ----------
    kept : Choice or None
        What was chosen on the marking page; None where nothing was.
    levels : sequence of Level
        Of the part.
    bank : mapping of str to BankComment
        By their keys, retired ones too.
    points : Fraction or None
        In the gradebook.
    comment : str
        In the gradebook.
    """
    choice = kept or Choice()
    if add_up(choice, levels, bank) == points and write_comment(choice, bank) == comment.strip():
        return choice
    level = find_level(levels, choice)
    is_level = level is not None and level.points == points
    return Choice(choice.level if is_level else "", None if is_level else points, (), comment.strip())


def check_points(title: str, points: Fraction, most: Fraction) -> None:
    """Refuse points that are not to be had.

    Raises
    ------
    MarkRefused
        If they are below 0 or above `most`.
    """
    if not 0 <= points <= most:
        sign = MINUS if points < 0 else ""
        raise MarkRefused(
            f"Points must be from 0 to {format_points(most)}; {title!r} would have {sign}{format_points(abs(points))}. "
            "Nothing was saved: choose another level, other comments or other points."
        )


def check_text(what: str, text: str) -> str:
    """Return a text as it is kept, without blanks around it; MarkRefused if it is too long."""
    text = text.replace("\r\n", "\n").strip()
    if len(text) > MAX_COMMENT:
        raise MarkRefused(
            f"{what} may have {MAX_COMMENT:,} characters; this one has {len(text):,}. Nothing was saved: shorten it."
        )
    return text


def choice_to_text(choice: Choice) -> str:
    """Write a choice for the database."""
    return json.dumps(to_plain(choice), ensure_ascii=False, sort_keys=True)


def choice_from_text(text: str) -> Choice | None:
    """Read a choice of the database; None for one of another form, where the gradebook's points stand alone."""
    try:
        return from_plain(Choice, json.loads(text))
    except ValueError:
        return None


def _digest(state: object) -> str:
    return hashlib.sha256(json.dumps(state, sort_keys=True).encode()).hexdigest()[:16]
