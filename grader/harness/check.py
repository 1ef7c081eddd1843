"""Judge a check: play its cases, hold each answer against the recorded one, and keep what a reader needs to see.

A test in `grader/checks` gets a `Check`. It judges every case, also after a wrong one, so that a check is worth the
share of its cases that pass; `Check.finish` then makes the frozen result and fails the test if points were lost.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from grader.harness.errors import RubricError
from grader.harness.respondent import Answer, Student
from grader.harness.results import (
    CaseResult,
    CheckResult,
    Evidence,
    Explanation,
    Overlay,
    Rows,
    Verdict,
    Visibility,
)
from grader.harness.rubric import RubricLine
from grader.harness.sandbox.launcher import Failure
from grader.labs.merge.compare import nobody_left, other_than, renumber
from grader.labs.merge.merge_case import Case, Scene

Rule = Callable[[Case, Rows], Explanation | None]
"""Judges the people of an answer: None when they are right."""

Shrink = Callable[[str, Callable[[Sequence[Case]], Verdict]], Sequence[Case]]
"""Looks for the smallest input of a check whose verdict is WRONG; returns no cases when it finds none."""

MAX_ROWS_SHOWN = 200
"""So many rows of a wrong answer are kept for the report: an answer may be of any length."""


class PointsLostError(Exception):
    """A check that did not pass in full; its text is the reason in one line."""


@dataclass
class Check:
    """One check at work.

    Attributes
    ----------
    line : RubricLine
        What the rubric says of it.
    cases : sequence of Case
        Its recorded cases.
    student : Student
        Who answers.
    shrink : callable or None
        Finds a smallest failing input; None where inputs are shown as they were recorded.
    """

    line: RubricLine
    cases: Sequence[Case]
    student: Student
    shrink: Shrink | None = None
    results: list[CaseResult] = field(default_factory=list)

    def judge_each(self, rule: Rule) -> None:
        """Judge the answer to each case by `rule`."""
        for case in self.cases:
            self.results.append(_judge(case, self.student.answer(case), rule))

    def judge_twins(self, *, required: str, advice: str) -> None:
        """Judge whether each pair of cases that are the same people got the same people for an answer.

        Parameters
        ----------
        required, advice : str
            First and last part of the explanation.
        """
        of_name = {case.name: case for case in self.cases}
        for twin in self.cases:
            if twin.twin_of:
                base = of_name[twin.twin_of]
                self.results.append(_judge_twins(base, twin, self.student.answer, required, advice))

    def judge_again(self, *, required: str, advice: str) -> None:
        """Judge whether the cases of each other check are answered the same when they are asked again."""
        compared: dict[str, list[CaseResult]] = {}
        for case, people, again in self.student.answer_again():
            compared.setdefault(case.check, []).append(_compare_answers(case, people, again, required, advice))
        for check, results in compared.items():
            passed = CaseResult(check, f"The cases of {check!r}.", Visibility.PUBLIC, Verdict.PASSED)
            self.results.append(next((result for result in results if not result.is_passed), passed))

    def judge_small_inputs(self, rule: Rule) -> None:
        """After a failure, show the smallest input that breaks the merge in place of the first recorded one."""
        self._show_smallest(lambda cases: _judge(cases[-1], self.student.try_out(cases[-1]), rule))

    def judge_small_twins(self, *, required: str, advice: str) -> None:
        """Do the same for a check of twins."""
        self._show_smallest(lambda cases: _judge_twins(cases[0], cases[-1], self.student.try_out, required, advice))

    def judge_pictures(
        self, score: Callable[[Scene, Rows], float], rule: Callable[[Scene, float], Explanation | None]
    ) -> None:
        """Judge the answer to each picture by its score and keep its skeletons for drawing, right or wrong.

        Parameters
        ----------
        score : callable
            Share of the picture's labelled keypoints that an answer finds, 0 to 1.
        rule : callable
            Judges a score: None when it is high enough.
        """
        for case in self.cases:
            self.results.append(_judge_picture(case, self.student.answer(case), score, rule))

    def finish(self) -> CheckResult:
        """Freeze what was found."""
        return CheckResult(self.line.key, self.line.part, self.line.title, self.line.points, tuple(self.results))

    def _show_smallest(self, judge: Callable[[Sequence[Case]], CaseResult]) -> None:
        first = next((k for k, result in enumerate(self.results) if result.verdict is Verdict.WRONG), None)
        if first is None or self.shrink is None:
            return
        smallest = self.shrink(self.line.key, lambda cases: judge(cases).verdict)
        shown = judge(smallest) if smallest else None
        # What is shown must not change the mark, not even of a merge that leaves its answers to chance.
        if shown is not None and shown.verdict is Verdict.WRONG:
            self.results[first] = shown


def _judge(case: Case, answer: Answer, rule: Rule) -> CaseResult:
    if isinstance(answer.outcome, Failure):
        return _failed(case, answer.outcome)
    return _judged(case, answer.outcome, rule(case, answer.outcome))


def _judge_picture(
    case: Case,
    answer: Answer,
    score: Callable[[Scene, Rows], float],
    rule: Callable[[Scene, float], Explanation | None],
) -> CaseResult:
    scene, people = case.scene, answer.outcome
    if scene is None:
        raise RubricError(f"A case of pictures must have a scene; {case.name!r} has none. Make the cases again.")
    if isinstance(people, Failure):
        return _failed(case, people)
    share = score(scene, people)
    overlay = Overlay(scene.picture, scene.keypoints, case.expected, people, share, scene.expected_score)
    return replace(_judged(case, people, rule(scene, share)), overlay=overlay)


def _judge_twins(base: Case, twin: Case, ask: Callable[[Case], Answer], required: str, advice: str) -> CaseResult:
    """Compare the answers to two inputs that hold the same people."""
    before, now = ask(base).outcome, ask(twin).outcome
    if isinstance(before, Failure):
        return _failed(base, before)
    if isinstance(now, Failure):
        return _failed(twin, now)
    expected = renumber(before, twin.renumbered)
    explanation = nobody_left(twin, now) or other_than(expected, now, required=required, advice=advice)
    return _judged(twin, now, explanation)


def _compare_answers(case: Case, before: Rows, again: Answer, required: str, advice: str) -> CaseResult:
    """Compare the answers to the same input in two processes, the first of which did answer."""
    if isinstance(again.outcome, Failure):
        return _failed(case, again.outcome)
    explanation = other_than(before, again.outcome, required=required, advice=advice)
    return _judged(case, again.outcome, explanation)


def _judged(case: Case, people: Rows, explanation: Explanation | None) -> CaseResult:
    if explanation is None:
        return CaseResult(case.name, case.says, case.visibility, Verdict.PASSED)
    return CaseResult(case.name, case.says, case.visibility, Verdict.WRONG, explanation, _evidence(case, people))


def _failed(case: Case, failure: Failure) -> CaseResult:
    return CaseResult(
        case.name,
        case.says,
        case.visibility,
        failure.verdict,
        failure.explanation,
        _evidence(case, None),
        traceback=failure.traceback,
    )


def _evidence(case: Case, people: Rows | None) -> Evidence:
    came = None if people is None else people[:MAX_ROWS_SHOWN]
    return Evidence(case.rows, case.call, case.expected, came, case.is_only_answer, shrunk=case.name == "shrunk")
