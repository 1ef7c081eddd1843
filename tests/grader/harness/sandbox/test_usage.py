"""What Linux tells of a process, and how its number is found."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from grader.harness.sandbox import usage
from grader.harness.sandbox.usage import (
    Meter,
    find_last_descendant,
    find_process,
    is_asleep,
    is_waiting_for_a_disk,
    open_meter,
)

pytestmark = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks for processes in /proc")

# Tells how much it has computed, and waits to be told to go on.
COMPUTE = """
import sys, time
for line in sys.stdin:
    start = time.process_time()
    while time.process_time() - start < float(line): pass
    print(flush=True)
"""


@pytest.fixture
def started():
    """Start programs, and end them."""
    processes = []

    def start(*words):
        processes.append(subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE))
        return processes[-1]

    yield start
    for process in processes:
        process.kill()
        process.communicate()


@pytest.fixture
def compute(started):
    """Start a process; returns it with a function that has it compute for some seconds."""
    process = started(sys.executable, "-S", "-c", COMPUTE)

    def compute(seconds):
        process.stdin.write(f"{seconds}\n".encode())
        process.stdin.flush()
        process.stdout.readline()

    compute(0)
    return process, compute


@pytest.mark.parametrize("has_queue", [True, False], ids=["by_schedstat", "by_stat"])
def test_meter_tells_what_was_computed(compute, monkeypatch, has_queue):
    if not has_queue:
        monkeypatch.setattr(usage, "_counts_runs", lambda _: False)
    process, work = compute
    meter = Meter(process.pid)
    if has_queue and not meter.has_queue:
        pytest.skip("this kernel does not count the time in the queue")
    before = meter.read()
    work(0.3)
    after = meter.read()
    meter.close()

    assert meter.has_queue == has_queue
    assert 0.27 < after.ran_s - before.ran_s < 0.4
    assert after.rest_s - before.rest_s <= after.at_s - before.at_s - 0.27
    assert (after.grader_s > before.grader_s) == has_queue


def test_meter_tells_the_state(compute):
    process, _ = compute
    meter = Meter(process.pid)
    deadline = time.monotonic() + 60
    while not is_asleep(meter.look()[0]) and time.monotonic() < deadline:
        time.sleep(0.002)
    state, stolen_s = meter.look()
    meter.close()

    assert state == "S"
    assert stolen_s >= 0


@pytest.mark.parametrize("state", ["R", "D"])
def test_runnable_process_and_one_that_waits_for_a_disk_do_not_sleep(state):
    assert not is_asleep(state)
    assert is_waiting_for_a_disk(state) == (state == "D")


def test_meter_is_not_misled_by_the_name_of_a_process(started, tmp_path):
    odd = tmp_path / "x) R 1 9 9 9"
    odd.symlink_to("/bin/cat")
    process = started(str(odd))
    deadline = time.monotonic() + 60
    while "x) R 1" not in Path(f"/proc/{process.pid}/comm").read_text() and time.monotonic() < deadline:
        time.sleep(0.002)
    meter = Meter(process.pid)
    while not is_asleep(meter.look()[0]) and time.monotonic() < deadline:
        time.sleep(0.002)
    state, _ = meter.look()
    meter.close()

    assert state == "S"


def test_meter_of_a_process_that_is_gone_says_so(started):
    process = started("/bin/true")
    meter = Meter(process.pid)
    process.wait()

    assert meter.read() is None
    assert meter.look() == ("X", 0.0)
    meter.close()


def test_meter_leaves_no_descriptor(compute):
    process, _ = compute
    before = len(os.listdir("/proc/self/fd"))  # noqa: PTH208 - counted only
    meter = Meter(process.pid)
    meter.read()
    meter.look()
    meter.close()

    assert len(os.listdir("/proc/self/fd")) == before  # noqa: PTH208


@pytest.mark.parametrize("number", [0, 2**22 + 1], ids=["unknown", "nobody"])
def test_process_that_cannot_be_looked_at_has_no_meter(number):
    assert open_meter(number) is None


LINE = """
import os, subprocess, sys
if sys.argv[1:]:
    subprocess.run([sys.executable, "-S", *sys.argv[1:]])
else:
    print(os.getpid(), flush=True)
    sys.stdin.read()
"""


def test_process_that_does_the_work_is_the_last_of_its_line(started, tmp_path):
    script = tmp_path / "line.py"
    script.write_text(LINE)
    process = started(sys.executable, "-S", *[str(script)] * 3)
    last = int(process.stdout.readline())

    assert last != process.pid
    assert find_last_descendant(process.pid) == last
    assert find_last_descendant(last) == last


@pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="this system has no such descriptors")
def test_process_is_found_by_its_descriptor(started):
    process = started("/bin/cat")
    descriptor = os.pidfd_open(process.pid)

    assert find_process(descriptor) == process.pid
    os.close(descriptor)
    assert find_process(descriptor) == 0
