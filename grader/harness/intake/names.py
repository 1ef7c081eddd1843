"""Names that strangers chose: decoded, made fit to be shown, and asked for a student id."""

import re
import unicodedata
from collections.abc import Sequence

from grader.harness.intake.encodings import decode_chinese

MAX_SHOWN = 100
"""Characters of a name that are shown."""

_LISTED = 5

STUDENT_ID = r"[a-z]{0,3}\d{6,10}"
"""A student id as a regular expression, for small letters or any."""

_EXPECTED = re.compile(rf"({STUDENT_ID})_lab3( ?\(\d+\)| \d+|-\d+)?\.zip", re.IGNORECASE | re.ASCII)
_ID_ANYWHERE = re.compile(r"(?<![a-z0-9])[a-z]{1,3}\d{6,10}(?!\d)", re.IGNORECASE | re.ASCII)


def decode_name(raw: bytes) -> str:
    """Decode a name as zip programs of all countries write it: UTF-8, cp950 (Big5), GBK or cp437.

    The flag that promises UTF-8 is not asked: some programs write UTF-8 without it, and others lie.
    """
    try:
        return raw.decode()
    except UnicodeDecodeError:
        chinese = decode_chinese(raw)
        return raw.decode("cp437") if chinese is None else chinese


def printable(name: str) -> str:
    """Make a name safe to show: no control, invisible or direction-changing character, at most `MAX_SHOWN` long.

    A name that is too long loses its middle, so that its ending stays.
    """
    shown = "".join(
        character if character.isprintable() else " " if character.isspace() else "\N{REPLACEMENT CHARACTER}"
        for character in unicodedata.normalize("NFC", name[: 10 * MAX_SHOWN] + name[10 * MAX_SHOWN :][-MAX_SHOWN:])
    )
    half = MAX_SHOWN // 2
    return shown if len(shown) <= MAX_SHOWN else f"{shown[: half - 1]}…{shown[-half:]}"


def quoted(names: Sequence[str]) -> str:
    """List names for a sentence: the first five, and how many more there are."""
    listed = ", ".join(f"'{printable(name)}'" for name in names[:_LISTED])
    n_more = len(names) - _LISTED
    return listed if n_more <= 0 else f"{listed} and {n_more} more"


def find_student_id(file_name: str) -> str:
    """Find the student id in the name of a zip, in capitals; empty when the name holds none, or several."""
    if match := _EXPECTED.fullmatch(file_name):
        return match[1].upper()
    found = {student_id.upper() for student_id in _ID_ANYWHERE.findall(file_name)}
    return found.pop() if len(found) == 1 else ""


def is_expected(file_name: str) -> bool:
    """Tell whether a zip is named ``StudentID_Lab3.zip``, in any case, also with the ``(1)`` of a second download."""
    return _EXPECTED.fullmatch(file_name) is not None
