"""A folder on the disk for one session whose child can have none in memory, and who watches and removes it.

A file system limits how long a file is and not how many there are, so the grader looks at such a folder again and
again, and kills the child when there is too much in it. What it cannot see, files that are open and removed, is limited
by the number of files that may be open.
"""

import contextlib
import os
import secrets
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from grader.harness.sandbox.confinement import NOBODY
from grader.harness.sandbox.processes import Process

MAX_FILES = 128
"""Files and folders in it, as in one that is in memory."""
_LOOK_S = 0.05


class Scratch:
    """A folder for one session.

    Parameters
    ----------
    n_bytes : int
        What may be in it.
    is_for_nobody : bool
        Whether a root's child will be another user when it writes there.

    Raises
    ------
    OSError
        If there is no place for temporary files.
    """

    def __init__(self, n_bytes: int, *, is_for_nobody: bool) -> None:
        self.n_bytes = n_bytes
        self.path = Path(tempfile.mkdtemp(prefix="grader_")).resolve()
        if is_for_nobody and os.name == "posix" and os.geteuid() == 0:
            os.chown(self.path, NOBODY, NOBODY)

    def is_overfull(self) -> bool:
        """Tell whether more is in it than may be."""
        n_files, n_bytes = 0, 0
        try:
            for entry in _walk(self.path):
                n_files += 1
                n_bytes += _size(entry)
                if n_files > MAX_FILES or n_bytes > self.n_bytes:
                    return True
        except OSError:  # folders within folders until no name is short enough
            return True
        return False

    def remove(self) -> None:
        """Remove it with all that is in it; no link is followed, and no depth is too deep."""
        with contextlib.suppress(OSError):  # what cannot be removed is left to the system
            _empty(self.path)
            self.path.rmdir()


class Tenant:
    """A process with such a folder: see `grader.harness.sandbox.processes.Process`."""

    def __init__(self, process: Process, scratch: Scratch) -> None:
        self._process, self._scratch = process, scratch
        self.stdin: IO[bytes] | None = process.stdin
        self.stdout: IO[bytes] | None = process.stdout
        self.stderr: IO[bytes] | None = process.stderr
        self._lock = threading.Lock()  # one thread at a time waits for the process or kills it
        self._is_over = threading.Event()

    @property
    def number(self) -> int:
        """The number of the process that runs the code."""
        return self._process.number

    def wait(self, timeout_s: float) -> int | None:
        """Wait for the process to end by itself."""
        with self._lock:
            return self._process.wait(timeout_s)

    def kill(self) -> None:
        """Kill the process, and remove its folder."""
        self._is_over.set()
        with self._lock:
            self._process.kill()
        self._scratch.remove()

    def watch(self) -> None:
        """Look at the folder from now on, and kill the process if there is too much in it."""
        threading.Thread(target=self._look, name="sandbox folder", daemon=True).start()

    def _look(self) -> None:
        while not self._is_over.wait(_LOOK_S):
            if self._scratch.is_overfull():
                with self._lock:
                    self._process.kill()
                return


def _walk(path: Path) -> Iterator[os.DirEntry[str]]:
    """Go through everything below a folder, behind no link."""
    folders = [str(path)]
    while folders:
        with contextlib.suppress(FileNotFoundError), os.scandir(folders.pop()) as entries:
            for entry in entries:
                yield entry
                if entry.is_dir(follow_symlinks=False):
                    folders.append(entry.path)


def _size(entry: os.DirEntry[str]) -> int:
    try:
        return entry.stat(follow_symlinks=False).st_size
    except FileNotFoundError:  # removed since
        return 0


def _empty(path: Path) -> None:
    """Remove what is in a folder; what is in its folders is moved up first, so that no path grows long."""
    while folders := _unlink_files(path):
        for folder in folders:
            folder.chmod(0o700)
            for place in list(folder.iterdir()):
                place.rename(path / secrets.token_hex(16))  # a name that nobody has taken before
            folder.rmdir()


def _unlink_files(path: Path) -> list[Path]:
    """Remove a folder's files and links; returns its folders."""
    with os.scandir(path) as entries:
        kinds = [(Path(entry.path), entry.is_dir(follow_symlinks=False)) for entry in entries]
    for place, is_folder in kinds:
        if not is_folder:
            place.unlink()
    return [place for place, is_folder in kinds if is_folder]
