"""What a TA reads in the terminal: who was stopped by one line, and by which."""

from pathlib import Path

import pytest

from grader.harness.batch.found import Entry, Person, Place, Roll, WithoutFile
from grader.harness.batch.records import Status
from grader.harness.batch.summary import MAX_LISTED, write_summary
from tests.grader.harness.batch.lines import make_line


def summary(*lines, **found):
    return write_summary(Roll([], **found), dict.fromkeys(Status, 0), lines, 0, Path("out"))


@pytest.mark.parametrize(("n_graded", "words"), [(1, "1 entry:\n"), (2, "2 entries:\n")])
def test_summary_begins_with_how_many_there_are(n_graded, words):
    counts = dict.fromkeys(Status, 0) | {Status.GRADED: n_graded}

    assert write_summary(Roll([]), counts, [], 0, Path("out")).startswith(words)


def test_summary_lists_who_was_stopped_by_one_line():
    text = summary(make_line("N1", stopped_by="line 3 of merge.py: import foo"), make_line("N2"))

    assert "\n1 submission stopped by one line, to look at:\n  N1: line 3 of merge.py: import foo\nThe class:" in text
    assert "N2" not in text


def test_summary_says_nothing_where_nobody_was_stopped():
    assert "one line" not in summary(make_line("N1"))


def test_summary_shortens_the_list_of_the_stopped():
    text = summary(*[make_line(f"N{number}", stopped_by="line 1 of merge.py") for number in range(MAX_LISTED + 2)])

    assert f"{MAX_LISTED + 2} submissions stopped by one line" in text
    assert text.count("line 1 of merge.py") == MAX_LISTED
    assert "  and 2 more, on the class page" in text


TEXT = Entry("t.html", Place(Path("t.html")), "t.html", text="Hello")


def test_summary_tells_who_submitted_without_a_file_from_who_did_nothing():
    without_file = [
        WithoutFile(Person("N1"), "Submitted for grading"),
        WithoutFile(Person("N2"), "No\x1bsubmission", (TEXT,)),
        WithoutFile(Person("N3"), "", (TEXT,)),
    ]

    text = summary(absent=[Person("N4")], without_file=without_file)

    assert (
        "\n1 on the worksheet handed in nothing.\n"
        "3 students submitted, but without a file that was found:\n"
        "  N1: Moodle says 'Submitted for grading'\n"
        "  N2: Moodle says 'No\\\\x1bsubmission', there is an online text\n"
        "  N3: there is an online text\n"
    ) in text
    assert "without a file" not in summary(absent=[Person("N4")])


def test_summary_lists_whose_other_upload_looks_like_an_answer():
    text = summary(make_line("N1", other_answer="class.zip/a.zip"), make_line("N2"))

    assert (
        "\n1 student whose upload that counts holds no answer, while another one looks like one; --take ID=FILE lets "
        "it count:\n  N1: class.zip/a.zip\nThe class:"
    ) in text
    assert "--take" not in summary(make_line("N2"))


def test_summary_tells_which_files_are_of_another_lab():
    stray = Entry(
        "x/N1_Lab9.zip", Place(Path("x")), "N1_Lab9.zip", why_not="a file of Lab9 by its name", other_lab="Lab9"
    )

    text = summary(others=[stray, Entry("a.txt", Place(Path("a.txt")), "a.txt", why_not="a text")])

    assert "\n1 file of another lab by the name, left out:\n  x/N1_Lab9.zip\n" in text
    assert "a.txt" not in text
