"""Submissions on their way to a worker, and results on their way back, past the pool's own pipes.

A pool may wait for ever when a worker is killed while one of its pipes is full: the pipe to the workers until Python
3.11.5, the one back in every version. So little goes through them. The bytes go through a file in memory that has no
name, which the worker opens by the coordinator's number and descriptor, and which ends with the coordinator. Systems
without such files send everything through the pipes.
"""

import os
import struct
from collections.abc import Iterator
from dataclasses import replace
from typing import Self

from grader.harness.batch.records import Job, Outcome

_LENGTH = struct.Struct(">Q")
"""Before each part: how many bytes it has."""


class Parcel:
    """One job's bytes until it is done; to be closed, a context manager.

    Parameters
    ----------
    job : Job
        With its data.
    """

    def __init__(self, job: Job) -> None:
        self.job = job
        self._file = os.fdopen(os.memfd_create("submission"), "r+b") if hasattr(os, "memfd_create") else None
        if self._file is not None:
            for content in _contents(job):
                self._file.write(_LENGTH.pack(len(content)) + content)
            self._file.flush()

    def __enter__(self) -> Self:
        """Return the parcel."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close it."""
        self.close()

    @property
    def note(self) -> tuple[Job, str]:
        """What goes to the worker: the job, without its data where these are in the file of the path beside it."""
        if self._file is None:
            return self.job, ""
        return _with_contents(self.job, iter(lambda: b"", None)), f"/proc/{os.getpid()}/fd/{self._file.fileno()}"

    def unpack(self, outcome: Outcome, n_results: int) -> Outcome:
        """Put an outcome together: what came from the worker, and what it left in the file."""
        if self._file is None:
            return outcome
        self._file.seek(0)
        content = self._file.read()
        return replace(outcome, results=content[:n_results], page=content[n_results:])

    def close(self) -> None:
        """Give the memory back."""
        if self._file is not None:
            self._file.close()


def open_parcel(job: Job, path: str) -> Job:
    """Return the job with its data; in the worker."""
    if not path:
        return job
    with open(path, "rb") as file:  # noqa: PTH123 - no place on the disk
        return _with_contents(job, iter(lambda: file.read(*_LENGTH.unpack(file.read(_LENGTH.size))), None))


def fill_parcel(outcome: Outcome, path: str) -> tuple[Outcome, int]:
    """Leave the large parts of an outcome in the parcel; returns the rest, and how long the first part is."""
    if not path:
        return outcome, 0
    with open(path, "wb") as file:  # noqa: PTH123 - no place on the disk
        file.write(outcome.results + outcome.page)
    return replace(outcome, results=b"", page=b""), len(outcome.results)


def _contents(job: Job) -> Iterator[bytes]:
    """Go through what is large in a job."""
    yield job.data
    yield from (report.content for report in job.reports)


def _with_contents(job: Job, contents: Iterator[bytes]) -> Job:
    """Put other bytes in the place of those of `_contents`, in the same order."""
    data = next(contents)
    return replace(job, data=data, reports=tuple(replace(report, content=next(contents)) for report in job.reports))
