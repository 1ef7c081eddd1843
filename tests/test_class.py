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
from contextlib import closing
from pathlib import Path

import pytest

from grader.harness.batch.store import Store
from grader.harness.report.gradescope import load
from tests.classroom import build_class

REPOSITORY = Path(__file__).resolve().parent.parent
N_STUDENTS = 24
N_KILLS = 10


def command(*words):
    return [sys.executable, "-m", "grader", *map(str, words)]


def run(*words):
    return subprocess.run(command(*words), cwd=REPOSITORY, capture_output=True, text=True, timeout=600, check=False)


def batch(a_class, out, *words):
    return run("batch", a_class.archive, "--worksheet", a_class.worksheet, "--out", out, *words)


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


@pytest.fixture(scope="module")
def a_class(tmp_path_factory):
    return build_class(tmp_path_factory.mktemp("class"), n=N_STUDENTS, seed=1)


@pytest.fixture(scope="module")
def graded(a_class, tmp_path_factory):
    """Grade the class once, undisturbed."""
    out = tmp_path_factory.mktemp("graded") / "out"
    done = batch(a_class, out)
    assert done.returncode == 0, done.stderr
    return out, done


def test_class_is_graded_as_each_submission_alone(a_class, graded):
    out, _ = graded
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
    assert f"Mark the reports: python -m grader formgrader {out}" in done.stdout


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
    kept = [path.read_bytes() for path in (out / "submissions").glob("*.zip")]

    assert len(list((out / "submissions").iterdir())) == N_STUDENTS
    assert sum(content in handed_in for content in kept) >= N_STUDENTS - 2, "all but bare files packed with a report"


def test_class_that_is_killed_ends_as_one_that_is_not(a_class, graded, tmp_path):
    undisturbed, _ = graded
    out = tmp_path / "out"
    rng = random.Random(5)  # noqa: S311 - when to kill
    n_graded = []
    for _ in range(N_KILLS):
        with subprocess.Popen(
            command("batch", a_class.archive, "--worksheet", a_class.worksheet, "--out", out),
            cwd=REPOSITORY,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        ) as process:
            time.sleep(rng.uniform(0.5, 5))
            process.send_signal(signal.SIGKILL)
        n_graded.append(len(list((out / "lines").glob("*.json"))))

    done = batch(a_class, out)

    assert done.returncode == 0, done.stderr
    assert n_graded == sorted(n_graded)
    assert n_graded[0] < N_STUDENTS, "the first kill came too late to show anything"
    assert read_gradebook(out) == read_gradebook(undisturbed)
    for path in sorted((undisturbed / "results").iterdir()):
        assert without_times((out / "results" / path.name).read_bytes()) == without_times(path.read_bytes())
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
    assert {row["key"] for row in rows} == set(a_class.expectations)
    assert all(row["total"] == "" and row["note"] == "the report is not marked yet" for row in rows)
    for key in a_class.expectations:
        content = (tmp_path / "g" / key / "results.json").read_bytes()
        assert load(content).handed.student_id in {key, ""}
    # Nobody has a total yet, so the worksheet stays as it is.
    assert (out / "export" / "worksheet.csv").read_bytes() == a_class.worksheet.read_bytes()


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
    gone, unlisted = sorted(a_class.expectations)[:2]  # the second is a bare merge.py
    copy_without(a_class.archive, fewer, f"_{a_class.participants[gone]}_")
    lines = a_class.worksheet.read_text("utf-8-sig").splitlines()
    listed = [line for line in lines if f"Participant {a_class.participants[unlisted]}," not in line]
    worksheet.write_text("\n".join(listed), encoding="utf-8")

    done = run("batch", fewer, "--worksheet", worksheet, "--out", out)

    assert done.returncode == 0, done.stderr
    # Without its row on the worksheet a submission that bears no id has another key.
    now = f"participant-{a_class.participants[unlisted]}"
    assert f"not found now, kept and left out, with the marks of their reports: {gone}, {unlisted} (now {now})" in (
        done.stdout
    )
    assert f"1 not on the worksheet, so Moodle cannot be told their grades: {now}" in done.stdout


def copy_without(archive, target, part):
    """Copy a zip without the members whose names have a part."""
    with zipfile.ZipFile(archive) as source, zipfile.ZipFile(target, "w") as copy:
        for info in source.infolist():
            if part not in info.filename:
                copy.writestr(info, source.read(info))


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


def test_commands_write_to_any_terminal(graded):
    out, _ = graded
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}

    done = subprocess.run(command("export", out), cwd=REPOSITORY, capture_output=True, env=environment, check=False)

    assert done.returncode == 0, done.stderr
    assert rb", \u2026" in done.stdout


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
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    done = subprocess.run(command(*words), cwd=tmp_path, capture_output=True, text=True, check=False, env=environment)

    assert done.returncode == exit_code, done.stderr
    assert re.search(message, done.stderr), done.stderr
    assert "Traceback" not in done.stderr
