"""Which protections are told to be on, and what bubblewrap says where it does not work."""

import subprocess

import pytest

from grader.harness.sandbox import bubblewrap
from grader.harness.sandbox.policy import Mode
from grader.harness.sandbox.protections import list_protections

STEPS = ("folder", "privileges", "landlock", "user", "rlimits", "death", "seccomp")
ALL_WELL = dict.fromkeys(STEPS, "")


def off(unwrapped, report, mode=Mode.AUTO):
    return {p.name: p.detail for p in list_protections(mode, unwrapped, report) if not p.is_on}


def test_all_layers_protect_from_everything():
    assert off("", ALL_WELL) == {}


def test_one_layer_is_enough():
    assert off("", {**ALL_WELL, "landlock": "none"}) == {}


def test_missing_layers_are_told():
    missing = off("no bwrap", {**ALL_WELL, "landlock": "this kernel has no Landlock"})

    assert missing == {"Namespaces": "no bwrap", "Files read": "no bwrap; this kernel has no Landlock"}


def test_missing_filter_leaves_holes_even_with_namespaces():
    names = {"System calls", "New processes and threads", "Shared memory"}

    assert off("", {**ALL_WELL, "seccomp": "no table"}) == dict.fromkeys(names, "no table")


def test_system_without_any_is_told():
    assert set(off("only Linux has it", {}).values()) == {"only Linux has it"}


@pytest.fixture
def fresh_probe():
    bubblewrap.probe.cache_clear()
    yield
    bubblewrap.probe.cache_clear()


def test_bubblewrap_that_is_missing_is_told(fresh_probe, monkeypatch):
    monkeypatch.setattr(bubblewrap.shutil, "which", lambda _: None)

    assert bubblewrap.probe() == "bubblewrap (bwrap) is not installed"


@pytest.mark.parametrize(
    ("outcome", "reason"),
    [
        (
            subprocess.CompletedProcess([], 1, b"", b"No permissions to create namespace\n"),
            "does not work here: No perm",
        ),
        (subprocess.TimeoutExpired("bwrap", 10), "bubblewrap does not run: Command 'bwrap' timed out"),
        (OSError("exec format"), "bubblewrap does not run: exec format"),
    ],
    ids=["forbidden", "hangs", "broken"],
)
def test_bubblewrap_that_does_not_work_is_told(fresh_probe, monkeypatch, outcome, reason):
    def run(*_, **__):
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    monkeypatch.setattr(bubblewrap.shutil, "which", lambda name: f"/usr/bin/{name}")
    monkeypatch.setattr(bubblewrap.subprocess, "run", run)

    assert reason in bubblewrap.probe()
