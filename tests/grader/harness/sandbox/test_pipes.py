"""Both kinds of pipes keep the same promises: the polled ones of Linux and macOS, the threads of Windows."""

import select
import subprocess
import sys
import time

import numpy as np
import pytest

from grader.harness.sandbox import pipes
from grader.harness.sandbox.launcher import open_session
from grader.harness.sandbox.policy import Limits, Mode
from grader.harness.sandbox.threaded import ThreadedPipes
from tests.grader.harness.sandbox.conftest import PROGRAM

FOREVER = time.monotonic() + 1e6
ECHO = """
import os
while chunk := os.read(0, 4096):
    while chunk:
        chunk = chunk[os.write(1, chunk):]
"""


@pytest.fixture(params=["polled", "threaded"])
def opened(request):
    """Start a small program and open its pipes."""
    if request.param == "polled" and not hasattr(select, "poll"):
        pytest.skip("this system has no poll")
    kind = pipes.PolledPipes if request.param == "polled" else ThreadedPipes
    processes = []

    def start(code, printed_bytes=100):
        words = [sys.executable, "-S", "-c", code]
        process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        processes.append((process, kind(process, printed_bytes)))
        return processes[-1][1]

    yield start
    for process, ends in processes:
        process.kill()
        process.wait()
        ends.close()


def test_message_larger_than_a_pipe_comes_back(opened):
    ends = opened(ECHO)
    message = bytes(range(256)) * 4000
    ends.send(message)

    assert ends.receive(1000, FOREVER) == message[:1000]
    assert ends.receive(len(message) - 1000, FOREVER) == message[1000:]
    assert ends.is_silent


def test_bytes_that_do_not_come_are_not_waited_for(opened):
    ends = opened("import os, time; os.write(1, b'abc'); time.sleep(1000)")
    ends.receive(1, FOREVER)

    with pytest.raises(TimeoutError, match=r"5 bytes did not come in time; got [012]\."):
        ends.receive(5, time.monotonic() + 0.05)


def test_end_is_told(opened):
    ends = opened("import os; os.write(1, b'abc')")

    with pytest.raises(EOFError, match=r"5 bytes were to come; the pipe was closed after 3\."):
        ends.receive(5, FOREVER)


def test_writing_to_a_child_that_has_gone_is_harmless(opened):
    ends = opened("pass")
    with pytest.raises(EOFError):  # noqa: PT012 - the second attempt meets the broken pipe
        ends.receive(1, FOREVER)
        ends.send(b"x")
    ends.send(b"x" * 1_000_000)

    with pytest.raises(EOFError, match="1 bytes were to come"):
        ends.receive(1, FOREVER)


def test_flood_stays_in_the_pipe(opened):
    ends = opened("import os\nwhile True: os.write(1, bytes(65536))")

    assert ends.receive(10, FOREVER) == bytes(10)
    assert len(ends._arrived) <= 2 * pipes.CHUNK_BYTES
    assert not ends.is_silent


def test_prints_are_cut_and_never_block(opened):
    ends = opened("import os; os.write(2, b'x' * 5_000_000); os.write(1, b'done')")

    assert ends.receive(4, FOREVER) == b"done"
    assert ends.printed == b"x" * 100


def test_session_works_with_threads(monkeypatch):
    monkeypatch.delattr(select, "poll")
    with open_session(
        PROGRAM, b"print('p')\ndef merge(rows): return rows", mode=Mode.OFF, limits=Limits(call_s=30)
    ) as session:
        assert isinstance(session._child.pipes, ThreadedPipes)
        assert np.array_equal(session.call("merge", [np.ones((3, 20))]).answer, np.ones((3, 20)))

    assert session.printed == "p\n"
