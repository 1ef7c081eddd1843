"""An exception of the student's code in words: type, message, the line where it was raised; in the child.

The exception is a stranger's as well: its text may be of any length, and asking for it may raise another one.
"""

from __future__ import annotations

import errno
import io
import tokenize
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import types

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


def describe(error: BaseException, file: str, lines: list[str]) -> dict[str, Any]:
    """Say what was raised and where in the student's file, whose lines are given.

    Returns
    -------
    description : dict
        ``type``, ``message``, ``line`` (0 if unknown), ``text`` (of that line), ``traceback``, ``missing`` (the module
        that an import did not find or could not load), ``refused`` ("files", "full" or "system" if the sandbox may have
        refused it, else "").
    """
    frames = _student_frames(error.__traceback__, file)
    line = frames[-1][0] if frames else 0
    if isinstance(error, SyntaxError) and not frames:
        line = error.lineno if isinstance(error.lineno, int) else 0
    name = str(type(error).__name__)[:80]
    message = _message(error)
    return {
        "type": name,
        "message": message,
        "line": line,
        "text": _text(lines, line),
        "traceback": _traceback(frames, file, lines, f"{name}: {message}" if message else name),
        "missing": _find_missing(error, message),
        "refused": _find_refused(error, message),
    }


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


def _student_frames(traceback: types.TracebackType | None, file: str) -> list[tuple[int, str]]:
    """List line and function of the frames that are in the student's file, outermost first."""
    frames = []
    while traceback is not None:
        code = traceback.tb_frame.f_code
        if code.co_filename == file:
            frames.append((traceback.tb_lineno, code.co_name))
        traceback = traceback.tb_next
    return frames


def _text(lines: list[str], line: int) -> str:
    return lines[line - 1].strip()[:_LINE_LENGTH] if 0 < line <= len(lines) else ""


def _traceback(frames: list[tuple[int, str]], file: str, lines: list[str], last: str) -> str:
    """Write a traceback as Python does, with the student's frames only and without the middle of a long one."""
    entries = [f'  File "{file}", line {line}, in {name[:80]}\n    {_text(lines, line)}' for line, name in frames]
    if len(entries) > _N_FIRST + _N_LAST + 1:
        n_left_out = len(entries) - _N_FIRST - _N_LAST
        entries[_N_FIRST:-_N_LAST] = [f"  ... {n_left_out} more ..."]
    return "\n".join(["Traceback (most recent call last):", *entries, last] if entries else [last])
