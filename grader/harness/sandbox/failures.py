"""What went wrong with a student's code, in words for the student."""

import re
import signal
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from grader.harness.languages import Said, said
from grader.harness.results import Explanation, Verdict
from grader.harness.sandbox.policy import MIB, Budget, Limits
from grader.harness.sandbox.program import Function, Program
from grader.harness.sandbox.raised import Crash, one_short_line
from grader.harness.sandbox.returned import describe_returned
from grader.harness.sandbox.stopwatch import Met

_SLOW_ADVICE = said("Look for a loop that never ends, or for loops inside loops over the whole input.")
_SLOW_EVERYWHERE_ADVICE = said("It is slow on every input: look for loops inside loops over the whole input.")
_IDLE_ADVICE = said("Leave out time.sleep() and whatever waits for a key, a file, another thread or a certain time.")
_STOPPED = said("it was still running after that and was stopped")


@dataclass(frozen=True)
class Failure:
    """Why there is no answer: a verdict and its reasons.

    Attributes
    ----------
    verdict : Verdict
        Never PASSED.
    explanation : Explanation
        For the student.
    traceback : str
        The lines of the student's file that led there; empty without an exception.
    """

    verdict: Verdict
    explanation: Explanation
    traceback: str = ""


@dataclass(frozen=True)
class Blame:
    """Words for what went wrong in one request: while the file was loaded, or in a call of one of its functions.

    Attributes
    ----------
    program : Program
        Whose file it is.
    called : Function or None
        The function that was called; None while the file was loaded.
    limits : Limits
        Of the session.
    interpreter : str
        What runs the code: ``"Python 3.11.2, NumPy 2.4.1"``; empty if that is not known.
    files : tuple of str
        The names of the modules beside the file.
    budget : Budget
        What the session shares with the submission's others.
    """

    program: Program
    called: Function | None
    limits: Limits
    interpreter: str = ""
    files: tuple[str, ...] = ()
    budget: Budget = field(default_factory=Budget)

    @property
    def required(self) -> Said:
        """What was required of the request as a whole."""
        if self.called is None:
            return said("{file} must be imported without an error", file=self.program.file)
        return said("{function}() must return {returns}", function=self.called.name, returns=self.called.returns)

    def raised(self, reply: Mapping[str, Any]) -> Failure:
        """Explain an exception that the student's code raised, or that Python raised on reading it."""
        crash = Crash(self.program, self.called, self.interpreter, self.files, reply)
        return Failure(Verdict.CRASHED, Explanation(self.required, crash.got, crash.advice), crash.traceback)

    def no_function(self, reply: Mapping[str, Any]) -> Failure:
        """Explain that the file was loaded but has no such function that could be called."""
        names = {function.name: function for function in self.program.functions}
        function = self.called or names.get(one_short_line(reply.get("function")), self.program.functions[0])
        advice = said(
            "Keep the function of the template: def {name}({parameters}), with a return.",
            name=function.name,
            parameters=function.parameters,
        )
        near = one_short_line(reply.get("near"))
        if near.isidentifier() and near != function.name:  # that one is there, but cannot be called
            rename = said("Is it {name}? Then rename that one.", name=near)
            advice = said("{first} {second}", first=rename, second=advice)
        required = said("{file} must define a function {name}", file=self.program.file, name=function.name)
        return Failure(
            Verdict.WRONG, Explanation(required, describe_returned(one_short_line(reply.get("got"))), advice)
        )

    def no_array(self, reply: Mapping[str, Any]) -> Failure:
        """Explain that what was returned is no array of numbers."""
        got = one_short_line(reply.get("got"))
        advice = self.called.advice if self.called is not None else ""
        if got == "None":
            advice = said("End the function with a return of the answer, on every way through it.")
        if re.match(r"a tuple of \d", got):
            advice = said("Return the array alone.")
        return Failure(
            Verdict.WRONG, Explanation(self.required, said("got {what}", what=describe_returned(got)), advice)
        )

    def memory(self) -> Failure:
        """Explain that memory ran out."""
        size = self.limits.memory_bytes // MIB
        required = said("{file} may use {size} MiB of memory", file=self.program.file, size=size)
        advice = said("Look for a list that grows without end, or for a table with a row for every possible number.")
        return Failure(Verdict.OUT_OF_MEMORY, Explanation(required, said("it asked for more"), advice))

    def over_limit(self, met: Met) -> Failure:
        """Explain which limit on time was met."""
        one = said("{file} must be imported", file=self.program.file)
        if self.called is not None:
            one = said("{function}() must return", function=self.called.name)
        match met:
            case Met.CALL_CPU:
                seconds = f"{self.limits.call_cpu_s}"
                required = said("{one} within {seconds} s of computing time", one=one, seconds=seconds)
                got, advice = _STOPPED, _SLOW_ADVICE
            case Met.CALL_IDLE:
                seconds = f"{self.limits.call_idle_s:g}"
                required = said("{one} without sleeping or waiting for {seconds} s", one=one, seconds=seconds)
                got, advice = said("it slept or waited for so long and was stopped"), _IDLE_ADVICE
            case Met.CALL_WALL:
                seconds = f"{self.limits.load_s if self.called is None else self.limits.call_s:g}"
                required = said("{one} within {seconds} s", one=one, seconds=seconds)
                got, advice = _STOPPED, _SLOW_ADVICE
            case _:
                return self._over_budget(met)
        return Failure(Verdict.TIMED_OUT, Explanation(required, got, advice))

    def _over_budget(self, met: Met) -> Failure:
        """Explain that all calls together have met a limit."""
        budget = self.budget.first_to_end(is_cpu=met is not Met.ALL_IDLE)
        label, scope = self.program.label, budget.scope
        calls = said("All calls of {label} together", label=label)
        if scope:
            calls = said("All calls of {label} {scope} together", label=label, scope=scope)
        advice, seconds = _SLOW_EVERYWHERE_ADVICE, f"{budget.cpu_s:g}"
        match met:
            case Met.ALL_IDLE:
                seconds = f"{budget.idle_s:g}"
                required = said("{calls} may sleep or wait for {seconds} s", calls=calls, seconds=seconds)
                got, advice = said("they slept or waited longer"), _IDLE_ADVICE
            case Met.ALL_CPU:
                required = said("{calls} may take {seconds} s of computing time", calls=calls, seconds=seconds)
                got = said("they took more")
            case _:
                required = said("{calls} must return within {seconds} s", calls=calls, seconds=seconds)
                got = said("they took longer")
        return Failure(Verdict.TIMED_OUT, Explanation(required, got, advice))

    def end(self, status: int | None) -> Failure:
        """Explain that the student's process ended, by its exit status; None if it only closed its pipe."""
        if status is None:
            return self.forgery()
        name = _signal_name(status)
        if name == "SIGXCPU":
            return self.over_limit(Met.CALL_CPU)
        got = said("Python was ended with exit status {status}", status=status)
        advice = said("Leave out os._exit() and the like: return the answer.")
        if name == "SIGKILL":
            got = said("the system had to stop it")
            advice = said("Look for what takes more and more time or memory.")
        elif name:
            got = said("Python itself broke down ({signal})", signal=name)
            advice = said("This comes from a recursion that is too deep, or from code that bypasses Python (ctypes).")
        return Failure(Verdict.CRASHED, Explanation(self.required, got, advice))

    def forgery(self) -> Failure:
        """Explain that something else than an answer came the way that answers come."""
        file = self.program.file
        got = said("{file} wrote to, or closed, a file descriptor that is not its own", file=file)
        advice = said("Return the answer, and write notes with print() only.")
        return Failure(Verdict.FORBIDDEN, Explanation(self.required, got, advice))


def _signal_name(status: int) -> str:
    """Tell which signal ended a process, "" for none; bubblewrap passes it on as 128 + its number."""
    number = -status if status < 0 else status - 128
    return {int(known): known.name for known in signal.Signals}.get(number, "")
