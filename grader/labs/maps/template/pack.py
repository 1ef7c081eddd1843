"""Make the zip that you hand in, or say what is still missing: `python pack.py N26130891`.

The zip holds your maps.py and your report as a PDF, under the names that the lab asks for. Your code is not run.
"""

from __future__ import annotations

import argparse
import importlib
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
OLDEST_PYTHON = (3, 11)


def main(argv: list[str] | None = None) -> int:
    """Pack and return 0; return 1 when something is missing or wrong, 2 when this Python is too old."""
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="backslashreplace")  # a name that the terminal cannot show must not stop us
    args = _parser().parse_args(argv)
    if sys.version_info[:2] < OLDEST_PYTHON:
        needed, this = (".".join(map(str, version)) for version in (OLDEST_PYTHON, sys.version_info[:2]))
        print(f"pack.py: Python {needed} or newer is needed; this is {this}. README.md says how to set it up.")
        return 2
    if str(HERE) not in sys.path:
        sys.path.insert(0, str(HERE))
    lab = importlib.import_module("grader.labs").find_lab("", args.code.name)
    packing = importlib.import_module("grader.harness.packing")
    packed = packing.pack_submission(lab, args.student_id, args.code, args.report, args.out, is_replacing=args.force)
    for problem in packed.problems:
        print(f"pack.py: {problem}", file=sys.stderr)
    if packed.path is None:
        print("No zip was made.", file=sys.stderr)
        return 1
    print(f"Wrote {packed.path}. Hand in this file as it is.", *packed.remarks, sep="\n")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("student_id", nargs="?", default="", help="your student id, such as N26130891")
    parser.add_argument("--code", type=Path, default=HERE / "maps.py", help="your code; by default maps.py beside this")
    parser.add_argument("--report", type=Path, help="your report; without it the one beside your code")
    parser.add_argument("--out", type=Path, default=Path(), help="folder for the zip; by default the current one")
    parser.add_argument("--force", action="store_true", help="replace a zip that is there already")
    return parser


if __name__ == "__main__":
    sys.exit(main())
