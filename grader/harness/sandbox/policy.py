"""What a submission may use while it runs, and how much the machine has to protect itself."""

from dataclasses import dataclass
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

    Seconds are of the wall clock but for the two that say CPU. An honest solution stays far below all of them:
    a quadratic loop over the largest crowd takes about half a second and some 50 MiB.
    """

    start_s: float = 30.0
    """From the start of the process until NumPy is imported. A busy machine with a cold disk needs seconds; what is
    late here is the machine, not the student, so it is no verdict."""

    load_s: float = 10.0
    """For compiling the file and running its top level, which defines functions: milliseconds."""

    call_s: float = 20.0
    """For one call. Twice the CPU limit, so that a machine with other work to do does not cost points."""

    call_cpu_s: int = 10
    """CPU for one call, in whole seconds as the system counts: the slowest honest solution met took 5, a plain double
    loop takes half a second. The same on a busy machine as on an idle one, so an endless loop meets this limit."""

    total_s: float = 90.0
    """For loading and all calls together: code that is slow on every case must not hold up a class."""

    total_cpu_s: int = 90
    """CPU for the whole session: the hard limit behind the soft ones, for a process that nobody watches any more."""

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
