"""The student's modules: the file that is graded, those beside it, and the lab's under all their names."""

from __future__ import annotations

import importlib
import importlib.util
import sys
import types
from typing import TYPE_CHECKING, Any

from grader.harness.sandbox.notes import note

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def split_sources(payload: bytes, lengths: Sequence[Sequence[Any]]) -> tuple[bytes, dict[str, bytes]]:
    """Take apart what came with a request to load: the file that is graded, and those beside it by their names."""
    end = len(payload)
    files = {}
    for name, length in reversed(lengths):
        files[name] = payload[end - length : end]
        end -= length
    return payload[:end], files


class StudentFinder:
    """Find what nobody else has: other names of the lab's modules, and files beside the one that is graded.

    It comes after every other finder, so that a file beside it never replaces what is real. A module has one object
    under all its names: what is equal to a member of an enumeration stays so.

    Parameters
    ----------
    module : str
        The full name of the module that is graded.
    aliases : mapping of str to str
        Other names of the lab's modules, and what they stand for.
    files : mapping of str to bytes
        Sources beside the file that is graded, by the names of their modules.
    """

    def __init__(self, module: str, aliases: Mapping[str, str], files: Mapping[str, bytes]) -> None:
        package, _, own = module.rpartition(".")
        prefix = f"{package}." if package else ""
        self._packages = {name.rpartition(".")[0] for name in (*aliases, module)} - {""}
        sources = {f"{prefix}{name}": source for name, source in files.items()}
        self._sources = {name: source for name, source in sources.items() if name not in self._packages}
        bare = {name: f"{prefix}{name}" for name in (*files, own)} if package else {}
        self._targets = {**bare, **aliases}

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:  # noqa: ANN401, ARG002 - as Python asks
        """Find a module by its full name."""
        if name not in self._targets and name not in self._sources and name not in self._packages:
            return None
        is_package = name in self._packages
        return importlib.util.spec_from_loader(name, self, is_package=is_package)  # type: ignore[arg-type]

    def create_module(self, spec: Any) -> None:  # noqa: ANN401 - as Python asks
        """Leave it to Python."""

    def exec_module(self, module: Any) -> None:  # noqa: ANN401 - a module
        """Run a file, or put the module in place of which this name stands."""
        name = module.__spec__.name
        if name in self._targets:
            note("module", name)
            sys.modules[name] = importlib.import_module(self._targets[name])
        elif name in self._sources:
            stem = name.rpartition(".")[2]
            note("file", stem)
            module.__file__ = f"{stem}.py"
            exec(compile_source(self._sources[name], module.__file__), module.__dict__)  # noqa: S102 - as asked for


def make_module(name: str, file: str) -> types.ModuleType:
    """Make the module that is graded, without anything in it."""
    module = types.ModuleType(name)
    module.__file__ = file
    module.__package__ = name.rpartition(".")[0]
    sys.modules[name] = module
    return module


def compile_source(source: bytes, file: str) -> types.CodeType:
    """Compile a source, without what this module asks of its own."""
    code: types.CodeType = compile(source, file, "exec", dont_inherit=True)
    return code
