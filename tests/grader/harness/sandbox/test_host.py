"""Machines that give less than others: a protection is off, with its reason, or there is no mark; never a zero."""

import json
import os
import platform
import subprocess
import sys
from pathlib import Path

import pytest

from grader.harness.errors import HostUnfit
from grader.harness.sandbox import bubblewrap, host, processes
from grader.harness.sandbox.launcher import open_session
from grader.harness.sandbox.policy import Mode
from tests.grader.harness.sandbox import refusals
from tests.grader.harness.sandbox.conftest import PROGRAM

resource = pytest.importorskip("resource", reason="Windows has no such limits")

REPOSITORY = Path(__file__).resolve().parents[4]
WANTED = {"RLIMIT_AS": 2000, "RLIMIT_DATA": 2000, "RLIMIT_STACK": 100, "RLIMIT_CPU": 90, "RLIMIT_NOFILE": 64}
ON_LINUX = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux refuses so")
ON_X86 = pytest.mark.skipif(
    platform.machine() != "x86_64" or not sys.platform.startswith("linux"), reason="knows the numbers of one processor"
)

# Grades two submissions in a process that has less than others, and tells what came of it.
GRADER = """
import json, resource, sys
import numpy as np
from grader.harness.errors import SandboxError
from grader.harness.sandbox import bubblewrap
from grader.harness.sandbox.launcher import open_session
from grader.harness.sandbox.policy import Limits, Mode
from grader.harness.sandbox.program import Function, Program
from tests.grader.harness.sandbox.refusals import refuse
tier, numbers, limits = json.loads(sys.argv[1])
PROGRAM = Program("merge.py", (Function("merge"),))
def play(source):
    mode = Mode.OFF if tier == "off" else Mode.AUTO
    with open_session(PROGRAM, source, mode=mode, limits=Limits(call_cpu_s=1)) as session:
        reply = session.call("merge", [np.zeros((2, 20))])
    off = {each.name: each.detail for each in session.protections if not each.is_on}
    return {"verdict": "" if reply.failure is None else reply.failure.verdict, "off": off}
if tier == "bare":
    bubblewrap.probe = lambda: "not wanted in this test"
for name, soft, hard in limits:
    resource.setrlimit(getattr(resource, name), (soft, hard))
if numbers:
    refuse(numbers)
try:
    found = [play(b"def merge(rows): return rows"), play(b"def merge(rows):\\n    while True: pass")]
except SandboxError as error:
    found = str(error)
print(json.dumps(found))
"""


def grade(tier, numbers=(), limits=()):
    """Return what came of a good submission and of an endless one, or why there is no mark."""
    if tier == "wrapped" and bubblewrap.probe():
        pytest.skip(bubblewrap.probe())
    done = subprocess.run(
        [sys.executable, "-B", "-c", GRADER, json.dumps([tier, list(numbers), list(limits)])],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


in_each_tier = pytest.mark.parametrize("tier", ["wrapped", "bare", "off"])


@ON_X86
@in_each_tier
def test_machine_that_refuses_limits_has_a_protection_less(tier):
    good, endless = grade(tier, refusals.PRLIMIT)

    assert (good["verdict"], endless["verdict"]) == ("", "timed out")
    detail = good["off"]["Memory, processor time and output"]
    assert detail == "switched off" if tier == "off" else detail.startswith("RLIMIT_AS, RLIMIT_DATA, RLIMIT_STACK, RL")
    assert tier == "off" or detail.endswith("RLIMIT_MSGQUEUE: [Errno 1] Operation not permitted")


@ON_X86
@pytest.mark.parametrize("tier", ["wrapped", "bare"])
@pytest.mark.parametrize("numbers", [(), refusals.PRLIMIT], ids=["alone", "and_limits"])
def test_machine_without_namespaces_and_landlock_has_no_mark_or_protections_less(tier, numbers):
    found = grade(tier, (*refusals.LANDLOCK, *refusals.NAMESPACES, *numbers))

    if isinstance(found, str):  # a root whose Python is in a folder that nobody else may read
        assert "the child could not become another user: [Errno 13] only root may read this Python" in found
        return
    good, endless = found
    assert (good["verdict"], endless["verdict"]) == ("", "timed out")
    assert {"Namespaces", "Files read"} <= good["off"].keys()


LOW = {
    "RLIMIT_AS": 800 << 20,
    "RLIMIT_DATA": 600 << 20,
    "RLIMIT_STACK": 8 << 20,
    "RLIMIT_CPU": 50,
    "RLIMIT_NOFILE": 40,
}


TOO_LOW_TO_ASK = ("RLIMIT_NOFILE", 6)


@ON_LINUX
@pytest.mark.parametrize(("name", "given"), [*LOW.items(), TOO_LOW_TO_ASK], ids=[*LOW, "hardly_any_files"])
def test_grader_with_less_than_is_promised_gives_no_mark(name, given):
    found = grade("bare", limits=[(name, given, given)])

    assert found.startswith(f"A submission must be allowed {name} = ")
    assert f"; the hard limit of the grader itself is {given}. This is not the submission's fault: raise " in found


@ON_LINUX
def test_soft_limits_of_the_grader_are_no_matter():
    soft = [(name, given, resource.RLIM_INFINITY) for name, given in LOW.items() if name != "RLIMIT_NOFILE"]
    if any(resource.getrlimit(getattr(resource, name))[1] != hard for name, _, hard in soft):
        pytest.skip("this machine has hard limits of its own")
    good, endless = grade("bare", limits=soft)

    assert (good["verdict"], endless["verdict"]) == ("", "timed out")


@ON_LINUX
def test_unprotected_child_has_the_soft_limits_of_the_grader():
    given = LOW["RLIMIT_AS"]

    assert grade("off", limits=[("RLIMIT_AS", given, given)]).startswith("A submission must be allowed RLIMIT_AS = ")
    good, _ = grade("off", limits=[("RLIMIT_STACK", LOW["RLIMIT_STACK"], LOW["RLIMIT_STACK"])])
    assert good["verdict"] == ""


@pytest.mark.parametrize("mode", [Mode.AUTO, Mode.OFF])
@pytest.mark.parametrize("given", [2000, 3000, resource.RLIM_INFINITY], ids=["enough", "more", "unlimited"])
def test_limits_that_suffice_are_no_matter(monkeypatch, mode, given):
    monkeypatch.setattr(resource, "getrlimit", lambda _: (given, given))

    host.check_limits(WANTED, mode)


def test_limits_that_are_not_told_are_no_matter(monkeypatch):
    def refuse(_):
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(resource, "getrlimit", refuse)

    host.check_limits(WANTED, Mode.STRICT)


def test_program_that_cannot_be_started_is_no_verdict(monkeypatch):
    def fail(*_):
        raise BlockingIOError(11, "Resource temporarily unavailable")

    monkeypatch.setattr(processes, "start", fail)

    with pytest.raises(HostUnfit, match=r"A child must start; the system refused: .*Resource temporarily unavailable"):
        open_session(PROGRAM, b"", mode=Mode.OFF)


LOWERED = """
import resource, sys
from grader.harness.sandbox.confinement import _limit_resources
resource.setrlimit(resource.RLIMIT_NOFILE, (30, 30))
_limit_resources({"RLIMIT_NOFILE": [64, 64], "RLIMIT_CORE": [0, 0]})
print(resource.getrlimit(resource.RLIMIT_NOFILE), resource.getrlimit(resource.RLIMIT_CORE))
try:
    _limit_resources({"RLIMIT_MADE_UP": [1, 1], "RLIMIT_CPU": [77, 77]})
except OSError as error:
    print(error)
print(resource.getrlimit(resource.RLIMIT_CPU))
"""


@ON_LINUX
def test_child_sets_each_limit_that_it_can():
    done = subprocess.run(
        [sys.executable, "-B", "-c", LOWERED],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        check=True,
    )

    kept, refused, later = done.stdout.splitlines()
    assert kept == "(30, 30) (0, 0)"
    assert refused == "RLIMIT_MADE_UP: module 'resource' has no attribute 'RLIMIT_MADE_UP'"
    assert later == "(77, 77)"
