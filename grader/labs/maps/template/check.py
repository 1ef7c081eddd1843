"""Try your maps.py on the public cases and see why points are lost: `python check.py`.

Your code runs on your own machine, in a process of its own with a time limit. The messages are those of the marking.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import importlib.util
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
OLDEST_PYTHON = (3, 11)
PACKAGES = ("numpy", "jinja2")

LANGUAGES = None
if sys.version_info[:2] >= OLDEST_PYTHON:
    with contextlib.suppress(ImportError):  # alone in another folder it speaks English
        LANGUAGES = importlib.import_module("grader.harness.languages")

BAD_COMMAND, CANNOT_CHECK, INTERRUPTED = 2, 3, 130


def _(pattern: str, **values: object) -> str:
    """Say it in the language that was chosen."""
    return LANGUAGES.tell(LANGUAGES.said(pattern, **values)) if LANGUAGES else pattern.format(**values)


def main(argv: list[str] | None = None) -> int:
    """Check; return 0 without a fault, 1 if points are lost, 2 for a wrong command, 3 if nothing can be checked.

    130 after Ctrl-C.
    """
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="backslashreplace")  # what the terminal cannot show must not stop us
    if LANGUAGES is None:
        return run(argv)
    try:
        language = LANGUAGES.find_asked_language(argv)
    except LANGUAGES.UsageError as exc:
        return _complain(str(exc), BAD_COMMAND)
    with LANGUAGES.speaking(language, Path(LANGUAGES.__file__).resolve().parents[1] / "labs" / "maps"):
        return run(argv)


def run(argv: list[str] | None = None) -> int:
    """Do what `main` says, in the language that was chosen."""
    args = _parser().parse_args(argv)
    if problem := _find_problem():
        return _complain(problem, CANNOT_CHECK)
    if not args.file.is_file():
        return _complain(_("There is no file {file}. Name your maps.py or your zip.", file=args.file), BAD_COMMAND)
    if str(HERE) not in sys.path:
        sys.path.insert(0, str(HERE))
    asked = {"case": args.case, "is_all": args.all, "is_verbose": args.verbose, "language": args.language}
    try:
        grader = importlib.import_module("grader.self_check")
        return int(grader.run(args.file.resolve(), args.html.resolve(), **asked))
    except KeyboardInterrupt:  # quicker than the grader is loaded, which says the same
        stopped = _("Stopped by Ctrl-C: the code that was running has been ended, and nothing is left half written.")
        print(stopped, file=sys.stderr)
        return INTERRUPTED


def _find_problem() -> str:
    """Say what this Python lacks; nothing when it can check."""
    if sys.version_info[:2] < OLDEST_PYTHON:
        needed, this = (".".join(map(str, version)) for version in (OLDEST_PYTHON, sys.version_info[:2]))
        return _(
            "Python {oldest} or newer is needed; this is {this}. README.md says how to set it up.",
            oldest=needed,
            this=this,
        )
    missing = [name for name in PACKAGES if importlib.util.find_spec(name) is None]
    if missing:
        install = _("Install what the lab needs: python -m pip install -r requirements.txt")
        return _("{first} {second}", first=_("Missing: {packages}.", packages=", ".join(missing)), second=install)
    return ""


def _complain(problem: str, code: int) -> int:
    print(f"check.py: {problem}", file=sys.stderr)
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=_("Try your maps.py on the public cases and see why points are lost: `python check.py`.")
    )
    yours = _("your maps.py, or your zip")
    parser.add_argument("file", nargs="?", type=Path, default=HERE / "maps.py", help=yours)
    all_of_it = _("tell all that is wrong, and not only the first")
    parser.add_argument("--all", action="store_true", help=all_of_it)
    parser.add_argument("--case", default="", metavar="NAME", help=_("explain this one case in full"))
    parser.add_argument("--html", type=Path, default=HERE / "check.html", help=_("where the page goes"))
    verbose = _("also tell what ran your code and what protected you")
    parser.add_argument("--verbose", action="store_true", help=verbose)
    language = _("what this says it in: en or zh-TW; by default your system's language")
    parser.add_argument("--language", default="", metavar="NAME", help=language)
    return parser


if __name__ == "__main__":
    sys.exit(main())
