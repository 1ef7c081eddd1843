"""What the grader knows about an interpreter before it runs a child under it; each is asked once."""

import contextlib
import functools
import json
import os
import subprocess
import sys
from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from grader.harness.errors import HostUnfit

_HERE = Path(__file__).resolve().parent
_RUNNER = (
    *("child", "confinement", "conversion", "crashes", "folder", "imports", "landlock", "loading", "manners", "notes"),
    *("nursery", "old_numpy", "own_usage", "protocol", "seccomp", "signatures", "stand_ins"),
)
_BUFFER_BYTES = 1 << 18
_SURVEY_S = 60.0
"""A first import of NumPy from a cold disk can take long."""


@dataclass(frozen=True)
class Interpreter:
    """A Python that has NumPy.

    Attributes
    ----------
    executable : Path
        The real one, behind links and virtual environments.
    folders : tuple of Path
        The standard library: folders and archives.
    numpy : Path
        NumPy's package.
    libraries : tuple of Path
        Shared libraries that both load; empty but on Linux.
    baseline_bytes : int
        Address space that Python takes with NumPy imported; 0 but on Linux.
    codes : bytes
        The runner, compiled for this version of Python.
    """

    executable: Path
    folders: tuple[Path, ...]
    numpy: Path
    libraries: tuple[Path, ...]
    baseline_bytes: int
    codes: bytes

    @property
    def numpy_folders(self) -> tuple[Path, ...]:
        """NumPy's package and the folder of the libraries that come with it, where there is one."""
        return tuple(path for path in (self.numpy, self.numpy.with_name("numpy.libs")) if path.is_dir())

    @functools.cached_property
    def readable(self) -> tuple[Path, ...]:
        """Everything that the child may read, without what is left out of the standard library's folder."""
        entries = [entry for folder in self.folders for entry in _without_left_out(folder)]
        return (*entries, *self.numpy_folders, *self.libraries, self.executable)

    @property
    def listable(self) -> tuple[Path, ...]:
        """Folders that Python lists to find a module, but of which not everything may be read."""
        return tuple(folder for folder in self.folders if folder.is_dir())


@functools.cache
def ask(python: Path | None = None, modules: tuple[tuple[str, Path], ...] = ()) -> Interpreter:
    """Ask an interpreter where its parts are, and have it compile the runner.

    Parameters
    ----------
    python : Path or None
        Path of the interpreter; None for the one that runs the grader.
    modules : tuple of (str, Path), optional
        What a submission may import: full names and files, compiled along with the runner.

    Raises
    ------
    HostUnfit
        If there is no such interpreter, or it is older than 3.8, or it has no NumPy.
    """
    executable = str(python or sys.executable)
    script = (_HERE / "survey.py").read_text(encoding="utf-8")
    command = [executable, "-B", "-X", "utf8", "-c", script]
    environment = {**os.environ, **SINGLE_THREADED}
    try:
        done = subprocess.run(  # noqa: S603 - the staff say which interpreter
            command,
            input=_sources(modules).encode(),
            capture_output=True,
            timeout=_SURVEY_S,
            check=False,
            env=environment,
        )
        facts = json.loads(done.stdout)
    except (OSError, subprocess.TimeoutExpired) as exc:
        raise HostUnfit(f"A submission needs a Python to run under; {executable} does not run: {exc}.") from exc
    except ValueError as exc:
        reason = done.stderr.decode("utf-8", "replace").strip().rpartition("\n")[2]
        raise HostUnfit(
            f"A submission needs Python 3.8 or newer with NumPy 1.20 or newer; {executable} says {reason!r:.200}. "
            "Name another one with --student-python."
        ) from exc
    return _interpreter(facts)


SINGLE_THREADED: Mapping[str, str] = {"OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
"""One BLAS thread: the child may start none, and each would take its share of address space."""


def _interpreter(facts: Mapping[str, Any]) -> Interpreter:
    return Interpreter(
        executable=Path(facts["executable"]),
        folders=tuple(Path(path) for path in facts["folders"]),
        numpy=Path(facts["numpy"]),
        libraries=tuple(Path(path) for path in facts["libraries"]),
        baseline_bytes=facts["baseline_bytes"],
        codes=b64decode(facts["codes"]),
    )


def _sources(modules: tuple[tuple[str, Path], ...]) -> str:
    """Collect what the child imports from memory: the runner, and what the lab lets a submission import."""
    runner = [(f"grader.harness.sandbox.{name}", _HERE / f"{name}.py") for name in _RUNNER]
    sources = dict.fromkeys(("grader", "grader.harness", "grader.harness.sandbox"), "")
    return json.dumps(sources | {name: path.read_text(encoding="utf-8") for name, path in (*runner, *modules)})


_LEFT_OUT = ("site-packages", "dist-packages", "test", "config-*")
"""Installed packages; and what nobody imports and is large: Python's tests of itself, and what programs are linked with
that have a Python in them. All the rest is read before, see `read_through`."""


def left_out(folder: Path) -> list[Path]:
    """List the folders inside one of the standard library that a child is not to see."""
    return [path for pattern in _LEFT_OUT for path in sorted(folder.glob(pattern)) if path.is_dir()]


def _without_left_out(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return [folder]
    hidden = set(left_out(folder))
    return [entry for entry in sorted(folder.iterdir()) if entry not in hidden]


@functools.cache
def read_through(interpreter: Interpreter) -> None:
    """Read every file that a child may read, once, so that all of them are in memory whoever has read which.

    A file that is read for the first time is slow. Without this a child could tell the next one something by the files
    that it reads, and by those that it does not.
    """
    buffer = bytearray(_BUFFER_BYTES)
    for place in interpreter.readable:
        below = [os.path.join(folder, name) for folder, _, names in os.walk(place) for name in names]  # noqa: PTH118
        for path in below or [str(place)]:
            with contextlib.suppress(OSError), open(path, "rb", buffering=0) as file:  # noqa: PTH123 - thousands
                while file.readinto(buffer):
                    pass
