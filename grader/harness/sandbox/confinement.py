"""The child locks itself in: between NumPy's import and the student's first line, in an order that matters.

1. A folder of its own: while it still has the right to mount.
2. ``no_new_privs``: no program that it might start could give it more rights.
3. Landlock: while it still has the right to open the folders that its rules name.
4. Another user, and no capabilities.
5. Limits on resources.
6. Death with the grader: after 4, which makes the kernel forget it.
7. The filter of system calls: last, because it refuses all of the above.

Each step tells in one entry of the report whether it worked; whether that is enough is for the grader to decide.
"""

from __future__ import annotations

import ctypes
import errno
import os
import signal
import struct
import sys
from typing import TYPE_CHECKING, Any

from grader.harness.sandbox import landlock, seccomp
from grader.harness.sandbox.folder import Folder
from grader.harness.sandbox.own_usage import replace_getrusage

if TYPE_CHECKING:
    from collections.abc import Callable

NOBODY = 65534
_PR_SET_PDEATHSIG, _PR_SET_KEEPCAPS, _PR_SET_NO_NEW_PRIVS, _PR_GET_NO_NEW_PRIVS, _PR_SET_DUMPABLE = 1, 8, 38, 39, 4
_CAPABILITY_VERSION_3 = 0x20080522
_CAP_DAC_READ_SEARCH = 1 << 2
_DEVICES = ["/dev/null"]
_NO_LINUX = "only Linux has it"


def confine(config: dict[str, Any]) -> dict[str, str]:
    """Take every step that this system knows.

    Parameters
    ----------
    config : dict
        ``readable`` (paths), ``listable`` (folders), ``rlimits`` (name to soft and hard limit), ``parent`` (process id
        of the grader, 0 where another namespace hides it), and ``folder`` (see `Folder`) if it shall have one.

    Returns
    -------
    report : dict of str to str
        For each step an empty text when it worked, and otherwise why it did not. Under ``"on disk"`` the path of a
        folder whose size nothing but the grader limits.
    """
    if not sys.platform.startswith("linux"):
        return dict.fromkeys(("folder", "privileges", "landlock", "user", "rlimits", "death", "seccomp"), _NO_LINUX)
    folder = Folder(config.get("folder", {}))
    report = {"folder": _attempt(folder.enter)}
    report["privileges"] = _attempt(_give_up_privileges)
    report["landlock"] = _attempt(_restrict_files, config["readable"], config["listable"], folder)
    may_write = landlock.find_version() >= landlock.FIRST_WITH_TRUNCATE and not report["landlock"]
    may_write = may_write or (folder.is_walled and folder.is_mounted)
    if not report["folder"] and not may_write:
        report["folder"] = report["landlock"] or "this kernel's Landlock cannot keep files outside it as they are"
        folder.leave()
    report["user"] = _attempt(_become_nobody, config["readable"], is_landlocked=not report["landlock"])
    file_bytes = 0 if report["folder"] else folder.file_bytes
    report["rlimits"] = _attempt(_limit_resources, {**config["rlimits"], "RLIMIT_FSIZE": [file_bytes, file_bytes]})
    report["death"] = _attempt(_die_with, config["parent"])
    report["seccomp"] = _attempt(seccomp.install, may_open_for_writing=may_write)
    if not report["seccomp"]:
        _attempt(replace_getrusage)
    report["on disk"] = "" if report["folder"] or folder.is_mounted else folder.path
    return report


def _attempt(step: Callable[..., None], *arguments: Any, **keywords: Any) -> str:  # noqa: ANN401 - of whatever step
    try:
        step(*arguments, **keywords)
    except (OSError, ValueError, ImportError, AttributeError) as error:  # what a kernel or a Python without it says
        return str(error) or type(error).__name__
    return ""


def _prctl(option: int, value: int = 0) -> int:
    result: int = ctypes.CDLL(None, use_errno=True).prctl(option, value, 0, 0, 0)
    if result < 0:
        raise OSError(ctypes.get_errno(), f"prctl({option}, {value}): {os.strerror(ctypes.get_errno())}")
    return result


def _give_up_privileges() -> None:
    _prctl(_PR_SET_NO_NEW_PRIVS, 1)
    if _prctl(_PR_GET_NO_NEW_PRIVS) != 1:
        raise OSError(errno.EPERM, "no_new_privs did not stay set")


def _restrict_files(readable: list[str], listable: list[str], folder: Folder) -> None:
    # What is written to the disk cannot be read there: a file that is mapped would take up room after its removal,
    # where the grader does not see it.
    own = {folder.path: landlock.OWN if folder.is_mounted else landlock.OWN_UNREAD} if folder.path else {}
    if landlock.restrict(readable, listable, _DEVICES, own) == 0:
        raise OSError(errno.ENOSYS, "this kernel has no Landlock")


def _become_nobody(readable: list[str], *, is_landlocked: bool) -> None:
    """Change to a user who owns nothing, if root started the process, and give up all capabilities.

    Where only root may enter the folder that Python lies in, reading is kept as a capability, but only if Landlock
    has cut down already what can be read.
    """
    if os.geteuid() != 0:
        _set_capabilities(0)
        return
    present = [path for path in readable if _is_there(path)]
    _prctl(_PR_SET_KEEPCAPS, 1)
    os.setgroups([])
    os.setresgid(NOBODY, NOBODY, NOBODY)
    os.setresuid(NOBODY, NOBODY, NOBODY)
    is_readable = all(os.access(path, os.R_OK) for path in present)  # asked as the user, whatever the capabilities
    _set_capabilities(_CAP_DAC_READ_SEARCH if is_landlocked and not is_readable else 0)
    if os.getresuid() != (NOBODY,) * 3 or os.getgroups():
        raise OSError(errno.EPERM, f"still user {os.getresuid()!r} with groups {os.getgroups()!r}")
    if not is_readable and not is_landlocked:
        raise OSError(errno.EACCES, "only root may read this Python: install bubblewrap, or a Python for everybody")


def _is_there(path: str) -> bool:
    """Tell whether there is such a file: a library may have links to what is not bound."""
    try:
        os.stat(path)  # noqa: PTH116 - hundreds of them, in each child
    except FileNotFoundError:
        return False
    except OSError:  # there, for others
        return True
    return True


def _set_capabilities(kept: int) -> None:
    """Set effective and permitted capabilities to `kept`, inheritable ones to none."""
    header = struct.pack("=Ii", _CAPABILITY_VERSION_3, 0)
    data = struct.pack("=6I", kept, kept, 0, 0, 0, 0)
    if ctypes.CDLL(None, use_errno=True).capset(header, data):
        raise OSError(ctypes.get_errno(), f"capset: {os.strerror(ctypes.get_errno())}")


def _limit_resources(rlimits: dict[str, list[int]]) -> None:
    """Set every limit that can be set; a hard limit that is lower already stays, since nobody here may raise it."""
    import resource  # Windows has none

    refused: dict[str, list[str]] = {}
    for name, wanted in rlimits.items():
        try:
            number = getattr(resource, name)
            _, given = resource.getrlimit(number)
            soft, hard = (value if given < 0 else min(value, given) for value in wanted)
            resource.setrlimit(number, (soft, hard))
        except (OSError, ValueError, AttributeError) as error:
            refused.setdefault(str(error), []).append(name)
    if refused:
        raise OSError("; ".join(f"{', '.join(names)}: {why}" for why, names in refused.items()))


def _die_with(parent: int) -> None:
    """Have the kernel kill this process when the grader ends; and end now if it has ended already."""
    _prctl(_PR_SET_DUMPABLE, 0)
    _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if parent and os.getppid() != parent:
        os._exit(0)
