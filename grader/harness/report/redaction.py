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
from grader.harness.results import Audience, CaseResult, CheckResult, Explanation, Report, Verdict, Visibility

HIDDEN_NAME = "hidden case"
HIDDEN_SAYS = "Not published: neither its input nor its answer is shown."

_REQUIRED: Mapping[Verdict, str] = MappingProxyType(
    {
        Verdict.WRONG: "The answer to a hidden case must be right, too",
        Verdict.CRASHED: "The code must answer a hidden case without an error",
        Verdict.TIMED_OUT: "The code must answer a hidden case within the time limit",
        Verdict.OUT_OF_MEMORY: "The code must answer a hidden case within the memory limit",
        Verdict.FORBIDDEN: "The code must not do what submissions may not do",
        Verdict.NOT_RUN: "A hidden case must be reached",
        Verdict.GRADER_FAULT: "The grader must be able to judge every submission",
    }
)
_GOT: Mapping[Verdict, str] = MappingProxyType(
    {
        Verdict.WRONG: "the answer is wrong",
        Verdict.CRASHED: "there was an error",
        Verdict.TIMED_OUT: "it took too long",
        Verdict.OUT_OF_MEMORY: "it used too much",
        Verdict.FORBIDDEN: "it tried to",
        Verdict.NOT_RUN: "it was not run",
        Verdict.GRADER_FAULT: "it failed itself",
    }
)
_ADVICE: Mapping[Verdict, str] = MappingProxyType(
    {
        Verdict.NOT_RUN: "Fix what stopped the code before.",
        Verdict.GRADER_FAULT: "This is not your fault, and it costs nothing; the staff will grade again.",
    }
)
_DEFAULT_ADVICE = "Fix the public cases that fail, then try inputs of the same kind of your own."

_TELLING = re.compile(r"[0-9'\"`]")


def visible(lab: Lab, case: CaseResult, audience: Audience) -> CaseResult:
    """Return what `audience` may see of a case. Applied twice, it changes nothing more.

    Parameters
    ----------
    lab : Lab
        Its constants may stand in sentences; every other number may be one of the case.
    case : CaseResult
        With everything in it. Not modified.
    audience : Audience
        Who reads.
    """
    if audience is Audience.STAFF:
        return case
    if case.visibility is Visibility.HIDDEN:
        explanation = None if case.is_passed or case.explanation is None else _redact(lab, case, case.explanation)
        return CaseResult(HIDDEN_NAME, HIDDEN_SAYS, Visibility.HIDDEN, case.verdict, explanation)
    if case.verdict is Verdict.GRADER_FAULT:
        return replace(case, explanation=_own(case.verdict), evidence=None, overlay=None, traceback="")
    return case


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
    cases = [visible(lab, case, audience) for case in check.cases]
    public = [case for case in cases if case.visibility is Visibility.PUBLIC]
    hidden = [case for case in cases if case.visibility is Visibility.HIDDEN]
    return replace(check, cases=(*public, *sorted(hidden, key=_order)))


def _order(case: CaseResult) -> tuple[str, str]:
    """Order hidden cases by what is shown of them: the order in which they were played could spell their inputs."""
    return case.verdict, str(case.explanation)


def _redact(lab: Lab, case: CaseResult, explanation: Explanation) -> Explanation:
    """Keep of a wrong answer's explanation the sentences that hold for every input; replace the others."""
    own = _own(case.verdict)
    # The advice on a picture sends its reader to drawings that are not there.
    if case.verdict is not Verdict.WRONG or case.overlay is not None:
        return own
    return Explanation(
        required=explanation.required if _is_general(lab, explanation.required) else own.required,
        got=own.got,
        advice=explanation.advice if _is_general(lab, explanation.advice) else own.advice,
    )


def _own(verdict: Verdict) -> Explanation:
    return Explanation(_REQUIRED[verdict], _GOT[verdict], _ADVICE.get(verdict, _DEFAULT_ADVICE))


def _is_general(lab: Lab, sentence: str) -> bool:
    """Tell whether a sentence holds no number and no quotation of the case."""
    for constant in lab.constants:
        sentence = re.sub(constant, "", sentence)
    return not _TELLING.search(sentence)
