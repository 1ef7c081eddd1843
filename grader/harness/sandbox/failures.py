"""What went wrong with a student's code, in words for the student."""

import signal
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from grader.harness.results import Explanation, Verdict
from grader.harness.sandbox.policy import MIB, Limits

LOAD = "merge.py must be imported without an error"
ANSWER = "merge() must return an array of shape (n_skeletons, 20)"

_ADVICE = {
    "EOFError": "Nobody sits at a keyboard while it is graded: leave out input().",
    "IndentationError": "Indent every line of a block by the same number of spaces.",
    "TabError": "Indent with spaces only; most editors can convert tabs.",
    "SyntaxError": "Fix that line, or the end of the one above it, until `python merge.py` runs.",
    "RecursionError": "Check what ends the recursion, or use a loop.",
    "SystemExit": "Return from the function instead of ending Python.",
}
_REFUSED_ADVICE = {
    "files": "merge.py may not read or write files when it is graded: leave that line out.",
    "system": (
        "When it is graded, merge.py is one process with one thread, without network, other programs, user, home or "
        "language settings: leave that line out."
    ),
}
_DEFAULT_ADVICE = "Call merge() with this input on your own computer and look at that line."
_DEFAULT_LOAD_ADVICE = "Run `python merge.py` on your own computer and look at that line."


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
        The lines of merge.py that led there; empty without an exception.
    """

    verdict: Verdict
    explanation: Explanation
    traceback: str = ""


def printable(text: str, length: int) -> str:
    """Make a stranger's text safe to show: control and invisible characters replaced, and cut."""
    lines = text[:length].replace("\r\n", "\n").replace("\r", "\n")
    return "".join(sign if sign.isprintable() or sign in "\n\t" else "\N{REPLACEMENT CHARACTER}" for sign in lines)


def describe_raised(reply: Mapping[str, Any], *, is_loading: bool) -> Failure:
    """Explain an exception that the student's code raised, or that Python raised on reading it."""
    name, message, text = (_line(reply.get(key)) for key in ("type", "message", "text"))
    line = reply.get("line")
    where = f" in line {line} of merge.py" if type(line) is int and 0 < line <= MAX_LINE else ""
    came = f"got {name or 'an exception'}: {message}" if message else f"got {name or 'an exception'}"
    came += f"{where}: {text}" if where and text else where
    advice = _ADVICE.get(name, _DEFAULT_LOAD_ADVICE if is_loading else _DEFAULT_ADVICE)
    advice = _REFUSED_ADVICE.get(_line(reply.get("refused")), advice)
    if missing := _line(reply.get("missing")):
        advice = (
            f"merge.py can use NumPy, Python's standard library and estimation.config; {missing!r} is not available "
            "when it is graded. Leave the import out."
        )
    traceback = reply.get("traceback")
    return Failure(
        Verdict.CRASHED,
        Explanation(LOAD if is_loading else ANSWER, came, advice),
        printable(traceback, 8000) if isinstance(traceback, str) else "",
    )


def describe_no_function(came: object) -> Failure:
    """Explain that merge.py was loaded but has no function that could be called."""
    advice = "Keep the function of the template: def merge(subset, min_num_body_parts=4, min_score=0.4), with a return."
    return Failure(Verdict.WRONG, Explanation("merge.py must define a function merge", _line(came), advice))


def describe_no_array(came: object) -> Failure:
    """Explain that what merge returned is no array of numbers."""
    came = _line(came)
    advice = "Return one row a person: 18 keypoint ids, score, number of parts."
    if came == "None":
        advice = "End the function with a return of the rows, on every way through it."
    return Failure(Verdict.WRONG, Explanation(ANSWER, f"got {came}", advice))


def describe_memory(limits: Limits) -> Failure:
    """Explain that memory ran out."""
    required = f"merge.py may use {limits.memory_bytes // MIB} MiB of memory"
    advice = "Look for a list that grows without end, or for a table with a row for every possible id."
    return Failure(Verdict.OUT_OF_MEMORY, Explanation(required, "it asked for more", advice))


def describe_timeout(seconds: float, *, is_loading: bool, is_cpu: bool = False) -> Failure:
    """Explain that a limit on time was reached."""
    clock = " of computing time" if is_cpu else ""
    required = f"{'merge.py must be imported' if is_loading else 'merge() must return'} within {seconds:g} s{clock}"
    came = "it was still running after that and was stopped"
    advice = "Look for a loop that never ends, or for loops inside loops over all rows."
    return Failure(Verdict.TIMED_OUT, Explanation(required, came, advice))


def describe_total(limits: Limits) -> Failure:
    """Explain that the calls together took too long."""
    required = f"all calls of merge() together must return within {limits.total_s:g} s"
    advice = "It is slow on every input: look for loops inside loops over all rows."
    return Failure(Verdict.TIMED_OUT, Explanation(required, "they took longer", advice))


def describe_end(status: int | None, limits: Limits, *, is_loading: bool) -> Failure:
    """Explain that the student's process ended, by its exit status; None if it only closed its pipe."""
    if status is None:
        return describe_forgery(is_loading=is_loading)
    name = _signal_name(status)
    if name == "SIGXCPU":
        return describe_timeout(limits.call_cpu_s, is_loading=is_loading, is_cpu=True)
    came = f"Python was ended with exit status {status}"
    advice = "Leave out os._exit() and the like: return the answer."
    if name == "SIGKILL":
        came = "the system had to stop it"
        advice = "Look for what takes more and more time or memory."
    elif name:
        came = f"Python itself broke down ({name})"
        advice = "This comes from a recursion that is too deep, or from code that bypasses Python (ctypes)."
    return Failure(Verdict.CRASHED, Explanation(LOAD if is_loading else ANSWER, came, advice))


def describe_forgery(*, is_loading: bool) -> Failure:
    """Explain that something else than an answer came the way that answers come."""
    came = "merge.py wrote to, or closed, a file descriptor that is not its own"
    advice = "Return the answer, and write notes with print() only."
    return Failure(Verdict.FORBIDDEN, Explanation(LOAD if is_loading else ANSWER, came, advice))


def _line(text: object) -> str:
    """Make one safe line of a stranger's text."""
    return " ".join(printable(text, 600).split()) if isinstance(text, str) else ""


def _signal_name(status: int) -> str:
    """Tell which signal ended a process, "" for none; bubblewrap passes it on as 128 + its number."""
    number = -status if status < 0 else status - 128
    return {int(known): known.name for known in signal.Signals}.get(number, "")
