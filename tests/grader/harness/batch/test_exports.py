import csv
import io
import os
import re
import zipfile
from dataclasses import replace
from datetime import datetime
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.harness.batch.entries import find_entries
from grader.harness.batch.exports import (
    ExportError,
    WorksheetExport,
    export_worksheet,
    tell_feedback,
    write_csv,
    write_feedback_zip,
    write_gradescope,
)
from grader.harness.batch.found import Entry, Person, Place, WithoutFile
from grader.harness.batch.grades import Missing, find_missing
from grader.harness.batch.late import judge_lateness
from grader.harness.batch.records import Line, Status
from grader.harness.batch.roll import call_roll
from grader.harness.batch.worksheet import Row, read_worksheet
from grader.harness.errors import WorksheetError
from grader.harness.languages import said, speaking
from grader.harness.marking import Lateness, Marking, Overruled, PartMark
from grader.harness.report.failures import say_explanation
from grader.harness.results import Explanation
from grader.harness.rubric import LateRule, load_rubric
from grader.labs.merge.lab import LAB
from tests.classroom import build_class

RUBRIC = load_rubric(LAB.folder / "rubric.toml")
ANN = Person("N26130001", "N26130001", "Lee, Ann", "12", "ann@example.edu")
LATE = Lateness(90000.0, Fraction(5), "2 days late, 2.5 points a day")
WHEN = datetime(2025, 10, 21, 23, 59)  # noqa: DTZ001 - the course's local time
RULE = LateRule(datetime(2025, 10, 21), Fraction(5), Fraction(50))  # noqa: DTZ001 - the same
FULL = {line.key: line.points for line in RUBRIC.checks}


def make_line(person=ANN, **changes):
    return replace(Line(person, Status.GRADED, "", "lab.zip", submitted_at=WHEN, points=FULL), **changes)


def make_marking(*points, lateness=None):
    given = [Fraction(each) if each is not None else None for each in points]
    return Marking(
        [
            PartMark(part.key, part.title, part.max_points, each)
            for part, each in zip(RUBRIC.manual, given, strict=True)
        ],
        lateness,
    )


MARKED = make_marking(10, "7.5", 5, 5)
UNMARKED = make_marking(10, None, 5, 5)
CORRECTED = Overruled("handout", "The handout's example", Fraction(5), Fraction(4), Fraction(5, 2), "copied, said so")


def sheet(tmp_path, *participants, maximum="100.00"):
    path = tmp_path / "worksheet.csv"
    rows = [f"Participant {number},Ann,,{maximum},Yes,-," for number in participants]
    header = "Identifier,Full name,Grade,Maximum grade,Grade can be changed,Last modified (grade),Feedback comments"
    path.write_bytes("\r\n".join([header, *rows, ""]).encode("utf-8-sig"))
    return path


def table(path):
    text = path.read_bytes().decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline="")))


@pytest.fixture(scope="module")
def school(tmp_path_factory):
    return build_class(tmp_path_factory.mktemp("class"), n=30)


@pytest.fixture(scope="module")
def lines(school):
    roll = call_roll(find_entries(LAB.naming, [school.archive]), read_worksheet(school.worksheet))
    return [make_line(upload.person, points={"loads": Fraction(number)}) for number, upload in enumerate(roll.uploads)]


def moodle_would_import(before, after):
    """Tell which grades Moodle would take from a worksheet, by its own rules."""
    taken = {}
    for was, now in zip(before, after, strict=True):
        identity = int(now["Identifier"].removeprefix("Participant "))
        assert was["Last modified (grade)"] == now["Last modified (grade)"]
        if now["Grade"] in {"", was["Grade"]} or not 0 <= float(now["Grade"]) <= float(now["Maximum grade"]):
            continue
        taken[identity] = float(now["Grade"])
    return taken


def test_export_worksheet_is_taken_by_moodle(school, lines, tmp_path):
    markings = {line.person.key: MARKED if number % 3 else UNMARKED for number, line in enumerate(lines)}
    before = school.worksheet.read_bytes()

    export = export_worksheet(school.worksheet, tmp_path / "out" / "moodle" / "w.csv", RUBRIC, lines, markings)

    was, now = table(school.worksheet), table(tmp_path / "out" / "moodle" / "w.csv")
    wanted = {int(line.person.participant): number + 27.5 for number, line in enumerate(lines) if number % 3}
    assert moodle_would_import(was, now) == wanted
    others = [name for name in was[0] if name not in {"Grade", "Feedback comments"}]
    assert [[row[name] for name in others] for row in was] == [[row[name] for name in others] for row in now]
    assert list(was[0]) == list(now[0])
    assert export.filled == [line.person.key for number, line in enumerate(lines) if number % 3]
    assert export.unmarked == [line.person.key for number, line in enumerate(lines) if not number % 3]
    assert school.worksheet.read_bytes() == before
    assert os.listdir(tmp_path / "out" / "moodle") == ["w.csv"]  # noqa: PTH208 - with hidden files


def test_export_worksheet_says_what_the_grade_is_made_of(tmp_path):
    path, out = sheet(tmp_path, 12), tmp_path / "out.csv"
    line = make_line(reason="The zip must hold one merge.py; <b>it</b> holds 2.")

    export = export_worksheet(path, out, RUBRIC, [line], {ANN.key: make_marking(10, 7, 5, 5, lateness=LATE)})

    (row,) = table(out)
    assert row["Grade"] == "82"
    assert row["Feedback comments"].split("<br>") == [
        "Code: 60 points.",
        "The zip must hold one merge.py; &lt;b&gt;it&lt;/b&gt; holds 2.",
        "Report: 27 points.",
        "Late: 5 points off (2 days late, 2.5 points a day).",
        "Together: 82 points.",
    ]
    assert export == WorksheetExport([ANN.key], [], [], [])


def test_export_worksheet_adds_what_the_staff_corrected(tmp_path):
    path, out = sheet(tmp_path, 12), tmp_path / "out.csv"

    export_worksheet(path, out, RUBRIC, [make_line()], {ANN.key: replace(MARKED, overruled=(CORRECTED,))})

    (row,) = table(out)
    assert row["Grade"] == "86"
    assert row["Feedback comments"].startswith(
        "Code: 58.5 points.<br>The handout's example: 4 corrected to 2.5 of 5: copied, said so<br>"
    )


@pytest.mark.parametrize(
    ("line", "markings"),
    [
        pytest.param(make_line(), {ANN.key: UNMARKED}, id="report not marked"),
        pytest.param(make_line(), {}, id="nobody looked"),
        pytest.param(make_line(status=Status.NO_MARK, points={}), {ANN.key: MARKED}, id="no mark"),
    ],
)
def test_export_worksheet_leaves_who_has_no_total(line, markings, tmp_path):
    path, out = sheet(tmp_path, 12), tmp_path / "out.csv"

    export = export_worksheet(path, out, RUBRIC, [line], markings)

    assert out.read_bytes() == path.read_bytes()
    assert export == WorksheetExport([], [ANN.key], [], [])


def test_export_worksheet_lists_who_is_not_on_it(tmp_path):
    bob, mail = replace(ANN, key="bob", participant="99"), replace(ANN, key="mail", participant="")
    path, out = sheet(tmp_path, 12, 13), tmp_path / "out.csv"
    people = [make_line(), make_line(mail), make_line(bob)]

    export = export_worksheet(path, out, RUBRIC, people, {line.person.key: MARKED for line in people})

    assert export == WorksheetExport([ANN.key], [], [], ["bob", "mail"])
    assert [row["Grade"] for row in table(out)] == ["87.5", ""]


def test_export_worksheet_lists_who_is_locked(tmp_path):
    path, out = sheet(tmp_path, 12), tmp_path / "out.csv"
    path.write_bytes(path.read_bytes().replace(b",Yes,", b",No,"))

    assert export_worksheet(path, out, RUBRIC, [make_line()], {ANN.key: MARKED}).locked == [ANN.key]
    assert out.read_bytes() == path.read_bytes()


def test_export_worksheet_fills_the_worksheet_itself_when_asked(tmp_path):
    path = sheet(tmp_path, 12)

    export_worksheet(path, path, RUBRIC, [make_line()], {ANN.key: MARKED})

    assert table(path)[0]["Grade"] == "87.5"


def test_export_worksheet_refuses_that_of_another_assignment(tmp_path):
    with pytest.raises(WorksheetError, match=r"must be that of this assignment; none of the 1 students is on it"):
        export_worksheet(sheet(tmp_path, 13), tmp_path / "out.csv", RUBRIC, [make_line()], {ANN.key: MARKED})
    assert not (tmp_path / "out.csv").exists()


def test_export_worksheet_refuses_another_maximum(tmp_path):
    with pytest.raises(WorksheetError, match=r"must be the rubric's 100 points; it is '60\.00'"):
        export_worksheet(sheet(tmp_path, 12, maximum="60.00"), tmp_path / "o", RUBRIC, [make_line()], {ANN.key: MARKED})


def as_moodle_reads(archive):
    """Read a feedback archive by the rules of Moodle's importer: for each participant the file and what is in it."""
    found = {}
    for name in archive.namelist():
        folder, _, file_name = name.partition("/")
        pieces = folder.split("_", 4)
        assert not file_name.startswith((".", "~"))
        assert len(pieces) >= 4
        assert pieces[1].isdecimal()
        assert pieces[2:] == ["assignsubmission", "file", ""]
        found[pieces[1]] = (file_name, archive.read(name).decode())
    return found


def test_write_feedback_zip_is_read_by_moodle(lines, tmp_path):
    path = tmp_path / "moodle" / "feedback.zip"

    left_out = write_feedback_zip(path, ((line.person, line.person.key.encode()) for line in lines))

    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        found = as_moodle_reads(archive)
    assert found == {line.person.participant: ("feedback.html", line.person.key) for line in lines}
    assert left_out == []


def test_write_feedback_zip_has_the_same_bytes_each_time(lines, tmp_path):
    pages = [(line.person, b"<p>page</p>") for line in lines]
    write_feedback_zip(tmp_path / "one.zip", pages)
    write_feedback_zip(tmp_path / "two.zip", pages)

    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()
    with zipfile.ZipFile(tmp_path / "one.zip") as archive:
        assert {info.date_time for info in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_write_feedback_zip_leaves_out_who_has_no_number(tmp_path):
    nobody = Person("x", full_name="Bob")

    assert write_feedback_zip(tmp_path / "f.zip", [(nobody, b""), (ANN, b"")]) == [nobody]
    assert zipfile.ZipFile(tmp_path / "f.zip").namelist() == ["Lee, Ann_12_assignsubmission_file_/feedback.html"]


def test_write_feedback_zip_keeps_the_last_one_when_a_page_fails(tmp_path):
    path = tmp_path / "f.zip"
    write_feedback_zip(path, [(ANN, b"one")])
    before = path.read_bytes()

    def pages():
        yield ANN, b"two"
        raise KeyError("page")

    with pytest.raises(KeyError):
        write_feedback_zip(path, pages())
    assert path.read_bytes() == before
    assert [one.name for one in tmp_path.iterdir()] == ["f.zip"]


def test_write_csv_gives_each_check_a_column(tmp_path):
    path = tmp_path / "grades.csv"
    some = {line.key: line.points / 3 for line in RUBRIC.checks}

    write_csv(path, RUBRIC, [make_line(points=some)], {ANN.key: make_marking(10, "7.5", 5, 5, lateness=LATE)})

    (row,) = table(path)
    assert path.read_bytes().startswith(b"\xef\xbb\xbfkey,")
    assert list(row) == [
        *["key", "student id", "full name", "email", "submitted", "status", "reason"],
        *[line.key for line in RUBRIC.checks],
        "corrected by hand",
        "code",
        *[part.key for part in RUBRIC.manual],
        *["report", "late penalty", "total", "corrections", "lateness", "note"],
    ]
    assert [row[name] for name in list(row)[:7]] == [
        *[ANN.key, ANN.student_id, "Lee, Ann", "ann@example.edu", "2025-10-21 23:59", "graded", ""]
    ]
    assert all(abs(Fraction(row[key]) - points) < Fraction(1, 100) for key, points in some.items())
    assert [row[name] for name in ("code", "algorithm", "output_subset", "test_pictures", "challenges")] == [
        *["20", "10", "7.5", "5", "5"]
    ]
    assert [row[name] for name in ("report", "late penalty", "total", "note")] == ["27.5", "5", "42.5", ""]
    assert row["lateness"] == "2 days late, 2.5 points a day"


BOB = Person("N26130002", "n26130002", "Bob", "13", "bob@example.edu")
EVE = Person("N26130003", "N26130003", "Eve", "14")
WAIVED = replace(LATE, penalty=Fraction(0), says="2 days late; the penalty of 5 points is waived: ill", waived="ill")
NONE_IN = Missing([BOB], None, [EVE])


@pytest.mark.parametrize("points", [None, Fraction(0)], ids=["blank", "zero"])
def test_write_csv_has_a_row_for_who_handed_in_nothing(points, tmp_path):
    write_csv(tmp_path / "g.csv", RUBRIC, [make_line()], {}, replace(NONE_IN, points=points))

    ann, bob, eve = table(tmp_path / "g.csv")
    given = {name: cell for name, cell in bob.items() if cell}
    person = {"key": "N26130002", "student id": "n26130002", "full name": "Bob", "email": "bob@example.edu"}
    zero = {} if points is None else {"total": "0"}
    assert given == {**person, "status": "nothing handed in", "note": "Nothing was handed in.", **zero}
    assert (eve["status"], eve["total"], eve["note"]) == ("no file was found", "", "Moodle tells of a submission")
    assert (ann["status"], ann["total"]) == ("graded", "")


@pytest.mark.parametrize("points", [None, Fraction(0)], ids=["blank", "zero"])
def test_export_worksheet_gives_who_handed_in_nothing_what_was_chosen(points, tmp_path):
    path, out = sheet(tmp_path, 12, 13, 14, 99), tmp_path / "out.csv"
    missing = replace(NONE_IN, points=points)

    export = export_worksheet(path, out, RUBRIC, [make_line()], {}, missing=missing)

    ann, bob, eve, stranger = [(row["Grade"], row["Feedback comments"]) for row in table(out)]
    words = "Nothing was handed in.<br>Together: 0 points."
    assert bob == (("", "") if points is None else ("0", words))
    assert ann == eve == stranger == ("", "")
    nobody = WorksheetExport([], [ANN.key], [], [])
    zero = WorksheetExport([BOB.key], [ANN.key], [], [], unknown=["99"])
    assert export == (nobody if points is None else zero)


def test_find_missing_takes_nobody_who_did_something():
    text = Entry("x", Place(Path("x")), "onlinetext.html", participant="14", why_not="An online text.")
    late = Row("15", submitted="3 March 2026, 12:00 PM")
    people = [BOB, EVE, replace(ANN, participant="15"), Person("nobody")]
    unfound = WithoutFile(Person("A1"), "Submitted for grading")

    missing = find_missing(people, [unfound], [text], [Row("13", submitted="-"), late], Fraction(0))

    assert missing == Missing(
        [BOB, Person("nobody")], Fraction(0), [Person("A1"), *sorted([EVE, people[2]], key=lambda one: one.key)]
    )


def test_export_worksheet_tells_why_a_penalty_is_waived(tmp_path):
    marking = replace(MARKED, lateness=WAIVED)
    export_worksheet(sheet(tmp_path, 12), tmp_path / "out.csv", RUBRIC, [make_line()], {ANN.key: marking})
    write_csv(tmp_path / "g.csv", RUBRIC, [make_line()], {ANN.key: marking})

    (row,), (line,) = table(tmp_path / "out.csv"), table(tmp_path / "g.csv")
    says = "2 days late; the penalty of 5 points is waived: ill"
    assert row["Feedback comments"].split("<br>")[2:] == [f"Late: 0 points off ({says}).", "Together: 87.5 points."]
    assert (line["late penalty"], line["lateness"], line["total"]) == ("0", says, "87.5")


def test_export_worksheet_shows_letters_that_cannot_be_written(tmp_path):
    line = make_line(reason="The file \udc80\x1b is none.")

    export_worksheet(sheet(tmp_path, 12), tmp_path / "out.csv", RUBRIC, [line], {ANN.key: MARKED})

    assert r"The file \udc80\x1b is none." in table(tmp_path / "out.csv")[0]["Feedback comments"]


def test_export_worksheet_knows_its_own_words_again(tmp_path):
    path, first, second = sheet(tmp_path, 12), tmp_path / "1.csv", tmp_path / "2.csv"
    before = {ANN.key: replace(MARKED, overruled=(CORRECTED,))}
    export_worksheet(path, first, RUBRIC, [make_line()], before)
    words = tell_feedback([make_line()], before)
    moodles = first.read_bytes().replace(b",86,", b",86.00,").replace(b"<br>", b"<br />")
    first.write_bytes(moodles.replace(b"Code: 58.5", b"Look here!<br />Code: 58.5"))

    export = export_worksheet(first, second, RUBRIC, [make_line()], {ANN.key: MARKED}, exported=words)

    (row,) = table(second)
    assert row["Grade"] == "87.5"
    assert row["Feedback comments"] == (
        "Look here!<hr>Code: 60 points.<br>Report: 27.5 points.<br>Together: 87.5 points."
    )
    assert export == WorksheetExport([ANN.key], [], [], [], commented=(ANN.key,))


def test_write_csv_adds_what_the_staff_corrected(tmp_path):
    write_csv(tmp_path / "grades.csv", RUBRIC, [make_line()], {ANN.key: replace(MARKED, overruled=(CORRECTED,))})

    (row,) = table(tmp_path / "grades.csv")
    assert [row[name] for name in ("corrected by hand", "code", "total")] == ["-1.5", "58.5", "86"]
    assert row["corrections"] == "The handout's example: 4 corrected to 2.5 of 5: copied, said so"


@pytest.mark.parametrize(
    ("line", "markings", "expected"),
    [
        pytest.param(
            make_line(lateness=LATE),
            {ANN.key: replace(UNMARKED, lateness=LATE)},
            ["60", "10", "", "", "5", "", "the report is not marked yet"],
            id="one part missing",
        ),
        pytest.param(
            make_line(lateness=LATE),
            {},
            ["60", "", "", "", "5", "", "the report is not marked yet"],
            id="nobody looked",
        ),
        pytest.param(
            make_line(status=Status.NO_MARK, points={}),
            {ANN.key: MARKED},
            ["", "10", "7.5", "27.5", "0", "", "the grader gave no mark"],
            id="no mark",
        ),
        pytest.param(
            make_line(status=Status.UNGRADABLE, points={}),
            {ANN.key: MARKED},
            ["0", "10", "7.5", "27.5", "0", "27.5", ""],
            id="ungradable",
        ),
    ],
)
def test_write_csv_leaves_the_total_blank_and_says_why(line, markings, expected, tmp_path):
    write_csv(tmp_path / "grades.csv", RUBRIC, [line], markings)

    (row,) = table(tmp_path / "grades.csv")
    names = ["code", "algorithm", "output_subset", "report", "late penalty", "total", "note"]
    assert [row[name] for name in names] == expected


@pytest.mark.parametrize(
    ("name", "cell"),
    [
        ("=SUM(A1:A9)", "'=SUM(A1:A9)"),
        ("+1", "'+1"),
        ("-1", "'-1"),
        ("@x", "'@x"),
        ("  =x", "'  =x"),
        ("\u3000=x", "'\u3000=x".replace("\u3000", " ")),
        ("\tx", "' x"),
        ("\rx", "' x"),
        ("\n=x", "' =x"),
        ("\uff1dx", "'\uff1dx"),
        ("a=b", "a=b"),
        (";=2+2", ";'=2+2"),
        ("\tx;=1;=2", "' x;'=1;'=2"),
        ("=1;=2", "'=1;'=2"),
        ("x\t=2+2", "x '=2+2"),
        ("a;=cmd()", "a;'=cmd()"),
        ("a; = 2", "a; '= 2"),
        ('"=1', "\"'=1"),
        ("a|-1;@x", "a|'-1;'@x"),
        ("a\u200b=1", "a '=1"),
        ("a\uff1b\uff1d1", "a\uff1b'\uff1d1"),
        ("a\u3000\uff0b1", "a '\uff0b1"),
        (";\ufe66x \u2212y", ";'\ufe66x '\u2212y"),
        ("a = b - c", "a = b - c"),
        ("Jose\u0301-Maria x==y", "Jose\u0301-Maria x==y"),
        ('O\'Brien, "C"', 'O\'Brien, "C"'),
        ("王小明", "王小明"),
        ("\ud800\u202e\0", "   "),
        ("", ""),
    ],
)
def test_write_csv_writes_no_formula(name, cell, tmp_path):
    write_csv(tmp_path / "grades.csv", RUBRIC, [make_line(replace(ANN, full_name=name), reason=name)], {})

    (row,) = table(tmp_path / "grades.csv")
    assert (row["full name"], row["reason"]) == (cell, cell)
    assert row["code"] == "60"


@given(st.lists(st.text(max_size=20), min_size=1, max_size=3))
def test_write_csv_keeps_rows_and_columns_whatever_the_names(tmp_path_factory, names):
    path = tmp_path_factory.getbasetemp() / "grades.csv"
    write_csv(path, RUBRIC, [make_line(replace(ANN, full_name=name)) for name in names], {})

    rows = table(path)

    assert [row["code"] for row in rows] == ["60"] * len(names)
    pieces = [piece for row in rows for piece in re.split(r"[;,|: \u3000\uff1b\"]", row["full name"])]
    assert not any(re.match(r"[=+@\uff1d\uff0b\uff20-].", piece) for piece in pieces)
    assert not any(re.search(r"[\t\r\n]", row["full name"]) for row in rows)


def test_write_gradescope_gives_each_student_a_folder(tmp_path):
    assert write_gradescope(tmp_path / "gs", iter([("N26130001", b"{}"), ("participant-12", b"[]")])) == 2

    found = {path.relative_to(tmp_path).as_posix(): path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    assert found == {"gs/N26130001/results.json": b"{}", "gs/participant-12/results.json": b"[]"}


@pytest.mark.parametrize("key", ["", "..", "../x", "a/b", "a.b", "王"])
def test_write_gradescope_takes_no_path_for_a_key(key, tmp_path):
    with pytest.raises(ValueError, match=re.escape(f"has letters, digits and '-'; got {key!r}")):
        write_gradescope(tmp_path, [(key, b"")])


@pytest.mark.parametrize(
    "write",
    [
        pytest.param(lambda path: write_csv(path, RUBRIC, [], {}), id="csv"),
        pytest.param(lambda path: write_feedback_zip(path, []), id="feedback"),
        pytest.param(lambda path: write_gradescope(path, [("a", b"")]), id="gradescope"),
    ],
)
def test_exports_say_that_a_place_cannot_be_written(write, tmp_path):
    (tmp_path / "file").write_bytes(b"")

    with pytest.raises(ExportError, match=r"An export needs a place that can be written; '.*file.*' was not: .*Choose"):
        write(tmp_path / "file" / "x")


def test_exports_leave_no_piece_where_the_last_step_fails(tmp_path):
    (tmp_path / "grades.csv").mkdir()

    with pytest.raises(ExportError, match=r"was not: .*directory"):
        write_csv(tmp_path / "grades.csv", RUBRIC, [], {})
    assert [path.name for path in tmp_path.iterdir()] == ["grades.csv"]


def test_export_worksheet_knows_its_own_grade_in_another_language(tmp_path):
    path, first, second = sheet(tmp_path, 12), tmp_path / "first.csv", tmp_path / "second.csv"
    line, marking = make_line(), make_marking(10, 7, 5, 5, lateness=judge_lateness(RULE, WHEN))
    with speaking("zh-TW", LAB.folder):
        export_worksheet(path, first, RUBRIC, [line], {ANN.key: marking})
    (row,) = table(first)
    assert row["Feedback comments"].split("<br>") == [
        "程式：60 分。",
        "報告：27 分。",
        "遲交：扣 5 分（遲交 23 小時 59 分鐘：每遲一天（未滿一天以一天計）扣 5 分）。",
        "總分：82 分。",
    ]

    again = replace(marking, parts=make_marking(10, 8, 5, 5).parts)
    done = export_worksheet(first, second, RUBRIC, [line], {ANN.key: again})

    (row,) = table(second)
    assert row["Grade"] == "83"
    assert done.by_hand == ()


def test_reason_of_a_line_is_told_in_the_language_of_the_students():
    why = Explanation(said("The zip must be complete"), said("its end is missing"), said("{a}", a="x"))

    with speaking("zh-TW"):
        told = tell_feedback([make_line(reason=say_explanation(why))], {ANN.key: MARKED})[ANN.key]

    assert told[1] == "壓縮檔必須完整；它缺了結尾。x"
