"""The page once the report is marked: four parts with comments, a penalty, and the total or that it is open."""

from dataclasses import replace
from fractions import Fraction

import pytest

from grader.harness.marking import Lateness, Marking, Overruled, PartMark
from grader.harness.report.html import MAX_COMMENT, render_html
from grader.harness.results import Audience, format_points
from grader.harness.rubric import Level
from grader.labs.merge.lab import LAB
from tests.grader.harness.report.pages import Reader
from tests.grader.harness.report.samples import ALL, HOSTILE, MANUAL, failing, fatal, faulty, passing

LATE = Lateness(100_000.0, Fraction(10), "2 days late, 5 points a day")


def mark(*points, comments=("", "", "", ""), lateness=None):
    parts = [
        PartMark(part.key, part.title, part.max_points, value, comment)
        for part, value, comment in zip(MANUAL, points, comments, strict=True)
    ]
    return Marking(parts, lateness)


MARKED = mark(Fraction(9), Fraction(17, 2), Fraction(7), Fraction(0), comments=("Clear.", "", "", "None told."))
OPEN = mark(Fraction(9), None, None, Fraction(2), comments=("Clear.", "", "Wait.", ""))


def read(report, marking):
    return Reader(render_html(LAB, report, Audience.STUDENT, marking))


@pytest.mark.parametrize("marking", [MARKED, OPEN], ids=["marked", "open"])
@pytest.mark.parametrize("name", ALL)
def test_marks_leave_the_page_whole(name, marking):
    reader = read(ALL[name](), marking)
    ids = [attributes["id"] for _, attributes in reader.tags if "id" in attributes]

    assert reader.faults == []
    assert len(ids) == len(set(ids))
    assert len(reader.all("caption")) == len(reader.all("table"))
    assert not reader.all("script")


@pytest.mark.parametrize("name", ALL)
def test_marks_are_not_on_a_page_without_marking(name):
    page = render_html(LAB, ALL[name](), Audience.STUDENT)

    assert page == render_html(LAB, ALL[name](), Audience.STUDENT, None)
    assert "Report: 40 points, marked by hand" in page
    assert 'id="overall"' not in page
    assert ".comment" not in page


def test_marks_give_each_part_its_points_and_comment():
    text = read(passing(), MARKED).text

    assert "Complete description of the algorithm 9 / 10 Clear. The results of the output subset 8.5 / 10" in text
    assert "Challenges and solutions 0 / 10 None told. Handed in as N26130891_Lab3_report.pdf" in text
    assert "marked by hand" not in text


def test_marks_add_up_to_the_total():
    text = read(passing(), MARKED).text

    assert "Total 84.5 of 100 points What the total is made of Part Points Code 60 / 60 Report 24.5 / 40 Po" in text


def test_marks_show_a_penalty_as_its_own_line():
    text = read(passing(), mark(*[Fraction(5)] * 4, lateness=LATE)).text

    assert "Total 70 of 100 points" in text
    assert "Report 20 / 40 Late: 2 days late, 5 points a day \N{MINUS SIGN}10 Points for the code" in text


def test_marks_show_lateness_that_costs_nothing():
    late = Lateness(60.0, Fraction(0), "1 minute late, within the time of grace")

    assert (
        "Late: 1 minute late, within the time of grace 0 Po"
        in read(passing(), mark(*[Fraction(5)] * 4, lateness=late)).text
    )


def test_marks_leave_the_total_open_until_all_are_given():
    text = read(passing(), OPEN).text

    assert "Total The total is still open, because the report has no mark yet." in text
    assert "Report ? / 40" in text
    assert "The results of the output subset not marked yet, of 10" in text
    assert "The results of the test pictures not marked yet, of 10 Wait." in text
    assert "100 points" not in text


@pytest.mark.parametrize(
    ("report", "words"),
    [
        pytest.param(faulty, "The total is still open, because the code has no mark yet. What", id="grader-fault"),
        pytest.param(fatal, "Total 24.5 of 100 points What the total is made of Part Points Code 0 / 60", id="fatal"),
        pytest.param(failing, "Total 28.5 of 82 points", id="points-lost"),
    ],
)
def test_marks_are_added_to_whatever_the_code_has(report, words):
    assert words in read(report(), MARKED).text


def test_marks_show_comments_as_text_with_their_lines():
    comment = f"first\r\nsecond\n\n{HOSTILE}</div><b>"
    page = render_html(LAB, passing(), Audience.STUDENT, mark(*[Fraction(5)] * 4, comments=(comment, "", "", "")))

    assert "first\nsecond\n\n&lt;script&gt;alert(1)&lt;/script&gt; \\x1b[2J" in page
    assert "&lt;/div&gt;&lt;b&gt;" in page
    assert ".comment {" in page
    assert "white-space: pre-wrap" in page.split(".comment {")[1].split("}")[0]
    assert not set(page) & set("\x1b\x07\u202e\ud800\r")


def test_marks_escape_the_reason_of_a_penalty():
    page = render_html(
        LAB, passing(), Audience.STUDENT, mark(*[None] * 4, lateness=Lateness(1.0, Fraction(1), HOSTILE))
    )

    assert "<script" not in page
    assert "Late: &lt;script&gt;" in page


def test_marks_cut_a_comment_without_end():
    text = read(passing(), mark(*[Fraction(5)] * 4, comments=("x" * (MAX_COMMENT + 7), "", "", ""))).text

    assert "(7 more characters)" in text


@pytest.mark.parametrize(
    ("points", "says", "total"), [(Fraction(7, 2), "+1.5", "86"), (Fraction(0), "\N{MINUS SIGN}2", "82.5")]
)
def test_marks_show_what_the_staff_corrected_and_why(points, says, total):
    overruled = Overruled("handout", "The handout's example", Fraction(4), Fraction(2), points, "a line mended")
    text = read(passing(), replace(MARKED, overruled=(overruled,))).text

    assert (
        f"Code, corrected by the staff: The handout's example, 2 to {format_points(points)} of 4. a line mended {says}"
        in text
    )
    assert f"{total} of 100 points" in text


def test_marks_say_nothing_of_a_correction_where_there_is_none():
    assert "corrected by the staff" not in read(passing(), MARKED).text


def test_marks_show_the_level_with_its_sentence_and_the_comment_below_it():
    level = Level("mostly", "Mostly", Fraction(7), "The steps are told, but one is <missing>.")
    first, *others = mark(*[Fraction(7)] * 4, comments=("One\n\n  two", "", "", "")).parts
    marking = Marking([replace(first, level=level), replace(others[0], level=level), *others[1:]])
    page = render_html(LAB, passing(), Audience.STUDENT, marking)

    assert (
        "Complete description of the algorithm 7 / 10 Mostly: The steps are told, but one is <missing>. One two The"
        in Reader(page).text
    )
    assert "The results of the output subset 7 / 10 Mostly: The steps are told" in Reader(page).text
    assert page.count('class="level"') == 2
    assert '<div class="comment" dir="auto">One\n\n  two</div>' in page
    assert "&lt;missing&gt;" in page


def test_marks_show_a_correction_at_the_check_too():
    overruled = Overruled(
        "row_order", "Chains in every order", Fraction(4), Fraction(0), Fraction(3), f"a line{HOSTILE}"
    )
    page = render_html(LAB, failing(), Audience.STUDENT, replace(MARKED, overruled=(overruled,)))
    told = "Corrected by the staff: 3 instead of 0 of 4 points. a line<script>"
    checks = Reader(page).text.split("All checks")[1]

    assert f"Chains in every order {told}" in checks
    assert "0 of 10 3 / 4" in checks
    assert "crashed 3 / 4 10 of 10 cases failed" in Reader(page).text
    assert Reader(page).text.count(told) == 2
    assert "<script" not in page
    assert "4 of 42 points" in Reader(page).text
