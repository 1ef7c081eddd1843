"""The commands for a class: ``batch`` grades it, ``mark`` opens the page to mark on, ``export`` writes grades."""

import argparse
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from functools import partial
from typing import TYPE_CHECKING

from grader.harness.batch.arguments import declare_batch, declare_export, declare_serving
from grader.harness.sandbox.policy import Mode

if TYPE_CHECKING:
    from grader.harness.batch.found import Person
    from grader.harness.batch.records import Line
    from grader.harness.batch.run import GradeAll
    from grader.harness.batch.store import Store
    from grader.harness.batch.told import Group
    from grader.harness.batch.worksheet import Worksheet
    from grader.harness.lab import Lab
    from grader.harness.marking import Marking

DONE, GRADER_FAILED = 0, 3
MAX_NAMED = 10


def add_commands(add: Callable[..., argparse.ArgumentParser]) -> None:
    """Declare the commands; `add` is `add_parser` of the command line's sub-parsers.

    Each is a function of the lab and the options, ``options.command``.
    """
    declare_batch(add("batch", help="grade a class")).set_defaults(command=grade_class)
    marking = add("mark", help="mark the reports of a graded class in the browser")
    declare_serving(marking).set_defaults(command=open_marking_page)
    formgrader = add("formgrader", help="the same in nbgrader's formgrader")
    declare_serving(formgrader).set_defaults(command=open_formgrader)
    declare_export(add("export", help="write grades and feedback of a graded class")).set_defaults(command=export)


def grade_class(lab: "Lab", options: argparse.Namespace) -> int:
    """Grade a class: ``batch``."""
    from grader.harness.batch.continuing import check_handed_in, continue_class
    from grader.harness.batch.entries import find_entries
    from grader.harness.batch.grants import add_grants
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
    from grader.harness.batch.take import NEWEST, take_chosen
    from grader.harness.batch.worksheet import read_worksheet
    from grader.harness.fingerprints import find_fingerprints
    from grader.harness.lab_files import load_lab_files

    grade_all = _where(lab, options)
    worksheet = None if options.worksheet is None else read_worksheet(options.worksheet)
    entries = find_entries(lab.naming, options.submissions, out=options.out)
    roll = call_roll(entries, worksheet, options.other_labs)
    check_handed_in(roll)
    store = Store(options.out)
    if options.add:
        store.found()
    with store.locked():
        check_lab(lab, store, options.regrade)
        check_worksheet(store, has_worksheet=worksheet is not None)
        continued = continue_class(store, roll, is_addition=options.add, may_drop=options.drop)
        # What is added counts, whatever was chosen before.
        anew = [f"{key}={NEWEST}" for key in continued.replaced]
        roll, lost = take_chosen(store, continued.roll, [*anew, *options.take])
        plan, gone = make_plan(lab, store, roll, options.regrade), find_gone(store, roll)
        people = [*roll.people, *(line.person for line in map(store.line, roll.kept) if line is not None)]
        store.keep_granted(add_grants(store.granted(), people, options.extension, options.waive))
        store.call(lab.name, roll)
        with show_progress(len(roll.uploads), len(plan.graded)) as tell:
            kept = grade_planned(lab, store, plan, grade_all, tell, Mode(options.sandbox), options.student_python)
        find_pairs(lab, store, store.lines())
        lines, markings = publish(lab, store, load_lab_files(lab).rubric, find_gradebook(store, options.gradebook))
    n_stale = sum(line.status is not Status.NO_MARK and is_stale(line, find_fingerprints(lab)) for line in lines)
    print(write_summary(roll, count(roll, lines), lines, n_stale, store.folder))
    lost = [choice for choice in lost if choice.partition("=")[0] not in roll.kept]
    _tell("chosen with --take before and not found now; the choice is kept", lost)
    _tell("added to the class", continued.added)
    _tell("replaced what they had handed in before", continued.replaced)
    _tell("could not be graded again; what they had stays", kept)
    _tell("graded before and not found now, kept and left out, with the marks of their reports", gone)
    marked = [key for key in plan.newer if any(part.points is not None for part in markings[key].parts)]
    _tell("count with another upload than when their reports were marked; the marks stay, look at them again", marked)
    _tell_grants(lab, store, people, lines)
    if worksheet is not None:
        _tell_about(worksheet, [line for line in lines if line.person.key not in roll.kept])
    return GRADER_FAILED if kept or any(line.status is Status.NO_MARK for line in lines) else DONE


def _tell_about(worksheet: "Worksheet", lines: Sequence["Line"]) -> None:
    on_it = {row.participant for row in worksheet.rows}
    others = [line.person.key for line in lines if line.person.participant not in on_it]
    _tell("not on the worksheet, so Moodle cannot be told their grades", others)
    for remark in worksheet.remarks:
        print(f"On the worksheet: {remark}")


def open_marking_page(lab: "Lab", options: argparse.Namespace) -> int:
    """Show the class to whoever marks the reports: ``mark``."""
    return _serve(lab, options, "/mark/")


def open_formgrader(lab: "Lab", options: argparse.Namespace) -> int:
    """Show the class in nbgrader's own page: ``formgrader``."""
    from grader.harness.batch.layout import assignment_of

    name = assignment_of(lab)
    return _serve(lab, options, f"/formgrader/gradebook/{name}/{name}", has_notebooks=True)


def _serve(lab: "Lab", options: argparse.Namespace, start: str, *, has_notebooks: bool = False) -> int:
    from grader.harness.batch.layout import assignment_of
    from grader.harness.batch.marking_page.book import Book
    from grader.harness.batch.marking_page.desk import Desk
    from grader.harness.batch.marking_page.handlers import make_pages
    from grader.harness.batch.notebooks import write_settings
    from grader.harness.batch.pdf import PdfReader
    from grader.harness.batch.publish import find_gradebook, publish, write_notebooks
    from grader.harness.batch.run import check_lab
    from grader.harness.batch.server import Site, choose_port, serve
    from grader.harness.batch.store import Store
    from grader.harness.lab_files import load_lab_files

    store, rubric = Store(options.out), load_lab_files(lab).rubric
    url = find_gradebook(store, options.gradebook)
    store.found()
    check_lab(lab, store)
    course = store.folder / "course"
    port = choose_port(options.port)
    with store.locked():
        lines, _ = publish(lab, store, rubric, url, port)
        write_settings(lab, course, url)
        if has_notebooks:
            write_notebooks(lab, store, rubric, lines, url)
    _tell_ungraded(store, lines)
    with PdfReader() as reader:
        desk = Desk(lab, store.folder.resolve(), Book(url, assignment_of(lab), rubric), reader)
        site = Site(course, url, start, make_pages(desk))
        serve(site, port=port, open_browser=not options.no_browser)
    return DONE


def export(lab: "Lab", options: argparse.Namespace) -> int:
    """Write grades and feedback: ``export``."""
    from grader.harness.batch import exports
    from grader.harness.batch.grades import find_missing
    from grader.harness.batch.grants import add_grants
    from grader.harness.batch.publish import find_gradebook, list_results, publish, render_feedback
    from grader.harness.batch.run import check_lab
    from grader.harness.batch.store import Store
    from grader.harness.batch.told import group_missing, group_worksheet
    from grader.harness.batch.worksheet import read_worksheet
    from grader.harness.lab_files import load_lab_files
    from grader.harness.languages import speaking

    store, rubric, language = Store(options.out), load_lab_files(lab).rubric, _language(lab, options)
    found = store.found()
    check_lab(lab, store)
    rows = read_worksheet(options.moodle).rows if options.moodle else []
    points = Fraction(0) if options.missing == "zero" else None
    missing = find_missing(found.absent, found.without_file, found.others, rows, points)
    folder = store.folder / "export"
    with store.locked():
        people = [*(line.person for line in store.lines()), *found.without_submission]
        store.keep_granted(add_grants(store.granted(), people, options.extension, options.waive))
        lines, markings = publish(lab, store, rubric, find_gradebook(store, options.gradebook))
        with speaking(language, lab.folder):
            if options.moodle:
                # Not under the name of what is written beside it.
                is_taken = options.moodle.name.casefold() in {"grades.csv", "feedback.zip"}
                out = folder / (f"worksheet-{options.moodle.name}" if is_taken else options.moodle.name)
                exported = store.remember_feedback(exports.tell_feedback(lines, markings, missing))
                done = exports.export_worksheet(
                    options.moodle,
                    out,
                    rubric,
                    lines,
                    markings,
                    missing=missing,
                    exported=exported,
                    overwrite=options.overwrite,
                )
                where = "View all submissions, Upload grading worksheet"
                print(f"{out}: {len(done.filled)} grades. Upload it under: {where}.")
                _tell_all(group_worksheet(done, is_overwriting=options.overwrite))
            if options.feedback_zip:
                left_out = exports.write_feedback_zip(
                    folder / "feedback.zip", render_feedback(lab, store, lines, markings)
                )
                print(folder / "feedback.zip")
                _tell("without Moodle's number, not in the archive", [person.key for person in left_out])
            if options.gradescope:
                exports.write_gradescope(options.gradescope, list_results(lab, store, lines))
                print(options.gradescope)
        if options.csv:  # for the staff
            exports.write_csv(folder / "grades.csv", rubric, lines, markings, missing)
            print(folder / "grades.csv")
    _tell("without marks for the whole report, so without a total", _list_unmarked(lines, markings))
    _tell_ungraded(store, lines)
    if options.moodle or options.csv:
        _tell_all(group_missing(missing))
    _tell_grants(lab, store, people, lines)
    return DONE


def _tell_grants(lab: "Lab", store: "Store", people: Sequence["Person"], lines: Sequence["Line"]) -> None:
    from grader.harness.batch.grants import remark_grants
    from grader.harness.lab_files import load_lab_files

    for remark in remark_grants(load_lab_files(lab).rubric.late, store.granted(), people, lines):
        print(remark)


def _tell_all(groups: "Sequence[Group]") -> None:
    for what, keys in groups:
        _tell(what, keys)


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


def _language(lab: "Lab", options: argparse.Namespace) -> str:
    """Choose what the students of the class read; never by the machine, so that their pages are the same on any."""
    from grader.harness.lab_files import load_lab_files
    from grader.harness.languages import choose_language

    return choose_language(options.language, load_lab_files(lab).rubric.language)


def _where(lab: "Lab", options: argparse.Namespace) -> "GradeAll":
    """Choose who grades: this machine's cores, or a cluster."""
    from grader.harness.batch.task import grade_upload

    grade = partial(grade_upload, lab, language=_language(lab, options), others=options.other_labs)
    if options.scheduler:
        from grader.harness.batch.cluster import grade_on_cluster

        return partial(grade_on_cluster, lab, grade=grade, address=options.scheduler)
    from grader.harness.batch.local import grade_locally

    return partial(grade_locally, grade=grade, n_workers=options.workers)
