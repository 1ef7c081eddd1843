"""A report made ready for a reader: what they may see of it, what is worth keeping of that, and how it is told.

Text, page and ``results.json`` all begin here, so that they tell the same: also those that are made from a
``results.json`` which has been read back.
"""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace

from grader.harness.characters import cut
from grader.harness.lab import Lab
from grader.harness.languages import Said, said
from grader.harness.report.causes import Line, Size, Story, find_kinds, in_order, name_crash, tell
from grader.harness.report.points import share_out
from grader.harness.report.redaction import keep_general, visible_report
from grader.harness.results import Audience, CaseResult, CheckResult, Explanation, Report, Verdict

MAX_EXAMPLES = 40
"""So many failures keep what a reader needs to see of them: one or two a cause, and hardly any code has more causes."""

MAX_WORDS = 40
"""So many columns of a sentence that is not the grader's own are kept of a failure that is no example."""

MAX_PRINTED = 8192
"""So many characters of what was printed are kept: enough to find a forgotten print."""

NOT_KEPT = said("(the rest is not kept)")
CUT_OFF = f"\n{NOT_KEPT}\n"


@dataclass(frozen=True)
class Digest:
    """A report as it is told.

    Attributes
    ----------
    report : Report
        As the reader may see it, with what is worth keeping.
    stories : sequence of Story
        Causes that failed in several checks.
    lines : sequence of Line
        One a check, in the order of the rubric.
    """

    report: Report
    stories: Sequence[Story]
    lines: Sequence[Line]

    @property
    def has_fault(self) -> bool:
        """Tell whether the grader itself failed somewhere, so that there is no mark."""
        return has_fault(self.report)


def make_digest(lab: Lab, report: Report, audience: Audience) -> Digest:
    """Make a report ready for a reader; doing so twice changes nothing more.

    Parameters
    ----------
    lab : Lab
        Whose submission was graded.
    report : Report
        With everything in it, or as it was read back. Not modified.
    audience : Audience
        Who reads.
    """
    report = keep_examples(lab, visible_report(lab, report, audience))
    shown = share_out([check.points for check in report.checks])
    open_or_shown = [
        None if is_open(report, check) else points for check, points in zip(report.checks, shown, strict=True)
    ]
    stories, lines = tell(report.checks, open_or_shown, _size(lab))
    return Digest(report, stories, lines)


def has_fault(report: Report) -> bool:
    """Tell whether the grader itself failed somewhere, so that there is no mark."""
    return any(check.verdict is Verdict.GRADER_FAULT for check in report.checks)


def is_open(report: Report, check: CheckResult) -> bool:
    """Tell whether a check has no points through the grader's fault: its own, or one that kept it from being run."""
    return check.verdict is Verdict.GRADER_FAULT or (has_fault(report) and not check.cases)


def keep_examples(lab: Lab, report: Report) -> Report:
    """Keep what a reader needs: of each cause the example with least to read, of all other cases the verdict and why.

    For the staff that is one among the public cases and one among the hidden ones.

    Passed cases and those that are no example lose what they are about, too, which stands in the case files.
    Doing so twice changes nothing more. What is drawn over pictures stays.
    """
    size = _size(lab)
    failures: dict[Hashable, list[CaseResult]] = {}
    for check in report.checks:
        for case, kind in zip(check.failures, find_kinds(check), strict=True):
            failures.setdefault(kind, []).append(case)
    examples = [in_order(cases, size)[0] for cases in failures.values()]
    kept = {id(case) for case in examples[:MAX_EXAMPLES]}
    return replace(
        report,
        checks=tuple(_keep(lab, check, kept) for check in report.checks),
        printed=_cut_printed(report.printed),
        printed_in_public=_cut_printed(report.printed_in_public),
    )


def _cut_printed(text: str) -> str:
    return text if len(text) <= MAX_PRINTED + len(CUT_OFF) else text[:MAX_PRINTED] + CUT_OFF


def _keep(lab: Lab, check: CheckResult, kept: set[int]) -> CheckResult:
    def keep(case: CaseResult) -> CaseResult:
        # A fault of the grader is to be mended, so all is told of it.
        return case if id(case) in kept or case.verdict is Verdict.GRADER_FAULT else _shorten(lab, case)

    return replace(check, cases=tuple(map(keep, check.cases)))


def _shorten(lab: Lab, case: CaseResult) -> CaseResult:
    """Leave of a case its name, its verdict and why it failed, in few words.

    Its cause, and what students may read of it, must be found in these words as in the whole.
    """
    explanation = case.explanation
    if explanation is not None:
        required, got = _cut_required(lab, explanation.required), _cut(explanation.got)
        if case.verdict is Verdict.CRASHED:
            got = name_crash(explanation)
        elif case.verdict is Verdict.WRONG:
            required, got = keep_general(lab, explanation.required), ""
        explanation = Explanation(required, got, explanation.advice)
    return replace(case, says="", explanation=explanation, evidence=None, traceback="")


def _cut_required(lab: Lab, sentence: str) -> str:
    """Shorten a requirement so that no more, and no less, of it may be shown to students than before."""
    general = keep_general(lab, sentence)
    short = _cut(sentence)
    return general or (sentence if keep_general(lab, short) else short)


def _cut(sentence: str) -> str:
    """Shorten what a lab wrote itself; a sentence that was cut could be told in no other language."""
    return sentence if isinstance(sentence, Said) else cut(sentence, MAX_WORDS)


def _size(lab: Lab) -> Size:
    def size(case: CaseResult) -> int:
        return 0 if case.evidence is None else int(lab.evidence.size(case.evidence))

    return size
