"""Sessions of every tier: with bubblewrap, without it, and without any protection."""

import sys
from contextlib import contextmanager
from textwrap import dedent

import numpy as np
import pytest

from grader.harness.results import Verdict
from grader.harness.sandbox import bubblewrap, forked
from grader.harness.sandbox.launcher import open_session
from grader.harness.sandbox.policy import Limits, Mode
from grader.labs.merge.lab import LAB

PROGRAM = LAB.program

QUICK = Limits(call_s=0.3, call_cpu_s=1, call_idle_s=0.3)
"""Limits for calls that are meant to reach them."""

BARE = pytest.param("bare", marks=pytest.mark.slow)
OFF = pytest.param("off", marks=pytest.mark.slow)
"""What is proven of sessions in bubblewrap is proven of the others among the slow tests."""

in_every_tier = pytest.mark.parametrize("sessions", ["wrapped", "bare", "off"], indirect=True)
"""For what each tier does in its own way, in the default run as well."""

GOOD = """
import numpy as np
def merge(subset, min_num_body_parts=4, min_score=0.4):
    return np.asarray(subset) + 1
"""


class Sessions:
    """Opens sessions of one tier and closes them when the test ends."""

    def __init__(self, tier):
        self.tier = tier
        self.mode = Mode.OFF if tier == "off" else Mode.AUTO
        self.opened = []

    def open(self, source, limits=None, *, program=PROGRAM, **options):
        source = source if isinstance(source, bytes) else dedent(source).encode()
        session = open_session(program, source, mode=self.mode, limits=limits or Limits(), **options)
        self.opened.append(session)
        return session

    def call(self, source, limits=None, n_calls=1, **options):
        """Open, load and call; returns the last reply."""
        session = self.open(source, limits, **options)
        for _ in range(n_calls):
            reply = session.call("merge", [np.zeros((2, 20))])
        session.close()
        return reply

    def verdict(self, source, limits=None, n_calls=1):
        failure = self.call(source, limits, n_calls).failure
        return Verdict.PASSED if failure is None else failure.verdict

    def expect_good(self):
        """See that a good submission is still answered as if nothing had been."""
        reply = self.call(GOOD)
        assert reply.failure is None
        assert np.array_equal(reply.answer, np.ones((2, 20)))


@contextmanager
def _sessions(tier, monkeypatch):
    if tier != "off" and not sys.platform.startswith("linux"):
        pytest.skip("only Linux has these protections")
    if tier == "wrapped" and bubblewrap.probe():
        pytest.skip(bubblewrap.probe())
    if tier == "bare":
        monkeypatch.setattr(bubblewrap, "probe", lambda: "not wanted in this test")
    opener = Sessions(tier)
    yield opener
    for session in opener.opened:
        session.close()


@pytest.fixture(params=["wrapped", BARE, OFF])
def sessions(request, monkeypatch):
    """Sessions of each tier in turn."""
    with _sessions(request.param, monkeypatch) as opener:
        yield opener


@pytest.fixture(params=["wrapped", BARE])
def guarded(request, monkeypatch):
    """Sessions of the tiers that protect the machine."""
    with _sessions(request.param, monkeypatch) as opener:
        yield opener


@pytest.fixture(params=["wrapped", OFF])
def either(request, monkeypatch):
    """Sessions with all protection and with none, for what has nothing to do with it."""
    with _sessions("off" if bubblewrap.probe() else request.param, monkeypatch) as opener:
        yield opener


@pytest.fixture
def plain(monkeypatch):
    """Sessions without protection."""
    with _sessions("off", monkeypatch) as opener:
        yield opener


@pytest.fixture
def wrapped(monkeypatch):
    """Sessions inside bubblewrap."""
    with _sessions("wrapped", monkeypatch) as opener:
        yield opener


@pytest.fixture
def no_nursery():
    """A process that has no nursery yet, and keeps none."""
    _end_nurseries()
    yield
    _end_nurseries()


def _end_nurseries():
    for nursery in forked._NURSERIES.by_key.values():
        if nursery is not None:
            nursery.close()
    forked._NURSERIES.by_key.clear()
