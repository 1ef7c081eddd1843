"""A real Dask scheduler with two real workers on this machine: all jobs end graded, also when one worker is killed."""

import os
import re
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import pytest

from grader.harness.batch import cluster
from grader.harness.batch.cluster import grade_on_cluster
from grader.harness.batch.records import Job, Outcome, Status
from grader.harness.batch.store import Store
from grader.harness.batch.task import grade_upload
from grader.harness.errors import GraderError
from grader.harness.intake.loose import LooseReport
from grader.labs.merge.lab import LAB
from tests.classroom import build_class

REPOSITORY = Path(__file__).resolve().parents[4]

needs_dask = pytest.mark.skipif(
    find_spec("distributed") is None, reason="the optional package distributed is not installed"
)


FIRST = ("s0", "s1", "s2")
WAIT_S = 60


def wait_for(happens):
    deadline = time.monotonic() + WAIT_S
    while not happens():
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.01)


def job(number, data=b""):
    return Job(f"s{number}", f"s{number}_Lab3.zip", data)


def grade_until_killed(one):
    """Says on disk that it was here, and by which process; after the first three it waits until somebody was killed."""
    log = Path(one.data.decode())
    with log.open("a", encoding="utf-8") as file:
        file.write(f"{one.key} {os.getpid()}\n")
    if one.key not in FIRST:
        wait_for(lambda: log.with_name("killed").exists())
    return Outcome(Status.GRADED, one.key)


def read_pids(log):
    return [line.split()[1] for line in log.read_text(encoding="utf-8").splitlines()]


def grade_and_die(one):
    if one.key == "s1":
        os.kill(os.getpid(), signal.SIGKILL)
    return Outcome(Status.GRADED, one.key)


@contextmanager
def dask(*words, says, folder=REPOSITORY):
    """Run a command of Dask's until the block ends; give the part of its log that was waited for."""
    environment = {**os.environ, "PYTHONPATH": str(folder), "DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "1"}
    command = [sys.executable, "-m", "dask", *words, "--host", "127.0.0.1", "--no-dashboard"]
    with subprocess.Popen(
        command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True, env=environment, cwd=folder
    ) as process:
        try:
            lines = iter(process.stderr.readline, "")
            yield process, next(found for line in lines if (found := re.search(says, line))).group(0)
        finally:
            process.kill()


def worker(address):
    return dask("worker", address, "--nthreads", "1", "--no-nanny", says=r"Registered to")


@pytest.fixture
def scheduler():
    with dask("scheduler", "--port", "0", says=r"tcp://127\.0\.0\.1:\d+") as (_, address):
        yield address


@needs_dask
@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_cluster_grades_each_job_once_when_a_worker_is_killed(scheduler, tmp_path):
    log = tmp_path / "log"
    jobs = [job(number, str(log).encode()) for number in range(12)]
    with worker(scheduler) as (first, _), worker(scheduler):
        outcomes = []
        for one, outcome in grade_on_cluster(LAB, iter(jobs), grade_until_killed, scheduler):
            outcomes.append((one.key, outcome))
            if len(outcomes) == len(FIRST):
                wait_for(lambda: len(set(read_pids(log))) == 2)
                first.kill()
                first.wait()
                log.with_name("killed").touch()

    assert len(set(read_pids(log))) == 2, "both workers had their part"
    assert sorted(key for key, _ in outcomes) == sorted(one.key for one in jobs)
    assert all(outcome == Outcome(Status.GRADED, key) for key, outcome in outcomes)


@needs_dask
@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_cluster_that_is_lost_keeps_what_it_gave(tmp_path):
    jobs = [job(number, str(tmp_path / "log").encode()) for number in range(12)]
    with dask("scheduler", "--port", "0", says=r"tcp://127\.0\.0\.1:\d+") as (process, address), worker(address):
        outcomes = grade_on_cluster(LAB, jobs, grade_until_killed, address)
        next(outcomes)
        process.kill()

        with pytest.raises(GraderError, match=r"one was lost or was not: .* then the same command again"):
            list(outcomes)


@needs_dask
@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_cluster_needs_a_scheduler_that_has_the_grader(tmp_path):
    elsewhere = dask("scheduler", "--port", "0", says=r"tcp://127\.0\.0\.1:\d+", folder=tmp_path)
    with elsewhere as (_, address), worker(address), pytest.raises(GraderError, match="must stay, each started in a"):
        list(grade_on_cluster(LAB, [job(0)], grade_until_killed, address))


@needs_dask
@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_cluster_gives_up_a_job_that_ends_its_workers(scheduler):
    with worker(scheduler), worker(scheduler), worker(scheduler):
        outcomes = dict(grade_on_cluster(LAB, [job(0), job(1), job(2)], grade_and_die, scheduler))

    statuses = {one.key: outcome.status for one, outcome in outcomes.items()}
    assert statuses == {"s0": Status.GRADED, "s1": Status.NO_MARK, "s2": Status.GRADED}
    assert "were lost, one after another" in outcomes[job(1)].reason


@needs_dask
@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_cluster_must_have_workers(scheduler):
    with pytest.raises(GraderError, match=r"must have workers; the scheduler at 'tcp://.*--nworkers auto --nthreads 1"):
        list(grade_on_cluster(LAB, [job(0)], grade_and_die, scheduler))


@needs_dask
@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_cluster_refuses_workers_with_another_grader(scheduler, monkeypatch):
    monkeypatch.setattr("grader.harness.batch.cluster.find_fingerprints", different_fingerprints)
    with worker(scheduler), pytest.raises(GraderError, match="the same checkout, with the same packages"):
        list(grade_on_cluster(LAB, [job(0)], grade_and_die, scheduler))


def different_fingerprints(_):
    return {"grader": str(os.getpid())}


@needs_dask
@pytest.mark.slow
def test_cluster_must_be_there(monkeypatch):
    monkeypatch.setattr("grader.harness.batch.cluster.CONNECT_S", 1)
    with pytest.raises(GraderError, match=r"must run at the address given; 'tcp://127.0.0.1:9' does not answer"):
        list(grade_on_cluster(LAB, [job(0)], grade_and_die, "tcp://127.0.0.1:9"))


def test_cluster_says_what_is_not_installed(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(GraderError, match="Run: python -m pip install distributed"):
        list(grade_on_cluster(LAB, [job(0)], grade_and_die, "tcp://127.0.0.1:8786"))


@needs_dask
@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_class_is_graded_on_a_cluster_as_here(scheduler, tmp_path):
    names = ["pass_union_find", "wrong_drops_third", "attack_os_exit", "malformed_empty_file"]
    a_class = build_class(tmp_path, names, n=4)
    command = [sys.executable, "-m", "grader", "batch", a_class.archive, "--out", tmp_path / "there"]
    with worker(scheduler), worker(scheduler):
        done = subprocess.run(
            [*command, "--scheduler", scheduler], cwd=REPOSITORY, capture_output=True, text=True, check=False
        )

    assert done.returncode == 0, done.stderr
    lines = Store(tmp_path / "there").lines()
    assert len(lines) == 4
    for line in lines:
        job = Job(line.person.key, *Store(tmp_path / "there").submission(line.person.key))
        here = grade_upload(LAB, job)
        assert (line.status, line.points, line.verdicts) == (here.status, here.points, here.verdicts)


def test_tasks_of_two_reports_beside_one_submission_have_two_names():
    """Dask takes tasks of one name for the same task."""
    one = Job("N1", "N1_Lab3.zip", b"zip")
    reports = [(), (LooseReport("a.pdf", b"1"),), (LooseReport("a.pdf", b"2"),)]

    assert len({cluster._name(replace(one, reports=given)) for given in reports}) == len(reports)
