"""Pipes for Windows, which cannot wait for several of them at once: three threads do the waiting.

One thread writes requests, one reads replies, one reads what is printed. See `pipes` for what they
promise.
"""

import threading
import time
from queue import SimpleQueue
from typing import IO

from grader.harness.sandbox.processes import Piped

_CHUNK_BYTES = 64 * 1024
_END_S = 2.0
"""How long to wait for the threads to end once the process has."""


class ThreadedPipes:
    """Requests to a child, replies from it, and what it prints, on any system."""

    def __init__(self, process: Piped, printed_bytes: int) -> None:
        self._outbox: SimpleQueue[bytes] = SimpleQueue()
        self._news = threading.Condition()
        self._arrived = bytearray()
        self._wanted = _CHUNK_BYTES
        self._is_ended = False
        self._is_closed = False
        self._printed = bytearray()
        self._threads = [
            threading.Thread(target=target, args=arguments, daemon=True)
            for target, arguments in (
                (self._write, (process.stdin,)),
                (self._read, (process.stdout,)),
                (self._drain, (process.stderr, printed_bytes)),
            )
        ]
        for thread in self._threads:
            thread.start()

    @property
    def printed(self) -> bytes:
        """What the child printed up to now, cut at the limit."""
        return bytes(self._printed)

    @property
    def is_silent(self) -> bool:
        """Whether nothing waits to be received."""
        with self._news:
            return not self._arrived

    def send(self, message: bytes) -> None:
        """Have a message written; returns at once."""
        self._outbox.put(message)

    def receive(self, n_bytes: int, deadline: float) -> bytes:
        """Wait for that many bytes: see `grader.harness.sandbox.pipes.Pipes`."""
        with self._news:
            self._wanted = max(n_bytes, _CHUNK_BYTES)
            self._news.notify_all()
            remaining = max(0.0, deadline - time.monotonic())
            if not self._news.wait_for(lambda: len(self._arrived) >= n_bytes or self._is_ended, remaining):
                raise TimeoutError(f"{n_bytes} bytes did not come in time; got {len(self._arrived)}.")
            if len(self._arrived) < n_bytes:
                raise EOFError(f"{n_bytes} bytes were to come; the pipe was closed after {len(self._arrived)}.")
            taken = bytes(self._arrived[:n_bytes])
            del self._arrived[:n_bytes]
            return taken

    def close(self) -> None:
        """End the threads, after the process has ended; each closes its own end of a pipe.

        A process that the child started in an unprotected session may hold a pipe open: its thread is left behind,
        and ends when that process does.
        """
        with self._news:
            self._is_closed = True
            self._news.notify_all()
        self._outbox.put(b"")
        deadline = time.monotonic() + _END_S
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))

    def _write(self, stream: IO[bytes]) -> None:
        try:
            with stream:
                while message := self._outbox.get():
                    stream.write(message)
                    stream.flush()
        except (OSError, ValueError):  # the child has closed its end: its reply will be missing too
            pass

    def _read(self, stream: IO[bytes]) -> None:
        with stream:
            while chunk := _read_some(stream):
                with self._news:
                    self._news.wait_for(lambda: len(self._arrived) < self._wanted or self._is_closed)
                    if not self._is_closed:
                        self._arrived += chunk
                    self._news.notify_all()
        with self._news:
            self._is_ended = True
            self._news.notify_all()

    def _drain(self, stream: IO[bytes], printed_bytes: int) -> None:
        with stream:
            while chunk := _read_some(stream):
                self._printed += chunk[: printed_bytes - len(self._printed)]


def _read_some(stream: IO[bytes]) -> bytes:
    """Read what there is, at least a byte; nothing at the end."""
    try:
        return stream.read1(_CHUNK_BYTES)  # type: ignore[attr-defined, no-any-return]
    except OSError:  # Windows says so when the other end breaks
        return b""
