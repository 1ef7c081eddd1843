"""An exception of the student's code in words: type, message, the line where it was raised; in the child.

The exception is a stranger's as well: its text may be of any length, and asking for it may raise another one.
"""

from __future__ import annotations

import errno
import io
import sys
import tokenize
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import types
    from collections.abc import Mapping

Frame = Any  # tuple of a file, a line, a function

_MESSAGE_LENGTH = 500
_LINE_LENGTH = 200
_N_FIRST, _N_LAST = 3, 6
# What systems say of a shared library that an extension module needs and that is not there.
_NO_LIBRARY = ("shared object", "DLL load failed", "Library not loaded")
_FULL = (errno.ENOSPC, errno.EFBIG)
# What is said of files by exceptions that are no OSError.
_NO_FILE = ("unable to open database file", "No time zone found")
# What is said of threads, users, homes and languages by exceptions that are no OSError.
_NO_SYSTEM = ("can't start new thread", "getpwuid(): uid not found", "Could not determine home", "unsupported locale")


def read_lines(source: bytes) -> list[str]:
    """Split a source into lines as Python does; bytes that its encoding does not have are replaced."""
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(source).readline)
    except SyntaxError:
        encoding = "latin-1"
    return io.TextIOWrapper(io.BytesIO(source), encoding, "replace").read().split("\n")


def describe(error: BaseException, file: str, sources: Mapping[str, bytes]) -> dict[str, Any]:
    """Say what was raised and where in the student's files.

    Parameters
    ----------
    error : BaseException
        What was raised.
    file : str
        The name of the file that is graded.
    sources : mapping of str to bytes
        All of the student's files by their names.

    Returns
    -------
    description : dict
        ``type``, ``message``, ``file``, ``line`` (0 if unknown), ``text`` (of that line), ``traceback``, ``missing``
        (the module that an import did not find or could not load), ``refused`` ("files", "full" or "system" if the
        sandbox may have refused it, else ""), ``stands_in`` (the package, if something was used that is not there).
    """
    lines = _Lines(sources)
    frames = _student_frames(error.__traceback__, sources)
    where = frames[-1][:2] if frames else (file, 0)
    if isinstance(error, SyntaxError) and (not frames or error.filename in (*sources,)):  # no line of it has been run
        where = (str(error.filename) if error.filename in (*sources,) else file, _whole(error.lineno))
    name = str(type(error).__name__)[:80]
    message = _message(error)
    return {
        "type": name,
        "message": message,
        "file": where[0],
        "line": where[1],
        "text": lines.text(*where),
        "traceback": _traceback(frames, lines, f"{name}: {message}" if message else name),
        "missing": _find_missing(error, message),
        "refused": _find_refused(error, message),
        "stands_in": _find_stand_in(error),
    }


class _Lines:
    """The lines of the student's files, each split when it is first asked for one."""

    def __init__(self, sources: Mapping[str, bytes]) -> None:
        self._sources = sources
        self._lines: dict[str, list[str]] = {}

    def text(self, file: str, line: int) -> str:
        """Return a line without its blanks, cut; an empty text if there is none of this number."""
        if file not in self._lines:
            self._lines[file] = read_lines(self._sources.get(file, b""))
        lines = self._lines[file]
        return lines[line - 1].strip()[:_LINE_LENGTH] if 0 < line <= len(lines) else ""


def _whole(number: Any) -> int:  # noqa: ANN401 - the student may have set it
    return number if isinstance(number, int) else 0


def _message(error: BaseException) -> str:
    try:
        text = error.msg if isinstance(error, SyntaxError) else str(error)
        return str(text)[:_MESSAGE_LENGTH]
    except BaseException:  # noqa: BLE001 - a student's __str__ may raise anything, and the first error counts
        return "(its message could not be read)"


def _find_missing(error: BaseException, message: str) -> str:
    if not isinstance(error, ImportError) or not error.name:
        return ""
    is_missing = isinstance(error, ModuleNotFoundError) or any(words in message for words in _NO_LIBRARY)
    return str(error.name)[:80].lstrip("_") if is_missing else ""


def _find_refused(error: BaseException, message: str) -> str:
    """Say what the sandbox may have refused: what works elsewhere and cannot work in it."""
    if isinstance(error, FileNotFoundError) or any(words in message for words in _NO_FILE):
        return "files"
    if isinstance(error, OSError):
        if error.errno in _FULL:
            return "full"
        return "files" if error.filename is not None or error.errno == errno.EACCES else "system"
    return "system" if any(words in message for words in _NO_SYSTEM) else ""


def _find_stand_in(error: BaseException) -> str:
    """Say of which package something was used that is not there; also by a name that was to come out of one."""
    stand_ins, imports = (sys.modules.get(f"grader.harness.sandbox.{name}") for name in ("stand_ins", "imports"))
    if stand_ins is not None and isinstance(error, stand_ins.Unavailable):
        return str(error.package)
    starred = imports.STARRED if imports is not None and isinstance(error, NameError) else []
    return str(starred[-1]) if starred else ""


def _student_frames(traceback: types.TracebackType | None, sources: Mapping[str, bytes]) -> list[Frame]:
    """List file, line and function of the frames that are in the student's files, outermost first."""
    frames = []
    while traceback is not None:
        code = traceback.tb_frame.f_code
        if code.co_filename in sources:
            frames.append((code.co_filename, traceback.tb_lineno, code.co_name))
        traceback = traceback.tb_next
    return frames


def _traceback(frames: list[Frame], lines: _Lines, last: str) -> str:
    """Write a traceback as Python does, with the student's frames only and without the middle of a long one."""
    entries = [
        f'  File "{file}", line {line}, in {name[:80]}\n    {lines.text(file, line)}' for file, line, name in frames
    ]
    if len(entries) > _N_FIRST + _N_LAST + 1:
        n_left_out = len(entries) - _N_FIRST - _N_LAST
        entries[_N_FIRST:-_N_LAST] = [f"  ... {n_left_out} more ..."]
    return "\n".join(["Traceback (most recent call last):", *entries, last] if entries else [last])
