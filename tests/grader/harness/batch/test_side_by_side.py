"""A pair of submissions side by side: the lines that they share are marked, and nothing of them can act."""

import re

import pytest

from grader.harness.batch.found import Person
from grader.harness.batch.records import SimilarPair
from grader.harness.batch.side_by_side import MAX_COLUMNS, MAX_LINES, page_name, render_pair
from grader.labs.merge.lab import LAB
from tests.grader.harness.batch.test_similarity import COPY, ORIGINAL, TEMPLATE
from tests.grader.harness.report.pages import Reader
from tests.grader.harness.report.samples import HOSTILE

PAIR = SimilarPair("N1", "N2", 0.9, 0.8, 20)


def render(one=ORIGINAL, other=COPY, names=("王小明", "Bob Ray"), **fields):
    people = tuple(Person(key, key, name) for key, name in zip(("N1", "N2"), names, strict=True))
    return render_pair(LAB, PAIR, people, (one, other), fields.get("template", TEMPLATE))


def marked(markup):
    return re.findall(
        r'<tr class="shared"><th scope="row" aria-label="\d+, marked">(\d+)</th><td>(.*?)</td></tr>', markup
    )


def test_pair_shows_both_sources_and_marks_what_they_share():
    markup = render()
    text = Reader(markup).text

    texts = [line for _, line in marked(markup)]
    assert "    while parents[place] != place:" in texts
    assert "    while up[n] != n:" in texts
    assert "# Follow the parents up to the root." not in " ".join(texts)
    assert "N1 and N2" in text
    assert "王小明" in text
    assert re.search(r"\d+ marked lines of \d+ lines; 90 % of the code is in the other one", text)
    assert "Says nothing about who copied" in text


def test_pair_numbers_lines_as_the_files_do():
    numbered = re.findall(r'<th scope="row".*?>(\d+)</th><td>(.*?)</td>', render(b"\n\na = 1\r\nb = 2\n", b"c = 3\n"))

    assert numbered == [("1", ""), ("2", ""), ("3", "a = 1"), ("4", "b = 2"), ("1", "c = 3")]


def test_pair_closes_every_tag_and_runs_nothing():
    source = f"{HOSTILE}\n</td></table><script>alert(1)</script>\n".encode("utf-8", "surrogatepass")
    markup = render(source, source, (HOSTILE, "</style>"))
    reader = Reader(markup)

    assert reader.faults == []
    assert "<script" not in markup
    assert "<img" not in markup
    assert not set(markup) & set("\x1b\x07\u202e\u202c\ud800\r")
    assert markup.encode("utf-8")
    (policy,) = [meta["content"] for meta in reader.all("meta") if "http-equiv" in meta]
    assert policy.startswith("default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'")
    assert not [name for _, attributes in reader.tags for name in attributes if name.startswith("on") or name == "src"]
    assert {a["href"] for a in reader.all("a")} == {
        "#main",
        "../index.html#similar",
        "../index.html#s-N1",
        "../index.html#s-N2",
    }


@pytest.mark.parametrize("source", [b"x = 1\n" * 100_000, b"x" * 1_000_000], ids=["lines", "columns"])
def test_pair_stays_small(source):
    markup = render(source, source)

    assert len(markup) < 400_000
    assert markup.count('<th scope="row"') <= 2 * MAX_LINES
    assert max(len(cell) for cell in re.findall(r"<td>(.*?)</td>", markup)) <= MAX_COLUMNS


def test_pair_counts_what_it_leaves_out():
    assert "And 500 more lines, in its zip." in Reader(render(b"x = 1\n" * (MAX_LINES + 500))).text
    assert "more line" not in Reader(render()).text


def test_pair_is_the_same_every_time():
    assert render() == render()


def test_pair_has_a_page_of_its_own():
    assert page_name(PAIR) == "N1--N2.html"
