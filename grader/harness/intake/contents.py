"""Find what counts among the members of a zip: the code, the report, and what should not be there."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from grader.harness.intake.archive import Member, list_members, read_member
from grader.harness.intake.beside import read_beside
from grader.harness.intake.code import MIB, Wanted, judge_place, misplaced, paths, read_code
from grader.harness.intake.environments import find_own
from grader.harness.intake.names import Naming, printable
from grader.harness.intake.problems import Refused, remark
from grader.harness.languages import said
from grader.harness.results import Problem

MAX_REPORT_BYTES = 50 * MIB
"""Size of a report that is kept."""

# A bomb is told by what it promises: together more than _BOMB_BYTES, and so many times its own size as no files of a
# student do. Members that overlap have more packed bytes than the archive has at all.
_BOMB_BYTES = 64 * MIB
_BOMB_RATIO = 200

_DOCUMENTS = (".docx", ".doc", ".odt", ".pages", ".rtf")
_REPORT_WORDS = ("report", "報告", "报告")


@dataclass(frozen=True)
class Contents:
    """What a zip holds of the files that count, each None where it is not to be had; `files` lie beside the code."""

    source: bytes | None = None
    report: bytes | None = None
    report_name: str = ""
    problems: Sequence[Problem] = field(default=())
    files: Mapping[str, bytes] = field(default_factory=dict)


def read_contents(data: bytes, wanted: Wanted) -> Contents:
    """Read the code and the report out of a zip; every fault becomes a problem.

    The two do not depend on each other: a report is found beside code that cannot be had.
    """
    naming = wanted.naming
    try:
        members = list_members(data)
    except Refused as refused:
        return Contents(problems=[refused.problem(naming)])
    problems: list[Problem] = []
    source, own = None, find_own(members)
    files: Mapping[str, bytes] = {}
    try:
        code = read_code(data, members, wanted, problems)
        problems += judge_place(naming, code)
        files, remarks = read_beside(data, code, wanted)
        problems += [*remarks, *_judge_others(naming, data, members)]
        source, own = code.source, list(code.files)
    except Refused as refused:
        problems.append(refused.problem(naming))
        problems += _judge_others(naming, data, [one for one in members if not naming.is_almost_code(one.name)])
    report, report_name = _read_report(data, own, wanted, problems)
    return Contents(source, report, report_name, problems, files)


def _judge_others(naming: Naming, data: bytes, members: Sequence[Member]) -> Iterator[Problem]:
    """Remark on members that nobody should unpack by hand."""
    for code, what, found in misplaced(members):
        if found:
            yield remark(naming, code, said("{names} {what} and was left out", names=paths(found), what=what))
    plain_bytes = sum(member.plain_bytes for member in members)
    if plain_bytes > max(_BOMB_BYTES, _BOMB_RATIO * len(data)):
        told = said(
            "{packed} MiB would become {plain} MiB; it was not unpacked",
            packed=f"{len(data) / MIB:,.1f}",
            plain=f"{plain_bytes / MIB:,.0f}",
        )
        yield remark(naming, "zip_bomb", told)
    elif sum(member.packed_bytes for member in members) > len(data):
        yield remark(naming, "zip_bomb", said("files in it overlap; it was not unpacked"))


def _read_report(
    data: bytes, own: Sequence[Member], wanted: Wanted, problems: list[Problem]
) -> tuple[bytes | None, str]:
    """Find the report and read it; a document of another format is given to the readers as it is."""
    naming = wanted.naming
    files = [member for member in own if member.is_ordinary]
    member = _find_pdf(files, wanted, problems)
    if member is None:
        documents = [one for one in files if one.name.lower().endswith(_DOCUMENTS)]
        member = min(documents, key=_document_rank, default=None)
        if member is None:
            problems.append(remark(naming, "no_report", said("there is none")))
            return None, ""
        problems.append(remark(naming, "report_not_pdf", said("there is {names}", names=paths([member]))))
    try:
        report = read_member(data, member, MAX_REPORT_BYTES)
    except Refused as refused:
        problems.append(remark(naming, "report_unreadable", refused.got))
        return None, printable(member.name)
    problems += judge_report(naming, member.name, paths([member]), report)
    return report or None, printable(member.name)


def _document_rank(member: Member) -> tuple[int, int, str]:
    """Order documents: those of Word first, then by the other formats, and those at the top of the zip."""
    ending = next(rank for rank, ending in enumerate(_DOCUMENTS) if member.name.lower().endswith(ending))
    return ending, len(member.parts), member.path


def _find_pdf(files: Sequence[Member], wanted: Wanted, problems: list[Problem]) -> Member | None:
    """Find the PDF whose name fits best; among equals the one at the top of the zip."""
    pdfs = [member for member in files if member.name.lower().endswith(".pdf")]
    if not pdfs:
        return None
    best = min(misfit(member.name, wanted) for member in pdfs)
    found = [member for member in pdfs if misfit(member.name, wanted) == best]
    taken = min(found, key=lambda member: (len(member.parts), member.path))
    shown = f"'{printable(taken.name)}'"
    if len(found) > 1:
        told = said("there are {names}; {taken} was taken", names=paths(found), taken=shown)
        problems.append(remark(wanted.naming, "several_reports", told))
    if best > 0:
        problems.append(remark(wanted.naming, "report_name", said("this one is named {name}", name=shown)))
    return taken


def misfit(name: str, wanted: Wanted) -> int:
    """Count in steps how far the name of a PDF is from that of the report: 0 is the name itself."""
    name = name.lower()
    if wanted.naming.is_report(name):
        return 0 if name.startswith(wanted.student_id.lower()) else 1
    if name.endswith("_report.pdf"):
        return 2
    return 3 if any(word in name for word in _REPORT_WORDS) else 4


def judge_report(naming: Naming, name: str, shown: str, report: bytes | None) -> Iterator[Problem]:
    """Say what is wrong with the bytes of a report; None are too many. `shown` is its name in the sentence."""
    if report is None:
        told = said("{name} has more than {size} MiB", name=shown, size=MAX_REPORT_BYTES // MIB)
        yield remark(naming, "report_unreadable", told)
    elif not report:
        yield remark(naming, "report_empty", said("{name} has 0 bytes", name=shown))
    elif name.lower().endswith(".pdf") and b"%PDF-" not in report[:1024]:
        yield remark(naming, "report_broken", said("{name} is none", name=shown))
