"""What a TA reads in the terminal: who was stopped by one line, and by which."""

from pathlib import Path

from grader.harness.batch.records import Roll, Status
from grader.harness.batch.summary import MAX_LISTED, write_summary
from tests.grader.harness.batch.lines import make_line


def summary(*lines):
    return write_summary(Roll([]), dict.fromkeys(Status, 0), lines, 0, Path("out"))


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
