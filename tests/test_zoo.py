"""The whole zoo through the real command: what each submission earns, loses, and is told."""

import os
import re
import subprocess
import sys
import time
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest

from grader.harness.report.gradescope import load
from grader.harness.results import Report, Verdict
from tests.zoo import Submission, build_zip, load_zoo

REPOSITORY = Path(__file__).resolve().parent.parent
ZOO = load_zoo()
N_SLOW = 3


@dataclass(frozen=True)
class Graded:
    """One run of the command: its exit code, what it printed, and the report that it wrote."""

    exit_code: int
    text: str
    report: Report


def start(command: list[str]) -> subprocess.CompletedProcess[str]:
    """Run a command; once more if the machine could not start it: of thousands of starts one fails now and then."""
    run = partial(subprocess.run, command, cwd=REPOSITORY, capture_output=True, text=True, timeout=400, check=False)
    try:
        return run()
    except OSError:
        time.sleep(1)
        return run()


def grade(submission: Submission, folder: Path) -> Graded:
    path = build_zip(submission, folder / submission.name)
    results = folder / f"{submission.name}.json"
    command = [sys.executable, "-m", "grader", "grade", str(path), "--results", str(results), "--audience", "staff"]
    run = start(command)
    assert results.exists(), run.stdout + run.stderr
    return Graded(run.returncode, run.stdout, load(results.read_bytes()))


@pytest.fixture(scope="module")
def graded(request, tmp_path_factory):
    """Start grading what the chosen tests need; give the function that waits for one of them.

    Those that run into time limits mostly wait, so they have threads of their own.
    """
    folder = tmp_path_factory.mktemp("zoo")
    wanted = {item.callspec.params["submission"].name for item in request.session.items if _is_of_zoo(item)}
    with ThreadPoolExecutor(N_SLOW) as slow, ThreadPoolExecutor(os.cpu_count()) as fast:
        runs: dict[str, Future[Graded]] = {
            submission.name: (slow if submission.slow else fast).submit(grade, submission, folder)
            for submission in ZOO
            if submission.name in wanted
        }
        yield lambda submission: runs[submission.name].result()
        for run in runs.values():
            run.cancel()


def _is_of_zoo(item):
    parameters = getattr(item, "callspec", None)
    return item.path == Path(__file__) and parameters is not None and "submission" in parameters.params


def lost(report):
    return {check.key for check in report.checks if check.points < check.max_points or check.failures}


@pytest.mark.parametrize("submission", ZOO, ids=lambda submission: submission.name)
def test_submission_earns_what_is_expected(graded, submission):
    run = graded(submission)
    points, verdicts = float(run.report.points), {check.verdict for check in run.report.checks}

    assert run.exit_code == 0, run.text
    assert Verdict.GRADER_FAULT not in verdicts
    assert submission.points is None or points == submission.points, run.text
    assert submission.at_least <= points <= submission.at_most, run.text
    assert set(submission.lost) <= lost(run.report), run.text
    assert not submission.only or lost(run.report) == set(submission.lost), run.text
    assert not submission.verdict or Verdict(submission.verdict) in verdicts, run.text
    assert re.search(submission.message, " ".join(run.text.split())), run.text
    if submission.problem:
        assert submission.problem in {problem.code for problem in run.report.handed.problems}


@pytest.mark.parametrize("kind", ["pass", "wrong", "attack", "malformed"])
def test_zoo_is_large_enough(kind):
    least = {"pass": 12, "wrong": 30, "attack": 30, "malformed": 20}[kind]

    assert sum(submission.kind == kind for submission in ZOO) >= least


@pytest.mark.parametrize("submission", [one for one in ZOO if one.kind == "pass"], ids=lambda one: one.name)
def test_right_submissions_earn_everything(graded, submission):
    assert graded(submission).report.points == 60


@pytest.mark.parametrize("submission", [one for one in ZOO if one.kind == "wrong"], ids=lambda one: one.name)
def test_wrong_submissions_lose_and_say_where(graded, submission):
    run = graded(submission)

    assert submission.lost
    assert run.report.points < 60
    for check in run.report.checks:
        for case in check.failures:
            assert case.explanation is not None
            assert case.explanation.required[0].isupper() or case.explanation.required.startswith("merge")
