"""Text of strangers, made fit for a terminal and a page: what cannot be seen is shown, columns stay aligned.

A name, a message or printed text may hold terminal escapes, characters that turn the direction of reading around,
halves of surrogate pairs or a hundred accents on one letter. All become visible characters; none can move the cursor,
forge another line or make a file unwritable.
"""

import re
import unicodedata
from collections.abc import Iterator

from grader.harness.languages import counted, tell

_WIDE = r"[\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\uff00-\uff60\uffe0-\uffe6\U00020000-\U0003fffd]"
_CLOSING, _OPENING = "，。、；：！？）」』】》…,.;:!?)]}%", "（「『【《([{"
_BREAK = rf"(?<=[^{re.escape(_OPENING)}])(?=[^{re.escape(_CLOSING)}])(?:(?<={_WIDE})|(?={_WIDE}))"
"""Where a line may end inside a word: beside a wide character, but not before a mark that closes or behind one that
opens."""

MAX_ACCENTS = 3
"""So many combining characters in a row are kept; no language needs more on one letter."""

ELLIPSIS = "..."


def make_visible(text: str) -> str:
    r"""Replace each character that cannot be seen by one that can; line ends and tabs stay.

    Parameters
    ----------
    text : str
        Anything, lone surrogates included.

    Returns
    -------
    visible : str
        Can be written as UTF-8. What was replaced stands as in Python's own text: ``\x1b``, ``\u202e``.
    """
    text = text.replace("\r\n", "\n")
    if text.isascii() and text.replace("\n", "").replace("\t", "").isprintable():
        return text  # nearly all text: nothing to look at one by one
    shown: list[str] = []
    n_accents = 0
    for character in text:
        n_accents = n_accents + 1 if unicodedata.combining(character) else 0
        if n_accents <= MAX_ACCENTS:
            shown.append(_shown(character))
    return "".join(shown)


def one_line(text: str) -> str:
    r"""Make text visible and keep it on one line: line ends and tabs become ``\n`` and ``\t``, too."""
    return make_visible(text).replace("\n", r"\n").replace("\t", r"\t")


def _shown(character: str) -> str:
    if character.isprintable() or character in "\n\t":
        return character
    if unicodedata.category(character) == "Zs":
        return "\N{IDEOGRAPHIC SPACE}" if character == "\N{IDEOGRAPHIC SPACE}" else " "
    code = ord(character)
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def width(text: str) -> int:
    """Count the columns that visible text takes in a terminal: two for a Chinese character, none for an accent."""
    return len(text) if text.isascii() else sum(_width(character) for character in text)


def _width(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def cut(text: str, n_columns: int) -> str:
    """Cut one line to at most `n_columns`, with three dots where something was left out."""
    if width(text) <= n_columns:
        return text
    kept, room = [], n_columns - len(ELLIPSIS)
    for character in text:
        room -= _width(character)
        if room < 0:
            break
        kept.append(character)
    return "".join(kept).rstrip() + ELLIPSIS


def shorten(text: str, n_characters: int) -> str:
    """Cut a long text of many lines, and say how much was left out."""
    n_more = len(text) - n_characters
    return text if n_more <= 0 else f"{text[:n_characters]}\n({_write_more_characters(n_more)})"


def pad(text: str, n_columns: int, *, right: bool = False) -> str:
    """Fill up to `n_columns` with spaces behind the text, or before it with `right`."""
    space = " " * max(n_columns - width(text), 0)
    return space + text if right else text + space


def wrap(text: str, n_columns: int, indent: str = "") -> list[str]:
    """Break text into lines of at most `n_columns`, each with `indent` before it.

    Chinese is broken between any two characters, but for a mark that closes what is before it, or opens what comes.
    """
    lines, line = [], ""
    for word in one_line(text).split(" "):
        space = " "
        for piece in _pieces_of(word, n_columns - len(indent)):
            if line and width(f"{indent}{line}{space}{piece}") > n_columns:
                lines.append(indent + line)
                line = piece
            else:
                line = f"{line}{space}{piece}" if line else piece
            space = ""
    return [*lines, indent + line] if line else lines


def _pieces_of(word: str, n_columns: int) -> Iterator[str]:
    """Cut a word where a line may end in it: around each wide character, with the marks that cling to it."""
    for piece in re.split(_BREAK, word):
        if piece:
            yield from _pieces(piece, n_columns)


def _pieces(word: str, n_columns: int) -> list[str]:
    """Cut a word that is wider than a line into pieces that are not."""
    if width(word) <= n_columns:
        return [word]
    pieces: list[str] = []
    piece: list[str] = []
    taken = 0
    for character in word:
        if taken + _width(character) > n_columns:
            pieces.append("".join(piece))
            piece, taken = [], 0
        piece.append(character)
        taken += _width(character)
    return [*pieces, "".join(piece)]


def quote(text: str, n_columns: int, gutter: str, *, max_lines: int) -> list[str]:
    """Show many lines of a stranger's text, each behind a gutter, so that none can pass for a line of the report.

    Parameters
    ----------
    text : str
        Printed text or a traceback.
    n_columns : int
        Longer lines are cut.
    gutter : str
        Stands before each line.
    max_lines : int
        More lines are counted, not shown.
    """
    lines = make_visible(text).expandtabs(4).rstrip("\n").split("\n")
    shown = [gutter + cut(line, n_columns - len(gutter)) for line in lines[:max_lines]]
    n_more = len(lines) - max_lines
    return [*shown, f"{gutter}({write_more_lines(n_more)})"] if n_more > 0 else shown


def write_more_lines(number: int) -> str:
    """Write how many lines were left out, in the language of now."""
    return tell(counted("{n} more line", "{n} more lines", number))


def _write_more_characters(number: int) -> str:
    return tell(counted("{n} more character", "{n} more characters", number))


def count(number: int, noun: str) -> str:
    """Write a number with its noun in English, for the staff: ``1 row``, ``2 rows``."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
