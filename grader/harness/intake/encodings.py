"""Big5 or GBK: two encodings of Chinese that look alike, told apart by which letters they give.

Both write a letter as two bytes, and most bytes can be read as either. But each puts its frequent letters first, and
what is frequent in one is rare in the other.
"""

import re
from itertools import islice

# The frequent letters, as bytes: 3,755 of GBK, 5,401 of Big5, which Windows in Taiwan calls cp950. Of equals GBK is
# taken: two in five letters of Big5 have a second byte that no frequent letter of GBK has.
_FREQUENT = {"gbk": rb"[\xb0-\xd7][\xa1-\xfe]", "cp950": rb"[\xa4-\xc6][\x40-\x7e\xa1-\xfe]"}

_LETTERS_JUDGED = 1000


def decode_chinese(raw: bytes) -> str | None:
    """Decode bytes that are not UTF-8 as Big5 or GBK, whichever gives more frequent letters; None when neither fits."""
    texts = []
    for encoding, frequent in _FREQUENT.items():
        try:
            text = raw.decode(encoding)
        except UnicodeDecodeError:
            continue
        letters = islice((letter for letter in text if not letter.isascii()), _LETTERS_JUDGED)
        texts.append((sum(re.fullmatch(frequent, letter.encode(encoding)) is not None for letter in letters), text))
    return max(texts, key=lambda scored: scored[0])[1] if texts else None
