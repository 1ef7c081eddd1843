"""Children of one nursery are strangers to each other and to it, and find what a process of their own would find."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from grader.harness.errors import HostUnfit
from grader.harness.results import Verdict
from grader.harness.sandbox import bubblewrap, forked, launcher, nursery, seccomp
from grader.harness.sandbox.launcher import open_session
from grader.harness.sandbox.policy import Limits, Mode
from tests.grader.harness.sandbox.conftest import GOOD, PROGRAM, QUICK
from tests.grader.harness.sandbox.test_ending import descendants, wait_until_gone

REPOSITORY = Path(__file__).resolve().parents[4]
ROWS = np.zeros((1, 20))
PATIENCE_S = 60.0

pytestmark = pytest.mark.skipif(not seccomp.is_supported(), reason="a nursery needs the filter of system calls")


def open_known(wrapped, source):
    """Open a session; returns it with the process of its child."""
    before = descendants(os.getpid())
    session = wrapped.open(source)
    (child,) = descendants(os.getpid()) - before
    return session, child


def find_nursery(wrapped):
    """Return the process that forks, with bubblewrap's own around it."""
    wrapped.expect_good()
    session, child = open_known(wrapped, GOOD)
    parent = int(stat_of(child)[1])
    session.close()
    return parent


def stat_of(process):
    """Read state, parent, group, session and so on."""
    return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()


def test_one_nursery_forks_all_children(wrapped):
    wrapped.expect_good()
    before = descendants(os.getpid())

    sessions = [open_known(wrapped, GOOD) for _ in range(3)]
    parents = {stat_of(child)[1] for _, child in sessions}

    assert len(parents) == 1
    for session, _ in sessions:
        session.close()
    assert wait_until_gone(descendants(os.getpid()) - before) == []
    assert not [process for process in descendants(os.getpid()) if stat_of(process)[0] == "Z"]


def test_child_leads_a_session_and_a_group_of_its_own(wrapped):
    wrapped.expect_good()
    session, child = open_known(wrapped, GOOD)
    group, leader = stat_of(child)[2:4]

    assert int(group) == int(leader) == child
    assert session.call("merge", [ROWS]).failure is None


# What a process finds around it: of a child that was forked all of it must be as in one that was started.
LOOK = """
import gc, io, os, random, resource, signal, stat, sys, threading
import numpy as np
def look():
    frame, depth, names = sys._getframe(), 0, set()
    while frame:
        depth, names, frame = depth + 1, names | {frame.f_code.co_name}, frame.f_back
    open_files = {}
    for descriptor in range(1024):
        try:
            open_files[descriptor] = stat.S_IFMT(os.fstat(descriptor).st_mode)
        except OSError:
            continue
    streams = [sys.stdin, sys.stdout, sys.stderr]
    known = sorted(name for name in dir(resource) if name.startswith("RLIMIT_") and name != "RLIMIT_AS")
    return {
        "depth": depth,
        "names": sorted(names - {"look"}),
        "files": open_files,
        "streams": [(s.fileno(), s.line_buffering, s.encoding, s.errors, s.seekable(), s.closed) for s in streams],
        "limits": {name: resource.getrlimit(getattr(resource, name)) for name in known},
        "handlers": [str(signal.getsignal(number)) for number in range(1, 65)],
        "masked": sorted(signal.pthread_sigmask(signal.SIG_BLOCK, [])),
        "user": [os.getresuid(), os.getresgid(), os.getgroups()],
        "cwd": os.getcwd(),
        "environ": dict(os.environ),
        "path": sys.path,
        "argv": sys.argv,
        "flags": str(sys.flags),
        "main": sorted(vars(sys.modules["__main__"])),
        "threads": [thread.name for thread in threading.enumerate()],
        "collector": [gc.isenabled(), gc.get_threshold(), len(gc.garbage)],
        "sockets": [str(each) for each in gc.get_objects() if type(each).__name__ == "socket" and each.fileno() >= 0],
        "recursion": sys.getrecursionlimit(),
        "hash": hash("x"), "chance": [random.random(), np.random.rand(), np.random.default_rng().random()],
        "errors": np.geterr(), "print": np.get_printoptions(),
        "waits": resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime,
        "modules": sorted(name for name in sys.modules if name.startswith(("grader", "estimation"))),
    }
def merge(rows):
    print(look())
    return rows
"""


def look_around(wrapped, before="", **options):
    with wrapped.open(before + LOOK, **options) as session:
        reply = session.call("merge", [ROWS])
    assert reply.failure is None, reply.failure
    return eval(session.printed, {"nan": float("nan"), "inf": float("inf")})  # noqa: S307 - what LOOK wrote


def test_forked_child_finds_what_a_started_one_finds(wrapped, monkeypatch):
    found = look_around(wrapped, seed=7)
    monkeypatch.setattr(seccomp, "is_supported", lambda: False)
    expected = look_around(wrapped, seed=7)

    found["modules"].remove("grader.harness.sandbox.nursery")
    assert found == expected
    assert found["sockets"] == []


VANDAL = """
import atexit, builtins, gc, json, os, random, resource, signal, socket, sys
import numpy as np
import estimation.config
from grader.harness.sandbox import child, nursery
for module in (builtins, json, os, random, socket, np, estimation.config, child, nursery):
    module.left_behind = b"a message to the next"
os.environ["LEFT"] = "behind"
sys.path.append("left behind"); sys.argv.append("left behind"); sys.modules["left_behind"] = sys
sys.setrecursionlimit(123456)
random.seed(99); np.random.seed(99); np.seterr(all="raise"); np.set_printoptions(precision=2)
gc.set_threshold(7); gc.garbage.append("left behind"); gc.disable()
for number in range(1, 65):
    try:
        signal.signal(number, signal.SIG_IGN)
    except (OSError, ValueError):
        pass
signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))
ACTS = [
    lambda: os.nice(5),
    lambda: os.umask(0o77),
    lambda: os.chdir("/dev"),
    lambda: os.setsid(),
    lambda: resource.setrlimit(resource.RLIMIT_CPU, (50, 50)),
    lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (9, 9)),
    lambda: sys.stdout.reconfigure(encoding="ascii"),
    lambda: os.close(0),
    lambda: os.dup2(1, 0),
]
for act in ACTS:
    try:
        act()
    except OSError:
        pass
for name in ("/tmp/left", "/dev/left", "/dev/shm/left", "/left", "left"):
    try:
        open(name, "w").close()
    except OSError:
        pass
def merge(rows):
    {end}
    return rows
"""


@pytest.mark.parametrize(
    "end",
    ["pass", "os._exit(3)", "os.abort()", "np.ones(1 << 34)", "__import__('ctypes').string_at(0)", "while True: pass"],
    ids=["closed", "exits", "aborts", "takes_memory", "breaks_down", "times_out"],
)
def test_nothing_is_left_for_the_next_session(wrapped, end):
    before = look_around(wrapped)
    parent = find_nursery(wrapped)
    nice = stat_of(parent)[16]

    with wrapped.open(VANDAL.replace("{end}", end), QUICK) as session:
        assert session.load() is None
        session.call("merge", [ROWS])

    assert look_around(wrapped) == before
    assert find_nursery(wrapped) == parent
    assert stat_of(parent)[16] == nice


REACH = """
import ctypes, fcntl, gc, os, resource, signal, socket, sys
libc = ctypes.CDLL(None, use_errno=True)
def act(number, *arguments):
    result = libc.syscall(number, *(ctypes.c_long(a) if isinstance(a, int) else a for a in arguments))
    if result < 0:
        raise OSError(ctypes.get_errno(), "refused")
ACTS = {
    "kill": lambda pid: os.kill(pid, signal.SIGKILL),
    "killpg": lambda pid: os.killpg(pid, signal.SIGKILL),
    "pidfd": lambda pid: os.pidfd_open(pid),
    "owner": lambda pid: fcntl.fcntl(1, fcntl.F_SETOWN, pid),
    "limits": lambda pid: resource.prlimit(pid, resource.RLIMIT_CPU, (1, 1)),
    "priority": lambda pid: os.setpriority(os.PRIO_PROCESS, pid, 19),
    "affinity": lambda pid: os.sched_setaffinity(pid, {0}),
    "scheduler": lambda pid: os.sched_setscheduler(pid, os.SCHED_IDLE, os.sched_param(0)),
    "group": lambda pid: os.setpgid(0, pid),
    "proc": lambda pid: open("/proc/%d/mem" % pid),
}
if os.uname().machine == "x86_64":
    ACTS.update({
        "seize": lambda pid: act(101, 0x4206, pid, 0, 0),
        "read": lambda pid: act(310, pid, None, 0, None, 0, 0),
        "write": lambda pid: act(311, pid, None, 0, None, 0, 0),
        "thread": lambda pid: act(234, pid, pid, 9),
        "queue": lambda pid: act(129, pid, 9, None),
        "wait": lambda pid: act(61, pid, None, 1, None),
        "descriptor": lambda pid: act(438, pid, 0, 0),
        "compare": lambda pid: act(312, os.getpid(), pid, 0, 0, 0),
    })
def merge(rows):
    own = os.getpid()
    for pid in {os.getppid(), *range(1, own + 20)} - {own}:
        for name, attempt in ACTS.items():
            try:
                attempt(pid)
            except OSError as error:
                if error.errno not in (1, 2, 13, 38):
                    print("REACHED", name, pid, error)
            else:
                print("DONE", name, pid)
    for descriptor in range(256):
        for attempt in (lambda: os.write(descriptor, b"k\\0\\0\\0\\1") if descriptor > 4 else 1 / 0,
                        lambda: socket.socket(fileno=descriptor).detach()):
            try:
                attempt()
            except (OSError, ZeroDivisionError):
                continue
            print("DONE", descriptor)
    return rows
"""


def test_neither_nursery_nor_sibling_can_be_reached(wrapped):
    parent = find_nursery(wrapped)
    sibling = wrapped.open(GOOD)
    sibling.load()

    reach = wrapped.open(REACH)
    reply = reach.call("merge", [ROWS])
    after = wrapped.open(REACH)
    after.call("merge", [ROWS])

    assert reply.failure is None
    assert reach.printed == after.printed == ""
    assert sibling.call("merge", [ROWS]).failure is None
    assert find_nursery(wrapped) == parent


as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root may look into a process that keeps itself to itself")


@as_root
def test_nursery_shares_no_memory_and_has_one_thread(wrapped):
    parent = find_nursery(wrapped)
    maps = Path(f"/proc/{parent}/maps").read_text()

    assert not [line for line in maps.splitlines() if line.split()[1].endswith("s")]
    assert len(list(Path(f"/proc/{parent}/task").iterdir())) == 1


@as_root
def test_nursery_keeps_no_descriptor_of_a_session(wrapped):
    def list_open():
        return sorted(str(link.readlink()) for link in Path(f"/proc/{parent}/fd").iterdir())

    parent = find_nursery(wrapped)
    before = list_open()

    with wrapped.open(GOOD) as session:
        session.load()
        assert list_open() == before
    assert list_open() == before


@pytest.mark.skipif(os.geteuid() == 0, reason="root may look into every process")
def test_nursery_is_closed_to_its_own_user(wrapped):
    parent = find_nursery(wrapped)

    with pytest.raises(PermissionError):
        list(Path(f"/proc/{parent}/fd").iterdir())


def test_descriptors_of_a_child_are_not_inherited_by_programs(wrapped):
    process = wrapped.open(GOOD)._child._process

    ends = [process.stdin.fileno(), process.stdout.fileno(), process.stderr.fileno(), process._end]
    assert not any(os.get_inheritable(end) for end in ends)


def kill_when_asked(session, process, monkeypatch):
    """Have a process killed as soon as the session has sent its next request."""
    ends = session._child.pipes
    send = ends.send

    def send_and_kill(message):
        send(message)
        os.kill(process, signal.SIGKILL)

    monkeypatch.setattr(ends, "send", send_and_kill)


def test_death_of_the_nursery_is_no_fault_of_the_submission(wrapped, monkeypatch):
    parent = find_nursery(wrapped)
    session, child = open_known(wrapped, "import time\ndef merge(rows): time.sleep(1000)")
    assert session.load() is None
    kill_when_asked(session, parent, monkeypatch)

    with pytest.raises(
        HostUnfit, match=r"it was killed, and the children with it\. This is not the submission's fault"
    ):
        session.call("merge", [ROWS])

    assert not session.is_alive
    assert wait_until_gone([parent, child]) == []
    with pytest.raises(ValueError, match=r"A session must be open to be asked; this one was closed\. Open another"):
        session.call("merge", [ROWS])
    session.close()
    assert find_nursery(wrapped) != parent


def test_nursery_that_died_between_sessions_is_replaced(wrapped):
    parent = find_nursery(wrapped)
    os.kill(parent, signal.SIGKILL)

    assert find_nursery(wrapped) != parent


def test_child_killed_from_outside_is_told_as_before(wrapped, monkeypatch):
    wrapped.expect_good()
    session, child = open_known(wrapped, "import time\ndef merge(rows): time.sleep(1000)")
    session.load()
    kill_when_asked(session, child, monkeypatch)

    failure = session.call("merge", [ROWS]).failure

    assert failure.verdict is Verdict.CRASHED
    assert failure.explanation.got == "the system had to stop it"


def test_threads_open_and_close_sessions_at_the_same_time(wrapped, no_nursery):
    before = descendants(os.getpid())

    def grade(number):
        source = f"def merge(rows):\n    return rows + {number}"
        with open_session(PROGRAM, source.encode()) as session:
            kind = type(session._child._process).__name__
            return [kind, *(session.call("merge", [ROWS]).answer[0, 0] for _ in range(3))]

    with ThreadPoolExecutor(6) as threads:
        answers = list(threads.map(grade, range(24)))

    assert answers == [["ForkedProcess", number, number, number] for number in range(24)]
    parent = find_nursery(wrapped)
    left = descendants(os.getpid()) - before
    assert len(left) <= 3
    assert parent in left


def test_answers_reach_the_thread_that_asked():
    ours, theirs = socket.socketpair()
    its_end = object.__new__(forked.Nursery)
    its_end._lock, its_end._control = threading.Lock(), ours
    ours.settimeout(PATIENCE_S)

    def answer():
        while request := theirs.recv(nursery.REQUEST.size, socket.MSG_WAITALL):
            theirs.sendall(nursery.REPLY.pack(nursery.REQUEST.unpack(request)[1]))

    with ours, theirs, ThreadPoolExecutor(9) as threads:
        answering = threads.submit(answer)
        values = list(threads.map(lambda number: its_end.ask(nursery.REAP, number)[0], range(2000)))
        ours.close()
        answering.result()

    assert values == list(range(2000))


WORKERS = """
import multiprocessing, os, sys
import numpy as np
from grader.harness.sandbox import forked
from grader.harness.sandbox.launcher import open_session
from grader.harness.sandbox.program import Function, Program
PROGRAM = Program("merge.py", (Function("merge"),))
ROWS = np.zeros((1, 20))
def grade(number):
    with open_session(PROGRAM, b"import os\\ndef merge(rows): return rows + %d" % number) as session:
        return session.call("merge", [ROWS]).answer[0, 0] == number and len(forked._NURSERIES.by_key)
if __name__ == "__main__":
    with open_session(PROGRAM, b"def merge(rows): return rows") as session:
        session.load()
        for way in ("fork", "spawn"):
            with multiprocessing.get_context(way).Pool(2) as pool:
                assert pool.map(grade, range(6), 1) == [1] * 6
        child = os.fork()
        if child == 0:
            assert not forked._NURSERIES.by_key
            session.close()  # the parent's, which a fork must not end
            sys.exit(0)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        assert session.call("merge", [ROWS]).failure is None
    print("done")
"""


def test_workers_have_nurseries_of_their_own(wrapped, tmp_path):
    script = tmp_path / "workers.py"
    script.write_text(WORKERS)
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}

    done = subprocess.run(
        [sys.executable, "-B", str(script)], capture_output=True, env=environment, timeout=PATIENCE_S, check=False
    )

    assert (done.stdout, done.stderr) == (b"done\n", b"")


def test_machine_without_a_filter_has_no_nursery(wrapped, no_nursery, monkeypatch):
    monkeypatch.setattr(seccomp, "is_supported", lambda: False)

    wrapped.expect_good()

    assert not forked._NURSERIES.by_key


def test_child_without_a_filter_is_not_forked(wrapped, monkeypatch):
    wrapped.expect_good()
    hear = launcher._hear
    reports = []

    def hear_of_no_filter(child, limits):
        report = {**hear(child, limits), "seccomp": "the kernel does not take a seccomp filter"}
        reports.append(type(child._process).__name__)
        return report

    monkeypatch.setattr(launcher, "_hear", hear_of_no_filter)
    session = wrapped.open(GOOD)

    off = {protection.name for protection in session.protections if not protection.is_on}
    assert reports == ["ForkedProcess", "StartedProcess"]
    assert off == {"System calls", "New processes and threads", "Shared memory"}


def test_nursery_that_cannot_start_is_tried_once(wrapped, no_nursery, monkeypatch):
    wrap, tried = bubblewrap.wrap, []

    def wrap_but_no_nursery(command, *arguments):
        if command[-1] == "nursery":
            tried.append(command)
            return [sys.executable, "-c", "raise SystemExit(3)"]
        return wrap(command, *arguments)

    monkeypatch.setattr(bubblewrap, "wrap", wrap_but_no_nursery)
    wrapped.expect_good()
    wrapped.expect_good()

    assert len(tried) == 1


def fail_to_start():
    raise HostUnfit("no room")


def test_nursery_that_could_not_start_is_named(no_nursery):
    with pytest.raises(HostUnfit, match="no room"):
        forked.fork_child("key", fail_to_start)
    with pytest.raises(HostUnfit, match="A process that forks the children must run; it did not start before"):
        forked.fork_child("key", fail_to_start)


def test_program_that_is_not_there_is_no_nursery():
    with pytest.raises(HostUnfit, match=r"The process that forks the children must start; .*No such file"):
        forked.Nursery(["/no/such/program"], {}, b"", 1.0)


class Fake:
    """A nursery that answers what a test wants."""

    is_open = True

    def __init__(self, *answers):
        self.answers = list(answers)
        self.asked = []

    def ask(self, act, child=0, pipes=()):  # noqa: ARG002 - as a nursery is asked
        self.asked.append((act, child))
        return self.answers.pop(0)


def count_open():
    return len(list(Path("/proc/self/fd").iterdir()))


def test_fork_that_fails_is_told_and_leaves_nothing():
    before = count_open()

    with pytest.raises(HostUnfit, match="A child must be forked for each session; it was not: Resource temporarily"):
        forked.ForkedProcess(Fake((-11, [])))

    assert count_open() == before


def test_child_that_cannot_be_watched_is_killed():
    fake, before = Fake((7, []), (0, [])), count_open()

    with pytest.raises(HostUnfit, match="A child must be watched; the grader may open no more files"):
        forked.ForkedProcess(fake)

    assert fake.asked == [(nursery.START, 0), (nursery.KILL, 7)]
    assert count_open() == before


def test_number_of_a_child_is_not_used_after_its_end():
    reader, writer = os.pipe()
    os.close(writer)
    fake = Fake((7, [reader]), (3 << 8, []))
    process = forked.ForkedProcess(fake)

    assert process.wait(1.0) == 3
    assert process.wait(1.0) == 3
    process.kill()
    process.kill()

    assert fake.asked == [(nursery.START, 0), (nursery.REAP, 7)]
    for stream in (process.stdin, process.stdout, process.stderr):
        stream.close()


def test_child_that_runs_has_no_status():
    reader, writer = os.pipe()
    process = forked.ForkedProcess(Fake((7, [reader]), (nursery.RUNNING, []), (0, []), (9, [])))

    assert process.wait(0.01) is None
    os.close(writer)
    assert process.wait(1.0) is None
    process.kill()
    for stream in (process.stdin, process.stdout, process.stderr):
        stream.close()


def test_nursery_forgets_the_number_of_a_child_that_has_ended():
    with subprocess.Popen(
        [sys.executable, "-S", "-c", "input(); raise SystemExit(3)"], stdin=subprocess.PIPE
    ) as process:
        children = {process.pid}
        assert nursery._reap(process.pid, children) == nursery.RUNNING
        assert children == {process.pid}
        process.stdin.write(b"\n")
        process.stdin.close()
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)

        assert os.waitstatus_to_exitcode(nursery._reap(process.pid, children)) == 3
        assert children == set()
        assert nursery._reap(process.pid, children) == nursery.RUNNING


def test_interrupted_request_ends_the_nursery(wrapped, no_nursery, monkeypatch):
    parent = find_nursery(wrapped)

    def interrupt(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(forked.Nursery, "_receive", interrupt)
        with pytest.raises(KeyboardInterrupt):
            wrapped.open(GOOD)

    assert wait_until_gone([parent]) == []
    wrapped.expect_good()


def test_nursery_that_does_not_answer_is_a_fault_of_the_machine(wrapped, no_nursery):
    parent = find_nursery(wrapped)
    (its_end,) = forked._NURSERIES.by_key.values()
    assert its_end._control.gettimeout() == forked._ANSWER_S
    its_end._control.settimeout(0.2)
    os.kill(parent, signal.SIGSTOP)

    wrapped.expect_good()

    assert wait_until_gone([parent]) == []


def test_late_child_of_a_nursery_is_no_verdict(wrapped, monkeypatch):
    wrapped.expect_good()
    started = launcher._start

    def start_forked_only(*arguments, is_wrapped):
        assert is_wrapped
        return started(*arguments, is_wrapped=True)

    monkeypatch.setattr(launcher, "_start", start_forked_only)
    with pytest.raises(HostUnfit, match=r"A child must be ready within 1e-09 s; it was not"):
        open_session(PROGRAM, GOOD.encode(), mode=Mode.STRICT, limits=Limits(start_s=1e-9))
    wrapped.expect_good()


GRADER = """
import os, sys, time
from grader.harness.sandbox.launcher import open_session
from grader.harness.sandbox.program import Function, Program
PROGRAM = Program("merge.py", (Function("merge"),))
with open_session(PROGRAM, b"def merge(rows): return rows") as session:
    session.load()
if sys.argv[1] == "waits":
    print("ready", flush=True)
    time.sleep(1000)
"""


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM], ids=["killed", "terminated"])
def test_idle_nursery_ends_with_the_grader(wrapped, number):
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    words = [sys.executable, "-B", "-c", GRADER, "waits"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, env=environment) as grader:
        assert grader.stdout.readline() == b"ready\n"
        processes = descendants(grader.pid)
        assert processes
        grader.send_signal(number)

    assert wait_until_gone(processes) == []


def test_grader_ends_its_nursery_without_a_word(wrapped):
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    words = [sys.executable, "-B", "-X", "dev", "-W", "error", "-c", GRADER, "ends"]

    done = subprocess.run(words, capture_output=True, env=environment, timeout=PATIENCE_S, check=False)

    assert (done.returncode, done.stderr) == (0, b"")


def test_lone_child_is_started_where_a_nursery_is_lost(wrapped, no_nursery, monkeypatch):
    """The second nursery is lost as well, before it has forked."""
    wrapped.expect_good()

    def lose(*_):
        raise HostUnfit("lost")

    monkeypatch.setattr(forked, "ForkedProcess", lose)
    with contextlib.closing(wrapped.open(GOOD)) as session:
        assert session.call("merge", [ROWS]).failure is None
        assert type(session._child._process).__name__ == "StartedProcess"
