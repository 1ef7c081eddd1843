"""Numbers of processes are used while they are in use, and not after."""

import os
import signal
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from grader.harness.sandbox import processes
from tests.grader.harness.sandbox.test_ending import descendants, wait_until_gone

pytestmark = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks for processes in /proc")

PATIENCE_S = 60.0
LOOPS = "while True: pass"
LEAVES_SOMEBODY = "import os, time\nif os.fork() == 0:\n    time.sleep(1000)\nos._exit(7)"


@pytest.fixture
def started():
    """Start a small program."""
    opened = []

    def start(code):
        opened.append(processes.start([sys.executable, "-S", "-c", code], dict(os.environ)))
        return opened[-1]

    yield start
    for process in opened:
        process.kill()
        for stream in (process.stdin, process.stdout, process.stderr):
            stream.close()


@pytest.fixture
def kills(monkeypatch):
    """Note what groups are killed, and whether their first process still has its number."""
    noted = []
    killpg = os.killpg

    def note(group, number):
        noted.append(os.waitid(os.P_PID, group, os.WEXITED | os.WNOHANG | os.WNOWAIT))
        killpg(group, number)

    monkeypatch.setattr(os, "killpg", note)
    return noted


def test_group_is_killed_before_its_number_is_given_back(started, kills):
    process = started("raise SystemExit(3)")

    assert process.wait(PATIENCE_S) == 3
    assert process.wait(PATIENCE_S) == 3
    process.kill()
    process.kill()

    assert [(end.si_code, end.si_status) for end in kills] == [(os.CLD_EXITED, 3)]


def test_number_that_somebody_else_gave_back_is_not_used(started, kills):
    process = started("pass")
    os.waitpid(process._process.pid, 0)

    assert process.wait(PATIENCE_S) == 0
    process.kill()

    assert kills == []


def test_what_an_ended_process_left_behind_is_killed(started):
    before = descendants(os.getpid())
    process = started(LEAVES_SOMEBODY)
    pid = process._process.pid

    assert process.wait(PATIENCE_S) == 7

    left = [int(path.parent.name) for path in Path("/proc").glob("[0-9]*/stat") if group_of(path) == pid]
    assert wait_until_gone(left) == []
    assert descendants(os.getpid()) <= before


def group_of(path):
    try:
        return int(path.read_text().rpartition(")")[2].split()[2])
    except OSError:
        return 0


def test_running_process_has_no_status(started):
    process = started("import time; time.sleep(1000)")

    assert process.wait(0.01) is None
    process.kill()

    assert process.wait(0.0) == -signal.SIGKILL


def test_system_that_cannot_wait_without_taking_away_still_tells(started, monkeypatch):
    monkeypatch.delattr(os, "waitid")
    process = started("import sys; sys.stdin.read(); raise SystemExit(3)")

    assert process.wait(0.01) is None
    process.stdin.close()
    assert process.wait(PATIENCE_S) == 3


def test_threads_share_one_starter(monkeypatch):
    """One that is forgotten ends its thread, and Linux ends what the thread has started."""
    monkeypatch.setattr(processes, "_STARTERS", processes._Starters())
    come, all_have_come = set(), threading.Event()

    def come_by():
        come.add(threading.get_ident())
        if len(come) == 4:
            all_have_come.set()

    class WatchedLock:
        lock = threading.Lock()

        def __enter__(self):
            come_by()
            self.lock.acquire()

        def __exit__(self, *_):
            self.lock.release()

    def make(*arguments):
        come_by()
        assert all_have_come.wait(PATIENCE_S)
        return ThreadPoolExecutor(*arguments)

    processes._STARTERS.lock = WatchedLock()
    monkeypatch.setattr(processes, "ThreadPoolExecutor", make)
    with ThreadPoolExecutor(4) as threads:
        starters = set(threads.map(lambda _: processes._find_starter(), range(4)))

    assert len(starters) == 1
    for starter in starters:
        starter.shutdown()


def test_all_that_were_started_can_be_ended(monkeypatch, started):
    monkeypatch.setattr(processes, "_STARTERS", processes._Starters())
    forgotten = [started(code) for code in ("", LOOPS, LOOPS)]
    before = signal.getsignal(signal.SIGINT)

    processes.end_all()

    assert None not in [process.wait(0) for process in forgotten]
    assert signal.getsignal(signal.SIGINT) is before
