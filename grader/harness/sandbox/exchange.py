"""A child as the grader talks to it: a process, its pipes, and one message at a time."""

import contextlib
from typing import Any, Protocol

from grader.harness.sandbox import protocol
from grader.harness.sandbox.pipes import Pipes
from grader.harness.sandbox.policy import Limits
from grader.harness.sandbox.processes import END_S, Process
from grader.harness.sandbox.usage import Meter, open_meter

_NPY_HEADER_BYTES = 256


class Watch(Protocol):
    """Says until when to wait for a reply: see `grader.harness.sandbox.stopwatch`.

    Attributes
    ----------
    next_look : float
        When to look at the child if the reply has not come by then, on the clock of `time.monotonic`.
    """

    next_look: float

    def look(self) -> None:
        """Look at the child: raise something, or set `next_look` anew."""


class Child:
    """A process and its pipes."""

    def __init__(self, process: Process, pipes: Pipes) -> None:
        self._process = process
        self.pipes = pipes
        self.interpreter = ""

    def open_meter(self) -> Meter | None:
        """Open what tells how much the process uses; None where nothing does."""
        return open_meter(self._process.number)

    def receive(self, limits: Limits, watch: Watch) -> tuple[dict[str, Any], bytes]:
        """Receive one message: header and payload.

        Raises
        ------
        Exception
            Whatever the watch raises when it has seen enough.
        EOFError
            If the child closed its end.
        ValueError
            If what came is no message, or one that is too long.
        """
        n_header, n_payload = protocol.read_lengths(self._receive(protocol.LENGTHS_BYTES, watch))
        if n_header > limits.header_bytes or n_payload > limits.reply_bytes + _NPY_HEADER_BYTES:
            raise ValueError(f"A message must be short; got {n_header} and {n_payload} bytes.")
        header = protocol.read_header(self._receive(n_header, watch))
        return header, self._receive(n_payload, watch)

    def _receive(self, n_bytes: int, watch: Watch) -> bytes:
        while True:
            with contextlib.suppress(TimeoutError):
                return self.pipes.receive(n_bytes, watch.next_look)
            watch.look()

    def wait(self) -> int | None:
        """Wait a moment for the process to end by itself; returns its exit status, or None if it has not ended.

        Raises
        ------
        HostUnfit
            If it was ended with the process that it was forked from.
        """
        return self._process.wait(END_S)

    def kill(self) -> None:
        """Kill the process, with what it may have started in its group, and close its pipes."""
        self._process.kill()
        self.pipes.close()
