"""What a student typed into Moodle's own editor: a page of HTML, made plain text without being read as HTML.

The text is shown to the staff and never graded. Tags are taken out by their signs alone, in one pass: nothing of a
stranger's page is built, followed or trusted, and each step takes time in proportion to the text.
"""

import html
import re

from grader.harness.characters import make_visible, shorten

MAX_BYTES = 256 * 1024
"""So much of an online text is read."""

MAX_TEXT = 20_000
"""Characters of it that are kept."""

_ENDINGS = (".html", ".htm", ".txt")
_TAG = re.compile(r"<(/?[A-Za-z!?][^<>]*)>")
_LINES = re.compile(r"/?(br|p|div|li|ul|ol|h[1-6]|tr|table|pre|blockquote)\b", re.IGNORECASE)
_SPACE = re.compile(r"[^\S\n]+")
_MANY_LINES = re.compile(r"\n\s*\n")


def is_online_text(file_name: str) -> bool:
    """Tell whether a file in the place of an online text is the text itself, and no picture of it."""
    return file_name.lower().endswith(_ENDINGS)


def to_text(content: bytes) -> str:
    """Make plain text of an online text.

    Parameters
    ----------
    content : bytes
        The file, or its first `MAX_BYTES`.

    Returns
    -------
    text : str
        Lines without markup, at most `MAX_TEXT` characters and a word on how many there were more; visible as
        `grader.harness.characters.make_visible` makes it.
    """
    page = content[:MAX_BYTES].decode("utf-8-sig", "replace")
    body = page[max(page.find("<body"), 0) :]
    # White space of the page means nothing; lines are what its blocks make.
    plain = _TAG.sub(lambda tag: "\n" if _LINES.match(tag[1]) else " " if _is_cell(tag[1]) else "", _flatten(body))
    lines = [_SPACE.sub(" ", line).strip() for line in html.unescape(plain).splitlines()]
    return shorten(make_visible(_MANY_LINES.sub("\n", "\n".join(lines)).strip()), MAX_TEXT)


def _flatten(page: str) -> str:
    return page.replace("\r", " ").replace("\n", " ")


def _is_cell(tag: str) -> bool:
    return tag.lower().startswith(("/td", "/th", "img"))
