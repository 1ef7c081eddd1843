"""The whole zoo: what each submission earns, loses, and is told.

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
from grader.harness.report.gradescope import load
from grader.harness.report.text import render_text
from grader.harness.results import Audience, Report
from grader.harness.submission import open_submission
from grader.labs.merge.lab import LAB
from tests.zoo import Submission, build_zip, load_zoo

REPOSITORY = Path(__file__).resolve().parent.parent
ZOO = load_zoo()
POINTS = json.loads((REPOSITORY / "tests" / "zoo_points.json").read_text(encoding="utf-8"))
BY_CHANCE = {"attack_random"}
"""Submissions whose points are drawn by the system's own dice."""


def grade_here(submission: Submission, folder: Path) -> tuple[Report, str]:
    path = build_zip(submission, folder)
    report = grade_submission(LAB, open_submission(LAB, path), Options(is_shrinking=False))
    return report, render_text(LAB, report, Audience.STAFF)


HERE = [submission for submission in ZOO if submission.kind != "attack" and not submission.slow]


@pytest.mark.parametrize("submission", HERE, ids=lambda one: one.name)
def test_submission_earns_what_is_expected(submission, tmp_path):
    submission.demand(*grade_here(submission, tmp_path))


@pytest.mark.parametrize("kind", ["pass", "wrong", "attack", "malformed"])
def test_zoo_is_large_enough(kind):
    least = {"pass": 12, "wrong": 30, "attack": 30, "malformed": 20}[kind]

    assert sum(submission.kind == kind for submission in ZOO) >= least


def test_right_submissions_expect_everything():
    assert all(submission.points == 60 for submission in ZOO if submission.kind == "pass")


def test_points_are_recorded_for_every_submission():
    assert set(POINTS) == {submission.name for submission in ZOO} - BY_CHANCE


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
