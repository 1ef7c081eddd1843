"""Which parts of a report its headings name; the lab says which words to look for."""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence

from grader.harness.results import ManualPart

_MAX_CHARACTERS = 80
_MAX_WORDS = 12
_SENTENCE_ENDS = tuple(".,;。、")  # as NFKC writes them: full-width commas become narrow ones
_CHINESE = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_WORD = re.compile(rf"[{_CHINESE}\u3040-\u30ff\uac00-\ud7af]|[^\W_{_CHINESE}\u3040-\u30ff\uac00-\ud7af]+")
# "1. ", "2.3) ", "(b) ", "IV: ", "一、", "第三章 ", "Part 2: "; a bare number may begin a sentence as well.
_MARKED = re.compile(
    r"(?:(?:part|section|chapter|task|question|step)\s*)?"
    r"(?:\(?(?:\d+(?:\.\d+)*|[ivx]+|[a-h]|[一二三四五六七八九十]+)[).:、]|第[一二三四五六七八九十\d]+[章節节部])\s*",
    re.IGNORECASE,
)
_BARE_NUMBER = re.compile(r"\d+(?:\.\d+)*\s+")
_LITTLE = {"the", "and", "for", "with", "from", "your", "complete", "description", "results", "result", "report"}


def find_parts(
    texts: Sequence[str], parts: Sequence[ManualPart], words: Mapping[str, Sequence[str]]
) -> tuple[str, ...]:
    """Tell which parts of the report have a heading.

    Parameters
    ----------
    texts : sequence of str
        Of each page.
    parts : sequence of ManualPart
        As in the rubric.
    words : mapping of str to sequence of str
        For each part's key the beginnings of words, in small letters, any of which in a heading names the part; one
        without any is found by the words of its title.

    Returns
    -------
    keys : tuple of str
        In the order of `parts`.
    """
    headings = list(_headings(texts))
    return tuple(
        part.key for part in parts if any(_names(heading, part, words.get(part.key, ())) for heading in headings)
    )


def count_words(text: str) -> int:
    """Count words; each Chinese, Japanese or Korean character is one."""
    return sum(1 for _ in _WORD.finditer(text))


def _headings(texts: Sequence[str]) -> Iterator[str]:
    """Take the lines that may be headings; each comes as words in small letters with a space before each."""
    for text in texts:
        for line in text.splitlines():
            heading = _as_heading(unicodedata.normalize("NFKC", line.strip()[: _MAX_CHARACTERS + 1]))
            if heading:
                yield heading


def _as_heading(line: str) -> str:
    """Write a line as words if it may be a heading; empty if it is long, a sentence, or the middle of one."""
    if len(line) > _MAX_CHARACTERS or line.endswith(_SENTENCE_ENDS):
        return ""
    marked = _MARKED.match(line) or _BARE_NUMBER.match(line)
    rest = line[marked.end() :] if marked else line.lstrip("#*•- ")
    is_marked = marked is not None and marked.re is _MARKED
    begins_big = rest[:1].isupper() or re.match(f"[{_CHINESE}]", rest) is not None
    words = re.findall(r"[^\W_]+", rest.casefold())
    return "".join(f" {word}" for word in words) if (is_marked or begins_big) and len(words) <= _MAX_WORDS else ""


def _names(heading: str, part: ManualPart, words: Sequence[str]) -> bool:
    # Chinese has no spaces between words: there a word may stand anywhere.
    known = any((f" {word}" if word.isascii() else word) in heading for word in words)
    return known or _has_title(heading, part.title)


def _has_title(heading: str, title: str) -> bool:
    words = [word for word in re.findall(r"[^\W_]+", title.casefold()) if len(word) > 2 or not word.isascii()]
    telling = [word for word in words if word not in _LITTLE] or words
    return bool(telling) and all((f" {word}" if word.isascii() else word) in heading for word in telling)
