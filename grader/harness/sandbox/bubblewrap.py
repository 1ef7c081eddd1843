"""The outer wall: bubblewrap gives the child a file system, a network and a process table of its own."""

import functools
import os
import shutil
import stat
import subprocess
from pathlib import Path

from grader.harness.languages import said
from grader.harness.sandbox.interpreter import Interpreter, left_out

_PROBE_S = 10.0
_NAMESPACES = ("--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts", "--unshare-cgroup-try")
_LIFE = ("--die-with-parent", "--new-session", "--cap-drop", "ALL")
# Root needs no user namespace, and inside one it would still be root for the files outside. The runner becomes
# nobody itself, with these two capabilities, and then has none.
_AS_ROOT = ("CAP_SETUID", "CAP_SETGID")
MOUNT = "CAP_SYS_ADMIN"
"""The right to mount, which a child needs for its folder and gives up: inside its user namespace, but for root."""
FOLDER = "/submission"
"""Where it mounts: an empty folder, so that there is nothing but it to write to."""


def _isolation(*capabilities: str) -> list[str]:
    is_root = os.name == "posix" and os.geteuid() == 0
    kept = (*_AS_ROOT, *capabilities) if is_root else [each for each in capabilities if each == MOUNT and _may_keep()]
    words = [word for capability in kept for word in ("--cap-add", capability)]
    return [*_NAMESPACES, *_LIFE, *([] if is_root else ["--unshare-user"]), *words]


def _may_keep() -> bool:
    """Tell whether an ordinary user's process may keep a capability: not from a bubblewrap that borrows root's."""
    return not Path(shutil.which("bwrap") or os.devnull).stat().st_mode & stat.S_ISUID


@functools.cache
def probe() -> str:
    """Try bubblewrap by running something in it, once.

    To find it installed proves nothing: Docker's default profile and Ubuntu 24.04's AppArmor forbid namespaces.

    Returns
    -------
    reason : str
        Why it cannot be used; empty if it can.
    """
    bwrap, true = shutil.which("bwrap"), shutil.which("true")
    if bwrap is None or true is None:
        return said("bubblewrap (bwrap) is not installed")
    command = [bwrap, *_isolation(), "--ro-bind", "/", "/", "--dev", "/dev", true]
    try:
        done = subprocess.run(command, capture_output=True, timeout=_PROBE_S, check=False, stdin=subprocess.DEVNULL)  # noqa: S603
    except (OSError, subprocess.TimeoutExpired) as exc:
        return said("bubblewrap does not run: {says}", says=exc)
    says = done.stderr.decode("utf-8", "replace").strip()
    return "" if done.returncode == 0 else said("bubblewrap does not work here: {says}", says=says[:200])


def wrap(command: list[str], interpreter: Interpreter, environment: dict[str, str], *capabilities: str) -> list[str]:
    """Write the command that runs `command` in a file system of the interpreter's own files, all read-only.

    Parameters
    ----------
    command : list of str
        The program and its arguments.
    interpreter : Interpreter
        What it needs to run.
    environment : dict of str to str
        All that it will find in its environment.
    *capabilities : str
        What a root keeps beside the right to become somebody else; an ordinary user keeps ``MOUNT`` at most.
    """
    words = [shutil.which("bwrap") or "bwrap", *_isolation(*capabilities), "--clearenv"]
    for name, value in environment.items():
        words += ["--setenv", name, value]
    folders = (*interpreter.folders, *interpreter.numpy_folders)
    files = [path for path in (interpreter.executable, *interpreter.libraries) if not set(folders) & set(path.parents)]
    # Folders on the way are made by hand: bubblewrap makes them for their owner only, and a root's child is nobody.
    for folder in sorted({parent for path in (*folders, *files) for parent in path.parents} - set(folders)):
        words += ["--perms", "0755", "--dir", str(folder)]
    words += ["--perms", "0755", "--dir", FOLDER]
    for folder in interpreter.folders:
        words += _bind(folder)
        for hidden in left_out(folder):
            words += ["--tmpfs", str(hidden)]
    for path in (*interpreter.numpy_folders, *files):
        words += _bind(path)
    words += ["--dev", "/dev", "--tmpfs", "/dev/pts"]  # terminals are seen by all who have the same folder of them
    words += [word for place in ("/dev/pts", "/dev", "/") for word in ("--remount-ro", place)]
    return [*words, "--chdir", "/", "--", *command]


def _bind(path: Path) -> list[str]:
    return ["--ro-bind", str(path), str(path)]
