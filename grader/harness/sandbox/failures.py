"""What went wrong with a student's code, in words for the student."""

import re
import signal
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from grader.harness.characters import make_visible, one_line
from grader.harness.results import Explanation, Verdict
from grader.harness.sandbox.policy import MIB, Budget, Limits
from grader.harness.sandbox.program import Function, Program
from grader.harness.sandbox.stand_ins import PACKAGES
from grader.harness.sandbox.stopwatch import Met

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
_NO_SUCH_MODULE = "{file} can use {listed}; {missing!r} is not available when it is graded. Leave the import out."
_OWN_FILE = " If it is a file of yours, put it beside {file} in the zip."
_STANDS_IN = "Leave it out: {file} needs only NumPy."
_OTHER_PARAMETERS = "Its first line must stay def {name}({parameters}): the same parameters with the same defaults."
_NEWER_SYNTAX = {
    (3, 10): "match (3.10)",
    (3, 12): "a type statement or the same quotes inside an f-string (3.12)",
    (3, 14): "t-strings (3.14)",
}
"""Which version brought it."""
_OF_NUMPY = re.compile(r"\bnumpy\b|\bnp\.", re.IGNORECASE)
_PLACE = re.compile(r"^(cannot import name .{1,300}) \([^()]*\)$")
"""Where this machine has the module is nothing to the student."""
_RAGGED = "inhomogeneous shape"
_DEFAULT_ADVICE = "Call {function}() with this input on your own computer and look at that line."
_DEFAULT_LOAD_ADVICE = "Run `python {file}` on your own computer and look at that line."
_SLOW_ADVICE = "Look for a loop that never ends, or for loops inside loops over the whole input."
_SLOW_EVERYWHERE_ADVICE = "It is slow on every input: look for loops inside loops over the whole input."
_IDLE_ADVICE = "Leave out time.sleep() and whatever waits for a key, a file, another thread or a certain time."
_STOPPED = "it was still running after that and was stopped"
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
    def required(self) -> str:
        """What was required of the request as a whole."""
        if self.called is None:
            return f"{self.program.file} must be imported without an error"
        return f"{self.called.name}() must return {self.called.returns}"

    def raised(self, reply: Mapping[str, Any]) -> Failure:
        """Explain an exception that the student's code raised, or that Python raised on reading it."""
        traceback = reply.get("traceback")
        return Failure(
            Verdict.CRASHED,
            Explanation(self.required, self._what_was_raised(reply), self._what_to_do(reply)),
            make_visible(traceback[:_MAX_TRACEBACK]) if isinstance(traceback, str) else "",
        )

    def _what_was_raised(self, reply: Mapping[str, Any]) -> str:
        name, message, text = (_line(reply.get(key)) for key in ("type", "message", "text"))
        message = _PLACE.sub(r"\1", message)
        line, file = reply.get("line"), self._file_of(reply)
        where = f" in line {line} of {file}" if type(line) is int and 0 < line <= MAX_LINE else ""
        got = f"got {name or 'an exception'}: {message}" if message else f"got {name or 'an exception'}"
        if package := self._stand_in_of(reply):
            got = f"{package} is not available when {self.program.file} is graded, and was used"
        return got + (f"{where}: {text}" if where and text else where)

    def _what_to_do(self, reply: Mapping[str, Any]) -> str:
        """Choose an advice: what the grader itself stands in the way of before what only the code can be blamed for."""
        name, message, missing, refused = (_line(reply.get(key)) for key in ("type", "message", "missing", "refused"))
        file = self._file_of(reply)
        if self._stand_in_of(reply):
            return _STANDS_IN.format(file=self.program.file)
        if missing:
            return self._about_module(missing)
        if self.called is not None and _line(reply.get("has")) and refused not in _REFUSED_ADVICE:
            return _OTHER_PARAMETERS.format(name=self.called.name, parameters=self.called.parameters)
        advice = _ADVICE.get(name, _DEFAULT_LOAD_ADVICE if self.called is None else _DEFAULT_ADVICE)
        advice = _REFUSED_ADVICE.get(refused, advice)
        advice = advice.format(file=file, function="" if self.called is None else self.called.name)
        return f"{advice} {self._about_version(name, message)}".rstrip()

    def _file_of(self, reply: Mapping[str, Any]) -> str:
        """Say in which of the student's files it was; in the one that is graded if the reply names another."""
        file = reply.get("file")
        return str(file) if file in [f"{name}.py" for name in self.files] else self.program.file

    def _stand_in_of(self, reply: Mapping[str, Any]) -> str:
        package = reply.get("stands_in")
        return str(package) if package in [*PACKAGES, *self.program.absent] else ""

    def _about_module(self, missing: str) -> str:
        # A package is named with what is in it.
        names = [name for name, _ in self.program.modules if not _holds(self.program, name)]
        listed = " and ".join(["NumPy, " + _LIBRARY, *names] if names else ["NumPy", _LIBRARY])
        advice = _NO_SUCH_MODULE.format(file=self.program.file, listed=listed, missing=missing)
        top = missing.partition(".")[0]
        if top in PACKAGES:
            return advice
        if top in sys.stdlib_module_names:
            return f"{advice} {self._graded_with(0)}".rstrip()
        return advice + _OWN_FILE.format(file=self.program.file)

    def _about_version(self, name: str, message: str) -> str:
        """Say which Python or NumPy grades, where another one might have done."""
        if name in {"SyntaxError", "IndentationError", "TabError"}:
            return self._newer_syntax() if name == "SyntaxError" else ""
        if name in {"AttributeError", "ImportError"} and _OF_NUMPY.search(message):
            return self._graded_with(1)
        if name in {"AttributeError", "ImportError"} and re.search(r"^module '|^cannot import name", message):
            return self._graded_with(0)
        if _RAGGED in message and (graded := self._graded_with(1)):
            return f"{graded} It makes no array of rows of different lengths, as NumPy did before 1.24."
        return ""

    def _graded_with(self, place: int) -> str:
        """Name Python (0) or NumPy (1)."""
        parts = self.interpreter.split(", ")
        return f"It is graded with {parts[place]}." if place < len(parts) and parts[place] else ""

    def _newer_syntax(self) -> str:
        match = re.match(r"Python (\d+)\.(\d+)", self.interpreter)
        if match is None:
            return ""
        version = (int(match[1]), int(match[2]))
        newer = [what for since, what in _NEWER_SYNTAX.items() if version < since]
        example = f", such as {' or '.join(newer)}," if newer else ""
        return f"It is graded with Python {match[1]}.{match[2]}: newer syntax{example} does not run there."

    def no_function(self, reply: Mapping[str, Any]) -> Failure:
        """Explain that the file was loaded but has no such function that could be called."""
        names = {function.name: function for function in self.program.functions}
        function = self.called or names.get(_line(reply.get("function")), self.program.functions[0])
        near = _line(reply.get("near"))
        rename = f"Is it {near}? Then rename that one. " if near.isidentifier() else ""
        advice = (
            f"{rename}Keep the function of the template: def {function.name}({function.parameters}), with a return."
        )
        required = f"{self.program.file} must define a function {function.name}"
        return Failure(Verdict.WRONG, Explanation(required, _line(reply.get("got")), advice))

    def no_array(self, reply: Mapping[str, Any]) -> Failure:
        """Explain that what was returned is no array of numbers."""
        got = _line(reply.get("got"))
        advice = self.called.advice if self.called is not None else ""
        if got == "None":
            advice = "End the function with a return of the answer, on every way through it."
        if re.match(r"a tuple of \d", got):
            advice = "Return the array alone."
        return Failure(Verdict.WRONG, Explanation(self.required, f"got {got}", advice))

    def memory(self) -> Failure:
        """Explain that memory ran out."""
        required = f"{self.program.file} may use {self.limits.memory_bytes // MIB} MiB of memory"
        advice = "Look for a list that grows without end, or for a table with a row for every possible number."
        return Failure(Verdict.OUT_OF_MEMORY, Explanation(required, "it asked for more", advice))

    def over_limit(self, met: Met) -> Failure:
        """Explain which limit on time was met."""
        one = f"{self.program.file} must be imported" if self.called is None else f"{self.called.name}() must return"
        match met:
            case Met.CALL_CPU:
                required, got = f"{one} within {self.limits.call_cpu_s} s of computing time", _STOPPED
                advice = _SLOW_ADVICE
            case Met.CALL_IDLE:
                required = f"{one} without sleeping or waiting for {self.limits.call_idle_s:g} s"
                got, advice = "it slept or waited for so long and was stopped", _IDLE_ADVICE
            case Met.CALL_WALL:
                seconds = self.limits.load_s if self.called is None else self.limits.call_s
                required, got, advice = f"{one} within {seconds:g} s", _STOPPED, _SLOW_ADVICE
            case _:
                return self._over_budget(met)
        return Failure(Verdict.TIMED_OUT, Explanation(required, got, advice))

    def _over_budget(self, met: Met) -> Failure:
        """Explain that all calls together have met a limit."""
        budget = self.budget.first_to_end(is_cpu=met is not Met.ALL_IDLE)
        all_calls = " ".join(filter(None, (f"All calls of {self.program.label}", budget.scope, "together")))
        advice = _SLOW_EVERYWHERE_ADVICE
        match met:
            case Met.ALL_IDLE:
                required = f"{all_calls} may sleep or wait for {budget.idle_s:g} s"
                got, advice = "they slept or waited longer", _IDLE_ADVICE
            case Met.ALL_CPU:
                required, got = f"{all_calls} may take {budget.cpu_s:g} s of computing time", "they took more"
            case _:
                required, got = f"{all_calls} must return within {budget.cpu_s:g} s", "they took longer"
        return Failure(Verdict.TIMED_OUT, Explanation(required, got, advice))

    def end(self, status: int | None) -> Failure:
        """Explain that the student's process ended, by its exit status; None if it only closed its pipe."""
        if status is None:
            return self.forgery()
        name = _signal_name(status)
        if name == "SIGXCPU":
            return self.over_limit(Met.CALL_CPU)
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
