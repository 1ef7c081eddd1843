"""Find what counts among the members of a zip: the code, the report, and what should not be there."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from grader.harness.intake.archive import Member, list_members, read_member
from grader.harness.intake.names import Naming, printable, quoted
from grader.harness.intake.problems import Refused, remark
from grader.harness.intake.source import is_same_text
from grader.harness.results import Problem

MIB = 2**20
MAX_SOURCE_BYTES = MIB
"""Size of the code; solutions have some thousand bytes."""

MAX_REPORT_BYTES = 50 * MIB
"""Size of a report that is kept."""

# A bomb is told by what it promises: together more than _BOMB_BYTES, and so many times its own size as no files of a
# student do; code packs to a tenth at best. Members that overlap have more packed bytes than the archive has at all.
_BOMB_BYTES = 64 * MIB
_BOMB_RATIO = 200
_SOURCE_RATIO = 20

_MAX_CANDIDATES = 8

_ARCHIVES = (".zip", ".rar", ".7z", ".tar", ".gz", ".tgz")
_DOCUMENTS = (".docx", ".doc", ".odt", ".pages", ".rtf")
_REPORT_WORDS = ("report", "報告", "报告")


@dataclass(frozen=True)
class Contents:
    """What a zip holds of the two files that count, each None where it is not to be had."""

    source: bytes | None = None
    report: bytes | None = None
    report_name: str = ""
    problems: Sequence[Problem] = field(default=())


@dataclass(frozen=True)
class Wanted:
    """What is looked for in a zip.

    Attributes
    ----------
    naming : Naming
        How the lab calls its files.
    template : bytes or None
        The code that students got.
    student_id : str
        Whose zip it is, as far as its name tells.
    others : sequence of Naming
        How other labs call theirs: a zip of one of them is told so.
    """

    naming: Naming
    template: bytes | None = None
    student_id: str = ""
    others: Sequence[Naming] = ()


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
    source = None
    try:
        member, source = _read_code(data, members, wanted, problems)
        problems += _judge_place(naming, member, members)
        problems += _judge_others(naming, data, members)
    except Refused as refused:
        problems.append(refused.problem(naming))
        problems += _judge_others(naming, data, [one for one in members if not naming.is_almost_code(one.name)])
    report, report_name = _read_report(data, members, wanted, problems)
    return Contents(source, report, report_name, problems)


def _files(members: Sequence[Member]) -> list[Member]:
    return [member for member in members if not member.is_folder and not member.is_junk]


def _paths(members: Sequence[Member]) -> str:
    return quoted([member.path for member in members])


def _misplaced(members: Sequence[Member]) -> Iterator[tuple[str, str, list[Member]]]:
    """Group the members that are no ordinary files inside the zip: code of the problem, what they do, members."""
    yield "path_outside", "points outside of it", [member for member in members if member.is_outside]
    yield "link", "is a link", [member for member in members if member.is_link]
    yield "special_file", "is a device, a pipe or a socket", [member for member in members if member.is_special]


def _judge_others(naming: Naming, data: bytes, members: Sequence[Member]) -> Iterator[Problem]:
    """Remark on members that nobody should unpack by hand."""
    for code, what, misplaced in _misplaced(members):
        if misplaced:
            yield remark(naming, code, f"{_paths(misplaced)} {what} and was left out")
    plain_bytes = sum(member.plain_bytes for member in members)
    if plain_bytes > max(_BOMB_BYTES, _BOMB_RATIO * len(data)):
        told = f"{len(data) / MIB:,.1f} MiB would become {plain_bytes / MIB:,.0f} MiB"
        yield remark(naming, "zip_bomb", f"{told}; it was not unpacked")
    elif sum(member.packed_bytes for member in members) > len(data):
        yield remark(naming, "zip_bomb", "files in it overlap; it was not unpacked")


def _read_code(data: bytes, members: Sequence[Member], wanted: Wanted, problems: list[Problem]) -> tuple[Member, bytes]:
    """Find the code and read it; of several files, those that equal another or the template do not count."""
    candidates = _find_code(members, wanted)
    places = _paths(candidates)
    if len(candidates) > _MAX_CANDIDATES:
        raise Refused("several_codes", f"it holds {len(candidates)}: {places}")
    sources: dict[bytes, Member] = {}
    for member in candidates:
        sources.setdefault(_read_source(data, member), member)
    solutions = {one: member for one, member in sources.items() if not is_same_text(one, wanted.template)} or sources
    if len(solutions) > 1:
        raise Refused("several_codes", f"it holds {len(candidates)} that differ: {places}")
    source, member = solutions.popitem()
    if len(candidates) > 1:
        told = f"it holds {len(candidates)}: {places}; '{printable(member.path)}' counts"
        problems.append(remark(wanted.naming, "several_codes", told))
    return member, source


def _find_code(members: Sequence[Member], wanted: Wanted) -> list[Member]:
    """Find the members that are the code; those of almost its name count only without one of the right name."""
    files = _files(members)
    named = [member for member in files if wanted.naming.is_almost_code(member.name)]
    ordinary = [member for member in named if member.is_ordinary]
    if exact := [member for member in ordinary if member.name == wanted.naming.code]:
        return exact
    if ordinary:
        return ordinary
    for code, what, misplaced in _misplaced(named):
        if misplaced:
            raise Refused(code, f"{_paths(misplaced)} {what}")
    raise _say_what_is_there(members, files, wanted)


def _say_what_is_there(members: Sequence[Member], files: Sequence[Member], wanted: Wanted) -> Refused:
    """Say what is in a zip that has no code."""
    paths = [member.path for member in files]
    if any(wanted.naming.code in member.parts[: None if member.is_folder else -1] for member in members):
        return Refused("code_is_folder", "it is a folder")
    if not files:
        return Refused("empty_zip", "there is no file in it")
    if "word/document.xml" in paths:
        return Refused("no_code", "it is a Word document and no zip of files")
    if inner := [path for path in paths if path.lower().endswith(_ARCHIVES)]:
        return Refused("nested_archive", f"there is only another archive, {quoted(inner)}")
    for other in wanted.others:
        if any(other.is_almost_code(member.name) for member in files):
            return Refused("other_lab", f"it holds '{other.code}' and looks like one of {other.tag}")
    return Refused("no_code", f"it holds {quoted(paths)}")


def _read_source(data: bytes, member: Member) -> bytes:
    source = read_member(data, member, MAX_SOURCE_BYTES)
    if source is None:
        shown = _paths([member])
        if member.packed_bytes * _SOURCE_RATIO < max(member.plain_bytes, MAX_SOURCE_BYTES):
            raise Refused("zip_bomb", f"{shown} has {member.packed_bytes:,} bytes and unpacks to more than 1 MiB")
        raise Refused("code_too_large", f"{shown} has more than 1 MiB")
    return source


def _judge_place(naming: Naming, code: Member, members: Sequence[Member]) -> Iterator[Problem]:
    """Remark on where the code is, how it is called, and on Python files that will not be there for it."""
    if code.name != naming.code:
        yield remark(naming, "code_name", f"it is called '{printable(code.name)}'")
    if len(code.parts) > 2:
        yield remark(naming, "code_deep", f"it is at {_paths([code])}")
    python = [one for one in _files(members) if one.name.lower().endswith((".py", ".py.txt"))]
    others = [member for member in python if member.name != code.name]
    if others:
        yield remark(naming, "other_python", f"there is also {_paths(others)}")


def _read_report(
    data: bytes, members: Sequence[Member], wanted: Wanted, problems: list[Problem]
) -> tuple[bytes | None, str]:
    """Find the report and read it; a document of another format is given to the readers as it is."""
    naming = wanted.naming
    files = [member for member in _files(members) if member.is_ordinary]
    member = _find_pdf(files, wanted, problems)
    if member is None:
        documents = [one for one in files if one.name.lower().endswith(_DOCUMENTS)]
        member = min(documents, key=_document_rank, default=None)
        if member is None:
            problems.append(remark(naming, "no_report", "there is none"))
            return None, ""
        problems.append(remark(naming, "report_not_pdf", f"there is {_paths([member])}"))
    try:
        report = read_member(data, member, MAX_REPORT_BYTES)
    except Refused as refused:
        problems.append(remark(naming, "report_unreadable", refused.got))
        return None, printable(member.name)
    problems += _judge_report(naming, member, report)
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
    best = min(_misfit(member, wanted) for member in pdfs)
    found = [member for member in pdfs if _misfit(member, wanted) == best]
    taken = min(found, key=lambda member: (len(member.parts), member.path))
    shown = f"'{printable(taken.name)}'"
    if len(found) > 1:
        problems.append(remark(wanted.naming, "several_reports", f"there are {_paths(found)}; {shown} was taken"))
    if best > 0:
        problems.append(remark(wanted.naming, "report_name", f"this one is named {shown}"))
    return taken


def _misfit(member: Member, wanted: Wanted) -> int:
    """Count in steps how far the name of a PDF is from that of the report: 0 is the name itself."""
    name = member.name.lower()
    if wanted.naming.is_report(name):
        return 0 if name.startswith(wanted.student_id.lower()) else 1
    if name.endswith("_report.pdf"):
        return 2
    return 3 if any(word in name for word in _REPORT_WORDS) else 4


def _judge_report(naming: Naming, member: Member, report: bytes | None) -> Iterator[Problem]:
    if report is None:
        yield remark(naming, "report_unreadable", f"{_paths([member])} has more than {MAX_REPORT_BYTES // MIB} MiB")
    elif not report:
        yield remark(naming, "report_empty", f"{_paths([member])} has 0 bytes")
    elif member.name.lower().endswith(".pdf") and b"%PDF-" not in report[:1024]:
        yield remark(naming, "report_broken", f"{_paths([member])} is none")
