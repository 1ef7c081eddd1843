"""Where a spreadsheet may begin a formula in a stranger's text: the one rule for all cells that are written.

A table of commas may be opened with semicolons, tabs or blanks as separators, and then any piece of a cell is a cell.
So a sign of a formula is found not only where the text begins, but wherever it does not follow a letter or a digit.
"""

import unicodedata
from collections.abc import Sequence

SIGNS = frozenset("=+-@\uff1d\uff0b\uff0d\uff20\ufe66\ufe62\ufe63\ufe6b\u207c\u207a\u207b\u2212")
"""What begins a formula: also in the wide, the small and the raised form, and the sign of subtraction."""

_WORD = frozenset("LNM")
"""Letters, numbers and accents, by the first letter of their category: no separator is one of these."""


def find_signs(text: str) -> Sequence[int]:
    """Find the signs in a text with which a spreadsheet may begin a formula.

    Parameters
    ----------
    text : str
        Of one cell.

    Returns
    -------
    places : sequence of int
        In order. A dash or an equals sign between blanks, as in ``a = b``, is none: split there, it stands alone.
    """
    places = []
    before, has_gap = "", False
    for place, letter in enumerate(text):
        if unicodedata.category(letter) == "Zs":
            has_gap = True
            continue
        if letter in SIGNS and (not _is_word(before) or (has_gap and not _is_blank(text[place + 1 : place + 2]))):
            places.append(place)
        before, has_gap = letter, False
    return places


def _is_word(letter: str) -> bool:
    """Tell whether nobody splits a text behind this letter; a sign behind a sign belongs to the one before."""
    return bool(letter) and (letter in SIGNS or letter == "_" or unicodedata.category(letter)[0] in _WORD)


def _is_blank(letter: str) -> bool:
    return not letter or letter.isspace()
