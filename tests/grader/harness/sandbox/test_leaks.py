"""Two children of one machine have no way to tell each other what they were asked."""

import os
import platform
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from grader.harness.sandbox import bubblewrap, interpreter
from grader.harness.sandbox.launcher import open_session
from grader.harness.sandbox.policy import Mode
from tests.grader.harness.sandbox.conftest import PROGRAM
from tests.grader.harness.sandbox.test_nursery import open_known

ROWS = np.zeros((1, 20))

pytestmark = pytest.mark.skipif(
    not sys.platform.startswith("linux") or platform.machine() != "x86_64",
    reason="the bare system calls below have the numbers of Linux on this processor",
)

# Each is what one end of a way needs to do, and must be refused; errors other than a refusal are told.
SOURCE = """
import ctypes, fcntl, mmap, os, random, resource, time
import numpy as np
libc = ctypes.CDLL(None, use_errno=True)
libc.mmap.restype = ctypes.c_void_p
libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_long]
FILE = os.open(random.__file__, os.O_RDONLY)
MOMENT = (ctypes.c_long * 2)(0, 1000000)
BUFFER = ctypes.create_string_buffer(4096)

def call(number, *arguments):
    words = [ctypes.c_long(each) if isinstance(each, int) else each for each in arguments]
    result = libc.syscall(ctypes.c_long(number), *words)
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))

def page(shared):
    found = libc.mmap(None, 4096, 1, 1 if shared else 2, FILE, 0)
    if found == ctypes.c_void_p(-1).value:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return ctypes.c_void_p(found)

def futex(where, operation):
    value = ctypes.c_int.from_address(where.value).value
    call(202, where, operation, value, MOMENT, where, value)

SHARED = mmap.mmap(-1, 4096)
OWN = ctypes.c_void_p(ctypes.addressof(ctypes.c_char.from_buffer(SHARED)))
WAYS = {
    "map a file for all": lambda: page(True),
    "clock of a descriptor": lambda: time.clock_gettime((~FILE << 3) | 3),
    "all that it used": lambda: call(98, 0, BUFFER),
    "all that its thread used": lambda: call(98, 1, BUFFER),
    "all that its children used": lambda: call(98, -1, BUFFER),
    "all that a child used": lambda: call(61, -1, None, 1, BUFFER),
    "pages in memory": lambda: call(27, page(False), 4096, BUFFER),
    "pages of a file in memory": lambda: call(451, FILE, BUFFER, BUFFER, 0),
    "read what is in memory": lambda: call(327, FILE, BUFFER, 1, 0, 0, 8),
    "read ahead": lambda: call(187, FILE, 0, 4096),
    "advise on a file": lambda: call(221, FILE, 0, 4096, 4),
    "lock a file": lambda: fcntl.flock(FILE, fcntl.LOCK_SH),
    "lock a part": lambda: fcntl.lockf(FILE, fcntl.LOCK_SH),
    "ask for a lock": lambda: fcntl.fcntl(FILE, fcntl.F_GETLK, bytes(32)),
    "wait for a file": lambda: call(454, page(False), 1, 1, 2),
    "wait for files": lambda: call(449, BUFFER, 1, 0, 0, 0),
    "keep a page": lambda: call(149, page(False), 4096),
    **{"advice %d" % advice: lambda advice=advice: call(28, page(False), 4096, advice)
       for advice in (1, 2, 3, 9, 12, 20, 21, 22, 23)},
    **{"lock %d of a page" % operation: lambda operation=operation: futex(page(False), operation)
       for operation in (0, 1, 3, 4, 5, 6, 7, 8, 9, 10, 256, 265)},
    "lock of shared memory": lambda: futex(OWN, 1),
    **{"%s of process %d" % (what, process): lambda process=process, act=act: act(process)
       for process in SIBLINGS for what, act in {
           "clock": lambda process: time.clock_gettime((~process << 3) | 2),
           "clock of a thread": lambda process: time.clock_gettime((~process << 3) | 6),
           "step of the clock": lambda process: time.clock_getres((~process << 3) | 2),
           "alarm": lambda process: call(230, (~process << 3) | 2, 1, MOMENT, None),
           "processors": lambda process: os.sched_getaffinity(process),
       }.items()},
}
def merge(rows):
    for name, way in WAYS.items():
        try:
            way()
        except OSError as error:
            if error.errno not in (1, 13):
                print("REACHED", name, error)
        else:
            print("DONE", name)
    return rows
"""


@pytest.mark.parametrize("guarded", ["wrapped", "bare"], indirect=True)
def test_two_children_have_no_way_to_each_other(guarded):
    guarded.expect_good()
    first, number = open_known(guarded, f"SIBLINGS = []{SOURCE}")
    (numbers,) = re.findall(r"NSpid:(.*)", Path(f"/proc/{number}/status").read_text())  # as the namespaces have it
    second = guarded.open(f"import os\nSIBLINGS = [{numbers.split()[-1]}, os.getppid()]{SOURCE}")

    for session in (first, second, first):
        assert session.call("merge", [ROWS]).failure is None
    assert (first.printed, second.printed) == ("", "")


def test_the_ways_are_ways(plain):
    """Without protection the same attempts go through, so that a refusal above is the sandbox's."""
    session = plain.open(f"SIBLINGS = [{os.getpid()}]{SOURCE}")
    session.call("merge", [ROWS])

    for way in ("map a file for all", "all that it used", "lock 1 of a page", "lock of shared memory", "advice 3"):
        assert f"DONE {way}\n" in session.printed
    assert f"DONE clock of process {os.getpid()}\n" in session.printed


def test_no_terminals_are_shared():
    """Who opens one would be seen by all others of the same nursery, where Landlock is missing."""
    if bubblewrap.probe():
        pytest.skip(bubblewrap.probe())
    own = interpreter.ask()
    look = "import os; print(os.listdir('/dev/pts'), os.path.exists('/dev/ptmx'), os.statvfs('/dev/pts').f_flag & 1)"
    command = bubblewrap.wrap([str(own.executable), "-S", "-c", look], own, {})

    assert subprocess.run(command, capture_output=True, check=True).stdout == b"[] False 1\n"


HONEST = """
import os, resource, threading, time
import mmap
import numpy as np
LOCK = threading.Lock()
def merge(rows):
    with LOCK:
        start = time.perf_counter(), time.process_time(), time.monotonic(), time.time(), time.thread_time()
    time.sleep(0.001)
    assert not threading.Event().wait(0.001)
    used = resource.getrusage(resource.RUSAGE_SELF)
    assert used.ru_utime + used.ru_stime > 0
    assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime == 0
    assert len(os.sched_getaffinity(0)) == len(os.sched_getaffinity(os.getpid())) >= 1
    assert time.get_clock_info("monotonic").resolution > 0
    mmap.mmap(-1, 1 << 16).write(b"x")
    large = np.ones(1 << 22)
    del large
    try:
        resource.getrusage(7)
    except ValueError as error:
        assert str(error) == "invalid who parameter"
    return rows
"""


def test_honest_code_may_look_at_its_own(sessions):
    assert sessions.call(HONEST).failure is None


def test_files_are_read_before(tmp_path):
    for number in range(3):
        folder = tmp_path / f"library_{number}"
        folder.mkdir()
        (folder / "file").write_bytes(bytes(100_000))
    unused = tmp_path / "library_0" / "site-packages"
    unused.mkdir()
    (unused / "large").write_bytes(bytes(10_000_000))
    (tmp_path / "library_0" / "gone").symlink_to("nowhere")
    own = interpreter.ask()
    python = interpreter.Interpreter(own.executable, tuple(tmp_path.glob("library_*")), own.numpy, (), 0, b"")
    n_expected = 300_000 + own.executable.stat().st_size + sum(p.stat().st_size for p in own.numpy.glob("*.py"))

    before = _count_read()
    interpreter.read_through(python)
    between = _count_read()
    interpreter.read_through(python)

    assert n_expected <= between - before
    assert _count_read() - between < 10_000  # once is enough


def _count_read():
    return int(Path("/proc/self/io").read_text().split()[1])


def test_files_are_read_when_a_session_is_opened(monkeypatch):
    asked = []
    monkeypatch.setattr("grader.harness.sandbox.launcher.read_through", asked.append)
    for mode in (Mode.AUTO, Mode.OFF):
        open_session(PROGRAM, b"def merge(rows): return rows", mode=mode).close()

    assert asked == [interpreter.ask(None, PROGRAM.modules)]


ABSENT = "def merge(rows):\n    import test.support\n    return rows\n"


def test_tests_of_python_are_not_there(sessions):
    failure = sessions.call(ABSENT).failure

    assert failure.explanation.got.startswith("got ModuleNotFoundError: No module named 'test'")
    assert "'test' is not available when it is graded. Leave the import out." in failure.explanation.advice
