"""Nothing of a session survives it, and no session survives the grader."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from grader.harness.errors import HostUnfit
from grader.harness.sandbox import bubblewrap
from grader.harness.sandbox.launcher import open_session
from grader.harness.sandbox.policy import Mode
from tests.grader.harness.sandbox.conftest import PROGRAM, in_every_tier

REPOSITORY = Path(__file__).resolve().parents[4]
PATIENCE_S = 60.0

pytestmark = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks for processes in /proc")

GRADER = """
import sys
import numpy as np
from grader.harness.sandbox import bubblewrap
from grader.harness.sandbox.launcher import open_session
from grader.harness.sandbox.program import Function, Program
PROGRAM = Program("merge.py", (Function("merge"),))
if sys.argv[1] == "bare":
    bubblewrap.probe = lambda: "not wanted in this test"
SOURCE = b"import time\\ndef merge(rows):\\n    while True: time.sleep(1000)"
with open_session(PROGRAM, SOURCE) as session:
    session.load()
    print("ready", flush=True)
    session.call("merge", [np.zeros((1, 20))])
"""


def descendants(pid):
    """List the processes that a process has started, and those that these have started."""
    parents = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            words = path.read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if words[0] != "Z":
            parents[int(path.parent.name)] = int(words[1])
    found = {pid}
    while more := {child for child, parent in parents.items() if parent in found} - found:
        found |= more
    return found - {pid}


def wait_until_gone(pids):
    """Wait until all have ended or are only waiting to be forgotten; returns those that have not."""
    wait_until(lambda: not any(map(is_running, pids)))
    return [pid for pid in pids if is_running(pid)]


def wait_until(is_so):
    """Look again and again until something is so, or patience ends."""
    deadline = time.monotonic() + PATIENCE_S
    while not is_so() and time.monotonic() < deadline:
        time.sleep(0.002)


def is_running(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


@pytest.mark.parametrize(
    ("tier", "number"),
    [
        pytest.param("wrapped", signal.SIGKILL, id="wrapped-killed"),
        pytest.param("bare", signal.SIGKILL, id="bare-killed"),
        pytest.param("wrapped", signal.SIGINT, id="wrapped-ctrl_c"),
        pytest.param("bare", signal.SIGINT, id="bare-ctrl_c", marks=pytest.mark.slow),
        pytest.param("wrapped", signal.SIGTERM, id="wrapped-terminated", marks=pytest.mark.slow),
        pytest.param("bare", signal.SIGTERM, id="bare-terminated", marks=pytest.mark.slow),
    ],
)
def test_child_ends_with_the_grader(tier, number, tmp_path):
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY), "TMPDIR": str(tmp_path)}
    grader = subprocess.Popen(
        [sys.executable, "-B", "-c", GRADER, tier], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment
    )
    assert grader.stdout.readline() == b"ready\n"
    children = descendants(grader.pid)
    assert children

    grader.send_signal(number)
    grader.wait(PATIENCE_S)
    grader.stdout.close()

    assert wait_until_gone(children) == []
    assert list(tmp_path.iterdir()) == []


@in_every_tier
def test_closing_ends_the_child(sessions):
    sessions.call("def merge(rows): return rows")  # a nursery stays
    before = descendants(os.getpid())
    session = sessions.open("def merge(rows): return rows")
    session.load()
    children = descendants(os.getpid()) - before
    assert children

    session.close()

    assert wait_until_gone(children) == []


def test_refused_session_leaves_no_child(monkeypatch):
    monkeypatch.setattr(bubblewrap, "probe", lambda: "not wanted in this test")
    before = descendants(os.getpid())

    with pytest.raises(HostUnfit, match="not wanted in this test"):
        open_session(PROGRAM, b"", mode=Mode.STRICT)

    assert descendants(os.getpid()) <= before


def test_closing_ends_what_an_unprotected_child_started(plain):
    before = descendants(os.getpid())
    rude = "import os, time, grader.harness.sandbox.manners as manners\nmanners.RULES.clear()\n"
    with plain.open(rude + "if os.fork() == 0: time.sleep(1000)\nmerge = len") as session:
        session.load()
        children = descendants(os.getpid()) - before
        assert len(children) == 2

    assert wait_until_gone(children) == []


@pytest.mark.parametrize("guarded", ["wrapped", "bare"], indirect=True)
def test_session_outlives_the_thread_that_opened_it(guarded, no_nursery):
    """Linux would kill the child, or its nursery, when the thread that started it ends."""
    opened = []
    thread = threading.Thread(target=lambda: opened.append(guarded.open("def merge(rows): return rows")))
    thread.start()
    thread.join()
    # The kernel is done with a thread, and has told the children of its end, when the thread has left this list.
    wait_until(lambda: not Path(f"/proc/self/task/{thread.native_id}").exists())

    with opened[0] as session:
        assert session.call("merge", [np.zeros((1, 20))]).failure is None


def test_session_leaves_no_descriptors_and_no_threads(sessions):
    sessions.call("def merge(rows): return rows")
    before = len(list(Path("/proc/self/fd").iterdir())), threading.active_count()
    for source in ("def merge(rows): return rows", "import os\nos._exit(0)", "def merge(rows): os.close(4)"):
        sessions.call(source)

    assert (len(list(Path("/proc/self/fd").iterdir())), threading.active_count()) == before
