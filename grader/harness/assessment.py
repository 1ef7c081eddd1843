"""Grade one submission: let its functions answer the cases of the checks, and put the report together.

`grade_submission` does all of it. Pytest, by which a check can be run alone, calls the methods of `Assessment` that
this calls, from `conftest.py`: the two differ in which checks are judged, and in nothing that a report tells.

Each check is judged twice. First come the published cases of all checks: what students may read of their code's run
comes from there. When its processes are gone, fresh ones get the hidden cases, which make the mark.
"""

import time
import traceback
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from grader.harness.cases import Case
from grader.harness.check import Check, Shrink
from grader.harness.errors import HostBusy
from grader.harness.fingerprints import find_fingerprints
from grader.harness.lab import Lab
from grader.harness.lab_files import AGAIN, LOADING, load_lab_files
from grader.harness.languages import said
from grader.harness.respondent import MAX_STOPS, MAX_STOPS_PUBLISHED, Respondent, Told
from grader.harness.results import CaseResult, CheckResult, Explanation, Report, Timing, Verdict, Visibility
from grader.harness.rubric import RubricLine
from grader.harness.sandbox.launcher import Failure, Session, open_session
from grader.harness.sandbox.policy import Budget, Mode
from grader.harness.submission import Submission

PUBLISHED_CPU_S, PUBLISHED_IDLE_S = 35.0, 5.0
"""Of what a submission may use in all, so much on the published cases: the hidden ones make the mark."""

Step = tuple[Visibility, RubricLine]
"""A check, and which of its cases are judged."""

Watch = Callable[[Sequence[Step]], Iterable[Step]]
"""Hands the steps on one by one, and may show how far it has come."""


@dataclass(frozen=True)
class Options:
    """How to grade: which sandbox, which interpreter for the student's code, and whether to shrink failing inputs."""

    mode: Mode = Mode.AUTO
    python: Path | None = None
    is_shrinking: bool = True


def grade_submission(lab: Lab, submission: Submission, options: Options, watch: Watch = iter) -> Report:
    """Judge all checks in the rubric's order.

    From any thread, for one submission after another or several at once; only inputs are not shrunk in two threads
    at once. Nothing is printed or written, and the submission's processes have ended when this returns or raises.

    Parameters
    ----------
    lab : Lab
        Whose submission it is.
    submission : Submission
        What was handed in, also when nothing of it can be graded.
    options : Options
        How to grade it.
    watch : callable, optional
        For a progress bar.

    Returns
    -------
    report : Report
        With a check that the grader itself failed in as its fault, not as an exception.

    Raises
    ------
    HostBusy
        If the machine has no time for the code.
    RubricError
        If the rubric, the cases and the tests of the checks do not fit each other.
    """
    assessment = Assessment(lab, submission, options)
    checks = assessment.files.rubric.checks
    try:
        for visibility, line in watch([(visibility, line) for visibility in Visibility for line in checks]):
            assessment.judge(line.key, visibility)
    finally:
        assessment.close()
    return assessment.report()


class Assessment:
    """One submission on its way through the checks.

    Parameters
    ----------
    lab : Lab
        Whose submission it is.
    submission : Submission
        What was handed in.
    options : Options
        How to grade it.
    """

    def __init__(self, lab: Lab, submission: Submission, options: Options) -> None:
        self.lab = lab
        self.submission = submission
        self.files = load_lab_files(lab)
        self._options = options
        self._results: dict[str, dict[Visibility, tuple[CaseResult, ...]]] = {}
        self._budget = Budget()
        part = self._budget.part(cpu_s=PUBLISHED_CPU_S, idle_s=PUBLISHED_IDLE_S, scope=said("on published cases"))
        self._published = self._respondent(part, self._cases(Visibility.PUBLIC), MAX_STOPS_PUBLISHED)
        self._hidden: Respondent | None = None
        self._load_failure: Failure | None = None
        self._is_loaded = False
        self._started_s = time.perf_counter()

    def load(self) -> Failure | None:
        """Load the submission, once; return why it cannot be, or None."""
        if not self._is_loaded:
            self._is_loaded = True
            # Stays where the grader itself fails in the next line: one check tells of it, the others are not run.
            self._load_failure = Failure(
                Verdict.NOT_RUN,
                Explanation(
                    said("{file} must be loaded first", file=self.lab.program.file),
                    said("the grader failed to"),
                    said("Run `python -m grader doctor`."),
                ),
            )
            self._load_failure = _fatal(self.submission) or self._published.load()
        return self._load_failure

    def judge(self, key: str, visibility: Visibility) -> None:
        """Judge the published or the hidden cases of a check, and keep the results; none where there is no code.

        With the first hidden case the submission's other processes end: no published one can be judged after that.
        What the grader itself fails of is kept as its fault, and the other checks can be judged all the same.

        Raises
        ------
        HostBusy
            If the machine has no time for the code: nothing else could be judged either.
        """
        found = self._results.setdefault(key, {})
        if any(case.verdict is Verdict.GRADER_FAULT for cases in found.values() for case in cases):
            return
        try:
            found[visibility] = self._judge(key, visibility)
        except HostBusy:
            raise
        except Exception as exc:  # noqa: BLE001 - no mark for this check, and never a zero
            found[visibility] = (_fault(key, exc),)

    def judge_published(self, keys: Iterable[str]) -> None:
        """Judge the published cases of these checks; those that were judged stay."""
        for key in keys:
            if Visibility.PUBLIC not in self._results.get(key, {}):
                self.judge(key, Visibility.PUBLIC)

    def _judge(self, key: str, visibility: Visibility) -> tuple[CaseResult, ...]:
        if key == LOADING:
            return (self._judge_loading(),) if visibility is Visibility.PUBLIC else ()
        if self.load() is not None:
            return ()
        check = self.check(key, visibility)
        self.files.tests[key](check)
        return tuple(check.results)

    def check(self, key: str, visibility: Visibility) -> Check:
        """Give the check of this key, with its published or its hidden cases."""
        is_published = visibility is Visibility.PUBLIC
        respondent = self._published if is_published else self._open_hidden()
        cases = [case for case in self._cases(visibility) if key in {case.check, AGAIN}]
        shrink = self._shrink() if is_published and self._options.is_shrinking else None
        return Check(self.files.rubric[key], cases, respondent, self.lab.evidence, shrink)

    def _open_hidden(self) -> Respondent:
        """End the processes of the published cases, once, and make ready for the hidden ones.

        Checks in which the code had to be stopped come last: time that runs out in them is lost to no other.
        """
        if self._hidden is None:
            self._published.answer_all()
            self._published.close()
            stopped = self._published.stopped
            cases = sorted(self._cases(Visibility.HIDDEN), key=lambda case: case.check in stopped)
            self._hidden = self._respondent(self._budget, cases, MAX_STOPS)
        return self._hidden

    def _cases(self, visibility: Visibility) -> list[Case]:
        return [case for case in self.files.cases if case.visibility is visibility]

    def _respondent(self, budget: Budget, cases: Sequence[Case], max_stops: int) -> Respondent:
        return Respondent(self._open_session, self.lab.read_answer, budget, cases, max_stops)

    def _shrink(self) -> Shrink | None:
        small_inputs = self.lab.small_inputs
        if small_inputs is None:
            return None

        def shrink(key: str, judge: Callable[[Sequence[Case]], Verdict]) -> Sequence[Case]:
            from grader.harness.shrinking import smallest_wrong  # Hypothesis takes longer than a whole grading

            return smallest_wrong(small_inputs(key), judge)

        return shrink

    def _judge_loading(self) -> CaseResult:
        """Judge the one check that needs no case: whether there is code to run at all."""
        failure, line = self.load(), self.files.rubric[LOADING]
        verdict = Verdict.PASSED if failure is None else failure.verdict
        explanation, trace = (None, "") if failure is None else (failure.explanation, failure.traceback)
        return CaseResult(self.lab.program.file, line.says, Visibility.PUBLIC, verdict, explanation, traceback=trace)

    def report(self) -> Report:
        """Put together what was found; checks without a result are told as not run."""
        published, hidden = self._published.told, Told() if self._hidden is None else self._hidden.told
        return Report(
            handed=self.submission.handed,
            checks=tuple(self.result(line.key) for line in self.files.rubric.checks),
            manual_parts=tuple(self.files.rubric.manual),
            protections=published.protections,
            printed=published.printed + hidden.printed,
            printed_in_public=published.printed,
            interpreter=published.interpreter,
            remarks=published.remarks,
            timing=self._timing(),
            execution_s=time.perf_counter() - self._started_s,
            fingerprint={"submission": self.submission.handed.sha256, **find_fingerprints(self.lab)},
        )

    def close(self) -> None:
        """End the submission's processes."""
        self._published.close()
        if self._hidden is not None:
            self._hidden.close()

    def _open_session(self, seed: int, budget: Budget) -> Session:
        options = self._options
        return open_session(
            self.lab.program,
            self.submission.source or b"",
            mode=options.mode,
            python=options.python,
            seed=seed,
            budget=budget,
            files=self.submission.files,
        )

    def result(self, key: str) -> CheckResult:
        """Put together what was found of a check; one without a result is told as not run."""
        line, is_lost = self.files.rubric[key], self._load_failure is not None
        found = self._results.get(key, {})
        cases = tuple(case for visibility in Visibility for case in found.get(visibility, ()))
        note = said("{file} could not be loaded", file=self.lab.program.file)
        note = note if is_lost else said("this check was not chosen")
        return CheckResult(line.key, line.part, line.title, line.points, cases, "" if cases else note)

    def _timing(self) -> Timing | None:
        """Tell the seconds of the largest published case that has a time of the reference beside it.

        Not of a hidden one: code could take as many seconds as it wants to tell of its input.
        """
        timed = [case for case in self._cases(Visibility.PUBLIC) if case.reference_s is not None]
        largest = max(timed, key=lambda case: case.size, default=None)
        seconds = None if largest is None else self._published.seconds(largest)
        if self.lab.describe_size is None or largest is None or largest.reference_s is None or seconds is None:
            return None
        return Timing(seconds, largest.reference_s, self.lab.describe_size(largest))


def _fault(key: str, error: Exception) -> CaseResult:
    """Tell that the grader itself failed in a check."""
    explanation = Explanation(
        "The grader must be able to judge every submission",
        f"it failed itself in this check: {error!r}",
        "This is not the student's fault, and there is no mark until it is fixed: run `python -m grader doctor`.",
    )
    trace = "".join(traceback.format_exception(error))
    return CaseResult(key, "The grader failed.", Visibility.PUBLIC, Verdict.GRADER_FAULT, explanation, traceback=trace)


def _fatal(submission: Submission) -> Failure | None:
    """Turn the first problem that leaves nothing to grade into a failure."""
    fatal = [problem for problem in submission.handed.problems if problem.is_fatal]
    return Failure(Verdict.NOT_RUN, fatal[0].explanation) if fatal else None
