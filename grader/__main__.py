"""The grader's command line: ``python -m grader …`` parses, finds the lab, delegates, and sets the exit code.

0: done (a submission was graded, whatever its mark). 1: the doctor found a protection missing. 2: the command line
is wrong. 3: the grader itself failed. 130: stopped by Ctrl-C. 141: whoever read the output has closed it.
"""

import argparse
import contextlib
import io
import os
import secrets
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from grader.harness.batch.commands import add_commands
from grader.harness.errors import STOPPED as STOPPED_SAYS
from grader.harness.errors import GraderError, SubmissionError, UsageError
from grader.harness.lab import Lab
from grader.harness.options import GRADING, LAB, MODES, STUDENT_HELP, STUDENT_METAVAR
from grader.harness.results import Audience, Visibility
from grader.harness.sandbox.policy import Mode
from grader.labs import DEFAULT, find_lab, list_labs, other_namings

DONE, MACHINE_UNFIT, BAD_COMMAND_LINE, GRADER_FAILED = 0, 1, 2, 3
STOPPED = 130
NOBODY_READS = 141
"""What a shell says of a program that the signal for a closed pipe has ended."""

SEED_FILE = "seed.txt"
"""In the folder of the cases: what the hidden set was made from. Whoever has it can make the set."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return its exit code."""
    options = _parser().parse_args(arguments)
    try:
        code = _run(options)
        sys.stdout.flush()  # here, and not when Python ends, where nobody can say what to do about a closed pipe
    except BrokenPipeError:
        return _end_quietly()
    return code


def _run(options: argparse.Namespace) -> int:
    """Run the command that was chosen; tell what the grader could not do."""
    command: Callable[[Lab, argparse.Namespace], int] = options.command
    try:
        lab = _find_lab(options)
        options.other_labs = other_namings(lab)
        return command(lab, options)
    except (SubmissionError, UsageError) as exc:  # a path that leads nowhere, an archive that is none
        print(exc, file=sys.stderr)
        return BAD_COMMAND_LINE
    except GraderError as exc:
        print(f"The grader cannot do this: {exc}", file=sys.stderr)
        return GRADER_FAILED
    except KeyboardInterrupt:
        if command is _grade:
            from grader.harness.sandbox.processes import end_all

            end_all()
            print(STOPPED_SAYS, file=sys.stderr)
            return STOPPED
        print("Stopped. What is finished is kept: the same command goes on from here.", file=sys.stderr)
        return STOPPED


def _end_quietly() -> int:
    """End without a word once nobody reads: ``python -m grader … | head``."""
    # What Python has still to write when it ends goes nowhere, without another error.
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):
            os.dup2(nowhere, stream.fileno())
    os.close(nowhere)
    return NOBODY_READS


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m grader", description="Grade submissions of a lab.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def add(name: str, help: str) -> argparse.ArgumentParser:  # noqa: A002 - argparse's word
        command = commands.add_parser(name, help=help)
        if name != "grade":
            command.add_argument("--lab", **LAB)
        return command

    _add_grade(add("grade", help="grade one submission"))
    add_commands(add)
    _add_doctor(add("doctor", help="test the sandbox, the rubric and the cases on this machine"))
    _add_cases(add("cases", help="make a new set of cases"))
    _add_release(add("release", help="build the archive that students get"))
    return parser


def _find_lab(options: argparse.Namespace) -> Lab:
    """Choose the lab: by its name, by the submission's, by what a class began with, by most of its files."""
    if options.lab:
        return find_lab(options.lab)
    if hasattr(options, "student"):
        return find_lab("", options.student.name)
    if hasattr(options, "out") and (options.out / "roll.json").is_file():
        from grader.harness.batch.store import Store

        return find_lab(Store(options.out).found().lab)
    if hasattr(options, "submissions"):
        return _find_lab_of_class(options)
    return find_lab(DEFAULT)


def _find_lab_of_class(options: argparse.Namespace) -> Lab:
    """Find the lab after which most of the files are called."""
    from grader.harness.batch.entries import find_entries

    def count(lab: Lab) -> tuple[int, bool]:
        entries = find_entries(lab.naming, options.submissions, out=options.out)
        return sum(lab.naming.is_expected(entry.file_name) for entry in entries), lab.name == DEFAULT

    return max(list_labs(), key=count)


def _add_grade(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("student", type=Path, metavar=STUDENT_METAVAR, help=STUDENT_HELP)
    for flag, declaration in GRADING:
        parser.add_argument(flag, **declaration)
    parser.set_defaults(command=_grade)


def _add_doctor(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--sandbox", choices=MODES, default=Mode.AUTO, help="which protections to test")
    for flag, declaration in GRADING:
        if flag == "--student-python":
            parser.add_argument(flag, **declaration)
    parser.set_defaults(command=_doctor)


def _add_cases(parser: argparse.ArgumentParser) -> None:
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--seed", type=int, help="another number, other cases; the hidden set draws one of its own")
    what.add_argument("--sources", action="store_true", help="make anew what cases are made from, and no cases")
    parser.add_argument("--public", action="store_true", help="make the public set; without it, the hidden one")
    parser.set_defaults(command=_cases)


def _add_release(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--out", type=Path, required=True, metavar="FILE.zip", dest="archive", help="where it goes")
    parser.set_defaults(command=_release)


def _grade(lab: Lab, options: argparse.Namespace) -> int:
    from tqdm import tqdm

    from grader.harness.assessment import Options, grade_submission
    from grader.harness.lab_files import load_lab_files
    from grader.harness.languages import ENGLISH, choose_language, speaking
    from grader.harness.outputs import Outputs
    from grader.harness.report.text import find_faults, render_text
    from grader.harness.submission import open_submission

    outputs, audience = Outputs(options.results, options.html), Audience(options.audience)
    language = choose_language(options.language, load_lab_files(lab).rubric.language)
    submission = open_submission(lab, options.student, others=other_namings(lab))
    how = Options(Mode(options.sandbox), options.student_python, is_shrinking=not options.no_shrink)
    report = grade_submission(
        lab, submission, how, lambda checks: tqdm(checks, desc="Checks", leave=False, disable=None)
    )
    try:
        with speaking(language if audience is Audience.STUDENT else ENGLISH, lab.folder):
            text = render_text(lab, report, audience)
            outputs.write(lab, report, audience)
    except OSError as exc:
        raise GraderError(f"the results cannot be written: {exc}") from exc
    finally:  # last of all: whoever reads it may close the pipe after the first line
        print(text, end="")
        for fault in find_faults(report):
            print(fault, file=sys.stderr)
    return GRADER_FAILED if find_faults(report) else DONE


def _doctor(lab: Lab, options: argparse.Namespace) -> int:
    from grader.harness.lab_files import load_lab_files
    from grader.harness.sandbox.doctor import examine, find_interpreter, render

    for one in [lab] if options.lab else list_labs():
        files = load_lab_files(one)
        print(f"{one.title}: {len(files.rubric.checks)} checks have their tests and {len(files.cases)} cases.")
    mode, python = Mode(options.sandbox), options.student_python
    print(find_interpreter(mode, python))
    protections = examine(mode, python)
    print(render(protections))
    return DONE if all(protection.is_on for protection in protections) else MACHINE_UNFIT


def _cases(lab: Lab, options: argparse.Namespace) -> int:
    if lab.make_cases is None:
        raise UsageError(f"A lab must make its cases by a program to make others; {lab.name!r} has them by hand.")
    folder = lab.folder / "cases"
    if options.sources:
        written = _make_sources(lab)
    elif options.public and options.seed is None:
        raise UsageError("The public set must be the same for everybody: name its seed, which cases/README.md tells.")
    elif options.public:
        written = lab.make_cases(options.seed, Visibility.PUBLIC)
    else:
        seed = secrets.randbelow(2**63) if options.seed is None else options.seed
        written = lab.make_cases(seed, Visibility.HIDDEN)
        (folder / SEED_FILE).write_text(f"{seed}\n", encoding="utf-8")
        print(f"The seed of the hidden set stands in cases/{SEED_FILE}, which git ignores. Publish neither.")
    for path in written:
        print(path.relative_to(folder))
    print(f"{len(written)} files changed.")
    return DONE


def _make_sources(lab: Lab) -> Sequence[Path]:
    if lab.make_sources is None:
        raise UsageError(
            f"--sources needs cases that are made from something; those of {lab.name!r} have a seed alone."
        )
    return lab.make_sources()


def _release(lab: Lab, options: argparse.Namespace) -> int:
    from grader.harness.release import build_release

    names = build_release(lab, options.archive)
    print(f"{options.archive}: {len(names)} files")
    return DONE


if __name__ == "__main__":
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a terminal that lacks a character gets its number
            stream.reconfigure(errors="backslashreplace")
    sys.exit(main())
