"""What is chosen for a part: how it adds up, what the student reads; where they differ the gradebook is right."""

from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.harness.batch.marking_page.sheet import (
    MAX_COMMENT,
    BankComment,
    Choice,
    MarkRefused,
    PartSheet,
    add_up,
    agree,
    check_points,
    check_text,
    choice_from_text,
    choice_to_text,
    write_comment,
)
from grader.harness.rubric import Level

LEVELS = [
    Level("all", "Complete", Fraction(10), "All is told."),
    Level("some", "Some", Fraction(4), "Some is told."),
]
BANK = {
    "1": BankComment("1", "text", "No figure is labelled.", Fraction(-2)),
    "2": BankComment("2", "text", "Well drawn!", Fraction(1, 2)),
    "3": BankComment("3", "text", "See the handout.", Fraction(0)),
}


@pytest.mark.parametrize(
    ("choice", "points", "comment"),
    [
        pytest.param(Choice(), None, "", id="nothing"),
        pytest.param(Choice("all"), 10, "", id="a level"),
        pytest.param(
            Choice("all", None, ("1", "3"), "Which one?"),
            8,
            "No figure is labelled. (\N{MINUS SIGN}2)\nSee the handout.\nWhich one?",
            id="a level and comments",
        ),
        pytest.param(Choice("some", None, ("2",)), Fraction(9, 2), "Well drawn! (+0.5)", id="a bonus"),
        pytest.param(
            Choice("all", Fraction(7), ("1",)), 7, "No figure is labelled. (\N{MINUS SIGN}2)", id="points typed by hand"
        ),
        pytest.param(Choice("", None, ("1",)), None, "No figure is labelled. (\N{MINUS SIGN}2)", id="no level"),
        pytest.param(Choice("gone"), None, "", id="a level that the rubric has no longer"),
        pytest.param(Choice("all", None, ("9",)), 10, "", id="a comment that is in no bank"),
    ],
)
def test_choice_adds_up_and_is_told(choice, points, comment):
    assert add_up(choice, LEVELS, BANK) == points
    assert write_comment(choice, BANK) == comment


def test_choice_stays_while_the_gradebook_holds_what_it_says():
    choice = Choice("all", None, ("1",), "Which one?")

    assert agree(choice, LEVELS, BANK, Fraction(8), write_comment(choice, BANK)) == choice


@pytest.mark.parametrize(
    ("points", "comment", "expected"),
    [
        pytest.param(Fraction(9), "So be it.", Choice("", Fraction(9), (), "So be it."), id="other points and words"),
        pytest.param(Fraction(10), "", Choice("all"), id="the level's points without the comments"),
        pytest.param(None, "", Choice(), id="taken back"),
    ],
)
def test_gradebook_is_right_where_somebody_used_the_formgrader(points, comment, expected):
    assert agree(Choice("all", None, ("1",)), LEVELS, BANK, points, comment) == expected


def test_level_of_a_part_is_the_one_chosen():
    part = PartSheet("text", "Text", Fraction(10), LEVELS, Choice("some"), (), Fraction(4))

    assert part.level == LEVELS[1]
    assert replace(part, choice=Choice("", Fraction(4))).level is None


def test_version_names_the_state_alone():
    part = PartSheet("text", "Text", Fraction(10), LEVELS, Choice("some"), (), Fraction(4))

    assert part.version == replace(part, title="Another").version
    others = [
        replace(part, points=None),
        replace(part, choice=Choice("all")),
        replace(part, choice=Choice("some", text=".")),
    ]
    assert len({part.version, *(other.version for other in others)}) == 4


@pytest.mark.parametrize(
    ("points", "shown"), [(Fraction(21, 2), "10.5"), (Fraction(-1, 2), "\N{MINUS SIGN}0.5")], ids=["above", "below"]
)
def test_points_that_are_not_to_be_had_are_refused(points, shown):
    with pytest.raises(MarkRefused) as caught:
        check_points("Text", points, Fraction(10))

    assert str(caught.value) == (
        f"Points must be from 0 to 10; 'Text' would have {shown}. Nothing was saved: choose another level, other "
        "comments or other points."
    )


def test_text_that_is_too_long_is_refused():
    assert check_text("A note", " a\r\nb \n") == "a\nb"
    with pytest.raises(MarkRefused) as caught:
        check_text("A note", "x" * (MAX_COMMENT + 1))
    assert str(caught.value) == "A note may have 10,000 characters; this one has 10,001. Nothing was saved: shorten it."


@given(
    st.builds(
        Choice,
        level=st.sampled_from(["", "all"]),
        points=st.none() | st.integers(0, 40).map(lambda quarter: Fraction(quarter, 4)),
        comments=st.lists(st.sampled_from("123")).map(tuple),
        text=st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
    )
)
def test_choice_is_kept_as_it_is(choice):
    assert choice_from_text(choice_to_text(choice)) == choice


@pytest.mark.parametrize("text", ["", "{", "[]", '{"level": "all"}', '{"level": 1}'])
def test_choice_of_another_form_is_none(text):
    assert choice_from_text(text) is None
