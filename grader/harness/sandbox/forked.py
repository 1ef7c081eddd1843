"""Children that are forked by a nursery, as the grader sees them; `nursery` says what the nursery does.

A nursery belongs to one process of the grader and to one interpreter. It is started when the first session needs it,
ends with the grader, and is replaced when it is gone. One lock guards each control socket, so that threads may open
and close sessions at the same time.
"""

import contextlib
import os
import select
import socket
import struct
import subprocess
import threading
from array import array
from collections.abc import Callable, Hashable, Sequence
from typing import IO

from grader.harness.errors import HostUnfit
from grader.harness.sandbox.nursery import KILL, REAP, REPLY, REQUEST, RUNNING, START
from grader.harness.sandbox.processes import END_S, popen
from grader.harness.sandbox.usage import find_process

_ANSWER_S = 30.0
"""A nursery answers within a millisecond; one that does not is stopped, or the machine is."""

_LOST = (
    "The process that forks the children must run until the grader ends; it was killed, and the children with it. "
    "This is not the submission's fault: look for what uses up the machine's memory, and grade again."
)


class Nursery:
    """The grader's end of a nursery.

    Parameters
    ----------
    command : list of str
        What starts it.
    environment : dict of str to str
        Its environment.
    codes : bytes
        The runner, compiled for the nursery's Python.
    start_s : float
        How long it may take until it is ready, in seconds.

    Raises
    ------
    HostUnfit
        If it does not start.
    """

    def __init__(self, command: list[str], environment: dict[str, str], codes: bytes, start_s: float) -> None:
        self._lock = threading.Lock()
        self._control, its_end = socket.socketpair()
        try:
            with its_end:
                self._process = popen(
                    command, environment, stdin=its_end, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
                )
        except OSError as exc:
            self._control.close()
            raise HostUnfit(f"The process that forks the children must start; {exc}.") from exc
        self._control.settimeout(start_s)
        with self._lock:
            self._exchange(len(codes).to_bytes(4, "big") + codes)
        self._control.settimeout(_ANSWER_S)

    @property
    def is_open(self) -> bool:
        """Whether it may be asked; false once it was found dead."""
        return self._control.fileno() >= 0

    def ask(self, act: bytes, child: int = 0, pipes: Sequence[int] = ()) -> tuple[int, list[int]]:
        """Have one thing done.

        Parameters
        ----------
        act : bytes
            ``START``, ``KILL`` or ``REAP``.
        child : int, optional
            The child's number in the nursery.
        pipes : sequence of int, optional
            Descriptors that a new child takes over as 0, 1 and 2.

        Returns
        -------
        value : int
            What was answered.
        descriptors : list of int
            What came with it.

        Raises
        ------
        HostUnfit
            If the nursery is gone.
        """
        if not self.is_open:  # asked before the lock is, which nobody gives back in a fork of the grader
            raise HostUnfit(_LOST)
        with self._lock:
            return self._exchange(REQUEST.pack(act, child), pipes)

    def _exchange(self, message: bytes, pipes: Sequence[int] = ()) -> tuple[int, list[int]]:
        """Send and receive; a nursery that was interrupted halfway is of no use any more."""
        is_done = False
        try:
            if pipes:
                socket.send_fds(self._control, [message], pipes)
            else:
                self._control.sendall(message)
            value, descriptors = self._receive()
            is_done = True
        except (OSError, struct.error) as exc:
            raise HostUnfit(_LOST) from exc
        finally:
            if not is_done:
                self.close()
        return value, descriptors

    def _receive(self) -> tuple[int, list[int]]:
        # Not by socket.recv_fds, which passes no flags on: programs would inherit what came.
        flags = socket.MSG_WAITALL | socket.MSG_CMSG_CLOEXEC
        descriptors = array("i")
        answer, ancillary, _, _ = self._control.recvmsg(REPLY.size, socket.CMSG_SPACE(descriptors.itemsize), flags)
        for _, _, data in ancillary:
            descriptors.frombytes(data[: len(data) - len(data) % descriptors.itemsize])
        (value,) = REPLY.unpack(answer)
        return value, list(descriptors)

    def close(self) -> None:
        """End the nursery and all of its children."""
        self.leave()
        self._process.kill()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(END_S)

    def leave(self) -> None:
        """Close this process's end and let the nursery live: it belongs to another process."""
        self._control.close()
        if self._process.stdout is not None:
            self._process.stdout.close()


class ForkedProcess:
    """A child of a nursery: see `grader.harness.sandbox.processes.Process`.

    Raises
    ------
    HostUnfit
        If the nursery is gone or cannot fork.
    """

    def __init__(self, nursery: Nursery) -> None:
        self._nursery = nursery
        self._status: int | None = None
        ours, theirs = _open_pipes()
        try:
            self._child, self._end = _fork(nursery, theirs)
        except BaseException:
            _close(ours)
            raise
        finally:
            _close(theirs)
        self.stdin: IO[bytes] | None = os.fdopen(ours[0], "wb")
        self.stdout: IO[bytes] | None = os.fdopen(ours[1], "rb")
        self.stderr: IO[bytes] | None = os.fdopen(ours[2], "rb")

    @property
    def number(self) -> int:
        """The number of the process in the grader's own table: see `grader.harness.sandbox.processes.Process`."""
        return find_process(self._end) if self._end >= 0 else 0

    def wait(self, timeout_s: float) -> int | None:
        """Wait for the process to end by itself.

        Raises
        ------
        HostUnfit
            If it ended with its nursery, so that its end says nothing of the submission.
        """
        if self._status is None and self._end >= 0 and self._has_ended(timeout_s):
            status, _ = self._nursery.ask(REAP, self._child)
            self._status = None if status == RUNNING else os.waitstatus_to_exitcode(status)
        return self._status

    def kill(self) -> None:
        """Kill the process; its system-call filter has let it start none."""
        if self._end < 0:
            return
        try:
            with contextlib.suppress(HostUnfit):  # its nursery is gone, and so is this one
                if self._status is None:
                    self._nursery.ask(KILL, self._child)
                    self.wait(END_S)
        finally:
            os.close(self._end)
            self._end = -1

    def _has_ended(self, timeout_s: float) -> bool:
        poll = select.poll()
        poll.register(self._end, select.POLLIN)
        return bool(poll.poll(timeout_s * 1000))


def _fork(nursery: Nursery, pipes: Sequence[int]) -> tuple[int, int]:
    """Have a child forked; returns its number and a descriptor that can be read from when it has ended."""
    child, descriptors = nursery.ask(START, pipes=pipes)
    if child < 0:
        raise HostUnfit(f"A child must be forked for each session; it was not: {os.strerror(-child)}.")
    if not descriptors:
        nursery.ask(KILL, child)
        raise HostUnfit("A child must be watched; the grader may open no more files. Close some, or allow more.")
    return child, descriptors[0]


def _open_pipes() -> tuple[Sequence[int], Sequence[int]]:
    """Open three pipes; returns the grader's ends and the child's."""
    ends: list[int] = []
    try:
        for _ in range(3):
            ends += os.pipe()
    except OSError:
        _close(ends)
        raise
    requests_out, requests_in, replies_out, replies_in, prints_out, prints_in = ends
    return (requests_in, replies_out, prints_out), (requests_out, replies_in, prints_in)


def _close(descriptors: Sequence[int]) -> None:
    for descriptor in descriptors:
        os.close(descriptor)


class _Nurseries:
    """The nurseries of this process, by what they were started for; None where one could not be started."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.by_key: dict[Hashable, Nursery | None] = {}

    def find(self, key: Hashable, start: Callable[[], Nursery]) -> Nursery:
        """Find the nursery, or start one: the first time, and when the last one is gone."""
        with self.lock:
            nursery = self.by_key.get(key)
            if nursery is None and key in self.by_key:
                raise HostUnfit("A process that forks the children must run; it did not start before.")
            if nursery is None or not nursery.is_open:
                self.by_key[key] = None
                nursery = self.by_key[key] = start()
            return nursery

    def leave(self) -> None:
        """Begin anew in a fork of the grader: those of before belong to the process that it was forked from."""
        for nursery in self.by_key.values():
            if nursery is not None:
                nursery.leave()
                _OF_OTHERS.append(nursery)
        self.__init__()  # type: ignore[misc]


_OF_OTHERS: list[Nursery] = []
"""Kept, since Python warns of a process that is running when its record is thrown away."""
_NURSERIES = _Nurseries()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_NURSERIES.leave)


def fork_child(key: Hashable, start: Callable[[], Nursery]) -> ForkedProcess:
    """Have a child forked by the nursery of this key.

    Parameters
    ----------
    key : hashable
        What nurseries are told apart by.
    start : callable
        Starts one.

    Raises
    ------
    HostUnfit
        If there can be none here, or if it cannot fork.
    """
    nursery = _NURSERIES.find(key, start)
    try:
        return ForkedProcess(nursery)
    except HostUnfit:
        if nursery.is_open:
            raise
    return ForkedProcess(_NURSERIES.find(key, start))  # it had been killed since the last session
