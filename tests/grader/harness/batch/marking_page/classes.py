"""A class that was graded, as the marking page finds it: made by hand, so that nothing needs to run."""

import io
import re
import signal
import subprocess
import sys
import zipfile
from contextlib import contextmanager
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path

import pytest

from grader.harness.batch.found import Person, Roll, Upload
from grader.harness.batch.gradebook import sync
from grader.harness.batch.layout import assignment_of
from grader.harness.batch.marking_page.book import Book
from grader.harness.batch.marking_page.desk import Desk
from grader.harness.batch.marking_page.sheet import Choice, Saved
from grader.harness.batch.notebooks import write_settings
from grader.harness.batch.pdf import PdfReader
from grader.harness.batch.records import Line, Outcome, PreCheck, Status
from grader.harness.batch.run import make_line
from grader.harness.batch.store import Store
from grader.harness.lab_files import load_lab_files
from grader.harness.report.gradescope import dump
from grader.harness.results import Audience
from grader.labs.merge.lab import LAB
from tests.grader.harness.batch import pdfs
from tests.grader.harness.batch.lines import make_upload
from tests.grader.harness.report.samples import make_case, make_check, make_overlay, make_report

REPOSITORY = Path(__file__).resolve().parents[5]
WAIT_S = 60
RUBRIC = load_lab_files(LAB).rubric
NAME = assignment_of(LAB)
PART, OTHER = RUBRIC.manual[0].key, RUBRIC.manual[1].key
NOW = datetime(2026, 1, 9, 20, 0, tzinfo=UTC)
ANA, BEN = Saved("Ana", "2026-01-09T20:00:00+00:00"), Saved("Ben", "2026-01-09T20:05:00+00:00")
SOURCE = "def merge(subset, min_num_body_parts=4, min_score=0.4):\n    return subset  # 合併 <script>\n"


def make_submission(report=None, source=SOURCE):
    """Pack what somebody hands in; `report` None leaves it out."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("merge.py", source)
        if report is not None:
            archive.writestr("lab3_report.pdf", report)
    return buffer.getvalue()


def make_person(number, name=""):
    key = f"N2613{number:04}"
    return Person(key, key, name or f"Student {number}", str(100 + number), f"{key.lower()}@example.edu")


def make_outcome(n_pages=2):
    """Give what grading somebody gave, who lost the points of one check."""
    checks = [
        make_check(make_case(overlay=make_overlay()), key="cycles", points=1),
        make_check(key="handout", title="The handout's example", points=3),
    ]
    graded = make_report(*checks)
    return Outcome(
        status=Status.GRADED,
        points={line.key: line.points * (line.key != "cycles") for line in RUBRIC.checks},
        verdicts={line.key: "wrong" if line.key == "cycles" else "passed" for line in RUBRIC.checks},
        precheck=PreCheck(n_pages, 300, 1),
        results=dump(LAB, graded, Audience.STAFF),
        page=b"<!doctype html>",
    )


def make_class(folder, people, *, n_pages=2):
    """Write a class of people, who all handed in a report of so many pages; return its gradebook's address."""
    store, uploads = Store(folder / "out"), []
    report = pdfs.report(n_pages) if n_pages else None
    for person in people:
        upload = make_upload(folder, person.key)
        upload = Upload(person, upload.entry, upload.submitted_at)
        outcome = make_outcome(n_pages)
        line = make_line(upload, "ab" * 32, outcome)
        store.commit(line, f"{person.key}_Lab3.zip", make_submission(report), outcome)
        uploads.append(upload)
    store.call(LAB.name, Roll(uploads, [], []))
    url = f"sqlite:///{store.folder}/gradebook.db"
    sync(url, NAME, RUBRIC, store.lines(RUBRIC.late))
    write_settings(LAB, store.folder / "course", url)
    return url


def make_book(url, people):
    """Write a gradebook of people, without anything else; return it."""
    lines = [Line(person, Status.GRADED, "", "x.zip", points={"handout": Fraction(3)}) for person in people]
    sync(url, NAME, RUBRIC, lines)
    return Book(url, NAME, RUBRIC)


@contextmanager
def open_desk(folder, url):
    with PdfReader() as reader:
        yield Desk(LAB, folder / "out", Book(url, NAME, RUBRIC), reader)


def give(book, student, part=PART, saved=ANA, **chosen):
    """Save what was chosen, by somebody who has seen what there is."""
    seen = book.read(student).part(part).version
    return book.save_part(student, part, Choice(**chosen), seen, saved).part(part)


@contextmanager
def serving(folder):
    """Run ``mark`` as a TA does, and stop it as Ctrl-C does; gives the address that it prints."""
    with running(folder) as (_, address):
        yield address


@contextmanager
def running(folder):
    """Do the same; gives the process and the address."""
    command = [sys.executable, "-m", "grader", "mark", folder / "out", "--port", "0", "--no-browser"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=REPOSITORY) as process:
        try:
            for line in process.stdout:
                if found := re.search(r"Mark the reports at (http://127\.0\.0\.1:\d+/login\?token=\S+)", line):
                    break
            else:
                pytest.fail("the server did not start")
            yield process, found[1]
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=WAIT_S)
        finally:
            process.kill()
