"""The grader's ends of a child's pipes: nothing that the child does or leaves undone can block the grader.

Whoever asks for bytes says how many and until when. Nothing is read that was not asked for, but one chunk; what the
child sends beyond that stays in its pipe. What it prints is taken away while the grader waits, so that printing never
blocks the child, and what is above the limit is thrown away.
"""

import os
import select
import time
from typing import Protocol

from grader.harness.sandbox.processes import Piped
from grader.harness.sandbox.threaded import ThreadedPipes

CHUNK_BYTES = 64 * 1024
"""As much as a pipe holds: one read takes all that was printed before a reply was sent."""


class Pipes(Protocol):
    """Requests to a child, replies from it, and what it prints."""

    @property
    def printed(self) -> bytes:
        """What the child printed up to now, cut at the limit."""

    @property
    def is_silent(self) -> bool:
        """Whether no byte of a reply waits to be received."""

    def send(self, message: bytes) -> None:
        """Start to write a message; does not wait until it is read."""

    def receive(self, n_bytes: int, deadline: float) -> bytes:
        """Wait for that many bytes.

        Parameters
        ----------
        n_bytes : int
            How many; the caller has made sure that they fit into memory.
        deadline : float
            Until when, on the clock of `time.monotonic`.

        Raises
        ------
        TimeoutError
            If they are not there in time.
        EOFError
            If the child closed its end before they were.
        """

    def close(self) -> None:
        """Take what was still printed and close all ends; the process has ended."""


def open_pipes(process: Piped, printed_bytes: int) -> Pipes:
    """Take over the three pipes of a process, keeping at most `printed_bytes` of what it prints."""
    return PolledPipes(process, printed_bytes) if hasattr(select, "poll") else ThreadedPipes(process, printed_bytes)


class PolledPipes:
    """Pipes of Linux and macOS: one loop that waits for whichever of the three is ready."""

    def __init__(self, process: Piped, printed_bytes: int) -> None:
        assert process.stdin is not None  # noqa: S101 - started so
        assert process.stdout is not None  # noqa: S101
        assert process.stderr is not None  # noqa: S101
        self._streams = (process.stdin, process.stdout, process.stderr)
        self._requests, self._replies, self._prints = (stream.fileno() for stream in self._streams)
        self._printed_bytes = printed_bytes
        self._printed = bytearray()
        self._arrived = bytearray()
        self._outgoing = b""
        self._is_ended = False
        self._is_mute = False
        self._poll = select.poll()
        for descriptor in (self._requests, self._replies, self._prints):
            os.set_blocking(descriptor, False)
        self._poll.register(self._replies, select.POLLIN)
        self._poll.register(self._prints, select.POLLIN)

    @property
    def printed(self) -> bytes:
        """What the child printed up to now, cut at the limit."""
        if not self._streams[2].closed:
            self._take_prints()
        return bytes(self._printed)

    @property
    def is_silent(self) -> bool:
        """Whether no byte of a reply waits to be received."""
        if not self._arrived and not self._is_ended:
            self._take_reply()
        return not self._arrived

    def send(self, message: bytes) -> None:
        """Start to write a message; what the pipe does not take yet is written while waiting for a reply."""
        self._outgoing += message
        self._poll.register(self._requests, select.POLLOUT)
        self._give_request()

    def receive(self, n_bytes: int, deadline: float) -> bytes:
        """Wait for that many bytes: see `Pipes`."""
        while len(self._arrived) < n_bytes:
            if self._is_ended:
                raise EOFError(f"{n_bytes} bytes were to come; the pipe was closed after {len(self._arrived)}.")
            remaining_ms = (deadline - time.monotonic()) * 1000
            if remaining_ms <= 0:
                raise TimeoutError(f"{n_bytes} bytes did not come in time; got {len(self._arrived)}.")
            for descriptor, _ in self._poll.poll(remaining_ms + 1):
                self._turn(descriptor)
        taken = bytes(self._arrived[:n_bytes])
        del self._arrived[:n_bytes]
        return taken

    def close(self) -> None:
        """Take what was still printed and close all ends."""
        self._take_prints()
        for stream in self._streams:
            stream.close()

    def _turn(self, descriptor: int) -> None:
        if descriptor == self._replies:
            self._take_reply()
        elif descriptor == self._prints:
            self._take_prints()
        else:
            self._give_request()

    def _take_reply(self) -> None:
        chunk = _read(self._replies)
        self._is_ended = chunk == b""
        self._arrived += chunk or b""

    def _take_prints(self) -> None:
        if self._is_mute:
            return
        chunk = _read(self._prints)
        if chunk == b"":
            self._is_mute = True
            self._poll.unregister(self._prints)
        self._printed += (chunk or b"")[: self._printed_bytes - len(self._printed)]

    def _give_request(self) -> None:
        try:
            self._outgoing = self._outgoing[os.write(self._requests, self._outgoing) :]
        except BlockingIOError:
            return
        except BrokenPipeError:  # the child has closed its end: its reply will be missing too
            self._outgoing = b""
        if not self._outgoing:
            self._poll.unregister(self._requests)


def _read(descriptor: int) -> bytes | None:
    """Read what there is: nothing (b"") at the end, None if there may be more later."""
    try:
        return os.read(descriptor, CHUNK_BYTES)
    except BlockingIOError:
        return None
