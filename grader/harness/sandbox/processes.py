"""Processes for submissions: started one by one here, or forked by a nursery in `grader.harness.sandbox.forked`.

The number of a process is used only until the kernel may give it to another one: a process that has ended keeps it
until it is waited for, so what it has left behind in its group is killed before that.
"""

import contextlib
import os
import signal
import subprocess
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import IO, Any, Protocol

from grader.harness.sandbox.usage import find_last_descendant

END_S = 2.0
"""How long to wait for a process that has closed its pipes, or was killed, to be gone."""
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.0005, 0.05


class Piped(Protocol):
    """Whatever has three pipes.

    Attributes
    ----------
    stdin, stdout, stderr : binary streams
        The grader's ends.
    """

    stdin: IO[bytes] | None
    stdout: IO[bytes] | None
    stderr: IO[bytes] | None


class Process(Piped, Protocol):
    """A process with three pipes."""

    @property
    def number(self) -> int:
        """The number, in the grader's process table, of the process that runs the code; 0 where nothing tells it."""

    def wait(self, timeout_s: float) -> int | None:
        """Wait for the process to end by itself.

        Parameters
        ----------
        timeout_s : float
            How long, in seconds.

        Returns
        -------
        status : int or None
            Its exit status, negative for a signal; None if it has not ended.
        """

    def kill(self) -> None:
        """Kill the process, with what it may have started in its group, and wait a moment until it is gone."""


class StartedProcess:
    """A process of its own program, in a session and a group of its own."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process
        self.stdin, self.stdout, self.stderr = process.stdin, process.stdout, process.stderr

    @property
    def number(self) -> int:
        """The number of the process, or of the one that bubblewrap has started: see `Process`."""
        return find_last_descendant(self._process.pid) if self._process.returncode is None else 0

    def wait(self, timeout_s: float) -> int | None:
        """Wait for the process to end by itself, then kill what it has left behind: see `Process`."""
        if self._process.returncode is None and self._has_ended(timeout_s):
            self._kill_group()
            self._process.wait()
        return self._process.returncode

    def kill(self) -> None:
        """Kill the process with its group: see `Process`."""
        if self._process.returncode is None:
            self._kill_group()
            self._process.kill()
            self.wait(END_S)

    def _has_ended(self, timeout_s: float) -> bool:
        """Wait for the end, and leave the process's number in use."""
        if not hasattr(os, "waitid"):  # Windows, which has no groups, and macOS: what is left behind there stays
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(timeout_s)
            return self._process.returncode is not None
        deadline, pause_s = time.monotonic() + timeout_s, _FIRST_PAUSE_S
        while not self._is_over():
            remaining_s = deadline - time.monotonic()
            if remaining_s <= 0:
                return False
            time.sleep(min(pause_s, remaining_s))
            pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)
        return True

    def _is_over(self) -> bool:
        try:
            return os.waitid(os.P_PID, self._process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None
        except ChildProcessError:  # somebody else has waited for it: its number is nobody's any more
            return self._process.poll() is not None

    def _kill_group(self) -> None:
        if hasattr(os, "killpg") and self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)


def start(command: list[str], environment: dict[str, str]) -> StartedProcess:
    """Start a program with three pipes."""
    streams = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    return StartedProcess(popen(command, environment, **streams))


def popen(command: list[str], environment: dict[str, str], **streams: Any) -> subprocess.Popen[bytes]:  # noqa: ANN401 - as Popen has them
    """Start a program, in a session of its own, by a thread that lives as long as the grader.

    Linux kills a child when the thread that started it ends.
    """
    return _find_starter().submit(_popen, command, environment, streams).result()


def end_all() -> None:
    """End every process that was started here and still runs: after Ctrl-C nobody else may know of one."""
    is_main = threading.current_thread() is threading.main_thread()
    before = signal.signal(signal.SIGINT, signal.SIG_IGN) if is_main else None  # a second Ctrl-C must leave none behind
    try:
        _find_starter().submit(int).result()  # one that was just being started is there after this
        for process in _STARTERS.started:
            StartedProcess(process).kill()
        _STARTERS.started.clear()
    finally:
        if is_main:
            signal.signal(signal.SIGINT, before)


def _popen(command: list[str], environment: dict[str, str], streams: dict[str, Any]) -> subprocess.Popen[bytes]:
    process = subprocess.Popen(  # noqa: S603 - no shell, and no word of it is the student's
        command, env=environment, cwd=os.sep, start_new_session=True, **streams
    )
    _STARTERS.started = [one for one in _STARTERS.started if one.returncode is None] + [process]
    return process


class _Starters:
    """The thread that starts all children, and what it has started: one in each process, as a fork has no threads."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.executor: ThreadPoolExecutor | None = None
        self.started: list[subprocess.Popen[bytes]] = []


_STARTERS = _Starters()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_STARTERS.__init__)  # type: ignore[misc]


def _find_starter() -> ThreadPoolExecutor:
    # Of two made at the same time one would be forgotten, its thread would end, and its child be killed.
    with _STARTERS.lock:
        if _STARTERS.executor is None:
            _STARTERS.executor = ThreadPoolExecutor(1, "sandbox starter")
        return _STARTERS.executor
