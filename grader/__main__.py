"""The grader's command line: ``python -m grader …`` parses, delegates, and sets the exit code.

0: done (a submission was graded, whatever its mark). 1: the doctor found a protection missing. 2: the command line
is wrong. 3: the grader itself failed. 130: stopped by Ctrl-C.
"""

import argparse
import io
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from grader.harness.batch.commands import add_commands
from grader.harness.errors import GraderError, SubmissionError
from grader.harness.results import Audience, Report, Verdict, Visibility
from grader.harness.sandbox.policy import Mode

AUDIENCES, MODES = [audience.value for audience in Audience], [mode.value for mode in Mode]
DONE, MACHINE_UNFIT, BAD_COMMAND_LINE, GRADER_FAILED = 0, 1, 2, 3
STOPPED = 130
PYTEST_USAGE_ERROR = 4
N_GRADED = 2
"""Pytest's exit codes below this one mean that the checks were run."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return its exit code."""
    options = _parser().parse_args(arguments)
    command: Callable[[argparse.Namespace], int] = options.command
    try:
        return command(options)
    except SubmissionError as exc:  # a path that leads nowhere, an archive that is none
        print(exc, file=sys.stderr)
        return BAD_COMMAND_LINE
    except GraderError as exc:
        print(f"The grader cannot do this: {exc}", file=sys.stderr)
        return GRADER_FAILED
    except KeyboardInterrupt:
        print("Stopped. What is finished is kept: the same command goes on from here.", file=sys.stderr)
        return STOPPED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m grader", description="Grade submissions of the OpenPose lab.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _add_grade(commands.add_parser("grade", help="grade one submission"))
    add_commands(commands.add_parser)
    _add_doctor(commands.add_parser("doctor", help="test the sandbox, the rubric and the cases on this machine"))
    _add_cases(commands.add_parser("cases", help="make a new set of cases"))
    _add_release(commands.add_parser("release", help="build the archive that students get"))
    return parser


def _add_grade(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("student", type=Path, metavar="ZIP", help="the submission: a zip, or a merge.py alone")
    parser.add_argument("--results", metavar="FILE.json", help="write the results in Gradescope's format")
    parser.add_argument("--html", metavar="FILE.html", help="write the results as one page")
    parser.add_argument("--audience", choices=AUDIENCES, default=Audience.STUDENT, help="who reads")
    parser.add_argument("--sandbox", choices=MODES, default=Mode.AUTO, help="strict: all protections, or no mark")
    parser.add_argument("--student-python", metavar="PATH", help="interpreter that runs the student's code")
    parser.add_argument("--no-shrink", action="store_true", help="show failing inputs as they were recorded")
    parser.set_defaults(command=_grade)


def _add_doctor(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--sandbox", choices=MODES, default=Mode.AUTO, help="which protections to test")
    parser.set_defaults(command=_doctor)


def _add_cases(parser: argparse.ArgumentParser) -> None:
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--seed", type=int, help="another number, other cases")
    what.add_argument("--maps", action="store_true", help="run the network on images/ and keep what it says, no cases")
    parser.add_argument("--public", action="store_true", help="make the public set; without it, the hidden one")
    parser.set_defaults(command=_cases)


def _add_release(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--out", type=Path, required=True, metavar="FILE.zip", help="where the archive goes")
    parser.set_defaults(command=_release)


def _grade(options: argparse.Namespace) -> int:
    from grader.grade import grade

    exit_code, report = grade([f"--student={options.student}", *_passed_on(options)])
    if exit_code == PYTEST_USAGE_ERROR:
        return BAD_COMMAND_LINE
    return DONE if exit_code < N_GRADED and report is not None and not _has_fault(report) else GRADER_FAILED


def _passed_on(options: argparse.Namespace) -> list[str]:
    """Write the options that pytest gets as they were given."""
    names = {"results": "--results", "html": "--html", "student_python": "--student-python"}
    given = {flag: getattr(options, name) for name, flag in names.items()}
    arguments = [f"{flag}={value}" for flag, value in given.items() if value is not None]
    arguments += [f"--audience={options.audience}", f"--sandbox={options.sandbox}"]
    return [*arguments, "--no-shrink"] if options.no_shrink else arguments


def _has_fault(report: Report) -> bool:
    return any(check.verdict is Verdict.GRADER_FAULT for check in report.checks)


def _doctor(options: argparse.Namespace) -> int:
    from grader.harness.lab_files import check_tests, load_material
    from grader.harness.sandbox.doctor import examine, render

    rubric, cases = load_material()
    check_tests(rubric)
    print(f"The rubric's {len(rubric.checks)} checks have their tests and {len(cases)} cases.")
    protections = examine(Mode(options.sandbox))
    print(render(protections))
    return DONE if all(protection.is_on for protection in protections) else MACHINE_UNFIT


def _cases(options: argparse.Namespace) -> int:
    from grader.labs.merge.casemaking.picture_cases import write_maps
    from grader.labs.merge.casemaking.write import write_cases
    from grader.labs.merge.merge_case import FOLDER

    visibility = Visibility.PUBLIC if options.public else Visibility.HIDDEN
    written = write_maps() if options.maps else write_cases(FOLDER, options.seed, visibility=visibility)
    for path in written:
        print(path.relative_to(FOLDER))
    print(f"{len(written)} files changed.")
    return DONE


def _release(options: argparse.Namespace) -> int:
    from grader.harness.release import build_release

    names = build_release(options.out)
    print(f"{options.out}: {len(names)} files")
    return DONE


if __name__ == "__main__":
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a terminal that lacks a character gets its number
            stream.reconfigure(errors="backslashreplace")
    sys.exit(main())
