"""Holds one request against its limits: the grader looks at the child now and then while no reply has come.

Each look sees what the child has used since the request. What neither the child nor the grader has used, and no other
machine has stolen, the child has spent asleep. Of a child that can run, the kernel does not tell yet how long it is in
the queue just now, so that such a look counts only up to the one before it.
"""

import time
from enum import StrEnum

from grader.harness.errors import HostBusy
from grader.harness.sandbox.policy import Budget, Limits
from grader.harness.sandbox.usage import Meter, Usage, is_asleep, is_waiting_for_a_disk

FIRST_LOOK_S = 0.02
"""Nearly all calls have returned by then, and are never looked at."""
LONGEST_PAUSE_S, _SHORTEST_PAUSE_S = 0.25, 0.005
_TICK_S = 0.01
"""What a process has run since the last tick of its processor's clock is not told while it runs."""
_PAUSE_SHARE = 0.25
"""A look comes after a quarter of the time that has passed: most of a sleep is seen, however short it is."""


class Met(StrEnum):
    """Which limit was met."""

    CALL_CPU = "computing time of one request"
    CALL_IDLE = "sleep of one request"
    CALL_WALL = "time of one request"
    ALL_CPU = "computing time of all"
    ALL_IDLE = "sleep of all"
    ALL_WALL = "time of all"


class OverLimitError(Exception):
    """A request has met a limit that is the student's to keep."""

    def __init__(self, met: Met) -> None:
        super().__init__(met.value)
        self.met = met


class Deadline:
    """No look, and an end on the wall: for what comes before any code of a student's."""

    def __init__(self, seconds: float) -> None:
        self.next_look = time.monotonic() + seconds

    def look(self) -> None:
        """End the waiting."""
        raise TimeoutError("It did not come in time.")


class WallWatch:
    """Where nothing tells what a child uses: the wall clock alone, which is charged as computing time."""

    def __init__(self, limit_s: float, budget: Budget) -> None:
        self._start = time.monotonic()
        self._budget = budget
        self._met = Met.CALL_WALL if limit_s <= budget.cpu_left_s else Met.ALL_WALL
        self.next_look = self._start + min(limit_s, budget.cpu_left_s)

    def look(self) -> None:
        """End the waiting: see `Stopwatch.look`."""
        raise OverLimitError(self._met)

    def stop(self) -> None:
        """Charge what was used: see `Stopwatch.stop`."""
        self._budget.charge(cpu_s=time.monotonic() - self._start)


class Stopwatch:
    """Watches one request.

    Parameters
    ----------
    meter : Meter
        Of the child.
    limits : Limits
        Of one request.
    budget : Budget
        Of all of them; charged with what this one uses.

    Attributes
    ----------
    next_look : float
        When to look next, on the clock of `time.monotonic`.
    """

    def __init__(self, meter: Meter, limits: Limits, budget: Budget) -> None:
        self._meter = meter
        self._limits = limits
        self._budget = budget
        self._start = self._last = meter.read() or Usage(time.monotonic(), 0.0, 0.0, 0.0)
        self._was_asleep = False
        self._excused_s = 0.0
        self._idle_s = 0.0
        self.next_look = self._start.at_s + FIRST_LOOK_S

    def look(self) -> None:
        """See what was used, and charge it.

        Raises
        ------
        OverLimitError
            If a limit of the student's is met.
        HostBusy
            If the child could run for the longest time that anybody waits, and the machine has not let it.
        """
        state, stolen_s = self._meter.look()
        now = self._meter.read()
        if now is None:  # it has ended, and its pipe tells so
            self.next_look = time.monotonic() + LONGEST_PAUSE_S
            return
        self._excuse(now, state, stolen_s)
        idle_s = self._idle_until(now, is_now=is_asleep(state))
        self._charge(now, idle_s)
        self._was_asleep = is_asleep(state)
        self._check(now)

    def stop(self) -> None:
        """Charge what was used since the last look; what was slept since then is given away."""
        now = self._meter.read()
        if now is not None:
            self._charge(now, self._idle_until(now, is_now=False))

    def _excuse(self, now: Usage, state: str, stolen_s: float) -> None:
        """Leave out what the machine has taken: its disk, other machines, and whatever the kernel does not tell."""
        self._excused_s += stolen_s
        is_told = self._meter.has_queue or (is_asleep(state) and self._was_asleep and now.ran_s == self._last.ran_s)
        if is_waiting_for_a_disk(state) or not is_told:
            self._excused_s += max(0.0, now.rest_s - self._last.rest_s)

    def _idle_until(self, now: Usage, *, is_now: bool) -> float:
        """Tell how long it has slept since the request, up to now or up to the last look."""
        if is_now:
            rest_s = now.rest_s
        elif now.ran_s > self._last.ran_s:  # so what it was in the queue for at the last look is counted now
            rest_s = self._last.rest_s - (now.queued_s - self._last.queued_s) - _TICK_S
        else:
            return self._idle_s
        return max(self._idle_s, rest_s - self._start.rest_s - self._excused_s)

    def _charge(self, now: Usage, idle_s: float) -> None:
        self._budget.charge(cpu_s=max(0.0, now.ran_s - self._last.ran_s), idle_s=idle_s - self._idle_s)
        self._last, self._idle_s = now, idle_s

    def _check(self, now: Usage) -> None:
        """Raise if a limit is met; otherwise look again before any can be overrun by much."""
        left_s = {
            Met.CALL_CPU: self._limits.call_cpu_s - (now.ran_s - self._start.ran_s),
            Met.CALL_IDLE: self._limits.call_idle_s - self._idle_s,
            Met.ALL_CPU: self._budget.cpu_left_s,
            Met.ALL_IDLE: self._budget.idle_left_s,
        }
        for met, seconds in left_s.items():
            if seconds <= 0:
                raise OverLimitError(met)
        passed_s = now.at_s - self._start.at_s
        if passed_s >= self._limits.call_wall_s:
            raise HostBusy(
                f"A submission must get {self._limits.call_cpu_s} s of computing within "
                f"{self._limits.call_wall_s:g} s; it got {now.ran_s - self._start.ran_s:.1f} s, since the machine has "
                "too much other work. Grade it again at a less busy time, or with fewer workers."
            )
        left_s[Met.CALL_WALL] = self._limits.call_wall_s - passed_s
        pause_s = min(LONGEST_PAUSE_S, _PAUSE_SHARE * passed_s, *left_s.values())
        self.next_look = now.at_s + max(_SHORTEST_PAUSE_S, pause_s)
