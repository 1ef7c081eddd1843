"""Asks an interpreter where it keeps what a child needs; run by that interpreter, sources to compile on its input.

The answer is one line of JSON. The runner's modules are compiled here and not in the grader, since compiled code fits
one version of Python only.
"""

from __future__ import annotations

import base64
import ctypes
import importlib
import json
import marshal
import os
import sys
from pathlib import Path
from typing import Any

# Parts of the standard library that load shared libraries of their own, by the module that does it.
_WITH_LIBRARIES = (
    *("_bz2", "_ctypes", "_curses", "_curses_panel", "_decimal", "_hashlib", "_lzma", "_sqlite3", "_ssl"),
    *("_uuid", "pyexpat", "readline", "zlib"),
)
_FOREIGN = {"site-packages", "dist-packages"}


class _LoadedLibrary(ctypes.Structure):
    _fields_ = [("address", ctypes.c_void_p), ("name", ctypes.c_char_p)]


def find_libraries() -> list[str]:
    """List the shared libraries of this process by the names under which they were found."""
    names: list[str] = []

    def note(library: Any, _size: int, _data: Any) -> int:  # noqa: ANN401 - a pointer of ctypes
        names.append(os.fsdecode(library.contents.name or b""))
        return 0

    signature = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(_LoadedLibrary), ctypes.c_size_t, ctypes.c_void_p)
    ctypes.CDLL(None).dl_iterate_phdr(signature(note), None)
    return sorted({os.path.normpath(name) for name in names if name.startswith("/")})


def find_folders() -> list[str]:
    """List the folders and archives of the standard library, without those of installed packages."""
    prefixes = {Path(sys.base_prefix), Path(sys.base_exec_prefix)}
    found = [Path(path) for path in sys.path]
    own = [path for path in found if prefixes & set(path.parents) and not _FOREIGN & set(path.parts)]
    return [str(path) for path in own if path.exists()]


def survey(sources: dict[str, str]) -> dict[str, Any]:
    """Collect what there is to know about this interpreter."""
    import numpy  # noqa: ICN001 - its absence is an answer too

    is_linux = sys.platform.startswith("linux")
    pages = int(open("/proc/self/statm").read().split()[0]) if is_linux else 0  # noqa: PTH123, SIM115 - Python 3.8, once
    for name in _WITH_LIBRARIES:
        try:
            importlib.import_module(name)
        except ImportError:
            continue
    codes = {name: compile(text, name, "exec", dont_inherit=True) for name, text in sources.items()}
    return {
        "executable": os.path.realpath(getattr(sys, "_base_executable", None) or sys.executable),
        "folders": find_folders(),
        "numpy": str(Path(numpy.__file__).parent),
        "libraries": find_libraries() if is_linux else [],
        "baseline_bytes": pages * os.sysconf("SC_PAGE_SIZE") if is_linux else 0,
        "codes": base64.b64encode(marshal.dumps(codes)).decode("ascii"),
    }


if __name__ == "__main__":
    sys.path[:] = [entry for entry in sys.path if entry]
    print(json.dumps(survey(json.load(sys.stdin))))
