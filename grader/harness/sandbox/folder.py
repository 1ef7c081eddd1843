"""A small folder of the child's own, its current directory: code that saves its answer and reads it again works.

Where the process may mount, the folder is a file system in memory that no other process can see, a sibling from the
same nursery neither, and that is gone with the process. Where it may not, it is a folder on the disk that the grader
has made for this session and removes after it: see `grader.harness.sandbox.scratch`.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
from typing import Any

_CLONE_NEWNS, _CLONE_NEWUSER = 0x00020000, 0x10000000
_MS_NOSUID, _MS_NODEV, _MS_NOEXEC, _MS_REC, _MS_PRIVATE = 1 << 1, 1 << 2, 1 << 3, 1 << 14, 1 << 18
_MAX_FILES = 128


class Folder:
    """What the grader says of the folder, and what became of it.

    Attributes
    ----------
    path : str
        Where it is; empty if there is none.
    n_bytes : int
        How much all files in it may hold.
    is_walled : bool
        Whether everything outside it is read-only, whoever may open it.
    is_mounted : bool
        Whether it is in memory, for this process alone.
    """

    def __init__(self, config: dict[str, Any]) -> None:
        self.path: str = config.get("path", "")
        self.n_bytes: int = config.get("bytes", 0)
        self.is_walled: bool = config.get("walled", False)
        self.is_mounted = False
        self._mount_at: str = config.get("mount_at", "")
        self._why_not: str = config.get("why_not", "not asked for")

    @property
    def file_bytes(self) -> int:
        """How long one file may be: on the disk less, since one that is open and removed is not seen there."""
        return self.n_bytes if self.is_mounted else self.n_bytes // 4

    def enter(self, *, is_plain: bool = False) -> None:
        """Mount the folder if that can be done, and make it the current directory.

        Parameters
        ----------
        is_plain : bool, optional
            Whether to leave it on the disk.

        Raises
        ------
        OSError
            If there is none, or none in memory where there is no other.
        """
        if not self.path:
            raise OSError(self._why_not)
        if not is_plain:
            self._try_to_mount()
        os.chdir(self.path)

    def _try_to_mount(self) -> None:
        try:
            _leave_common_mounts()
            _mount(self._mount_at, self.n_bytes)
        except OSError:
            if self.is_walled:
                self.path = ""
                raise
            return
        self.is_mounted = True
        if not self.is_walled:  # the one on the disk is not needed: nobody has to see to it
            with contextlib.suppress(OSError):
                os.rmdir(self.path)  # noqa: PTH106 - no object for it
        self.path = self._mount_at

    def leave(self) -> None:
        """Go where a process is that has no folder."""
        self.path = ""
        os.chdir(os.sep)


def _leave_common_mounts() -> None:
    """Give this process a table of mounts of its own, in a user namespace of its own if that is the only way."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(_CLONE_NEWNS):
        user, group = os.geteuid(), os.getegid()
        if user == 0:  # a root that may not mount must still become somebody else, who is nobody in there
            _check(-1, "unshare")
        _check(libc.unshare(_CLONE_NEWUSER | _CLONE_NEWNS), "unshare")
        for name, text in (("setgroups", "deny"), ("uid_map", f"{user} {user} 1"), ("gid_map", f"{group} {group} 1")):
            with open(f"/proc/self/{name}", "w") as file:  # noqa: PTH123 - quicker, in each child
                file.write(text)
    _check(libc.mount(None, b"/", None, _MS_REC | _MS_PRIVATE, None), "mount /")


def _mount(path: str, n_bytes: int) -> None:
    # Everybody may write, for nobody else can see it: the process is about to become another user.
    options = f"size={n_bytes},nr_inodes={_MAX_FILES},mode=0777"
    flags = _MS_NOSUID | _MS_NODEV | _MS_NOEXEC
    result = ctypes.CDLL(None, use_errno=True).mount(b"tmpfs", os.fsencode(path), b"tmpfs", flags, options.encode())
    _check(result, f"mount {path}")


def _check(result: int, what: str) -> None:
    if result:
        raise OSError(ctypes.get_errno(), f"{what}: {os.strerror(ctypes.get_errno())}")
