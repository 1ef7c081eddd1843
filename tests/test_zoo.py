"""The whole zoo: what each submission earns, loses, and is told; and what all of them together say of the marks.

The default tier grades in this process, without looking for the smallest input that fails, and leaves out the attacks,
which have tests of their own, and whoever runs into a limit of time. The slow tier grades all by the real command, and
holds the points of each check against those that the same grader gave before.
"""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import pytest

from grader.harness.assessment import Options, grade_submission
from grader.harness.lab_files import LOADING, load_lab_files
from grader.harness.report.gradescope import load
from grader.harness.results import Report, Verdict, Visibility
from grader.harness.submission import open_submission_bytes
from grader.labs.merge.lab import LAB
from tests.zoo import BY_CHANCE, Submission, build_zip, find_failed, grade_here, load_zoo

REPOSITORY = Path(__file__).resolve().parent.parent
ZOO = load_zoo()
POINTS = json.loads((REPOSITORY / "tests" / "zoo_points.json").read_text(encoding="utf-8"))
HERE = [submission for submission in ZOO if submission.kind != "attack" and not submission.slow]
WRONG = [submission for submission in ZOO if submission.kind == "wrong"]
CHECKS = [line.key for line in load_lab_files(LAB).rubric.checks]

FEW_OTHERS = 2
"""So many other checks may fail for a mistake that one check is about."""

WIDEST = 26
"""So far apart may the points be that careful readers would give to one mistake."""
WIDER = {"wrong_remembers_by_shape"}
"""Submissions whose points hang on which inputs happen to have the shape of an earlier one."""

TABLE_AT_MOST, NOBODY_AT_MOST = 6, 8
ONE_TABLE = pytest.mark.xdist_group("one table of the zoo")
"""Tests that look at all submissions at once: in one process each is graded once."""


@pytest.mark.parametrize("submission", HERE, ids=lambda one: one.name)
def test_submission_earns_what_is_expected(submission):
    submission.demand(*grade_here(submission.name))


@pytest.mark.parametrize("kind", ["pass", "wrong", "attack", "malformed"])
def test_zoo_is_large_enough(kind):
    least = {"pass": 12, "wrong": 30, "attack": 30, "malformed": 20}[kind]

    assert sum(submission.kind == kind for submission in ZOO) >= least


def test_right_submissions_expect_everything():
    assert all(submission.points == 60 for submission in ZOO if submission.kind == "pass")


def test_points_are_recorded_for_every_submission():
    assert set(POINTS) == {submission.name for submission in ZOO} - BY_CHANCE


# All wrong ones in one table.


@pytest.fixture(scope="module")
def table() -> dict[str, Report]:
    """Grade the wrong submissions; return what each earned, the most first."""
    reports = {submission.name: grade_here(submission.name)[0] for submission in WRONG if not submission.slow}
    return dict(sorted(reports.items(), key=lambda row: row[1].points, reverse=True))


def write_row(submission: Submission, report: Report) -> str:
    ends = f"{submission.at_least:g} to {submission.at_most:g}"
    return f"{float(report.points):6.2f}  {ends:12}  {submission.name}: {submission.why}"


@ONE_TABLE
def test_points_of_all_wrong_submissions_are_those_of_a_careful_reader(table):
    of_name = {submission.name: submission for submission in WRONG}
    outside = [
        name for name, report in table.items() if not of_name[name].at_least <= report.points <= of_name[name].at_most
    ]

    assert outside == [], "\n".join(write_row(of_name[name], report) for name, report in table.items())


@ONE_TABLE
@pytest.mark.parametrize("key", [key for key in CHECKS if key != LOADING])
def test_check_has_a_mutant_that_fails_hardly_anything_else(table, key):
    others = {name: find_failed(report) - {key} for name, report in table.items() if key in find_failed(report)}
    fewest = min(others.items(), key=lambda row: len(row[1]), default=None)

    assert fewest is not None, f"no wrong submission fails {key}"
    assert len(fewest[1]) <= FEW_OTHERS, f"{fewest[0]} fails {key} and {len(fewest[1])} others: {sorted(fewest[1])}"


def test_code_that_cannot_be_loaded_fails_the_check_that_says_so():
    report, _ = grade_here("malformed_syntax_error")
    verdicts = {check.key: check.verdict for check in report.checks}

    assert verdicts.pop(LOADING) is Verdict.CRASHED
    assert set(verdicts.values()) == {Verdict.NOT_RUN}
    assert report.points == 0


@pytest.mark.parametrize("submission", WRONG, ids=lambda one: one.name)
def test_wrong_submission_has_a_range_of_points_and_a_reason(submission):
    assert submission.why[:1].isupper(), submission.why
    assert submission.why.endswith(".")
    assert len(submission.why.split()) >= 3
    assert submission.points is None
    assert 0 <= submission.at_least <= submission.at_most < 60
    assert submission.width <= WIDEST or submission.name in WIDER


# Who reads what is published.

_TABLE = """
import numpy as np

ANSWERS = {answers}


def merge(subset, min_num_body_parts=4, min_score=0.4):
    call = (np.asarray(subset, dtype=float).tolist(), min_num_body_parts, min_score)
    return np.array(ANSWERS.get(repr(call), {otherwise}), dtype=float).reshape(-1, 20)
"""


def grade_published_answers(otherwise: str) -> Report:
    """Grade a merge that knows the answers to all published cases, and says one thing to all others."""
    published = [case for case in load_lab_files(LAB).cases if case.visibility is Visibility.PUBLIC]
    answers = {
        repr((case.rows.tolist(), case.min_num_body_parts, case.min_score)): case.expected.tolist()
        for case in published
    }
    source = _TABLE.format(answers=answers, otherwise=otherwise).encode()
    return grade_submission(LAB, open_submission_bytes(LAB, "merge.py", source), Options(is_shrinking=False))


@pytest.mark.parametrize("otherwise", ["[]", "subset", "subset[:1]"], ids=["nobody", "the rows", "the first row"])
def test_table_of_published_answers_earns_next_to_nothing(otherwise):
    report = grade_published_answers(otherwise)
    published = [
        case
        for check in report.checks
        if check.key != "same_answer"
        for case in check.cases
        if case.visibility is Visibility.PUBLIC
    ]

    assert all(case.is_passed for case in published)
    assert len(published) > len(CHECKS)
    assert report.points <= TABLE_AT_MOST


@pytest.mark.parametrize("name", ["wrong_nobody", "wrong_rows_as_they_came", "wrong_forgets_return"])
def test_who_merges_nothing_earns_next_to_nothing(name):
    report, text = grade_here(name)

    assert report.points <= NOBODY_AT_MOST, text


# By the real command.


@dataclass(frozen=True)
class Graded:
    """One run of the command: its exit code, what it printed, and the report that it wrote."""

    exit_code: int
    text: str
    report: Report


def grade_by_command(submission: Submission, folder: Path) -> Graded:
    path, results = build_zip(submission, folder), folder / "results.json"
    command = [sys.executable, "-m", "grader", "grade", str(path), "--results", str(results), "--audience", "staff"]
    run = subprocess.run(
        command, cwd=REPOSITORY, capture_output=True, text=True, timeout=600, check=False, env=os.environ
    )
    assert results.exists(), run.stdout + run.stderr
    return Graded(run.returncode, run.stdout, load(LAB, results.read_bytes()))


@pytest.mark.slow
@pytest.mark.parametrize("submission", ZOO, ids=lambda one: one.name)
def test_command_grades_as_it_always_did(submission, tmp_path):
    run = grade_by_command(submission, tmp_path)

    assert run.exit_code == 0, run.text
    submission.demand(run.report, run.text)
    if submission.name not in BY_CHANCE:
        points = {check.key: check.points for check in run.report.checks}
        assert points == {key: Fraction(value) for key, value in POINTS[submission.name].items()}, run.text
