"""What a worker does with one submission, whatever happens to it there."""

import io
import re
import zipfile

import pytest

from grader.harness.batch.records import Job, Status
from grader.harness.batch.task import grade_upload
from grader.harness.errors import HostBusy
from grader.harness.intake.loose import LooseReport
from grader.harness.intake.names import Naming
from grader.harness.sandbox.policy import Mode
from grader.labs.merge.lab import LAB
from tests.grader.harness.batch import pdfs


@pytest.mark.parametrize(
    ("fault", "says"),
    [
        (OSError("no room"), "The grader failed: no room"),
        (MemoryError("too much"), "The grader failed: MemoryError: too much"),
        (KeyError("odd"), "The grader failed: KeyError: 'odd'"),
    ],
    ids=["machine", "memory", "grader"],
)
def test_task_gives_no_mark_when_the_grader_fails(monkeypatch, fault, says):
    tried = []

    def fail(*_):
        tried.append(1)
        raise fault

    monkeypatch.setattr("grader.harness.batch.task.grade_submission", fail)

    outcome = grade_upload(LAB, Job("N1", "N1_Lab3.zip", b"no zip"))

    assert (outcome.status, outcome.reason) == (Status.NO_MARK, says)
    assert outcome.precheck.notes == ("There is no written report in the submission, or it cannot be read.",)
    assert len(tried) == 2


def test_task_looks_at_the_report_beside_a_submission(monkeypatch):
    def fail(_, submission, *__):
        raise HostBusy(f"{submission.source!r} {submission.handed.report_name}")

    monkeypatch.setattr("grader.harness.batch.task.grade_submission", fail)

    reports = (LooseReport("N26130891_Lab3_report.pdf", pdfs.report()),)
    outcome = grade_upload(LAB, Job("N1", "merge.py", b"x = 1\n", reports=reports))

    assert outcome.reason.endswith(r"b'x = 1\n' N26130891_Lab3_report.pdf")
    assert outcome.precheck.n_pages == 4


def test_task_leaves_for_later_what_the_machine_has_no_time_for(monkeypatch):
    tried = []

    def fail(*_):
        tried.append(1)
        raise HostBusy("too much other work")

    monkeypatch.setattr("grader.harness.batch.task.grade_submission", fail)

    outcome = grade_upload(LAB, Job("N1", "N1_Lab3.zip", b"no zip"))

    assert (outcome.status, outcome.reason) == (Status.NO_MARK, "The grader failed: too much other work")
    assert outcome.is_to_be_repeated
    assert len(tried) == 1


def test_task_gives_no_mark_when_a_submission_cannot_be_opened_by_a_fault_of_ours(monkeypatch):
    def fail(*_, **__):
        raise ValueError("odd zip")

    monkeypatch.setattr("grader.harness.batch.task.open_submission_bytes", fail)

    outcome = grade_upload(LAB, Job("N1", "N1_Lab3.zip", b"no zip"))

    assert (outcome.status, outcome.reason) == (Status.NO_MARK, "The grader failed: ValueError: odd zip")


@pytest.mark.parametrize(
    ("source", "stopped_by"),
    [(b"import no_such_module\n", "line 1 of merge.py: import no_such_module"), (b"", "")],
    ids=["import", "empty"],
)
def test_task_tells_the_line_that_stopped_the_code(source, stopped_by):
    outcome = grade_upload(LAB, Job("N1", "merge.py", source, Mode.AUTO))

    assert (outcome.status, outcome.stopped_by) == (Status.UNGRADABLE, stopped_by)


@pytest.mark.parametrize(
    ("name", "student_id", "shown"),
    [
        ("n26130001_Lab3.zip", "n26130001", b"n26130001"),
        ("N26130001_Lab3.zip", "n26130001", b"n26130001"),
        ("N26130001_Lab3.zip", "n26130002", b"N26130001"),
        ("final.zip", "ab12345", b"ab12345"),
        ("N26130001_Lab3.zip", "", b"N26130001"),
    ],
    ids=["small", "capitals in the name", "another's", "none in the name", "unknown"],
)
def test_task_shows_the_id_in_the_letters_of_the_class(name, student_id, shown):
    outcome = grade_upload(LAB, Job("N26130001", name, b"no zip", student_id=student_id))

    assert outcome.status is Status.UNGRADABLE
    assert b"<h1><bdi>%s</bdi></h1>" % shown in outcome.page


@pytest.mark.parametrize("name", ["lab3 (1).zip", "n26130001_lab3.zip", "骨架合併_王小明.zip", "lab3.zip.zip"])
def test_task_shows_the_name_that_the_file_was_uploaded_by(name):
    page = grade_upload(LAB, Job("upload-544cd60b", name, b"no zip", student_id="n26130001")).page.decode()

    assert f"<title>n26130001, {name}: results of OpenPose lab 3</title>" in page
    assert f"Handed in as <bdi>{name}</bdi>" in page
    assert "upload-544cd60b" not in page


ZIP = "N26130891_Lab3.zip"


def grade(language, monkeypatch, **variables):
    """Grade bytes that are no zip, on a machine with these variables."""
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    return grade_upload(LAB, Job("N26130891", ZIP, b"no zip"), language=language)


def test_page_of_a_student_is_in_the_language_of_the_class(monkeypatch):
    english, chinese = grade("en", monkeypatch), grade("zh-TW", monkeypatch)

    assert b'<html lang="en">' in english.page
    assert "檔案必須真的是 zip" in chinese.page.decode()
    assert without_times(chinese.results) == without_times(english.results)
    assert chinese.reason == english.reason


def test_class_is_graded_alike_whatever_the_machine_speaks(monkeypatch):
    here = grade("en", monkeypatch)
    there = grade("en", monkeypatch, LANG="zh_TW.UTF-8", LC_ALL="zh_TW.UTF-8", LANGUAGE="zh_TW")

    assert there.page == here.page
    assert without_times(there.results) == without_times(here.results)


def without_times(results):
    """Leave out the seconds, which are others every time."""
    return re.sub(rb'"(execution_time|student_s)":[0-9.e-]+', b"", results)


def test_task_tells_of_a_zip_of_another_lab():
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("toy.py", "def double(values):\n    return values\n")

    outcome = grade_upload(LAB, Job("N1", "N1_Lab3.zip", content.getvalue()), others=[Naming("Lab9", "toy.py")])

    assert outcome.status is Status.UNGRADABLE
    assert outcome.reason == (
        "The zip must be one of this lab, StudentID_Lab3.zip with merge.py in it; it holds 'toy.py' and "
        "looks like one of "
        "Lab9. Hand it in where it belongs; here the file of this lab is needed."
    )
