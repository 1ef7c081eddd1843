"""What a student may see: the one place that takes out what is for the staff alone.

A hidden case keeps its verdict, and sentences that say nothing of its input. Its evidence, the overlay, the traceback
and what was got all go: each can hold the input, since the code may raise, return or print whatever it was given. Of
what was printed there stays what was printed before the first hidden case: the public ones are played first.
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from grader.harness.lab import Lab
from grader.harness.languages import Said, said
from grader.harness.results import Audience, CaseResult, CheckResult, Explanation, Report, Verdict, Visibility

HIDDEN_NAME = said("hidden case")
HIDDEN_SAYS = said("Not published: neither its input nor its answer is shown.")

_REQUIRED: Mapping[Verdict, str] = MappingProxyType(
    {
        Verdict.WRONG: said("The answer to a hidden case must be right, too"),
        Verdict.CRASHED: said("The code must answer a hidden case without an error"),
        Verdict.TIMED_OUT: said("The code must answer a hidden case within the time limit"),
        Verdict.OUT_OF_MEMORY: said("The code must answer a hidden case within the memory limit"),
        Verdict.FORBIDDEN: said("The code must not do what submissions may not do"),
        Verdict.NOT_RUN: said("A hidden case must be reached"),
        Verdict.GRADER_FAULT: said("The grader must be able to judge every submission"),
    }
)
_GOT: Mapping[Verdict, str] = MappingProxyType(
    {
        Verdict.WRONG: said("the answer is wrong"),
        Verdict.CRASHED: said("there was an error"),
        Verdict.TIMED_OUT: said("it took too long"),
        Verdict.OUT_OF_MEMORY: said("it used too much memory"),
        Verdict.FORBIDDEN: said("it tried to in a hidden case"),
        Verdict.NOT_RUN: said("that case was not run"),
        Verdict.GRADER_FAULT: said("the grader itself failed"),
    }
)
_ADVICE: Mapping[Verdict, str] = MappingProxyType(
    {
        Verdict.NOT_RUN: said("Fix what stopped the code before."),
        Verdict.GRADER_FAULT: said("This is not your fault, and it costs nothing; the staff will grade again."),
    }
)
_FIX_ADVICE = said("Fix the public cases that fail, then try inputs of the same kind of your own.")
_TRY_ADVICE = said(
    "The public cases of this check pass: try inputs of the same kind of your own, with other numbers, in another "
    "order, smaller and larger."
)
"""Where no public case of the check has failed: there is nothing to fix that the reader could see."""

_TELLING = re.compile(r"[0-9'\"`]")
_CLAUSE_END = re.compile(r"[,;:](?= )")
_DEMAND = re.compile(r"\b(must|may|cannot)\b")
_POINTING = re.compile(r"\b(it|them|they|these|those)\b", re.IGNORECASE)


def visible(lab: Lab, case: CaseResult, audience: Audience, *, fails_in_public: bool = False) -> CaseResult:
    """Return what `audience` may see of a case. Applied twice, it changes nothing more.

    Parameters
    ----------
    lab : Lab
        Its constants may stand in sentences; every other number may be one of the case.
    case : CaseResult
        With everything in it. Not modified.
    audience : Audience
        Who reads.
    fails_in_public : bool, optional
        Whether a public case of the same check has failed, which the reader can mend first.
    """
    if audience is Audience.STAFF:
        return case
    if case.visibility is Visibility.HIDDEN:
        explanation = None if case.is_passed else _redact(lab, case, fails_in_public=fails_in_public)
        return CaseResult(HIDDEN_NAME, HIDDEN_SAYS, Visibility.HIDDEN, case.verdict, explanation)
    if case.verdict is Verdict.GRADER_FAULT:
        own = _own(case.verdict, fails_in_public=fails_in_public)
        return replace(case, explanation=own, evidence=None, overlay=None, traceback="")
    return case


def is_redacted(case: CaseResult) -> bool:
    """Tell whether a case is what a student sees of a hidden one."""
    return case.visibility is Visibility.HIDDEN and case.name == HIDDEN_NAME


def keeps_advice(explanation: Explanation) -> bool:
    """Tell whether the advice in what was left of an explanation is that of the check, and not the one for any case."""
    return explanation.advice not in {_FIX_ADVICE, _TRY_ADVICE, *_ADVICE.values()}


def keep_general(lab: Lab, sentence: str) -> str:
    """Keep of a requirement what holds for every input: all of it, its first clauses, or nothing.

    Parameters
    ----------
    lab : Lab
        Its constants may stand in sentences.
    sentence : str
        What was required: ``"The last column must count the ids: 7 for this one"``.

    Returns
    -------
    general : str
        ``"The last column must count the ids"``; empty where no clause with a demand in it is general.
    """
    if _is_general(lab, sentence):
        return sentence
    ends = [end.start() for end in _CLAUSE_END.finditer(sentence)]
    clauses = [sentence[:end] for end in ends if _is_general(lab, sentence[:end]) and _DEMAND.search(sentence[:end])]
    return _find_part(sentence, clauses[-1]) if clauses else ""


def _find_part(sentence: str, clause: str) -> str:
    """Find the part of a sentence that was said as this clause, so that it can be told in any language."""
    parts = sentence.values.values() if isinstance(sentence, Said) else ()
    return next((part for part in parts if isinstance(part, Said) and part == clause), clause)


def visible_report(lab: Lab, report: Report, audience: Audience) -> Report:
    """Return what `audience` may see of a report.

    Students do not see the hashes of rubric, cases and grader, and get the whole seconds that grading took: the
    code could spell its input in finer ones.
    """
    if audience is Audience.STAFF:
        return report
    return replace(
        report,
        checks=tuple(_visible_check(lab, check, audience) for check in report.checks),
        printed=report.printed_in_public,
        execution_s=float(round(report.execution_s)),
        fingerprint={name: value for name, value in report.fingerprint.items() if name == "submission"},
    )


def _visible_check(lab: Lab, check: CheckResult, audience: Audience) -> CheckResult:
    fails = any(case.visibility is Visibility.PUBLIC for case in check.failures)
    cases = [visible(lab, case, audience, fails_in_public=fails) for case in check.cases]
    public = [case for case in cases if case.visibility is Visibility.PUBLIC]
    hidden = [case for case in cases if case.visibility is Visibility.HIDDEN]
    return replace(check, cases=(*public, *sorted(hidden, key=_order)))


def _order(case: CaseResult) -> tuple[str, str]:
    """Order hidden cases by what is shown of them: the order in which they were played could spell their inputs."""
    return case.verdict, str(case.explanation)


def _redact(lab: Lab, case: CaseResult, *, fails_in_public: bool) -> Explanation | None:
    """Keep of a wrong answer's explanation the sentences that hold for every input; replace the others."""
    explanation, own = case.explanation, _own(case.verdict, fails_in_public=fails_in_public)
    # The advice on a picture sends its reader to drawings that are not there.
    if explanation is None or case.verdict is not Verdict.WRONG or case.overlay is not None:
        return explanation and own
    required = keep_general(lab, explanation.required)
    # "Delete them" tells nothing where the sentence is gone that said whom.
    is_lost = required in {"", own.required} and _POINTING.search(explanation.advice) is not None
    is_kept = _is_general(lab, explanation.advice) and not is_lost
    return Explanation(required or own.required, own.got, explanation.advice if is_kept else own.advice)


def _own(verdict: Verdict, *, fails_in_public: bool) -> Explanation:
    advice = _ADVICE.get(verdict, _FIX_ADVICE if fails_in_public else _TRY_ADVICE)
    return Explanation(_REQUIRED[verdict], _GOT[verdict], advice)


def _is_general(lab: Lab, sentence: str) -> bool:
    """Tell whether a sentence holds no number and no quotation of the case."""
    for constant in lab.constants:
        sentence = re.sub(constant, "", sentence)
    return not _TELLING.search(sentence)
