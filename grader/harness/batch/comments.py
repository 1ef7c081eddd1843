"""The feedback cell of Moodle's worksheet: ours beside what somebody wrote there, which is never lost.

Moodle's cells are HTML, and its editor writes other HTML than we do; so our own part is known again by its lines: a
line that is, in plain words, one that was exported for this student is ours, and every other one is somebody's.
"""

import html
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache

from grader.harness.batch.formulas import find_signs
from grader.harness.languages import LANGUAGES, pattern, said, speaking, tell
from grader.harness.results import format_points

LINE = "<hr>"
"""Stands between what somebody wrote and what is ours."""

_BREAK = re.compile(r"(<(?:br|hr)\b[^<>]*>|</?(?:p|div)\b[^<>]*>|\r\n|\r|\n)", re.IGNORECASE)
_TAG = re.compile(r"</?[A-Za-z!][^<>]*>")
_SHOWS = re.compile(r"<(?:img|video|audio|iframe|object|embed|svg|math|table|input)\b", re.IGNORECASE)
_LOOSE = re.compile(r"<(?:br|hr)\b[^<>]*>|\r\n|\r|\n", re.IGNORECASE)
_EMPTY = re.compile(r"<(p|div)\b[^<>]*>\s*</\1>", re.IGNORECASE)
_MAX_DEPTH = 10
_START = re.compile(r"\A(?:\s|<(?:br|hr)\b[^<>]*>)+", re.IGNORECASE)
CODE, REPORT, TOGETHER = (
    pattern("Code: {points} points."),
    pattern("Report: {points} points."),
    pattern("Together: {points} points."),
)
"""Lines of ours that hold nothing but a number: nobody's words are lost with one."""


@dataclass(frozen=True)
class Cell:
    """What is in a feedback cell.

    Attributes
    ----------
    others : str
        What is somebody's, as HTML; empty where there is nothing to be seen.
    own : sequence of str
        Our own lines, in plain words.
    """

    others: str
    own: Sequence[str]


def read_cell(cell: str, exported: Collection[str]) -> Cell:
    """Tell our own part of a cell from somebody's.

    Parameters
    ----------
    cell : str
        HTML, as Moodle gives it.
    exported : collection of str
        Lines of feedback that were exported for this student, or will be.
    """
    ours = {" ".join(line.split()) for line in exported}
    pieces = _BREAK.split(cell)
    kept, own = [], []
    for text, end in zip(pieces[::2], [*pieces[1::2], ""], strict=True):
        words = _plain(text)
        if words and (words in ours or _numbers().fullmatch(words)) and not _SHOWS.search(text):
            own.append(words)
            kept += ["", "" if _LOOSE.fullmatch(end) else end]  # a paragraph that was opened is closed
        else:
            kept += [text, end]
    others = _tidy("".join(kept))
    is_seen = _plain(others) or _SHOWS.search(others)
    return Cell(others if is_seen else "", own)


def write_cell(others: str, feedback: str) -> str:
    """Write a cell: somebody's part as it is, and ours under a line."""
    ours = to_html(feedback)
    return f"{others}{LINE}{ours}" if others and ours else others or ours


def to_html(feedback: str) -> str:
    """Make HTML of plain text: what Moodle shows, and no formula for those who look at the table before."""
    text = "\n".join(feedback.strip().splitlines())
    signs = set(find_signs(text))
    shown = (
        f"&#{ord(letter)};" if place in signs else html.escape(letter, quote=False) for place, letter in enumerate(text)
    )
    return "".join(shown).replace("\n", "<br>")


def write_number_line(line: str, points: Fraction) -> str:
    """Write `CODE`, `REPORT` or `TOGETHER` in the language of now."""
    return tell(said(line, points=format_points(points)))


@cache
def _numbers() -> re.Pattern[str]:
    """Recognise these lines, in any language and with any number."""
    forms = []
    for language in LANGUAGES:
        with speaking(language):
            forms += [re.escape(tell(said(line, points="#"))) for line in (CODE, REPORT, TOGETHER)]
    return re.compile("|".join(forms).replace(re.escape("#"), r"[0-9]{1,9}(?:\.[0-9]{1,2})?"))


def _plain(text: str) -> str:
    """Read HTML as words: no tags, no entities, one blank where there are many."""
    return " ".join(html.unescape(_TAG.sub("", text)).split())


def _tidy(cell: str) -> str:
    """Leave out empty paragraphs, and lines and breaks around what is to be seen."""
    for _ in range(_MAX_DEPTH):
        cell, n_empty = _EMPTY.subn("", cell)
        if not n_empty:
            break
    pieces = [piece for piece in _BREAK.split(cell) if piece]
    while pieces and (_LOOSE.fullmatch(pieces[-1]) or not pieces[-1].strip()):
        pieces.pop()
    return _START.sub("", "".join(pieces)).strip()
