import re
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.harness.batch.entries import find_entries
from grader.harness.batch.found import Entry, Place
from grader.harness.batch.roll import call_roll
from grader.harness.batch.worksheet import Row, Worksheet, read_worksheet
from grader.harness.intake.names import Naming
from grader.labs.merge.lab import LAB
from tests.classroom import build_class

NOON = datetime(2025, 10, 21, 12)  # noqa: DTZ001 - as archives have it
ID, OTHER_ID = "N26130001", "N26130002"


def entry(name, participant="", student_id="", minutes=0, *, why_not="", full_name="", archive=""):
    place = Place(Path(archive or name), 0 if archive else None)
    modified = None if minutes is None else NOON + timedelta(minutes=minutes)
    return Entry(name, place, name.rpartition("/")[2], participant, full_name, student_id, modified, 1, why_not)


def sheet(*rows):
    return Worksheet([Row(*row) for row in rows])


def keys(roll):
    return [upload.person.key for upload in roll.uploads]


def remarks(roll):
    return {upload.person.key: list(upload.remarks) for upload in roll.uploads}


@pytest.mark.parametrize("layout", ["folders", "flat"])
def test_call_roll_knows_a_whole_class(layout, tmp_path):
    school = build_class(tmp_path, n=60, layout=layout)

    roll = call_roll(find_entries(LAB.naming, [school.archive]), read_worksheet(school.worksheet))

    people = {upload.person.key: upload.person for upload in roll.uploads}
    assert set(people) == set(school.expectations)
    assert keys(roll) == sorted(people)
    assert {key: person.full_name for key, person in people.items()} == {key: school.full_names[key] for key in people}
    assert {key: person.participant for key, person in people.items()} == {
        key: school.participants[key] for key in people
    }
    assert all(person.email == f"{key.lower()}@example.edu" for key, person in people.items())
    assert {upload.person.key: upload.submitted_at for upload in roll.uploads} == school.submitted
    assert {upload.person.key: len(upload.older) for upload in roll.uploads if upload.older} == school.older
    assert len(roll.others) == school.n_others
    assert tuple(person.key for person in roll.absent) == school.absent
    assert tuple(one.person.key for one in roll.without_file) == school.without_file
    assert [entry.text for one in roll.without_file for entry in one.texts] == ["See my file."]
    writers = {entry.participant for entry in roll.others if entry.why_not == "an online text"}
    assert {upload.person.key for upload in roll.uploads if upload.texts} == {
        key for key in people if school.participants[key] in writers
    }
    assert not any(upload.remarks for upload in roll.uploads)


@pytest.mark.parametrize(
    ("one", "row", "key"),
    [
        pytest.param(entry("a.zip", "12", ID), ("12", "Ann", OTHER_ID), OTHER_ID, id="worksheet first"),
        pytest.param(entry("a.zip", "12", ID), ("12", "Ann", ""), ID, id="then the file"),
        pytest.param(entry("a.zip", "12", ID), None, ID, id="no row"),
        pytest.param(entry("a.zip", "12"), ("12", "Ann", ""), "participant-12", id="no id"),
        pytest.param(entry("a.zip", "12", ID), ("12", "Ann", "-"), ID, id="no letter in the id"),
        pytest.param(entry("a.zip", "12"), ("12", "Ann", " n26130001 "), ID, id="small letters"),
        pytest.param(entry("a.zip", "12"), ("12", "Ann", "../26/13"), "26-13", id="path"),
        pytest.param(entry("a.zip", "12"), ("12", "Ann", "學號1"), "1", id="Chinese"),
        pytest.param(entry("a.zip", "", ID), ("12", "Ann", ID), ID, id="joined by the id"),
        pytest.param(entry("a.zip", "", ID), None, ID, id="id alone"),
    ],
)
def test_call_roll_takes_the_key_that_is_surest(one, row, key):
    assert keys(call_roll([one], sheet(row) if row else None)) == [key]


@pytest.mark.parametrize(
    ("name", "pattern"),
    [
        ("lab3 final.zip", r"lab3-final-[0-9a-f]{8}"),
        ("王小明.zip", r"upload-[0-9a-f]{8}"),
        ("../../x.zip", r"x-[0-9a-f]{8}"),
        ("a" * 300 + ".zip", r"a{40}-[0-9a-f]{8}"),
    ],
)
def test_call_roll_makes_a_key_of_a_name(name, pattern):
    (key,) = keys(call_roll([entry(name)]))

    assert re.fullmatch(pattern, key)


def test_call_roll_takes_those_without_a_team_for_one():
    roll = call_roll(
        [entry("Default group/a.zip", full_name="Default group"), entry("b.zip", full_name="Default group")]
    )

    assert [upload.person.full_name for upload in roll.uploads] == ["Default group"]
    assert keys(roll)[0].startswith("Default-group-")


def test_call_roll_keeps_files_of_one_name_apart():
    roll = call_roll([entry("ann/lab3.zip"), entry("bob/lab3.zip"), entry("bob/lab3 (1).zip")])

    assert len(roll.uploads) == 3
    assert not any(upload.older for upload in roll.uploads)


def test_call_roll_joins_an_upload_by_mail_with_one_in_moodle():
    late = entry("N26130001_Lab3.zip", "", ID, minutes=5)
    (upload,) = call_roll([entry("a.zip", "12"), late], sheet(("12", "Ann", ID))).uploads

    assert upload.entry == late
    assert upload.person.participant == "12"


def test_call_roll_joins_no_id_that_two_rows_have():
    roll = call_roll([entry("N26130001_Lab3.zip", "", ID)], sheet(("12", "Ann", ID), ("13", "Bob", ID)))

    assert roll.uploads[0].person.participant == ""
    assert [person.key for person in roll.absent] == [f"{ID}-12", f"{ID}-13"]
    assert remarks(roll) == {
        ID: [
            f"The student id {ID} is claimed by participant 12, participant 13 too.",
            "The worksheet has no row for this student, so Moodle cannot be told the grade.",
        ]
    }


@pytest.mark.parametrize(
    "order",
    [
        pytest.param([("b.zip", 2), ("a.zip", 1), ("c.zip", None)], id="by time"),
        pytest.param([("lab (10).zip", 1), ("lab (2).zip", 1), ("lab.zip", 1)], id="by copy"),
        pytest.param([("c.zip", 1), ("b.zip", 1), ("a.zip", 1)], id="by name"),
    ],
)
@pytest.mark.parametrize("is_turned", [False, True], ids=["as told", "turned"])
def test_call_roll_takes_the_latest_upload(order, is_turned):
    entries = [entry(name, "12", minutes=minutes) for name, minutes in order]

    (upload,) = call_roll(entries[::-1] if is_turned else entries).uploads

    assert [upload.entry, *upload.older] == entries


def test_call_roll_gives_each_claimant_of_an_id_a_key():
    roll = call_roll([entry("a.zip", "12", ID), entry("b.zip", "13", ID), entry("c.zip", "", ID)])

    assert keys(roll) == [ID, f"{ID}-12", f"{ID}-13"]
    assert remarks(roll) == {
        ID: [f"The student id {ID} is claimed by participant 12, participant 13 too."],
        f"{ID}-12": [f"The student id {ID} is claimed by participant 13, 'c.zip' too."],
        f"{ID}-13": [f"The student id {ID} is claimed by participant 12, 'c.zip' too."],
    }


def test_call_roll_leaves_an_id_to_whom_the_worksheet_gives_it():
    rows = sheet(("12", "Ann", ID), ("13", "Bob", ""), ("14", "Liz", ID.lower()[:-1] + "9"))
    roll = call_roll([entry("a.zip", "12"), entry("b.zip", "13", ID)], rows)

    assert keys(roll) == [ID, f"{ID}-13"]
    assert remarks(roll) == {
        ID: [f"The student id {ID} is claimed by participant 13 too."],
        f"{ID}-13": [f"The student id {ID} is claimed by participant 12 too."],
    }


def test_call_roll_keeps_the_letters_of_the_worksheet_and_compares_in_capitals():
    rows = sheet(("12", "Ann", "n26130001"), ("13", "Bob", " ab12 "), ("14", "Liz", "?"), ("15", "Eve", "n26130004"))
    entries = [entry("a.zip", "", "N26130001"), entry("b.zip", "13", "AB12"), entry("c.zip", "14", "N26130003")]

    roll = call_roll(entries, rows)

    people = [*(upload.person for upload in roll.uploads), *roll.absent]
    assert {person.key: person.student_id for person in people} == {
        "N26130001": "n26130001",
        "AB12": "ab12",
        "N26130003": "N26130003",
        "N26130004": "n26130004",
    }
    assert not any(upload.remarks for upload in roll.uploads)


def test_call_roll_keeps_a_key_that_looks_like_anothers_for_its_owner():
    rows = sheet(("2", "Ann", "A1"), ("40", "Bob", "A1-3"))

    roll = call_roll([entry("a.zip", "2"), entry("b.zip", "3", "A1"), entry("c.zip", "40")], rows)

    people = {upload.person.participant: upload.person.key for upload in roll.uploads}
    assert people.pop("3").startswith("A1-3-")
    assert people == {"2": "A1", "40": "A1-3"}


def test_call_roll_gives_a_nameless_file_to_nobody():
    roll = call_roll([entry("final.zip")], sheet(("12", "Ann", "")))

    assert [person.full_name for person in roll.absent] == ["Ann"]
    assert roll.uploads[0].person.full_name == ""


def test_call_roll_names_few_of_many_claimants():
    roll = call_roll([entry(f"{number}.zip", str(number), ID) for number in range(10, 16)])

    assert remarks(roll)[f"{ID}-10"] == [
        f"The student id {ID} is claimed by participant 11, participant 12, participant 13 and 2 more too."
    ]


def test_call_roll_remarks_on_a_file_with_another_id():
    roll = call_roll([entry("a.zip", "12", OTHER_ID)], sheet(("12", "Ann", ID)))

    assert remarks(roll) == {ID: [f"The student id on the worksheet is {ID}; a file's name says {OTHER_ID}."]}
    assert roll.uploads[0].person.student_id == ID


def test_call_roll_remarks_on_a_time_that_is_none():
    roll = call_roll([entry("a.zip", "12")], sheet(("12", "Ann", ID, "", "soon"), ("13", "Bob", "", "", "-")))

    assert remarks(roll) == {ID: ["The worksheet's time of the submission cannot be read: 'soon'."]}


def test_call_roll_remarks_on_who_is_not_on_the_worksheet():
    says = "The worksheet has no row for this student, so Moodle cannot be told the grade."

    assert remarks(call_roll([entry("a.zip", "12", ID)], sheet(("13", "Bob", "")))) == {ID: [says]}
    assert remarks(call_roll([entry("a.zip", "12", ID)])) == {ID: []}


def test_call_roll_remarks_on_uploads_from_an_archive_and_from_beside_it():
    roll = call_roll([entry("a", "12", ID, archive="homework.zip"), entry("b", "12", ID)])

    assert remarks(roll) == {
        ID: ["Uploads come from the archive homework.zip and from beside it; check that the archive is Moodle's."]
    }


def test_call_roll_remarks_on_uploads_from_several_archives():
    roll = call_roll([entry("a", "12", ID, archive="one.zip"), entry("b", "12", ID, archive="two.zip")])

    assert remarks(roll) == {
        ID: ["The uploads come from several archives, one.zip, two.zip; check that all are Moodle's."]
    }


def test_call_roll_lists_who_handed_in_nothing_that_counts():
    text = entry("text.html", "12", why_not="an online text")

    roll = call_roll([text], sheet(("13", "Bob", OTHER_ID, "b@x.y"), ("12", "Ann", ID)))

    assert not roll.uploads
    assert roll.others == [text]
    assert [(person.key, person.full_name, person.email) for person in roll.absent] == [
        (ID, "Ann", ""),
        (OTHER_ID, "Bob", "b@x.y"),
    ]


IDS = st.sampled_from(["", "", "N26130001", "N26130002", "A1", "A1-12", "N-1", "N_1", "PARTICIPANT-3"])
PARTICIPANTS = st.sampled_from(["", "", "1", "2", "3", "12"])
ENTRIES = st.lists(
    st.builds(
        entry,
        st.sampled_from(
            ["a.zip", "A.zip", "a b.zip", "a-b.zip", "a (2).zip", "王.zip", "N-1.zip", "x/participant-3.zip"]
        ),
        PARTICIPANTS,
        IDS,
        st.none() | st.integers(0, 3),
        why_not=st.sampled_from(["", "", "", "a hidden file"]),
        full_name=st.sampled_from(["", "Ann", "王"]),
    ),
    max_size=8,
).map(lambda entries: [replace(one, name=f"{number}/{one.name}") for number, one in enumerate(entries)])
SHEETS = st.none() | st.lists(
    st.tuples(PARTICIPANTS.filter(bool), st.just("Ann"), IDS), unique_by=lambda row: row[0]
).map(lambda rows: sheet(*rows))


@settings(max_examples=100)
@given(ENTRIES, SHEETS, st.randoms(use_true_random=False))
def test_call_roll_drops_nobody_and_gives_each_a_key(entries, worksheet, rng):
    roll = call_roll(entries, worksheet)

    told = [*roll.others, *(one for upload in roll.uploads for one in (upload.entry, *upload.older))]
    assert sorted(told, key=str) == sorted(entries, key=str)
    people = [*(upload.person for upload in roll.uploads), *roll.absent]
    assert all(re.fullmatch(r"[A-Za-z0-9]+(-[A-Za-z0-9]+)*", person.key) for person in people)
    assert len({person.key.casefold() for person in people}) == len(people)
    rows = set() if worksheet is None else {row.participant for row in worksheet.rows}
    assert rows <= {person.participant for person in people}
    assert len({person.participant for person in people if person.participant}) == sum(
        bool(person.participant) for person in people
    )
    shuffled = rng.sample(entries, len(entries))
    turned = worksheet and Worksheet(list(reversed(worksheet.rows)))
    assert call_roll(shuffled, turned) == roll


@settings(max_examples=100)
@given(ENTRIES, SHEETS)
def test_call_roll_keeps_keys_when_somebody_hands_in_again(entries, worksheet):
    before = call_roll(entries, worksheet)
    if before.uploads:
        last = before.uploads[0].entry
        entries = [*entries, replace(last, name="again", modified=NOON + timedelta(days=1))]
        if not (last.participant or last.student_id or last.full_name):
            return

    after = call_roll(entries, worksheet)

    assert keys(after) == keys(before)
    assert [upload.entry for upload in after.uploads[1:]] == [upload.entry for upload in before.uploads[1:]]


@settings(max_examples=100)
@given(ENTRIES, ENTRIES)
def test_call_roll_lets_no_file_name_change_a_key_of_the_worksheet(entries, more):
    worksheet = sheet(("1", "Ann", "N26130001"), ("2", "Bob", "A1"), ("12", "Liz", "A1-12"))
    before, after = call_roll(entries, worksheet), call_roll([*entries, *more], worksheet)

    def by_participant(roll):
        people = [*(upload.person for upload in roll.uploads), *roll.absent]
        return {person.participant: person.key for person in people if person.participant in {"1", "2", "12"}}

    assert by_participant(before) == by_participant(after)


def text(name, participant="", *, says="See my file.", full_name=""):
    return replace(entry(name, participant, why_not="an online text", full_name=full_name), text=says)


def test_call_roll_puts_a_report_that_came_another_way_beside_the_code():
    report, zipped = entry(f"{ID}_Lab3_report.pdf", "", ID, minutes=9), entry("a.zip", "12")

    roll = call_roll([report, zipped], sheet(("12", "Ann", ID)))

    (upload,) = roll.uploads
    assert (upload.entry.file_name, upload.older, upload.entry.beside) == ("a.zip", (), (report,))
    assert roll.others == [replace(report, why_not="a report that belongs to 'a.zip'")]


def test_call_roll_puts_such_a_report_beside_each_upload():
    near, far = entry("b.pdf", "12"), entry("c.docx", "12")
    old, new = (replace(entry(f"{n}.zip", "12", minutes=n), beside=(near,)) for n in (1, 2))

    (upload,) = call_roll([old, new, far, replace(near, why_not="no")]).uploads

    assert [one.beside for one in (upload.entry, *upload.older)] == [(near, far)] * 2


def test_call_roll_takes_reports_alone_for_what_was_handed_in():
    old, new = entry("a.pdf", "12", minutes=1), entry("b.pdf", "12", minutes=2)

    (upload,) = call_roll([old, new]).uploads

    assert (upload.entry, upload.older) == (new, (old,))


def test_call_roll_gives_an_online_text_to_its_writer():
    written = text("t.html", "12")

    roll = call_roll([entry("a.zip", "12"), written])

    assert roll.uploads[0].texts == (written,)
    assert (roll.others, roll.without_file) == ([replace(written, text="")], [])


@pytest.mark.parametrize(
    ("entries", "row", "expected"),
    [
        ([], {"status": "Submitted for grading"}, [("N26130001", "Submitted for grading", 0)]),
        ([text("t.html", "12")], {}, [("N26130001", "", 1)]),
        ([text("t.html", "12")], {"status": "No submission"}, [("N26130001", "No submission", 1)]),
        ([entry("t.html", "12", why_not="an online text without a word")], {}, []),
        (
            [entry(".DS_Store", "12", why_not="system")],
            {"status": "已提交,以評分"},
            [("N26130001", "已提交,以評分", 0)],
        ),
        ([entry("a.zip", "12")], {"status": "Submitted for grading"}, []),
        ([], {"status": "Draft (not submitted)"}, []),
    ],
    ids=["word", "text", "text_and_row", "empty_text", "junk", "file", "draft"],
)
def test_call_roll_tells_who_submitted_without_a_file(entries, row, expected):
    roll = call_roll(entries, Worksheet([Row("12", "Ann", ID, **row)]))

    found = [(one.person.key, one.status, len(one.texts)) for one in roll.without_file]
    assert found == expected
    assert len(roll.absent) + len(roll.without_file) + len(roll.uploads) == 1


@pytest.mark.parametrize(
    ("written", "key"),
    [
        (text("t.html", "12", full_name="Ann"), r"participant-12"),
        (text("t.html", full_name="Default group"), r"Default-group-[0-9a-f]{8}"),
        (text("t.html"), r"t-[0-9a-f]{8}"),
    ],
    ids=["number", "team", "nobody"],
)
def test_call_roll_names_who_wrote_a_text_and_is_on_no_worksheet(written, key):
    (one,) = call_roll([written]).without_file

    assert re.fullmatch(key, one.person.key)
    assert one.person.full_name == written.full_name


OTHER_LABS = [Naming("Lab9", "toy.py")]


@pytest.mark.parametrize("stray", [f"{ID}_Lab9.zip", f"{ID}_lab9 (1).zip", "toy.py"])
def test_file_of_another_lab_does_not_count_beside_one_of_this(stray):
    later = entry(stray, "12", ID, minutes=5)

    roll = call_roll([entry("a.zip", "12", ID), later], None, OTHER_LABS)

    (upload,) = roll.uploads
    assert (upload.entry.name, upload.older) == ("a.zip", ())
    assert [(one.name, one.why_not) for one in roll.others] == [
        (stray, "a file of Lab9 by its name, and its owner has handed in another one here")
    ]


def test_file_of_another_lab_counts_where_it_is_alone():
    # It may be misnamed: whoever opens it sees whose it is.
    (upload,) = call_roll([entry(f"{ID}_Lab9.zip", "12", ID)], None, OTHER_LABS).uploads

    assert upload.entry.name == f"{ID}_Lab9.zip"


def test_report_alone_is_nothing_to_count_beside_a_file_of_another_lab():
    roll = call_roll([entry(f"{ID}_Lab9.zip", "12", ID), entry("report.pdf", "12", ID)], None, OTHER_LABS)

    assert [upload.entry.name for upload in roll.uploads] == [f"{ID}_Lab9.zip"]
