"""Try your merge.py on the public cases and see why points are lost: `python check.py`.

Your code runs on your own machine, in a process of its own with a time limit. The messages are those of the marking.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
OLDEST_PYTHON = (3, 11)
PACKAGES = ("numpy", "pytest", "jinja2", "cv2")
ALL_RIGHT, POINTS_LOST, BAD_COMMAND, CANNOT_CHECK = 0, 1, 2, 3


def main(argv: list[str] | None = None) -> int:
    """Check and return 0 without a fault, 1 if points are lost, 2 for a wrong command, 3 if nothing can be checked."""
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="backslashreplace")  # what the terminal cannot show must not stop us
    args = _parser().parse_args(argv)
    if not args.file.is_file():
        return _complain(f"There is no file {args.file}. Name your merge.py or your zip.", BAD_COMMAND)
    problem = python_problem(sys.version_info[:2]) or package_problem(PACKAGES)
    if problem:
        return _complain(problem, CANNOT_CHECK)
    return check(args.file.resolve(), args.html.resolve())


def python_problem(version: tuple[int, int]) -> str:
    """Say why this Python cannot check; nothing when it can."""
    if version >= OLDEST_PYTHON:
        return ""
    return (
        f"Python {'.'.join(map(str, OLDEST_PYTHON))} or newer is needed; this is {'.'.join(map(str, version))}. "
        "README.md says how to set it up."
    )


def package_problem(packages: tuple[str, ...]) -> str:
    """Say which packages are missing; nothing when none is."""
    missing = [name for name in packages if importlib.util.find_spec(name) is None]
    if not missing:
        return ""
    return f"Missing: {', '.join(missing)}. Install what the lab needs: python -m pip install -r requirements.txt"


def check(file: Path, page: Path) -> int:
    """Run the public checks, which print the table and write the page."""
    command = [sys.executable, "-m", "pytest", "grader", "-qq", "--no-shrink", "--sandbox=off", "--audience=student"]
    finished = subprocess.run(  # noqa: S603 - our own command line
        [*command, f"--student={file}", f"--html={page}"], cwd=HERE, env=_environment(), check=False
    )
    if finished.returncode not in {ALL_RIGHT, POINTS_LOST}:
        return _complain("The check itself failed; that is not your fault. Show this to your teachers.", CANNOT_CHECK)
    print(f"The same with drawings: open {page} in your browser.")
    print("These are the public cases. Marks are given by more cases of the same kinds.")
    return finished.returncode


def _environment() -> dict[str, str]:
    """Keep out what is set for other uses of pytest; let no character stop the printing."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    return {**environment, "PYTHONIOENCODING": f"{sys.stdout.encoding}:backslashreplace"}


def _complain(problem: str, code: int) -> int:
    print(f"check.py: {problem}", file=sys.stderr)
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "file", nargs="?", type=Path, default=HERE / "estimation" / "merge.py", help="your merge.py, or your zip"
    )
    parser.add_argument("--html", type=Path, default=HERE / "check.html", help="where the page goes")
    return parser


if __name__ == "__main__":
    sys.exit(main())
