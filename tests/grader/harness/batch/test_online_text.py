"""An online text becomes plain text, whatever is in it."""

import pytest

from grader.harness.batch.online_text import MAX_BYTES, MAX_TEXT, is_online_text, to_text


@pytest.mark.parametrize(
    ("page", "text"),
    [
        ("<p>See my <b>file</b>.</p>", "See my file."),
        ("<!DOCTYPE html><html><head><title>t</title></head><body>好<br/>x</body></html>", "好\nx"),
        ("<p>one</p>\n<p>two</p><div>three</div>", "one\ntwo\nthree"),
        ("<ul><li>a</li><li>b</li></ul>", "a\nb"),
        ("<table><tr><td>a</td><td>b</td></tr></table>", "a b"),
        ("a &lt;b&gt; &amp; &#20320;", "a <b> & 你"),
        ("<p>a</p><p> </p><p>&nbsp;</p><p>b</p>", "a\nb"),
        ("1 < 2 and 3 > 2", "1 < 2 and 3 > 2"),
        ("<!-- a --><p onclick='x()'>b</p><img src=x onerror=alert(1)>c", "b\nc"),
        ("a\u202eb\x1b[2J", "a\\u202eb\\x1b[2J"),
        ("plain\ntext", "plain text"),
        ("", ""),
        ("<p> </p>", ""),
    ],
)
def test_to_text_keeps_what_one_reads(page, text):
    assert to_text(page.encode()) == text


def test_to_text_takes_bytes_of_any_kind():
    assert to_text(b"\xef\xbb\xbfa\xff\x00b") == "a\N{REPLACEMENT CHARACTER}\\x00b"


def test_to_text_is_bounded():
    assert to_text(b"a" * 30_000) == "a" * MAX_TEXT + "\n(10,000 more characters)"
    assert to_text(b"a" * 10 * MAX_BYTES).endswith(f"({MAX_BYTES - MAX_TEXT:,} more characters)")


@pytest.mark.parametrize("part", ["<a", "<", "<!--", "&", "&#", "\n ", "<p>\n", "<p", "</", "<script>"])
def test_to_text_survives_a_part_again_and_again(part):
    """Where it took the square of the length, this would never end."""
    assert len(to_text((part * MAX_BYTES).encode())) < 2 * MAX_TEXT


@pytest.mark.parametrize(
    ("name", "is_text"), [("onlinetext.html", True), ("a.HTM", True), ("a.txt", True), ("a.png", False), ("", False)]
)
def test_online_text_is_told_from_its_pictures(name, is_text):
    assert is_online_text(name) == is_text
