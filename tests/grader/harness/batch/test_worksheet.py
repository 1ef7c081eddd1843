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
from grader.harness.batch.columns import COLUMNS
from grader.harness.batch.filling import Grade, fill
from grader.harness.batch.table import read_table
from grader.harness.batch.times import parse_time
from grader.harness.batch.worksheet import parse_worksheet, read_worksheet
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


TRADITIONAL = "識別碼,全名,學號,電子郵件信箱,狀態,成績,最高成績,成績可以更改,最後修改(提交),最後修改(成績),回饋意見"
OF_A_SCHOOL = (
    "識別碼,姓名,ID number,Email,狀態,分數,最高分數,分數可以被更改,"
    "最後修改\uff08學生\uff09,最後修改\uff08老師\uff09,評語"
)
SIMPLIFIED = "标识符,全名,学号,电子邮件地址,状态,成绩,最高分,允许更改成绩,最后修改 (提交),最后修改 (成绩),反馈评语"
CHINESE = {"traditional": TRADITIONAL, "of a school": OF_A_SCHOOL, "simplified": SIMPLIFIED}


@pytest.mark.parametrize("header", CHINESE.values(), ids=CHINESE)
@pytest.mark.parametrize("when", ["2025年 10月 21日(二) 23:59", "2025年10月21日 星期二 23:59"])
def test_worksheet_in_chinese_is_read_and_filled(header, when):
    rows = [
        f"參與者12,王小明,n26130001,ann@example.edu,已繳交,,100.00,是,{when},-,",
        f"参与者13,李四,,bob@example.edu,-,,100.00,否,{when},-,",
    ]

    ann, bob = parse_worksheet(sheet(*rows, header=header)).rows
    filled = fill(sheet(*rows, header=header), {"12": Grade(Fraction(5), "x"), "13": Grade(Fraction(5))}, total=TOTAL)

    assert (ann.participant, ann.full_name, ann.student_id, ann.email, ann.max_grade) == (
        *("12", "王小明", "n26130001", "ann@example.edu", "100.00"),
    )
    assert ann.submitted_at == bob.submitted_at == datetime(2025, 10, 21, 23, 59)  # noqa: DTZ001
    assert (filled.filled, filled.locked) == (["12"], ["13"])
    assert filled.content.decode().splitlines()[1].endswith(f"已繳交,5,100.00,是,{when},-,x")


def test_columns_have_names_that_stand_for_one_column_only():
    names = [name for names in COLUMNS.values() for name in names]

    assert len(set(names)) == len(names)


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
        pytest.param(
            "識別碼,成績,分數\n".encode(), "must have one column 'Grade'; the columns here are: '識", id="two names"
        ),
        pytest.param(
            b"Kennung,Bewertung\n",
            "'Kennung, Bewertung'. Their names are known in English and in Chinese: download the grading worksheet "
            "again with Moodle in English (choose it in Moodle's menu of languages, or put lang=en behind the ? of the "
            "page's address), and leave its commas",
            id="another language",
        ),
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
        ("2025年 10月 21日(二) 23:59", (2025, 10, 21, 23, 59)),
        ("2025年10月21日\uff08二\uff0923\uff1a59", (2025, 10, 21, 23, 59)),
        ("星期二, 2025年10月21日, 23:59", (2025, 10, 21, 23, 59)),
        ("2025年10月21日 晚上11:59", None),
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


OURS = "Code: 55 points.\nToo slow <b>.\nReport: 31 points.\nTogether: 86 points."
OURS_HTML = "Code: 55 points.<br>Too slow &lt;b&gt;.<br>Report: 31 points.<br>Together: 86 points."


def bob_with(grade, feedback):
    return BOB.replace(",50.00,", f",{grade},").replace('"Old\nwords"', f'"{feedback}"')


def refill(grade, feedback, points=86, words=OURS, *, overwrite=False):
    """Fill the row of somebody that has a grade and feedback already; tell what stands there then."""
    exported = [*OURS.splitlines(), *words.splitlines()]
    grades = {"13": Grade(Fraction(points), words, exported)}
    filled = fill(sheet(ANN, bob_with(grade, feedback)), grades, total=TOTAL, overwrite=overwrite)
    _, bob = cells(filled.content)
    return bob["Grade"], bob["Feedback comments"], bool(filled.by_hand), bool(filled.commented)


def test_fill_keeps_what_somebody_filled_in():
    filled = fill(sheet(ANN, BOB), {"13": Grade(Fraction(200, 3), 'He said "no"')}, total=TOTAL)

    _, bob = cells(filled.content)
    assert (bob["Grade"], bob["Feedback comments"]) == ("50.00", 'Old\nwords<hr>He said "no"')
    assert (filled.by_hand, filled.commented) == (["13"], ["13"])
    assert filled.content.startswith(sheet(ANN))


def test_fill_writes_over_what_somebody_filled_in_when_asked():
    filled = fill(sheet(ANN, BOB), {"13": Grade(Fraction(200, 3), 'He said "no"')}, total=TOTAL, overwrite=True)

    _, bob = cells(filled.content)
    assert (bob["Grade"], bob["Feedback comments"], bob["Full name"]) == ("66.67", 'He said "no"', 'Bob "B" Ray')
    assert (filled.by_hand, filled.commented) == (["13"], ["13"])
    assert filled.content.startswith(sheet(ANN))


@pytest.mark.parametrize("grade", ["86.00", "86", '"86,00"', "", "-"])
def test_fill_takes_an_equal_grade_for_ours(grade):
    assert refill(grade, "") == ("86", OURS_HTML, False, False)


@pytest.mark.parametrize(
    "feedback",
    [
        "",
        "<p></p>",
        "<p>&nbsp;<br></p>",
        OURS_HTML,
        OURS_HTML.replace("<br>", "<br />"),
        f"<p>{OURS_HTML.replace('<br>', '</p><p>')}</p>",
        f'<div class=""no-overflow""><p dir=""ltr"">{OURS_HTML}</p></div>',
        OURS_HTML.replace("Too slow", "Too&nbsp; slow"),
    ],
    ids=["empty", "paragraph", "blank", "same", "breaks", "paragraphs", "wrapped", "blanks"],
)
def test_fill_replaces_our_own_feedback_in_any_form(feedback):
    again = OURS.replace("55", "57").replace("86", "88")

    assert refill("86.00" if feedback.count("86") else "", feedback, 88, again) == (
        "88",
        OURS_HTML.replace("55", "57").replace("86", "88"),
        False,
        False,
    )


@pytest.mark.parametrize(
    ("feedback", "others"),
    [
        ("Well done!", "Well done!"),
        ("<p>Well <b>done</b>!</p><p></p>", "<p>Well <b>done</b>!</p>"),
        (f"Well done!<hr>{OURS_HTML}", "Well done!"),
        (f"<p>Well done!</p><hr /><p>{OURS_HTML}</p>", "<p>Well done!</p>"),
        (f"{OURS_HTML}<br>See me!", "See me!"),
        (f"<p>{OURS_HTML}</p>\n<hr />\n<p>See me!</p>", "<p>See me!</p>"),
        (f"Well done!<hr>{OURS_HTML}<br>See me!", "Well done!<hr>See me!"),
        (OURS_HTML.replace("Too slow", "Much too slow"), "Much too slow &lt;b&gt;."),
        ("<img src=x>", "<img src=x>"),
    ],
    ids=[
        "words",
        "markup",
        "above",
        "above in markup",
        "below",
        "below in markup",
        "both",
        "a line of ours, changed",
        "picture",
    ],
)
def test_fill_keeps_somebodys_words_and_adds_ours_once(feedback, others):
    first = refill("86", feedback)

    assert first == ("86", f"{others}<hr>{OURS_HTML}", False, True)
    assert refill("86.00", first[1]) == first


def test_fill_knows_lines_of_numbers_that_nobody_remembers():
    old = "Code: 55 points.<br>Look!<br>Report: 31 points.<br>Together: 86 points."
    filled = fill(sheet(bob_with("86.00", old)), {"13": Grade(Fraction(88), "Together: 88 points.")}, total=TOTAL)

    (bob,) = cells(filled.content)
    assert (bob["Grade"], bob["Feedback comments"]) == ("88", "Look!<hr>Together: 88 points.")


@pytest.mark.parametrize(
    ("grade", "feedback", "kept"),
    [
        ("86.00", OURS_HTML, False),
        ("85.00", OURS_HTML, True),
        ("86.00", "", True),
        ("Good", OURS_HTML, True),
    ],
    ids=["ours of before", "changed by hand", "without our words", "scale"],
)
def test_fill_replaces_a_grade_of_ours_only(grade, feedback, kept):
    again = OURS.replace("86", "88")

    done = refill(grade, feedback, 88, again)
    assert (done[0], done[2]) == (grade if kept else "88", kept)


def test_fill_knows_its_grades_where_there_is_no_feedback():
    original = b"Identifier,Grade,Maximum grade\nParticipant 1,86.00,100\n"

    def refilled(*exported):
        grade = Grade(Fraction(88), "Together: 88 points.", exported)
        return fill(original, {"1": grade}, total=TOTAL).by_hand

    assert (refilled("Together: 86 points."), refilled()) == ([], ["1"])


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
        ("a;=1", "a;&#61;1"),
        ("a\t+1", "a\t&#43;1"),
        ("one\n-x", "one<br>&#45;x"),
        ("\uff1d1", "&#65309;1"),
        ("a = b - c", "a = b - c"),
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

    before = cells(original)
    after = cells(fill(original, grades, total=TOTAL, overwrite=True).content)

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
