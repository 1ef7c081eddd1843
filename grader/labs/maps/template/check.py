"""Try your maps.py on the public cases and see why points are lost: `python check.py`.

Your code runs on your own machine, in a process of its own with a time limit. The messages are those of the marking.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
OLDEST_PYTHON = (3, 11)
PACKAGES = ("numpy", "jinja2")
BAD_COMMAND, CANNOT_CHECK, INTERRUPTED = 2, 3, 130


def main(argv: list[str] | None = None) -> int:
    """Check; return 0 without a fault, 1 if points are lost, 2 for a wrong command, 3 if nothing can be checked.

    130 after Ctrl-C.
    """
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="backslashreplace")  # what the terminal cannot show must not stop us
    args = _parser().parse_args(argv)
    if problem := _find_problem():
        return _complain(problem, CANNOT_CHECK)
    if not args.file.is_file():
        return _complain(f"There is no file {args.file}. Name your maps.py or your zip.", BAD_COMMAND)
    if str(HERE) not in sys.path:
        sys.path.insert(0, str(HERE))
    try:
        grader = importlib.import_module("grader.self_check")
        file, page = args.file.resolve(), args.html.resolve()
        return int(grader.run(file, page, case=args.case, is_all=args.all, is_verbose=args.verbose))
    except KeyboardInterrupt:
        print("Stopped by Ctrl-C: the code that was running has been ended.", file=sys.stderr)
        return INTERRUPTED


def _find_problem() -> str:
    """Say what this Python lacks; nothing when it can check."""
    if sys.version_info[:2] < OLDEST_PYTHON:
        needed, this = (".".join(map(str, version)) for version in (OLDEST_PYTHON, sys.version_info[:2]))
        return f"Python {needed} or newer is needed; this is {this}. README.md says how to set it up."
    missing = [name for name in PACKAGES if importlib.util.find_spec(name) is None]
    if missing:
        return f"Missing: {', '.join(missing)}. Install what the lab needs: python -m pip install -r requirements.txt"
    return ""


def _complain(problem: str, code: int) -> int:
    print(f"check.py: {problem}", file=sys.stderr)
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file", nargs="?", type=Path, default=HERE / "maps.py", help="your maps.py, or your zip")
    parser.add_argument("--all", action="store_true", help="tell all that is wrong, and not only the first")
    parser.add_argument("--case", default="", metavar="NAME", help="explain this one case in full")
    parser.add_argument("--html", type=Path, default=HERE / "check.html", help="where the page goes")
    parser.add_argument("--verbose", action="store_true", help="also tell what ran your code and what protected you")
    return parser


if __name__ == "__main__":
    sys.exit(main())
