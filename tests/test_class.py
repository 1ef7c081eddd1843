"""A class through the real commands: graded, killed and started again, regraded, exported."""

import csv
import io
import json
import os
import random
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
import zipfile
from contextlib import chdir, closing, redirect_stderr, redirect_stdout
from dataclasses import replace
from datetime import timedelta
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace

import pytest

from grader.__main__ import main
from grader.harness.batch.marks import read_marks
from grader.harness.batch.publish import find_gradebook, write_notebooks
from grader.harness.batch.store import Store
from grader.harness.lab_files import load_lab_files
from grader.harness.report.gradescope import load
from grader.harness.rubric import LateRule
from grader.labs.merge.lab import LAB
from tests.classroom import build_class

REPOSITORY = Path(__file__).resolve().parent.parent
SMALL = [
    "pass_union_find",
    "wrong_drops_third",
    "malformed_no_merge",
    "pass_sets",
    "attack_segfault",
    "wrong_forgets_return",
    "pass_in_place",
    "wrong_zero_is_absent",
]
"""All that a class may be made of: right and wrong, hostile and malformed, older uploads, two that came bare."""
N_STUDENTS = len(SMALL)
N_LARGE, N_KILLS = 24, 10
WAIT_S = 120

pytestmark = pytest.mark.xdist_group("class")


def command(*words):
    return [sys.executable, "-m", "grader", *map(str, words)]


def run(*words):
    """Run a command in this process, which has everything loaded."""
    with redirect_stdout(io.StringIO()) as stdout, redirect_stderr(io.StringIO()) as stderr:
        try:
            returncode = main([*map(str, words)])
        except SystemExit as exc:  # argparse's
            returncode = exc.code
    return SimpleNamespace(returncode=returncode, stdout=stdout.getvalue(), stderr=stderr.getvalue())


def words_of(a_class, out, *more):
    return "batch", a_class.archive, "--worksheet", a_class.worksheet, "--out", out, *more


def batch(a_class, out, *more):
    return run(*words_of(a_class, out, *more))


def batch_apart(a_class, out):
    """Run the command as it is typed."""
    return subprocess.run(
        command(*words_of(a_class, out)), cwd=REPOSITORY, capture_output=True, text=True, timeout=600, check=False
    )


def kill_when(is_time, *words):
    """Start a command and kill it when it is time, or when it has ended by itself."""
    with subprocess.Popen(
        command(*words), cwd=REPOSITORY, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        deadline = time.monotonic() + WAIT_S
        while not is_time() and process.poll() is None:
            assert time.monotonic() < deadline, "it was never time"
            time.sleep(0.005)
        process.send_signal(signal.SIGKILL)


def count_lines(out):
    return len(list((out / "lines").glob("*.json")))


def read_gradebook(out):
    """Read every row of every table but what differs from run to run: identities that are drawn, and times."""
    with closing(sqlite3.connect(out / "gradebook.db")) as database:
        tables = [name for (name,) in database.execute("select name from sqlite_master where type='table' order by 1")]
        return {table: sorted(database.execute(f"select * from {table}").fetchall(), key=repr) for table in tables}  # noqa: S608


def without_times(results):
    content = json.loads(results)
    content.pop("execution_time")
    content["extra_data"].pop("timing")
    return content


def grade_apart(a_class, out):
    done = batch_apart(a_class, out)
    assert done.returncode == 0, done.stderr
    return out, done


@pytest.fixture(scope="module")
def a_class(tmp_path_factory):
    return build_class(tmp_path_factory.mktemp("class"), SMALL, n=N_STUDENTS)


@pytest.fixture(scope="module")
def graded(a_class, tmp_path_factory):
    """Grade the class once, undisturbed."""
    return grade_apart(a_class, tmp_path_factory.mktemp("graded") / "out")


@pytest.fixture(scope="module")
def large_class(tmp_path_factory):
    return build_class(tmp_path_factory.mktemp("large"), n=N_LARGE, seed=1)


@pytest.fixture(scope="module")
def large_graded(large_class, tmp_path_factory):
    return grade_apart(large_class, tmp_path_factory.mktemp("large") / "out")


def test_class_is_graded_as_each_submission_alone(a_class, graded):
    assert_as_alone(a_class, *graded)


@pytest.mark.slow
def test_large_class_is_graded_as_each_submission_alone(large_class, large_graded):
    assert_as_alone(large_class, *large_graded)


def assert_as_alone(a_class, out, _):
    lines = {line.person.key: line for line in Store(out).lines()}

    assert set(lines) == set(a_class.expectations)
    for key, expected in a_class.expectations.items():
        points = float(lines[key].code_points)
        assert expected.points is None or points == expected.points, expected.name
        assert expected.at_least <= points <= expected.at_most, expected.name
        assert lines[key].person.full_name == a_class.full_names[key]
        assert lines[key].submitted_at == a_class.submitted[key]


def test_class_counts_add_up_to_the_entries(a_class, graded):
    out, done = graded
    counts = [int(number) for number in re.findall(r"^ +(\d+) [a-z]", done.stdout, re.MULTILINE)][:5]

    assert done.stdout.startswith(f"{a_class.n_entries} entries:\n")
    assert sum(counts) == a_class.n_entries
    assert counts[3:] == [sum(a_class.older.values()), a_class.n_others]
    assert f"{len(a_class.absent)} on the worksheet handed in nothing." in done.stdout
    assert f"Mark the reports: python -m grader mark {out}" in done.stdout


def test_class_shows_its_progress(graded):
    _, done = graded

    assert f"{N_STUDENTS}/{N_STUDENTS}" in done.stderr
    assert re.search(r"\d+ graded, \d+ ungradable, 0 no mark", done.stderr)


def test_class_grades_nothing_twice(a_class, graded):
    out, _ = graded
    before = {path: path.stat().st_mtime_ns for path in (out / "results").iterdir()}

    again = batch(a_class, out)

    assert again.returncode == 0
    assert {path: path.stat().st_mtime_ns for path in (out / "results").iterdir()} == before


def test_class_keeps_what_was_handed_in(a_class, graded):
    out, _ = graded
    with zipfile.ZipFile(a_class.archive) as archive:
        handed_in = {archive.read(name) for name in archive.namelist()}
    kept = {path.name: path.read_bytes() for path in (out / "submissions").iterdir()}

    assert {name.partition("_report")[0].rpartition(".")[0] or name for name in kept} >= set(a_class.expectations)
    assert len(kept) == N_STUDENTS + 2, "two came bare, with a report beside them"
    assert handed_in.issuperset(kept.values())


def test_class_that_is_killed_ends_as_one_that_is_not(a_class, graded, tmp_path):
    out = tmp_path / "out"
    kill_when(lambda: count_lines(out), *words_of(a_class, out, "--workers", 1))
    assert 1 <= count_lines(out) < N_STUDENTS, "the kill came too late to show anything"
    kept = {path: path.stat().st_mtime_ns for path in (out / "lines").iterdir()}

    done = batch(a_class, out)

    assert done.returncode == 0, done.stderr
    assert {path: path.stat().st_mtime_ns for path in kept} == kept, "what is there is graded once"
    assert_same_class(out, graded[0])


@pytest.mark.slow
def test_class_that_is_killed_ten_times_ends_as_one_that_is_not(large_class, large_graded, tmp_path):
    out = tmp_path / "out"
    rng = random.Random(5)  # noqa: S311 - when to kill
    n_graded = [0]
    for _ in range(N_KILLS):
        n_wanted = n_graded[-1] + rng.choice([0, 1, 2, 3])
        kill_when(
            lambda: (out / "roll.json").exists() and count_lines(out) >= n_wanted,  # noqa: B023 - called at once
            *words_of(large_class, out),
        )
        n_graded.append(count_lines(out))

    done = batch(large_class, out)

    assert done.returncode == 0, done.stderr
    assert n_graded == sorted(n_graded)
    assert n_graded[1] < N_LARGE, "the first kill came too late to show anything"
    assert_same_class(out, large_graded[0])


def assert_same_class(out, undisturbed):
    assert read_gradebook(out) == read_gradebook(undisturbed)
    names = {path.name for path in (out / "results").iterdir()}
    for path in sorted((undisturbed / "results").iterdir()):
        assert without_times((out / "results" / path.name).read_bytes()) == without_times(path.read_bytes())
        names.discard(path.name)
    assert not names
    assert not list(out.rglob(".*.new"))


def test_class_is_regraded_one_by_one(a_class, graded):
    out, _ = graded
    key = min(a_class.expectations)
    before = {path.name: path.stat().st_mtime_ns for path in (out / "results").iterdir()}

    done = batch(a_class, out, "--regrade", key)

    after = {path.name: path.stat().st_mtime_ns for path in (out / "results").iterdir()}
    assert done.returncode == 0, done.stderr
    assert {name for name in before if before[name] != after[name]} == {f"{key}.json"}


def test_class_exports_what_moodle_takes(a_class, graded, tmp_path):
    out, _ = graded

    done = run("export", out, "--moodle", a_class.worksheet, "--feedback-zip", "--csv", "--gradescope", tmp_path / "g")

    assert done.returncode == 0, done.stderr
    assert f"{N_STUDENTS} without marks for the whole report, so without a total: N26" in done.stdout
    with zipfile.ZipFile(out / "export" / "feedback.zip") as archive:
        names = archive.namelist()
        assert all(b"<!doctype html>" in archive.read(name).lower() for name in names)
    numbers = {name.partition("/")[0].split("_")[1] for name in names}
    assert numbers == {a_class.participants[key] for key in a_class.expectations}
    rows = list(csv.DictReader(io.StringIO((out / "export" / "grades.csv").read_text("utf-8-sig"))))
    notes = {row["key"]: (row["total"], row["note"]) for row in rows}
    assert notes == {
        **dict.fromkeys(a_class.expectations, ("", "the report is not marked yet")),
        **dict.fromkeys(a_class.absent, ("", "Nothing was handed in.")),
        **dict.fromkeys(a_class.without_file, ("", "Moodle tells of a submission")),
    }
    for key in a_class.expectations:
        content = (tmp_path / "g" / key / "results.json").read_bytes()
        assert load(LAB, content).handed.student_id in {key, ""}
    # Nobody has a total yet, so the worksheet stays as it is.
    assert (out / "export" / "worksheet.csv").read_bytes() == a_class.worksheet.read_bytes()


def test_class_reads_chinese_and_the_staff_english(a_class, graded, tmp_path):
    out = shutil.copytree(graded[0], tmp_path / "out")

    done = run("export", out, "--language", "zh-TW", "--feedback-zip", "--csv", "--gradescope", tmp_path / "g")

    assert done.returncode == 0, done.stderr
    with zipfile.ZipFile(out / "export" / "feedback.zip") as archive:
        assert all(b'<html lang="zh-TW">' in archive.read(name) for name in archive.namelist())
    for key in a_class.expectations:
        results = json.loads((tmp_path / "g" / key / "results.json").read_bytes())
        assert results["output"].startswith("程式：")
        assert json.loads((out / "results" / f"{key}.json").read_bytes())["output"].startswith("Code: ")
    assert '<html lang="en">' in (out / "index.html").read_text(encoding="utf-8")
    assert {row["note"] for row in read_grades(out).values()} >= {"Nothing was handed in."}


@pytest.fixture
def with_due_date(a_class, monkeypatch):
    """Give the lab a due date that all who handed in have missed, and an extension to somebody of another class."""
    files = load_lab_files(LAB)
    due = min(a_class.submitted.values()) - timedelta(hours=1)
    late = LateRule(due, Fraction(5), Fraction(50), extensions={"Z99": due})
    monkeypatch.setattr(
        "grader.harness.lab_files.load_lab_files", lambda _: replace(files, rubric=replace(files.rubric, late=late))
    )
    return due


def read_grades(out):
    return {row["key"]: row for row in csv.DictReader(io.StringIO((out / "export/grades.csv").read_text("utf-8-sig")))}


def test_export_waives_and_extends_and_remembers_it(a_class, graded, with_due_date, tmp_path):
    out = shutil.copytree(graded[0], tmp_path / "out")
    waived, extended, late = sorted(a_class.expectations)[:3]
    results = {path.name: path.stat().st_mtime_ns for path in (out / "results").iterdir()}
    grants = ["--waive", f"{waived.lower()}=was ill", "--extension", f"{extended}=2030-01-01 00:00"]

    first = run("export", out, "--csv", *grants)
    again = run("export", out, "--csv", "--feedback-zip")

    assert (first.returncode, again.returncode) == (0, 0), first.stderr + again.stderr
    assert "[late.extensions] in rubric.toml names 1 id that nobody in this class has: Z99.\n" in again.stdout
    rows = read_grades(out)
    assert rows[waived]["late penalty"] == rows[extended]["late penalty"] == "0" != rows[late]["late penalty"]
    assert "points is waived: was ill" in rows[waived]["lateness"]
    assert rows[extended]["lateness"] == ""
    assert "points is waived: was ill" in (out / "feedback" / f"{waived}.html").read_text("utf-8")
    assert {path.name: path.stat().st_mtime_ns for path in (out / "results").iterdir()} == results

    back = run("batch", a_class.archive, "--worksheet", a_class.worksheet, "--out", out, "--waive", f"{waived}=")
    run("export", out, "--csv")

    assert back.returncode == 0, back.stderr
    assert "another rubric" not in back.stdout
    assert read_grades(out)[waived]["late penalty"] not in {"", "0"}
    assert read_grades(out)[extended]["late penalty"] == "0"


def test_export_tells_that_nobody_is_late_without_a_due_date(a_class, graded, tmp_path):
    out = shutil.copytree(graded[0], tmp_path / "out")

    done = run("export", out, "--csv", "--waive", f"{a_class.absent[0]}=was ill")

    assert done.returncode == 0, done.stderr
    assert "rubric.toml names a due date; it names none, so nobody is late.\n" in done.stdout


@pytest.mark.parametrize("command", ["batch", "export"])
@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--extension", "N1=2026-01-16 23:59"], "--extension must name a student of the class; 'N1' is nobody's id"),
        (["--waive", "N1"], "--waive must be a student's id, = and a reason"),
        (["--extension", "KEY=tomorrow"], "An extension must be a date and a time of the course, as 2026-01-16 23:59"),
    ],
    ids=["unknown", "no sign", "no time"],
)
def test_grants_that_cannot_be_read_change_nothing(a_class, graded, tmp_path, command, words, message):
    out = shutil.copytree(graded[0], tmp_path / "out")
    words = [word.replace("KEY", min(a_class.expectations)) for word in words]
    before = words_of(a_class, out) if command == "batch" else ("export", out, "--csv")

    done = run(*before, *words)

    assert done.returncode == 2
    assert done.stderr.startswith(message)
    assert done.stderr.count("\n") == 1
    assert not (out / "late.json").exists()


@pytest.mark.parametrize("chosen", [[], ["--missing", "zero"]], ids=["blank", "zero"])
def test_export_gives_who_handed_in_nothing_what_was_chosen(a_class, graded, tmp_path, chosen):
    out = shutil.copytree(graded[0], tmp_path / "out")

    done = run("export", out, "--moodle", a_class.worksheet, "--csv", *chosen)

    assert done.returncode == 0, done.stderr
    nothing, without_file = sorted(a_class.absent), a_class.without_file
    how = "0 points" if chosen else "left without a grade; --missing zero gives 0 points"
    assert f"{len(nothing)} on the worksheet and handed in nothing, {how}: {', '.join(nothing)}\n" in done.stdout
    assert (
        f"{len(without_file)} without a file that was found, though Moodle tells of a submission; left" in done.stdout
    )
    rows = read_grades(out)
    assert {rows[key]["total"] for key in nothing} == {"0" if chosen else ""}
    assert {rows[key]["total"] for key in [*a_class.expectations, *without_file]} == {""}
    sheet = list(csv.DictReader(io.StringIO((out / "export" / "worksheet.csv").read_text("utf-8-sig"))))
    graded_ids = {row["ID number"] for row in sheet if row["Grade"] == "0"}
    assert graded_ids == (set(nothing) if chosen else set())


def test_export_keeps_what_somebody_filled_in(a_class, graded, tmp_path):
    out, worksheet = shutil.copytree(graded[0], tmp_path / "out"), tmp_path / "worksheet.csv"
    key = a_class.absent[0]
    rows = list(csv.reader(io.StringIO(a_class.worksheet.read_text("utf-8-sig"))))
    for row in rows:
        if row[2] == key:
            row[5], row[-1] = "12.00", "<p>By word of mouth.</p>"
    with worksheet.open("w", newline="") as file:
        csv.writer(file).writerows(rows)
    words = ("export", out, "--moodle", worksheet, "--missing", "zero")

    first, written = run(*words), (out / "export" / "worksheet.csv").read_bytes()
    worksheet.write_bytes(written)
    again, once_more = run(*words), (out / "export" / "worksheet.csv").read_bytes()
    over = run(*words, "--overwrite")

    assert first.returncode == again.returncode == over.returncode == 0, first.stderr
    assert once_more == written
    assert b",12.00," in written
    assert b"<p>By word of mouth.</p><hr>Nothing was handed in.<br>Together: 0 points." in written
    for done in (first, again):
        assert (
            f"1 with another Grade, given in Moodle, kept as it is; --overwrite puts ours in its place: {key}"
            in done.stdout
        )
        assert "1 with somebody's words in Feedback, kept, with ours under a line; --overwrite" in done.stdout
    assert b"word of mouth" not in (out / "export" / "worksheet.csv").read_bytes()
    assert f"1 with another Grade, given in Moodle, overwritten: {key}" in over.stdout


def test_export_tells_who_has_no_result(a_class, graded, tmp_path):
    undisturbed, _ = graded
    out = tmp_path / "out"
    shutil.copytree(undisturbed, out)
    key = min(a_class.expectations)
    (out / "lines" / f"{key}.json").write_bytes(b"{")

    done = run("export", out, "--csv")

    assert done.returncode == 0, done.stderr
    assert f"1 handed in and without a result, so left out; start the batch command again: {key}" in done.stdout


def test_export_keeps_the_worksheet_apart_from_the_table(a_class, graded, tmp_path):
    out, _ = graded
    worksheet = tmp_path / "Grades.csv"
    worksheet.write_bytes(a_class.worksheet.read_bytes())

    done = run("export", out, "--csv", "--moodle", worksheet)

    assert done.returncode == 0, done.stderr
    assert (out / "export" / "worksheet-Grades.csv").read_bytes() == worksheet.read_bytes()
    assert (out / "export" / "grades.csv").read_text("utf-8-sig").startswith("key,student id")


def test_class_tells_who_is_gone_and_who_is_not_on_the_worksheet(a_class, graded, tmp_path):
    undisturbed, _ = graded
    out, fewer, worksheet = tmp_path / "out", tmp_path / "fewer.zip", tmp_path / "worksheet.csv"
    shutil.copytree(undisturbed, out)
    unlisted = next(key for key, submission in a_class.expectations.items() if submission.name == SMALL[6])  # came bare
    gone = min(set(a_class.expectations) - {unlisted})
    copy_without(a_class.archive, fewer, f"_{a_class.participants[gone]}_")
    lines = a_class.worksheet.read_text("utf-8-sig").splitlines()
    listed = [line for line in lines if f"Participant {a_class.participants[unlisted]}," not in line]
    worksheet.write_text("\n".join(listed), encoding="utf-8")

    done = run("batch", fewer, "--worksheet", worksheet, "--out", out, "--drop")

    assert done.returncode == 0, done.stderr
    # Without its row on the worksheet a submission that bears no id has another key.
    now = f"participant-{a_class.participants[unlisted]}"
    both = ", ".join(sorted([gone, f"{unlisted} (now {now})"]))
    assert f"not found now, kept and left out, with the marks of their reports: {both}" in done.stdout
    assert f"1 not on the worksheet, so Moodle cannot be told their grades: {now}" in done.stdout


def copy_members(archive, target, is_wanted):
    """Copy a zip with the members whose names are wanted."""
    with zipfile.ZipFile(archive) as source, zipfile.ZipFile(target, "w") as copy:
        for info in source.infolist():
            if is_wanted(info.filename):
                copy.writestr(info, source.read(info))


def copy_without(archive, target, part):
    """Copy a zip without the members whose names have a part."""
    copy_members(archive, target, lambda name: part not in name)


def read_folder(folder):
    """Read all files of a folder but the lock."""
    files = (path for path in folder.rglob("*") if path.is_file() and path.name != ".lock")
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def test_class_is_not_emptied_in_silence(a_class, graded, tmp_path):
    undisturbed, _ = graded
    out, fewer = tmp_path / "out", tmp_path / "fewer.zip"
    shutil.copytree(undisturbed, out)
    one, *others = sorted(a_class.expectations)
    copy_members(a_class.archive, fewer, lambda name: f"_{a_class.participants[one]}_" in name)
    before = read_folder(out)

    done = run("batch", fewer, "--worksheet", a_class.worksheet, "--out", out)

    assert done.returncode == 2
    assert done.stderr == (
        f"A class that goes on must be given whole; {len(others)} ({', '.join(others[:5])}, …) of the last time are "
        "not in SUBMISSIONS. Give the whole folder, or --add to add or replace only those who are in it, or --drop if "
        "the others have left.\n"
    )
    assert read_folder(out) == before


def test_class_grows_by_what_is_added(a_class, graded, tmp_path):
    undisturbed, _ = graded
    out, most, late = tmp_path / "out", tmp_path / "most.zip", tmp_path / "late.zip"
    one = max(a_class.expectations)
    copy_without(a_class.archive, most, f"_{a_class.participants[one]}_")
    copy_members(a_class.archive, late, lambda name: f"_{a_class.participants[one]}_" in name)
    assert run("batch", most, "--worksheet", a_class.worksheet, "--out", out).returncode == 0
    assert one in {person.key for person in Store(out).found().without_submission}

    done = run("batch", late, "--worksheet", a_class.worksheet, "--out", out, "--add")

    assert done.returncode == 0, done.stderr
    assert f"1 added to the class: {one}" in done.stdout
    now, before = Store(out).found(), Store(undisturbed).found()
    assert now == replace(before, others=now.others, without_file=now.without_file), "where they lie is another place"
    assert [who.person for who in now.without_file] == [who.person for who in before.without_file]
    assert [line.points for line in Store(out).lines()] == [line.points for line in Store(undisturbed).lines()]
    row = (out / "index.html").read_text("utf-8")
    assert all(f'id="s-{key}"' in row for key in a_class.expectations)


def test_class_can_be_read_by_its_owner_alone(a_class, tmp_path):
    out = tmp_path / "out"
    before = os.umask(0)
    try:
        assert batch(a_class, out).returncode == 0
        assert run("export", out, "--csv", "--feedback-zip", "--gradescope", out / "scope").returncode == 0
        store, rubric = Store(out), load_lab_files(LAB).rubric
        write_notebooks(LAB, store, rubric, store.lines(), find_gradebook(store, ""))
    finally:
        os.umask(before)

    assert not [path for path in (out, *out.rglob("*")) if path.lstat().st_mode & 0o077]


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ([], r"SUBMISSIONS must hold what students handed in; there is no file at all\. Check the path"),
        (
            ["notes.txt", "thumbs.db"],
            r"of 2 files there none is a submission, 'notes\.txt' is no file that students hand in, and",
        ),
    ],
    ids=["empty", "something_else"],
)
def test_class_of_nobody_is_an_error(tmp_path, files, message):
    (tmp_path / "class").mkdir()
    for name in files:
        (tmp_path / "class" / name).write_bytes(b"")

    done = run("batch", tmp_path / "class", "--out", tmp_path / "out")

    assert done.returncode == 2
    assert re.search(message, done.stderr), done.stderr
    assert not (tmp_path / "out").exists()


def test_class_that_is_stopped_says_so(a_class, tmp_path):
    out = tmp_path / "out"
    with subprocess.Popen(
        command("batch", a_class.archive, "--out", out), cwd=REPOSITORY, stderr=subprocess.PIPE, text=True
    ) as process:
        for text in iter(lambda: process.stderr.read(1), ""):
            if text == "%":  # the bar is there
                break
        process.send_signal(signal.SIGINT)
        _, says = process.communicate(timeout=60)

    assert process.returncode == 130
    assert "Stopped. What is finished is kept: the same command goes on from here." in says
    assert "Traceback" not in says


def test_commands_write_to_any_terminal(graded, tmp_path):
    out = tmp_path / "許功"
    shutil.copytree(graded[0], out)

    done = export_to_ascii(out, "--csv")

    assert done.returncode == 0, done.stderr
    assert rb"\u8a31\u529f" in done.stdout


@pytest.mark.slow
def test_commands_name_some_of_many(large_graded):
    done = export_to_ascii(large_graded[0])

    assert done.returncode == 0, done.stderr
    assert rb", \u2026" in done.stdout


def export_to_ascii(*words):
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    return subprocess.run(command("export", *words), cwd=REPOSITORY, capture_output=True, env=environment, check=False)


@pytest.mark.parametrize(
    ("words", "message", "exit_code"),
    [
        (["batch", "nowhere.zip", "--out", "OUT"], r"nowhere\.zip", 2),
        (["batch", ".", "--out", "OUT", "--worksheet", "nowhere.csv"], r"nowhere\.csv", 3),
        (["batch", ".", "--out", "OUT", "--workers", "0"], r"must be a number from 1 on; got '0'", 2),
        (["export", "OUT", "--csv"], r"must have been graded into the folder first; 'OUT' holds none", 3),
        (["formgrader", "OUT", "--no-browser"], r"must have been graded into the folder first; 'OUT' holds none", 3),
    ],
    ids=["no_submissions", "no_worksheet", "no_workers", "nothing_to_export", "nothing_to_mark"],
)
def test_commands_say_what_is_missing(tmp_path, words, message, exit_code):
    with chdir(tmp_path):
        done = run(*words)

    assert done.returncode == exit_code, done.stderr
    assert re.search(message, done.stderr), done.stderr
    assert "Traceback" not in done.stderr


OTHER = replace(LAB, name="other", title="Another lab", tag="Lab9")


@pytest.fixture
def two_labs(monkeypatch):
    monkeypatch.setattr("grader.__main__.list_labs", lambda: (LAB, OTHER))
    monkeypatch.setattr("grader.labs.list_labs", lambda: (LAB, OTHER))


@pytest.fixture
def chosen(two_labs, monkeypatch):
    """Find the names of the labs that commands are given, in the place of doing anything."""
    found = []
    for name in ("grade_class", "open_formgrader", "export"):
        monkeypatch.setattr(f"grader.harness.batch.commands.{name}", lambda lab, _: found.append(lab.name) or 0)
    return found


def hand_in(folder, *tags):
    folder.mkdir()
    for number, tag in enumerate(tags):
        (folder / f"N2613000{number}_{tag}.zip").write_bytes(b"zip")
    return folder


def begin(out, lab):
    out.mkdir()
    (out / "roll.json").write_text(
        json.dumps({"lab": lab, "keys": [], "others": [], "absent": [], "without_file": []}), encoding="utf-8"
    )
    return out


@pytest.mark.parametrize(
    ("tags", "began_with", "words", "lab"),
    [
        (["Lab3", "Lab9", "Lab9"], "", [], "other"),
        (["Lab3", "Lab3", "Lab9"], "", [], "merge"),
        (["Lab3", "Lab9"], "", [], "merge"),
        (["homework"], "", [], "merge"),
        (["Lab3", "Lab3"], "other", [], "other"),
        (["Lab9", "Lab9"], "merge", [], "merge"),
        (["Lab3", "Lab3"], "", ["--lab", "other"], "other"),
        (["Lab3", "Lab3"], "merge", ["--lab", "other"], "other"),
    ],
    ids=["most", "most_of_default", "as_many", "no_name", "out", "out_of_default", "option", "option_first"],
)
def test_batch_chooses_the_lab(chosen, tmp_path, tags, began_with, words, lab):
    out = begin(tmp_path / "out", began_with) if began_with else tmp_path / "out"

    assert run("batch", hand_in(tmp_path / "in", *tags), "--out", out, *words).returncode == 0
    assert chosen == [lab]


@pytest.mark.parametrize("words", [["export"], ["formgrader", "--no-browser"]], ids=["export", "formgrader"])
@pytest.mark.parametrize("lab", ["merge", "other"])
def test_other_commands_take_the_lab_from_the_class(chosen, tmp_path, words, lab):
    assert run(words[0], begin(tmp_path / "out", lab), *words[1:]).returncode == 0
    assert chosen == [lab]


def test_commands_know_the_labs_that_there_are(two_labs, tmp_path):
    done = run("batch", hand_in(tmp_path / "in", "Lab3"), "--out", tmp_path / "out", "--lab", "nothing")

    assert done.returncode == 2
    assert "--lab must name one of the labs; 'nothing' is not one of them. They are: merge, other." in done.stderr


@pytest.mark.parametrize(
    "words", [["batch", "IN", "--out"], ["export"], ["formgrader"]], ids=["batch", "export", "formgrader"]
)
def test_commands_refuse_a_class_of_another_lab(two_labs, tmp_path, words):
    hand_in(tmp_path / "IN", "Lab3")
    before = begin(tmp_path / "out", "other") / "roll.json"
    content = before.read_bytes()

    with chdir(tmp_path):
        done = run(*words, "out", "--lab", "merge")

    assert done.returncode == 3
    assert "must hold one lab's class; 'out' holds that of 'other', and --lab names 'merge'" in done.stderr
    assert "Leave --lab out, or name another OUT." in done.stderr
    assert before.read_bytes() == content


def make_old(out):
    """Write a class's folder as the grader did before there were several labs."""
    roll = json.loads((out / "roll.json").read_bytes())
    del roll["lab"]
    (out / "roll.json").write_text(json.dumps(roll), encoding="utf-8")
    for path in (out / "results").iterdir():
        path.write_bytes(re.sub(rb'"format": *2', b'"format": 1', path.read_bytes()))
    for path in (out / "lines").iterdir():
        line = json.loads(path.read_bytes())
        line["fingerprint"]["grader"] = "0" * 64
        path.write_text(json.dumps(line), encoding="utf-8")


@pytest.mark.parametrize(
    "words",
    [
        ["batch", "ARCHIVE", "--worksheet", "SHEET", "--out", "OUT"],
        ["batch", "ARCHIVE", "--worksheet", "SHEET", "--out", "OUT", "--lab", "merge"],
        ["export", "OUT", "--csv"],
        ["formgrader", "OUT", "--no-browser"],
    ],
    ids=["batch", "batch_of_a_lab", "export", "formgrader"],
)
def test_class_of_an_older_grader_is_refused_with_what_to_do(a_class, graded, tmp_path, words):
    out = tmp_path / "out"
    shutil.copytree(graded[0], out)
    make_old(out)
    paths = {"ARCHIVE": a_class.archive, "SHEET": a_class.worksheet, "OUT": out}

    done = run(*(paths.get(word, word) for word in words))

    assert done.returncode == 3
    assert re.search(r"must have been graded by this version of the grader; '.*roll\.json' was written by", done.stderr)
    assert "python -m grader batch SUBMISSIONS --out FOLDER --lab NAME --regrade changed" in done.stderr
    assert done.stderr.count("\n") == 1


def give_marks(out):
    with closing(sqlite3.connect(out / "gradebook.db")) as database:
        database.execute("update grade set manual_score = 5, needs_manual_grade = 0 where auto_score is null")
        database.commit()
    return read_marks(f"sqlite:///{out / 'gradebook.db'}", "lab3", load_lab_files(LAB).rubric)


@pytest.mark.slow
def test_class_of_an_older_grader_goes_on_with_the_marks_of_its_reports(a_class, graded, tmp_path):
    out = tmp_path / "out"
    shutil.copytree(graded[0], out)
    marks = give_marks(out)
    make_old(out)

    done = batch(a_class, out, "--lab", "merge", "--regrade", "changed")

    assert done.returncode == 0, done.stderr
    assert all(part.points == 5 for book in marks.values() for part in book.parts)
    assert read_marks(f"sqlite:///{out / 'gradebook.db'}", "lab3", load_lab_files(LAB).rubric) == marks
    done = run("export", out, "--csv")
    assert done.returncode == 0, done.stderr
    assert "without marks" not in done.stdout
