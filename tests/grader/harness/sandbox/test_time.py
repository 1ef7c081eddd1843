"""Time of sessions: what is charged to a submission, what stops it, and what is the machine's own fault."""

import numpy as np
import pytest

from grader.harness.errors import HostBusy
from grader.harness.results import Verdict
from grader.harness.sandbox import exchange
from grader.harness.sandbox.policy import Budget, Limits
from tests.grader.harness.sandbox.conftest import GOOD, QUICK, in_every_tier

ROWS = np.zeros((2, 20))
ENDLESS = "def merge(rows):\n    while True: pass"
ASLEEP = "import time\ndef merge(rows):\n    time.sleep(1000)"
BURNING = """
import time
def merge(rows):
    start = time.process_time()
    while time.process_time() - start < 0.2: pass
    return rows
"""
CPU, IDLE = "within 1 s of computing time; ", "without sleeping or waiting for 0.3 s; "


@pytest.fixture
def no_meter(monkeypatch):
    """A system that does not tell what a process uses."""
    monkeypatch.setattr(exchange, "open_meter", lambda _: None)


@in_every_tier
@pytest.mark.parametrize(("source", "limit"), [(ENDLESS, CPU), (ASLEEP, IDLE)], ids=["computing", "asleep"])
def test_call_is_stopped_by_the_limit_that_it_meets(sessions, source, limit):
    failure = sessions.call(source, QUICK).failure

    assert failure.verdict is Verdict.TIMED_OUT
    assert failure.explanation.required + "; " == f"merge() must return {limit}"


@in_every_tier
@pytest.mark.parametrize(
    ("source", "limit"),
    [("while True: pass", CPU), ("import time\ntime.sleep(1000)", IDLE)],
    ids=["computing", "asleep"],
)
def test_import_is_stopped_by_the_limit_that_it_meets(sessions, source, limit):
    with sessions.open(source, QUICK) as session:
        failure = session.load()

    assert failure.explanation.required + "; " == f"merge.py must be imported {limit}"


@in_every_tier
def test_computing_of_fast_and_slow_calls_is_charged(sessions):
    budget = Budget()
    with sessions.open(BURNING, budget=budget) as session:
        for _ in range(3):
            assert session.call("merge", [ROWS]).failure is None

    assert 0.55 < budget.cpu_used_s < 1.0
    assert budget.idle_used_s < 0.3


def test_computing_of_all_calls_together_is_limited(either):
    with either.open(BURNING, budget=Budget(cpu_s=0.5)) as session:
        failures = [session.call("merge", [ROWS]).failure for _ in range(4)]

    assert str(failures[-1].explanation).startswith(
        "All calls of merge() together may take 0.5 s of computing time; they took more. It is slow on every input"
    )
    assert failures[0] is failures[1] is None
    assert failures[-1].verdict is Verdict.TIMED_OUT


def test_sleep_of_all_calls_together_is_limited(either):
    failure = either.call(ASLEEP, budget=Budget(idle_s=0.2)).failure

    assert str(failure.explanation).startswith("All calls of merge() together may sleep or wait for 0.2 s; they slept ")


@pytest.mark.parametrize(
    ("used", "limit"),
    [({"cpu_s": 80}, "may take 80 s of computing time"), ({"idle_s": 15}, "may sleep or wait for 15 s")],
    ids=["computing", "asleep"],
)
def test_budget_that_another_session_has_spent_stops_the_next(either, used, limit):
    budget = Budget()
    budget.charge(**used)
    with either.open(GOOD, budget=budget.part(cpu_s=30)) as session:
        failure = session.load()

        assert failure.explanation.required == f"All calls of merge() together {limit}"
        assert session.call("merge", [ROWS]).failure is failure
        assert not session.is_alive


def test_machine_without_time_for_a_call_gives_no_verdict(either):
    limits = Limits(call_cpu_s=1000, call_wall_s=0.2)
    with either.open(ENDLESS, limits, budget=Budget(cpu_s=1000)) as session:
        with pytest.raises(HostBusy, match="A submission must get 1000 s of computing within 0\\.2 s; it got 0"):
            session.call("merge", [ROWS])

        assert not session.is_alive
    either.expect_good()


def test_system_that_tells_no_usage_has_the_wall_clock(either, no_meter):
    failure = either.call(ENDLESS, Limits(call_s=0.2)).failure

    assert failure.explanation.required == "merge() must return within 0.2 s"
    with either.open("import time\ntime.sleep(1000)", Limits(load_s=0.2)) as session:
        assert session.load().explanation.required == "merge.py must be imported within 0.2 s"


def test_system_that_tells_no_usage_charges_the_wall_clock(either, no_meter):
    budget = Budget(cpu_s=0.3)
    failure = either.call(ASLEEP, budget=budget).failure

    assert failure.explanation.required == "All calls of merge() together must return within 0.3 s"
    assert budget.is_spent


def test_system_ends_what_the_grader_does_not_look_at(guarded, no_meter):
    failure = guarded.call(ENDLESS, Limits(call_s=60.0, call_cpu_s=1)).failure

    assert str(failure.explanation).startswith("merge() must return within 1 s of computing time; it was still running")


HARMLESS = {
    "prints": "for _ in range(30_000): print('x' * 98)",
    "answers": "return np.ones((6_000, 20))",
    "pauses": "time.sleep(0.1)",
}


@pytest.mark.parametrize("body", HARMLESS.values(), ids=HARMLESS)
def test_what_takes_a_moment_is_not_stopped(either, body):
    source = f"import time\nimport numpy as np\ndef merge(rows):\n    {body}\n    return rows"

    assert either.call(source).failure is None
