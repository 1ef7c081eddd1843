"""What went wrong with a student's code, in words for the student."""

import signal
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from grader.harness.characters import make_visible, one_line
from grader.harness.results import Explanation, Verdict
from grader.harness.sandbox.policy import MIB, Limits
from grader.harness.sandbox.program import Function, Program

_ADVICE = {
    "EOFError": "Nobody sits at a keyboard while it is graded: leave out input().",
    "IndentationError": "Indent every line of a block by the same number of spaces.",
    "TabError": "Indent with spaces only; most editors can convert tabs.",
    "SyntaxError": "Fix that line, or the end of the one above it, until `python {file}` runs.",
    "RecursionError": "Check what ends the recursion, or use a loop.",
    "SystemExit": "Return from the function instead of ending Python.",
}
_REFUSED_ADVICE = {
    "files": "{file} may not read or write files when it is graded: leave that line out.",
    "full": "{file} may write a few small files when it is graded; these are too many or too large: write less.",
    "system": (
        "When it is graded, {file} is one process with one thread, without network, other programs, user, home or "
        "language settings: leave that line out."
    ),
}
_DEFAULT_ADVICE = "Call {function}() with this input on your own computer and look at that line."
_DEFAULT_LOAD_ADVICE = "Run `python {file}` on your own computer and look at that line."
_MAX_TRACEBACK = 8000
_MAX_LINE_LENGTH = 600

MAX_LINE = 1_000_000
"""No source that fits the limits has more lines; a reply with a larger number is made up."""


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
    """

    program: Program
    called: Function | None
    limits: Limits

    @property
    def required(self) -> str:
        """What was required of the request as a whole."""
        if self.called is None:
            return f"{self.program.file} must be imported without an error"
        return f"{self.called.name}() must return {self.called.returns}"

    def raised(self, reply: Mapping[str, Any]) -> Failure:
        """Explain an exception that the student's code raised, or that Python raised on reading it."""
        name, message, text = (_line(reply.get(key)) for key in ("type", "message", "text"))
        line, file = reply.get("line"), self.program.file
        where = f" in line {line} of {file}" if type(line) is int and 0 < line <= MAX_LINE else ""
        got = f"got {name or 'an exception'}: {message}" if message else f"got {name or 'an exception'}"
        got += f"{where}: {text}" if where and text else where
        advice = _ADVICE.get(name, _DEFAULT_LOAD_ADVICE if self.called is None else _DEFAULT_ADVICE)
        advice = _REFUSED_ADVICE.get(_line(reply.get("refused")), advice)
        advice = advice.format(file=file, function="" if self.called is None else self.called.name)
        if missing := _line(reply.get("missing")):
            # A package is named with what is in it.
            names = [name for name, _ in self.program.modules if not _holds(self.program, name)]
            listed = " and ".join(["NumPy, " + _LIBRARY, *names] if names else ["NumPy", _LIBRARY])
            advice = f"{file} can use {listed}; {missing!r} is not available when it is graded. Leave the import out."
        traceback = reply.get("traceback")
        return Failure(
            Verdict.CRASHED,
            Explanation(self.required, got, advice),
            make_visible(traceback[:_MAX_TRACEBACK]) if isinstance(traceback, str) else "",
        )

    def no_function(self, reply: Mapping[str, Any]) -> Failure:
        """Explain that the file was loaded but has no such function that could be called."""
        names = {function.name: function for function in self.program.functions}
        function = self.called or names.get(_line(reply.get("function")), self.program.functions[0])
        advice = f"Keep the function of the template: def {function.name}({function.parameters}), with a return."
        required = f"{self.program.file} must define a function {function.name}"
        return Failure(Verdict.WRONG, Explanation(required, _line(reply.get("got")), advice))

    def no_array(self, reply: Mapping[str, Any]) -> Failure:
        """Explain that what was returned is no array of numbers."""
        got = _line(reply.get("got"))
        advice = self.called.advice if self.called is not None else ""
        if got == "None":
            advice = "End the function with a return of the answer, on every way through it."
        return Failure(Verdict.WRONG, Explanation(self.required, f"got {got}", advice))

    def memory(self) -> Failure:
        """Explain that memory ran out."""
        required = f"{self.program.file} may use {self.limits.memory_bytes // MIB} MiB of memory"
        advice = "Look for a list that grows without end, or for a table with a row for every possible number."
        return Failure(Verdict.OUT_OF_MEMORY, Explanation(required, "it asked for more", advice))

    def timeout(self, seconds: float, *, is_cpu: bool = False) -> Failure:
        """Explain that a limit on time was reached."""
        clock = " of computing time" if is_cpu else ""
        what = f"{self.program.file} must be imported" if self.called is None else f"{self.called.name}() must return"
        got = "it was still running after that and was stopped"
        advice = "Look for a loop that never ends, or for loops inside loops over the whole input."
        return Failure(Verdict.TIMED_OUT, Explanation(f"{what} within {seconds:g} s{clock}", got, advice))

    def total(self) -> Failure:
        """Explain that the calls together took too long."""
        required = f"All calls of {self.program.label} together must return within {self.limits.total_s:g} s"
        advice = "It is slow on every input: look for loops inside loops over the whole input."
        return Failure(Verdict.TIMED_OUT, Explanation(required, "they took longer", advice))

    def end(self, status: int | None) -> Failure:
        """Explain that the student's process ended, by its exit status; None if it only closed its pipe."""
        if status is None:
            return self.forgery()
        name = _signal_name(status)
        if name == "SIGXCPU":
            return self.timeout(self.limits.call_cpu_s, is_cpu=True)
        got = f"Python was ended with exit status {status}"
        advice = "Leave out os._exit() and the like: return the answer."
        if name == "SIGKILL":
            got = "the system had to stop it"
            advice = "Look for what takes more and more time or memory."
        elif name:
            got = f"Python itself broke down ({name})"
            advice = "This comes from a recursion that is too deep, or from code that bypasses Python (ctypes)."
        return Failure(Verdict.CRASHED, Explanation(self.required, got, advice))

    def forgery(self) -> Failure:
        """Explain that something else than an answer came the way that answers come."""
        got = f"{self.program.file} wrote to, or closed, a file descriptor that is not its own"
        advice = "Return the answer, and write notes with print() only."
        return Failure(Verdict.FORBIDDEN, Explanation(self.required, got, advice))


_LIBRARY = "Python's standard library"


def _holds(program: Program, package: str) -> bool:
    """Tell whether a package has other modules of the program in it."""
    return any(name.startswith(f"{package}.") for name, _ in program.modules)


def _line(text: object) -> str:
    """Make one safe line of a stranger's text."""
    return one_line(" ".join(text[:_MAX_LINE_LENGTH].split())) if isinstance(text, str) else ""


def _signal_name(status: int) -> str:
    """Tell which signal ended a process, "" for none; bubblewrap passes it on as 128 + its number."""
    number = -status if status < 0 else status - 128
    return {int(known): known.name for known in signal.Signals}.get(number, "")
