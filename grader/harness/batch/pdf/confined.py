"""The grader's end of the confined process: starts it, hands over documents, takes messages as a stranger's data."""

import contextlib
import functools
import importlib.util
import json
import os
import subprocess
import sys
import time
import weakref
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from grader.harness.batch.pdf import protocol
from grader.harness.errors import HostUnfit
from grader.harness.sandbox import bubblewrap
from grader.harness.sandbox.interpreter import Interpreter, ask
from grader.harness.sandbox.pipes import Pipes, open_pipes

Take = Callable[[Mapping[str, Any], bytes], None]

_ROOT = Path(__file__).resolve().parents[4]
_PACKAGES_OF_OURS = ("", "harness/", "harness/sandbox/", "harness/batch/", "harness/batch/pdf/")
_OURS = (
    *(f"grader/{name}__init__.py" for name in _PACKAGES_OF_OURS),
    *(f"grader/harness/sandbox/{name}.py" for name in ("confinement", "folder", "landlock", "seccomp", "own_usage")),
    *(f"grader/harness/batch/pdf/{name}.py" for name in ("child", "document", "office", "protocol")),
)
_PACKAGES = ("pypdfium2", "pypdfium2_cfg", "pypdfium2_raw")
_FONTS = ("/usr/share/fonts", "/usr/local/share/fonts", "/usr/share/X11/fonts")
_BOOT = (
    "import sys; sys.path += {paths!r}; from grader.harness.batch.pdf.child import main; main({fonts!r}, {parent!r})"
)
_START_S = 60.0
_GRACE_S = 20.0
"""More than the child's own limit: only a machine that hardly runs makes the grader give up by itself."""
_PRINTED_BYTES = 4096


@dataclass(frozen=True)
class _PdfInterpreter(Interpreter):
    """The grader's Python with the packages of the PDF reader in place of NumPy."""

    packages: tuple[Path, ...] = ()

    @property
    def numpy_folders(self) -> tuple[Path, ...]:
        """Folders that are bound besides the standard library."""
        return self.packages


class ReaderProcess:
    """One confined process; for one thread at a time.

    Raises
    ------
    HostUnfit
        If it cannot be started.
    """

    def __init__(self) -> None:
        self._starter = ThreadPoolExecutor(1, "pdf starter")
        process = self._starter.submit(_start).result()  # Linux ends a child with the thread that started it
        self._pipes = open_pipes(process, _PRINTED_BYTES)
        self.close = weakref.finalize(self, _end, process, self._pipes, self._starter)
        try:
            ready = self._pipes.receive(len(protocol.READY), time.monotonic() + _START_S)
        except (EOFError, TimeoutError) as exc:
            says = self._pipes.printed.decode("utf-8", "replace").strip().rpartition("\n")[2]
            self.close()
            raise HostUnfit(f"The process that reads PDFs must start; it did not and said {says!r:.200}.") from exc
        assert ready == protocol.READY  # noqa: S101 - five bytes of our own, before any document

    def ask(self, request: Mapping[str, Any], data: bytes, take: Take) -> bytes:
        """Have one document read.

        Parameters
        ----------
        request : mapping
            As `grader.harness.batch.pdf.document.answer` takes it.
        data : bytes
            The document.
        take : callable
            Gets each message, header and pixels; raises ValueError for one that is not as it must be.

        Returns
        -------
        ending : bytes
            How it ended: of `grader.harness.batch.pdf.protocol`. CRASHED, too, for a message that was not as it must
            be.

        Raises
        ------
        TimeoutError, EOFError
            If the process itself, not the document's fork, hangs or has ended; it is of no more use then.
        """
        deadline = time.monotonic() + protocol.WALL_S + _GRACE_S
        content = json.dumps(request).encode()
        self._pipes.send(protocol.LENGTHS.pack(len(content), len(data)) + content)
        for start in range(0, len(data), protocol.PIECE_BYTES):
            self._pipes.send(data[start : start + protocol.PIECE_BYTES])
            self._pipes.receive(len(protocol.ACKNOWLEDGED), deadline)
        reply = _Reply(self._pipes, deadline)
        try:
            while message := reply.message():
                take(*message)
        except (ValueError, RecursionError):  # only a reader that a document has taken over writes such a message
            reply.skip()
            return protocol.CRASHED
        return reply.ending


class _Reply:
    """The messages of one fork, out of the chunks of a reply."""

    def __init__(self, pipes: Pipes, deadline: float) -> None:
        self._pipes = pipes
        self._deadline = deadline
        self._arrived = bytearray()
        self.ending = b""

    def message(self) -> tuple[Mapping[str, Any], bytes] | None:
        """Take the next message; None at the end, also in the middle of one."""
        lengths = self._take(protocol.LENGTHS.size)
        if lengths is None:
            return None
        n_json, n_pixels = protocol.LENGTHS.unpack(lengths)
        if n_json > protocol.MAX_JSON_BYTES or n_pixels > protocol.MAX_REPLY_BYTES // 4:
            raise ValueError(f"a message must be short; this one has {n_json} and {n_pixels} bytes")
        content, pixels = self._take(n_json), self._take(n_pixels)
        if content is None or pixels is None:
            return None
        header = json.loads(content)
        if not isinstance(header, dict):
            raise ValueError(f"a message must be an object; got {header!r:.100}")  # noqa: TRY004 - as for other forgeries
        return header, pixels

    def skip(self) -> None:
        """Read to the end, so that the next document's reply comes first then."""
        while not self.ending:
            self._arrived.clear()
            self._next_chunk()

    def _take(self, n_bytes: int) -> bytes | None:
        while len(self._arrived) < n_bytes and not self.ending:
            self._next_chunk()
        if len(self._arrived) < n_bytes:
            return None
        taken = bytes(self._arrived[:n_bytes])
        del self._arrived[:n_bytes]
        return taken

    def _next_chunk(self) -> None:
        (n_bytes,) = protocol.CHUNK.unpack(self._pipes.receive(protocol.CHUNK.size, self._deadline))
        if n_bytes:
            self._arrived += self._pipes.receive(n_bytes, self._deadline)
        else:
            self.ending = self._pipes.receive(1, self._deadline)


def _start() -> subprocess.Popen[bytes]:
    interpreter = _interpreter()
    is_wrapped = not bubblewrap.probe()
    paths = [str(_ROOT), *sorted({str(path.parent) for path in interpreter.packages if path.name in _PACKAGES})]
    boot = _BOOT.format(paths=paths, fonts=_fonts(), parent=0 if is_wrapped else os.getpid())
    command = [str(interpreter.executable), "-I", "-S", "-B", "-X", "utf8", "-c", boot]
    environment = {"LC_ALL": "C"} | {name: os.environ[name] for name in ("LD_LIBRARY_PATH",) if name in os.environ}
    if is_wrapped:
        command = bubblewrap.wrap(command, interpreter, environment)
    return subprocess.Popen(  # noqa: S603 - no shell, and no word of it is a student's
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment,
        cwd=os.sep,
        start_new_session=True,
    )


@functools.cache
def _interpreter() -> _PdfInterpreter:
    if not sys.platform.startswith("linux"):
        raise HostUnfit(f"Reports are read behind protections that only Linux has; this is {sys.platform}.")
    if importlib.util.find_spec(_PACKAGES[0]) is None:
        raise HostUnfit("Reports are read with pypdfium2; it is not installed. Install requirements.txt.")
    known = ask()
    values = {field.name: getattr(known, field.name) for field in fields(known)}
    values["libraries"] = (*known.libraries, *(_ROOT / path for path in _OURS))
    return _PdfInterpreter(**values, packages=(*_package_folders(), *(Path(path) for path in _fonts())))


def _package_folders() -> list[Path]:
    specs = [importlib.util.find_spec(name) for name in _PACKAGES]
    return [Path(spec.origin).parent for spec in specs if spec is not None and spec.origin is not None]


def _fonts() -> list[str]:
    return [path for path in _FONTS if Path(path).is_dir()]


def _end(process: subprocess.Popen[bytes], pipes: Pipes, starter: ThreadPoolExecutor) -> None:
    """End the child; in a fork of the grader, whose child it is not, `subprocess` leaves it alone."""
    process.kill()
    process.wait()
    with contextlib.suppress(OSError):
        pipes.close()
    starter.shutdown(wait=False)
