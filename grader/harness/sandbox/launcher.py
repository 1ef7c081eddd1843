"""Starts a child for one submission; what is said to it then is in `session`.

::

    open_session -> the child starts, locks itself in, says "ready" -> load -> call, call, ... -> close

Whatever the student's code does becomes a `Failure`. Exceptions are for the machine's and the grader's own faults,
and can only come before the student's file has been handed over; but for one, that the machine has killed the process
that the child was forked from.
"""

import contextlib
import keyword
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from grader.harness.characters import one_line
from grader.harness.errors import HostUnfit, ProtocolBroken
from grader.harness.languages import said
from grader.harness.sandbox import bubblewrap, host, processes, protocol, seccomp
from grader.harness.sandbox.exchange import Child
from grader.harness.sandbox.failures import Failure
from grader.harness.sandbox.forked import Nursery, fork_child
from grader.harness.sandbox.interpreter import SINGLE_THREADED, Interpreter, ask, read_through
from grader.harness.sandbox.pipes import open_pipes
from grader.harness.sandbox.policy import Budget, Limits, Mode
from grader.harness.sandbox.program import Program
from grader.harness.sandbox.protections import list_protections
from grader.harness.sandbox.remarks import name_interpreter
from grader.harness.sandbox.scratch import Scratch, Tenant
from grader.harness.sandbox.session import Reply, Session
from grader.harness.sandbox.stopwatch import Deadline

__all__ = ["Failure", "Reply", "Session", "open_session"]

_BOOT = (Path(__file__).resolve().parent / "boot.py").read_text(encoding="utf-8")
_FLAGS = ("-s", "-S", "-B", "-X", "utf8")
"""No folder of the user's, no installed packages, no compiled files written, UTF-8 everywhere. Not -I or -E: Python
would then not see PYTHONHASHSEED, and sets of strings would have another order in every process."""
_KEPT = ("LD_LIBRARY_PATH", "SYSTEMROOT") if os.name == "posix" else ("PATH", "SYSTEMROOT", "TEMP")
_SELDOM_USED = ("/media", "/mnt", "/srv")
_DEFAULT_LIMITS = Limits()


def open_session(
    program: Program,
    source: bytes,
    *,
    mode: Mode = Mode.AUTO,
    limits: Limits = _DEFAULT_LIMITS,
    python: Path | None = None,
    seed: int = 0,
    budget: Budget | None = None,
    files: Mapping[str, bytes] = MappingProxyType({}),
) -> Session:
    """Start a fresh child for one submission; nothing of the submission has run when this returns.

    Parameters
    ----------
    program : Program
        How the student's file is loaded and called.
    source : bytes
        The file as it was handed in.
    mode : Mode, optional
        How much protection there must be.
    limits : Limits, optional
        What the submission may use.
    python : Path, optional
        The interpreter to run under, 3.8 or newer with NumPy; None for the grader's own.
    seed : int, optional
        Where the generators of `random` and `numpy.random` start.
    budget : Budget, optional
        What this session may use together with others of the same submission; None for one of its own.
    files : mapping of str to bytes, optional
        Python files beside it, by the names of their modules, which it may import; what is no name of a module cannot
        be, and is left out.

    Returns
    -------
    session : Session
        To be closed; a context manager.

    Raises
    ------
    HostUnfit
        If the interpreter does not run, or a protection that the mode demands is not to be had.
    ProtocolBroken
        If the child says anything but that it is ready.
    """
    host.check_limits(_rlimits(0, limits), mode)
    interpreter = ask(python, program.modules)
    host.check_limits(_rlimits(interpreter.baseline_bytes, limits), mode)
    if mode is not Mode.OFF:
        read_through(interpreter)
    unwrapped = _why_not_wrapped(mode)
    try:
        child, report = _start(interpreter, program, mode, limits, seed, is_wrapped=not unwrapped)
    except HostUnfit as exc:
        if unwrapped or mode is not Mode.AUTO:
            raise
        unwrapped = str(exc)
        child, report = _start(interpreter, program, mode, limits, seed, is_wrapped=False)
    protections = list_protections(mode, unwrapped, report)
    missing = [f"{protection.name} ({protection.detail})" for protection in protections if not protection.is_on]
    if missing and mode is Mode.STRICT:
        child.kill()
        raise HostUnfit(
            f"Strict mode needs every protection; off on this machine: {'; '.join(missing)}. "
            "Run `python -m grader doctor`, or grade with --sandbox=auto."
        )
    beside = {name: files[name] for name in files if name.isidentifier() and not keyword.iskeyword(name)}
    return Session(child, program, source, limits, protections, child.interpreter, beside, budget)


def _why_not_wrapped(mode: Mode) -> str:
    """Say why bubblewrap is not to be used; an empty text if it is."""
    if mode is Mode.OFF:
        return said("switched off")
    if not sys.platform.startswith("linux"):
        return said("only Linux has it")
    return bubblewrap.probe()


def _start(
    interpreter: Interpreter, program: Program, mode: Mode, limits: Limits, seed: int, *, is_wrapped: bool
) -> tuple[Child, Mapping[str, str]]:
    """Start a child and wait until it is ready; returns it with its report of what it locked."""
    config = {
        "seed": seed,
        "confine": mode is not Mode.OFF and sys.platform.startswith("linux"),
        "readable": [str(path) for path in interpreter.readable],
        "listable": [str(path) for path in interpreter.listable],
        "folder": {
            "path": bubblewrap.FOLDER if is_wrapped else "",
            "mount_at": bubblewrap.FOLDER if is_wrapped else _find_mount_point(interpreter),
            "bytes": limits.folder_bytes,
            "walled": is_wrapped,
        },
        "rlimits": {name: (value, value) for name, value in _rlimits(interpreter.baseline_bytes, limits).items()},
        "parent": 0 if is_wrapped else os.getpid(),
        "call_cpu_s": limits.call_cpu_s,
        "reply_bytes": limits.reply_bytes,
        "file": program.file,
        "module": program.module_name,
        "functions": {function.name: function.parameters for function in program.functions},
        "aliases": dict(program.aliases),
        "absent": list(program.absent),
    }
    environment = _environment()
    if is_wrapped and seccomp.is_supported():
        with contextlib.suppress(HostUnfit):  # one child that is started by itself can do as well, more slowly
            return _start_forked(interpreter, limits, environment, config)
    command = _command(interpreter)
    process: processes.Process
    if is_wrapped:
        process = _start_process(bubblewrap.wrap(command, interpreter, environment, bubblewrap.MOUNT), environment)
    else:
        process = _start_beside_folder(command, environment, limits, config)
    child = Child(process, open_pipes(process, limits.printed_bytes))
    child.pipes.send(len(interpreter.codes).to_bytes(4, "big") + interpreter.codes)
    report = _greet(child, limits, config)
    if report.get("on disk") and isinstance(process, Tenant):
        process.watch()
    return child, report


def _start_beside_folder(
    command: list[str], environment: dict[str, str], limits: Limits, config: dict[str, Any]
) -> processes.Process:
    """Start a process with a folder on the disk, and tell the child where that is; or why it has none."""
    try:
        scratch = Scratch(limits.folder_bytes, is_for_nobody=config["confine"])
    except OSError as exc:
        config["folder"]["why_not"] = f"there is no place for temporary files: {exc}"
        return _start_process(command, environment)
    config["folder"]["path"] = str(scratch.path)
    try:
        return Tenant(_start_process(command, environment), scratch)
    except BaseException:
        scratch.remove()
        raise


def _start_process(command: list[str], environment: dict[str, str]) -> processes.Process:
    try:
        return processes.start(command, environment)
    except OSError as exc:
        raise HostUnfit(f"A child must start; the system refused: {exc}.") from exc


def _find_mount_point(interpreter: Interpreter) -> str:
    """Find a folder that a child can do without, to mount its own in its place where there is no bubblewrap."""
    needed = {parent for path in interpreter.readable for parent in (path, *path.parents)}
    return next((place for place in _SELDOM_USED if Path(place).is_dir() and Path(place) not in needed), "")


def _start_forked(
    interpreter: Interpreter, limits: Limits, environment: dict[str, str], config: Mapping[str, Any]
) -> tuple[Child, Mapping[str, str]]:
    """Have a child forked; only one that its system-call filter keeps from its nursery and its siblings is any good."""

    def start_nursery() -> Nursery:
        command = bubblewrap.wrap(
            [*_command(interpreter), "nursery"], interpreter, environment, "CAP_KILL", bubblewrap.MOUNT
        )
        return Nursery(command, environment, interpreter.codes, limits.start_s)

    process = fork_child((interpreter, *environment.items()), start_nursery)
    child = Child(process, open_pipes(process, limits.printed_bytes))
    report = _greet(child, limits, config)
    if unfiltered := report.get("seccomp", "not told"):
        child.kill()
        raise HostUnfit(f"Children must not reach each other; the filter of system calls is off: {unfiltered}.")
    return child, report


def _command(interpreter: Interpreter) -> list[str]:
    return [str(interpreter.executable), *_FLAGS, "-c", _BOOT, str(interpreter.numpy.parent)]


def _greet(child: Child, limits: Limits, config: Mapping[str, Any]) -> Mapping[str, str]:
    """Tell a child what it may do, and wait until it is ready; it is killed if it is not."""
    try:
        child.pipes.send(protocol.pack(dict(config)))
        return _hear(child, limits)
    except BaseException:
        child.kill()
        raise


def _hear(child: Child, limits: Limits) -> Mapping[str, str]:
    """Wait for the child's first message, which comes before any of the student's code."""
    try:
        header, _ = child.receive(limits, Deadline(limits.start_s))
    except TimeoutError as exc:
        raise HostUnfit(
            f"A child must be ready within {limits.start_s:g} s; it was not. Try a less busy time."
        ) from exc
    except EOFError as exc:
        status = child.wait()
        says = one_line(child.pipes.printed.decode("utf-8", "replace")[:4000].strip().rpartition("\n")[2])
        raise HostUnfit(f"A child must start; it ended with status {status} and said {says!r:.200}.") from exc
    except ValueError as exc:
        raise ProtocolBroken(f"A child's first message must say that it is ready; {exc}") from exc
    report: Any = header.get("report")
    if header.get("is") != "ready" or not isinstance(report, dict):
        raise ProtocolBroken(f"A child's first message must say that it is ready; got {header!r:.200}.")
    if os.name == "posix" and os.geteuid() == 0 and report.get("user"):
        raise HostUnfit(
            f"A submission must not run as root; the child could not become another user: {report['user']}. "
            "Run the grader as an ordinary user."
        )
    child.interpreter = name_interpreter(header)
    return report


def _environment() -> dict[str, str]:
    fixed = {"PYTHONHASHSEED": "0", "LC_ALL": "C", **SINGLE_THREADED}
    return fixed | {name: os.environ[name] for name in _KEPT if name in os.environ}


def _rlimits(baseline_bytes: int, limits: Limits) -> dict[str, int]:
    """List the limits of a child, each as the system counts it."""
    return {
        "RLIMIT_AS": baseline_bytes + limits.memory_bytes,
        "RLIMIT_DATA": baseline_bytes + limits.memory_bytes,
        "RLIMIT_STACK": limits.stack_bytes,
        "RLIMIT_CPU": limits.total_cpu_s,
        "RLIMIT_NOFILE": limits.open_files,
        "RLIMIT_NPROC": 0,
        "RLIMIT_FSIZE": 0,
        "RLIMIT_CORE": 0,
        "RLIMIT_MEMLOCK": 0,
        "RLIMIT_MSGQUEUE": 0,
    }
