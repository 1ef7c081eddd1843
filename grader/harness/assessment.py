"""Grade one submission: let its merge answer the checks' cases, and put the report together.

`grade_submission` does all of it. Pytest, which one submission is graded by, calls the methods of `Grading` that this
calls, from `conftest.py`: the two differ in who runs the tests of the checks, and in nothing that a report tells.
"""

import contextlib
import hashlib
import inspect
import time
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from grader.harness.check import Check
from grader.harness.lab_files import LOADING, Test, load_material, load_tests
from grader.harness.respondent import Student
from grader.harness.results import CaseResult, CheckResult, Explanation, Report, Timing, Verdict, Visibility
from grader.harness.sandbox.launcher import Failure, Session, open_session
from grader.harness.sandbox.policy import Mode
from grader.harness.submission import Submission
from grader.labs.merge.merge_case import Case, fingerprint

FOLDER = Path(__file__).resolve().parent
MARKS_DEPEND_ON = ("coco.py", "config.py", "keypoints.py", "metrics.py")
"""What of ``estimation`` takes part in grading; the answers themselves are recorded."""

CLASS = "batch"
"""A folder that takes no part in it: a class is graded as one submission is."""

_UNKNOWN = Failure(
    Verdict.NOT_RUN,
    Explanation("merge.py must be loaded first", "the grader failed to", "Run `python -m grader doctor`."),
)


@dataclass(frozen=True)
class Options:
    """How to grade: which sandbox, which interpreter for the student's code, and whether to shrink failing inputs."""

    mode: Mode = Mode.AUTO
    python: Path | None = None
    is_shrinking: bool = True


def grade_submission(submission: Submission, options: Options) -> Report:
    """Run all checks in the rubric's order.

    From any thread, for one submission after another or several at once; only inputs are not shrunk in two threads
    at once. Nothing is printed or written, and the submission's processes have ended when this returns or raises.

    Parameters
    ----------
    submission : Submission
        What was handed in, also when nothing of it can be graded.
    options : Options
        How to grade it.

    Returns
    -------
    report : Report
        With a check that the grader itself failed in as its fault, not as an exception.

    Raises
    ------
    RubricError
        If the rubric, the cases and the tests of the checks do not fit each other.
    """
    tests, grading = load_tests(), Grading(submission, options)
    try:
        for line in grading.rubric.checks:
            grading.run(line.key, tests[line.key])
    finally:
        grading.close()
    return grading.report()


class Grading:
    """One submission on its way through the checks.

    Parameters
    ----------
    submission : Submission
        What was handed in.
    options : Options
        How to grade it.
    """

    def __init__(self, submission: Submission, options: Options) -> None:
        self.submission = submission
        self.rubric, self.cases = load_material()
        self._options = options
        self._results: dict[str, CheckResult] = {}
        self._student = Student(self._open_session, self.cases)
        self._load_failure: Failure | None = None
        self._is_loaded = False
        self._started_s = time.perf_counter()

    def load(self) -> Failure | None:
        """Load the submission, once; return why it cannot be, or None."""
        if not self._is_loaded:
            self._is_loaded = True
            # Stays where the grader itself fails in the next line: one check tells of it, the others are not run.
            self._load_failure = _UNKNOWN
            self._load_failure = _fatal(self.submission) or self._student.load()
        return self._load_failure

    def run(self, key: str, test: Test) -> None:
        """Run the test of a check and keep its result; without a merge, only a test that asks for no check is run."""
        # What the grader fails of is kept as a fault by then, and the other checks are run all the same.
        with contextlib.suppress(Exception):
            if not inspect.signature(test).parameters:
                self.judge(key, test, None)
            elif (check := self.prepare(key)) is not None:
                self.judge(key, test, check)

    def prepare(self, key: str) -> Check | None:
        """Load the submission and make ready to judge a check; None where there is no merge to check."""
        with self._keeping_fault(key):
            return self.check(key) if self.load() is None else None

    def judge(self, key: str, test: Test, check: Check | None) -> CheckResult:
        """Run the test of a check that is prepared, and keep its result; without a check it is about loading."""
        with self._keeping_fault(key):
            if check is None:
                test()
                result = self._judge_loading()
            else:
                test(check)
                result = check.finish()
        self._results[key] = result
        return result

    def check(self, key: str) -> Check:
        """Give the check of this key, with its cases."""
        cases = [case for case in self.cases if case.check == key]
        return Check(self.rubric[key], cases, self._student, _shrink if self._options.is_shrinking else None)

    def _judge_loading(self) -> CheckResult:
        """Judge the one check that needs no case: whether there is a merge at all."""
        failure, line = self.load(), self.rubric[LOADING]
        verdict = Verdict.PASSED if failure is None else failure.verdict
        explanation, trace = (None, "") if failure is None else (failure.explanation, failure.traceback)
        case = CaseResult("merge.py", line.says, Visibility.PUBLIC, verdict, explanation, traceback=trace)
        return CheckResult(line.key, line.part, line.title, line.points, (case,))

    @contextlib.contextmanager
    def _keeping_fault(self, key: str) -> Iterator[None]:
        """Keep an error as the grader's own before it goes on its way."""
        try:
            yield
        except Exception as exc:
            self._keep_fault(key, exc)
            raise

    def _keep_fault(self, key: str, error: Exception) -> None:
        """Note that the grader itself failed in a check: no mark, and never a zero."""
        explanation = Explanation(
            "The grader must be able to judge every submission",
            f"it failed itself in this check: {error!r}",
            "This is not the student's fault, and there is no mark until it is mended: run `python -m grader doctor`.",
        )
        trace = "".join(traceback.format_exception(error))
        case = CaseResult(
            key, "The grader failed.", Visibility.PUBLIC, Verdict.GRADER_FAULT, explanation, traceback=trace
        )
        line = self.rubric[key]
        self._results[key] = CheckResult(line.key, line.part, line.title, line.points, (case,))

    def report(self) -> Report:
        """Put together what was found; checks without a result are told as not run."""
        return Report(
            handed=self.submission.handed,
            checks=tuple(self._result(line.key) for line in self.rubric.checks),
            manual_parts=tuple(self.rubric.manual),
            protections=tuple(self._student.protections),
            printed=self._student.printed,
            printed_in_public=self._student.printed_in_public,
            timing=self._timing(),
            execution_s=time.perf_counter() - self._started_s,
            fingerprint={"submission": self.submission.handed.sha256, **find_fingerprints()},
        )

    def close(self) -> None:
        """End the submission's processes."""
        self._student.close()

    def _open_session(self, seed: int) -> Session:
        return open_session(
            self.submission.source or b"", mode=self._options.mode, python=self._options.python, seed=seed
        )

    def _result(self, key: str) -> CheckResult:
        line = self.rubric[key]
        note = "merge.py could not be loaded" if self._load_failure is not None else "this check was not chosen"
        return self._results.get(key) or CheckResult(line.key, line.part, line.title, line.points, note=note)

    def _timing(self) -> Timing | None:
        """Tell the seconds of the largest public case that has a time of the reference beside it.

        Not of a hidden one: a merge could take as many seconds as it wants to tell of its input.
        """
        public = [case for case in self.cases if case.visibility is Visibility.PUBLIC]
        timed = [case for case in public if case.reference_s is not None]
        largest = max(timed, key=lambda case: len(case.rows), default=None)
        seconds = None if largest is None else self._student.seconds(largest)
        if largest is None or largest.reference_s is None or seconds is None:
            return None
        return Timing(seconds, largest.reference_s, f"{len(largest.rows)} rows, {len(largest.expected)} people")


def _fatal(submission: Submission) -> Failure | None:
    """Turn the first problem that leaves nothing to grade into a failure."""
    fatal = [problem for problem in submission.handed.problems if problem.is_fatal]
    return Failure(Verdict.NOT_RUN, fatal[0].explanation) if fatal else None


@cache
def find_fingerprints() -> Mapping[str, str]:
    """Tell what all marks of this process depend on: SHA-256 of ``rubric``, ``cases`` and ``grader``."""
    rubric, _ = load_material()
    return {"rubric": rubric.fingerprint, "cases": fingerprint(), "grader": _grader_fingerprint()}


def _grader_fingerprint() -> str:
    """Hash the code that marks depend on: two equal hashes mean the same grader."""
    digest = hashlib.sha256()
    estimation = FOLDER.parent / "estimation"
    modules = (path for path in FOLDER.rglob("*.py") if FOLDER / CLASS not in path.parents)
    for path in [*sorted(modules), *(estimation / name for name in MARKS_DEPEND_ON)]:
        digest.update(f"{path.relative_to(FOLDER.parent).as_posix()}\0".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def _shrink(key: str, judge: Callable[[Sequence[Case]], Verdict]) -> Sequence[Case]:
    """Look for the smallest input that is judged wrong; a merge that has to be stopped ends the search."""
    from grader.harness.shrinking import StopSearch, smallest_failure  # loads Hypothesis, which few need

    def is_wrong(cases: Sequence[Case]) -> bool:
        verdict = judge(cases)
        if verdict not in {Verdict.PASSED, Verdict.WRONG}:
            raise StopSearch
        return verdict is Verdict.WRONG

    return smallest_failure(key, is_wrong)
