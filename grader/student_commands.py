"""What students of any lab run, `check.py` and `pack.py`: options, language and packages; then the grader's own code.

Like `self_check.py` it knows both floors, and loads them when it is known that they can be loaded: until then it needs
the standard library alone.
"""

import argparse
import importlib
import importlib.metadata
import importlib.util
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

from grader.harness.errors import STOPPED, UsageError
from grader.harness.languages import find_asked_language, said, speaking, tell

FAULT, BAD_COMMAND, CANNOT_RUN, INTERRUPTED = 1, 2, 3, 130

NEEDED: Mapping[str, str] = MappingProxyType({"numpy": "", "jinja2": ""})
"""Packages that the grader itself needs, and their ranges, where there is no requirements.txt to say more."""

_MODULES = {"opencv-python": "cv2"}
"""How Python calls a package that pip calls otherwise."""

_SAME = {"opencv-python": ("opencv-python-headless", "opencv-contrib-python", "opencv-contrib-python-headless")}
"""Other packages that are as good."""


def check(folder: Path, argv: Sequence[str] | None = None) -> int:
    """Try code on the public cases: print the verdict, and write a page.

    Parameters
    ----------
    folder : Path
        What the student unpacked.
    argv : sequence of str, optional
        The command line.

    Returns
    -------
    code : int
        0 without a fault, 1 if points are lost, 2 for a wrong command, 3 if nothing can be checked, 130 after Ctrl-C.
    """
    return _run("check.py", _check_parser, _check, folder, argv)


def pack(folder: Path, argv: Sequence[str] | None = None) -> int:
    """Make the zip that is handed in; parameters as `check`.

    Returns
    -------
    code : int
        0, 1 when something is missing or wrong, 2 for a wrong command, 3 if a package is missing, 130 after Ctrl-C.
    """
    return _run("pack.py", _pack_parser, _pack, folder, argv)


def find_package_problem(ranges: Mapping[str, str]) -> str:
    """Say which packages are missing, or have a version outside of their range; nothing when all is well."""
    install = said("Install what the lab needs: python -m pip install -r requirements.txt")
    if missing := [name for name in ranges if not (_find_version(name) or _has_module(name))]:
        told = said("Missing: {packages}.", packages=", ".join(missing))
        return said("{first} {second}", first=told, second=install)
    for name, allowed in ranges.items():
        found = _find_version(name)
        if found and not is_within(found, allowed):
            told = said(
                "{name} must be {range}; version {version} is installed.", name=name, range=allowed, version=found
            )
            return said("{first} {second}", first=told, second=install)
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


def _run(
    script: str,
    make_parser: Callable[[str], argparse.ArgumentParser],
    act: Callable[[str, Path, argparse.Namespace], int],
    folder: Path,
    argv: Sequence[str] | None,
) -> int:
    """Choose the language, read the options, look for the packages, and act."""
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]  # what the terminal cannot show
    try:
        language = find_asked_language(argv)
    except UsageError as exc:
        return _complain(script, [str(exc)], BAD_COMMAND)
    with speaking(language):
        args = make_parser(script).parse_args(argv)
        if problem := find_package_problem({**NEEDED, **read_ranges(folder / "requirements.txt")}):
            return _complain(script, [problem], CANNOT_RUN)
        try:
            return act(script, folder, args)
        except KeyboardInterrupt:  # quicker than the grader is loaded, which says the same
            print(tell(STOPPED), file=sys.stderr)
            return INTERRUPTED


def _check(script: str, folder: Path, args: argparse.Namespace) -> int:
    lab = importlib.import_module("grader.labs").find_lab("", args.file.name if args.file else "")
    file = args.file or folder / lab.code
    if not file.is_file():
        told = said("There is no file {file}. Name your {code} or your zip.", file=file, code=lab.program.file)
        return _complain(script, [told], BAD_COMMAND)
    page = args.html or folder / "check.html"
    asked = {"case": args.case, "is_all": args.all, "is_verbose": args.verbose, "language": args.language}
    return int(importlib.import_module("grader.self_check").run(file.resolve(), page.resolve(), **asked))


def _pack(script: str, folder: Path, args: argparse.Namespace) -> int:
    lab = importlib.import_module("grader.labs").find_lab("", args.code.name if args.code else "")
    packed = importlib.import_module("grader.harness.packing").pack_submission(
        lab, args.student_id, folder, args.out, code=args.code, report=args.report, is_replacing=args.force
    )
    if packed.path is None:
        _complain(script, packed.problems, FAULT)
        print(tell(said("No zip was made.")), file=sys.stderr)
        return FAULT
    print(*map(tell, packed.remarks), sep="\n")
    return 0


def _complain(script: str, problems: Sequence[str], code: int) -> int:
    for problem in problems:
        print(f"{script}: {tell(problem)}", file=sys.stderr)
    return code


def _find_version(name: str) -> str:
    """Find which version of a package is installed; nothing where nobody wrote that down."""
    for known in (name, *_SAME.get(name, ())):
        try:
            return importlib.metadata.version(known)
        except importlib.metadata.PackageNotFoundError:
            continue
    return ""


def _has_module(name: str) -> bool:
    """Tell whether Python finds what a package brings, also where nobody wrote down that it was installed."""
    return importlib.util.find_spec(_MODULES.get(name, name)) is not None


def _numbers(version: str) -> tuple[int, ...]:
    """Read the numbers that a version begins with; `2.0` and `2` are the same."""
    read = re.match(r"[0-9.]*", version)
    numbers = [int(number) for number in (read[0] if read else "").split(".") if number]
    return tuple([*numbers, 0, 0, 0, 0][:4])


def _check_parser(script: str) -> argparse.ArgumentParser:
    parser = _parser(script, said("Try your code on the public cases and see why points are lost: `python check.py`."))
    yours = said("your code, or your zip; without it the file that the lab came with")
    parser.add_argument("file", nargs="?", type=Path, help=tell(yours))
    everything = said("tell all that is wrong, and not only the first")
    parser.add_argument("--all", action="store_true", help=tell(everything))
    parser.add_argument("--case", default="", metavar="NAME", help=tell(said("explain this one case in full")))
    parser.add_argument("--html", type=Path, help=tell(said("where the page goes")))
    verbose = said("also tell what ran your code and what protected you")
    parser.add_argument("--verbose", action="store_true", help=tell(verbose))
    return parser


def _pack_parser(script: str) -> argparse.ArgumentParser:
    parser = _parser(
        script, said("Make the zip that you hand in, or say what is still missing: `python pack.py N26130891`.")
    )
    parser.add_argument("student_id", nargs="?", default="", help=tell(said("your student id, such as N26130891")))
    report = said("your report; without it the PDF of the right name beside pack.py")
    parser.add_argument("--report", type=Path, help=tell(report))
    parser.add_argument("--code", type=Path, help=tell(said("your code; without it the file that the lab came with")))
    out = said("folder for the zip; by default the current one")
    parser.add_argument("--out", type=Path, default=Path(), help=tell(out))
    parser.add_argument("--force", action="store_true", help=tell(said("replace a zip that is there already")))
    return parser


def _parser(script: str, description: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog=script, description=tell(description))
    language = said("what this says it in: en or zh-TW; by default your system's language")
    parser.add_argument("--language", default="", metavar="NAME", help=tell(language))
    return parser
