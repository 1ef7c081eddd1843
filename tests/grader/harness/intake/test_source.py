import codecs

import pytest

from grader.harness.intake.names import Naming
from grader.harness.intake.source import is_same_text, judge_source, to_utf8

NAMING = Naming("Lab3", "merge.py")
PLAIN = "# 合併骨架\nimport numpy\nname = '許功蓋'\n"


def got(problems):
    return {problem.code: problem.explanation.got for problem in problems}


@pytest.mark.parametrize(
    ("encoding", "code"),
    [
        ("utf-16", "utf16"),
        ("utf-16-le", "utf16"),
        ("utf-16-be", "utf16"),
        ("utf-32", "utf16"),
        ("cp950", "other_encoding"),
        ("gbk", "other_encoding"),
    ],
)
def test_to_utf8_changes_no_letter(encoding, code):
    mended, problems = to_utf8(NAMING, PLAIN.encode(encoding))

    assert mended.decode() == PLAIN
    assert [problem.code for problem in problems] == [code]
    assert not problems[0].is_fatal


def test_to_utf8_reads_big_endian_marks():
    assert to_utf8(NAMING, codecs.BOM_UTF16_BE + PLAIN.encode("utf-16-be"))[0].decode() == PLAIN
    assert to_utf8(NAMING, codecs.BOM_UTF32_BE + PLAIN.encode("utf-32-be"))[0].decode() == PLAIN


@pytest.mark.parametrize(
    "source",
    [
        b"",
        b"import numpy\n",
        PLAIN.encode(),
        b"a" + bytes(50),
        codecs.BOM_UTF8 + PLAIN.encode(),
        codecs.BOM_UTF8 + PLAIN.encode("cp950"),
        b"# -*- coding: big5 -*-\n" + PLAIN.encode("cp950"),
        b"#!/usr/bin/python\n# vim: set fileencoding=cp950 :\n" + PLAIN.encode("cp950"),
    ],
    ids=["empty", "ASCII", "UTF-8", "zeros", "mark", "mark that lies", "cookie", "cookie in line 2"],
)
def test_to_utf8_leaves_what_names_its_encoding(source):
    assert to_utf8(NAMING, source) == (source, [])


def test_to_utf8_asks_for_cookies_where_python_does():
    source = b"import numpy\nimport os\n# coding: big5\n" + PLAIN.encode("cp950")

    assert got(to_utf8(NAMING, source)[1]) == {"other_encoding": "line 4 is not, and looks like Big5 or GBK"}


def test_to_utf8_leaves_what_it_cannot_read():
    source = b"import numpy\n# caf\xe9\n"

    mended, (problem,) = to_utf8(NAMING, source)
    assert mended == source
    assert problem.code == "unknown_encoding"
    assert str(problem.explanation) == "merge.py must be text in UTF-8; line 2 is not. Save it as UTF-8 in your editor."


def test_to_utf8_replaces_what_is_cut_off():
    assert to_utf8(NAMING, "pass\n".encode("utf-16") + b"x")[0].decode() == "pass\n\N{REPLACEMENT CHARACTER}"


@pytest.mark.parametrize(
    ("source", "code", "text"),
    [
        (b"", "empty_code", "it is empty"),
        (codecs.BOM_UTF8 + b" \r\n", "empty_code", "it is empty"),
        (b"a = 1\nb = '\0'\n", "null_bytes", "line 2 holds a null byte"),
        (b"def  merge():\n\n\tpass", "untouched_template", "it is the template that was given out, unchanged"),
    ],
    ids=["empty", "white space", "null byte", "template"],
)
def test_judge_source_refuses(source, code, text):
    (problem,) = judge_source(NAMING, source, b"def merge():\r\n    pass\r\n")

    assert problem.is_fatal
    assert (problem.code, problem.explanation.got) == (code, text)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (b"pass\n", {}),
        (codecs.BOM_UTF8 + b"pass\n", {"utf8_bom": "it is, with a byte order mark in front"}),
        (b"pass\r\n", {"crlf": "these end as on Windows"}),
        (b"pass\rpass\r", {"crlf": "these end as on an old Mac"}),
        (b"if a:\n\tpass\n", {}),
        (b"if a:\n\tpass\nif b:\n pass\n", {"tabs": "line 4 begins with spaces and line 2 with a tab"}),
        (b"if a:\n if ??????:\n", {"blanks_left": "line 2 still holds ??????"}),
        (b"print('what?????')\n", {}),
    ],
    ids=["plain", "mark", "CRLF", "CR", "tabs alone", "tabs and spaces", "blanks", "five question marks"],
)
def test_judge_source_remarks(source, expected):
    problems = list(judge_source(NAMING, source))

    assert got(problems) == expected
    assert not any(problem.is_fatal for problem in problems)


def test_is_same_text_needs_another_text():
    assert not is_same_text(b"", None)
    assert is_same_text(b"a b\r\n", b"\xef\xbb\xbfab")
    assert not is_same_text(b"a", b"b")
