"""A class of sixty with all that a few do: counts add up, each file is found again, and the class page says where."""

import io
import re
import shlex
import sqlite3
import zipfile
from contextlib import closing, redirect_stderr, redirect_stdout
from html import unescape
from types import SimpleNamespace

import pytest

from grader.__main__ import main
from grader.harness.batch.kept import open_kept, read_originals
from grader.harness.batch.records import Outcome, Status
from grader.harness.batch.store import Store
from grader.harness.batch.take import keep_choices
from grader.harness.fingerprints import find_fingerprints
from grader.harness.submission import open_submission_bytes
from grader.labs.merge.lab import LAB
from tests.classroom import build_class
from tests.oddities import ODDITIES

N_STUDENTS = 60
TEMPLATE_LAST = "template last"

pytestmark = pytest.mark.xdist_group("nothing_lost")


def grade(job):
    """Open a submission as a worker does, and run nothing of it."""
    opened = open_submission_bytes(LAB, job.name, job.data, loose=job.reports)
    status = Status.UNGRADABLE if opened.source is None else Status.GRADED
    reason = "" if opened.source else str(opened.handed.problems[0].explanation)
    remarks = tuple(str(one.explanation) for one in opened.handed.problems if not one.is_fatal)
    fingerprint = find_fingerprints(LAB)
    return Outcome(status, reason, remarks=remarks, fingerprint=fingerprint, results=b"{}", page=b"<!doctype html>")


def run(a_class, out, *more, graded=None):
    def grade_all(jobs):
        for job in jobs:
            if graded is not None:
                graded.append(job.key)
            yield job, grade(job)

    words = ["batch", a_class.archive, "--worksheet", a_class.worksheet, "--out", out, *more]
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(io.StringIO()) as stdout:
        patch.setattr("grader.harness.batch.commands._where", lambda *_: grade_all)
        patch.setattr("grader.harness.batch.publish.find_similar", lambda *_: [])
        with redirect_stderr(io.StringIO()) as stderr:
            returncode = main([*map(str, words)])
    return SimpleNamespace(returncode=returncode, stdout=stdout.getvalue(), stderr=stderr.getvalue())


@pytest.fixture(scope="module", params=["folders", "flat"])
def school(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp(request.param)
    a_class = build_class(folder, n=N_STUDENTS, layout=request.param, odd=True)
    done = run(a_class, folder / "out")
    assert done.returncode == 0, done.stderr
    return SimpleNamespace(a_class=a_class, out=folder / "out", store=Store(folder / "out"), stdout=done.stdout)


@pytest.fixture
def page(school):
    return (school.out / "index.html").read_text("utf-8")


def read_archive(a_class):
    with zipfile.ZipFile(a_class.archive) as archive:
        return {f"submissions.zip/{name}": archive.read(name) for name in archive.namelist()}


def rows_of(page, name):
    """Read the rows of a section's table, cell by cell."""
    (section,) = re.findall(rf'<section class="card" aria-labelledby="{name}">.*?</section>', page, re.DOTALL)
    rows = re.findall(r"<tr>(<th scope=.row.*?)</tr>", section, re.DOTALL)
    return [[plain(cell) for cell in re.findall(r"<t[hd].*?</t[hd]>", row, re.DOTALL)] for row in rows]


def plain(markup):
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", markup)).split())


def keys_of(school, *names):
    return sorted(key for key, name in school.a_class.oddities.items() if name in names)


def test_class_has_everything_that_a_few_do(school):
    assert sorted(school.a_class.oddities.values()) == sorted(ODDITIES)
    assert len(school.a_class.without_file) == 2
    assert len(school.a_class.absent) == 1


def test_counts_add_up_to_the_files(school):
    a_class = school.a_class
    names = "|".join(status.value for status in Status)
    told = re.findall(rf"^ +(\d+) ({names}) ", school.stdout, re.MULTILINE)
    counts = {name: int(number) for number, name in told}

    assert school.stdout.startswith(f"{len(read_archive(a_class))} entries:\n")
    assert sum(counts.values()) == len(read_archive(a_class)) == a_class.n_entries
    assert counts["graded"] + counts["ungradable"] == N_STUDENTS
    assert counts["older upload"] == sum(a_class.older.values())
    assert counts["not a submission"] == a_class.n_others


def test_table_says_where_every_file_went(school, page):
    table = {name: (became, student) for name, became, student in rows_of(page, "files")}
    kinds = [became.partition(";")[0].partition(",")[0] for became, _ in table.values()]

    assert set(table) == set(read_archive(school.a_class))
    assert {kind.partition(" '")[0] for kind in kinds} == {
        "graded",
        "ungradable",
        "older upload",
        "an online text",
        "a report that lies beside",
        "a file that lies beside",
        "a hidden file",
    }
    assert all(student for became, student in table.values() if became.endswith("; it goes with the submission"))
    assert [name for name, (_, student) in table.items() if not student] == sorted(
        ["submissions.zip/.DS_Store", "submissions.zip/__MACOSX/._submissions"]
    )
    n_beside = sum(became.startswith("a report that lies beside") for became, _ in table.values())
    assert n_beside == sum(became.startswith("a report") and bool(student) for became, student in table.values()) > 7


def test_every_file_of_a_student_is_kept_as_it_came(school):
    handed_in = set(read_archive(school.a_class).values())
    by_key = {line.person.key: read_originals(school.store, line.person.key) for line in school.store.lines()}

    assert set(by_key) == set(school.a_class.expectations)
    assert all(content in handed_in for files in by_key.values() for _, content in files)
    kept = {path.read_bytes() for path in (school.out / "submissions").iterdir()}
    assert kept == {content for files in by_key.values() for _, content in files}
    for key, name in school.a_class.oddities.items():
        files = [(name, content) for name, content, hours in ODDITIES[name].files(key) if hours == 0]
        assert set(by_key[key]) == {file for file in files if not file[0].endswith(".png")}, name


@pytest.mark.parametrize("name", ODDITIES)
def test_report_is_found_wherever_it_was_handed_in(school, name):
    (key,) = keys_of(school, name)
    oddity = ODDITIES[name]

    opened = open_kept(LAB, school.store, key)

    assert opened.report is not None
    assert opened.handed.report_name.endswith(oddity.report_name)
    assert (opened.source is not None) == oddity.has_code


def test_upload_without_an_answer_is_flagged_where_another_looks_like_one(school, page):
    lines = {line.person.key: line for line in school.store.lines()}
    flagged = sorted(key for key, line in lines.items() if line.other_answer)

    assert flagged == keys_of(school, *(name for name, oddity in ODDITIES.items() if oddity.has_other_answer))
    assert "2 students whose upload that counts holds no answer, while another one looks like one; --take ID=FILE" in (
        school.stdout
    )
    for key in flagged:
        line = lines[key]
        counts, other = (name.rpartition("/")[2] for name in (line.entry, line.other_answer))
        assert line.remarks[0] == (
            f"The upload that counts, '{counts}', holds no answer; '{other}', which the student handed in as well, "
            f"looks like one. To let it count: batch … --take {shlex.quote(f'{key}={other}')}."
        )
        assert plain(line.remarks[0])[:200] in plain(page)


def test_those_who_submitted_without_a_file_are_told_from_those_who_did_nothing(school, page):
    a_class = school.a_class

    assert {row[0] for row in rows_of(page, "without-file")} == set(a_class.without_file)
    assert {row[0] for row in rows_of(page, "absent")} == set(a_class.absent)
    assert "1 on the worksheet handed in nothing." in school.stdout
    assert "2 students submitted, but without a file that was found:" in school.stdout
    assert "Moodle says 'Submitted for grading'" in school.stdout
    assert "Moodle says 'No submission', there is an online text" in school.stdout


def test_online_texts_are_shown(school, page):
    (section,) = re.findall(r'<section class="card" aria-labelledby="texts">.*?</section>', page, re.DOTALL)

    assert section.count('<pre class="text" dir="auto">See my file.</pre>') == 2
    assert section.index("without a file") < section.rindex("See my file.")


def test_nothing_is_graded_twice(school):
    again = []
    before = {path: path.stat().st_mtime_ns for path in (school.out / "lines").iterdir()}

    done = run(school.a_class, school.out, graded=again)

    assert done.returncode == 0
    assert again == []
    assert {path: path.stat().st_mtime_ns for path in (school.out / "lines").iterdir()} == before


def test_staff_choose_the_upload_that_counts(school):
    (key,) = keys_of(school, TEMPLATE_LAST)
    before = Store(school.out).line(key)
    older, newest = before.other_answer, before.entry.rpartition("/")[2]
    again = []

    done = run(school.a_class, school.out, "--take", f"{key}={older.rpartition('/')[2]}", graded=again)
    line = Store(school.out).line(key)
    kept = run(school.a_class, school.out, graded=again)

    assert (done.returncode, kept.returncode) == (0, 0), done.stderr
    assert again == [key]
    assert (line.status, line.entry, line.other_answer) == (Status.GRADED, older, "")
    assert line.remarks[0] == (
        f"The staff chose '{older.rpartition('/')[2]}' with --take; the latest upload, '{newest}', does not count. "
        f"To take that back: batch … --take {key}=newest."
    )
    assert Store(school.out).line(key) == line, "the choice is remembered"

    back = run(school.a_class, school.out, "--take", f"{key}=newest", graded=again)

    assert back.returncode == 0, back.stderr
    assert again == [key, key]
    assert Store(school.out).line(key).status is Status.UNGRADABLE


def test_those_without_a_file_are_in_the_gradebook_as_all_others(school):
    with closing(sqlite3.connect(school.out / "gradebook.db")) as database:
        known = {key for (key,) in database.execute("select id from student")}

    assert known == {*school.a_class.expectations, *school.a_class.absent, *school.a_class.without_file}


def test_choice_that_fits_nobody_does_not_stop_the_next_run(school):
    keep_choices(school.store, {"N1": "gone.zip"})

    done = run(school.a_class, school.out)

    assert done.returncode == 0, done.stderr
    assert "1 chosen with --take before and not found now; the choice is kept: N1=gone.zip\n" in done.stdout
    keep_choices(school.store, {})


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (
            "N1=a.zip",
            "--take must name somebody who handed in; 'N1' is that of nobody. The class page lists all ids.\n",
        ),
        (
            "lab.zip",
            "--take must be an id, = and a file, as in --take N26130891=lab.zip; got 'lab.zip'. The class page ",
        ),
    ],
    ids=["nobody", "no_id"],
)
def test_choice_that_cannot_be_made_is_one_sentence(school, words, says):
    before = {path: path.stat().st_mtime_ns for path in school.out.rglob("*") if path.is_file()}

    done = run(school.a_class, school.out, "--take", words)

    assert done.returncode == 2
    assert done.stderr.startswith(says)
    assert done.stderr.count("\n") == 1
    after = {path: path.stat().st_mtime_ns for path in school.out.rglob("*") if path.is_file()}
    assert {path for path in after if before.get(path) != after[path]} <= {school.out / ".lock"}
