"""The doctor: attacks this machine from inside the sandbox, and tells which attacks get through.

A protection is on when the attack against it was tried and failed, not when the system says that it has the
protection. Each attack is loaded and called like a submission, in a session of its own, and is harmless where it gets
through: it aims at a process, files and sockets that the doctor made for it, and what it uses up is bounded. The doctor
believes what an attack says of its own success; where a failure could look like a success, or the reverse, it looks
for itself: whether a listener was called, whether a call was stopped, which answer was taken.
"""

import contextlib
import os
import secrets
import select
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from tqdm import tqdm

from grader.harness.errors import SandboxError
from grader.harness.results import Protection, Verdict
from grader.harness.sandbox.attack import GOT_THROUGH, STOPPED, Attack, Sign
from grader.harness.sandbox.attacks import ATTACKS
from grader.harness.sandbox.launcher import Reply, open_session
from grader.harness.sandbox.policy import Limits, Mode
from grader.harness.sandbox.program import Function, Program
from grader.harness.sandbox.protocol import pack, pack_array

LIMITS = Limits(call_s=2.0, call_cpu_s=1, call_idle_s=2.0)
"""Short, for the two attacks on time run into them."""

SECRET_NAME = "GRADER_DOCTOR_SECRET"  # noqa: S105 - the name of a secret

_FUNCTION = Function("answer", "values")
_PROGRAM = Program("attack.py", (_FUNCTION,))
_ASKED = np.zeros((1, 20))
_FORGED = np.ones((1, 20))
_VICTIM = "import sys; sys.stdin.read()"
_N_FORGED = 8
_DETAIL_LENGTH = 160


@dataclass(frozen=True)
class Targets:
    """What the attacks aim at.

    Attributes
    ----------
    values : mapping of str to object
        The names that the attacks use, and what they stand for.
    listeners : sequence of socket
        Nobody calls them but an attack.
    """

    values: Mapping[str, object]
    listeners: Sequence[socket.socket]

    def aim(self, attack: Attack) -> bytes:
        """Write the attack's file."""
        head = "".join(f"{name} = {value!r}\n" for name, value in self.values.items())
        return (head + attack.source).encode()

    def are_called(self) -> bool:
        """Tell whether a listener was called since this was last asked."""
        called = select.select(self.listeners, [], [], 0)[0]
        for listener in called:
            if listener.type is socket.SOCK_STREAM:
                listener.accept()[0].close()
            else:
                listener.recv(1)
        return bool(called)


def find_interpreter(mode: Mode = Mode.AUTO, python: Path | None = None) -> str:
    """Say which Python and NumPy run the students' code, or why none does: one sentence.

    Parameters
    ----------
    mode : Mode, optional
        How the session is opened that is asked.
    python : Path, optional
        The interpreter; None for the grader's own.
    """
    try:
        with open_session(_PROGRAM, b"", mode=mode, limits=LIMITS, python=python) as session:
            return f"Students' code will run under {session.interpreter}."
    except SandboxError as exc:
        return f"Students' code cannot run: {exc}"


def examine(mode: Mode = Mode.AUTO, python: Path | None = None) -> tuple[Protection, ...]:
    """Attack this machine in every way that the doctor knows.

    Parameters
    ----------
    mode : Mode, optional
        How the sessions are opened; ``OFF`` shows what a plain process may do.
    python : Path, optional
        The interpreter that runs the attacks; None for the grader's own.

    Returns
    -------
    protections : tuple of Protection
        One an attack: on if it was stopped, with what came back. All off, with the reason, where no session can be
        opened in this mode.
    """
    with _targets() as targets:
        attacks = tqdm(ATTACKS, desc="attacks", leave=False, disable=None)
        return tuple(_try_out(attack, targets, mode, python) for attack in attacks)


def render(protections: Sequence[Protection]) -> str:
    """Write a table as plain text: one protection a line, and below it how many are on."""
    width = max((len(protection.name) for protection in protections), default=0)
    lines = [f"{'on' if each.is_on else 'OFF':<3}  {each.name:<{width}}  {each.detail}" for each in protections]
    n_on = sum(each.is_on for each in protections)
    return "\n".join([*lines, "", f"{n_on} of {len(protections)} protections are on."])


def _try_out(attack: Attack, targets: Targets, mode: Mode, python: Path | None = None) -> Protection:
    """Open a session, let the attack run in it, and judge."""
    try:
        with open_session(_PROGRAM, targets.aim(attack), mode=mode, limits=LIMITS, python=python) as session:
            failure = session.load()
            replies = [] if failure else [session.call(_FUNCTION.name, [_ASKED]) for _ in range(2) if session.is_alive]
        printed = session.printed
    except SandboxError as exc:
        return _report(attack, str(exc), is_on=False)
    if failure is not None:
        return _report(attack, f"could not be tried: {failure.explanation.got}", is_on=False)
    is_stopped = not _got_through(attack, printed, replies, targets)
    return _report(attack, _what_it_says(attack, printed, replies), is_on=is_stopped)


def _report(attack: Attack, told: str, *, is_on: bool) -> Protection:
    return Protection(attack.name, is_on, f"{attack.tries}: {told}"[:_DETAIL_LENGTH])


def _got_through(attack: Attack, printed: str, replies: Sequence[Reply], targets: Targets) -> bool:
    answers = [reply.answer for reply in replies if reply.answer is not None]
    verdicts = [reply.failure.verdict for reply in replies if reply.failure is not None]
    match attack.sign:
        case Sign.CALL:
            return targets.are_called()
        case Sign.TIME:
            return Verdict.TIMED_OUT not in verdicts
        case Sign.LENGTH:
            return len(printed) > LIMITS.printed_bytes
        case Sign.SIZE:
            return bool(answers)
        case Sign.FORGERY:
            return any(np.array_equal(answer, _FORGED) for answer in answers)
        case _:  # silence proves nothing: it was stopped if it says so, or if its process was
            return GOT_THROUGH in printed or (STOPPED not in printed and not verdicts)


def _what_it_says(attack: Attack, printed: str, replies: Sequence[Reply]) -> str:
    """Say how it ended: what the attack said of it, else why its process was stopped."""
    said = [line for line in printed[:4096].splitlines() if line.startswith((GOT_THROUGH, STOPPED))]
    failures = [f"{reply.failure.verdict}: {reply.failure.explanation.got}" for reply in replies if reply.failure]
    silence = f"{len(printed)} signs kept" if attack.sign is Sign.LENGTH else "it ended without a word"
    return " ".join([*said, *failures, silence][0].split())


@contextlib.contextmanager
def _targets() -> Iterator[Targets]:
    """Set up what the attacks aim at, and take it down again."""
    secret = secrets.token_hex(16)
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="grader_doctor_")))
        file = folder / "target"
        file.write_text("untouched\n", encoding="utf-8")
        # Everybody may write here: what stops an attack shall be the sandbox, not the owner of a file.
        folder.chmod(0o777)
        file.chmod(0o666)
        os.environ[SECRET_NAME] = secret
        stack.callback(os.environ.pop, SECRET_NAME, None)
        values = {
            "VICTIM": _start_victim(stack),
            "FOLDER": str(folder),
            "FILE": str(file),
            "HOME_FILE": str(_find_home_file() or file),
            "GRADER": __file__,
            "SECRET": secret,
            "FORGED": _forge(),
        }
        yield Targets(values, _listen(stack, values, folder))


def _start_victim(stack: contextlib.ExitStack) -> int:
    """Start a process that does nothing, to be attacked; return its id."""
    command = [sys.executable, "-I", "-S", "-c", _VICTIM]
    victim = stack.enter_context(subprocess.Popen(command, stdin=subprocess.PIPE))  # noqa: S603 - three words of ours
    stack.callback(victim.kill)
    return victim.pid


def _find_home_file() -> Path | None:
    """Find a file that lies in the home folder itself, where there is one."""
    try:
        files = [path for path in Path.home().iterdir() if path.is_file() and os.access(path, os.R_OK)]
    except (OSError, RuntimeError):  # a user without a home, or one that cannot be read
        return None
    return min(files, default=None)


def _listen(stack: contextlib.ExitStack, values: dict[str, object], folder: Path) -> Sequence[socket.socket]:
    """Listen for TCP, UDP and, where there are any, UNIX calls; put the addresses among the values."""
    kinds: dict[str, tuple[int, int, tuple[str, int] | str]] = {
        "TCP": (socket.AF_INET, socket.SOCK_STREAM, ("127.0.0.1", 0)),
        "UDP": (socket.AF_INET, socket.SOCK_DGRAM, ("127.0.0.1", 0)),
    }
    if hasattr(socket, "AF_UNIX"):
        kinds["UNIX"] = (socket.AF_UNIX, socket.SOCK_STREAM, str(folder / "listener"))
    listeners = []
    for name, (family, kind, address) in kinds.items():
        listener = stack.enter_context(socket.socket(family, kind))
        listener.bind(address)
        values[name] = listener.getsockname()
        if kind == socket.SOCK_STREAM:
            listener.listen()
        if name == "UNIX":
            (folder / "listener").chmod(0o777)
        listeners.append(listener)
    return listeners


def _forge() -> bytes:
    """Write replies to calls that are not due yet: the first call of the function has number 2."""
    return b"".join(pack({"is": "answer", "call": 3 + number}, pack_array(_FORGED)) for number in range(_N_FORGED))
