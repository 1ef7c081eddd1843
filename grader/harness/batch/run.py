"""The coordinator of a class: finds who has to be graded, has it done, and keeps each result as it comes.

It may be killed at any moment. What is committed stays; started again with the same folder, it grades the others.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from grader.harness.batch.entries import digest_upload, read_entry, read_reports, remark_reports
from grader.harness.batch.found import Roll, Upload
from grader.harness.batch.records import Job, Line, Outcome, Status
from grader.harness.batch.store import Store
from grader.harness.batch.take import with_other_answer
from grader.harness.errors import GraderError, SubmissionError
from grader.harness.fingerprints import find_fingerprints
from grader.harness.intake.loose import LooseReport
from grader.harness.intake.names import printable
from grader.harness.lab import Lab
from grader.harness.sandbox.policy import Mode

GradeAll = Callable[[Iterable[Job]], Iterator[tuple[Job, Outcome]]]
"""Grades jobs somewhere and gives them back with their outcomes, as they finish."""

Tell = Callable[[Line], None]
"""Hears of each result once it is committed."""

ALL, CHANGED = "all", "changed"


@dataclass(frozen=True)
class Plan:
    """What there is to do.

    Attributes
    ----------
    to_grade : sequence of Upload
        Without a result that counts.
    graded : sequence of Line
        Results that stay, of uploads that are the same as they were.
    newer : sequence of str
        Keys of those who have a result and handed in something else since.
    """

    to_grade: Sequence[Upload]
    graded: Sequence[Line]
    newer: Sequence[str] = ()


def make_plan(lab: Lab, store: Store, roll: Roll, regrade: str = "") -> Plan:
    """Compare what was handed in with what is graded already.

    Parameters
    ----------
    lab : Lab
        Whose class it is.
    store : Store
        With the results so far.
    roll : Roll
        Who handed in what.
    regrade : str, optional
        ``"all"``, ``"changed"`` (results of another rubric, other cases or another grader), a person's key or student
        id, or nothing: then only what has no result yet, and what is a new upload.

    Raises
    ------
    GraderError
        If `regrade` names nobody, or a key was somebody else's.
    """
    wanted = {upload.person.key for upload in roll.uploads if regrade in {upload.person.key, upload.person.student_id}}
    if regrade not in {"", ALL, CHANGED} and not wanted:
        raise GraderError(
            f"--regrade must be all, changed, or the id of somebody who handed in; {regrade!r} is nobody's. "
            f"The class page lists all ids."
        )
    is_due = _rule_of(lab, regrade)
    to_grade, graded, newer = [], [], []
    for upload in roll.uploads:
        key, line = upload.person.key, store.line(upload.person.key)
        _check_owner(line, upload)
        is_same = line is not None and _is_of(line, upload)
        if line is not None and line.sha256 and not is_same:
            newer.append(key)
        if line is None or key in wanted or not is_same or is_due(line):
            to_grade.append(upload)
        else:
            graded.append(_bring_up_to_date(lab, store, line, upload))
    return Plan(to_grade, graded, newer)


def check_lab(lab: Lab, store: Store, regrade: str = "") -> None:
    """Refuse to go on with another lab's class, or with results of an older grader that are not all graded again.

    Raises
    ------
    GraderError
        If the folder holds such a class.
    """
    if store.is_new:
        return
    try:
        before = store.found().lab
    except GraderError:
        if regrade in {ALL, CHANGED}:
            return
        raise
    if before != lab.name:
        raise GraderError(
            f"A folder must hold one lab's class; {str(store.folder)!r} holds that of {before!r}, and --lab names "
            f"{lab.name!r}. Leave --lab out, or name another OUT."
        )


def check_worksheet(store: Store, *, has_worksheet: bool) -> None:
    """Refuse to go on without a worksheet where there was one.

    Raises
    ------
    GraderError
        If results have what only a worksheet tells, and there is none now.
    """
    if not has_worksheet and any(line.submitted_at or line.person.email for line in store.graded_before()):
        raise GraderError(
            "A class that was graded with a worksheet must go on with one; without it ids, names and times would be "
            "lost, and nobody would be late. Give --worksheet again."
        )


def _check_owner(line: Line | None, upload: Upload) -> None:
    """Refuse a key that was somebody else's: the marks of their report are kept under it."""
    before, now = "" if line is None else line.person.participant, upload.person.participant
    if before and now and before != now:
        raise GraderError(
            f"A key must stay one student's; {upload.person.key!r} was participant {before} and is participant {now} "
            "now. Is it another assignment, or a worksheet that was not there before? Name another OUT."
        )


def find_gone(store: Store, roll: Roll) -> Sequence[str]:
    """List the keys of those who were graded before and are not on this roll: gone, or known by another key now."""
    keys = {*(upload.person.key for upload in roll.uploads), *roll.kept}
    now = {upload.person.participant: upload.person.key for upload in roll.uploads if upload.person.participant}
    gone = [line.person for line in store.graded_before() if line.person.key not in keys]
    known = {person.key: now.get(person.participant, "") for person in gone}
    return [f"{key} (now {known[key]})" if known[key] else key for key in known]


def is_stale(line: Line, fingerprints: Mapping[str, str]) -> bool:
    """Tell whether a result comes from another rubric, other cases or another grader than these."""
    return any(line.fingerprint.get(name) != digest for name, digest in fingerprints.items())


def grade_planned(
    lab: Lab, store: Store, plan: Plan, grade_all: GradeAll, tell: Tell, mode: Mode, python: Path | None
) -> Sequence[str]:
    """Grade what is planned and commit each result as it comes.

    Returns
    -------
    kept : sequence of str
        Keys of those whom the grader failed to grade again; the results that they had stay.

    Raises
    ------
    GraderError
        If a result comes from another grader than this one: a worker of a cluster with another checkout.
    """
    uploads = {upload.person.key: upload for upload in plan.to_grade}
    unreadable: list[tuple[Job, Outcome]] = []

    def jobs() -> Iterator[Job]:
        for upload in plan.to_grade:
            person = upload.person
            job = Job(person.key, upload.entry.file_name, b"", mode, python, person.student_id)
            try:
                yield replace(job, data=read_entry(upload.entry), reports=read_reports(upload.entry))
            except SubmissionError as exc:
                unreadable.append((job, Outcome(Status.NO_MARK, str(exc))))

    mine, kept = find_fingerprints(lab), []
    for job, outcome in _grade_patiently(jobs(), grade_all):
        line = make_line(uploads[job.key], digest_upload(job.data, job.reports), outcome, job.reports)
        line = with_other_answer(lab, uploads[job.key], line)
        if outcome.status is not Status.NO_MARK and is_stale(line, mine):
            raise GraderError(
                f"All results must come from one grader; that of {job.key!r} comes from another. "
                "Start the workers in the same checkout as this command."
            )
        if outcome.status is Status.NO_MARK and _has_mark(store.line(job.key), line):
            kept.append(job.key)
        else:
            store.commit(line, job.name, job.data, outcome, job.reports)
        tell(line)
    for job, outcome in unreadable:
        line, before = make_line(uploads[job.key], "", outcome), store.line(job.key)
        if store.has_submission(job.key):  # of the time when it could be read: nothing is better than that
            if before is not None:
                line = replace(line, file_name=before.file_name, reports=before.reports)
            store.rewrite(line)
        else:
            store.commit(line, job.name, job.data, outcome)
        tell(line)
    return kept


def _grade_patiently(jobs: Iterable[Job], grade_all: GradeAll) -> Iterator[tuple[Job, Outcome]]:
    """Grade all, and then, one alone at a time, those for which the machine had too much other work."""
    repeated: list[Job] = []
    for job, outcome in grade_all(jobs):
        if outcome.is_to_be_repeated:
            repeated.append(job)
        else:
            yield job, outcome
    for job in repeated:
        yield from grade_all([job])


def _has_mark(before: Line | None, now: Line) -> bool:
    """Tell whether the same upload was graded before: a grader that fails today takes nothing back."""
    return before is not None and before.status is not Status.NO_MARK and before.sha256 == now.sha256


def make_line(upload: Upload, sha256: str, outcome: Outcome, reports: Sequence[LooseReport] = ()) -> Line:
    """Make a student's line of the upload, with the reports that were read beside it, and what grading it gave."""
    return Line(
        **_tell_of(upload),
        status=outcome.status,
        reason=outcome.reason,
        sha256=sha256,
        reports=tuple(report.name for report in reports),
        points=outcome.points,
        verdicts=outcome.verdicts,
        remarks=(*upload.remarks, *remark_reports(upload.entry, len(reports)), *outcome.remarks),
        problems=outcome.remarks,
        timing=outcome.timing,
        execution_s=outcome.execution_s,
        precheck=outcome.precheck,
        fingerprint=outcome.fingerprint,
        stopped_by=outcome.stopped_by,
    )


def _rule_of(lab: Lab, regrade: str) -> Callable[[Line], bool]:
    """Tell which results of unchanged uploads count no longer."""
    fingerprints = find_fingerprints(lab) if regrade == CHANGED else {}
    return lambda line: regrade == ALL or line.status is Status.NO_MARK or is_stale(line, fingerprints)


def _is_of(line: Line, upload: Upload) -> bool:
    """Tell whether a result belongs to the very bytes of this upload, and of the reports beside it."""
    try:
        return line.sha256 == digest_upload(read_entry(upload.entry), read_reports(upload.entry))
    except SubmissionError:
        return False


def _bring_up_to_date(lab: Lab, store: Store, line: Line, upload: Upload) -> Line:
    """Take over what can change without the submission: its name, the worksheet's times, what else was handed in."""
    remarks = (*upload.remarks, *remark_reports(upload.entry, len(line.reports)), *line.problems)
    newer = replace(line, **_tell_of(upload), remarks=remarks)
    newer = with_other_answer(lab, upload, newer)
    if newer != line:
        store.rewrite(newer)
    return newer


def _tell_of(upload: Upload) -> dict[str, Any]:
    """Gather what a line tells of an upload before it is graded, by field."""
    return {
        "person": upload.person,
        "entry": upload.entry.name,
        "older": tuple(entry.name for entry in upload.older),
        "file_name": printable(upload.entry.file_name),
        "around": tuple(entry.name for entry in (*upload.entry.beside, *upload.texts)),
        "online_text": "\n".join(entry.text for entry in upload.texts),
        "submitted_at": upload.submitted_at,
    }


def count(roll: Roll, lines: Sequence[Line]) -> Mapping[Status, int]:
    """Count what became of the entries.

    Raises
    ------
    GraderError
        If the counts do not add up to the entries: somebody would have been dropped in silence.
    """
    counts = Counter(line.status for line in lines)
    n_older_kept = sum(len(line.older) for line in lines if line.person.key in roll.kept)
    counts[Status.OLDER] = sum(len(upload.older) for upload in roll.uploads) + n_older_kept
    counts[Status.NO_SUBMISSION] = len(roll.others)
    n_entries = len(roll.uploads) + len(roll.kept) + counts[Status.OLDER] + counts[Status.NO_SUBMISSION]
    if counts.total() != n_entries:
        raise GraderError(
            f"Each of the {n_entries} entries must end somewhere; {counts.total()} did. Start the command again."
        )
    return {status: counts[status] for status in Status}
