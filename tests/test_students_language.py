"""What students read in Traditional Chinese: whole, on one screen, and without an English sentence left."""

import html
import json
import re

import pytest

from grader.harness.characters import width
from grader.harness.languages import speaking
from grader.harness.report.gradescope import dump, load
from grader.harness.report.html import render_html
from grader.harness.report.text import render_text
from grader.harness.report.verdict import SCREEN_COLUMNS, SCREEN_LINES, render_verdict
from grader.harness.results import Audience
from grader.labs.merge.lab import LAB
from tests.zoo import grade_here

SHOWN = [
    "pass_union_find",
    "wrong_counts_rows",
    "wrong_crashes_on_nobody",
    "wrong_drops_third",
    "wrong_forgets_return",
    "wrong_keyword_only",
    "wrong_loose_parts",
    "wrong_random_conflicts",
    "wrong_returns_tuple",
    "wrong_single_pass",
    "attack_network_tcp",
    "malformed_blanks_left",
    "malformed_notebook",
    "malformed_no_merge",
]
pytestmark = pytest.mark.xdist_group("students' language")
EVERY = pytest.mark.parametrize("name", SHOWN)

SENTENCE = re.compile(r"\b[A-Za-z][a-z']*(?:[ ,;]+[a-z']+\b){2,}")
"""Three words of English in a row."""

ALLOWED = re.compile(
    r"import numpy as np|from estimation\.merge import merge|# part, its id, part, its id, score"  # to be pasted
    r"|how many limbs are in the( subset)?|Save and Export( As)?"  # what the handout and Jupyter say
    r"|\w*(Error|Exception)[：:][^。]*|^ *\| .*"  # what Python and the student say
    r"|另外 \d+ 個案例失敗：.*|far_below, below, at.*",  # names of cases
    re.MULTILINE,
)


def read_back(name):
    """Grade a submission of the zoo; its report goes through a file, as in a class."""
    report, _ = grade_here(name)
    return load(LAB, dump(LAB, report, Audience.STAFF))


def words_of(page):
    """Read what is to be seen of a page, but for what is quoted as it stands."""
    bare = re.sub(r"<style>.*?</style>|<pre>.*?</pre>", "", page, flags=re.DOTALL)
    return html.unescape(re.sub(r"<[^>]+>", "\n", bare))


def find_english(text):
    return SENTENCE.findall(ALLOWED.sub("", text))


@EVERY
def test_page_has_no_english_sentence(name):
    with speaking("zh-TW", LAB.folder):
        page = render_html(LAB, read_back(name), Audience.STUDENT)

    assert '<html lang="zh-TW">' in page
    assert not find_english(words_of(page))
    assert "分" in page


@EVERY
def test_text_has_no_english_sentence(name):
    with speaking("zh-TW", LAB.folder):
        text = render_text(LAB, read_back(name), Audience.STUDENT)

    assert not find_english(text)


@EVERY
def test_verdict_fits_one_screen_in_chinese(name):
    with speaking("zh-TW", LAB.folder):
        verdict = render_verdict(LAB, grade_here(name)[0], ["更多內容：python check.py --all。"])
    lines = verdict.splitlines()

    assert len(lines) <= SCREEN_LINES
    assert max(map(width, lines)) <= SCREEN_COLUMNS
    assert not find_english(verdict)


def test_english_is_found_where_it_is_left():
    page = words_of(render_html(LAB, grade_here("wrong_single_pass")[0], Audience.STUDENT))

    assert len(find_english(page)) > 20


@EVERY
def test_file_is_the_same_whatever_is_spoken(name):
    report, _ = grade_here(name)
    before = dump(LAB, report, Audience.STAFF)
    with speaking("zh-TW", LAB.folder):
        render_html(LAB, report, Audience.STUDENT)
        told = load(LAB, before)

    assert dump(LAB, report, Audience.STAFF) == before
    assert json.loads(dump(LAB, told, Audience.STAFF)) == json.loads(before)


def test_file_of_before_is_told_in_english():
    report, _ = grade_here("wrong_single_pass")
    older = json.loads(dump(LAB, report, Audience.STAFF))
    del older["extra_data"]["record"]["patterns"]

    with speaking("zh-TW", LAB.folder):
        text = render_text(LAB, load(LAB, json.dumps(older).encode()), Audience.STUDENT)

    assert "There must be a person with neck 2" in text
    assert "任何順序的列" in text


def test_wrong_answer_is_told_in_chinese():
    with speaking("zh-TW", LAB.folder):
        verdict = render_verdict(LAB, grade_here("wrong_single_pass")[0])

    assert verdict.startswith("N26130891_Lab3.zip：46.58 分，滿分 60 分\n")
    assert "第一個失敗的項目：任何順序的列。同一個原因，影響 2 個檢查項目中的" in verdict.replace("\n", "")
    assert "預期（唯一的正確答案）：" in verdict


def test_page_for_staff_is_english_where_nobody_asks_for_another():
    page = render_html(LAB, grade_here("wrong_single_pass")[0], Audience.STAFF)

    assert '<html lang="en">' in page
    assert "答案錯誤" not in page
