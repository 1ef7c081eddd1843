"""Grade on the cores of this machine: a pool of worker processes that outlives whatever a submission does to them."""

import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Collection, Generator, Iterable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, suppress
from multiprocessing.connection import wait as wait_for

from grader.harness.batch.parcel import Parcel, fill_parcel, open_parcel
from grader.harness.batch.records import Job, Outcome, Status

Grade = Callable[[Job], Outcome]
Graded = tuple[Outcome, int]
"""What a worker sends back: see `grader.harness.batch.parcel`."""

JOB_S = 1800
"""A worker that has been at one submission for so long is killed: its own limits should have ended it long before, also
where the machine gives it a tenth of the time."""

_LOOK_S, _PATIENCE_S = 0.02, 5.0

N_BEFORE_RENEWAL = 500
"""A worker is replaced after so many submissions, so that nothing that piles up in it lasts."""


def grade_locally(jobs: Iterable[Job], grade: Grade, n_workers: int) -> Iterator[tuple[Job, Outcome]]:
    """Grade in worker processes, as many at a time as there are workers.

    Parameters
    ----------
    jobs : iterable of Job
        Taken one by one as workers become free, so that only a few are in memory.
    grade : callable
        `grader.harness.batch.task.grade_upload` of a lab, or what stands for it in tests.
    n_workers : int
        How many processes; at least 1.

    Yields
    ------
    job, outcome : Job, Outcome
        As they finish. A job that ended its worker's process is tried once more on its own; if it does it again its
        outcome is NO_MARK, and everybody else's is as if nothing had been.
    """
    waiting = iter(jobs)
    suspects: deque[Job] = deque()
    while True:
        suspects.extend((yield from _grade_in_pool(waiting, grade, n_workers)))
        if not suspects:
            return
        while suspects:
            yield from _grade_alone(suspects.popleft(), grade)


def _grade_in_pool(
    jobs: Iterator[Job], grade: Grade, n_workers: int
) -> Generator[tuple[Job, Outcome], None, list[Job]]:
    """Grade until no job is left, or the pool breaks: then return the jobs that were at work, one of which broke it."""
    running: dict[Future[Graded], Parcel] = {}
    broken: list[Job] = []
    with _pool(n_workers) as pool, _closing(running):
        while not broken:
            for job in jobs:
                parcel = Parcel(job)
                try:
                    running[pool.submit(_grade_within, grade, *parcel.note)] = parcel
                except (BrokenProcessPool, BrokenPipeError):  # it broke while the outcome before was being kept
                    parcel.close()
                    broken.append(job)
                    break
                if len(running) > n_workers:  # one waits in line, so that no worker waits for the next
                    break
            if not running:
                break
            finished = _wait(running)
            if not finished:
                break
            for future in finished:
                with running.pop(future) as parcel:
                    try:
                        outcome = parcel.unpack(*future.result())
                    except BrokenProcessPool:
                        broken.append(parcel.job)
                        continue
                yield parcel.job, outcome
        broken += [parcel.job for parcel in running.values()]
    return broken


def _grade_alone(job: Job, grade: Grade) -> Iterator[tuple[Job, Outcome]]:
    with _pool(1) as pool, Parcel(job) as parcel:
        reason = "The grader's own process ended twice while it graded this submission; look at it by hand."
        outcome = Outcome(Status.NO_MARK, reason)
        with suppress(BrokenProcessPool, BrokenPipeError):
            for future in _wait({pool.submit(_grade_within, grade, *parcel.note)}):
                outcome = parcel.unpack(*future.result())
        yield job, outcome


@contextmanager
def _closing(running: Mapping[Future[Graded], Parcel]) -> Iterator[None]:
    """Close whatever is still at work in the end."""
    try:
        yield
    finally:
        for parcel in running.values():
            parcel.close()


@contextmanager
def _pool(n_workers: int) -> Iterator[ProcessPoolExecutor]:
    # Started afresh, not forked: nothing of the coordinator's, its threads and open files, is in a worker.
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(n_workers, context, _start_worker, max_tasks_per_child=N_BEFORE_RENEWAL)
    try:
        yield pool
    finally:
        _end_pool(pool)


def _end_pool(pool: ProcessPoolExecutor) -> None:
    """Kill the workers and wait for the pool.

    Nothing of theirs is needed any more: the outcomes are there, or somebody has stopped the command. A pool that is
    left to end by itself may wait for ever when a worker was killed: for one that was being started just then, or for
    those that stand behind the lock that the dead one held.
    """
    ending = threading.Thread(target=pool.shutdown, name="end of a pool")
    ending.start()
    while ending.is_alive():
        for worker in multiprocessing.active_children():
            worker.kill()
        ending.join(_LOOK_S)


def _wait(running: Collection[Future[Graded]]) -> set[Future[Graded]]:
    """Wait until a job is done, and return those that are; none when no worker is left that could do one.

    A pool that breaks while it is given a job may forget that job.
    """
    while True:
        done = wait(running, _PATIENCE_S, FIRST_COMPLETED).done
        if done or not multiprocessing.active_children():
            return done


def _start_worker() -> None:
    """End with the coordinator, even if that is killed; leave Ctrl-C to it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent.sentinel,), daemon=True).start()


def _end_with(sentinel: int) -> None:
    wait_for([sentinel])
    os._exit(1)


def _grade_within(grade: Grade, job: Job, path: str) -> Graded:
    """Grade what is in a parcel, with an alarm clock whose ring ends the process."""
    if hasattr(signal, "alarm"):
        signal.alarm(JOB_S)
    try:
        return fill_parcel(grade(open_parcel(job, path)), path)
    finally:
        if hasattr(signal, "alarm"):
            signal.alarm(0)
