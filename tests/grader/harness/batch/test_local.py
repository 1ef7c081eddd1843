"""The pool of workers: what it does with jobs that end their worker, and when it is stopped itself."""

import multiprocessing
import os
import random
import select
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import replace
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from grader.harness.batch.local import grade_locally
from grader.harness.batch.records import Job, Outcome, Status
from grader.harness.intake.loose import LooseReport

REPOSITORY = Path(__file__).resolve().parents[4]
WAIT_S = 60


def job(name):
    return Job(name, f"{name}_Lab3.zip", name.encode())


def grade_politely(one):
    return Outcome(Status.GRADED, one.data.decode())


def grade_with_reports(one):
    return Outcome(Status.GRADED, f"{one.data!r} {[(report.name, report.content) for report in one.reports]}")


def grade_or_die(one):
    """Ends the worker's own process, as an out-of-memory killer would."""
    if one.key.startswith("deadly"):
        os.kill(os.getpid(), signal.SIGKILL)
    return grade_politely(one)


def grade_large_or_die(one):
    outcome = grade_or_die(one) if one.key.startswith("deadly") else Outcome(Status.GRADED)
    return replace(outcome, results=b"r" * 2_000_000, page=f"{one.key} {len(one.data)}".encode())


def grade_large_and_die_sending(one):
    """Ends the process in the middle of a message that does not fit into a pipe at once."""
    send = Connection._send

    def send_half(connection, data, *rest):
        if len(data) <= select.PIPE_BUF:
            return send(connection, data, *rest)
        os.write(connection.fileno(), data[: select.PIPE_BUF])
        return os.kill(os.getpid(), signal.SIGKILL)

    Connection._send = send_half
    return grade_large_or_die(one)


def grade_large_and_stay(one):
    """Leaves a thread behind for which its process would wait for ever."""
    threading.Thread(target=threading.Event().wait).start()
    return grade_large_or_die(one)


def grade_after_a_death(one):
    """Ends the process the first time only: the file remembers."""
    if one.key.startswith("deadly"):
        mark = Path(one.data.decode())
        if not mark.exists():
            mark.write_text("was here", encoding="utf-8")
            os.kill(os.getpid(), signal.SIGKILL)
    return grade_politely(one)


def grade_or_die_when_told(one):
    """Ends the process once somebody has looked at an outcome, and made the file."""
    if one.key.startswith("deadly"):
        wait_for(Path(one.data.decode()).exists)
    return grade_or_die(one)


def grade_for_ever(one):
    print(one.key, os.getpid(), flush=True)
    signal.pause()


def wait_for(happens):
    deadline = time.monotonic() + WAIT_S
    while not happens():
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.01)


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


def test_pool_survives_a_death_while_nobody_looks(tmp_path):
    mark = tmp_path / "mark"
    names = ["s1", "deadly1", "s2", "s3"]
    outcomes = grade_locally([Job(name, "x.zip", str(mark).encode()) for name in names], grade_or_die_when_told, 2)

    found = [next(outcomes)]
    mark.touch()
    # The pool is broken then, and learns of it when it is given the next job.
    wait_for(lambda: not multiprocessing.active_children())
    found += outcomes

    assert sorted(one.key for one, _ in found) == sorted(names)
    assert [one.key for one, outcome in found if outcome.status is Status.NO_MARK] == ["deadly1"]


def test_pool_survives_a_death_while_large_submissions_wait():
    names = ["s1", "deadly1", "s2", "s3"]
    jobs = [Job(name, "x.zip", bytes(3_000_000)) for name in names]

    outcomes = {one.key: (one, outcome) for one, outcome in grade_locally(jobs, grade_large_or_die, 2)}

    assert set(outcomes) == set(names)
    for name in ("s1", "s2", "s3"):
        one, outcome = outcomes[name]
        assert len(one.data) == 3_000_000
        assert (outcome.results, outcome.page) == (b"r" * 2_000_000, f"{name} 3000000".encode())


TROUBLED = """
import sys
from grader.harness.batch.local import grade_locally
from grader.harness.batch.records import Job
from tests.grader.harness.batch import test_local
if __name__ == "__main__":
    jobs = [Job(name, "x.zip", bytes(3_000_000)) for name in ("s1", "s2", "s3")]
    for one, outcome in grade_locally(jobs, getattr(test_local, sys.argv[1]), 2):
        print(one.key, outcome.status, len(outcome.results))
"""


@pytest.mark.parametrize(
    "grade",
    [
        pytest.param(grade_large_and_die_sending, id="killed_in_the_middle_of_its_answer"),
        pytest.param(grade_large_and_stay, id="does_not_end"),
    ],
)
def test_pool_is_not_left_waiting_by_a_worker(tmp_path, grade):
    script = tmp_path / "coordinator.py"
    script.write_text(TROUBLED, encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}

    # One that waits cannot be stopped from within.
    done = subprocess.run(
        [sys.executable, script, grade.__name__],
        capture_output=True,
        text=True,
        env=environment,
        timeout=WAIT_S,
        check=False,
    )

    assert sorted(done.stdout.splitlines()) == [f"{name} graded 2000000" for name in ("s1", "s2", "s3")], done.stderr


def test_pool_tries_a_job_again_that_a_breaking_pool_forgot(monkeypatch):
    submit = ProcessPoolExecutor.submit
    forgotten = []

    def forget_once(pool, grade, *words):
        if forgotten:
            return submit(pool, grade, *words)
        forgotten.append(words)
        return Future()

    monkeypatch.setattr("grader.harness.batch.local._PATIENCE_S", 0.01)
    monkeypatch.setattr(ProcessPoolExecutor, "submit", forget_once)

    ((one, outcome),) = grade_locally([job("s1")], grade_politely, 1)

    assert (one.key, outcome.status) == ("s1", Status.GRADED)


@pytest.mark.slow
def test_pool_survives_many_kills_while_large_submissions_wait():
    jobs = [Job(f"s{number}", "x.zip", bytes(3_000_000)) for number in range(80)]
    rng = random.Random(3)  # noqa: S311 - whom to kill

    found = []
    for one, outcome in grade_locally(jobs, grade_large_or_die, 3):
        found.append((one.key, outcome))
        workers = multiprocessing.active_children()
        if len(found) % 4 == 0 and workers:
            rng.choice(workers).kill()

    assert sorted(key for key, _ in found) == sorted(one.key for one in jobs)
    graded = [outcome for _, outcome in found if outcome.status is Status.GRADED]
    assert len(graded) > len(jobs) // 2, "a job that was not at work when its worker was killed has lost nothing"
    assert all(len(outcome.results) == 2_000_000 for outcome in graded)


def test_pool_sends_everything_through_its_pipes_where_it_must(monkeypatch):
    monkeypatch.delattr(os, "memfd_create")

    ((one, outcome),) = grade_locally([job("s1")], grade_politely, 1)

    assert (one.key, outcome.reason) == ("s1", "s1")


def test_pool_leaves_no_descriptor_open():
    # What Python opens for its first child of this kind, it keeps: the pipe to its resource tracker.
    list(grade_locally([job("first")], grade_politely, 1))
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
        try:
            coordinator.wait(60)
        finally:
            coordinator.kill()
        wait_for(lambda: all(map(is_gone, pids)))


@pytest.mark.parametrize("has_memory_files", [True, False], ids=["file", "pipe"])
def test_pool_gives_workers_the_reports_beside_a_submission(monkeypatch, has_memory_files):
    if not has_memory_files:
        monkeypatch.delattr(os, "memfd_create")
    reports = (LooseReport("a.pdf", b"1" * 99), LooseReport("b.pdf", b""), LooseReport("c.pdf", b"3"))
    one = replace(job("N1"), reports=reports)

    ((done, outcome),) = grade_locally([one], grade_with_reports, 1)

    assert done == one
    assert outcome.reason == f"b'N1' {[(report.name, report.content) for report in reports]}"
