"""Reports that were handed in as files of their own, beside the zip or bare code, or alone: which of all counts.

The zip is where the report belongs, so of two that are equally sound its own counts. What is only beside it counts as
well: it is the student's work, and its points are given by a person.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from grader.harness.intake.code import Wanted
from grader.harness.intake.contents import MAX_REPORT_BYTES, Contents, judge_report, misfit
from grader.harness.intake.names import printable, quoted
from grader.harness.intake.problems import remark
from grader.harness.languages import said
from grader.harness.results import Problem

REPORTS = (".pdf", ".docx", ".doc", ".odt", ".pages", ".rtf")
"""Endings of files that are reports, and can be nothing else that counts."""

_PDF, _DOCUMENT, _BROKEN, _NONE = range(4)
"""How sound a report is, the best first."""


@dataclass(frozen=True)
class LooseReport:
    """A report that was handed in as a file of its own.

    Attributes
    ----------
    name : str
        As it was uploaded.
    content : bytes
        All of it, or one byte more than a report may have.
    """

    name: str
    content: bytes


def add_loose(contents: Contents, loose: Sequence[LooseReport], wanted: Wanted, *, is_zip: bool) -> Contents:
    """Choose among the report of a zip and those beside it.

    Parameters
    ----------
    contents : Contents
        Of the zip, or the bare code.
    loose : sequence of LooseReport
        What lies beside it.
    wanted : Wanted
        What is looked for.
    is_zip : bool
        Whether a zip was handed in, in which the report should lie.

    Returns
    -------
    contents : Contents
        With the report that counts, and the problems of that one. Others are named in a remark.
    """
    loose = [report for report in loose if report.content != contents.report]  # of two that are equal either counts
    if not loose:
        return contents
    best = min(loose, key=lambda one: (_soundness(one.name, one.content), misfit(one.name, wanted)))
    if _soundness(contents.report_name, contents.report) <= min(_soundness(best.name, best.content), _BROKEN):
        others = _remark_others(wanted, [contents.report_name], loose, contents.report_name)
        return replace(contents, problems=[*contents.problems, *others])
    problems = [problem for problem in contents.problems if problem.code not in {"no_report", "report_not_pdf"}]
    in_zip = [contents.report_name] if contents.report_name else []
    problems += [*_judge(wanted, best, is_zip=is_zip), *_remark_others(wanted, in_zip, loose, best.name)]
    report = best.content if 0 < len(best.content) <= MAX_REPORT_BYTES else None
    return replace(contents, report=report, report_name=printable(best.name), problems=problems)


def _soundness(name: str, content: bytes | None) -> int:
    if not content or len(content) > MAX_REPORT_BYTES:
        return _NONE
    if b"%PDF-" in content[:1024]:
        return _PDF
    return _BROKEN if name.lower().endswith(".pdf") else _DOCUMENT


def _judge(wanted: Wanted, report: LooseReport, *, is_zip: bool) -> Iterator[Problem]:
    """Say of a report that lies beside the zip what would be said of one within."""
    shown = f"'{printable(report.name)}'"
    if is_zip:
        yield remark(wanted.naming, "report_beside", said("{name} was handed in beside the zip", name=shown))
    if not report.name.lower().endswith(".pdf"):
        yield remark(wanted.naming, "report_not_pdf", said("there is {names}", names=shown))
    elif misfit(report.name, wanted) > 0:
        yield remark(wanted.naming, "report_name", said("this one is named {name}", name=shown))
    content = report.content if len(report.content) <= MAX_REPORT_BYTES else None
    yield from judge_report(wanted.naming, report.name, shown, content)


def _remark_others(
    wanted: Wanted, in_zip: Sequence[str], loose: Sequence[LooseReport], taken: str
) -> Iterator[Problem]:
    """Name all reports where there are several, and the one that counts."""
    if len(in_zip) + len(loose) > 1:
        names, shown = quoted([report.name for report in loose]), f"'{printable(taken)}'"
        got = said("there are {names}; {taken} was taken", names=names, taken=shown)
        if in_zip:
            got = said(
                "there are {inside} in the zip and {names} beside it; {taken} was taken",
                inside=quoted(in_zip),
                names=names,
                taken=shown,
            )
        yield remark(wanted.naming, "several_reports", got)
