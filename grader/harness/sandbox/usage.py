"""What a child has used of the processor, as Linux tells it under /proc; other systems, and some containers, do not.

The files are opened once. They belong to that process for ever, whoever gets its number later, and reading one takes
a microsecond.
"""

import contextlib
import os
import threading
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

_NS = 1e-9
_MAX_BYTES = 1 << 20
_STATE, _UTIME, _STIME, _PROCESSOR = 0, 11, 12, 36  # words of /proc/<pid>/stat after the name
_STEAL = 8  # word of a processor's line in /proc/stat
_RUNNABLE, _FOR_THE_DISK = "R", "D"


@dataclass(frozen=True)
class Usage:
    """What was used up to one moment. Differences between two of them mean something, the numbers alone do not.

    Attributes
    ----------
    at_s : float
        When, on the clock of `time.monotonic`.
    ran_s : float
        Seconds on a processor.
    queued_s : float
        Seconds in the queue for one. What it waits just now is counted when it runs again.
    grader_s : float
        Seconds that the grader's own thread ran, or was in the queue: in these it may have kept the child waiting.
    """

    at_s: float
    ran_s: float
    queued_s: float
    grader_s: float

    @property
    def rest_s(self) -> float:
        """Seconds in which neither the child nor the grader ran or wanted to."""
        return self.at_s - self.ran_s - self.queued_s - self.grader_s


class Meter:
    """Reads what one process uses; to be closed.

    Attributes
    ----------
    has_queue : bool
        Whether the kernel tells the time in the queue. Without it only the processor's time is exact, to a hundredth
        of a second.

    Raises
    ------
    OSError
        If there is no such process, or it may not be looked at.
    """

    def __init__(self, process: int) -> None:
        self._stat = _open(f"/proc/{process}/stat")
        self._sched = -1
        with contextlib.suppress(OSError):
            self._sched = _open(f"/proc/{process}/schedstat")
        self._machine = -1
        with contextlib.suppress(OSError):
            self._machine = _open("/proc/stat")
        self._grader, self._thread = -1, 0
        self._stolen: dict[str, int] = {}
        self.has_queue = self._sched >= 0 and _counts_runs(self._sched)

    def read(self) -> Usage | None:
        """Read what was used up to now; None when the process is gone."""
        try:
            if self.has_queue:
                ran, queued = (int(word) * _NS for word in os.pread(self._sched, _MAX_BYTES, 0).split()[:2])
            else:
                words = self._words()
                ran, queued = (int(words[_UTIME]) + int(words[_STIME])) / os.sysconf("SC_CLK_TCK"), 0.0
        except OSError:
            return None
        return Usage(monotonic(), ran, queued, self._read_grader())

    def look(self) -> tuple[str, float]:
        """Read the state of the process, one letter, and what other machines stole from its processor since last.

        A virtual machine's processor may be away, in seconds, without anybody in it having run.
        """
        try:
            words = self._words()
        except OSError:
            return "X", 0.0
        stolen = self._read_stolen()
        name = f"cpu{words[_PROCESSOR]}" if len(words) > _PROCESSOR else ""
        ticks = stolen.get(name, 0) - self._stolen.get(name, stolen.get(name, 0))
        self._stolen = stolen
        return words[_STATE], max(0, ticks) / os.sysconf("SC_CLK_TCK")

    def close(self) -> None:
        """Close the files."""
        for descriptor in (self._stat, self._sched, self._machine, self._grader):
            if descriptor >= 0:
                os.close(descriptor)
        self._stat = self._sched = self._machine = self._grader = -1

    def _words(self) -> list[str]:
        """Read the words behind the name, which is the process's own and may hold anything."""
        return os.pread(self._stat, _MAX_BYTES, 0).decode("ascii", "replace").rpartition(")")[2].split()

    def _read_grader(self) -> float:
        """Read what this thread has used; 0 where that is not told."""
        if not self.has_queue:
            return 0.0
        if self._thread != threading.get_native_id():  # another one asks now, or a fork
            if self._grader >= 0:
                os.close(self._grader)
            self._grader, self._thread = _open("/proc/thread-self/schedstat"), threading.get_native_id()
        return sum(int(word) for word in os.pread(self._grader, _MAX_BYTES, 0).split()[:2]) * _NS

    def _read_stolen(self) -> dict[str, int]:
        """Read, for each processor, the ticks that other machines have stolen."""
        if self._machine < 0:
            return {}
        lines = [line.split() for line in os.pread(self._machine, _MAX_BYTES, 0).decode("ascii", "replace").split("\n")]
        return {line[0]: int(line[_STEAL]) for line in lines if len(line) > _STEAL and line[0].startswith("cpu")}


def open_meter(process: int) -> Meter | None:
    """Open the meter of a process; None where nothing tells what it uses.

    Parameters
    ----------
    process : int
        Its number in the grader's process table; 0 where it is not known.
    """
    try:
        return Meter(process) if process else None
    except OSError:
        return None


def is_asleep(state: str) -> bool:
    """Tell whether a process in this state neither runs, nor wants to, nor waits for a disk."""
    return state not in {_RUNNABLE, _FOR_THE_DISK}


def is_waiting_for_a_disk(state: str) -> bool:
    """Tell whether a process in this state waits for the machine, and cannot do anything about it."""
    return state == _FOR_THE_DISK


def find_last_descendant(process: int) -> int:
    """Find the process that does the work where each has started one other: bubblewrap's own stand in between."""
    while children := _children(process):
        process = children[0]
    return process


def find_process(descriptor: int) -> int:
    """Find the number, in the grader's process table, of the process of a pidfd; 0 where it is not told."""
    try:
        lines = Path(f"/proc/self/fdinfo/{descriptor}").read_text(encoding="ascii").splitlines()
    except OSError:
        return 0
    numbers = [line.partition(":")[2].strip() for line in lines if line.startswith("Pid:")]
    return int(numbers[0]) if numbers and numbers[0].isdigit() else 0


def _children(process: int) -> list[int]:
    try:
        files = list(Path(f"/proc/{process}/task").glob("*/children"))
        return [int(word) for file in files for word in file.read_text(encoding="ascii").split()]
    except OSError:
        return []


def _open(path: str) -> int:
    return os.open(path, os.O_RDONLY | getattr(os, "O_CLOEXEC", 0))


def _counts_runs(descriptor: int) -> bool:
    """Tell whether the kernel keeps count: the file is there without it, too, and says that nothing ever ran."""
    try:
        return int(os.pread(descriptor, _MAX_BYTES, 0).split()[2]) > 0
    except (OSError, IndexError, ValueError):
        return False
