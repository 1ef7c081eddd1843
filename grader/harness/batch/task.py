"""Grade one submission that came as bytes: the function that every worker runs, on this machine and on others."""

from collections.abc import Sequence
from dataclasses import replace
from functools import cache

from grader.harness.assessment import Options, grade_submission
from grader.harness.batch.pdf import PdfReader
from grader.harness.batch.records import Job, Outcome, PreCheck, Status
from grader.harness.batch.stopping import find_stopping_line
from grader.harness.errors import GraderError, HostBusy
from grader.harness.intake.names import Naming
from grader.harness.lab import Lab
from grader.harness.lab_files import LOADING, load_lab_files
from grader.harness.languages import ENGLISH, speaking
from grader.harness.report.failures import say_explanation
from grader.harness.report.gradescope import dump
from grader.harness.report.html import render_html
from grader.harness.results import Audience, CheckResult, Report, Verdict
from grader.harness.submission import Submission, open_submission_bytes


def grade_upload(lab: Lab, job: Job, language: str = ENGLISH, *, others: Sequence[Naming] = ()) -> Outcome:
    """Grade one submission.

    Parameters
    ----------
    lab : Lab
        Whose submission it is.
    job : Job
        With the submission's bytes, and those of reports beside it.
    language : str, optional
        What the student's page is written in.
    others : sequence of Naming, optional
        How other labs call their files: a zip of one of them is told so.

    Returns
    -------
    outcome : Outcome
        NO_MARK, with the reason, where the grader itself failed twice, or the machine had too much other work; never
        an exception of the submission's making.
    """
    outcome = _try(lab, job, language, others)
    # A machine that is short of something for a moment fails the grader now and then; the second time tells. One that
    # has too much other work still has it now.
    is_for_now = outcome.status is Status.NO_MARK and not outcome.is_to_be_repeated
    return _try(lab, job, language, others) if is_for_now else outcome


def _try(lab: Lab, job: Job, language: str, others: Sequence[Naming]) -> Outcome:
    precheck = PreCheck()
    try:
        submission = open_submission_bytes(lab, job.name, job.data, others=others, loose=job.reports)
        precheck = _precheck(lab, submission)
        report = grade_submission(lab, submission, Options(job.mode, job.python, is_shrinking=False))
        return summarize(lab, _with_id(report, job.student_id), precheck, language)
    except HostBusy as exc:
        return Outcome(Status.NO_MARK, f"The grader failed: {exc}", precheck=precheck, is_to_be_repeated=True)
    except (GraderError, OSError) as exc:
        return Outcome(Status.NO_MARK, f"The grader failed: {exc}", precheck=precheck)
    except Exception as exc:  # noqa: BLE001 - a fault of the grader's that one submission finds must not stop the class
        return Outcome(Status.NO_MARK, f"The grader failed: {type(exc).__name__}: {exc}", precheck=precheck)


def _with_id(report: Report, student_id: str) -> Report:
    """Write the id as the class knows it: in the worksheet's letters, also where the file's name says none."""
    if report.handed.student_id and report.handed.student_id.casefold() != student_id.casefold():
        return report
    return replace(report, handed=replace(report.handed, student_id=student_id))


def summarize(lab: Lab, report: Report, precheck: PreCheck, language: str = ENGLISH) -> Outcome:
    """Put together what the class needs of a report; the student's page is in the language given."""
    status, reason = _status(report)
    with speaking(language, lab.folder):
        page = render_html(lab, report, Audience.STUDENT).encode("utf-8", "backslashreplace")
    return Outcome(
        status=status,
        reason=reason,
        points={} if status is Status.NO_MARK else {check.key: check.points for check in report.checks},
        verdicts={check.key: check.verdict for check in report.checks},
        remarks=tuple(say_explanation(one.explanation) for one in report.handed.problems if not one.is_fatal),
        timing=report.timing,
        execution_s=report.execution_s,
        precheck=precheck,
        fingerprint=report.fingerprint,
        stopped_by="" if status is Status.NO_MARK else find_stopping_line(report),
        results=dump(lab, report, Audience.STAFF),
        page=page,
    )


def _status(report: Report) -> tuple[Status, str]:
    faults = [check for check in report.checks if check.verdict is Verdict.GRADER_FAULT]
    if faults:
        return Status.NO_MARK, _first_reason(faults)
    fatal = [problem for problem in report.handed.problems if problem.is_fatal]
    if fatal:
        return Status.UNGRADABLE, say_explanation(fatal[0].explanation)
    (loads,) = (check for check in report.checks if check.key == LOADING)
    return (Status.GRADED, "") if not loads.failures else (Status.UNGRADABLE, _first_reason([loads]))


def _first_reason(checks: list[CheckResult]) -> str:
    explanations = [case.explanation for check in checks for case in check.failures if case.explanation is not None]
    return say_explanation(explanations[0]) if explanations else "The grader gave no reason."


def _precheck(lab: Lab, submission: Submission) -> PreCheck:
    parts = load_lab_files(lab).rubric.manual
    return _reader().precheck(submission.report, submission.handed.report_name, parts, lab.headings)


@cache
def _reader() -> PdfReader:
    """Keep one reader a process: its confined process ends with this one."""
    return PdfReader()
