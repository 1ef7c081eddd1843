"""Marks in the gradebook: what nbgrader reads, what is refused, and that nobody's mark is written over unseen."""

import multiprocessing
import re
from fractions import Fraction

import pytest
from nbgrader.api import Gradebook
from sqlalchemy import create_engine, select

from grader.harness.batch.gradebook import sync
from grader.harness.batch.marking_page.book import NOTHING, SavedMeanwhile
from grader.harness.batch.marking_page.sheet import Choice, MarkRefused, Saved
from grader.harness.batch.marking_page.tables import describe
from grader.harness.batch.marks import read_marks
from grader.harness.batch.records import Line, Status
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
ADA, BOB = make_person(1, "Ada Lovelace"), make_person(2, "王小明")


@pytest.fixture
def book(url):
    return make_book(url, [ADA, BOB])


def nbgrader_reads(book, cell, student=ADA.key):
    with Gradebook(book.url, NAME) as gradebook:
        grade = gradebook.find_grade(cell, NAME, NAME, student)
        found = grade.score, grade.needs_manual_grade
        if cell in {part.key for part in RUBRIC.manual}:
            found += (gradebook.find_comment(cell, NAME, NAME, student).comment,)
        return found


def test_level_becomes_the_points_that_nbgrader_reads(book):
    part = give(book, ADA.key, level="mostly", text="Which order?")

    assert (part.points, part.level.title, part.comment, part.saved) == (7, "Mostly", "Which order?", ANA)
    assert nbgrader_reads(book, PART) == (7, False, "Which order?")
    assert nbgrader_reads(book, OTHER) == (0, True, None)


def test_marks_of_everybody_tell_how_they_came_about(book):
    give(book, ADA.key, level="complete")

    marks = read_marks(book.url, NAME, RUBRIC)
    assert (marks[ADA.key].part(PART).level.key, marks[ADA.key].n_marked) == ("complete", 1)
    assert marks[BOB.key].n_marked == 0


def test_mark_is_taken_back_by_choosing_nothing(book):
    give(book, ADA.key, level="complete", text="Good.")
    part = give(book, ADA.key)

    assert (part.points, part.choice) == (None, Choice())
    assert nbgrader_reads(book, PART) == (0, True, None)


@pytest.mark.parametrize(
    ("chosen", "message"),
    [
        pytest.param({"points": Fraction(11)}, "Points must be from 0 to 10; .* would have 11. Nothing", id="too many"),
        pytest.param({"level": "best"}, "A level must stand in the rubric; 'best' does not. Load the", id="no level"),
        pytest.param({"comments": ("9",)}, "A comment must be in the bank; number '9' is not. Load", id="no comment"),
        pytest.param({"text": "x" * 10_001}, "A comment may have 10,000 characters; this one has", id="too long"),
    ],
)
def test_mark_that_cannot_be_is_refused_and_nothing_is_written(book, chosen, message):
    give(book, ADA.key, level="mostly")
    with pytest.raises(MarkRefused, match=message):
        give(book, ADA.key, **chosen)

    assert nbgrader_reads(book, PART) == (7, False, None)


@pytest.mark.parametrize(
    ("act", "message"),
    [
        (lambda book: book.read("N0"), "A mark must be for somebody who handed in; 'N0' did not. Look them up"),
        (lambda book: give(book, ADA.key, "poem"), "A part must stand in the rubric; 'poem' does not. Load the page"),
        (
            lambda book: book.overrule(ADA.key, "poem", Fraction(1), "why", "", ANA),
            "A check must stand in the rubric; 'poem' does not. Load the page",
        ),
    ],
    ids=["student", "part", "check"],
)
def test_mark_of_what_there_is_not_is_refused(book, act, message):
    with pytest.raises(MarkRefused, match=re.escape(message)):
        act(book)


def test_mark_of_somebody_else_is_not_written_over_unseen(book):
    seen = book.read(ADA.key).part(PART).version
    give(book, ADA.key, level="mostly", saved=BEN)

    with pytest.raises(SavedMeanwhile) as caught:
        book.save_part(ADA.key, PART, Choice("complete"), seen, ANA)
    assert str(caught.value) == (
        "Ben has marked 'Complete description of the algorithm' since you opened it: 7 of 10. Yours was not saved: "
        "look at it, and save again to replace it."
    )
    assert nbgrader_reads(book, PART)[0] == 7

    sheet = book.save_part(ADA.key, PART, Choice("complete"), caught.value.version, ANA)
    assert (sheet.part(PART).points, sheet.part(PART).saved) == (10, ANA)


def test_mark_given_in_the_formgrader_is_not_written_over_unseen(book):
    give(book, ADA.key, level="mostly")
    seen = book.read(ADA.key).part(PART).version
    with Gradebook(book.url, NAME) as gradebook:
        gradebook.find_grade(PART, NAME, NAME, ADA.key).manual_score = 9.5
        gradebook.find_comment(PART, NAME, NAME, ADA.key).manual_comment = "Looked again."
        gradebook.db.commit()

    with pytest.raises(SavedMeanwhile, match=r"^Somebody has marked .* since you opened it: 9\.5 of 10\. Yours"):
        book.save_part(ADA.key, PART, Choice("complete"), seen, ANA)
    part = book.read(ADA.key).part(PART)
    assert (part.points, part.level, part.choice.text) == (Fraction(19, 2), None, "Looked again.")


def test_marks_of_different_parts_do_not_stand_in_each_others_way(book):
    seen = book.read(ADA.key).part(PART).version
    give(book, ADA.key, OTHER, BEN, level="mostly")

    assert book.save_part(ADA.key, PART, Choice("complete"), seen, ANA).n_marked == 2


def test_every_mark_that_was_saved_is_remembered(book):
    give(book, ADA.key, level="mostly", saved=BEN)
    give(book, ADA.key, points=Fraction(19, 2), text="Looked again.")

    history = describe()[1].history
    engine = create_engine(book.url)
    with engine.connect() as connection:
        rows = connection.execute(select(history).order_by(history.c.number)).mappings().all()
    engine.dispose()
    assert [(row["what"], row["points"], row["text"], row["by"], row["at"]) for row in rows] == [
        (PART, "7", "", "Ben", BEN.at),
        (PART, "9.5", "Looked again.", "Ana", ANA.at),
    ]


def test_check_is_overruled_with_a_reason_and_given_back(book):
    before = book.read(ADA.key).check("handout")
    assert (before.before, before.points) == (3, None)

    check = book.overrule(ADA.key, "handout", Fraction(2), " Copied. ", before.version, ANA).check("handout")
    assert (check.points, check.reason, check.saved) == (2, "Copied.", ANA)
    assert nbgrader_reads(book, "handout") == (2, False)

    check = book.overrule(ADA.key, "handout", None, "", check.version, BEN).check("handout")
    assert (check.points, check.reason) == (None, "")
    assert nbgrader_reads(book, "handout") == (3, False)


def test_reason_goes_with_the_points_that_somebody_took_back_in_the_formgrader(book):
    seen = book.read(ADA.key).check("handout").version
    book.overrule(ADA.key, "handout", Fraction(2), "Copied.", seen, ANA)
    with Gradebook(book.url, NAME) as gradebook:
        gradebook.find_grade("handout", NAME, NAME, ADA.key).manual_score = None
        gradebook.db.commit()

    check = book.read(ADA.key).check("handout")
    assert (check.points, check.reason) == (None, "")


@pytest.mark.parametrize(
    ("points", "reason", "message"),
    [
        (Fraction(1), " ", 'Whoever changes points of the code must say why; "The handout\'s example" has no reason.'),
        (Fraction(4), "Why not", 'Points must be from 0 to 3; "The handout\'s example" would have 4. Nothing was'),
    ],
    ids=["no reason", "too many"],
)
def test_check_is_not_overruled_without_a_reason_or_beyond_its_points(book, points, reason, message):
    seen = book.read(ADA.key).check("handout").version

    with pytest.raises(MarkRefused, match=re.escape(message)):
        book.overrule(ADA.key, "handout", points, reason, seen, ANA)
    assert nbgrader_reads(book, "handout") == (3, False)


def test_check_overruled_by_somebody_else_is_told(book):
    seen = book.read(ADA.key).check("handout").version
    book.overrule(ADA.key, "handout", Fraction(2), "Copied.", seen, BEN)

    with pytest.raises(SavedMeanwhile, match=r"^Ben has changed the check \"The handout's example\" .*: 2 points\. Y"):
        book.overrule(ADA.key, "handout", Fraction(1), "Really.", seen, ANA)


def test_note_is_for_the_staff_and_kept(book):
    seen = book.read(ADA.key).note.version
    book.write_note(ADA.key, "Ask her.", seen, ANA)

    assert (book.read(ADA.key).note.text, book.read(BOB.key).note.text) == ("Ask her.", "")
    with pytest.raises(SavedMeanwhile, match=r"^Ana wrote a note: 'Ask her\.'\. Yours was not saved"):
        book.write_note(ADA.key, "Did so.", seen, BEN)


def test_nothing_to_mark_gives_no_points_for_what_is_open(book):
    give(book, ADA.key, level="mostly")
    sheet = book.give_nothing(ADA.key, ANA)

    assert [part.points for part in sheet.parts] == [7, 0, 0, 0]
    assert [part.comment for part in sheet.parts] == ["", NOTHING, NOTHING, NOTHING]


def test_marks_stay_when_the_code_is_graded_again(book):
    give(book, ADA.key, level="mostly")
    sync(book.url, NAME, RUBRIC, [Line(ADA, Status.GRADED, "", "x.zip", points={"handout": Fraction(0)})])

    assert book.read(ADA.key).part(PART).level.key == "mostly"


def save_many(url, student, part, name, n):
    """Save so many marks, each of what was seen last; runs in a process of its own."""
    book = make_book(url, [ADA, BOB])
    for number in range(n):
        while True:
            seen = book.read(student).part(part).version
            try:
                book.save_part(
                    student, part, Choice("", Fraction(number % 10), (), f"{name} {number}"), seen, Saved(name, "")
                )
            except SavedMeanwhile:
                continue
            break


def test_no_mark_is_lost_when_several_save_at_once(book):
    """Two save the same part again and again: each save is remembered, and none was of something unseen."""
    context = multiprocessing.get_context("spawn")
    people = [context.Process(target=save_many, args=(book.url, ADA.key, PART, name, 12)) for name in ("Ana", "Ben")]
    for one in people:
        one.start()
    for one in people:
        one.join()

    assert [one.exitcode for one in people] == [0, 0]
    history = describe()[1].history
    engine = create_engine(book.url)
    with engine.connect() as connection:
        texts = connection.scalars(select(history.c.text).order_by(history.c.number)).all()
    engine.dispose()
    assert sorted(texts) == sorted(f"{name} {number}" for name in ("Ana", "Ben") for number in range(12))
    assert book.read(ADA.key).part(PART).comment == texts[-1]
