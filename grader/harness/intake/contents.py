"""Find what counts among the members of a zip: the code, the report, and what should not be there."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from grader.harness.intake.archive import Entry, list_entries, read_entry
from grader.harness.intake.names import STUDENT_ID, printable, quoted
from grader.harness.intake.problems import Refused, remark
from grader.harness.intake.source import is_same_text
from grader.harness.results import Problem

MIB = 2**20
MAX_SOURCE_BYTES = MIB
"""Size of a ``merge.py``; solutions have some thousand bytes."""

MAX_REPORT_BYTES = 50 * MIB
"""Size of a report that is kept."""

# A bomb is told by what it promises: together more than _BOMB_BYTES, and so many times its own size as no files of a
# student do; code packs to a tenth at best. Members that overlap have more packed bytes than the archive has at all.
_BOMB_BYTES = 64 * MIB
_BOMB_RATIO = 200
_SOURCE_RATIO = 20

# As a browser names a second download, and as Windows names a file whose ending it hides.
_ALMOST_MERGE = re.compile(r"merge ?(\(\d+\))?\.py(\.txt)?", re.IGNORECASE)
_MAX_CANDIDATES = 8

_ARCHIVES = (".zip", ".rar", ".7z", ".tar", ".gz", ".tgz")
_DOCUMENTS = (".docx", ".doc", ".odt", ".pages", ".rtf")
_EXPECTED_REPORT = re.compile(rf"{STUDENT_ID}_lab3_report\.pdf", re.IGNORECASE | re.ASCII)
_REPORT_WORDS = ("report", "報告", "报告")


@dataclass(frozen=True)
class Contents:
    """What a zip holds of the two files that count, each None where it is not to be had."""

    source: bytes | None = None
    report: bytes | None = None
    report_name: str = ""
    problems: Sequence[Problem] = field(default=())


def read_contents(data: bytes, *, template: bytes | None = None, student_id: str = "") -> Contents:
    """Read the code and the report out of a zip; every fault becomes a problem.

    The two do not depend on each other: a report is found beside code that cannot be had.
    """
    try:
        entries = list_entries(data)
    except Refused as refused:
        return Contents(problems=[refused.problem])
    problems: list[Problem] = []
    source = None
    try:
        entry, source = _read_merge(data, entries, template, problems)
        problems += _judge_place(entry, entries)
        problems += _judge_others(data, entries)
    except Refused as refused:
        problems.append(refused.problem)
        problems += _judge_others(data, [entry for entry in entries if not _ALMOST_MERGE.fullmatch(entry.name)])
    report, report_name = _read_report(data, entries, student_id, problems)
    return Contents(source, report, report_name, problems)


def _files(entries: Sequence[Entry]) -> list[Entry]:
    return [entry for entry in entries if not entry.is_folder and not entry.is_junk]


def _misplaced(entries: Sequence[Entry]) -> Iterator[tuple[str, str, list[Entry]]]:
    """Group the members that are no ordinary files inside the zip: code of the problem, what they do, members."""
    yield "path_outside", "points outside of it", [entry for entry in entries if entry.is_outside]
    yield "link", "is a link", [entry for entry in entries if entry.is_link]
    yield "special_file", "is a device, a pipe or a socket", [entry for entry in entries if entry.is_special]


def _judge_others(data: bytes, entries: Sequence[Entry]) -> Iterator[Problem]:
    """Remark on members that nobody should unpack by hand."""
    for code, what, members in _misplaced(entries):
        if members:
            yield remark(code, f"{quoted([entry.path for entry in members])} {what} and was left out")
    plain_bytes = sum(entry.plain_bytes for entry in entries)
    if plain_bytes > max(_BOMB_BYTES, _BOMB_RATIO * len(data)):
        came = f"{len(data) / MIB:,.1f} MiB would become {plain_bytes / MIB:,.0f} MiB"
        yield remark("zip_bomb", f"{came}; it was not unpacked")
    elif sum(entry.packed_bytes for entry in entries) > len(data):
        yield remark("zip_bomb", "files in it overlap; it was not unpacked")


def _read_merge(
    data: bytes, entries: Sequence[Entry], template: bytes | None, problems: list[Problem]
) -> tuple[Entry, bytes]:
    """Find merge.py and read it; of several, those that equal another or the template do not count."""
    candidates = _find_merge(entries)
    places = quoted([entry.path for entry in candidates])
    if len(candidates) > _MAX_CANDIDATES:
        raise Refused("two_merge", f"it holds {len(candidates)}: {places}")
    sources: dict[bytes, Entry] = {}
    for entry in candidates:
        sources.setdefault(_read_source(data, entry), entry)
    solutions = {source: entry for source, entry in sources.items() if not is_same_text(source, template)} or sources
    if len(solutions) > 1:
        raise Refused("two_merge", f"it holds {len(candidates)} that differ: {places}")
    source, entry = solutions.popitem()
    if len(candidates) > 1:
        problems.append(remark("two_merge", f"it holds {len(candidates)}: {places}; '{printable(entry.path)}' counts"))
    return entry, source


def _find_merge(entries: Sequence[Entry]) -> list[Entry]:
    """Find the members that are merge.py; those of almost this name count only without one of the right name."""
    files = _files(entries)
    named = [entry for entry in files if _ALMOST_MERGE.fullmatch(entry.name)]
    ordinary = [entry for entry in named if entry.is_ordinary]
    if exact := [entry for entry in ordinary if entry.name == "merge.py"]:
        return exact
    if ordinary:
        return ordinary
    for code, what, members in _misplaced(named):
        if members:
            raise Refused(code, f"{quoted([entry.path for entry in members])} {what}")
    raise _say_what_is_there(entries, files)


def _say_what_is_there(entries: Sequence[Entry], files: Sequence[Entry]) -> Refused:
    """Say what is in a zip that has no merge.py."""
    paths = [entry.path for entry in files]
    if any("merge.py" in entry.parts[: None if entry.is_folder else -1] for entry in entries):
        return Refused("merge_is_folder", "it is a folder")
    if not files:
        return Refused("empty_zip", "there is no file in it")
    if "word/document.xml" in paths:
        return Refused("no_merge", "it is a Word document and no zip of files")
    if inner := [path for path in paths if path.lower().endswith(_ARCHIVES)]:
        return Refused("nested_archive", f"there is only another archive, {quoted(inner)}")
    return Refused("no_merge", f"it holds {quoted(paths)}")


def _read_source(data: bytes, entry: Entry) -> bytes:
    source = read_entry(data, entry, MAX_SOURCE_BYTES)
    if source is None:
        shown = quoted([entry.path])
        if entry.packed_bytes * _SOURCE_RATIO < max(entry.plain_bytes, MAX_SOURCE_BYTES):
            raise Refused("zip_bomb", f"{shown} has {entry.packed_bytes:,} bytes and unpacks to more than 1 MiB")
        raise Refused("merge_too_large", f"{shown} has more than 1 MiB")
    return source


def _judge_place(merge: Entry, entries: Sequence[Entry]) -> Iterator[Problem]:
    """Remark on where merge.py is, how it is called, and on Python files that will not be there for it."""
    if merge.name != "merge.py":
        yield remark("merge_name", f"it is called '{printable(merge.name)}'")
    if len(merge.parts) > 2:
        yield remark("merge_deep", f"it is at {quoted([merge.path])}")
    others = [e.path for e in _files(entries) if e.name.lower().endswith((".py", ".py.txt")) and e.name != merge.name]
    if others:
        yield remark("other_python", f"there is also {quoted(others)}")


def _read_report(
    data: bytes, entries: Sequence[Entry], student_id: str, problems: list[Problem]
) -> tuple[bytes | None, str]:
    """Find the report and read it; a document of another format is given to the readers as it is."""
    files = [entry for entry in _files(entries) if entry.is_ordinary]
    entry = _find_pdf(files, student_id, problems)
    if entry is None:
        documents = [e for e in files if e.name.lower().endswith(_DOCUMENTS)]
        entry = min(documents, key=_document_rank, default=None)
        if entry is None:
            problems.append(remark("no_report", "there is none"))
            return None, ""
        problems.append(remark("report_not_pdf", f"there is {quoted([entry.path])}"))
    try:
        report = read_entry(data, entry, MAX_REPORT_BYTES)
    except Refused as refused:
        problems.append(remark("report_unreadable", refused.problem.explanation.came))
        return None, printable(entry.name)
    problems += _judge_report(entry, report)
    return report or None, printable(entry.name)


def _document_rank(entry: Entry) -> tuple[int, int, str]:
    """Order documents: those of Word first, then by the other formats, and those at the top of the zip."""
    ending = next(rank for rank, ending in enumerate(_DOCUMENTS) if entry.name.lower().endswith(ending))
    return ending, len(entry.parts), entry.path


def _find_pdf(files: Sequence[Entry], student_id: str, problems: list[Problem]) -> Entry | None:
    """Find the PDF whose name fits best; among equals the one at the top of the zip."""
    pdfs = [entry for entry in files if entry.name.lower().endswith(".pdf")]
    if not pdfs:
        return None
    best = min(_misfit(entry, student_id) for entry in pdfs)
    found = [entry for entry in pdfs if _misfit(entry, student_id) == best]
    taken = min(found, key=lambda entry: (len(entry.parts), entry.path))
    shown = f"'{printable(taken.name)}'"
    if len(found) > 1:
        problems.append(
            remark("several_reports", f"there are {quoted([entry.path for entry in found])}; {shown} was taken")
        )
    if best > 0:
        problems.append(remark("report_name", f"this one is named {shown}"))
    return taken


def _misfit(entry: Entry, student_id: str) -> int:
    """Count in steps how far the name of a PDF is from that of the report: 0 is the name itself."""
    name = entry.name.lower()
    if _EXPECTED_REPORT.fullmatch(name):
        return 0 if name.startswith(student_id.lower()) else 1
    if name.endswith("_report.pdf"):
        return 2
    return 3 if any(word in name for word in _REPORT_WORDS) else 4


def _judge_report(entry: Entry, report: bytes | None) -> Iterator[Problem]:
    if report is None:
        yield remark("report_unreadable", f"{quoted([entry.path])} has more than {MAX_REPORT_BYTES // MIB} MiB")
    elif not report:
        yield remark("report_empty", f"{quoted([entry.path])} has 0 bytes")
    elif entry.name.lower().endswith(".pdf") and b"%PDF-" not in report[:1024]:
        yield remark("report_broken", f"{quoted([entry.path])} is none")
