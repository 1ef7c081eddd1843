import codecs
import csv
import io
import re
from datetime import datetime
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.harness.batch import table
from grader.harness.batch.table import read_table
from grader.harness.batch.times import parse_time
from grader.harness.batch.worksheet import Grade, fill, parse_worksheet, read_worksheet
from grader.harness.errors import WorksheetError
from tests.classroom import build_class

HEADER = (
    "Identifier,Full name,ID number,Email address,Status,Grade,Maximum grade,Grade can be changed,"
    "Last modified (submission),Last modified (grade),Feedback comments"
)
ANN = (
    'Participant 12,"Lee, Ann",N26130001,ann@example.edu,Submitted,,100.00,Yes,"Tuesday, 21 October 2025, 11:59 PM",-,'
)
BOB = 'Participant 13,"Bob ""B"" Ray",N26130002,bob@example.edu,Submitted,50.00,100.00,Yes,-,-,"Old\nwords"'
LIZ = "Participant 14,王小明,,liz@example.edu,No submission,,100.00,No,-,-,"
TOTAL = Fraction(100)


def sheet(*rows, header=HEADER, end="\n"):
    return end.join([header, *rows, ""]).encode()


def cells(content):
    """Read a worksheet as Moodle does: no byte order mark, columns by their exact names."""
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))


@pytest.mark.parametrize("mark", [b"", codecs.BOM_UTF8], ids=["plain", "mark"])
@pytest.mark.parametrize("end", ["\n", "\r\n"], ids=["lf", "crlf"])
@pytest.mark.parametrize("header", [HEADER, HEADER.replace("Maximum grade", "Maximum Grade")], ids=["new", "old"])
def test_read_worksheet_reads_what_moodle_gives(header, end, mark, tmp_path):
    path = tmp_path / "worksheet.csv"
    path.write_bytes(mark + sheet(ANN, BOB, LIZ, header=header, end=end))

    ann, bob, liz = read_worksheet(path).rows

    assert (ann.participant, ann.full_name, ann.student_id, ann.email) == (
        "12",
        "Lee, Ann",
        "N26130001",
        "ann@example.edu",
    )
    assert ann.submitted_at == datetime(2025, 10, 21, 23, 59)  # noqa: DTZ001
    assert (bob.full_name, bob.grade, bob.max_grade, bob.submitted_at) == ('Bob "B" Ray', "50.00", "100.00", None)
    assert (liz.full_name, liz.student_id) == ("王小明", "")
    assert not any(row.is_time_unreadable for row in (ann, bob, liz))


def test_read_worksheet_reads_a_class(tmp_path):
    school = build_class(tmp_path, n=30)

    rows = read_worksheet(school.worksheet).rows

    assert {row.student_id: row.full_name for row in rows} == school.full_names
    assert {row.student_id: row.participant for row in rows} == school.participants
    assert {row.student_id: row.submitted_at for row in rows if row.submitted_at} == school.submitted


def test_parse_worksheet_needs_two_columns_only():
    (row,) = parse_worksheet(b"Grade,Identifier\n1,Participant 007\n").rows

    assert (row.participant, row.grade, row.full_name) == ("7", "1", "")


def test_parse_worksheet_reads_the_number_behind_any_word():
    assert [row.participant for row in parse_worksheet("Identifier,Grade\n參與者12,\n".encode()).rows] == ["12"]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        pytest.param(b"", "must have a line of headings; this file is empty", id="empty"),
        pytest.param(b"\n\r\n", "must have a line of headings; this file is empty", id="blank lines"),
        pytest.param(
            b"Full name,Grade\n", "must have one column 'Identifier'; the columns here are: 'Full", id="no key"
        ),
        pytest.param(b"Identifier,Marks\n", "must have one column 'Grade'", id="no grade"),
        pytest.param(b"Identifier,Grade,Grade\n", "must have one column 'Grade'", id="two grades"),
        pytest.param(b"Identifier;Grade\n", "the columns here are: 'Identifier;Grade'", id="semicolons"),
        pytest.param(sheet(ANN).decode().encode("utf-16"), "this one is in UTF-16. Download it again", id="utf-16"),
        pytest.param(sheet(ANN).decode().encode("utf-16-le"), "this one is in UTF-16", id="utf-16 without a mark"),
        pytest.param(sheet(LIZ).decode().encode("cp950"), "this one is in another encoding", id="big5"),
        pytest.param(sheet(ANN, 'Participant 13,"Bob'), "one that opens on line 3 is not", id="open quote"),
        pytest.param(sheet(ANN, BOB, ANN), "must be on the worksheet once; 12 is there twice", id="twice"),
        pytest.param(sheet(ANN, ANN.replace(" 12", " 012")), "12 is there twice", id="twice with a zero"),
    ],
)
def test_parse_worksheet_refuses_what_is_none(data, message):
    with pytest.raises(WorksheetError, match=re.escape(message)):
        parse_worksheet(data)


def test_read_worksheet_says_that_there_is_none(tmp_path):
    with pytest.raises(WorksheetError, match=r"must be a file that can be read; '.*none.csv' cannot be: No such file"):
        read_worksheet(tmp_path / "none.csv")


def test_read_worksheet_reads_no_endless_file(tmp_path, monkeypatch):
    monkeypatch.setattr(table, "MAX_BYTES", 2**20)
    with pytest.raises(WorksheetError, match="must be a small table; this file has more than 1 MiB"):
        parse_worksheet(bytes(2**20 + 1))


def test_parse_worksheet_remarks_on_lines_it_leaves_out():
    short, nameless = "Participant 13,Bob", ANN.replace("Participant 12", "Nobody")

    read = parse_worksheet(sheet(BOB, short, nameless, "", ANN.replace("Tuesday, 21 October 2025, 11:59 PM", "soon")))

    assert [row.participant for row in read.rows] == ["13", "12"]
    assert [row.is_time_unreadable for row in read.rows] == [False, True]
    wanted = "A line of the worksheet must have 11 cells and the number of a participant"
    assert list(read.remarks) == [
        f"{wanted}; line 4 has 2 cells and 'Participant 13' and was left out.",
        f"{wanted}; line 5 has 11 cells and 'Nobody' and was left out.",
        "The time on line 7 of the worksheet cannot be read: 'soon'.",
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Tuesday, 21 October 2025, 11:59 PM", (2025, 10, 21, 23, 59)),
        ("Tuesday, 3 March 2026, 12:05 AM", (2026, 3, 3, 0, 5)),
        ("21 October 2025, 11:59 PM", (2025, 10, 21, 23, 59)),
        ("Tuesday, October 21, 2025, 11:59 PM", (2025, 10, 21, 23, 59)),
        ("2025-10-21T23:59:30", (2025, 10, 21, 23, 59, 30)),
        ("2025-03-04 05:06", (2025, 3, 4, 5, 6)),
        ("2025-10-21T23:59:00+08:00", (2025, 10, 21, 23, 59)),
        ("2025年10月21日 星期二 23:59", (2025, 10, 21, 23, 59)),
        ("2025年 10月 21日(週二) 23:59", (2025, 10, 21, 23, 59)),
        ("2025年10月21日 星期二 下午11:59", (2025, 10, 21, 23, 59)),
        ("2025年10月21日 上午 12:05", (2025, 10, 21, 0, 5)),
        ("2025年10月21日 星期二 11:59 PM", (2025, 10, 21, 23, 59)),
        ("21/10/2025 23:59", (2025, 10, 21, 23, 59)),
        ("03/04/2025 23:59", None),
        ("2025年13月21日 23:59", None),
        ("21 October, 11:59 PM", None),
        ("21 October 2025", None),
        ("23:59", None),
        ("12", None),
        ("-", None),
        ("", None),
        ("soon", None),
        ("9" * 500, None),
        ("1 January 99999999999999999999 12:00", None),
    ],
)
def test_parse_time_reads_what_is_certain(text, expected):
    assert parse_time(text) == (expected and datetime(*expected))  # noqa: DTZ001


@given(st.text(max_size=40))
def test_parse_time_gives_a_time_or_none(text):
    found = parse_time(text)

    assert found is None or found.tzinfo is None


CELLS = st.text(st.characters(blacklist_characters="\0", blacklist_categories=["Cs"]), max_size=8)


@given(
    st.lists(st.lists(CELLS, min_size=2, max_size=4), min_size=1, max_size=5),
    st.sampled_from(["\n", "\r\n"]),
    st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    st.booleans(),
    CELLS,
)
def test_read_table_reads_what_csv_writes(rows, end, quoting, has_mark, new):
    # csv quotes no more than the letters of the end that it writes.
    rows = [[cell if end == "\r\n" else cell.replace("\r", "\n") for cell in row] for row in rows]
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator=end, quoting=quoting).writerows(rows)
    content = (codecs.BOM_UTF8 if has_mark else b"") + text.getvalue().encode()

    read = read_table(content)

    assert list(read.header) == [cell.strip() for cell in rows[0]]
    assert [[read.cell(record, column) for column in range(len(record.spans))] for record in read.records] == [
        [cell.strip() for cell in row] for row in rows[1:]
    ]
    assert read.with_cells([]) == content
    changed = read.with_cells([(record.spans[0], new) for record in read.records])
    again = list(csv.reader(io.StringIO(changed.decode("utf-8-sig"), newline="")))
    assert again == [rows[0], *([new, *row[1:]] for row in rows[1:])]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('a"b,c', [['a"b', "c"]]),
        ('"a"b,c', [["ab", "c"]]),
        ('"a,"",b",c', [['a,",b', "c"]]),
        ("a,\r\n,b", [["a", ""], ["", "b"]]),
        ("a,", [["a", ""]]),
        ("a\n\nb,c", [["a"], ["b", "c"]]),
    ],
)
def test_read_table_reads_as_csv_does(text, expected):
    read = read_table(b"x,y\n" + text.encode())

    assert [[read.cell(record, column) for column in range(len(record.spans))] for record in read.records] == expected
    assert [row for row in csv.reader(io.StringIO(text, newline="")) if row] == expected


def test_read_table_stays_quick_with_quotes():
    text = b"a,b\n" + b'"' + b'""' * 200_000 + b"\n"

    with pytest.raises(WorksheetError, match="one that opens on line 2 is not"):
        read_table(text)


@pytest.mark.parametrize("mark", [b"", codecs.BOM_UTF8], ids=["plain", "mark"])
@pytest.mark.parametrize("end", ["\n", "\r\n"], ids=["lf", "crlf"])
def test_fill_writes_two_cells_and_no_other_byte(end, mark):
    original = mark + sheet(ANN, BOB, LIZ, end=end)

    filled = fill(original, {"12": Grade(Fraction("82.5"), "Code: 60, and so on.\nReport <b>")}, total=TOTAL)

    changed = ANN.replace(",,100.00", ",82.5,100.00") + '"Code: 60, and so on.<br>Report &lt;b&gt;"'
    assert filled.content == mark + sheet(changed, BOB, LIZ, end=end)
    assert (filled.filled, filled.unmarked, filled.locked) == (["12"], [], [])


def test_fill_writes_over_what_was_there():
    filled = fill(sheet(ANN, BOB), {"13": Grade(Fraction(200, 3), 'He said "no"')}, total=TOTAL)

    _, bob = cells(filled.content)
    assert (bob["Grade"], bob["Feedback comments"], bob["Full name"]) == ("66.67", 'He said "no"', 'Bob "B" Ray')
    assert filled.content.startswith(sheet(ANN))


def test_fill_leaves_who_is_not_marked_or_locked():
    original = sheet(ANN, BOB, LIZ, LIZ.replace("14", "15").replace(",No,", ",否,"))

    filled = fill(
        original,
        {"12": Grade(None, "x"), "14": Grade(Fraction(5), "x"), "15": Grade(Fraction(5), "x"), "13": Grade(None)},
        total=TOTAL,
    )

    assert filled.content == original
    assert (filled.filled, filled.unmarked, filled.locked) == ([], ["12", "13"], ["14", "15"])


def test_fill_gives_back_the_worksheet_without_grades(tmp_path):
    original = build_class(tmp_path, n=12).worksheet.read_bytes()

    assert fill(original, {}, total=TOTAL).content == original


def test_fill_leaves_a_line_with_too_many_cells():
    odd = ANN.replace(" 12", " 15") + ",more"

    filled = fill(sheet(odd, BOB), {"13": Grade(Fraction(1))}, total=TOTAL)

    assert filled.content.startswith(sheet(odd))
    assert filled.filled == ["13"]


def test_fill_needs_no_column_of_feedback():
    filled = fill(
        b"Identifier,Grade,Maximum grade\nParticipant 1,,10\n", {"1": Grade(Fraction(5), "words")}, total=Fraction(10)
    )

    assert filled.content == b"Identifier,Grade,Maximum grade\nParticipant 1,5,10\n"


@pytest.mark.parametrize(
    ("feedback", "cell"),
    [
        ("=1+1", "&#61;1+1"),
        ("+x", "&#43;x"),
        ("-x", "&#45;x"),
        ("@x", "&#64;x"),
        (" \t=x ", "&#61;x"),
        ("<script>&", "&lt;script&gt;&amp;"),
        ("one\r\ntwo\u2028three", "one<br>two<br>three"),
        ("", ""),
    ],
)
def test_fill_writes_feedback_as_html_that_nobody_runs(feedback, cell):
    (ann,) = cells(fill(sheet(ANN), {"12": Grade(Fraction(1), feedback)}, total=TOTAL).content)

    assert ann["Feedback comments"] == cell


@pytest.mark.parametrize(
    ("rows", "grades", "message"),
    [
        pytest.param(
            [ANN.replace("100.00", "60.00")],
            {"12": Grade(Fraction(5))},
            "The maximum grade must be the rubric's 100 points; it is '60.00' for participant 12",
            id="another maximum",
        ),
        pytest.param(
            [ANN.replace("100.00", "Good")], {"12": Grade(Fraction(5))}, "points; it is 'Good' for", id="a scale"
        ),
        pytest.param([ANN.replace("100.00", "")], {"12": Grade(Fraction(5))}, "points; it is '' for", id="no maximum"),
        pytest.param(
            [ANN],
            {"12": Grade(Fraction(5)), "99": Grade(Fraction(5))},
            "must be on the worksheet; of 2 there are 1 who are not, the first is 99",
            id="no row",
        ),
        pytest.param([ANN], {"12": Grade(Fraction(101))}, "must be from 0 to 100; participant 12 has 101", id="above"),
        pytest.param([ANN], {"12": Grade(Fraction(-1))}, "must be from 0 to 100; participant 12 has -1", id="below"),
    ],
)
def test_fill_refuses_what_moodle_would_pass_over(rows, grades, message):
    with pytest.raises(WorksheetError, match=re.escape(message)):
        fill(sheet(*rows), grades, total=TOTAL)


def test_fill_reads_a_maximum_with_a_comma():
    original = sheet(ANN.replace("100.00", '"100,00"'))

    assert fill(original, {"12": Grade(Fraction(5))}, total=TOTAL).filled == ["12"]


@given(st.lists(st.tuples(CELLS, CELLS, st.none() | st.fractions(0, 100), CELLS), max_size=4))
def test_fill_keeps_all_other_cells_whatever_is_in_them(people):
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(["Name", "Identifier", "Grade", "Maximum grade", "Feedback comments", "Notes"])
    for number, (name, notes, _, feedback) in enumerate(people):
        writer.writerow([name, f"Participant {number}", "", "100", feedback, notes])
    original = text.getvalue().encode()
    grades = {str(number): Grade(points, feedback) for number, (_, _, points, feedback) in enumerate(people)}

    before, after = cells(original), cells(fill(original, grades, total=TOTAL).content)

    assert len(before) == len(after)
    for (_, _, points, _), was, now in zip(people, before, after, strict=True):
        if points is None:
            assert now == was
        else:
            assert abs(Fraction(now.pop("Grade")) - points) <= Fraction(1, 200)
            assert re.fullmatch(r"[^<>\n]*", now.pop("Feedback comments").replace("<br>", ""))
            assert now.items() <= was.items()


@pytest.mark.parametrize(
    ("status", "is_submitted"),
    [
        ("Submitted for grading", True),
        (" submitted for grading - Graded", True),
        ("已提交,以評分", True),
        ("已提交\uff0c以評分", True),
        ("已提交以供評分", True),
        ("已提交以供评分", True),
        ("提交評分", True),
        ("提交评分 - 已评分", True),
        ("No submission", False),
        ("Draft (not submitted)", False),
        ("Reopened", False),
        ("沒有提交", False),
        ("未提交", False),
        ("草稿(未提交)", False),
        ("", False),
        ("-", False),
    ],
)
def test_row_tells_who_submitted(status, is_submitted):
    content = f'Identifier,Status,Grade\r\nParticipant 1,"{status}",\r\n'

    (row,) = parse_worksheet(content.encode()).rows

    assert (row.status.strip(), row.is_submitted) == (status.strip(), is_submitted)


def test_row_without_a_status_is_not_submitted():
    (row,) = parse_worksheet(b"Identifier,Grade\r\nParticipant 1,\r\n").rows

    assert (row.status, row.is_submitted) == ("", False)
