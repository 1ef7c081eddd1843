"""The bank of comments: typed once, and changed for everybody who has one or from now on."""

import re
from fractions import Fraction

import pytest

from grader.harness.batch.marking_page.bank import (
    MAX_COMMENTS,
    AsksWhoseMarks,
    add_comment,
    change_comment,
    list_comments,
    retire_comment,
)
from grader.harness.batch.marking_page.sheet import BankComment, MarkRefused
from grader.harness.batch.marks import read_marks
from tests.grader.harness.batch.marking_page.classes import (
    ANA,
    BEN,
    NAME,
    OTHER,
    PART,
    RUBRIC,
    give,
    make_book,
    make_person,
)

pytestmark = pytest.mark.xdist_group("gradebook")
ADA, BOB, EVE = make_person(1), make_person(2), make_person(3)


@pytest.fixture
def book(url):
    return make_book(url, [ADA, BOB, EVE])


def points(book):
    return {key: sheet.part(PART).points for key, sheet in read_marks(book.url, NAME, RUBRIC).items()}


def test_comment_is_kept_for_its_part_in_the_order_of_typing(book):
    add_comment(book, PART, " No figure\n is labelled. ", Fraction(-2))
    add_comment(book, OTHER, "Which rows?", Fraction(0))

    assert list_comments(book) == [
        BankComment("1", PART, "No figure is labelled.", Fraction(-2)),
        BankComment("2", OTHER, "Which rows?", Fraction(0)),
    ]


def test_comment_gives_its_points_to_those_who_have_it(book):
    comment = add_comment(book, PART, "No figure is labelled.", Fraction(-2))
    part = give(book, ADA.key, level="complete", comments=(comment.key,))

    assert (part.points, part.comment) == (8, "No figure is labelled. (\N{MINUS SIGN}2)")
    assert part.comments == (comment,)


@pytest.mark.parametrize(
    ("part", "text", "worth", "message"),
    [
        pytest.param(PART, "  ", 0, "A comment must say something; this one is empty. Write a few words.", id="empty"),
        pytest.param("poem", "Hm.", 0, "A comment must be for a part of the rubric; 'poem' is none.", id="no part"),
        pytest.param(PART, "Hm.", -11, "Points must be from 0 to 10; 'A comment' would have 11.", id="too many points"),
    ],
)
def test_comment_that_could_not_be_given_is_refused(book, part, text, worth, message):
    with pytest.raises(MarkRefused, match=re.escape(message)):
        add_comment(book, part, text, Fraction(worth))
    assert list_comments(book) == []


def test_comments_of_a_part_have_an_end(book):
    for number in range(MAX_COMMENTS):
        add_comment(book, PART, f"Comment {number}.", Fraction(0))

    with pytest.raises(MarkRefused, match=r"^A part may have 60 comments in the bank; this one has as many\. Take one"):
        add_comment(book, PART, "One more.", Fraction(0))
    add_comment(book, OTHER, "Of another part.", Fraction(0))


def test_change_asks_whose_marks_it_changes(book):
    comment = add_comment(book, PART, "No figure is labelled.", Fraction(-2))
    for person in (ADA, BOB):
        give(book, person.key, level="complete", comments=(comment.key,))

    with pytest.raises(AsksWhoseMarks) as caught:
        change_comment(book, comment.key, comment.text, Fraction(-1), BEN)
    assert str(caught.value) == "2 reports have this comment. Change it there as well, or only from now on?"
    assert caught.value.n_students == 2
    assert points(book) == {ADA.key: 8, BOB.key: 8, EVE.key: None}


def test_change_for_everybody_changes_their_points_and_not_who_marked_them(book):
    comment = add_comment(book, PART, "No figure is labelled.", Fraction(-2))
    give(book, ADA.key, level="complete", comments=(comment.key,))
    give(book, BOB.key, points=Fraction(9), comments=(comment.key,))

    changed = change_comment(book, comment.key, "Label the figures.", Fraction(-1), BEN, everybody=True)

    assert list_comments(book) == [changed]
    # Points that were typed by hand stay what they are.
    assert points(book) == {ADA.key: 9, BOB.key: 9, EVE.key: None}
    part = book.read(ADA.key).part(PART)
    assert (part.comment, part.saved.by) == ("Label the figures. (\N{MINUS SIGN}1)", ANA.by)


def test_change_from_now_on_leaves_those_who_have_it_alone(book):
    comment = add_comment(book, PART, "No figure is labelled.", Fraction(-2))
    give(book, ADA.key, level="complete", comments=(comment.key,))

    changed = change_comment(book, comment.key, comment.text, Fraction(-1), BEN, everybody=False)
    give(book, BOB.key, level="complete", comments=(changed.key,))

    assert list_comments(book) == [changed]
    assert points(book) == {ADA.key: 8, BOB.key: 9, EVE.key: None}
    assert book.read(ADA.key).part(PART).comments == (comment,)


def test_change_of_what_nobody_has_asks_nothing(book):
    comment = add_comment(book, PART, "No figure is labelled.", Fraction(-2))

    changed = change_comment(book, comment.key, "Label them.", Fraction(0), BEN)

    assert list_comments(book) == [changed]
    assert change_comment(book, comment.key, "Label them.", Fraction(0), BEN) == changed


def test_change_that_would_give_somebody_less_than_nothing_changes_nobody(book):
    comment = add_comment(book, PART, "No figure is labelled.", Fraction(-2))
    give(book, ADA.key, level="complete", comments=(comment.key,))
    give(book, BOB.key, level="outline", comments=(comment.key,))

    with pytest.raises(
        MarkRefused, match=rf"^Points must stay from 0 .*; those of {BOB.key} for 'Complete desc.*Nothing"
    ):
        change_comment(book, comment.key, comment.text, Fraction(-5), BEN, everybody=True)
    assert points(book) == {ADA.key: 8, BOB.key: 2, EVE.key: None}
    assert list_comments(book) == [comment]


def test_comment_taken_out_stays_with_those_who_have_it(book):
    comment = add_comment(book, PART, "No figure is labelled.", Fraction(-2))
    give(book, ADA.key, level="complete", comments=(comment.key,))

    retire_comment(book, comment.key)

    assert list_comments(book) == []
    assert book.read(ADA.key).part(PART).comments == (comment,)
    with pytest.raises(
        MarkRefused, match=r"^A comment must be in the bank; number '1' is not\. Load the page again\.$"
    ):
        retire_comment(book, comment.key)
