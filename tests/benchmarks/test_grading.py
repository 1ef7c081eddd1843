"""Grading one submission in a fresh process, beside the same checks on an in-process copy without any protection.

Run with ``pytest tests/benchmarks --benchmark-only``.
"""

import statistics
import subprocess
import sys
import time
from pathlib import Path

from tests.zoo import build_zip, load_zoo

REPOSITORY = Path(__file__).resolve().parent.parent.parent
N_RUNS = 7
BARE = """
import importlib.util
import hypothesis
import numpy
import pytest
from grader.harness.cases import load_cases
from grader.labs.merge import compare
from grader.labs.merge import conflicts
from grader.labs.merge import picture_scores
from grader.labs.merge.lab import LAB

spec = importlib.util.spec_from_file_location("copy_of_merge", {path!r})
student = importlib.util.module_from_spec(spec)
spec.loader.exec_module(student)
CASES = load_cases(LAB.folder / "cases", LAB.read_case)

@pytest.mark.parametrize("key", sorted({{case.check for case in CASES}}))
def test_check(key):
    for case in CASES:
        if case.check == key:
            answer = student.merge(case.rows.copy(), *case.positional, **case.keywords)
            people = compare.read_people(case, numpy.asarray(answer))
            if case.labelled is not None:
                found = picture_scores.score_people(case.labelled, people)
                assert found >= case.labelled.expected_score * 2 / 3
            elif case.is_only_answer:
                assert compare.same_people(case, people) is None
            else:
                assert conflicts.broken_rule(case, people) is None
                assert conflicts.lost_too_many(case, people) is None

def test_again():
    for case in reversed(CASES):
        student.merge(case.rows.copy(), *case.positional, **case.keywords)
"""


def seconds(command):
    start = time.perf_counter()
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return time.perf_counter() - start


def test_one_submission_in_a_fresh_process(benchmark, table, tmp_path):
    (submission,) = [one for one in load_zoo() if one.name == "pass_union_find"]
    path = build_zip(submission, tmp_path)
    bare = tmp_path / "test_bare.py"
    bare.write_text(BARE.format(path=str(REPOSITORY / "tests/submissions/pass_union_find/merge.py")))
    pytest_alone = [sys.executable, "-m", "pytest", "-q", "--disable-plugin-autoload", "-p", "no:cacheprovider"]
    options = [
        "-o",
        f"pythonpath={REPOSITORY}",
        "--rootdir",
        str(tmp_path),
        "-c",
        "/dev/null",
        "--import-mode=importlib",
    ]
    without = [*pytest_alone, *options, str(bare)]
    graded = [sys.executable, "-m", "grader", "grade", str(path)]
    by_pytest = [sys.executable, "-m", "pytest", "grader/", "--student", str(path)]

    runs = [(seconds(graded), seconds(by_pytest), seconds(without)) for _ in range(N_RUNS)]
    benchmark.pedantic(seconds, args=(graded,), rounds=1)

    ours, tested, theirs = (statistics.median(column) for column in zip(*runs, strict=True))
    table.append(
        f"one submission: graded in {ours:.2f} s (by pytest in {tested:.2f} s), bare pytest in process {theirs:.2f} s, "
        f"ratio {ours / theirs:.2f}"
    )
