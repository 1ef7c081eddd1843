"""What the page's script sends, read field by field, and what people type, read as they mean it."""

import re
from dataclasses import dataclass
from fractions import Fraction

from grader.harness.batch.marking_page.sheet import MINUS, MarkRefused
from grader.harness.characters import one_line

MAX_NAME = 40

_POINTS = re.compile(rf"([+{MINUS}-]?)([0-9]{{1,4}})(?:[.,]([0-9]{{1,2}}))?")


@dataclass(frozen=True)
class PartRequest:
    """What is chosen for a part: points as they were typed, empty for none; the version that was seen."""

    level: str
    points: str
    comments: tuple[str, ...]
    text: str
    seen: str


@dataclass(frozen=True)
class CheckRequest:
    """Other points for a check, as they were typed, empty to take them back; why; the version that was seen."""

    points: str
    reason: str
    seen: str


@dataclass(frozen=True)
class NoteRequest:
    """A note for the staff; the version that was seen."""

    text: str
    seen: str


@dataclass(frozen=True)
class WaiverRequest:
    """Why a penalty is waived; nothing takes the waiver back."""

    reason: str


@dataclass(frozen=True)
class CommentRequest:
    """A comment of the bank: its text, its points as they were typed, for whom it changes, whether it goes."""

    text: str
    points: str
    everybody: bool | None = None
    is_retired: bool = False


@dataclass(frozen=True)
class ClaimRequest:
    """Whether to take a report from somebody who is at work on it, or to give it back."""

    take_over: bool = False
    release: bool = False


def read_points(text: str) -> Fraction | None:
    """Read points as somebody types them; None for nothing.

    Raises
    ------
    MarkRefused
        If it is no number with two decimals at most.
    """
    text = text.strip()
    if not text:
        return None
    match = _POINTS.fullmatch(text)
    if match is None:
        raise MarkRefused(
            f"Points must be a number with at most two decimals, such as 7 or 7.5; got {one_line(text)!r:.80}. "
            "Nothing was saved."
        )
    points = Fraction(f"{match[2]}.{match[3] or 0}")
    return -points if match[1] in {"-", MINUS} else points


def read_name(text: str) -> str:
    """Take the name of whoever marks: one line, not long, what cannot be seen left out."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())[:MAX_NAME]
