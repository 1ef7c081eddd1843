"""What a submission may use while it runs, and how much the machine has to protect itself."""

from dataclasses import dataclass, field
from enum import StrEnum

MIB = 2**20


class Mode(StrEnum):
    """How much protection a session must have."""

    STRICT = "strict"
    """All of it, or the session is refused: for a class, whose files nobody has read."""

    AUTO = "auto"
    """All that this machine has; the result says what was missing: for one file."""

    OFF = "off"
    """A plain process with time limits: for a student's own file, on any system."""


@dataclass(frozen=True)
class Limits:
    """The limits of one session: one fresh process that plays one list of cases.

    Computing decides, not the clock on the wall: what other work the machine has must not cost points. Where the
    system does not tell what a process has used (Windows, macOS), the clock on the wall stands for both. An honest
    solution stays far below all of them: a quadratic loop over the largest crowd takes about half a second and some
    50 MiB.
    """

    start_s: float = 30.0
    """From the start of the process until NumPy is imported, on the wall. A busy machine with a cold disk needs
    seconds; what is late here is the machine, not the student, so it is no verdict."""

    call_cpu_s: int = 10
    """Computing time for one call, and for loading the file, in whole seconds as the system counts: the slowest honest
    solution met took 5, a plain double loop takes half a second."""

    call_idle_s: float = 2.0
    """For one call, and for loading: how long the code may sleep or wait for something that is not the processor."""

    call_wall_s: float = 100.0
    """For one call, and for loading, on the wall: ten times the computing time. Code that could run for so long, and
    still has not used up its computing time, was kept waiting by the machine: no verdict on it is fair."""

    call_s: float = 20.0
    """For one call on the wall, where the system does not tell what a process has used."""

    load_s: float = 10.0
    """For loading the file on the wall, where the system does not tell what a process has used."""

    total_cpu_s: int = 90
    """Computing time of the whole session: more than a `Budget` allows, for a process that nobody watches any more."""

    memory_bytes: int = 1024 * MIB
    """Address space beyond what Python and NumPy take themselves. The largest case is a few hundred kilobytes, and a
    dense table over all of its pairs still fits a hundred times."""

    stack_bytes: int = 64 * MIB
    """Eight times the usual: old Pythons spend half a kilobyte of it on each level, and recursion is a fair way."""

    folder_bytes: int = 4 * MIB
    """Files in the child's own folder: an answer as text takes half a megabyte at most. Memory of its own, not counted
    by the limit above."""

    open_files: int = 64
    """Imports open one file at a time. The limit keeps the kernel's tables small."""

    printed_bytes: int = 64 * 1024
    """What is kept of what the code prints, about a thousand lines. The rest is read and thrown away."""

    reply_bytes: int = MIB
    """The largest answer: 6,500 rows. There are never more people than rows, and the largest case has 1,100."""

    header_bytes: int = 64 * 1024
    """The largest description of an answer or of an error; messages and tracebacks are cut far below."""


@dataclass
class Budget:
    """What all sessions of one submission may use together: code that is slow on every case must not hold up a class.

    Attributes
    ----------
    cpu_s : float
        Seconds of computing. Where the system does not tell them, seconds on the wall are charged in their place.
    idle_s : float
        Seconds of sleeping, or of waiting for something that is not the processor.
    scope : str
        What it is for, as the student reads it: ``"on the public cases"``; empty for all.
    whole : Budget or None
        What this is a part of: see `part`.
    cpu_used_s, idle_used_s : float
        What was charged up to now.
    """

    cpu_s: float = 80.0
    idle_s: float = 15.0
    scope: str = ""
    whole: "Budget | None" = None
    cpu_used_s: float = field(default=0.0, init=False)
    idle_used_s: float = field(default=0.0, init=False)

    @property
    def cpu_left_s(self) -> float:
        """Seconds of computing that are left, here and of the whole; never negative."""
        left_s = max(0.0, self.cpu_s - self.cpu_used_s)
        return left_s if self.whole is None else min(left_s, self.whole.cpu_left_s)

    @property
    def idle_left_s(self) -> float:
        """Seconds of sleeping and waiting that are left, here and of the whole; never negative."""
        left_s = max(0.0, self.idle_s - self.idle_used_s)
        return left_s if self.whole is None else min(left_s, self.whole.idle_left_s)

    @property
    def is_spent(self) -> bool:
        """Whether nothing is left of one of the two: no session answers any more."""
        return self.cpu_left_s == 0 or self.idle_left_s == 0

    def charge(self, *, cpu_s: float = 0.0, idle_s: float = 0.0) -> None:
        """Take away what was used, here and from the whole; more may be charged than is left."""
        self.cpu_used_s += cpu_s
        self.idle_used_s += idle_s
        if self.whole is not None:
            self.whole.charge(cpu_s=cpu_s, idle_s=idle_s)

    def part(self, *, cpu_s: float | None = None, idle_s: float | None = None, scope: str = "") -> "Budget":
        """Make a budget for a part of the work, which leaves the rest of this one to the others.

        Parameters
        ----------
        cpu_s, idle_s : float, optional
            At most so much of it; None for all that this one allows.
        scope : str, optional
            What the part is for, as the student reads it.
        """
        return Budget(
            self.cpu_s if cpu_s is None else cpu_s,
            self.idle_s if idle_s is None else idle_s,
            scope=scope,
            whole=self,
        )

    def first_to_end(self, *, is_cpu: bool) -> "Budget":
        """Return whichever has the least left, this one or what it is a part of: its limit is the one that is met."""

        def left_s(one: Budget) -> float:
            return one.cpu_s - one.cpu_used_s if is_cpu else one.idle_s - one.idle_used_s

        return self if self.whole is None else min(self, self.whole.first_to_end(is_cpu=is_cpu), key=left_s)
