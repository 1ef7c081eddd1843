"""Write a file beside its place and rename it: whoever looks finds the old one or the new one, whole.

What is written is a class's: it can be read by its owner alone, whatever the umask is.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

FOLDER_MODE, FILE_MODE = 0o700, 0o600
_OTHERS = 0o077
_CLOSE_ON_EXEC = getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)


@contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """Give a file to write, which takes its place when all is written, and is gone when something failed.

    Parameters
    ----------
    path : Path
        What is there is replaced; folders on the way to it are made.

    Raises
    ------
    OSError
        If it cannot be written.
    """
    make_folder(path.parent)
    beside = path.with_name(f".{path.name}.new")
    try:
        with create(beside) as file:
            yield file
        beside.replace(path)
    finally:
        with suppress(OSError):
            beside.unlink(missing_ok=True)


def write(path: Path, content: bytes) -> None:
    """Write all of a file by `replacing`; OSError if it cannot be written."""
    with replacing(path) as file:
        file.write(content)


def make_folder(path: Path) -> None:
    """Make a folder where it is missing, and those on the way to it; OSError if it cannot be made."""
    if path.is_dir():
        return
    make_folder(path.parent)
    path.mkdir(mode=FOLDER_MODE, exist_ok=True)
    with suppress(OSError):  # a disk may keep no permissions, and a umask may have taken more
        path.chmod(FOLDER_MODE)


def create(path: Path) -> BinaryIO:
    """Make a file anew and open it to write; what was there is gone. OSError if it cannot be made."""
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _CLOSE_ON_EXEC, FILE_MODE)
    _set_mode(descriptor)
    return os.fdopen(descriptor, "wb")


def touch(path: Path) -> int:
    """Open a file to write, made where it is missing, its content kept; return its descriptor, or raise OSError."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | _CLOSE_ON_EXEC, FILE_MODE)
    _set_mode(descriptor)
    return descriptor


def lock_away(folder: Path) -> int:
    """Take from everybody but the owner what they may do with a folder and all that is in it; links are left alone.

    Returns
    -------
    n_open : int
        How many files and folders are still open to others: another owner's, or on a disk that keeps no permissions.
    """
    if os.name != "posix":
        return 0
    _close(folder, FOLDER_MODE)
    n_open = int(_is_open(folder))
    # Top down: a folder is looked into once it is closed, and nobody else puts anything into it behind our back.
    for parent, folders, files in os.walk(folder):
        for name, mode in [*((name, FOLDER_MODE) for name in folders), *((name, FILE_MODE) for name in files)]:
            path = Path(parent, name)
            if not path.is_symlink():
                _close(path, mode)
                n_open += _is_open(path)
    return n_open


def _close(path: Path, mode: int) -> None:
    if _is_open(path):
        with suppress(OSError):  # counted by who looks afterwards
            path.chmod(mode)


def _is_open(path: Path) -> bool:
    """Tell whether others may do anything with it; not with what is gone."""
    try:
        return bool(path.lstat().st_mode & _OTHERS)
    except OSError:
        return False


def _set_mode(descriptor: int) -> None:
    if hasattr(os, "fchmod"):  # Windows has none
        with suppress(OSError):  # a disk may keep no permissions
            os.fchmod(descriptor, FILE_MODE)
