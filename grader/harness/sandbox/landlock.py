"""Which files the child may open: a list of folders and files, through Linux's Landlock.

Landlock needs no privileges. It covers opening, making and removing files, not looking at their names and sizes; that
a filter of system calls refuses changes of mode and owner makes up for the rest.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import stat
import struct

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446  # the same numbers on every processor
_VERSION_FLAG = 1
_RULE_PATH_BENEATH = 1
_WRITE_FILE, _READ_FILE, _READ_DIR = 1 << 1, 1 << 2, 1 << 3
_REMOVE_DIR, _REMOVE_FILE, _MAKE_DIR, _MAKE_FILE, _MOVE, _TRUNCATE = 1 << 4, 1 << 5, 1 << 7, 1 << 8, 1 << 13, 1 << 14
# How many of the file rights each version of Landlock knows, and so refuses where no rule gives them.
_N_RIGHTS = {1: 13, 2: 14, 3: 15, 4: 15, 5: 16}
_NEWEST_KNOWN = 5
_ALL_TCP = 0b11
_ALL_SCOPES = 0b11
FIRST_WITH_TRUNCATE = 3
"""Before this version, opening a file that may only be read could still empty it."""
OWN_UNREAD = _WRITE_FILE | _READ_DIR | _REMOVE_DIR | _REMOVE_FILE | _MAKE_DIR | _MAKE_FILE | _MOVE | _TRUNCATE
"""Rights in a folder of one's own: plain files and folders, no links, sockets, pipes or devices, nothing to execute."""
OWN = OWN_UNREAD | _READ_FILE
"""The same, and what was written may be read."""


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def find_version() -> int:
    """Ask the kernel which version of Landlock it has; 0 for none."""
    if os.name != "posix" or not hasattr(os, "O_PATH"):
        return 0
    version: int = _libc().syscall(_CREATE_RULESET, None, ctypes.c_size_t(0), _VERSION_FLAG)
    return max(0, version)


def restrict(readable: list[str], listable: list[str], writable: list[str], own: dict[str, int] | None = None) -> int:
    """Leave this process nothing but these folders and files, for ever. ``no_new_privs`` must be set already.

    Parameters
    ----------
    readable : list of str
        Folders, with all that is below them, and files that may be read. Missing ones are passed over.
    listable : list of str
        Folders of which, and below which, only the names of what is in them may be read.
    writable : list of str
        Files that may be read and written: devices.
    own : dict of str to int, optional
        Folders of one's own, and the rights in them: ``OWN`` or ``OWN_UNREAD``.

    Returns
    -------
    version : int
        The version of Landlock; 0 where the kernel has none, and then nothing was done.

    Raises
    ------
    OSError
        If the kernel has Landlock and does not take the rules.
    """
    version = find_version()
    if version == 0:
        return 0
    libc = _libc()
    rights = (1 << _N_RIGHTS[min(version, _NEWEST_KNOWN)]) - 1
    attributes = struct.pack("=QQQ", rights, _ALL_TCP if version >= 4 else 0, _ALL_SCOPES if version >= 6 else 0)
    n_bytes = 24 if version >= 6 else 16 if version >= 4 else 8
    ruleset = _checked(libc.syscall(_CREATE_RULESET, attributes, ctypes.c_size_t(n_bytes), 0))
    for path in readable:
        _add(libc, ruleset, path, _READ_FILE | _READ_DIR)
    for path in listable:
        _add(libc, ruleset, path, _READ_DIR)
    for path in writable:
        _add(libc, ruleset, path, _READ_FILE | _WRITE_FILE)
    for path, own_rights in (own or {}).items():
        _add(libc, ruleset, path, own_rights & rights)
    _checked(libc.syscall(_RESTRICT_SELF, ruleset, 0))
    os.close(ruleset)
    return version


def _add(libc: ctypes.CDLL, ruleset: int, path: str, rights: int) -> None:
    with contextlib.suppress(FileNotFoundError):
        descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
        if not stat.S_ISDIR(os.fstat(descriptor).st_mode):
            rights &= ~_READ_DIR
        rule = struct.pack("=Qi", rights, descriptor)
        _checked(libc.syscall(_ADD_RULE, ruleset, _RULE_PATH_BENEATH, rule, 0))
        os.close(descriptor)


def _checked(result: int) -> int:
    """Pass on what a system call gave.

    Raises
    ------
    OSError
        If it failed.
    """
    if result < 0:
        error = ctypes.get_errno()
        raise OSError(error, f"Landlock does not take the rules: {os.strerror(error)}")
    return result
