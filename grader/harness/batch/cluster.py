"""Grade on other machines: a Dask cluster runs the same function, and sends back the same records.

Submissions travel as bytes inside their jobs, so the workers need no common disk; they need the same checkout of this
project and the same packages. A worker that is lost takes nothing with it: Dask gives its jobs to another one.
"""

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import TYPE_CHECKING

from grader.harness.batch.entries import digest_upload
from grader.harness.batch.records import Job, Outcome, Status
from grader.harness.errors import GraderError
from grader.harness.fingerprints import find_fingerprints
from grader.harness.lab import Lab

if TYPE_CHECKING:
    from distributed import Client, Future

CONNECT_S = 20
N_AHEAD = 2
"""Jobs for each thread of the cluster that are on their way at once, so that none waits and few are in memory."""


def grade_on_cluster(
    lab: Lab, jobs: Iterable[Job], grade: Callable[[Job], Outcome], address: str
) -> Iterator[tuple[Job, Outcome]]:
    """Grade on the workers of a Dask scheduler.

    Parameters
    ----------
    lab : Lab
        Whose submissions they are.
    jobs : iterable of Job
        Taken one by one as workers become free.
    grade : callable
        `grader.harness.batch.task.grade_upload` of a lab, or what stands for it in tests.
    address : str
        Of the scheduler: ``tcp://host:8786``.

    Yields
    ------
    job, outcome : Job, Outcome
        As they finish; NO_MARK for a job whose workers were lost again and again.

    Raises
    ------
    GraderError
        If `distributed` is not installed, there is no scheduler at that address, it has no workers, or it is lost.
    """
    try:
        from distributed import Client, as_completed  # an optional package
    except ImportError as exc:
        raise GraderError(
            "Grading on a cluster needs the package distributed, which is not installed. "
            "Run: python -m pip install distributed"
        ) from exc
    try:
        client = Client(address, timeout=CONNECT_S, set_as_default=False)
    except (OSError, ValueError) as exc:
        raise GraderError(
            f"A Dask scheduler must run at the address given; {address!r} does not answer: {exc!r:.200}. "
            "Start one with: dask scheduler"
        ) from exc
    with client:
        waiting, at_work = iter(jobs), {}
        for job in islice(waiting, N_AHEAD * _count_threads(lab, client, address)):
            at_work[client.submit(grade, job, key=_name(job), pure=False)] = job
        done = as_completed(at_work, loop=client.loop)
        for future in done:
            job = at_work.pop(future)
            yield job, _outcome(future)
            for following in islice(waiting, 1):
                submitted = client.submit(grade, following, key=_name(following), pure=False)
                at_work[submitted] = following
                done.add(submitted)


def _name(job: Job) -> str:
    """Name a task, so that Dask's own pages tell what is at work."""
    return f"grade-{job.key}-{digest_upload(job.data, job.reports)[:16]}"


def _outcome(future: "Future[Outcome]") -> Outcome:
    """Take what came; a job whose workers died under it again and again has no mark."""
    from distributed import CancelledError, KilledWorker  # an optional package

    try:
        return future.result()
    except KilledWorker as exc:
        return Outcome(Status.NO_MARK, f"The workers that graded this submission were lost, one after another: {exc}")
    except (CancelledError, ImportError, RuntimeError, OSError) as exc:  # of Dask's: `grade_upload` raises nothing
        raise GraderError(
            "The scheduler and its workers must stay, each started in a checkout with this grader; one was lost or was "
            f"not: {exc!r:.200}. What is finished is kept: start them, then the same command again."
        ) from exc


def _count_threads(lab: Lab, client: "Client", address: str) -> int:
    """Count the cluster's threads, once each of its workers has shown that it has this grader."""
    threads = client.nthreads()
    if not threads:
        raise GraderError(
            f"A cluster must have workers; the scheduler at {address!r} has none. "
            f"Start some on each machine with: python -m dask worker {address} --nworkers auto --nthreads 1"
        )
    mine = find_fingerprints(lab)
    for worker, theirs in client.run(find_fingerprints, lab, on_error="return").items():
        if theirs != mine:
            got = repr(theirs) if isinstance(theirs, Exception) else "another version"
            raise GraderError(
                f"Each worker must have the grader, the rubric and the cases that are here; {worker} has {got:.200}. "
                "Start it in the folder of the same checkout, with the same packages."
            )
    return sum(threads.values())
