"""What the options of a command grant, and what they say of it."""

import re
from dataclasses import replace
from datetime import datetime
from fractions import Fraction

import pytest

from grader.harness.batch.found import Person
from grader.harness.batch.grants import add_grants, remark_grants
from grader.harness.batch.late import Granted
from grader.harness.batch.records import Line, Status
from grader.harness.errors import UsageError
from grader.harness.rubric import LateRule

DUE, LATER = datetime(2026, 1, 9, 23, 59), datetime(2026, 1, 16, 23, 59)  # noqa: DTZ001 - the course's local time
RULE = LateRule(DUE, Fraction(5), Fraction(12))
ANN, BOB = Person("N26130001", "n26130001"), Person("N26130002-13", "N26130002")
TWIN = Person("N26130002-14", "N26130002")
PEOPLE = [ANN, BOB, TWIN]


@pytest.mark.parametrize(
    "text",
    [
        "N26130001=2026-01-16 23:59",
        "n26130001=2026-01-16T23:59",
        " N26130001 = 2026-01-16 23:59:00 ",
    ],
)
def test_extension_is_read(text):
    assert add_grants(Granted(), PEOPLE, [text], []) == Granted({ANN.key: LATER})


def test_options_add_to_what_is_remembered_and_take_back():
    granted = add_grants(Granted(), PEOPLE, ["n26130002-13=2026-01-16 23:59"], ["N26130001= was  ill = so ill "])

    assert granted == Granted({BOB.key: LATER}, {ANN.key: "was ill = so ill"})
    assert add_grants(granted, PEOPLE, [], []) == granted
    assert add_grants(granted, PEOPLE, ["N26130001="], ["N26130001="]) == Granted({BOB.key: LATER})
    assert add_grants(granted, PEOPLE, ["N26130002-13="], []) == Granted({}, {ANN.key: "was ill = so ill"})


@pytest.mark.parametrize(
    ("extensions", "waivers", "message"),
    [
        (
            ["N26130001"],
            [],
            "--extension must be a student's id, = and a time, as N26130001='2026-01-16 23:59'; got 'N2",
        ),
        ([], ["N26130001"], "--waive must be a student's id, = and a reason, as N26130001='was ill'; got 'N26130001'."),
        (["N9=2026-01-16 23:59"], [], "--extension must name a student of the class; 'N9' is nobody's id among the 3"),
        ([], ["=ill"], "--waive must name a student of the class; '' is nobody's id among the 3 who handed in"),
        (
            [],
            ["N26130002=ill"],
            "--waive must name one student; 2 have the id 'N26130002'. Name one by the key: N261300",
        ),
        (
            [],
            ["N26130001=a", "n26130001=b"],
            "--waive may name a student once in a command; 'n26130001' is named twice",
        ),
        ([], ["N26130001=" + "x" * 501], "must have 500 characters at most; this one has 501: 'xxx"),
        *(
            ([f"N26130001={time}"], [], "must be a date and a time of the course, as 2026-01-16 23:59; got ")
            for time in (
                *("soon", "2026-01-16", "23:59", "2026-02-30 10:00", "2026-01-16 25:00", "16/01/2026 23:59"),
                *("2026-01-16T23:59Z", "2026-01-16 23:59+08:00", "\uff12026-01-16 23:59", "2026-W03-5T10:00"),
            )
        ),
    ],
)
def test_options_that_cannot_be_read_are_refused(extensions, waivers, message):
    with pytest.raises(UsageError, match=re.escape(message)):
        add_grants(Granted(), PEOPLE, extensions, waivers)


def test_key_is_surer_than_an_id():
    owner, other = Person("N26130002"), Person("N26130002-14", "N26130002")

    assert add_grants(Granted(), [other, owner], [], ["n26130002=ill"]) == Granted({}, {owner.key: "ill"})


def make_line(person, when=LATER):
    return Line(person, Status.GRADED, "", "lab.zip", submitted_at=when)


def remarks(rule, granted, lines=()):
    return list(remark_grants(rule, granted, PEOPLE, lines))


def test_remarks_say_that_nobody_is_late_without_a_due_date():
    says = (
        "Extensions and waivers count where [late] in rubric.toml names a due date; it names none, so nobody is late."
    )

    assert remarks(None, Granted({ANN.key: LATER})) == remarks(None, Granted({}, {ANN.key: "ill"})) == [says]
    assert remarks(None, Granted()) == []


def test_remarks_name_ids_of_the_rubric_that_nobody_has():
    rule = replace(RULE, extensions={"n26130001": LATER, "N9": LATER, "N26130002-14": LATER})

    assert remarks(rule, Granted()) == [
        "[late.extensions] in rubric.toml names 1 id that nobody in this class has: N9."
    ]


def test_remarks_name_grants_that_change_nothing_or_take_time():
    granted = Granted({ANN.key: datetime(2026, 1, 1)}, {BOB.key: "ill", TWIN.key: "ill"})  # noqa: DTZ001 - local

    assert remarks(RULE, granted, [make_line(BOB, DUE), make_line(TWIN)]) == [
        "Extensions that end before the due date of all, 2026-01-09 23:59: N26130001.",
        "A penalty is waived for somebody who is not late, which changes nothing: N26130002-13.",
    ]
