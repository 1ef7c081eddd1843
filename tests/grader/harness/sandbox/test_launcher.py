"""Opening sessions: modes, interpreters, and machines that are not fit."""

import sys
from dataclasses import replace
from pathlib import Path

import pytest

from grader.harness.errors import HostUnfit, ProtocolBroken
from grader.harness.sandbox import bubblewrap, interpreter, launcher
from grader.harness.sandbox.launcher import open_session
from grader.harness.sandbox.policy import Limits, Mode
from tests.grader.harness.sandbox.conftest import PROGRAM

SOURCE = b"def merge(rows): return rows"


def test_strict_session_has_every_protection():
    if reason := bubblewrap.probe():
        pytest.skip(reason)
    with open_session(PROGRAM, SOURCE, mode=Mode.STRICT) as session:
        assert all(protection.is_on for protection in session.protections)
        assert len({protection.name for protection in session.protections}) == len(session.protections) >= 12


def test_link_of_the_library_to_what_is_not_there_is_harmless(monkeypatch, tmp_path):
    """Debian's Python has one to a file in /etc, which no child sees."""
    if reason := bubblewrap.probe():
        pytest.skip(reason)
    dangling = tmp_path / "sitecustomize.py"
    dangling.symlink_to(tmp_path / "nothing")
    own = interpreter.ask(None, PROGRAM.modules)
    linked = replace(own)
    vars(linked)["readable"] = (*own.readable, dangling)
    monkeypatch.setattr(launcher, "ask", lambda *_: linked)

    with open_session(PROGRAM, SOURCE, mode=Mode.STRICT) as session:
        assert session.load() is None


def test_strict_mode_names_what_is_missing(monkeypatch):
    monkeypatch.setattr(bubblewrap, "probe", lambda: "bubblewrap is not there")

    with pytest.raises(
        HostUnfit, match=r"off on this machine: Namespaces \(bubblewrap is not there\)\. Run `python -m g"
    ):
        open_session(PROGRAM, SOURCE, mode=Mode.STRICT)


def test_auto_mode_tells_what_is_missing(monkeypatch):
    if not sys.platform.startswith("linux"):
        pytest.skip("only Linux has these protections")
    monkeypatch.setattr(bubblewrap, "probe", lambda: "bubblewrap is not there")

    with open_session(PROGRAM, SOURCE) as session:
        off = {protection.name: protection.detail for protection in session.protections if not protection.is_on}

    assert off == {"Namespaces": "bubblewrap is not there"}


def test_auto_mode_goes_on_where_bubblewrap_breaks(monkeypatch, no_nursery):
    monkeypatch.setattr(bubblewrap, "probe", lambda: "")
    monkeypatch.setattr(bubblewrap, "wrap", lambda *_: [sys.executable, "-c", "raise SystemExit('no such folder')"])

    with open_session(PROGRAM, SOURCE) as session:
        namespaces = next(protection for protection in session.protections if protection.name == "Namespaces")

    assert "A child must start; it ended with status 1 and said 'no such folder'" in namespaces.detail


def test_off_mode_says_that_all_was_switched_off():
    with open_session(PROGRAM, SOURCE, mode=Mode.OFF) as session:
        on = {protection.name for protection in session.protections if protection.is_on}
        details = {protection.detail for protection in session.protections if not protection.is_on}

    assert on == {"Separate process", "Time limits", "Environment", "Folder of its own"}
    assert details == {"switched off"}


@pytest.mark.parametrize(
    ("program", "message"),
    [
        ("/no/such/python", "A submission needs a Python to run under; /no/such/python does not run: .*No such file"),
        ("/bin/false", "needs Python 3.8 or newer with NumPy 1.20 or newer; /bin/false says ''. Name another one with"),
    ],
    ids=["missing", "no_python"],
)
def test_interpreter_that_does_not_answer_is_refused(program, message):
    with pytest.raises(HostUnfit, match=message):
        open_session(PROGRAM, SOURCE, python=Path(program))


def test_interpreter_without_numpy_is_refused(tmp_path):
    bare = tmp_path / "python"
    bare.write_text(f'#!/bin/sh\nexec "{sys.executable}" -S "$@"\n')
    bare.chmod(0o755)

    with pytest.raises(HostUnfit, match=r"says .ModuleNotFoundError: No module named 'numpy'.\. Name another one"):
        open_session(PROGRAM, SOURCE, python=bare)


def fake_child(monkeypatch, code):
    monkeypatch.setattr(launcher, "_BOOT", code)


def test_child_that_is_late_is_no_verdict(monkeypatch):
    fake_child(monkeypatch, "import time; time.sleep(1000)")

    with pytest.raises(HostUnfit, match=r"A child must be ready within 0\.2 s; it was not\. Try "):
        open_session(PROGRAM, SOURCE, mode=Mode.OFF, limits=Limits(start_s=0.2))


def test_child_that_does_not_start_is_no_verdict(monkeypatch):
    fake_child(monkeypatch, "raise SystemExit('no room')")

    with pytest.raises(HostUnfit, match="A child must start; it ended with status 1 and said 'no room'"):
        open_session(PROGRAM, SOURCE, mode=Mode.OFF)


@pytest.mark.parametrize(
    ("code", "message"),
    [
        (
            "import os; os.write(1, b'x' * 100)",
            "A child's first message must say that it is ready; A message must be short",
        ),
        ("import os; os.write(1, bytes([0, 0, 0, 2, 0, 0, 0, 0]) + b'{}')", "must say that it is ready; got {}"),
    ],
    ids=["noise", "other"],
)
def test_child_that_says_something_else_is_a_fault(monkeypatch, code, message):
    fake_child(monkeypatch, code)

    with pytest.raises(ProtocolBroken, match=message):
        open_session(PROGRAM, SOURCE, mode=Mode.OFF)


def test_root_that_stays_root_is_refused(monkeypatch):
    monkeypatch.setattr(launcher.os, "geteuid", lambda: 0)
    reply = b'{"is": "ready", "call": 0, "report": {"user": "not permitted"}}'
    fake_child(monkeypatch, f"import os; os.write(1, {len(reply).to_bytes(4, 'big') + bytes(4) + reply!r})")

    with pytest.raises(HostUnfit, match="must not run as root; the child could not become another user: not permitted"):
        open_session(PROGRAM, SOURCE, mode=Mode.OFF)


def test_interpreter_is_asked_once(monkeypatch):
    first = interpreter.ask()
    monkeypatch.setattr(interpreter.subprocess, "run", None)

    assert interpreter.ask() is first


def test_source_files_of_the_reference_stay_outside():
    assert b"union" not in interpreter.ask().codes
    assert b"def merge(subset, min" not in interpreter.ask().codes
