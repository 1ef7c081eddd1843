"""The feedback cell: whatever somebody wrote in it stays, whatever HTML Moodle makes of it."""

import html
import re
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.harness.batch.comments import CODE, REPORT, TOGETHER, read_cell, write_cell, write_number_line
from grader.harness.languages import speaking

OURS = "Code: 55 points.\nToo slow <b>.\nTogether: 86 points."
LINES = OURS.splitlines()
PIECES = [
    *("See me", "Well <b>done</b>", "a &amp; b", "&lt;b&gt;", "Code: 55 points", "Too slow", "=1", "<img src=x>", " "),
    *("<p>", "</p>", '<div class="x">', "</div>", "<br>", "<br />", "<hr>", "<hr/>", "\n", "<", ">", "&nbsp;"),
    *map(html.escape, LINES),
]


def words(cell):
    """Read what is to be seen, letter by letter."""
    return re.sub(r"\s", "", html.unescape(re.sub(r"</?[A-Za-z!][^<>]*>", "", cell)))


def without_ours(text):
    """Leave out our own lines, wherever they stand."""
    for line in LINES:
        text = text.replace(words(html.escape(line)), "")
    return text


@given(st.lists(st.sampled_from(PIECES), max_size=12))
def test_cell_keeps_all_words_and_has_ours_once(pieces):
    cell = "".join(pieces)

    first = write_cell(read_cell(cell, LINES).others, OURS)
    again = write_cell(read_cell(first, LINES).others, OURS)

    assert again == first
    assert without_ours(words(first)) == without_ours(words(cell))
    assert first.count("<img") == cell.count("<img")
    assert first.endswith("Code: 55 points.<br>Too slow &lt;b&gt;.<br>Together: 86 points.")


@given(st.text(max_size=60))
def test_cell_of_any_text_is_read_again(cell):
    others = read_cell(cell, LINES).others
    first = write_cell(others, OURS)

    assert read_cell(first, LINES).others == others


def test_cell_with_many_signs_is_read_at_once():
    assert read_cell("<" * 200_000, LINES).others == "<" * 200_000
    assert read_cell("<p>" * 100_000 + "x", LINES).others == "<p>" * 100_000 + "x"
    assert read_cell("x" + " <br>" * 100_000, LINES).others == "x"


@pytest.mark.parametrize("language", ["en", "zh-TW"])
def test_line_with_a_number_is_ours_in_every_language(language):
    with speaking(language):
        written = [write_number_line(line, Fraction(55, 2)) for line in (CODE, REPORT, TOGETHER)]

    cell = read_cell("See me<br>" + "<br>".join(written), [])

    assert cell.others == "See me"
    assert cell.own == written
