"""Big5 or GBK: two encodings of Chinese that look alike, told apart by which letters they give.

Both write a letter as two bytes, and most bytes can be read as either. But each puts its frequent letters first, and
what is frequent in one is rare in the other.
"""

from functools import cache
from itertools import islice, product

# Where the frequent letters are, first and second byte: 3,755 of GBK, 5,401 of Big5, which Windows in Taiwan calls
# cp950. Of equals GBK is taken: two in five letters of Big5 have a second byte that no frequent letter of GBK has.
_FREQUENT = {
    "gbk": (range(0xB0, 0xD8), range(0xA1, 0xFF)),
    "cp950": (range(0xA4, 0xC7), [*range(0x40, 0x7F), *range(0xA1, 0xFF)]),
}

_LETTERS_JUDGED = 1000


def decode_chinese(raw: bytes) -> str | None:
    """Decode bytes that are not UTF-8 as Big5 or GBK, whichever gives more frequent letters; None when neither fits."""
    texts = []
    for encoding in _FREQUENT:
        try:
            text = raw.decode(encoding)
        except UnicodeDecodeError:
            continue
        letters = islice((letter for letter in text if not letter.isascii()), _LETTERS_JUDGED)
        texts.append((sum(letter in _frequent_letters(encoding) for letter in letters), text))
    return max(texts, key=lambda scored: scored[0])[1] if texts else None


@cache
def _frequent_letters(encoding: str) -> frozenset[str]:
    """List the frequent letters: ten thousand names of a hostile zip are judged letter by letter."""
    pairs = (bytes(pair) for pair in product(*_FREQUENT[encoding]))
    return frozenset(pair.decode(encoding, "ignore") for pair in pairs) - {""}
