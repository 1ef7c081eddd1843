"""Open what was handed in: regular files alone, never through a link, never waiting for a pipe.

Somebody may put a pipe or a link in the place of a file between the moment when a folder is listed and the one when
the file is read. Its content may be another one then, which is no harm: what is graded and kept is what was read. So
each part of the path is opened without following it, and what was opened is looked at before it is read.
"""

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

_FLAGS = (
    os.O_RDONLY
    | getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_NONBLOCK", 0)
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_BINARY", 0)
)
_FOLDER_FLAGS = (
    getattr(os, "O_PATH", os.O_RDONLY)
    | getattr(os, "O_DIRECTORY", 0)
    | getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_CLOEXEC", 0)
)
_LINK = "a link has taken its place or that of a folder above it, and links are not followed"
_KINDS = {
    stat.S_IFIFO: "a pipe has taken its place",
    stat.S_IFSOCK: "a socket has taken its place",
    stat.S_IFCHR: "a device has taken its place",
    stat.S_IFBLK: "a device has taken its place",
    stat.S_IFDIR: "a folder has taken its place",
}
# What systems say of a link that is not followed: as the last part of a path, and as a folder on the way.
_SAYS_LINK = {errno.ELOOP, getattr(errno, "EMLINK", errno.ELOOP), getattr(errno, "EFTYPE", errno.ELOOP)}


@contextmanager
def open_given(path: Path) -> Iterator[BinaryIO]:
    """Open a file that was handed in.

    Parameters
    ----------
    path : Path
        As it was listed, without links: resolved, but for its last part.

    Raises
    ------
    OSError
        If it is gone, cannot be read, or is no regular file any more; its `strerror` says which.
    """
    descriptor = _open(path)
    kind = stat.S_IFMT(os.fstat(descriptor).st_mode)
    if kind != stat.S_IFREG:
        os.close(descriptor)
        raise OSError(errno.EINVAL, _KINDS.get(kind, "it is no regular file any more"), str(path))
    with os.fdopen(descriptor, "rb") as file:
        yield file


def _open(path: Path) -> int:
    try:
        return _open_step_by_step(path) if os.open in os.supports_dir_fd else os.open(path, _FLAGS)
    except OSError as exc:
        is_swapped = exc.errno in _SAYS_LINK or (exc.errno == errno.ENOTDIR and any(map(os.path.islink, path.parents)))
        if is_swapped:
            raise OSError(errno.ELOOP, _LINK, str(path)) from exc
        if exc.errno == errno.ENXIO:  # what opening a socket says
            raise OSError(exc.errno, _KINDS[stat.S_IFSOCK], str(path)) from exc
        raise


def _open_step_by_step(path: Path) -> int:
    """Open each folder from within the one above: none can become a link behind our back."""
    *folders, name = path.absolute().parts
    folder = os.open(folders[0], _FOLDER_FLAGS)
    try:
        for part in folders[1:]:
            above = folder
            folder = os.open(part, _FOLDER_FLAGS, dir_fd=above)
            os.close(above)
        return os.open(name, _FLAGS, dir_fd=folder)
    finally:
        os.close(folder)
