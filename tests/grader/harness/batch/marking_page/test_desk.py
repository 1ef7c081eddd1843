"""What the marking page shows of a class, and what follows when somebody is at work in its folder."""

from dataclasses import replace
from fractions import Fraction

import pytest

from grader.harness.batch.marking_page.book import Book
from grader.harness.batch.marking_page.desk import Desk
from grader.harness.batch.marking_page.pages import render_pieces
from grader.harness.batch.marking_page.sheet import MarkRefused
from grader.harness.batch.records import SimilarPair
from grader.harness.batch.store import Store
from grader.harness.errors import GraderError
from grader.harness.rubric import LateRule
from grader.labs.merge.lab import LAB
from tests.grader.harness.batch.lines import WHEN
from tests.grader.harness.batch.marking_page.classes import (
    ANA,
    NAME,
    NOW,
    RUBRIC,
    SOURCE,
    give,
    make_class,
    make_person,
    open_desk,
)

ADA, BOB = make_person(1, "Ada Lovelace"), make_person(2, "王小明")


@pytest.fixture
def desk(tmp_path):
    url = make_class(tmp_path, [ADA, BOB])
    with open_desk(tmp_path, url) as desk:
        yield desk


@pytest.fixture
def late_desk(desk):
    """Have both be two days late, at 5 points a day."""
    rule = LateRule(WHEN.replace(day=WHEN.day - 2), Fraction(5), Fraction(50))
    rubric = replace(RUBRIC, late=rule)
    return Desk(LAB, desk.folder, Book(desk.book.url, NAME, rubric), None)


def test_list_tells_how_far_everybody_is(desk):
    give(desk.book, ADA.key, level="mostly")
    desk.book.overrule(
        BOB.key, "handout", Fraction(1), "Copied.", desk.book.read(BOB.key).check("handout").version, ANA
    )

    ada, bob = desk.reports(NOW)
    assert (ada.full_name, ada.n_marked, ada.n_parts, ada.n_pages) == ("Ada Lovelace", 1, 4, 2)
    assert (ada.code_points, bob.code_points) == (59, 57)


def test_exhibit_has_code_checks_pictures_and_files(desk):
    exhibit = desk.exhibit(ADA.key)

    assert [line.text for line in exhibit.source] == SOURCE.splitlines()
    assert [row.key for row in exhibit.checks] == [line.key for line in RUBRIC.checks]
    assert len(exhibit.pictures) == 1
    assert (exhibit.n_pages, exhibit.files, exhibit.report_name) == (2, [f"{ADA.key}_Lab3.zip"], "lab3_report.pdf")


def test_lines_that_a_similar_submission_has_are_marked(desk):
    store = Store(desk.folder)
    assert not any(line.is_shared for line in desk.exhibit(ADA.key).source)
    store.keep_pairs([SimilarPair(ADA.key, BOB.key, 1.0, 1.0, 2)])

    exhibit = desk.exhibit(BOB.key)
    assert exhibit.pairs == store.pairs()
    assert [line.is_shared for line in exhibit.source] == [True, True]


def test_results_that_came_since_are_seen(desk):
    assert desk.line(ADA.key).code_points == 59
    store = Store(desk.folder)
    store.rewrite(replace(store.line(ADA.key), points={"handout": Fraction(1)}))

    assert desk.line(ADA.key).code_points == 1


def test_waiver_is_kept_for_export_and_told(late_desk):
    assert late_desk.line(ADA.key).lateness.penalty == 10
    late_desk.waive(ADA.key, " Ill. ")

    lateness = late_desk.line(ADA.key).lateness
    assert (lateness.penalty, lateness.waived) == (0, "Ill.")
    assert late_desk.line(BOB.key).lateness.penalty == 10
    late_desk.waive(ADA.key, "")
    assert late_desk.line(ADA.key).lateness.penalty == 10


def test_waiver_that_cannot_be_is_refused(desk, late_desk):
    with pytest.raises(MarkRefused, match=rf"^A penalty must be there to be waived; {ADA.key} is not late\. Load the"):
        desk.waive(ADA.key, "Ill.")
    with pytest.raises(
        MarkRefused, match=r"^The reason of a waiver must have 500 characters at most; .* Nothing was sav"
    ):
        late_desk.waive(ADA.key, "x" * 501)
    with Store(desk.folder).locked(), pytest.raises(GraderError, match="One command at a time may work in a folder"):
        late_desk.waive(ADA.key, "Ill.")


def test_piece_of_the_penalty_says_what_is_waived_and_why(tmp_path, desk, late_desk):
    late_desk = Desk(LAB, desk.folder, late_desk.book, desk._reader)
    late_desk.waive(ADA.key, "<b>Ill.</b>")

    piece = render_pieces(late_desk.exhibit(ADA.key), "penalty")["penalty"]
    assert "&lt;b&gt;Ill.&lt;/b&gt;" in piece
    assert "<b>Ill" not in piece


def test_nothing_to_mark_is_for_those_without_a_report(desk, tmp_path):
    with pytest.raises(
        MarkRefused, match=rf"^There must be no report that can be shown where .*; {ADA.key} has one\. Ch"
    ):
        desk.give_nothing(ADA.key, ANA)
    assert desk.book.read(ADA.key).n_marked == 0

    (tmp_path / "other").mkdir()
    with open_desk(tmp_path / "other", make_class(tmp_path / "other", [ADA], n_pages=0)) as other:
        assert other.give_nothing(ADA.key, ANA).n_marked == 4


def test_page_that_is_none_is_not_drawn(desk):
    assert desk.draw_page(ADA.key, 2).startswith((b"\x89PNG", b"\xff\xd8"))
    assert desk.draw_page(ADA.key, 3) is None


@pytest.mark.parametrize(
    ("act", "message"),
    [
        (lambda desk: desk.file(ADA.key, 1), "A file must have been handed in to be looked at; N26130001 has 1."),
        (lambda desk: desk.line("N0"), "A mark must be for somebody who handed in; 'N0' did not. Look them up"),
    ],
    ids=["file", "student"],
)
def test_what_there_is_not_is_told(desk, act, message):
    with pytest.raises(MarkRefused, match=message):
        act(desk)
