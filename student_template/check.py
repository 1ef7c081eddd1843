"""Try your merge.py on the public cases and see why points are lost: `python check.py`.

Your code runs on your own machine, in a process of its own with a time limit. The messages are those of the marking.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import importlib.metadata
import importlib.util
import re
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
OLDEST_PYTHON = (3, 11)
PACKAGES = {"numpy": "numpy", "jinja2": "jinja2", "opencv-python": "cv2", "tqdm": "tqdm"}
"""What is needed, as pip calls it and as Python does."""

SAME = {"opencv-python": ("opencv-python-headless", "opencv-contrib-python", "opencv-contrib-python-headless")}
"""Other packages that are as good."""

LANGUAGES = None
if sys.version_info[:2] >= OLDEST_PYTHON:
    with contextlib.suppress(ImportError):  # alone in another folder it speaks English
        LANGUAGES = importlib.import_module("grader.harness.languages")

BAD_COMMAND, CANNOT_CHECK, INTERRUPTED = 2, 3, 130

STOPPED = "Stopped by Ctrl-C: the code that was running has been ended, and nothing is left half written."
"""What the grader says, for whoever is quicker than the grader is loaded."""


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
    with LANGUAGES.speaking(language, Path(LANGUAGES.__file__).resolve().parents[1] / "labs" / "merge"):
        return run(argv)


def run(argv: list[str] | None = None) -> int:
    """Do what `main` says, in the language that was chosen."""
    args = _parser().parse_args(argv)
    problem = python_problem(sys.version_info[:2]) or package_problem(PACKAGES, read_ranges(HERE / "requirements.txt"))
    if problem:
        return _complain(problem, CANNOT_CHECK)
    if not args.file.is_file():
        return _complain(_("There is no file {file}. Name your merge.py or your zip.", file=args.file), BAD_COMMAND)
    try:
        return check(args)
    except KeyboardInterrupt:
        print(_(STOPPED), file=sys.stderr)
        return INTERRUPTED


def python_problem(version: tuple[int, int]) -> str:
    """Say why this Python cannot check; nothing when it can."""
    if version >= OLDEST_PYTHON:
        return ""
    oldest, this = (".".join(map(str, numbers)) for numbers in (OLDEST_PYTHON, version))
    return _(
        "Python {oldest} or newer is needed; this is {this}. README.md says how to set it up.", oldest=oldest, this=this
    )


def package_problem(packages: dict[str, str], ranges: dict[str, str]) -> str:
    """Say which packages are missing, or have a version outside of their range; nothing when all is well."""
    missing = [name for name, module in packages.items() if importlib.util.find_spec(module) is None]
    install = _("Install what the lab needs: python -m pip install -r requirements.txt")
    if missing:
        return _("{first} {second}", first=_("Missing: {packages}.", packages=", ".join(missing)), second=install)
    for name in packages:
        found = _version(name)
        if found and not is_within(found, ranges.get(name, "")):
            told = _(
                "{name} must be {range}; version {version} is installed.",
                name=name,
                range=ranges[name],
                version=found,
            )
            return _("{first} {second}", first=told, second=install)
    return ""


def read_ranges(requirements: Path) -> dict[str, str]:
    """Read the range of each package, such as `>=2.0,<3`; none where there is no such file."""
    try:
        lines = requirements.read_text(encoding="utf-8").splitlines()
    except OSError:
        return {}
    found = [re.match(r"([\w-]+)\s*([<>=][^;#]*)", line) for line in lines]
    return {match[1]: match[2].strip() for match in found if match}


def is_within(version: str, allowed: str) -> bool:
    """Tell whether a version is within a range such as `>=2.0,<3`."""
    bounds = re.findall(r"(>=|<)\s*([0-9.]+)", allowed)
    return all((_numbers(version) >= _numbers(bound)) == (sign == ">=") for sign, bound in bounds)


def check(args: argparse.Namespace) -> int:
    """Run the public cases, which prints the verdict and writes the page."""
    if str(HERE) not in sys.path:
        sys.path.insert(0, str(HERE))
    grader = importlib.import_module("grader.self_check")
    return int(
        grader.run(
            args.file.resolve(),
            args.html.resolve(),
            case=args.case,
            is_all=args.all,
            is_verbose=args.verbose,
            language=args.language,
        )
    )


def _version(name: str) -> str:
    """Find which version of a package is installed; nothing where nobody wrote that down."""
    for known in (name, *SAME.get(name, ())):
        try:
            return importlib.metadata.version(known)
        except importlib.metadata.PackageNotFoundError:
            continue
    return ""


def _numbers(version: str) -> tuple[int, ...]:
    """Read the numbers that a version begins with; `2.0` and `2` are the same."""
    numbers = [int(number) for number in re.match(r"[0-9.]*", version)[0].split(".") if number]
    return tuple([*numbers, 0, 0, 0, 0][:4])


def _complain(problem: str, code: int) -> int:
    print(f"check.py: {problem}", file=sys.stderr)
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=_("Try your merge.py on the public cases and see why points are lost: `python check.py`.")
    )
    code = HERE / "estimation" / "merge.py"
    parser.add_argument("file", nargs="?", type=Path, default=code, help=_("your merge.py, or your zip"))
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
