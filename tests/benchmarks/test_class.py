"""A class graded by one command, beside nbgrader's own `autograde` in the same run.

Run with ``pytest tests/benchmarks/test_class.py --benchmark-only -s``; ``LAB_CLASS_SIZE=2000`` grades a larger class.
"""

import os
import statistics
import subprocess
import sys
import time
from collections import Counter
from functools import wraps
from pathlib import Path

import pytest

from grader.harness.batch.store import Store
from grader.labs.merge.lab import LAB
from tests.benchmarks import nbgrader_course
from tests.classroom import build_class

REPOSITORY = Path(__file__).resolve().parent.parent.parent
N_STUDENTS = int(os.environ.get("LAB_CLASS_SIZE", "200"))
N_BY_NBGRADER = 12
N_TAKEN_APART = 40


def grade_class(a_class, out):
    """Run the command; return its seconds and the coordinator's largest size in MiB."""
    command = [sys.executable, "-m", "grader", "batch", str(a_class.archive), "--worksheet", str(a_class.worksheet)]
    start, peak = time.perf_counter(), 0
    with subprocess.Popen([*command, "--out", str(out)], cwd=REPOSITORY, stdout=subprocess.DEVNULL) as process:
        while process.poll() is None:
            peak = max(peak, read_peak(process.pid))
            time.sleep(0.2)
    assert process.returncode == 0
    return time.perf_counter() - start, peak


def read_peak(pid):
    try:
        status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    except OSError:
        return 0
    return next((int(line.split()[1]) // 1024 for line in status.splitlines() if line.startswith("VmHWM")), 0)


def autograde(folder):
    """Let nbgrader grade its course; return seconds a submission."""
    nbgrader_course.write_course(folder, N_BY_NBGRADER)
    start = time.perf_counter()
    nbgrader_course.run(folder, "autograde", "lab")
    return (time.perf_counter() - start) / N_BY_NBGRADER


def test_a_class(benchmark, table, tmp_path):
    a_class = build_class(tmp_path, n=N_STUDENTS)
    out = tmp_path / "out"
    theirs = autograde(tmp_path / "nbgrader")

    seconds, peak_mib = grade_class(a_class, out)
    benchmark.pedantic(lambda: None, rounds=1)

    lines = Store(out).lines()
    assert len(lines) == N_STUDENTS
    ours = seconds / N_STUDENTS
    inside = statistics.median(line.execution_s for line in lines)
    table.append(
        f"a class of {N_STUDENTS}: {seconds:.1f} s, {60 / ours:.0f} submissions a minute, {ours:.3f} s each "
        f"(median {inside:.3f} s from opening to report); nbgrader autograde {theirs:.2f} s each, "
        f"ratio {theirs / ours:.1f}; coordinator at most {peak_mib} MiB"
    )


def test_where_the_time_goes(benchmark, table, tmp_path, monkeypatch):
    """Take some gradings apart in one process: the student's calls, the sandbox around them, everything else."""
    from grader.harness import assessment  # only this benchmark needs them
    from grader.harness.batch.entries import find_entries, read_entry, read_reports
    from grader.harness.batch.records import Job
    from grader.harness.batch.roll import call_roll
    from grader.harness.batch.task import grade_upload
    from grader.harness.sandbox.session import Session

    spent = Counter()

    def timed(name, function):
        @wraps(function)
        def measure(*arguments, **keywords):
            start = time.perf_counter()
            try:
                return function(*arguments, **keywords)
            finally:
                spent[name] += time.perf_counter() - start

        return measure

    a_class = build_class(tmp_path, n=N_TAKEN_APART)
    uploads = call_roll(find_entries(LAB.naming, [a_class.archive])).uploads
    jobs = [
        Job(one.person.key, one.entry.file_name, read_entry(one.entry), reports=read_reports(one.entry))
        for one in uploads
    ]
    grade_upload(LAB, jobs[0])  # loads what every worker loads once
    monkeypatch.setattr(assessment, "open_session", timed("sandbox", assessment.open_session))
    monkeypatch.setattr(Session, "load", timed("sandbox", Session.load))
    monkeypatch.setattr(Session, "close", timed("sandbox", Session.close))
    monkeypatch.setattr(Session, "call", timed("student's code", Session.call))

    start = time.perf_counter()
    for job in jobs:
        grade_upload(LAB, job)
    whole = time.perf_counter() - start
    benchmark.pedantic(lambda: None, rounds=1)

    spent["everything else"] = whole - spent.total()
    shares = ", ".join(f"{name} {seconds / len(jobs):.3f} s" for name, seconds in sorted(spent.items()))
    table.append(f"one submission in one worker: {whole / len(jobs):.3f} s, of it {shares}")


pytestmark = pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="reads sizes of processes in /proc")
