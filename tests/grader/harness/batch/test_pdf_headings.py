from fractions import Fraction

import pytest

from grader.harness.batch.pdf.headings import count_words, find_parts
from grader.harness.results import ManualPart
from grader.harness.rubric import load_rubric
from grader.labs.merge.lab import LAB
from tests.grader.harness.batch.pdfs import HEADINGS

PARTS = load_rubric(LAB.folder / "rubric.toml").manual
KEYS = tuple(part.key for part in PARTS)


def find(*lines):
    return find_parts(["\n".join(lines)], PARTS, LAB.headings)


def test_headings_table_knows_the_rubric():
    assert set(KEYS) == set(LAB.headings)


def test_headings_of_the_template_are_found():
    assert find(*HEADINGS) == KEYS


def test_headings_are_found_on_any_page():
    assert find_parts(["", "Intro", HEADINGS[3], HEADINGS[0]], PARTS, LAB.headings) == ("algorithm", "challenges")


@pytest.mark.parametrize(
    ("line", "key"),
    [
        ("COMPLETE DESCRIPTION OF THE ALGORITHM", "algorithm"),
        ("I. Method", "algorithm"),
        ("Part 1: how merge works", "algorithm"),
        ("(a) my approach", "algorithm"),
        ("# Implementation", "algorithm"),
        ("一、演算法說明", "algorithm"),
        ("第一章 算法描述", "algorithm"),
        ("\uff11\uff0e演算法", "algorithm"),  # full-width
        ("2 Output subset", "output_subset"),
        ("2.1) subset after merging", "output_subset"),
        ("輸出結果", "output_subset"),
        ("二、输出子集", "output_subset"),
        ("Results on the test images:", "test_pictures"),
        ("Section 3. photos", "test_pictures"),
        ("(三)測試圖片的結果", "test_pictures"),
        ("Problems and how I solved them", "challenges"),
        ("4、Difficulties", "challenges"),
        ("Ⅳ. challenges", "challenges"),
        ("困难与解决方案", "challenges"),
        ("⼼得", "challenges"),  # as PDFs write it: a radical, not the character
    ],
)
def test_headings_name_a_part(line, key):
    assert find(line) == (key,)


@pytest.mark.parametrize(
    "line",
    [
        pytest.param("then the images are drawn and", id="middle of a sentence"),
        pytest.param("The algorithm joins rows.", id="sentence"),
        pytest.param("這個演算法很簡單。", id="Chinese sentence"),
        pytest.param("The algorithm that I wrote takes the rows one after the other and joins them", id="many words"),
        pytest.param("A" * 75 + " algorithm", id="long line"),
        pytest.param("Introduction", id="another heading"),
        pytest.param("Unsolvable", id="middle of a word"),
        pytest.param("", id="empty"),
        pytest.param("1.", id="number"),
        pytest.param("(" * 80, id="brackets"),
    ],
)
def test_headings_are_told_from_text(line):
    assert find(line) == ()


@pytest.mark.parametrize(
    ("title", "line", "is_found"),
    [
        ("Ablation study of the bounds", "5. Ablation study: bounds", True),
        ("Ablation study of the bounds", "5. Ablation", False),
        ("The results", "The results", True),
        ("参考文献", "五、参考文献", True),
        ("??", "Anything", False),
    ],
)
def test_headings_of_an_unknown_part_hold_the_words_of_its_title(title, line, is_found):
    part = ManualPart("new", title, Fraction(5))

    assert (find_parts([line], [part], LAB.headings) == ("new",)) is is_found


@pytest.mark.parametrize(
    ("text", "n_words"),
    [("", 0), ("one two,three", 3), ("merge_rows(subset)", 3), ("合併 rows 的結果", 6), ("… -- !", 0), ("한국어", 3)],
)
def test_words_are_counted(text, n_words):
    assert count_words(text) == n_words
