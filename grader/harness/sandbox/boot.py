"""First code of the child: takes the runner from descriptor 0 and starts it.

The child sees no file of the grader. This file is given to it on the command line; everything else of the grader that
it needs comes compiled over the pipe that later carries the requests, and stays in memory.
"""

from __future__ import annotations

import importlib.machinery
import importlib.util
import marshal
import os
import sys
from typing import Any


class NumpyFinder:
    """Import NumPy from the folder that it is in, and nothing else from there."""

    def __init__(self, folder: str) -> None:
        self.folder = folder

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:  # noqa: ANN401, ARG002 - as Python asks
        """Find the package; what is inside it is found through the package."""
        return importlib.machinery.PathFinder.find_spec(name, [self.folder]) if name == "numpy" else None


class MemoryFinder:
    """Import modules whose code is in memory."""

    def __init__(self, codes: dict[str, Any]) -> None:
        self.codes = codes

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:  # noqa: ANN401, ARG002 - as Python asks
        """Find a module by its full name; a package is a module that others are named after."""
        if name not in self.codes:
            return None
        is_package = any(other.startswith(name + ".") for other in self.codes)
        return importlib.util.spec_from_loader(name, self, is_package=is_package)  # type: ignore[arg-type]

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> None:
        """Leave it to Python."""

    def exec_module(self, module: Any) -> None:  # noqa: ANN401 - a module
        """Run the module's code."""
        exec(self.codes[module.__spec__.name], module.__dict__)  # noqa: S102 - the grader's own code


def read_exactly(descriptor: int, n_bytes: int) -> bytes:
    """Read that many bytes; end the process, silently, when the grader is gone."""
    parts = []
    while n_bytes:
        part = os.read(descriptor, min(n_bytes, 1 << 20))
        if not part:
            os._exit(0)
        parts.append(part)
        n_bytes -= len(part)
    return b"".join(parts)


def boot() -> None:
    """Read the runner's code and run it."""
    sys.path[:] = [entry for entry in sys.path if entry]
    sys.meta_path.append(NumpyFinder(sys.argv[1]))
    is_nursery = sys.argv[2:] == ["nursery"]
    codes = marshal.loads(read_exactly(0, int.from_bytes(read_exactly(0, 4), "big")))  # noqa: S302 - the grader's own
    sys.meta_path.insert(0, MemoryFinder(codes))
    import grader.harness.sandbox.child as runner  # from memory, so not before now

    if is_nursery:
        from grader.harness.sandbox.nursery import wait_for_session

        wait_for_session()  # from here on this is a child
    runner.serve()


if __name__ == "__main__":
    boot()
