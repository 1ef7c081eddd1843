"""Make the zip that you hand in, or say what is still missing: `python pack.py N26130891`.

The zip holds your maps.py and your report as a PDF, under the names that the lab asks for. Your code is not run.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
OLDEST_PYTHON = (3, 11)

LANGUAGES = None
if sys.version_info[:2] >= OLDEST_PYTHON:
    with contextlib.suppress(ImportError):  # alone in another folder it speaks English
        LANGUAGES = importlib.import_module("grader.harness.languages")


def _(pattern: str, **values: object) -> str:
    """Say it in the language that was chosen."""
    return LANGUAGES.tell(LANGUAGES.said(pattern, **values)) if LANGUAGES else pattern.format(**values)


def main(argv: list[str] | None = None) -> int:
    """Pack and return 0; return 1 when something is missing or wrong, 2 when the command or this Python is."""
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="backslashreplace")  # a name that the terminal cannot show must not stop us
    if LANGUAGES is None:
        return run(argv)
    try:
        language = LANGUAGES.find_asked_language(argv)
    except LANGUAGES.UsageError as exc:
        return _complain([str(exc)], 2)
    with LANGUAGES.speaking(language, Path(LANGUAGES.__file__).resolve().parents[1] / "labs" / "maps"):
        return run(argv)


def run(argv: list[str] | None = None) -> int:
    """Do what `main` says, in the language that was chosen."""
    args = _parser().parse_args(argv)
    if sys.version_info[:2] < OLDEST_PYTHON:
        return _complain([python_problem(sys.version_info[:2])], 2)
    if str(HERE) not in sys.path:
        sys.path.insert(0, str(HERE))
    lab = importlib.import_module("grader.labs").find_lab("", args.code.name)
    packing = importlib.import_module("grader.harness.packing")
    packed = packing.pack_submission(lab, args.student_id, args.code, args.report, args.out, is_replacing=args.force)
    if packed.path is None:
        return _complain([*map(LANGUAGES.tell, packed.problems)], 1)
    wrote = _("Wrote {file}. Hand in this file as it is.", file=packed.path)
    print(wrote, *map(LANGUAGES.tell, packed.remarks), sep="\n")
    return 0


def python_problem(version: tuple[int, int]) -> str:
    """Say that this Python is too old."""
    oldest, this = (".".join(map(str, numbers)) for numbers in (OLDEST_PYTHON, version))
    return _(
        "Python {oldest} or newer is needed; this is {this}. README.md says how to set it up.", oldest=oldest, this=this
    )


def _complain(problems: list[str], code: int) -> int:
    for problem in problems:
        print(f"pack.py: {problem}", file=sys.stderr)
    print(_("No zip was made."), file=sys.stderr)
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=_("Make the zip that you hand in, or say what is still missing: `python pack.py N26130891`.")
    )
    yours = _("your student id, such as N26130891")
    parser.add_argument("student_id", nargs="?", default="", help=yours)
    code = _("your code; by default maps.py beside this")
    parser.add_argument("--code", type=Path, default=HERE / "maps.py", help=code)
    report = _("your report; without it the one beside your code")
    parser.add_argument("--report", type=Path, help=report)
    out = _("folder for the zip; by default the current one")
    parser.add_argument("--out", type=Path, default=Path(), help=out)
    parser.add_argument("--force", action="store_true", help=_("replace a zip that is there already"))
    language = _("what this says it in: en or zh-TW; by default your system's language")
    parser.add_argument("--language", default="", metavar="NAME", help=language)
    return parser


if __name__ == "__main__":
    sys.exit(main())
