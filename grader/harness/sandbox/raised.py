"""An exception of a student's code, as the child tells it, in words for the student.

All that the child says of it is a stranger's data: it becomes a part of a sentence, on one line and cut.
"""

import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import reduce
from typing import Any

from grader.harness.characters import make_visible, one_line
from grader.harness.languages import Said, pattern, said
from grader.harness.sandbox.program import Function, Program
from grader.harness.sandbox.stand_ins import PACKAGES

_ADVICE = {
    "EOFError": pattern("Nobody sits at a keyboard while it is graded: leave out input()."),
    "IndentationError": pattern("Indent every line of a block by the same number of spaces."),
    "TabError": pattern("Indent with spaces only; most editors can convert tabs."),
    "SyntaxError": pattern("Fix that line, or the end of the one above it, until `python {file}` runs."),
    "RecursionError": pattern("Check what ends the recursion, or use a loop."),
    "SystemExit": pattern("Return from the function instead of ending Python."),
}
_REFUSED_ADVICE = {
    "files": pattern("{file} may not read or write files when it is graded: leave that line out."),
    "full": pattern(
        "{file} may write a few small files when it is graded; these are too many or too large: write less."
    ),
    "system": pattern(
        "When it is graded, {file} is one process with one thread, without network, other programs, user, home or "
        "language settings: leave that line out."
    ),
}
_NEWER_SYNTAX = {
    (3, 10): said("match (3.10)"),
    (3, 12): said("a type statement or the same quotes inside an f-string (3.12)"),
    (3, 14): said("t-strings (3.14)"),
}
"""Which version brought it."""
_OF_NUMPY = re.compile(r"\bnumpy\b|\bnp\.", re.IGNORECASE)
_PLACE = re.compile(r"^(cannot import name .{1,300}) \([^()]*\)$")
"""Where this machine has the module is nothing to the student."""
_RAGGED = "inhomogeneous shape"
_DEFAULT_ADVICE = pattern("Call {function}() with this input on your own computer and look at that line.")
_DEFAULT_LOAD_ADVICE = pattern("Run `python {file}` on your own computer and look at that line.")
_MAX_TRACEBACK = 8000
_MAX_LINE_LENGTH = 600

MAX_LINE = 1_000_000
"""No source that fits the limits has more lines; a reply with a larger number is made up."""


@dataclass(frozen=True)
class Crash:
    """What is to be said of an exception.

    Attributes
    ----------
    program : Program
        Whose file it is.
    called : Function or None
        The function that was called; None while the file was loaded.
    interpreter : str
        What runs the code: ``"Python 3.11.2, NumPy 2.4.1"``; empty if that is not known.
    files : tuple of str
        The names of the modules beside the file.
    reply : mapping of str to anything
        What the child says of it.
    """

    program: Program
    called: Function | None
    interpreter: str
    files: tuple[str, ...]
    reply: Mapping[str, Any]

    @property
    def traceback(self) -> str:
        """The lines of the student's file that led there; empty where the child names none."""
        traceback = self.reply.get("traceback")
        return make_visible(traceback[:_MAX_TRACEBACK]) if isinstance(traceback, str) else ""

    @property
    def got(self) -> Said:
        """What was raised, and where."""
        name, message, text = (one_short_line(self.reply.get(key)) for key in ("type", "message", "text"))
        message = _PLACE.sub(r"\1", message)
        line, file = self.reply.get("line"), self._file
        error = name or said("an exception")
        got = said("got {error}: {message}", error=error, message=message) if message else name_error(error)
        if package := self._stand_in:
            own = self.program.file
            got = said("{package} is not available when {file} is graded, and was used", package=package, file=own)
        if not (type(line) is int and 0 < line <= MAX_LINE):
            return got
        got = said("{got} in line {line} of {file}", got=got, line=line, file=file)
        return said("{got}: {text}", got=got, text=text) if text else got

    @property
    def advice(self) -> Said:
        """What to do: what the grader itself stands in the way of before what only the code can be blamed for."""
        name, message, missing, refused = (
            one_short_line(self.reply.get(key)) for key in ("type", "message", "missing", "refused")
        )
        file = self._file
        if self._stand_in:
            return said("Leave it out: {file} needs only NumPy.", file=self.program.file)
        if missing:
            return self._about_module(missing)
        if self.called is not None and one_short_line(self.reply.get("has")) and refused not in _REFUSED_ADVICE:
            return said(
                "Its first line must stay def {name}({parameters}): the same parameters with the same defaults.",
                name=self.called.name,
                parameters=self.called.parameters,
            )
        advice = _ADVICE.get(name, _DEFAULT_LOAD_ADVICE if self.called is None else _DEFAULT_ADVICE)
        advice = _REFUSED_ADVICE.get(refused, advice)
        told = said(advice, file=file, function="" if self.called is None else self.called.name)
        return _and_then(told, self._about_version(name, message))

    @property
    def _file(self) -> str:
        """Say in which of the student's files it was; in the one that is graded if the reply names another."""
        file = self.reply.get("file")
        return str(file) if file in [f"{name}.py" for name in self.files] else self.program.file

    @property
    def _stand_in(self) -> str:
        package = self.reply.get("stands_in")
        return str(package) if package in [*PACKAGES, *self.program.absent] else ""

    def _about_module(self, missing: str) -> Said:
        # A package is named with what is in it.
        names = [name for name, _ in self.program.modules if not _holds(self.program, name)]
        listed = said("NumPy and Python's standard library")
        if names:
            listed = said("NumPy, Python's standard library and {modules}", modules=" and ".join(names))
        file = self.program.file
        advice = said(
            "{file} can use {listed}; {missing} is not available when it is graded. Leave the import out.",
            file=file,
            listed=listed,
            missing=repr(missing),
        )
        top = missing.partition(".")[0]
        if top in PACKAGES:
            return advice
        if top in sys.stdlib_module_names:
            return _and_then(advice, self._graded_with(0))
        return _and_then(advice, said("If it is a file of yours, put it beside {file} in the zip.", file=file))

    def _about_version(self, name: str, message: str) -> str:
        """Say which Python or NumPy grades, where another one might have done."""
        if name in {"SyntaxError", "IndentationError", "TabError"}:
            return self._newer_syntax() if name == "SyntaxError" else ""
        if name in {"AttributeError", "ImportError"} and _OF_NUMPY.search(message):
            return self._graded_with(1)
        if name in {"AttributeError", "ImportError"} and re.search(r"^module '|^cannot import name", message):
            return self._graded_with(0)
        if _RAGGED in message and (graded := self._graded_with(1)):
            older = said("It makes no array of rows of different lengths, as NumPy did before 1.24.")
            return _and_then(graded, older)
        return ""

    def _graded_with(self, place: int) -> str:
        """Name Python (0) or NumPy (1)."""
        parts = self.interpreter.split(", ")
        is_known = place < len(parts) and parts[place]
        return said("It is graded with {program}.", program=parts[place]) if is_known else ""

    def _newer_syntax(self) -> str:
        match = re.match(r"Python (\d+)\.(\d+)", self.interpreter)
        if match is None:
            return ""
        version = f"{match[1]}.{match[2]}"
        newer = [what for since, what in _NEWER_SYNTAX.items() if (int(match[1]), int(match[2])) < since]
        if not newer:
            return said("It is graded with Python {version}: newer syntax does not run there.", version=version)
        examples = reduce(lambda first, last: said("{first} or {last}", first=first, last=last), newer)
        return said(
            "It is graded with Python {version}: newer syntax, such as {examples}, does not run there.",
            version=version,
            examples=examples,
        )


def name_error(error: str) -> Said:
    """Say that an exception was raised, by its type alone."""
    return said("got {error}", error=error)


def _and_then(first: str, second: str) -> Said:
    """Put a sentence behind another one; an empty one is none."""
    return said("{first} {second}", first=first, second=second) if second else said("{first}", first=first)


def _holds(program: Program, package: str) -> bool:
    """Tell whether a package has other modules of the program in it."""
    return any(name.startswith(f"{package}.") for name, _ in program.modules)


def one_short_line(text: object) -> str:
    """Make one safe line of a stranger's text."""
    return one_line(" ".join(text[:_MAX_LINE_LENGTH].split())) if isinstance(text, str) else ""
