"""The doctor says off where a protection is off, and on only after an attack was tried and failed."""

import os
import platform
import sys
from contextlib import nullcontext
from types import SimpleNamespace

import numpy as np
import pytest

from grader.harness.errors import HostUnfit
from grader.harness.results import Explanation, Protection, Verdict
from grader.harness.sandbox import bubblewrap, doctor, forked, seccomp
from grader.harness.sandbox.attack import Attack, Sign
from grader.harness.sandbox.attacks import ATTACKS
from grader.harness.sandbox.launcher import Failure, Reply
from grader.harness.sandbox.policy import Mode

pytestmark = pytest.mark.xdist_group("doctor")  # one examination for all

on_linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the sandbox protects on Linux only")

HOLDS_EVERYWHERE = {
    "files: inherited",
    "environment",
    "time: computing",
    "time: waiting",
    "printing",
    "replies: size",
    "replies: forgery",
}
"""What a plain process holds, too: none of it needs anything from the system."""

UP_TO_THE_MACHINE = {"network: other sockets", "processes: ptrace", "memory: at once", "memory: in steps"}
"""What some machines stop by themselves."""

FAILURE = Failure(Verdict.CRASHED, Explanation("it must run", "got ValueError", "Mend it."))


ONE_OF_EACH_SIGN = {"network: TCP", "processes: fork", "files: write", "environment", "printing", "replies: size"}
"""What the default run tries without a sandbox; the slow tests try all."""


@pytest.fixture(scope="module")
def tried_when_off():
    """Try out one attack in a plain process."""
    with doctor._targets() as targets:
        yield lambda attack: doctor._try_out(attack, targets, Mode.OFF)


@pytest.fixture(scope="module")
def found_when_strict():
    if bubblewrap.probe():
        pytest.skip(f"strict mode needs bubblewrap: {bubblewrap.probe()}")
    return doctor.examine(Mode.STRICT)


@on_linux
@pytest.mark.parametrize(
    "attack",
    [
        pytest.param(attack, marks=[] if attack.name in ONE_OF_EACH_SIGN else pytest.mark.slow, id=attack.name)
        for attack in ATTACKS
    ],
)
def test_attack_gets_through_when_off(attack, tried_when_off):
    found = tried_when_off(attack)
    assert found.name == attack.name
    if attack.name not in UP_TO_THE_MACHINE:
        assert found.is_on == (attack.name in HOLDS_EVERYWHERE), found
    assert found.is_on != ("got through:" in found.detail)


@on_linux
@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.name)
def test_attack_is_stopped_when_strict(attack, found_when_strict):
    found = {protection.name: protection for protection in found_when_strict}[attack.name]
    assert found.is_on, found
    assert "got through:" not in found.detail
    assert "could not be tried" not in found.detail
    assert found.detail.startswith(attack.tries)


@pytest.mark.skipif(not seccomp.is_supported(), reason="a nursery needs the filter of system calls")
def test_attacks_are_tried_where_submissions_run(found_when_strict):
    assert any(nursery is not None and nursery.is_open for nursery in forked._NURSERIES.by_key.values())


def test_examine_cleans_up(monkeypatch, tmp_path):
    monkeypatch.setattr(doctor, "ATTACKS", ATTACKS[:1])
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    doctor.examine(Mode.OFF)
    assert doctor.SECRET_NAME not in os.environ
    assert not list(tmp_path.iterdir())


class Stub:
    """A session whose child does as it was told by a test."""

    def __init__(self, *, printed="", failure=None, replies=()):
        self.printed, self.is_alive = printed, True
        self._failure, self._replies = failure, list(replies)

    def load(self):
        return self._failure

    def call(self, _function, _arguments):
        reply = self._replies.pop(0)
        self.is_alive = bool(self._replies)
        return reply


def answer(value):
    return Reply(np.full((1, 20), float(value)), None, 0.0)


def failed(verdict):
    return Reply(None, Failure(verdict, Explanation("required", f"it was {verdict}", "advice")), 0.0)


def try_out(monkeypatch, sign, *, is_called=False, **session):
    """Judge a session that went as given."""
    attack = Attack("name", "tries", "pass", sign)
    targets = SimpleNamespace(aim=lambda _: b"", are_called=lambda: is_called)
    monkeypatch.setattr(doctor, "open_session", lambda *_, **__: nullcontext(Stub(**session)))
    return doctor._try_out(attack, targets, Mode.AUTO)


@pytest.mark.parametrize(
    ("sign", "session", "is_on", "detail"),
    [
        (Sign.WORD, {"printed": "stopped: no", "replies": [answer(0)]}, True, "tries: stopped: no"),
        (Sign.WORD, {"printed": "got through: x", "replies": [answer(0)]}, False, "tries: got through: x"),
        (Sign.WORD, {"replies": [failed(Verdict.FORBIDDEN)]}, True, "tries: forbidden: it was forbidden"),
        (Sign.WORD, {"replies": [answer(0)]}, False, "tries: it ended without a word"),
        (Sign.CALL, {"printed": "got through: sent", "replies": [answer(0)]}, True, "tries: got through: sent"),
        (Sign.CALL, {"is_called": True, "replies": [answer(0)]}, False, "tries: it ended without a word"),
        (Sign.TIME, {"replies": [answer(0), answer(0)]}, False, "tries: it ended without a word"),
        (Sign.TIME, {"replies": [failed(Verdict.TIMED_OUT)]}, True, "tries: timed out: it was timed out"),
        (Sign.TIME, {"replies": [failed(Verdict.CRASHED)]}, False, "tries: crashed: it was crashed"),
        (Sign.LENGTH, {"printed": "x" * 70_000, "replies": [answer(0)]}, False, "tries: 70000 signs kept"),
        (Sign.LENGTH, {"printed": "x" * 65_536, "replies": [answer(0)]}, True, "tries: 65536 signs kept"),
        (Sign.SIZE, {"replies": [answer(0)]}, False, "tries: it ended without a word"),
        (Sign.SIZE, {"replies": [failed(Verdict.WRONG)]}, True, "tries: wrong: it was wrong"),
        (Sign.FORGERY, {"replies": [answer(0), answer(1)]}, False, "tries: it ended without a word"),
        (Sign.FORGERY, {"replies": [answer(0), answer(0)]}, True, "tries: it ended without a word"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_doctor_judges_by_sign(monkeypatch, sign, session, is_on, detail):
    assert try_out(monkeypatch, sign, **session) == Protection("name", is_on, detail)


def test_doctor_says_off_when_an_attack_could_not_be_tried(monkeypatch):
    found = try_out(monkeypatch, Sign.WORD, failure=FAILURE)
    assert found == Protection("name", is_on=False, detail="tries: could not be tried: got ValueError")


def test_doctor_says_off_when_no_session_opens(monkeypatch):
    def refuse(*_, **__):
        raise HostUnfit("bubblewrap (bwrap) is not installed")

    monkeypatch.setattr(doctor, "open_session", refuse)
    found = doctor.examine(Mode.STRICT)
    assert [protection.name for protection in found] == [attack.name for attack in ATTACKS]
    assert not any(protection.is_on for protection in found)
    assert found[0].detail == f"{ATTACKS[0].tries}: bubblewrap (bwrap) is not installed"


def test_render_writes_a_table():
    table = doctor.render([Protection("fork", is_on=True, detail="refused"), Protection("a network", False, "got out")])
    assert table == "on   fork       refused\nOFF  a network  got out\n\n1 of 2 protections are on."


def test_render_of_nothing_is_a_sentence():
    assert doctor.render([]) == "\n0 of 0 protections are on."


def test_sources_are_aimed_and_compile():
    targets = doctor.Targets({"VICTIM": 7, "FILE": "it's"}, ())
    for attack in ATTACKS:
        source = targets.aim(attack)
        assert source.startswith(b'VICTIM = 7\nFILE = "it\'s"\n')
        compile(source, attack.name, "exec")


def test_names_of_attacks_are_unique():
    assert len({attack.name for attack in ATTACKS}) == len(ATTACKS)


def test_interpreter_is_named():
    name = f"Python {platform.python_version()}, NumPy {np.__version__}"

    assert doctor.find_interpreter(Mode.OFF) == f"Students' code will run under {name}."


def test_interpreter_that_does_not_run_is_told(tmp_path):
    told = doctor.find_interpreter(Mode.OFF, tmp_path / "none")

    assert told.startswith("Students' code cannot run: A submission needs a Python to run under; ")


def test_attacks_run_under_the_interpreter_that_is_named(monkeypatch, tmp_path):
    monkeypatch.setattr(doctor, "ATTACKS", ATTACKS[:1])

    (found,) = doctor.examine(Mode.OFF, tmp_path / "none")

    assert not found.is_on
    assert ": A submission needs a Python to run under; " in found.detail
