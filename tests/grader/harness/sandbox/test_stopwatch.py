"""What is charged to a child, and when it is stopped: with a meter that says what the test tells it to."""

import pytest

from grader.harness.errors import HostBusy
from grader.harness.sandbox.policy import Budget, Limits
from grader.harness.sandbox.stopwatch import LONGEST_PAUSE_S, Met, OverLimitError, Stopwatch, WallWatch
from grader.harness.sandbox.usage import Usage


class FakeMeter:
    """A child and a clock: `let` passes time in which the child does something."""

    def __init__(self, *, has_queue=True):
        self.has_queue = has_queue
        self.at = self.ran = self.queued = self.grader = self.stolen = 0.0
        self.pending = 0.0
        self.state = "R"
        self.is_gone = False

    def let(self, seconds, *, run=0.0, queue=0.0, grader=0.0, stolen=0.0, then="R"):
        """Pass time; what is waited in the queue in the end is told by the kernel when the child runs again."""
        self.at += seconds
        if run:
            self.queued, self.pending = self.queued + self.pending, 0.0
        self.ran, self.grader, self.stolen, self.state = self.ran + run, self.grader + grader, stolen, then
        self.pending += queue

    def read(self):
        queued = self.queued if self.has_queue else 0.0
        return None if self.is_gone else Usage(self.at, self.ran, queued, self.grader)

    def look(self):
        stolen, self.stolen = self.stolen, 0.0
        return self.state, stolen


def start(meter, budget=None, **limits):
    return Stopwatch(meter, Limits(**limits), budget or Budget())


def test_computing_is_charged_to_the_last_bit():
    meter, budget = FakeMeter(), Budget()
    watch = start(meter, budget)
    for _ in range(4):
        meter.let(1.0, run=1.0)
        watch.look()
    meter.let(0.5, run=0.25)
    watch.stop()

    assert budget.cpu_used_s == 4.25
    assert budget.idle_used_s == 0


def test_fast_call_is_charged_without_a_look():
    meter, budget = FakeMeter(), Budget()
    watch = start(meter, budget)
    meter.let(0.01, run=0.01)
    watch.stop()

    assert budget.cpu_used_s == 0.01


def test_sleep_is_charged_up_to_the_last_look():
    meter, budget = FakeMeter(), Budget()
    watch = start(meter, budget)
    meter.let(1.0, then="S")
    watch.look()
    meter.let(1.0, run=0.1, then="S")
    watch.look()
    meter.let(0.9, run=0.1, then="S")
    watch.stop()

    assert budget.idle_used_s == pytest.approx(1.9)
    assert budget.cpu_used_s == pytest.approx(0.2)


def test_waiting_for_a_processor_is_never_charged():
    meter, budget = FakeMeter(), Budget()
    watch = start(meter, budget)
    for _ in range(30):
        meter.let(1.0, run=0.1, queue=0.9)
        watch.look()
    meter.let(5.0, queue=5.0)
    watch.look()
    meter.let(1.0, queue=1.0)
    watch.look()
    meter.let(1.0, run=0.1, queue=0.9, then="S")
    watch.stop()

    assert budget.idle_used_s == pytest.approx(0)
    assert budget.cpu_used_s == pytest.approx(3.1)


def test_sleep_between_looks_is_found_out():
    """A child that is always at work when it is looked at, and asleep in between."""
    meter, budget = FakeMeter(), Budget()
    watch = start(meter, budget)
    for _ in range(10):
        meter.let(0.25, run=0.05)
        watch.look()

    assert budget.idle_used_s == pytest.approx(9 * 0.2 - 0.01)


def test_what_ran_since_the_last_tick_is_not_taken_for_sleep():
    meter, budget = FakeMeter(), Budget()
    for _ in range(100):
        watch = start(meter, budget)
        meter.let(0.05, run=0.041)
        watch.look()
        meter.let(0.05, run=0.059)
        watch.stop()

    assert budget.idle_used_s == 0
    assert budget.cpu_used_s == pytest.approx(10)


@pytest.mark.parametrize(
    "passed",
    [{"then": "D"}, {"stolen": 1.0, "then": "S"}, {"grader": 1.0, "then": "S"}],
    ids=["its_disk", "other_machines", "the_grader_itself"],
)
def test_what_the_machine_takes_is_not_charged(passed):
    meter, budget = FakeMeter(), Budget()
    watch = start(meter, budget)
    for _ in range(8):
        meter.let(1.0, **passed)
        watch.look()
    meter.let(0.5, run=0.25, then="S")
    watch.look()

    assert budget.idle_used_s == pytest.approx(0.25)


def test_without_the_queue_only_sleep_without_doubt_is_charged():
    meter, budget = FakeMeter(has_queue=False), Budget()
    watch = start(meter, budget)
    for then in "SSRSSS":
        meter.let(0.5, run=0.25 if then == "R" else 0.0, then=then)
        watch.look()

    assert budget.idle_used_s == 0.5 * 3
    assert budget.cpu_used_s == 0.25


@pytest.mark.parametrize(
    ("limits", "budget", "passed", "met"),
    [
        ({"call_cpu_s": 3}, Budget(), {"run": 1.0}, Met.CALL_CPU),
        ({"call_idle_s": 3.0}, Budget(), {"then": "S"}, Met.CALL_IDLE),
        ({}, Budget(cpu_s=3), {"run": 1.0}, Met.ALL_CPU),
        ({"call_idle_s": 5.0}, Budget(idle_s=3), {"then": "S"}, Met.ALL_IDLE),
        ({}, Budget().part(cpu_s=3), {"run": 1.0}, Met.ALL_CPU),
    ],
    ids=["computing", "asleep", "computing_of_all", "asleep_of_all", "computing_of_a_part"],
)
def test_limit_that_is_met_stops_the_call(limits, budget, passed, met):
    meter = FakeMeter()
    watch = start(meter, budget, **limits)
    for _ in range(2):
        meter.let(1.0, **passed)
        watch.look()
    meter.let(1.0, **passed)

    with pytest.raises(OverLimitError, match=f"^{met.value}$"):
        watch.look()


def test_limit_of_a_call_is_not_for_what_was_used_before_it():
    meter = FakeMeter()
    meter.let(50.0, run=20.0, then="S")
    watch = start(meter)
    meter.let(1.0, run=1.0)

    watch.look()


def test_machine_that_does_not_let_it_run_is_too_busy():
    meter = FakeMeter()
    watch = start(meter, call_wall_s=100.0)
    for _ in range(99):
        meter.let(1.0, run=0.05, queue=0.95)
        watch.look()
    meter.let(1.0, queue=1.0)

    with pytest.raises(
        HostBusy,
        match=r"must get 10 s of computing within 100 s; it got 4\.9 s, since the machine has too much other work\.",
    ):
        watch.look()


def test_next_look_is_before_any_limit_can_be_overrun_by_much():
    meter = FakeMeter()
    watch = start(meter, call_cpu_s=10)
    pauses = []
    for _ in range(80):
        pause = watch.next_look - meter.at
        pauses.append(pause)
        meter.let(pause, run=pause)
        if meter.ran >= 10:
            break
        watch.look()

    assert max(pauses) == pytest.approx(LONGEST_PAUSE_S)
    assert min(pauses) > 0.001
    assert 10 <= meter.ran < 10.01


def test_child_that_is_gone_is_left_to_its_pipe():
    meter, budget = FakeMeter(), Budget()
    watch = start(meter, budget)
    meter.let(1.0, run=1.0)
    watch.look()
    meter.is_gone = True
    watch.look()
    watch.stop()

    assert budget.cpu_used_s == 1.0


@pytest.mark.parametrize(("limit_s", "met"), [(0.5, Met.CALL_WALL), (2.0, Met.ALL_WALL)], ids=["one_call", "all_calls"])
def test_wall_clock_alone_knows_two_limits(monkeypatch, limit_s, met):
    clock = [100.0]
    monkeypatch.setattr("time.monotonic", lambda: clock[0])
    budget = Budget(cpu_s=1.0)
    watch = WallWatch(limit_s, budget)

    assert watch.next_look == 100.0 + min(limit_s, 1.0)
    with pytest.raises(OverLimitError, match=f"^{met.value}$"):
        watch.look()
    clock[0] = 100.75
    watch.stop()
    assert budget.cpu_left_s == 0.25
