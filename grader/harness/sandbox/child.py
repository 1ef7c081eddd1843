"""The runner: loads a student's file and calls its functions, over and over, in a process of its own.

It answers one message with one message: ``ready`` when it has locked itself in, then for ``load`` and for each
``call`` either what was returned or what went wrong. It decides nothing: the grader takes every word of it for a
stranger's, since the student's code in the same process can say the same words.
"""

from __future__ import annotations

import contextlib
import importlib.machinery
import math
import os
import random
import sys
import time
from typing import TYPE_CHECKING, Any

import numpy as np

from grader.harness.sandbox import imports, loading, manners, old_numpy, protocol, signatures
from grader.harness.sandbox.confinement import confine
from grader.harness.sandbox.conversion import NoArray, read_answer
from grader.harness.sandbox.crashes import describe
from grader.harness.sandbox.folder import Folder
from grader.harness.sandbox.notes import NOTES, note

if TYPE_CHECKING:
    from collections.abc import Callable

_GENERATOR, _COROUTINE, _ASYNC_GENERATOR = 0x20, 0x80, 0x200  # flags of a function's code

Message = Any  # dict of str to what JSON has


class Channel:
    """The two pipes to the grader, on descriptors of their own; 0, 1 and 2 are left to the student's code."""

    def __init__(self) -> None:
        self._requests, self._replies = os.dup(0), os.dup(1)
        nothing = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nothing, 0)
        os.close(nothing)
        os.dup2(2, 1)

    def receive(self) -> tuple[Message, bytes]:
        """Wait for the next request: header and payload."""
        n_header, n_payload = protocol.read_lengths(self._read(protocol.LENGTHS_BYTES))
        return protocol.read_header(self._read(n_header)), self._read(n_payload)

    def send(self, header: Message, payload: bytes = b"") -> None:
        """Send one reply."""
        rest = memoryview(protocol.pack(header, payload))
        while rest:
            rest = rest[os.write(self._replies, rest) :]

    def _read(self, n_bytes: int) -> bytes:
        parts = []
        while n_bytes:
            part = os.read(self._requests, n_bytes)
            if not part:  # the grader has closed its end: the session is over
                os._exit(0)
            parts.append(part)
            n_bytes -= len(part)
        return b"".join(parts)


class Runner:
    """One session: its limits, and the student's functions once they are loaded."""

    def __init__(self, config: Message) -> None:
        self._call_cpu_s: int = config["call_cpu_s"]
        self._max_bytes: int = config["reply_bytes"]
        self._file: str = config["file"]
        self._module: str = config["module"]
        self._aliases: dict[str, str] = config["aliases"]
        self._absent: list[str] = config["absent"]
        self._parameters: dict[str, str] = config["functions"]
        self._sources: dict[str, bytes] = {}
        self._functions: dict[str, Callable[..., Any]] = {}
        self._wrong: dict[str, str] = {}
        self._near: dict[str, str] = {}
        self._set_cpu_limit = _cpu_limiter() if config["confine"] else None

    def answer(self, request: Message, payload: bytes) -> tuple[Message, bytes]:
        """Do what a request asks and say how it went: the reply's header and payload."""
        if self._set_cpu_limit is not None:
            self._set_cpu_limit(self._call_cpu_s)
        try:
            if request["do"] == "load":
                return self._load(request, payload)
            return self._call(request, payload)
        except NoArray as error:
            return {"is": "no array", "got": str(error)}, b""
        except MemoryError:
            return {"is": "out of memory"}, b""
        except BaseException as error:  # noqa: BLE001 - the student's code may raise anything, exits included
            return {"is": "raised", **self._describe(error, request, payload)}, b""
        finally:
            _flush()

    def _load(self, request: Message, payload: bytes) -> tuple[Message, bytes]:
        source, files = loading.split_sources(payload, request["files"])
        self._sources = {**{f"{name}.py": text for name, text in files.items()}, self._file: source}
        sys.meta_path.append(loading.StudentFinder(self._module, self._aliases, files))
        imports.install(self._sources, self._absent)
        module = loading.make_module(self._module, self._file)
        try:
            code = loading.compile_source(source, self._file)
        except (SyntaxError, ValueError, OverflowError, RecursionError) as error:
            return {"is": "no Python", **describe(error, self._file, self._sources)}, b""
        exec(code, module.__dict__)  # noqa: S102 - what this process is for
        found = {name: module.__dict__.get(name) for name in self._parameters}
        self._wrong = {name: wrong for name, value in found.items() if (wrong := _what_is_wrong_with(name, value))}
        self._functions = {name: value for name, value in found.items() if name not in self._wrong}  # type: ignore[misc]
        self._near = signatures.find_near(module.__dict__, self._wrong, self._functions)
        if not self._functions:
            return self._no_function(next(iter(self._parameters)))
        return {"is": "loaded"}, b""

    def _no_function(self, name: str) -> tuple[Message, bytes]:
        return {"is": "no function", "function": name, "got": self._wrong[name], "near": self._near.get(name, "")}, b""

    def _call(self, request: Message, payload: bytes) -> tuple[Message, bytes]:
        name = request["function"]
        if name in self._wrong:
            return self._no_function(name)
        positional, keywords = protocol.unpack_arguments(request, payload)
        value = self._functions[name](*positional, **keywords)
        return {"is": "answer"}, protocol.pack_array(read_answer(value, self._max_bytes))

    def _describe(self, error: BaseException, request: Message, payload: bytes) -> Message:
        """Say what was raised, and whether the function takes other parameters than it is called with."""
        description = describe(error, self._file, self._sources)
        if request["do"] == "call":
            name = request["function"]
            arguments = protocol.unpack_arguments(request, payload)
            description["has"] = signatures.find_other(self._functions[name], self._parameters[name], *arguments)
        return description


def _what_is_wrong_with(name: str, value: Any) -> str:  # noqa: ANN401 - whatever a student calls so
    """Say why something of this name cannot be called for an answer; an empty text if it can."""
    if value is None:
        return "there is none"
    if isinstance(value, type):
        return f"{name} is a class"
    if not callable(value):
        return f"{name} is an object of type {type(value).__name__:.80}"
    flags = getattr(getattr(value, "__code__", None), "co_flags", 0)
    if flags & (_COROUTINE | _ASYNC_GENERATOR):
        return f"{name} is an async function"
    if flags & _GENERATOR:
        return f"{name} is a generator: it has a yield"
    return ""


def _cpu_limiter() -> Callable[[int], None]:
    """Make a function that moves the soft limit on CPU time some seconds ahead of what was used.

    A machine that refuses it has said so while this process locked itself in; the grader looks at the clock as well.
    """
    try:
        import resource  # Windows has none, and a Python that only root may read has lost it by now
    except ImportError:
        return lambda _: None

    def limit(seconds: int) -> None:
        with contextlib.suppress(OSError, ValueError):
            _, hard = resource.getrlimit(resource.RLIMIT_CPU)
            soft = math.ceil(time.process_time()) + seconds
            resource.setrlimit(resource.RLIMIT_CPU, (soft if hard < 0 else min(soft, hard), hard))

    return limit


def _flush(streams: tuple[Any, ...] = (sys.stdout, sys.stderr)) -> None:
    for stream in streams:
        with contextlib.suppress(OSError, ValueError, AttributeError):  # the code may have closed it
            stream.flush()


def _seed(seed: int) -> None:
    """Start every generator that the code may use at a known place, those too that ask the system for one."""
    random.seed(seed)
    np.random.seed(seed)  # noqa: NPY002 - the code may use it
    np.random.bit_generator.randbits = random.Random(seed).getrandbits  # type: ignore[attr-defined]  # noqa: S311


class _AbsentFinder:
    """Find no module of a name that is not there for a submission, also where a folder of that name can be seen."""

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> None:  # noqa: ANN401, ARG002 - as Python asks
        """Say what Python says of a module that there is not."""
        if name == "test":  # see `grader.harness.sandbox.interpreter`
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)


def _behave(config: Message) -> dict[str, str]:
    """Go to the folder where there are no walls, and keep to it; returns a report."""
    folder = Folder(config["folder"])
    try:
        folder.enter(is_plain=True)
    except OSError as error:
        return {"folder": str(error)}
    finally:
        manners.install(config["readable"], config["listable"], folder.path)
    return {"folder": ""}


def _note_files() -> None:
    """Note that something stands in the folder: the code meant to keep it."""
    with contextlib.suppress(OSError):
        if "folder files" not in NOTES and os.listdir():  # noqa: PTH208 - at each call
            note("folder", "files")


def serve() -> None:
    """Lock this process in, say so, and answer requests until the grader closes the pipe."""
    channel = Channel()
    config, _ = channel.receive()
    sys.argv[:] = [config["file"]]
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(line_buffering=True, errors="backslashreplace")  # type: ignore[union-attr]
    _seed(config["seed"])
    old_numpy.install()
    sys.meta_path.insert(sys.meta_path.index(importlib.machinery.PathFinder), _AbsentFinder())
    report = confine(config) if config["confine"] else _behave(config)
    runner = Runner(config)
    channel.send(
        {"is": "ready", "call": 0, "report": report, "python": sys.version.split()[0], "numpy": np.__version__}
    )
    n_calls = 0
    while True:
        n_calls += 1
        request, payload = channel.receive()
        header, answer = runner.answer(request, payload)
        if not report["folder"]:
            _note_files()
        channel.send({**header, "call": n_calls, "notes": list(NOTES)}, answer)
