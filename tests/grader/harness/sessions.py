"""A sandbox session that is none: calls a function in this process, and notes what is asked of it."""

from copy import copy
from dataclasses import dataclass, field

import numpy as np

from grader.harness.results import Explanation, Protection, Verdict
from grader.harness.sandbox.launcher import Failure, Reply
from grader.harness.sandbox.policy import Budget

STOPPED = Failure(Verdict.TIMED_OUT, Explanation("merge() must come to an end", "it did not", "Look for loops."))
CRASHED = Failure(Verdict.CRASHED, Explanation("merge() must not fail", "it did", "Read the traceback."), "Traceback")
SPENT = Failure(Verdict.TIMED_OUT, Explanation("All calls may take 80 s", "they took more", "Look for loops."))
SYNTAX = Failure(Verdict.CRASHED, Explanation("merge.py must be Python", "it is not", "Read the line."))


@dataclass
class FakeSession:
    """Answers by `merge_by`, which takes the arguments of a call, and returns an answer or a failure.

    `asked` has the first argument of each call, `functions` its function.
    """

    merge_by: object
    seed: int
    budget: Budget = field(default_factory=Budget)
    seconds: float = 0.0
    load_failure: Failure | None = None
    interpreter: str = "Python 3, NumPy 2"
    remarks: list = field(default_factory=list)
    protections: tuple = (Protection("walls", is_on=True, detail="all of them"),)
    is_alive: bool = True
    is_closed: bool = False
    asked: list = field(default_factory=list)
    functions: list = field(default_factory=list)

    def load(self):
        return self.load_failure

    def call(self, function, arguments, keywords=None):
        assert self.is_alive, "a session that has ended was asked"
        if self.budget.is_spent:
            self.is_alive = False
            return Reply(None, SPENT, 0.0)
        self.budget.charge(cpu_s=self.seconds)
        self.asked.append(arguments[0])
        self.functions.append(function)
        if self.load_failure is not None:
            return Reply(None, self.load_failure, 0.0)
        outcome = self.merge_by(
            *map(copy, arguments), **{name: copy(value) for name, value in (keywords or {}).items()}
        )
        if isinstance(outcome, Failure):
            self.is_alive = outcome is not STOPPED
            return Reply(None, outcome, self.seconds)
        return Reply(np.asarray(outcome, dtype=float), None, self.seconds)

    @property
    def printed(self):
        return f"<{self.seed}: {len(self.asked)}>"

    def close(self):
        self.is_alive, self.is_closed = False, True


class Sessions:
    """Opens sessions and keeps them, to look at later."""

    def __init__(self, merge_by, seconds=0.0, load_failures=()):
        self.merge_by = merge_by
        self.seconds = seconds
        self.load_failures = list(load_failures)
        self.opened = []

    def __call__(self, seed, budget):
        failure = self.load_failures.pop(0) if self.load_failures else None
        self.opened.append(FakeSession(self.merge_by, seed, budget, self.seconds, failure))
        return self.opened[-1]

    @property
    def seeds(self):
        return [session.seed for session in self.opened]
