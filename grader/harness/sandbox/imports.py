"""Which imports get a stand-in: statements outside of every `try`, of packages that are known and not there.

A guarded import has a way out, which is often a good one; it gets the ImportError that it is made for.
"""

from __future__ import annotations

import ast
import builtins
import contextlib
import importlib
import re
import sys
from typing import TYPE_CHECKING, Any

from grader.harness.sandbox.notes import note
from grader.harness.sandbox.stand_ins import PACKAGES, StandIn

if TYPE_CHECKING:
    import types
    from collections.abc import Iterable, Mapping, Sequence

# Roughly: to read a file as Python does takes longer than to start a child.
_IMPORTING = re.compile(rb"\b(?:from|import)\b[^\r\n(]*(?:\([^)]*\))?")

_WINDOWS = ("tkinter", "turtle")  # Python's own, made of a library that draws on a screen

STARRED: list[str] = []
"""Of these everything was imported: a name that is missing later may be one of theirs."""


class Sites:
    """The lines of one file on which something is imported, and those of which an ImportError may be caught.

    Parameters
    ----------
    tree : ast.AST
        Of the file.
    """

    def __init__(self, tree: ast.AST) -> None:
        self.statements: set[int] = set()
        self.guarded: set[int] = set()
        for node in ast.walk(tree):
            if isinstance(node, (ast.Import, ast.ImportFrom)):
                self.statements |= _lines_of([node])
            elif isinstance(node, ast.Try) or type(node).__name__ == "TryStar" or _is_suppressing(node):
                self.guarded |= _lines_of(node.body)  # type: ignore[attr-defined]


def _is_suppressing(node: ast.AST) -> bool:
    """Tell a ``with contextlib.suppress(...)``."""
    items = node.items if isinstance(node, ast.With) else []
    names = [part for item in items for part in ast.walk(item.context_expr)]
    return any(getattr(name, "id", getattr(name, "attr", "")) == "suppress" for name in names)


def _lines_of(body: Sequence[Any]) -> set[int]:
    return set(range(body[0].lineno, body[-1].end_lineno + 1))


def find_sites(sources: Mapping[str, bytes], absent: Iterable[str]) -> dict[str, Sites]:
    """Look for imports in all files, by name; in none of them if nothing is named that could get a stand-in."""
    words = {name.rpartition(".")[2].encode() for name in (*PACKAGES, *absent)}
    named = b"\n".join(text for source in sources.values() for text in _IMPORTING.findall(source))
    if not any(word in named for word in words):
        return {}
    sites = {}
    for file, source in sources.items():
        with contextlib.suppress(SyntaxError, ValueError, RecursionError, OverflowError):  # told when it is compiled
            sites[file] = Sites(ast.parse(source))
    return sites


class Importer:
    """What a student's import statements call in place of Python's own function.

    Parameters
    ----------
    sites : mapping of str to Sites
        The student's files.
    absent : iterable of str
        Full names of modules, not of packages that are known, that get a stand-in too.
    """

    def __init__(self, sites: Mapping[str, Sites], absent: Iterable[str]) -> None:
        self._sites = sites
        self._absent = tuple(absent)
        self._import = builtins.__import__
        self._made: dict[str, StandIn] = {}

    def __call__(
        self,
        name: str,
        globals: Mapping[str, Any] | None = None,  # noqa: A002 - Python's names
        locals: Mapping[str, Any] | None = None,  # noqa: A002
        fromlist: Sequence[str] | None = (),
        level: int = 0,
    ) -> Any:  # noqa: ANN401 - a module, or what stands in for one
        """Import as Python does; what is not there may get a stand-in."""
        frame = sys._getframe(1)  # noqa: SLF001 - the statement that asks
        try:
            module = self._import(name, globals, locals, fromlist or (), level)
        except ImportError as error:
            full = _full_name(name, globals, level)
            if not self._find_package(full) or not _is_about(error, full) or not self._is_free(frame):
                raise
            if fromlist:
                return self._stand_in(full, fromlist)
            top = full.partition(".")[0]
            return self._stand_in(full, ()) if top in PACKAGES else Seen(self, importlib.import_module(top))
        package = str(getattr(module, "__name__", ""))
        if self.leads_to(package) and not all(hasattr(module, part) for part in fromlist or ()):
            return Seen(self, module) if self._is_free(frame) else module
        return module

    def find(self, full: str) -> StandIn | None:
        """Make the stand-in for a module of this full name, if it may have one."""
        return self._stand_in(full, ("",)) if self._find_package(full) else None

    def leads_to(self, full: str) -> bool:
        """Tell whether modules below this name may have one."""
        return any(name.startswith(f"{full}.") for name in self._absent)

    def _find_package(self, full: str) -> str:
        """Say after what a module is called that is not there; an empty text if it is nothing known."""
        top = full.partition(".")[0]
        if top in PACKAGES:
            return top
        return next((name for name in self._absent if f"{full}.".startswith(f"{name}.")), "")

    def _stand_in(self, full: str, fromlist: Sequence[str]) -> StandIn:
        package = self._find_package(full)
        note("absent", package)
        if "*" in fromlist:
            STARRED.append(package)
        made = self._made.setdefault(package, StandIn(package, package))
        for part in full[len(package) + 1 :].split(".") if fromlist and full != package else ():
            made = getattr(made, part)
        return made

    def _is_free(self, frame: types.FrameType | None) -> bool:
        """Tell whether this is a statement of a student's that nobody waits for to fail, however it was come to."""
        sites = self._sites.get(frame.f_code.co_filename) if frame else None
        if frame is None or sites is None or frame.f_lineno not in sites.statements:
            return False
        while frame is not None:
            sites = self._sites.get(frame.f_code.co_filename)
            if sites is not None and frame.f_lineno in sites.guarded:
                return False
            frame = frame.f_back
        return True


class Seen:
    """A real package, seen with stand-ins for modules that it does not have."""

    def __init__(self, importer: Importer, module: types.ModuleType) -> None:
        self._importer = importer
        self._module = module

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever is in it
        full = f"{self._module.__name__}.{name}"
        if self._importer.leads_to(full):
            return Seen(self._importer, importlib.import_module(full))
        found = None if hasattr(self._module, name) else self._importer.find(full)
        return getattr(self._module, name) if found is None else found


def _full_name(name: str, scope: Mapping[str, Any] | None, level: int) -> str:
    """Resolve a relative name."""
    if not level:
        return name
    package = str((scope or {}).get("__package__") or "")
    base = package.rsplit(".", level - 1)[0]
    return f"{base}.{name}" if name else base


def _is_about(error: ImportError, full: str) -> bool:
    """Tell whether this module is missing, or the library that it is made of, and not one that it imports."""
    missing = error.name or ""
    is_window = full.partition(".")[0] in _WINDOWS and missing.lstrip("_") in _WINDOWS
    return is_window or f"{full}.".startswith(f"{missing}.")


def install(sources: Mapping[str, bytes], absent: Iterable[str]) -> None:
    """Let the imports of these files get stand-ins, if anything in them can."""
    absent = tuple(absent)
    sites = find_sites(sources, absent)
    if sites:
        builtins.__import__ = Importer(sites, absent)
