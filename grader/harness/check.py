"""Judge a check: play its cases, hold each answer against the recorded one, and keep what a reader needs to see.

A test in a lab's ``checks`` gets a `Check`, twice: once with the published cases, and, when all published cases of all
checks are done with, once with the hidden ones. It judges every case, also after a wrong one, so that a check is worth
the share of its cases that pass.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from grader.harness.cases import Case
from grader.harness.evidence import EvidenceKind
from grader.harness.languages import said
from grader.harness.respondent import Answer, Respondent
from grader.harness.results import CaseResult, Explanation, Verdict
from grader.harness.rubric import RubricLine
from grader.harness.sandbox.launcher import Failure

Rule = Callable[[Any, Any], Explanation | None]
"""Judges the answer to a case: None when it is right."""

PairRule = Callable[[Any, Any, Any, Any], Explanation | None]
"""Judges two answers, ``(case, twin, answer, answer of the twin)``: None when they agree."""

SameRule = Callable[[Any, Any], Explanation | None]
"""Judges two answers to one call, the one of before and the one of now: None when they are the same."""

Shrink = Callable[[str, Callable[[Sequence[Case]], Verdict]], Sequence[Case]]
"""Looks for the smallest input of a check whose verdict is WRONG; returns no cases when it finds none."""

SHRUNK = "shrunk"
"""Name of a case that such a search has made."""


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
        Its recorded cases of one visibility; those of all other checks for the one that asks again.
    respondent : Respondent
        Who answers.
    evidence : EvidenceKind
        How the lab shows a failure.
    shrink : callable or None
        Finds a smallest failing input; None where inputs are shown as they were recorded.
    """

    line: RubricLine
    cases: Sequence[Case]
    respondent: Respondent
    evidence: EvidenceKind
    shrink: Shrink | None = None
    results: list[CaseResult] = field(default_factory=list)

    def judge_each(self, rule: Rule, *, overlay: Callable[[Any, Any], Any] | None = None) -> None:
        """Judge the answer to each case by `rule`; `overlay` makes what is drawn of it, right or wrong."""
        for case in self.cases:
            answer = self.respondent.answer(case)
            result = self._judge(case, answer, rule)
            is_drawn = overlay is not None and not isinstance(answer.outcome, Failure)
            self.results.append(replace(result, overlay=overlay(case, answer.outcome)) if is_drawn else result)  # type: ignore[misc]

    def judge_twins(self, rule: PairRule) -> None:
        """Judge the answers to each pair of a case and its twin."""
        of_name = {case.name: case for case in self.cases}
        for twin in self.cases:
            if twin.twin_of:
                self.results.append(self._judge_twins(of_name[twin.twin_of], twin, self.respondent.answer, rule))

    def judge_again(self, rule: SameRule) -> None:
        """Judge whether the cases of each other check are answered the same when they are asked again."""
        compared: dict[str, list[CaseResult]] = {}
        for case, before, again in self.respondent.answer_again(self.cases):
            result = self._judge(case, again, lambda _, now, before=before: rule(before, now))  # type: ignore[misc]
            compared.setdefault(case.check, []).append(result)
        for check, results in compared.items():
            passed = CaseResult(
                check, said("The cases of {check}.", check=repr(check)), results[0].visibility, Verdict.PASSED
            )
            self.results.append(next((result for result in results if not result.is_passed), passed))

    def show_smallest(self, rule: Rule) -> None:
        """After a failure, show the smallest input that breaks the code in place of the first recorded one."""
        self._show_smallest(lambda cases: self._judge(cases[-1], self.respondent.try_out(cases[-1]), rule))

    def show_smallest_twins(self, rule: PairRule) -> None:
        """Do the same for a check of twins."""
        self._show_smallest(lambda cases: self._judge_twins(cases[0], cases[-1], self.respondent.try_out, rule))

    def _show_smallest(self, judge: Callable[[Sequence[Case]], CaseResult]) -> None:
        first = next((k for k, result in enumerate(self.results) if result.verdict is Verdict.WRONG), None)
        if first is None or self.shrink is None:
            return
        smallest = self.shrink(self.line.key, lambda cases: judge(cases).verdict)
        shown = judge(smallest) if smallest else None
        # What is shown must not change the mark, not even of code that leaves its answers to chance.
        if shown is not None and shown.verdict is Verdict.WRONG:
            self.results[first] = shown

    def _judge(self, case: Case, answer: Answer, rule: Rule) -> CaseResult:
        if isinstance(answer.outcome, Failure):
            return self._failed(case, answer.outcome)
        return self._judged(case, answer.outcome, rule(case, answer.outcome))

    def _judge_twins(self, base: Case, twin: Case, ask: Callable[[Case], Answer], rule: PairRule) -> CaseResult:
        before, now = ask(base).outcome, ask(twin).outcome
        for case, outcome in ((base, before), (twin, now)):
            if isinstance(outcome, Failure):
                return self._failed(case, outcome)
        return self._judged(twin, now, rule(base, twin, before, now))

    def _judged(self, case: Case, answer: Any, explanation: Explanation | None) -> CaseResult:  # noqa: ANN401 - the lab's
        if explanation is None:
            return CaseResult(case.name, case.says, case.visibility, Verdict.PASSED)
        evidence = self._collect(case, answer)
        return CaseResult(case.name, case.says, case.visibility, Verdict.WRONG, explanation, evidence)

    def _failed(self, case: Case, failure: Failure) -> CaseResult:
        return CaseResult(
            case.name,
            case.says,
            case.visibility,
            failure.verdict,
            failure.explanation,
            self._collect(case, None),
            traceback=failure.traceback,
        )

    def _collect(self, case: Case, answer: Any) -> Any:  # noqa: ANN401 - the lab's
        return self.evidence.collect(case, answer, is_shrunk=case.name == SHRUNK)
