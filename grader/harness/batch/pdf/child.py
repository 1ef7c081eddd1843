"""The confined side: stays, takes documents, and forks for each one.

This process reads nothing itself. It hands each document to a fork that locks itself in, passes on what that writes,
and ends the fork before it takes the next document. It is started by `grader.harness.batch.pdf.confined`.
"""

import ctypes
import json
import os
import resource  # noqa: F401 - a fork needs it when it can no longer open files
import select
import signal
import sys
import time
from typing import Any

from grader.harness.batch.pdf import document, office, protocol
from grader.harness.sandbox import confinement

_PR_SET_PDEATHSIG = 1
_NEEDED = ("privileges", "user", "rlimits", "death")
"""Without one of these a fork reads nothing. Landlock and seccomp are taken where the kernel has them."""
_RLIMITS = {
    "RLIMIT_AS": (protocol.ADDRESS_BYTES, protocol.ADDRESS_BYTES),
    "RLIMIT_CPU": (protocol.CPU_S, protocol.CPU_S + 1),
    "RLIMIT_NOFILE": (32, 32),
    "RLIMIT_NPROC": (0, 0),
    "RLIMIT_FSIZE": (0, 0),
    "RLIMIT_CORE": (0, 0),
    "RLIMIT_MEMLOCK": (0, 0),
    "RLIMIT_MSGQUEUE": (0, 0),
}
_REQUESTS, _REPLIES = 0, 1


def main(fonts: list[str], parent: int) -> None:
    """Serve documents until the grader closes its end.

    Parameters
    ----------
    fonts : list of str
        Folders that a fork may read: fonts that a document names and does not contain.
    parent : int
        Process id of the grader; 0 where a namespace hides it, and then bubblewrap sees to a common end.
    """
    if parent:
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != parent:
            return
    document.find_fonts()
    os.write(_REPLIES, protocol.READY)
    while lengths := _read(protocol.LENGTHS.size):
        n_json, n_data = protocol.LENGTHS.unpack(lengths)
        request = json.loads(_read(n_json))
        _serve(request, _read_document(n_data), fonts)


def _read(n_bytes: int) -> bytes:
    """Read what was announced; nothing at the end of the requests."""
    arrived = bytearray()
    while len(arrived) < n_bytes:
        chunk = os.read(_REQUESTS, min(n_bytes - len(arrived), protocol.PIECE_BYTES))
        if not chunk:
            return b""
        arrived += chunk
    return bytes(arrived)


def _read_document(n_bytes: int) -> bytes:
    data = bytearray()
    while len(data) < n_bytes:
        piece = _read(min(n_bytes - len(data), protocol.PIECE_BYTES))
        if not piece:
            sys.exit()
        data += piece
        os.write(_REPLIES, protocol.ACKNOWLEDGED)
    return bytes(data)


def _serve(request: dict[str, Any], data: bytes, fonts: list[str]) -> None:
    replies, pipe = os.pipe()
    server = os.getpid()
    fork = os.fork()
    if fork == 0:
        os.close(replies)
        _answer(request, data, pipe, {"readable": fonts, "listable": [], "rlimits": _RLIMITS, "parent": server})
    os.close(pipe)
    reason = _relay(replies, time.monotonic() + protocol.WALL_S)
    os.close(replies)
    _kill(fork)  # also one that closed its end and stays; one that is on its way out keeps its status
    _, status = os.waitpid(fork, 0)
    if reason == protocol.COMPLETE and status != 0:
        is_late = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGXCPU
        reason = protocol.LATE if is_late else protocol.CRASHED
    _write(protocol.CHUNK.pack(0) + reason)


def _kill(fork: int) -> None:
    """End a fork; root without the right to end other users' processes becomes that user for it."""
    try:
        os.kill(fork, signal.SIGKILL)
    except PermissionError:
        os.seteuid(confinement.NOBODY)
        os.kill(fork, signal.SIGKILL)
        os.seteuid(0)


def _relay(replies: int, deadline: float) -> bytes:
    """Pass on what a fork writes until it closes its end; returns how that ended."""
    poll = select.poll()
    poll.register(replies, select.POLLIN)
    n_bytes = 0
    while (left_s := deadline - time.monotonic()) > 0:
        if not poll.poll(left_s * 1000 + 1):
            continue
        chunk = os.read(replies, protocol.CHUNK_BYTES)
        if not chunk:
            return protocol.COMPLETE
        n_bytes += len(chunk)
        if n_bytes > protocol.MAX_REPLY_BYTES:
            return protocol.TOO_MUCH
        _write(protocol.CHUNK.pack(len(chunk)) + chunk)
    return protocol.LATE


def _write(content: bytes, descriptor: int = _REPLIES) -> None:
    view = memoryview(content)
    while view:
        view = view[os.write(descriptor, view) :]


def _answer(request: dict[str, Any], data: bytes, pipe: int, config: dict[str, Any]) -> None:
    """Be the fork: lock itself in, read one document, end."""
    status = 1
    try:
        os.dup2(os.open(os.devnull, os.O_RDONLY), _REQUESTS)
        os.dup2(_REQUESTS, _REPLIES)
        report = confinement.confine(config)
        off = [f"{name} ({report[name]})" for name in _NEEDED if report[name]]

        def send(header: dict[str, Any], pixels: bytes = b"") -> None:
            content = json.dumps(header, ensure_ascii=False).encode("utf-8", "replace")
            _write(protocol.LENGTHS.pack(len(content), len(pixels)) + content, pipe)
            _write(pixels, pipe)

        if off:
            send({"is": "unfit", "why": ", ".join(off)})
        elif request["do"] == "read":
            office.answer(data, send)
        else:
            document.answer(request, data, send)
        status = 0
    finally:
        os._exit(status)  # whatever was raised: no handler of the server's may run in a fork
