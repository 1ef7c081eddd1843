"""Text of strangers: what reaches a terminal or a page is visible, one line stays one line, columns stay columns."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.harness.characters import cut, make_visible, one_line, pad, quote, shorten, width, wrap

ANYTHING = st.text(st.characters(exclude_categories=()))


@pytest.mark.parametrize(
    ("text", "visible"),
    [
        pytest.param("plain ü 骨架", "plain ü 骨架", id="letters_stay"),
        pytest.param("plain\ttext\n", "plain\ttext\n", id="tabs_and_lines_stay"),
        pytest.param("🙂", "🙂", id="pictures_stay"),
        pytest.param("\x00\x7f", r"\x00\x7f", id="control"),
        pytest.param("a\x1b[2Jb", r"a\x1b[2Jb", id="terminal_escape"),
        pytest.param("a\x9bb", r"a\x9bb", id="escape_of_one_byte"),
        pytest.param("\u202egnp.exe", r"\u202egnp.exe", id="direction"),
        pytest.param("a\u200bb", r"a\u200bb", id="no_width"),
        pytest.param("a\u2028b", r"a\u2028b", id="line_separator"),
        pytest.param("\ud800", r"\ud800", id="half_a_pair"),
        pytest.param("\U000e0041", r"\U000e0041", id="tag"),
        pytest.param("a\u00a0b\u3000c", "a b\u3000c", id="spaces"),
        pytest.param("a\r\nb\rc", "a\nb\\x0dc", id="line_ends"),
        pytest.param("e" + "\u0301" * 9, "e" + "\u0301" * 3, id="accents"),
    ],
)
def test_make_visible_replaces_what_cannot_be_seen(text, visible):
    assert make_visible(text) == visible


@given(ANYTHING)
def test_make_visible_leaves_nothing_to_replace(text):
    visible = make_visible(text)

    assert make_visible(visible) == visible
    assert all(character.isprintable() or character in "\n\t\u3000" for character in visible)
    assert visible.encode("utf-8").decode("utf-8") == visible


def test_one_line_shows_line_ends():
    assert one_line("a\nCode: 60\t!") == r"a\nCode: 60\t!"


@pytest.mark.parametrize(
    ("text", "columns"),
    [
        pytest.param("abc", 3, id="latin"),
        pytest.param("骨架ab", 6, id="chinese"),
        pytest.param("e\u0301", 1, id="accent"),
        pytest.param("ﾊ", 1, id="half_width"),
    ],
)
def test_width_counts_columns(text, columns):
    assert width(text) == columns


def test_cut_ends_with_dots_within_the_columns():
    assert cut("骨架合併完成", 9) == "骨架合..."
    assert cut("骨架", 4) == "骨架"


def test_pad_fills_up_to_the_columns():
    assert pad("骨架", 6) + "|" == "骨架  |"
    assert pad("7", 3, right=True) == "  7"


@given(ANYTHING, st.integers(4, 40))
def test_wrap_keeps_every_line_within_the_columns(text, n_columns):
    lines = wrap(text, n_columns, "  ")

    assert all(width(line) <= n_columns and line.startswith("  ") for line in lines)
    assert "".join(lines).replace(" ", "") == one_line(text).replace(" ", "")


def test_quote_puts_each_line_behind_the_gutter_and_counts_the_rest():
    assert quote("a\n\tCode: 60 of 60 points\n" + "b\n" * 5, 20, "| ", max_lines=2) == [
        "| a",
        "|     Code: 60 of...",
        "| (5 more lines)",
    ]


def test_shorten_says_how_much_is_left_out():
    assert shorten("abcdef", 4) == "abcd\n(2 more characters)"
    assert shorten("abcd", 4) == "abcd"


def test_wrap_breaks_chinese_between_characters_and_not_before_a_mark():
    lines = wrap("merge() 必須回傳形狀為 (n_people, 20) 的陣列；請保留（最後）兩欄。", 24, "  ")

    assert lines == ["  merge() 必須回傳形狀為", "  (n_people, 20) 的陣", "  列；請保留（最後）兩", "  欄。"]
    assert wrap("一二三四五。", 10) == ["一二三四", "五。"]
    assert wrap("一二三四（五）", 10) == ["一二三四", "（五）"]
    assert wrap("一二三abc四", 8) == ["一二三", "abc四"]
