"""Every attack of the zoo in a session, as the grader opens it: nothing outside the session may tell that it was there.

The attacks aim at places that are known here: marker files, a file to spoil, listeners, a secret. What they reach is
a trace; the last tests switch the sandbox off for a few harmless ones, to see that traces are found.
"""

import contextlib
import ctypes
import os
import resource
import select
import signal
import socket
import sys
import time
import tomllib
from pathlib import Path

import numpy as np
import pytest

from grader.harness.results import Verdict
from grader.harness.rubric import load_rubric
from grader.harness.sandbox.launcher import open_session
from grader.harness.sandbox.policy import Limits, Mode
from grader.labs.merge.lab import LAB
from tests.grader.harness.sandbox.conftest import PROGRAM

pytestmark = [
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the sandbox protects on Linux only"),
    # One port and one file are for all attacks.
    pytest.mark.xdist_group("attacks"),
]

ZOO = Path(__file__).resolve().parents[3] / "submissions"
ATTACKS = sorted(folder.name for folder in ZOO.glob("attack_*"))
LIMITS = Limits(load_s=1.0, call_s=1.0, call_cpu_s=1, call_idle_s=1.0)
TARGET = Path("/tmp/lab3_attack_target")  # noqa: S108 - where the attacks look for it
PORT = 47353
GRACE_S = 3.0
"""Shorter than the life of a process that an attack leaves behind."""
MAX_SESSIONS = 3
SUBREAPER = 36
EXPECTED_KEYS = {"says", "points", "at_most", "lost", "only", "verdict", "message", "slow"}


def rows_of(*connections):
    rows = np.full((len(connections), 20), -1.0)
    for row, (slot, number, other_slot, other_number, score) in zip(rows, connections, strict=True):
        row[[slot, other_slot, 18, 19]] = number, other_number, score, 2
    return rows


def arm(first):
    """One person: neck, right shoulder, elbow and wrist, with ids counting on from `first`."""
    return [(1, first, 2, first + 1, 1.5), (2, first + 1, 3, first + 2, 1.5), (3, first + 2, 4, first + 3, 1.5)]


CALLS = (
    (rows_of(*arm(0)), {}),
    (rows_of(*arm(0), *arm(10), *arm(20)), {}),
    (rows_of(*arm(5)), {"min_num_body_parts": 3, "min_score": 0.5}),
    (np.empty((0, 20)), {}),
    (rows_of(*arm(0), (1, 0, 2, 11, 0.5)), {}),
)


class Bait:
    """What the attacks aim at, and how it was before."""

    def __init__(self, listeners):
        self.listeners = listeners
        self.before = self.look()

    def look(self):
        status = TARGET.stat()
        return {
            "child processes": find_children(),
            "open descriptors": sorted(link.name for link in Path("/proc/self/fd").iterdir()),
            "limits": resource.getrlimit(resource.RLIMIT_FSIZE),
            "target": (TARGET.read_text(), status.st_mode, status.st_mtime_ns, status.st_uid, status.st_nlink),
        }

    def find_traces(self, grace_s=GRACE_S):
        """List what an attack has left, and take it away."""
        reap(self.before["child processes"], grace_s)
        now = self.look() if TARGET.exists() else {}
        traces = [what for what, was in self.before.items() if now.get(what) != was]
        traces += [str(path) for path in find_markers()]
        if select.select(self.listeners, [], [], 0)[0]:
            traces.append("a call to a listener")
        return traces


def find_children():
    """List the processes below this one, adopted ones too."""
    children = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            parent = status.read_text().rpartition(")")[2].split()[1]
            if int(parent) == os.getpid():
                children.append(int(status.parent.name))
    return sorted(children)


def reap(known, grace_s):
    """Take the dead among the adopted children away, and give those that were killed a moment to die."""
    deadline = time.monotonic() + grace_s
    while (new := set(find_children()) - set(known)) and time.monotonic() < deadline:
        for child in new:
            with contextlib.suppress(ChildProcessError):
                os.waitpid(child, os.WNOHANG)
        time.sleep(0.01)


def find_markers():
    folders = ["/", "/tmp", "/var/tmp", "/dev/shm", "/run", str(Path.cwd()), str(Path.home()), *sys.path]  # noqa: S108
    found = {path for folder in folders for path in Path(folder or ".").glob("lab3_attack_*") if path != TARGET}
    return sorted(found)


@pytest.fixture(scope="module", autouse=True)
def adopted():
    """Let orphans become children of this process, so that a daemon cannot hide."""
    libc = ctypes.CDLL(None)
    libc.prctl(SUBREAPER, 1, 0, 0, 0)
    with open_session(
        PROGRAM, b"def merge(subset): return subset"
    ) as session:  # what stays open after the first session may
        session.call("merge", [CALLS[0][0]])
    yield
    libc.prctl(SUBREAPER, 0, 0, 0, 0)


@pytest.fixture
def bait(monkeypatch):
    monkeypatch.setenv("LAB3_SECRET", "LAB3_SECRET")
    TARGET.write_text("untouched\n")
    TARGET.chmod(0o666)
    with contextlib.ExitStack() as stack:
        listeners = []
        for family, kind, address in (
            (socket.AF_INET, socket.SOCK_STREAM, ("127.0.0.1", PORT)),
            (socket.AF_INET, socket.SOCK_DGRAM, ("127.0.0.1", PORT)),
            (socket.AF_UNIX, socket.SOCK_STREAM, "\0lab3_attack_listener"),
        ):
            listener = stack.enter_context(socket.socket(family, kind))
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            with contextlib.suppress(OSError):  # somebody else has the port: one listener less
                listener.bind(address)
                if kind == socket.SOCK_STREAM:
                    listener.listen()
                listeners.append(listener)
        yield Bait(listeners)
    for path in [TARGET, *find_markers()]:
        path.unlink(missing_ok=True)


WITHOUT_MANNERS = b"import grader.harness.sandbox.manners as manners; manners.RULES.clear()\n"
"""With the sandbox off a child still refuses what the sandbox would; that is a courtesy, and no attack keeps to it."""


def play(name, calls, *, mode=Mode.AUTO, limits=LIMITS):
    """Play the calls as the grader does, with a new session after one that ended, up to three; return what was got."""
    source = (ZOO / name / "merge.py").read_bytes()
    if mode is Mode.OFF:
        source = WITHOUT_MANNERS + source
    replies, said = [], []
    left = list(calls)
    while left and len(said) < MAX_SESSIONS:
        with open_session(PROGRAM, source, mode=mode, limits=limits, seed=1) as session:
            failure = session.load()
            if failure is not None:
                replies.append(failure)
                left = []
            while left and session.is_alive:
                rows, keywords = left.pop(0)
                reply = session.call("merge", [rows], keywords)
                assert (reply.answer is None) != (reply.failure is None)
                replies.append(reply.failure or reply.answer)
        said.append(session.printed)
    return replies, "".join(said)


def read_expectation(name):
    return tomllib.loads((ZOO / name / "expect.toml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("order", ["forwards", pytest.param("backwards", marks=pytest.mark.slow)])
@pytest.mark.parametrize("name", ATTACKS)
def test_attack_leaves_no_trace(name, order, bait):
    calls = CALLS if order == "forwards" else CALLS[::-1]
    if read_expectation(name).get("slow", False):  # it runs into a limit in each call
        calls = CALLS[1:3] if order == "forwards" else CALLS[2:0:-1]
    outcomes, said = play(name, calls)
    assert "attack worked" not in said
    assert not bait.find_traces()
    for outcome in outcomes:
        if not isinstance(outcome, np.ndarray):
            assert outcome.verdict not in {Verdict.PASSED, Verdict.NOT_RUN, Verdict.GRADER_FAULT}
            assert str(outcome.explanation).isprintable()
            assert len(str(outcome.explanation)) < 2000
        else:
            assert outcome.dtype == np.float64
    replies, _ = play("pass_union_find", CALLS[:1], limits=Limits())
    np.testing.assert_array_equal(replies[0], [[-1, 0, 1, 2, 3, *[-1] * 13, 4.5, 4]])


@pytest.mark.parametrize("name", ATTACKS)
def test_expectation_is_complete(name):
    expectation = read_expectation(name)
    assert set(expectation) <= EXPECTED_KEYS
    assert expectation["says"].endswith(".")
    assert ("points" in expectation) != ("at_most" in expectation)
    assert expectation.get("verdict", "passed") in list(Verdict)
    assert set(expectation.get("lost", [])) <= {line.key for line in load_rubric(LAB.folder / "rubric.toml").checks}


def test_zoo_has_enough_attacks():
    assert len(ATTACKS) >= 40
    assert sum(read_expectation(name).get("slow", False) for name in ATTACKS) <= 6


@pytest.mark.parametrize(
    ("name", "trace"),
    [
        ("attack_shell", "lab3_attack_marker_shell"),
        ("attack_network_tcp", "a call to a listener"),
        ("attack_deletes_files", "target"),
        ("attack_daemon", "child processes"),
        pytest.param("attack_pickles", None, marks=pytest.mark.slow),
        pytest.param("attack_network_udp", "a call to a listener", marks=pytest.mark.slow),
        pytest.param("attack_network_unix", "a call to a listener", marks=pytest.mark.slow),
        pytest.param("attack_changes_permissions", "target", marks=pytest.mark.slow),
    ],
)
def test_traces_are_found_when_the_sandbox_is_off(name, trace, bait):
    _, said = play(name, CALLS[:1], mode=Mode.OFF)
    traces = bait.find_traces(GRACE_S if trace is None else 0.0)
    end_children()
    if trace is None:
        assert not traces
    else:
        assert "attack worked" in said
        assert any(trace in found for found in traces), traces


def end_children():
    for child in find_children():
        with contextlib.suppress(OSError):
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
