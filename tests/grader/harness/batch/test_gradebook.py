"""The gradebook: what goes in, what stays through a regrade, and every fault told in a sentence."""

import re
import signal
import socket
import subprocess
import sys
from dataclasses import replace
from datetime import datetime
from fractions import Fraction
from pathlib import Path

import pytest
from nbgrader.api import Base, Gradebook
from sqlalchemy import create_engine, select, text
from sqlalchemy.exc import ArgumentError

from grader.harness.batch import database
from grader.harness.batch.found import Person
from grader.harness.batch.gradebook import sync
from grader.harness.batch.marks import read_marks
from grader.harness.batch.records import Line, Status
from grader.harness.errors import GraderError
from grader.harness.marking import Lateness
from grader.harness.results import ManualPart
from grader.harness.rubric import Rubric, RubricLine
from tests.grader.harness.batch.databases import PASSWORD, fresh_database

pytestmark = pytest.mark.xdist_group("gradebook")  # what its module starts is started once
REPOSITORY = Path(__file__).resolve().parents[4]
RUBRIC = Rubric(
    [
        RubricLine("loads", "Loading", "merge.py can be loaded", "", Fraction(0)),
        RubricLine("handout", "The handout", "The handout's example", "", Fraction(6)),
        RubricLine("cycles", "Merging", "Rows that close a cycle", "", Fraction(3)),
    ],
    [
        ManualPart("algorithm", "Complete description of the algorithm", Fraction(20)),
        ManualPart("challenges", "Challenges and solutions", Fraction(20)),
    ],
    "0" * 64,
)
ADA = Person("A1", "A1", "Ada King Lovelace", "101", "ada@example.edu")
BOB = Person("B2", "B2", "王小明", "102")
SUBMITTED = datetime(2025, 10, 21, 23, 59)  # noqa: DTZ001 - as Moodle writes it


def make_line(person=ADA, status=Status.GRADED, points=(0, 6, "1.5"), **fields):
    fields.setdefault("submitted_at", SUBMITTED)
    values = {} if status is Status.NO_MARK else dict(zip(("loads", "handout", "cycles"), points, strict=True))
    worth = {key: Fraction(value) for key, value in values.items()}
    return Line(person, status, fields.pop("reason", ""), f"{person.key}_Lab3.zip", points=worth, **fields)


NO_MARK = make_line(status=Status.NO_MARK, reason="The sandbox could not be started.")


@pytest.fixture
def sqlite(tmp_path):
    return f"sqlite:///{tmp_path}/gradebook.db"


def dump(url):
    """Read every table, so that two gradebooks can be compared."""
    engine = create_engine(url)
    with engine.connect() as connection:
        tables = Base.metadata.sorted_tables
        content = {table.name: sorted(map(repr, connection.execute(select(table)))) for table in tables}
    engine.dispose()
    return content


def mark(url, cell, student="A1", comment=None, **fields):
    """Give marks as the formgrader does."""
    with Gradebook(url, "lab3") as book:
        grade = book.find_grade(cell, "lab3", "lab3", student)
        for name, value in fields.items():
            setattr(grade, name, value)
        grade.needs_manual_grade = grade.manual_score is None and grade.auto_score is None
        if comment is not None:
            book.find_comment(cell, "lab3", "lab3", student).manual_comment = comment
        book.db.commit()


def grades(url, student="A1"):
    with Gradebook(url, "lab3") as book:
        notebook = book.find_submission_notebook("lab3", "lab3", student)
        return {
            grade.name: (grade.auto_score, grade.manual_score, grade.needs_manual_grade) for grade in notebook.grades
        }


def notebook(url, field, student="A1"):
    with Gradebook(url, "lab3") as book:
        return getattr(book.find_submission_notebook("lab3", "lab3", student), field)


def test_sync_writes_what_nbgrader_reads(url):
    sync(url, "lab3", RUBRIC, [make_line()])

    with Gradebook(url, "lab3") as book:
        assignment = book.find_assignment("lab3")
        assert (assignment.max_code_score, assignment.max_written_score) == (9, 40)
        (submission,) = assignment.submissions
        assert (submission.student.last_name, submission.student.first_name) == ("Ada King Lovelace", "A1")
        assert submission.student.email == "ada@example.edu"
        assert submission.timestamp == SUBMITTED
        assert (submission.code_score, submission.written_score, submission.needs_manual_grade) == (7.5, 0, True)
    assert grades(url) == {
        "loads": (0, None, False),
        "handout": (6, None, False),
        "cycles": (1.5, None, False),
        "algorithm": (None, None, True),
        "challenges": (None, None, True),
    }


def test_sync_lists_who_handed_in_nothing(url):
    sync(url, "lab3", RUBRIC, [make_line()], absent=[BOB])

    with Gradebook(url, "lab3") as book:
        assert {student.id: len(student.submissions) for student in book.students} == {"A1": 1, "B2": 0}


def test_sync_twice_changes_nothing(url):
    late = Lateness(60.0, Fraction(5), "1 day late, 5 points a day")
    lines = [make_line(lateness=late), replace(NO_MARK, person=BOB, submitted_at=None)]
    sync(url, "lab3", RUBRIC, lines, absent=[Person("C3")])
    before = dump(url)
    sync(url, "lab3", RUBRIC, lines, absent=[Person("C3")])

    assert dump(url) == before


def test_sync_twice_leaves_the_file_alone(sqlite, tmp_path):
    lines = [make_line(), replace(NO_MARK, person=BOB)]
    sync(sqlite, "lab3", RUBRIC, lines)
    before = (tmp_path / "gradebook.db").read_bytes()
    sync(sqlite, "lab3", RUBRIC, lines)

    assert (tmp_path / "gradebook.db").read_bytes() == before


def test_sync_makes_the_same_gradebook_anew(sqlite, tmp_path):
    sync(sqlite, "lab3", RUBRIC, [make_line(), make_line(BOB)])
    other = f"sqlite:///{tmp_path}/other.db"
    sync(other, "lab3", RUBRIC, [make_line()])
    sync(other, "lab3", RUBRIC, [make_line(BOB)])

    assert dump(other) == dump(sqlite)


def test_sync_keeps_what_people_gave_through_a_regrade(url):
    sync(url, "lab3", RUBRIC, [make_line()])
    mark(url, "algorithm", manual_score=17.5, comment="Well told")
    mark(url, "handout", manual_score=5.0)
    mark(url, "cycles", extra_credit=0.5)
    sync(url, "lab3", RUBRIC, [make_line(points=(0, 3, 3))])

    assert grades(url)["handout"] == (3, 5, False)
    assert grades(url)["cycles"] == (3, None, False)
    marks = read_marks(url, "lab3", RUBRIC)["A1"]
    assert [(part.points, part.comment) for part in marks.parts] == [(Fraction("17.5"), "Well told"), (None, "")]
    assert {check.key: check.points for check in marks.overruled} == {"handout": 5, "cycles": Fraction("3.5")}


def test_sync_keeps_an_upload_that_disappeared(url):
    sync(url, "lab3", RUBRIC, [make_line(), make_line(BOB)])
    mark(url, "algorithm", student="B2", manual_score=4)
    sync(url, "lab3", RUBRIC, [make_line()])

    assert grades(url, "B2")["handout"] == (6, None, False)
    assert read_marks(url, "lab3", RUBRIC)["B2"].parts[0].points == 4


def test_sync_stores_the_penalty_and_takes_it_back(url):
    sync(url, "lab3", RUBRIC, [make_line(lateness=Lateness(90.0, Fraction("2.5"), "late"))])
    assert notebook(url, "late_submission_penalty") == 2.5

    sync(url, "lab3", RUBRIC, [make_line()])
    assert notebook(url, "late_submission_penalty") is None


def test_sync_leaves_scores_open_where_there_is_no_mark(url):
    sync(url, "lab3", RUBRIC, [NO_MARK])

    assert grades(url)["handout"] == (None, None, True)
    assert notebook(url, "flagged") is True


def test_sync_takes_the_flag_down_when_a_mark_comes(url):
    sync(url, "lab3", RUBRIC, [make_line()])
    sync(url, "lab3", RUBRIC, [NO_MARK])
    assert (grades(url)["cycles"], notebook(url, "flagged")) == ((None, None, True), True)

    sync(url, "lab3", RUBRIC, [make_line()])
    assert (grades(url)["cycles"], notebook(url, "flagged")) == ((1.5, None, False), False)


@pytest.mark.parametrize("line", [pytest.param(make_line(), id="graded"), pytest.param(NO_MARK, id="no mark")])
def test_sync_leaves_a_tas_flag(sqlite, line):
    sync(sqlite, "lab3", RUBRIC, [line])
    flagged = not notebook(sqlite, "flagged")
    with Gradebook(sqlite, "lab3") as book:
        book.find_submission_notebook("lab3", "lab3", "A1").flagged = flagged
        book.db.commit()
    sync(sqlite, "lab3", RUBRIC, [line])

    assert notebook(sqlite, "flagged") is flagged


def test_sync_takes_a_check_marked_by_hand_as_done(url):
    sync(url, "lab3", RUBRIC, [NO_MARK])
    mark(url, "handout", manual_score=4.5)
    sync(url, "lab3", RUBRIC, [NO_MARK])

    assert grades(url)["handout"] == (None, 4.5, False)
    (check,) = read_marks(url, "lab3", RUBRIC)["A1"].overruled
    assert (check.key, check.points) == ("handout", Fraction("4.5"))


def test_sync_says_why_nothing_could_be_graded(url):
    sync(url, "lab3", RUBRIC, [make_line(status=Status.UNGRADABLE, points=(0, 0, 0), reason="The zip\x00 is empty.")])

    with Gradebook(url, "lab3") as book:
        assert book.find_comment("loads", "lab3", "lab3", "A1").comment == "The zip\\x00 is empty."
    assert grades(url)["handout"] == (0, None, False)


@pytest.mark.parametrize(
    ("name", "shown", "student_id"),
    [
        pytest.param("王小明", "王小明", "A1", id="one word"),
        pytest.param('<b>Ada</b> "x', "\u2039b\u203aAda\u2039/b\u203a \u2033x", "A1", id="markup"),
        pytest.param("A\x00\ud800 B\u202e", "A\\x00\\ud800 B\\u202e", "A1", id="unseen characters"),
        pytest.param("x" * 500 + " y", "x" * 128, "A1", id="too long"),
        pytest.param(" \t ", None, None, id="only spaces"),
    ],
)
def test_sync_makes_names_harmless(url, name, shown, student_id):
    sync(url, "lab3", RUBRIC, [make_line(replace(ADA, full_name=name))])

    with Gradebook(url, "lab3") as book:
        student = book.find_student("A1")
        assert (student.last_name, student.first_name) == (shown, student_id)


def test_sync_tells_two_people_of_one_name_apart(url):
    sync(url, "lab3", RUBRIC, [make_line(), make_line(replace(ADA, key="B2-77", student_id="B2"))])

    # The formgrader writes "last, first".
    with Gradebook(url, "lab3") as book:
        shown = {f"{student.last_name}, {student.first_name}" for student in book.students}
    assert shown == {"Ada King Lovelace, A1", "Ada King Lovelace, B2"}


def test_sync_keeps_a_name_that_the_files_do_not_tell(url):
    sync(url, "lab3", RUBRIC, [make_line()])
    sync(url, "lab3", RUBRIC, [make_line(Person("A1"))])

    with Gradebook(url, "lab3") as book:
        assert (book.find_student("A1").last_name, book.find_student("A1").email) == (
            "Ada King Lovelace",
            "ada@example.edu",
        )


def test_sync_follows_the_rubric(url):
    sync(url, "lab3", RUBRIC, [make_line()])
    mark(url, "algorithm", manual_score=9)
    handout = replace(RUBRIC.checks[1], points=Fraction(8))
    new = RubricLine("crowds", "Crowds", "A hundred people in time", "", Fraction(4))
    rubric = replace(RUBRIC, checks=[RUBRIC.checks[0], handout, new], manual=RUBRIC.manual[:1])
    sync(url, "lab3", rubric, [replace(make_line(), points={"loads": Fraction(0), "handout": Fraction(8)})])

    assert grades(url) == {
        "loads": (0, None, False),
        "handout": (8, None, False),
        "crowds": (None, None, True),
        "algorithm": (None, 9, False),
    }
    with Gradebook(url, "lab3") as book:
        assert book.find_assignment("lab3").max_score == 8 + 4 + 20


@pytest.mark.parametrize(
    "given", [{"manual_score": 4}, {"extra_credit": 1}, {"comment": "Good"}], ids=["score", "extra credit", "comment"]
)
def test_sync_refuses_to_lose_what_people_gave(url, given):
    sync(url, "lab3", RUBRIC, [make_line()])
    mark(url, "challenges", **given)
    before = dump(url)

    with pytest.raises(GraderError, match=r"marks for 'challenges', which the rubric lacks\. Put it back"):
        sync(url, "lab3", replace(RUBRIC, manual=RUBRIC.manual[:1]), [make_line()])
    assert dump(url) == before


def test_sync_refuses_another_course(url):
    with open_book(url, "other") as book:
        book.add_assignment("lab3", course_id="other")

    with pytest.raises(GraderError, match=r"must belong to the course 'lab3'; there it belongs to 'other'\. Name"):
        sync(url, "lab3", RUBRIC, [make_line()])


def open_book(url, course):
    with database.open_gradebook(url, create=True):
        """Only the tables."""
    return Gradebook(url, course)


def test_sync_keeps_nothing_of_a_class_that_broke_off(url):
    sync(url, "lab3", RUBRIC, [make_line()])
    before = dump(url)

    def lines():
        yield from (make_line(Person(f"P{k:03}")) for k in range(250))
        raise OSError("the results are gone")

    with pytest.raises(OSError, match="the results are gone"):
        sync(url, "lab3", RUBRIC, lines())
    assert dump(url) == before


KILLED = """
import os, signal, sys
from tests.grader.harness.batch.test_gradebook import RUBRIC, Person, make_line, sync

def lines():
    yield from (make_line(Person(f"P{k:03}")) for k in range(150))
    os.kill(os.getpid(), signal.SIGKILL)

sync(sys.stdin.read(), "lab3", RUBRIC, lines())
"""


def test_sync_is_all_or_nothing_when_killed(url):
    done = subprocess.run([sys.executable, "-c", KILLED], input=url.encode(), cwd=REPOSITORY, check=False)

    assert done.returncode == -signal.SIGKILL
    # Not even tables are left: half of them would not be taken for a gradebook.
    sync(url, "lab3", RUBRIC, [make_line()])
    assert list(read_marks(url, "lab3", RUBRIC)) == ["A1"]


def test_sync_reads_lines_once_and_a_few_at_a_time(sqlite, monkeypatch):
    monkeypatch.setattr("grader.harness.batch.gradebook.BATCH", 2)
    sync(sqlite, "lab3", RUBRIC, (make_line(Person(key)) for key in "vwxyz"))

    assert list(read_marks(sqlite, "lab3", RUBRIC)) == list("vwxyz")


def test_read_marks_has_nothing_before_anybody_marked(url):
    sync(url, "lab3", RUBRIC, [make_line(BOB), make_line()], absent=[Person("C3")])
    marks = read_marks(url, "lab3", RUBRIC)

    assert list(marks) == ["A1", "B2"]
    assert [(part.key, part.max_points, part.points) for part in marks["A1"].parts] == [
        ("algorithm", 20, None),
        ("challenges", 20, None),
    ]
    assert marks["A1"].overruled == []


def test_read_marks_adds_extra_credit(url):
    sync(url, "lab3", RUBRIC, [make_line()])
    mark(url, "algorithm", manual_score=20, extra_credit=0.1)
    mark(url, "challenges", extra_credit=3)

    assert [part.points for part in read_marks(url, "lab3", RUBRIC)["A1"].parts] == [Fraction("20.1"), None]


def test_read_marks_leaves_out_what_still_needs_a_person(url):
    sync(url, "lab3", RUBRIC, [make_line()])
    mark(url, "algorithm", manual_score=20)
    with Gradebook(url, "lab3") as book:
        book.find_grade("algorithm", "lab3", "lab3", "A1").needs_manual_grade = True
        book.db.commit()

    assert read_marks(url, "lab3", RUBRIC)["A1"].parts[0].points is None


@pytest.mark.parametrize("value", [-1.0, float("inf")], ids=["negative", "infinite"])
def test_read_marks_refuses_points_that_are_none(url, value):
    sync(url, "lab3", RUBRIC, [make_line()])
    mark(url, "algorithm", manual_score=value)

    with pytest.raises(GraderError, match=rf"numbers from 0 on; A1 has \[{value}, 0.0\] for 'Complete.* Put it right"):
        read_marks(url, "lab3", RUBRIC)


def test_read_marks_needs_a_gradebook(sqlite, tmp_path):
    with pytest.raises(GraderError, match=r"There must be a gradebook; .*gradebook\.db does not exist\. Grade the"):
        read_marks(sqlite, "lab3", RUBRIC)
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
def test_read_marks_needs_a_gradebook_with_tables(cluster):
    (address,) = fresh_database(cluster)

    with pytest.raises(GraderError, match=r"the database is empty\. Grade the class first") as caught:
        read_marks(address, "lab3", RUBRIC)
    assert PASSWORD not in str(caught.value)


def closed_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


@pytest.mark.parametrize(
    ("address", "message"),
    [
        pytest.param(f"postgresql//ta:{PASSWORD}@host", "this one cannot be read. Check it, or leave", id="no address"),
        pytest.param(
            f"paper://ta:{PASSWORD}@host/x", r"driver that is installed; paper://ta:\*\*\*@host/x does", id="kind"
        ),
        pytest.param(f"mysql+oursql://u:{PASSWORD}@h/x", "does not: .*. Install the driver, or leave", id="no driver"),
        pytest.param(
            "sqlite:////nowhere/at/all/x.db", "is not: unable to open database file. Check that", id="no folder"
        ),
    ],
)
def test_sync_tells_what_is_wrong_with_an_address(address, message):
    with pytest.raises(GraderError, match=message) as caught:
        sync(address, "lab3", RUBRIC, [])
    assert PASSWORD not in str(caught.value)


@pytest.mark.slow
@pytest.mark.parametrize("options", ["", f"?password={PASSWORD}"], ids=["before the host", "as an option"])
def test_sync_tells_when_no_server_answers(cluster, options):
    user = "ta" if options else f"ta:{PASSWORD}"
    address = f"{cluster.drivername}://{user}@127.0.0.1:{closed_port()}/lab{options}"

    with pytest.raises(
        GraderError, match=r"read and written; .*@127\.0\.0\.1:\d+/lab is not: .*that its server runs"
    ) as caught:
        sync(address, "lab3", RUBRIC, [])
    assert PASSWORD not in str(caught.value)


@pytest.mark.slow
def test_sync_tells_when_the_password_is_wrong(cluster):
    wrong = cluster.set(password="Wrong-Word").render_as_string(hide_password=False)  # noqa: S106 - that is the test

    with pytest.raises(GraderError, match="password authentication failed") as caught:
        sync(wrong, "lab3", RUBRIC, [])
    assert "Wrong-Word" not in str(caught.value)


def test_sync_blots_a_password_out_of_what_a_driver_says(sqlite, monkeypatch):
    def complain(*_, **__):
        raise ArgumentError(f"cannot use word={PASSWORD}\nand more")

    monkeypatch.setattr("sqlalchemy.create_engine", complain)
    with pytest.raises(GraderError, match=r"does not: cannot use word=\*\*\*\. Install the driver"):
        sync(f"postgresql+psycopg://ta@host/lab?password={PASSWORD}", "lab3", RUBRIC, [])


def test_sync_names_the_driver_of_postgresql(monkeypatch):
    monkeypatch.setitem(sys.modules, "psycopg", None)

    with pytest.raises(GraderError, match=r"does not: .*psycopg\[binary\]>=3\.2\"` installs PostgreSQL's") as caught:
        sync(f"postgresql+psycopg://ta:{PASSWORD}@host/lab", "lab3", RUBRIC, [])
    assert PASSWORD not in str(caught.value)


def change(url, *statements):
    engine = create_engine(url)
    with engine.begin() as connection:
        for statement in statements:
            connection.execute(text(statement))
    engine.dispose()


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        pytest.param(
            "DROP TABLE alembic_version", "holds other tables and lacks 'alembic_version'. Name", id="foreign"
        ),
        pytest.param("UPDATE alembic_version SET version_num='f0'", "has those of f0. Use the nbgrader", id="newer"),
        pytest.param("DELETE FROM alembic_version", "has those of none. Use the nbgrader that made it", id="none"),
        pytest.param("DROP TABLE comment", "holds other tables and lacks 'comment'", id="half"),
    ],
)
def test_sync_refuses_a_database_that_is_no_gradebook(url, statement, message):
    sync(url, "lab3", RUBRIC, [])
    change(url, statement)

    for action in (lambda: sync(url, "lab3", RUBRIC, []), lambda: read_marks(url, "lab3", RUBRIC)):
        with pytest.raises(GraderError, match=message):
            action()


def test_sync_refuses_a_file_that_is_no_database(sqlite, tmp_path):
    (tmp_path / "gradebook.db").write_bytes(b"a letter to the TA" * 100)

    with pytest.raises(GraderError, match=r"is not: file is not a database\. Check that the address is right"):
        sync(sqlite, "lab3", RUBRIC, [make_line()])
    assert (tmp_path / "gradebook.db").read_bytes().startswith(b"a letter")


def test_sync_tells_who_keeps_the_gradebook_locked(sqlite, monkeypatch):
    sync(sqlite, "lab3", RUBRIC, [make_line()])
    monkeypatch.setattr(database, "WAIT_S", 0.01)

    with database.open_gradebook(sqlite, create=True), pytest.raises(GraderError, match="is not: database is locked"):
        sync(sqlite, "lab3", RUBRIC, [make_line()])


@pytest.mark.parametrize(
    ("address", "kept"),
    [
        pytest.param("postgresql+psycopg://ta:x@h/lab?a=b", "postgresql+psycopg://ta@h/lab?a=b", id="password"),
        pytest.param("postgresql+psycopg://ta@h/lab?password=x&a=b", "postgresql+psycopg://ta@h/lab?a=b", id="option"),
        pytest.param("sqlite:///x.db", "sqlite:///x.db", id="file"),
    ],
)
def test_drop_password_keeps_the_rest(address, kept):
    assert database.drop_password(address) == kept


def test_show_address_hides_the_password():
    shown = database.show_address(f"postgresql+psycopg://ta:{PASSWORD}@h/lab?password={PASSWORD}")

    assert re.fullmatch(r"postgresql\+psycopg://ta:\*\*\*@h/lab", shown)
