"""What is made of a class's results: where the gradebook is, and what happens to results that somebody edited."""

import html
import json

import pytest

from grader.harness.batch.database import sqlite_file
from grader.harness.batch.found import Roll
from grader.harness.batch.gradebook import sync
from grader.harness.batch.layout import assignment_of
from grader.harness.batch.publish import (
    find_gradebook,
    find_pairs,
    list_results,
    publish,
    render_feedback,
    write_notebooks,
)
from grader.harness.batch.records import Status
from grader.harness.batch.run import make_line
from grader.harness.batch.store import Store
from grader.harness.errors import GraderError
from grader.harness.intake.loose import LooseReport
from grader.harness.lab_files import load_lab_files
from grader.labs.merge.lab import LAB
from tests.grader.harness.batch import pdfs
from tests.grader.harness.batch.lines import make_outcome, make_upload
from tests.oddities import docx
from tests.submissions.malformed import SOURCE, pack, pack_lab


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


def write_course_of(tmp_path, report, name="N1_Lab3_report.pdf"):
    """Write the notebook of somebody whose report lies beside their code; return its cells by what they say."""
    upload, outcome = make_upload(tmp_path, "N1"), make_outcome(status=Status.NO_MARK)
    store, reports = Store(tmp_path / "out"), (LooseReport(name, report),)
    line = make_line(upload, "cafe", outcome, reports)
    store.commit(line, "N1_Lab3.zip", pack(("merge.py", SOURCE)), outcome, reports)
    url = find_gradebook(store, "")
    rubric = load_lab_files(LAB).rubric
    sync(url, assignment_of(LAB), rubric, [line])
    (notebook,) = write_notebooks(LAB, store, rubric, [line], url).rglob("*.ipynb")
    cells = json.loads(notebook.read_bytes())["cells"]
    return {html.unescape("".join(cell["source"])): cell.get("outputs", []) for cell in cells}


def test_notebook_shows_the_report_beside_a_submission_and_where_its_other_pages_are(tmp_path):
    cells = write_course_of(tmp_path, pdfs.report(21))

    assert len(cells["# The report: 20 pages"]) == 20
    (told,) = [says for says in cells if "The written report" in says]
    assert (
        "The report has 21 pages; the first 20 are shown. All pages: python -m grader mark OUT, or the report itself "
        "in OUT/submissions (N1)."
    ) in told


def test_notebook_shows_the_text_of_a_word_document(tmp_path):
    cells = write_course_of(tmp_path, docx("1. Algorithm"), "r.docx")

    (output,) = cells["# The text of the report, without its pictures and layout"]
    assert "1. Algorithm" in "".join(output["data"]["text/plain"])


BROKEN = b"def find(a:\n    return a\n\n\ndef solve(rows):\n    for row in rows:\n        print(row, row, row)\n"


def hand_in(store, folder, key, source, **changes):
    """Commit a submission with this code, and give its line."""
    upload, outcome = make_upload(folder, key), make_outcome(**changes)
    line = make_line(upload, "cafe", outcome)
    store.commit(line, f"{key}_Lab3.zip", pack_lab(source), outcome)
    return line


def test_pairs_are_found_among_those_that_do_not_run_and_stand_side_by_side(tmp_path, capsys):
    store = Store(tmp_path / "out")
    lines = [
        hand_in(store, tmp_path, "N1", BROKEN, status=Status.UNGRADABLE),
        hand_in(store, tmp_path, "N2", BROKEN, status=Status.UNGRADABLE),
        hand_in(store, tmp_path, "N3", b"def solve(rows):\n    return sorted(rows)\n"),
        hand_in(store, tmp_path, "N4", BROKEN, status=Status.NO_MARK),
    ]

    find_pairs(LAB, store, lines)

    assert [(pair.first, pair.second) for pair in store.pairs()] == [("N1", "N2")]
    assert store.pair_pages() == {"N1--N2.html"}
    assert "for row in rows:" in (store.folder / "pairs" / "N1--N2.html").read_text("utf-8")
    shown = capsys.readouterr().err
    assert "Code to compare: 100%" in shown
    assert "Similar pairs: 3 programs ...\n" in shown
    assert "Side by side: 100%" in shown


def test_pages_of_pairs_that_are_none_any_more_go(tmp_path):
    store = Store(tmp_path / "out")
    lines = [hand_in(store, tmp_path, key, BROKEN) for key in ("N1", "N2")]
    find_pairs(LAB, store, lines)

    find_pairs(LAB, store, lines[:1])

    assert (store.pairs(), store.pair_pages()) == ([], set())


def test_publishing_tells_what_goes_on_after_the_bar(tmp_path, capsys):
    store = Store(tmp_path / "out")
    line = hand_in(store, tmp_path, "N1", BROKEN)
    store.call(LAB.name, Roll([make_upload(tmp_path, line.person.key)]))

    publish(LAB, store, load_lab_files(LAB).rubric, find_gradebook(store, ""))

    assert capsys.readouterr().err == "Gradebook: 1 student ...\nClass page: 1 student ...\n"
    assert not [path for path in store.folder.rglob("*") if path.stat().st_mode & 0o077]
