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

REPOSITORY = Path(__file__).resolve().parents[3]
PATIENCE_S = 60.0

pytestmark = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks for processes in /proc")

GRADER = """
import sys
import numpy as np
from grader.harness.sandbox import bubblewrap
from grader.harness.sandbox.launcher import open_session
if sys.argv[1] == "bare":
    bubblewrap.probe = lambda: "not wanted in this test"
SOURCE = b"import time\\ndef merge(rows):\\n    while True: time.sleep(1000)"
with open_session(SOURCE) as session:
    session.load()
    print("ready", flush=True)
    session.merge(np.zeros((1, 20)))
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
    """Wait until all have ended or are only waiting to be forgotten."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        left = [pid for pid in pids if is_running(pid)]
        if not left:
            return []
        time.sleep(0.01)
    return left


def is_running(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


@pytest.mark.parametrize("tier", ["wrapped", "bare"])
@pytest.mark.parametrize(
    "number", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM], ids=["killed", "ctrl_c", "terminated"]
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
        open_session(b"", mode=Mode.STRICT)

    assert descendants(os.getpid()) <= before


def test_closing_ends_what_an_unprotected_child_started(plain):
    before = descendants(os.getpid())
    rude = "import os, time, grader.harness.sandbox.manners as manners\nmanners.RULES.clear()\n"
    with plain.open(rude + "if os.fork() == 0: time.sleep(1000)\nmerge = len") as session:
        session.load()
        children = descendants(os.getpid()) - before
        assert len(children) == 2

    assert wait_until_gone(children) == []


def test_session_outlives_the_thread_that_opened_it():
    """Linux would kill the child when the thread that started it ends."""
    opened = []
    thread = threading.Thread(
        target=lambda: opened.append(open_session(b"def merge(rows): return rows", mode=Mode.AUTO))
    )
    thread.start()
    thread.join()
    time.sleep(0.1)

    with opened[0] as session:
        assert session.merge(np.zeros((1, 20))).failure is None


def test_session_leaves_no_descriptors_and_no_threads(sessions):
    sessions.call("def merge(rows): return rows")
    before = len(list(Path("/proc/self/fd").iterdir())), threading.active_count()
    for source in ("def merge(rows): return rows", "import os\nos._exit(0)", "def merge(rows): os.close(4)"):
        sessions.call(source)

    assert (len(list(Path("/proc/self/fd").iterdir())), threading.active_count()) == before
