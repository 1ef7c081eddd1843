"""One session with a child: hand over the student's file, call its functions, be ready for anything."""

import contextlib
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from grader.harness.characters import make_visible
from grader.harness.errors import HostBusy
from grader.harness.results import Protection
from grader.harness.sandbox import protocol
from grader.harness.sandbox.exchange import Child, Watch
from grader.harness.sandbox.failures import Blame, Failure
from grader.harness.sandbox.policy import Budget, Limits
from grader.harness.sandbox.program import Function, Program
from grader.harness.sandbox.remarks import Remarks
from grader.harness.sandbox.stopwatch import Met, OverLimitError, Stopwatch, WallWatch


@dataclass(frozen=True)
class Reply:
    """What one call gave: an answer or a failure.

    Attributes
    ----------
    answer : ndarray of at most 3 dimensions and dtype float64, or None
        As it was returned: its shape and its values are not looked at.
    failure : Failure or None
        Why there is no answer.
    seconds : float
        On the wall clock, the way there and back included.
    """

    answer: npt.NDArray[np.float64] | None
    failure: Failure | None
    seconds: float


class Session:
    """One fresh process that plays one list of cases for one submission.

    Use it as a context manager, or `close` it. Once `is_alive` is false, every further call gives the same failure.

    Attributes
    ----------
    protections : tuple of Protection
        What protected the machine.
    interpreter : str
        What runs the code: ``"Python 3.11.2, NumPy 2.4.1"``.
    """

    def __init__(
        self,
        child: Child,
        program: Program,
        source: bytes,
        limits: Limits,
        protections: Sequence[Protection],
        interpreter: str = "",
        files: Mapping[str, bytes] = MappingProxyType({}),
        budget: Budget | None = None,
    ) -> None:
        self.protections = tuple(protections)
        self.interpreter = interpreter
        self._remarks = Remarks(program, interpreter, files)
        self._files = files
        self._child = child
        self._program = program
        self._source = source
        self._limits = limits
        self._budget = budget or Budget()
        self._meter = child.open_meter()
        self._n_calls = 0
        self._is_alive = True
        self._is_loaded = False
        self._failure: Failure | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def is_alive(self) -> bool:
        """Whether the child still answers; false after a time-out, a death or a forgery: open another session."""
        return self._is_alive

    @property
    def remarks(self) -> Sequence[str]:
        """What was done up to now so that the code could run, one sentence each, in the order of the alphabet."""
        return self._remarks.sentences

    @property
    def printed(self) -> str:
        """What the student's code printed up to now, made safe to show; complete once the session is closed."""
        text = self._child.pipes.printed.decode("utf-8", "replace")
        return make_visible(text.replace("\r\n", "\n").replace("\r", "\n"))

    def close(self) -> None:
        """End the child, whatever it does; nothing of it is left behind."""
        if self._is_alive:
            self._is_alive = False
            self._child.kill()
            if self._meter is not None:
                self._meter.close()

    def load(self) -> Failure | None:
        """Compile and run the student's file in the child, once.

        Returns
        -------
        failure : Failure or None
            Why there is no function to call, or None.

        Raises
        ------
        HostBusy
            If the machine has no time to run it.
        HostUnfit
            If the process that the child was forked from is gone.
        ValueError
            If the session was closed before.
        """
        if not self._is_loaded:
            self._is_loaded = True
            lengths = [(name, len(text)) for name, text in self._files.items()]
            sources = b"".join((self._source, *self._files.values()))
            outcome, _ = self._exchange({"do": "load", "files": lengths}, sources, None)
            self._failure = outcome if isinstance(outcome, Failure) else None
        return self._failure

    def call(
        self,
        function: str,
        arguments: Sequence[npt.ArrayLike],
        keywords: Mapping[str, npt.ArrayLike] | None = None,
    ) -> Reply:
        """Call one of the student's functions on fresh copies of arrays; the file is loaded first if it is not yet.

        Parameters
        ----------
        function : str
            One of the program's.
        arguments : sequence of float or ndarray of at most 3 dimensions
            By position; the dtype of an array is kept.
        keywords : mapping of str to the same, optional
            By name.

        Raises
        ------
        HostBusy
            If the machine has no time to run it.
        HostUnfit
            If the process that the child was forked from is gone.
        ValueError
            If the session was closed before, and not by a failure.
        """
        failure = self.load()
        if failure is not None:
            return Reply(None, failure, 0.0)
        header, payload = protocol.pack_arguments(arguments, keywords or {})
        request = {"do": "call", "function": function, **header}
        outcome, seconds = self._exchange(request, payload, self._program.function(function))
        if isinstance(outcome, Failure):
            if not self._is_alive:
                self._failure = outcome
            return Reply(None, outcome, seconds)
        return Reply(outcome, None, seconds)

    def _exchange(
        self, request: dict[str, Any], payload: bytes, called: Function | None
    ) -> tuple[npt.NDArray[np.float64] | Failure | None, float]:
        """Send one request and judge the reply: an array, a failure, or None for "loaded"; and the seconds it took."""
        if not self._is_alive:
            raise ValueError("A session must be open to be asked; this one was closed. Open another one.")
        blame = Blame(self._program, called, self._limits, self.interpreter, tuple(self._files), self._budget)
        if self._budget.is_spent:
            self.close()
            return blame.over_limit(Met.ALL_CPU if self._budget.cpu_left_s == 0 else Met.ALL_IDLE), 0.0
        start = time.monotonic()
        return self._try(protocol.pack(request, payload), blame), time.monotonic() - start

    def _try(self, message: bytes, blame: Blame) -> npt.NDArray[np.float64] | Failure | None:
        """Send one request and turn whatever comes of it into an outcome; without a reply the session is over."""
        watch = self._start_watch(is_load=blame.called is None)
        try:
            with _charging(watch):
                header, array = self._ask(message, watch)
            return _judge(header, array, blame)
        except OverLimitError as exc:
            outcome = blame.over_limit(exc.met)
        except EOFError:
            return blame.end(self._wait())
        except ValueError:
            outcome = blame.forgery()
        except HostBusy:
            self.close()
            raise
        self.close()
        return outcome

    def _start_watch(self, *, is_load: bool) -> Stopwatch | WallWatch:
        if self._meter is not None:
            return Stopwatch(self._meter, self._limits, self._budget)
        return WallWatch(self._limits.load_s if is_load else self._limits.call_s, self._budget)

    def _wait(self) -> int | None:
        """Wait for the child's end and close the session, also where nobody can tell how the child ended."""
        try:
            return self._child.wait()
        finally:
            self.close()

    def _ask(self, message: bytes, watch: Watch) -> tuple[dict[str, Any], bytes]:
        """Send one request and receive its reply; a ValueError if it comes too early or is another call's."""
        self._n_calls += 1
        if not self._child.pipes.is_silent:
            raise ValueError("A reply must come after its request.")
        self._child.pipes.send(message)
        header, payload = self._child.receive(self._limits, watch)
        if header.get("call") != self._n_calls:
            raise ValueError(f"A reply must name its call, {self._n_calls}; got {header.get('call')!r:.80}.")
        self._remarks.take(header.get("notes"))
        return header, payload


@contextlib.contextmanager
def _charging(watch: Stopwatch | WallWatch) -> Iterator[None]:
    """Charge what was used, however it ends: before anybody waits for the end of a process, which forgets it."""
    try:
        yield
    finally:
        watch.stop()


def _judge(header: Mapping[str, Any], payload: bytes, blame: Blame) -> npt.NDArray[np.float64] | Failure | None:
    """Read one reply; a ValueError if it is none that this request can have."""
    match header.get("is"), blame.called is None:
        case "answer", False:
            answer = protocol.unpack_array(payload)
            if answer.dtype != np.float64:
                raise ValueError("An answer must be an array of float64.")
            return answer
        case "no array", False:
            return blame.no_array(header)
        case "loaded", True:
            return None
        case "no function", _:
            return blame.no_function(header)
        case "raised" | "no Python", _:
            return blame.raised(header)
        case "out of memory", _:
            return blame.memory()
    raise ValueError("A reply must be one that its request can have.")
