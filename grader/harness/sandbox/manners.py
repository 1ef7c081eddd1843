"""What a plain process is asked not to do; in the child, where nothing else keeps it from doing so.

A file that the sandbox stops should be stopped on its author's own computer as well, before it is handed in, and with
the same words. So where there are no walls, there are manners: Python reports what it is about to do, and what the
sandbox would refuse is refused here by the same kind of exception. This is no protection: whoever wants to can clear
`RULES`, or go around Python.
"""

# Each import comes by here, and objects for paths would make it slow.
# ruff: noqa: PTH114, PTH118, PTH120
from __future__ import annotations

import contextlib
import errno
import functools
import importlib
import os
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

RULES: dict[str, Callable[..., None]] = {}
"""By the name of an audit event: what is called with its arguments, and raises to refuse it."""

_STARTS = (
    *("_winapi.CreateNamedPipe", "_winapi.CreatePipe", "_winapi.CreateProcess", "subprocess.Popen"),
    *("os.exec", "os.fork", "os.forkpty", "os.spawn", "os.startfile", "os.system", "pty.spawn"),
)
_REACHES = (
    *("os.kill", "os.killpg", "socket.__new__", "socket.getaddrinfo", "socket.gethostbyaddr"),
    *("socket.gethostbyname", "socket.getnameinfo"),
)
_CHANGES = (
    *("os.chdir", "os.chmod", "os.chown", "os.link", "os.posix_spawn", "os.removexattr", "os.setxattr", "os.symlink"),
    "os.utime",
)
_KEEPS = ("os.mkdir", "os.remove", "os.rmdir", "os.truncate")  # allowed in the child's own folder; so is os.rename
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_WINDOWS = ("tkinter", "_tkinter")  # no screen where it is graded, and so no library to draw on it
_THREAD, _USER = "_thread.start_new_thread", "pwd.getpwuid"  # not reported by all Pythons, so asked for below
_STARTERS = {"_start_joinable_thread", "_start_new_thread", "start_joinable_thread", "start_new_thread"}
_UNREPORTED = (
    ("_thread", _STARTERS, _THREAD),
    ("threading", _STARTERS, _THREAD),
    ("_posixsubprocess", {"fork_exec"}, "subprocess.Popen"),
    ("pwd", {"getpwuid"}, _USER),
)


class Places:
    """Folders and files, behind their links."""

    def __init__(self, paths: Iterable[str]) -> None:
        # Hundreds of entries of few folders: the links on the way to a folder are followed once.
        resolve_folder = functools.lru_cache(maxsize=None)(_resolve)
        self._paths = set()
        for path in paths:
            folder, name = os.path.split(path)
            is_link = os.path.islink(path)
            self._paths.add(_resolve(path) if is_link else os.path.join(resolve_folder(folder), os.path.normcase(name)))

    def __contains__(self, path: str) -> bool:
        return path in self._paths

    def enclose(self, path: str) -> bool:
        """Tell whether a path is one of these or lies below one."""
        while path not in self._paths:
            parent = os.path.dirname(path)
            if parent == path:
                return False
            path = parent
        return True


def install(readable: Iterable[str], listable: Iterable[str], own: str = "") -> None:
    """Refuse what the sandbox would refuse, as far as Python reports it; for ever.

    Parameters
    ----------
    readable : iterable of str
        Folders, with all that is below them, and files that may be read.
    listable : iterable of str
        Folders of which only the names in them may be read.
    own : str, optional
        A folder in which files may be written and removed, too.
    """
    files, folders, folder = Places([*readable, *filter(None, [own])]), Places(listable), Places(filter(None, [own]))

    def check_open(path: Any, mode: Any, flags: Any) -> None:  # noqa: ANN401 - whatever was to be opened
        if isinstance(path, int):  # it is open already
            return
        place = _resolve(path)
        is_writing = bool(set(str(mode or "")) & set("wax+")) or bool((flags or 0) & _WRITING)
        if place != _resolve(os.devnull) and not (folder if is_writing else files).enclose(place):
            _refuse_file(path)

    def check_list(path: Any = None, *_: Any) -> None:  # noqa: ANN401 - whatever was to be listed
        if not isinstance(path, int) and not (files.enclose(_resolve(path or ".")) or _resolve(path or ".") in folders):
            _refuse_file(path or ".")

    def check_change(path: Any, *_: Any) -> None:  # noqa: ANN401 - whatever was to be changed
        if not (isinstance(path, int) or folder.enclose(_resolve(path))):
            _refuse_file(path)

    def check_rename(source: Any, target: Any, *_: Any) -> None:  # noqa: ANN401 - whatever was to be moved
        check_change(source)
        check_change(target)

    RULES.update(dict.fromkeys(_STARTS + _REACHES, _refuse))
    RULES.update({**dict.fromkeys(_KEEPS, check_change), "os.rename": check_rename})
    RULES.update(dict.fromkeys(_CHANGES, _refuse_file))
    RULES.update({"open": check_open, "os.listdir": check_list, "os.scandir": check_list})
    RULES.update({"import": _check_import, "sqlite3.connect": _check_database})
    RULES.update({_THREAD: _refuse_thread, _USER: _refuse_user})
    sys.addaudithook(_mind)
    _replace_what_is_not_reported()


def _mind(event: str, arguments: tuple[Any, ...]) -> None:
    rule = RULES.get(event)
    if rule is not None:
        rule(*arguments)


def _resolve(path: Any) -> str:  # noqa: ANN401 - text, bytes or a path object
    return os.path.normcase(os.path.realpath(os.fsdecode(path)))


def _refuse(*_: Any) -> None:  # noqa: ANN401 - of whatever event
    raise PermissionError(errno.EPERM, os.strerror(errno.EPERM))


def _refuse_file(path: Any, *_: Any) -> None:  # noqa: ANN401 - text, bytes or a path object
    raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), path)


def _refuse_thread(*_: Any) -> None:  # noqa: ANN401 - of whatever thread
    raise RuntimeError("can't start new thread")


def _refuse_user(uid: int) -> None:
    raise KeyError(f"getpwuid(): uid not found: {uid}")


def _check_import(name: str, *_: Any) -> None:  # noqa: ANN401 - where Python would look for it
    if name in _WINDOWS:
        raise ModuleNotFoundError(f"No module named {name!r}", name=name)


def _check_database(path: Any, *_: Any) -> None:  # noqa: ANN401 - text, bytes or a path object
    if os.fsdecode(path) != ":memory:":
        _refuse_file(path)


def _replace_what_is_not_reported() -> None:
    """Have functions ask first of which Python does not report that they are called."""
    for module_name, names, event in _UNREPORTED:
        with contextlib.suppress(ImportError):  # Windows has not all of them
            module = importlib.import_module(module_name)
            for name in vars(module).keys() & names:
                setattr(module, name, _asking_first(getattr(module, name), event))
    os.system = _starting_no_shell(os.system)  # type: ignore[assignment]


def _asking_first(function: Callable[..., Any], event: str) -> Callable[..., Any]:
    def call_if_allowed(*arguments: Any, **keywords: Any) -> Any:  # noqa: ANN401 - of whatever function
        _mind(event, arguments)
        return function(*arguments, **keywords)

    return call_if_allowed


def _starting_no_shell(system: Callable[[Any], int]) -> Callable[[Any], int]:
    """Say what a system says that can start no shell, which raises nothing, so that the code goes on."""

    def run(command: Any) -> int:  # noqa: ANN401 - text, bytes or a path object
        return 127 << 8 if "os.system" in RULES else system(command)

    return run
