"""The pool of workers: what it does with jobs that end their worker, and when it is stopped itself."""

import multiprocessing
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from grader.harness.batch.local import grade_locally
from grader.harness.batch.records import Job, Outcome, Status

REPOSITORY = Path(__file__).resolve().parents[4]


def job(name):
    return Job(name, f"{name}_Lab3.zip", name.encode())


def grade_politely(one):
    return Outcome(Status.GRADED, one.data.decode())


def grade_or_die(one):
    """Ends the worker's own process, as an out-of-memory killer would."""
    if one.key.startswith("deadly"):
        os.kill(os.getpid(), signal.SIGKILL)
    return grade_politely(one)


def grade_large_or_die(one):
    outcome = grade_or_die(one) if one.key.startswith("deadly") else Outcome(Status.GRADED)
    return replace(outcome, results=b"r" * 2_000_000, page=f"{one.key} {len(one.data)}".encode())


def grade_after_a_death(one):
    """Ends the process the first time only: the file remembers."""
    if one.key.startswith("deadly"):
        mark = Path(one.data.decode())
        if not mark.exists():
            mark.write_text("was here", encoding="utf-8")
            os.kill(os.getpid(), signal.SIGKILL)
    return grade_politely(one)


def grade_for_ever(one):
    print(one.key, os.getpid(), flush=True)
    time.sleep(600)


def test_pool_grades_each_job_once():
    jobs = [job(f"s{number}") for number in range(20)]

    outcomes = list(grade_locally(jobs, grade_politely, 2))

    assert sorted(one.key for one, _ in outcomes) == sorted(one.key for one in jobs)
    assert all(outcome.reason == one.key for one, outcome in outcomes)


def test_pool_takes_jobs_as_they_are_needed():
    taken = []

    def jobs():
        for number in range(10):
            taken.append(number)
            yield job(f"s{number}")

    outcomes = grade_locally(jobs(), grade_politely, 1)
    next(outcomes)

    assert len(taken) <= 3
    assert len(list(outcomes)) == 9


def test_pool_survives_jobs_that_end_their_worker():
    names = ["s1", "deadly1", "s2", "s3", "deadly2", "s4", "s5"]

    outcomes = {one.key: outcome for one, outcome in grade_locally(map(job, names), grade_or_die, 2)}

    assert set(outcomes) == set(names)
    for name, outcome in outcomes.items():
        is_deadly = name.startswith("deadly")
        assert outcome.status is (Status.NO_MARK if is_deadly else Status.GRADED)
        assert ("ended twice while it graded this submission" in outcome.reason) == is_deadly


def test_pool_survives_a_death_while_nobody_looks():
    names = ["s1", "deadly1", "s2", "s3"]
    outcomes = grade_locally(map(job, names), grade_or_die, 2)

    found = [next(outcomes)]
    wait_until_no_worker_is_left()  # the pool is broken, and learns of it when it is given the next job
    found += outcomes

    assert sorted(one.key for one, _ in found) == sorted(names)
    assert [one.key for one, outcome in found if outcome.status is Status.NO_MARK] == ["deadly1"]


def wait_until_no_worker_is_left():
    deadline = time.monotonic() + 60
    while multiprocessing.active_children() and time.monotonic() < deadline:
        time.sleep(0.05)


def test_pool_survives_a_death_while_large_submissions_wait():
    names = ["s1", "deadly1", "s2", "s3"]
    jobs = [Job(name, "x.zip", bytes(3_000_000)) for name in names]

    outcomes = {one.key: (one, outcome) for one, outcome in grade_locally(jobs, grade_large_or_die, 2)}

    assert set(outcomes) == set(names)
    for name in ("s1", "s2", "s3"):
        one, outcome = outcomes[name]
        assert len(one.data) == 3_000_000
        assert (outcome.results, outcome.page) == (b"r" * 2_000_000, f"{name} 3000000".encode())


def test_pool_sends_everything_through_its_pipes_where_it_must(monkeypatch):
    monkeypatch.delattr(os, "memfd_create")

    ((one, outcome),) = grade_locally([job("s1")], grade_politely, 1)

    assert (one.key, outcome.reason) == ("s1", "s1")


def test_pool_leaves_no_descriptor_open():
    before = len(os.listdir("/proc/self/fd"))  # noqa: PTH208 - counted only

    list(grade_locally([job(f"s{number}") for number in range(5)], grade_politely, 2))

    assert len(os.listdir("/proc/self/fd")) <= before  # noqa: PTH208


def test_pool_tries_a_job_again_whose_worker_ended(tmp_path):
    unlucky = Job("deadly", "x.zip", str(tmp_path / "mark").encode())

    outcomes = dict(grade_locally([job("s1"), unlucky], grade_after_a_death, 1))

    assert outcomes[unlucky].status is Status.GRADED


SCRIPT = """
from grader.harness.batch.local import grade_locally
from tests.grader.harness.batch.test_local import grade_for_ever, job
if __name__ == "__main__":
    for _ in grade_locally([job("s1"), job("s2"), job("s3")], grade_for_ever, 2):
        pass
"""


def is_gone(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="looks at processes in /proc")
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT], ids=["killed", "interrupted"])
def test_workers_end_with_the_coordinator(tmp_path, how):
    script = tmp_path / "coordinator.py"
    script.write_text(SCRIPT, encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    with subprocess.Popen(
        [sys.executable, script], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment, cwd=tmp_path
    ) as coordinator:
        pids = [int(coordinator.stdout.readline().split()[1]) for _ in range(2)]
        coordinator.send_signal(how)
        coordinator.wait(60)
        deadline = time.monotonic() + 60
        while not all(map(is_gone, pids)) and time.monotonic() < deadline:
            time.sleep(0.05)

    assert all(map(is_gone, pids))
