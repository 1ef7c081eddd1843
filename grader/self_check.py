"""What a student's `check.py` runs: the published cases, a verdict on one screen, and a page.

Like `__main__.py` and `conftest.py` it knows both floors.
"""

import difflib
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from pathlib import Path

from grader.harness.assessment import Options, Step, grade_submission
from grader.harness.characters import make_visible, one_line, pad
from grader.harness.errors import STOPPED, GraderError, SubmissionError
from grader.harness.forecast import write_forecast
from grader.harness.lab import Lab
from grader.harness.languages import choose_language, find_system_language, said, speaking, tell
from grader.harness.outputs import Outputs
from grader.harness.report.failures import WIDTH, write_case
from grader.harness.report.redaction import visible_report
from grader.harness.report.text import explain_run, find_faults, render_text, write_protections
from grader.harness.report.verdict import render_verdict, was_played
from grader.harness.results import Audience, Explanation, Problem, Report
from grader.harness.sandbox.policy import Mode
from grader.harness.sandbox.processes import end_all
from grader.harness.submission import open_submission
from grader.labs import find_lab, other_namings

ALL_RIGHT, POINTS_LOST, BAD_COMMAND, CANNOT_CHECK, INTERRUPTED = 0, 1, 2, 3, 130

PUBLIC_ALONE = said("These are the public cases; marks are given by more cases of the same kinds.")
NOT_YOURS = said("The check itself failed; that is not your fault.")


@dataclass(frozen=True)
class Wanted:
    """What a student asked for.

    Attributes
    ----------
    file : Path
        The code, or a zip with it.
    page : Path
        Where the page goes.
    case : str
        Name of the one case to explain; empty for the verdict.
    is_all : bool
        Whether all that is wrong is told, and not only the first.
    is_verbose : bool
        Whether to tell what ran the code, and what protected the machine.
    """

    file: Path
    page: Path
    case: str = ""
    is_all: bool = False
    is_verbose: bool = False


def run(
    file: Path, page: Path, *, case: str = "", is_all: bool = False, is_verbose: bool = False, language: str = ""
) -> int:
    """Try the code on the published cases and print what came of it; return an exit code.

    Without a `language` it is that of the machine.
    """
    wanted = Wanted(file, page, case, is_all, is_verbose)
    lab = find_lab("", file.name)
    with speaking(choose_language(language, find_system_language()), lab.folder):
        return _try(lab, wanted)


def _try(lab: Lab, wanted: Wanted) -> int:
    file = wanted.file
    try:
        submission = open_submission(lab, file, others=other_namings(lab))
        report = grade_submission(lab, submission, Options(Mode.OFF, is_shrinking=False), _show_progress)
        _wipe()
    except KeyboardInterrupt:
        end_all()
        _wipe()
        print(tell(STOPPED), file=sys.stderr)
        return INTERRUPTED
    except SubmissionError as exc:
        return _complain(tell(exc.args[0]), BAD_COMMAND)
    except GraderError as exc:
        return _complain(f"{tell(NOT_YOURS)} {exc}", CANNOT_CHECK)
    handed = replace(report.handed, problems=tuple(_name_place(problem, file) for problem in report.handed.problems))
    report = replace(report, handed=handed, protections=report.protections if wanted.is_verbose else ())
    return _tell(lab, report, wanted)


def _name_place(problem: Problem, file: Path) -> Problem:
    """Tell of a template without code where the code goes: nobody is packing anything here."""
    if problem.code != "untouched_template":
        return problem
    explanation = Explanation(
        said("{code} must hold your code", code=file.name),
        said("it is still as you got it"),
        said("Open {file} and write your code where its comments say so.", file=_near(file)),
    )
    return replace(problem, explanation=explanation)


def _tell(lab: Lab, report: Report, wanted: Wanted) -> int:
    if wanted.case:
        return _tell_case(lab, report, wanted.case)
    forecast = write_forecast(lab, report.timing)
    notes = [forecast] if forecast else []
    if was_played(report):
        notes += [_write_page(lab, report, wanted.page), tell(PUBLIC_ALONE)]
    if wanted.is_all:
        print(render_text(lab, report, Audience.STUDENT), *notes, sep="\n")
    else:
        print(render_verdict(lab, report, notes), end="")
        if wanted.is_verbose:
            print("", *explain_run(report), write_protections(report.protections), sep="\n")
    if faults := find_faults(report):
        return _complain(" ".join([tell(NOT_YOURS), *faults]), CANNOT_CHECK)
    return ALL_RIGHT if report.points == report.max_points else POINTS_LOST


def _tell_case(lab: Lab, report: Report, name: str) -> int:
    """Explain one case in full."""
    cases = [case for check in visible_report(lab, report, Audience.STUDENT).checks for case in check.cases]
    found = [case for case in cases if case.name == name]
    if not found:
        near = difflib.get_close_matches(name, dict.fromkeys(case.name for case in cases), 3)
        likely = said("python check.py --all names those that failed.")
        if near:
            names = reduce(lambda first, last: said("{first} or {last}", first=first, last=last), near)
            likely = said("Do you mean {names}?", names=names)
        unknown = said("No case that was tried is called {name}. {likely}", name=repr(one_line(name)), likely=likely)
        return _complain(tell(unknown), BAD_COMMAND)
    failed = [case for case in found if not case.is_passed]
    print(make_visible("\n\n".join("\n".join(write_case(lab, case, is_short=False)) for case in failed or found)))
    return POINTS_LOST if failed else ALL_RIGHT


def _write_page(lab: Lab, report: Report, page: Path) -> str:
    """Write the page; say where it is, or why it is not there. The verdict is told all the same."""
    try:
        Outputs(None, page).write(lab, report, Audience.STUDENT)
    except Exception as exc:  # noqa: BLE001 - whatever keeps the page away must not keep the verdict away
        why = exc.strerror if isinstance(exc, OSError) and exc.strerror else str(exc).rstrip(".")
        return tell(
            said(
                "More: python check.py --all. No page was written to {file}: {why}. Elsewhere: --html FILE.html",
                file=_near(page),
                why=why,
            )
        )
    return tell(said("More: python check.py --all. With drawings: open {file} in your browser.", file=_near(page)))


def _near(path: Path) -> Path:
    """Name a file as briefly as can be from here."""
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path


def _show_progress(steps: Sequence[Step]) -> Iterator[Step]:
    """Tell a terminal which check is tried."""
    for number, step in enumerate(steps, start=1):
        if sys.stderr.isatty():
            tried = said("{number} of {of}: {check}", number=number, of=len(steps), check=tell(step[1].title))
            print(f"\r{pad(tell(tried), 60)}", end="", file=sys.stderr, flush=True)
        yield step


def _wipe() -> None:
    """Remove the line of progress."""
    if sys.stderr.isatty():
        print("\r" + " " * (WIDTH - 40) + "\r", end="", file=sys.stderr, flush=True)


def _complain(problem: str, code: int) -> int:
    print(f"check.py: {problem}", file=sys.stderr)
    return code
