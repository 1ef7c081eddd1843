"""The commands for a class: ``batch`` grades it, ``formgrader`` opens the marking page, ``export`` writes grades."""

import argparse
import os
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from grader.harness.sandbox.policy import Mode

if TYPE_CHECKING:
    from grader.harness.batch.exports import WorksheetExport
    from grader.harness.batch.records import Line
    from grader.harness.batch.run import GradeAll
    from grader.harness.batch.store import Store
    from grader.harness.batch.worksheet import Worksheet
    from grader.harness.lab import Lab
    from grader.harness.marking import Marking

DONE, GRADER_FAILED = 0, 3
MAX_NAMED = 10
MODES = [Mode.STRICT.value, Mode.AUTO.value]


def add_commands(add: Callable[..., argparse.ArgumentParser]) -> None:
    """Declare the three commands; `add` is `add_parser` of the command line's sub-parsers.

    Each is a function of the lab and the options, ``options.command``.
    """
    _add_batch(add("batch", help="grade a class"))
    _add_formgrader(add("formgrader", help="mark the reports of a graded class in the browser"))
    _add_export(add("export", help="write grades and feedback of a graded class"))


def _add_batch(parser: argparse.ArgumentParser) -> None:
    what = "Moodle's archive, zipped or unpacked, a folder of zips, or zips"
    parser.add_argument("submissions", type=Path, nargs="+", metavar="SUBMISSIONS", help=what)
    parser.add_argument("--out", type=Path, required=True, metavar="OUT", help="folder of the class")
    parser.add_argument("--worksheet", type=Path, metavar="FILE.csv", help="Moodle's grading worksheet: ids and times")
    parser.add_argument("--workers", type=_count, default=_n_cores(), metavar="N", help="processes; default: all cores")
    parser.add_argument("--scheduler", metavar="tcp://HOST:8786", help="grade on this Dask cluster")
    parser.add_argument("--regrade", default="", metavar="all|changed|ID", help="grade again; the report's marks stay")
    part = parser.add_mutually_exclusive_group()
    part.add_argument("--add", action="store_true", help="SUBMISSIONS adds or replaces these; all others stay")
    part.add_argument("--drop", action="store_true", help="who is not in SUBMISSIONS any more leaves the class")
    parser.add_argument("--sandbox", choices=MODES, default=Mode.STRICT, help="auto: with what this machine has")
    parser.add_argument("--student-python", type=Path, metavar="PATH", help="interpreter that runs the students' code")
    _add_gradebook(parser)
    parser.set_defaults(command=grade_class)


def _add_formgrader(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("out", type=Path, metavar="OUT", help="folder of the class")
    parser.add_argument("--port", type=int, default=0, help="default: any that is free")
    parser.add_argument("--no-browser", action="store_true", help="print the address, open nothing")
    _add_gradebook(parser)
    parser.set_defaults(command=open_formgrader)


def _add_export(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("out", type=Path, metavar="OUT", help="folder of the class")
    parser.add_argument("--moodle", type=Path, metavar="WORKSHEET.csv", help="fill in a copy of Moodle's worksheet")
    parser.add_argument("--feedback-zip", action="store_true", help="students' pages, for Moodle to hand out")
    parser.add_argument("--csv", action="store_true", help="one row a student, one column a check")
    parser.add_argument("--gradescope", type=Path, metavar="DIR", help="one results.json a student")
    _add_gradebook(parser)
    parser.set_defaults(command=export)


def _add_gradebook(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--gradebook", default="", metavar="URL", help="SQLAlchemy address; default: a file in OUT")


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"must be a number from 1 on; got {text!r}")
    return int(text)


def _n_cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def grade_class(lab: "Lab", options: argparse.Namespace) -> int:
    """Grade a class: ``batch``."""
    from grader.harness.batch.continuing import check_handed_in, continue_class
    from grader.harness.batch.entries import find_entries
    from grader.harness.batch.progress import show_progress
    from grader.harness.batch.publish import find_gradebook, find_pairs, publish
    from grader.harness.batch.records import Status
    from grader.harness.batch.roll import call_roll
    from grader.harness.batch.run import (
        check_lab,
        check_worksheet,
        count,
        find_gone,
        grade_planned,
        is_stale,
        make_plan,
    )
    from grader.harness.batch.store import Store
    from grader.harness.batch.summary import write_summary
    from grader.harness.batch.worksheet import read_worksheet
    from grader.harness.fingerprints import find_fingerprints
    from grader.harness.lab_files import load_lab_files

    worksheet = None if options.worksheet is None else read_worksheet(options.worksheet)
    roll = call_roll(find_entries(lab.naming, options.submissions, out=options.out), worksheet)
    check_handed_in(roll)
    store = Store(options.out)
    if options.add:
        store.found()
    with store.locked():
        check_lab(lab, store, options.regrade)
        check_worksheet(store, has_worksheet=worksheet is not None)
        continued = continue_class(store, roll, is_addition=options.add, may_drop=options.drop)
        roll = continued.roll
        plan, gone = make_plan(lab, store, roll, options.regrade), find_gone(store, roll)
        store.call(lab.name, roll)
        with show_progress(len(roll.uploads), len(plan.graded)) as tell:
            kept = grade_planned(
                lab, store, plan, _where(lab, options), tell, Mode(options.sandbox), options.student_python
            )
        find_pairs(lab, store, store.lines())
        lines, markings = publish(lab, store, load_lab_files(lab).rubric, find_gradebook(store, options.gradebook))
    n_stale = sum(line.status is not Status.NO_MARK and is_stale(line, find_fingerprints(lab)) for line in lines)
    print(write_summary(roll, count(roll, lines), lines, n_stale, store.folder))
    _tell("added to the class", continued.added)
    _tell("replaced what they had handed in before", continued.replaced)
    _tell("could not be graded again; what they had stays", kept)
    _tell("graded before and not found now, kept and left out, with the marks of their reports", gone)
    marked = [key for key in plan.newer if any(part.points is not None for part in markings[key].parts)]
    _tell("handed in again after their reports were marked; the marks stay, look at them again", marked)
    if worksheet is not None:
        _tell_about(worksheet, [line for line in lines if line.person.key not in roll.kept])
    return GRADER_FAILED if kept or any(line.status is Status.NO_MARK for line in lines) else DONE


def _tell_about(worksheet: "Worksheet", lines: Sequence["Line"]) -> None:
    on_it = {row.participant for row in worksheet.rows}
    others = [line.person.key for line in lines if line.person.participant not in on_it]
    _tell("not on the worksheet, so Moodle cannot be told their grades", others)
    for remark in worksheet.remarks:
        print(f"On the worksheet: {remark}")


def open_formgrader(lab: "Lab", options: argparse.Namespace) -> int:
    """Show the class to whoever marks the reports: ``formgrader``."""
    from grader.harness.batch.formgrader import serve
    from grader.harness.batch.layout import assignment_of
    from grader.harness.batch.publish import find_gradebook, publish, write_notebooks
    from grader.harness.batch.run import check_lab
    from grader.harness.batch.store import Store
    from grader.harness.lab_files import load_lab_files

    store, rubric = Store(options.out), load_lab_files(lab).rubric
    url = find_gradebook(store, options.gradebook)
    store.found()
    check_lab(lab, store)
    with store.locked():
        lines, _ = publish(lab, store, rubric, url)
        write_notebooks(lab, store, rubric, lines, url)
    _tell_ungraded(store, lines)
    serve(options.out, assignment_of(lab), url, port=options.port, open_browser=not options.no_browser)
    return DONE


def export(lab: "Lab", options: argparse.Namespace) -> int:
    """Write grades and feedback: ``export``."""
    from grader.harness.batch import exports
    from grader.harness.batch.publish import find_gradebook, list_results, publish, render_feedback
    from grader.harness.batch.run import check_lab
    from grader.harness.batch.store import Store
    from grader.harness.lab_files import load_lab_files

    store, rubric = Store(options.out), load_lab_files(lab).rubric
    store.found()
    check_lab(lab, store)
    folder = store.folder / "export"
    with store.locked():
        lines, markings = publish(lab, store, rubric, find_gradebook(store, options.gradebook))
        if options.moodle:
            # Not under the name of what is written beside it.
            is_taken = options.moodle.name.casefold() in {"grades.csv", "feedback.zip"}
            out = folder / (f"worksheet-{options.moodle.name}" if is_taken else options.moodle.name)
            _tell_worksheet(out, exports.export_worksheet(options.moodle, out, rubric, lines, markings))
        if options.feedback_zip:
            left_out = exports.write_feedback_zip(folder / "feedback.zip", render_feedback(lab, store, lines, markings))
            print(folder / "feedback.zip")
            _tell("without Moodle's number, not in the archive", [person.key for person in left_out])
        if options.csv:
            exports.write_csv(folder / "grades.csv", rubric, lines, markings)
            print(folder / "grades.csv")
        if options.gradescope:
            exports.write_gradescope(options.gradescope, list_results(lab, store, lines))
            print(options.gradescope)
    _tell("without marks for the whole report, so without a total", _list_unmarked(lines, markings))
    _tell_ungraded(store, lines)
    return DONE


def _tell_worksheet(out: Path, done: "WorksheetExport") -> None:
    print(f"{out}: {len(done.filled)} grades. Upload it under: View all submissions, Upload grading worksheet.")
    _tell("locked in Moodle, left as they were", done.locked)
    _tell("not on this worksheet", done.missing)


def _tell_ungraded(store: "Store", lines: Sequence["Line"]) -> None:
    graded = {line.person.key for line in lines}
    left_out = [key for key in store.found().keys if key not in graded]
    _tell("handed in and without a result, so left out; start the batch command again", left_out)


def _list_unmarked(lines: Sequence["Line"], markings: Mapping[str, "Marking"]) -> list[str]:
    return [line.person.key for line in lines if not markings[line.person.key].is_complete]


def _tell(what: str, keys: Sequence[str]) -> None:
    """Say whom something is about, some of them by name."""
    if keys:
        more = ", …" if len(keys) > MAX_NAMED else ""
        print(f"{len(keys)} {what}: {', '.join(keys[:MAX_NAMED])}{more}")


def _where(lab: "Lab", options: argparse.Namespace) -> "GradeAll":
    """Choose who grades: this machine's cores, or a cluster."""
    from grader.harness.batch.task import grade_upload

    grade = partial(grade_upload, lab)
    if options.scheduler:
        from grader.harness.batch.cluster import grade_on_cluster

        return partial(grade_on_cluster, lab, grade=grade, address=options.scheduler)
    from grader.harness.batch.local import grade_locally

    return partial(grade_locally, grade=grade, n_workers=options.workers)
