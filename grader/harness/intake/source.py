"""Look at the bytes of the code: whether they are text, in which encoding, and whether somebody wrote in it.

The code is not parsed here, nor ever in the grader's process: syntax errors are found, and shown with their line,
where the code runs. Line numbers count from 1.
"""

import codecs
import re
from collections.abc import Iterator

from grader.harness.intake.encodings import decode_chinese
from grader.harness.intake.formats import look_for_other_format
from grader.harness.intake.names import Naming
from grader.harness.intake.problems import fatal, remark
from grader.harness.languages import said
from grader.harness.results import Problem

# The longer ones first: that of UTF-32 begins with that of UTF-16.
_WIDE_BOMS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_COOKIE = re.compile(rb"[ \t\f]*#.*?coding[:=][ \t]*[-\w.]+")
_BLANK = re.compile(rb"\?{6,}")


def to_utf8(naming: Naming, source: bytes) -> tuple[bytes, list[Problem]]:
    """Turn UTF-16, Big5 and GBK, which Python refuses, into UTF-8; the program stays what it is, letter by letter.

    A file that says its encoding, is UTF-8, or cannot be read at all is left as it is.

    Returns
    -------
    source : bytes
        UTF-8 where it could be had.
    problems : list of Problem
        What was done, a remark.
    """
    encoding = _wide_encoding(source)
    if encoding:
        text = source.decode(encoding, errors="replace")
        return text.encode(), [remark(naming, "utf16", said("it is {encoding}", encoding=encoding[:6].upper()))]
    line = _first_line_not_utf8(source)
    if line == 0 or _names_encoding(source):
        return source, []
    chinese = decode_chinese(source)
    if chinese is None:
        return source, [remark(naming, "unknown_encoding", said("line {line} is not", line=line))]
    return chinese.encode(), [
        remark(naming, "other_encoding", said("line {line} is not, and looks like Big5 or GBK", line=line))
    ]


def judge_source(naming: Naming, source: bytes, template: bytes | None = None) -> Iterator[Problem]:
    """Say what is wrong, or strange, with the bytes of the code after `to_utf8`."""
    if not source.removeprefix(codecs.BOM_UTF8).strip():
        yield fatal(naming, "empty_code", said("it is empty"))
    elif other := look_for_other_format(source):
        yield fatal(naming, *other)
    elif b"\0" in source:
        line = source[: source.index(b"\0")].count(b"\n") + 1
        yield fatal(naming, "null_bytes", said("line {line} holds a null byte", line=line))
    elif is_same_text(source, template):
        yield fatal(naming, "untouched_template", said("it is the template that was given out, unchanged"))
    else:
        yield from _judge_habits(naming, source)


def is_same_text(source: bytes, other: bytes | None) -> bool:
    """Tell whether two files hold the same text, white space aside."""
    return other is not None and _without_space(source) == _without_space(other)


def _without_space(source: bytes) -> bytes:
    return b"".join(source.removeprefix(codecs.BOM_UTF8).split())


def _judge_habits(naming: Naming, source: bytes) -> Iterator[Problem]:
    """Remark on what is no mistake, or one that Python itself will tell."""
    lines = source.splitlines()
    if source.startswith(codecs.BOM_UTF8):
        yield remark(naming, "utf8_bom", said("it is, with a byte order mark in front"))
    if b"\r" in source:
        yield remark(
            naming, "crlf", said("these end as on Windows") if b"\r\n" in source else said("these end as on an old Mac")
        )
    by_tab = [number for number, line in enumerate(lines, 1) if line.startswith(b"\t")]
    by_space = [number for number, line in enumerate(lines, 1) if line.startswith(b" ")]
    if by_tab and by_space:
        told = said("line {first} begins with spaces and line {second} with a tab", first=by_space[0], second=by_tab[0])
        yield remark(naming, "tabs", told)
    if blank := next((number for number, line in enumerate(lines, 1) if _BLANK.search(line)), None):
        yield remark(naming, "blanks_left", said("line {line} still holds ??????", line=blank))


def _wide_encoding(source: bytes) -> str:
    """Name the encoding of a file of two or four bytes a letter; empty for the others.

    Without a byte order mark, UTF-16 shows by its zeros: every other byte of what is ASCII.
    """
    for bom, encoding in _WIDE_BOMS:
        if source.startswith(bom):
            return encoding
    for first, encoding in ((1, "utf-16-le"), (0, "utf-16-be")):
        zeros, others = source[first::2], source[1 - first :: 2]
        if zeros.count(0) > len(zeros) // 2 and not others.count(0):
            return encoding
    return ""


def _names_encoding(source: bytes) -> bool:
    """Tell whether a file says its encoding, by a mark or in one of its first two lines, where Python looks."""
    return source.startswith(codecs.BOM_UTF8) or any(_COOKIE.match(line) for line in source.splitlines()[:2])


def _first_line_not_utf8(source: bytes) -> int:
    """Find the first line that is not UTF-8; 0 when all are."""
    try:
        source.decode()
    except UnicodeDecodeError as exc:
        return source.count(b"\n", 0, exc.start) + 1
    return 0
