"""What is made of a class's results: where the gradebook is, and what happens to results that somebody edited."""

import pytest

from grader.harness.batch.database import sqlite_file
from grader.harness.batch.publish import find_gradebook, list_results, render_feedback
from grader.harness.batch.run import make_line
from grader.harness.batch.store import Store
from grader.harness.errors import GraderError
from grader.labs.merge.lab import LAB
from tests.grader.harness.batch.lines import make_outcome, make_upload


@pytest.mark.parametrize("name", ["out", "lab 3?", "50%41 #1", "a@b:c", "許"], ids=ascii)
def test_gradebook_lies_in_the_class_folder_whatever_that_is_called(tmp_path, name):
    assert sqlite_file(find_gradebook(Store(tmp_path / name), "")) == tmp_path / name / "gradebook.db"


def test_gradebook_is_the_one_that_was_given(tmp_path):
    assert find_gradebook(Store(tmp_path), "postgresql+psycopg://ta@host/lab3") == "postgresql+psycopg://ta@host/lab3"


@pytest.mark.parametrize(
    "results", [b'{"score": 5', b'{"extra_data": {"record": {"format": 1}}}'], ids=["cut", "older"]
)
@pytest.mark.parametrize(
    "make",
    [list_results, lambda lab, store, lines: render_feedback(lab, store, lines, {})],
    ids=["gradescope", "feedback"],
)
def test_results_that_cannot_be_read_are_told(tmp_path, make, results):
    upload, outcome = make_upload(tmp_path, "N1"), make_outcome(results=results)
    store, line = Store(tmp_path / "out"), make_line(upload, "cafe", outcome)
    store.commit(line, "N1_Lab3.zip", b"zip", outcome)

    with pytest.raises(GraderError, match=r"those of N1 cannot be read: .* Grade them again: .* --regrade N1"):
        list(make(LAB, store, [line]))
