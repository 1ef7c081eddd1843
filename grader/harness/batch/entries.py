"""Find what was handed in: every file becomes an entry, and one that is no submission says why.

A submission is what a student gave: a zip, the bare code, or something else in the place of one, of which the
grader will tell the student why it cannot be opened. Reports that lie beside it belong to it and are read with it.
Nothing is opened here but Moodle's archive and Moodle's own online texts.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from grader.harness.batch import moodle
from grader.harness.batch.files import File, decoded, find_files, is_system
from grader.harness.batch.found import Entry, Place
from grader.harness.batch.given import open_given
from grader.harness.batch.online_text import MAX_BYTES, is_online_text, to_text
from grader.harness.characters import count
from grader.harness.errors import SubmissionError
from grader.harness.intake.code import MIB
from grader.harness.intake.contents import MAX_REPORT_BYTES
from grader.harness.intake.loose import REPORTS, LooseReport
from grader.harness.intake.names import Naming, printable
from grader.harness.submission import MAX_FILE_BYTES

_PACKED = (".zip", ".rar", ".7z", ".tar", ".gz", ".tgz")
_KNOWN = (*_PACKED, *REPORTS, ".py", ".py.txt", ".ipynb")
_MAX_REPORTS = 8
_ONLINE_TEXT = "an online text"
Owner = tuple[str, ...]


def find_entries(naming: Naming, paths: Sequence[Path], *, out: Path | None = None) -> list[Entry]:
    """List everything that was handed in.

    Parameters
    ----------
    naming : Naming
        How the lab calls its files.
    paths : sequence of Path
        Folders, also those of an unpacked archive, archives of Moodle, single files, in any mixture. A file that is
        there twice counts once.
    out : Path, optional
        The folder of results, which may lie among the submissions: what is in it was not handed in.

    Returns
    -------
    entries : list of Entry
        Sorted by name. Each file is there once, also those that are no submission.

    Raises
    ------
    SubmissionError
        If there is nothing at a path, a folder cannot be read or is `out`, or Moodle's archive is damaged or too large.
    """
    files: dict[tuple[Path, int | None], File] = {}
    for path in paths:
        for file in find_files(naming, path, out and out.resolve(), is_one_of_many=len(paths) > 1):
            # Not where a link leads: it is listed beside what it leads to.
            path_of_its_own = file.place.path.parent.resolve() / file.place.path.name
            files.setdefault((path_of_its_own, file.place.member), file)
    groups: dict[Owner, list[Entry]] = defaultdict(list)
    for file in _with_unique_names(files.values()):
        entry, owner = _identify(naming, file)
        groups[owner].append(entry)
    judged = [
        entry for owner, group in groups.items() for entry in _judge(naming, group, is_one_student=owner[-1] != "")
    ]
    return [_with_text(entry) for entry in sorted(judged, key=lambda entry: entry.name)]


def read_entry(entry: Entry, limit: int = MAX_FILE_BYTES + 1) -> bytes:
    """Read what was handed in, at most `limit` bytes.

    Parameters
    ----------
    entry : Entry
        From `find_entries`.
    limit : int, optional
        By default one byte more than a submission may have, so that the grader sees that it is too large.

    Returns
    -------
    content : bytes
        As it was handed in.

    Raises
    ------
    SubmissionError
        If it is gone, or cannot be read.
    """
    return _read_place(entry.place, limit)


def read_reports(entry: Entry) -> tuple[LooseReport, ...]:
    """Read the reports beside what was handed in.

    One that cannot be read is left out, for the code does not depend on it; so are those after the first eight, and
    those that are together larger than a submission may be.
    """
    reports: list[LooseReport] = []
    n_bytes = 0
    for report in entry.beside[:_MAX_REPORTS]:
        try:
            content = _read_place(report.place, MAX_REPORT_BYTES + 1)
        except SubmissionError:
            continue
        n_bytes += len(content)
        if n_bytes > MAX_FILE_BYTES:
            break
        reports.append(LooseReport(printable(report.file_name), content))
    return tuple(reports)


def remark_reports(entry: Entry, n_read: int) -> Iterator[str]:
    """Say for the staff that not all reports beside what was handed in were read."""
    n_beside = len(entry.beside)
    if n_read < n_beside:
        beside = f"{count(n_beside, 'report')} beside '{printable(entry.file_name)}'"
        yield (
            f"Of {beside} {n_read} came along; the others cannot be read, come after the first {_MAX_REPORTS}, or make "
            f"more than {MAX_FILE_BYTES // MIB} MiB together: look at them where they were handed in."
        )


def digest_upload(content: bytes, reports: Sequence[LooseReport]) -> str:
    """Return the SHA-256 by which an upload is told from another one: of the file, and of the reports beside it."""
    whole = hashlib.sha256(content)
    if not reports:
        return whole.hexdigest()
    names = [f"{report.name}\0{hashlib.sha256(report.content).hexdigest()}" for report in reports]
    return hashlib.sha256("\0".join([whole.hexdigest(), *names]).encode("utf-8", "surrogatepass")).hexdigest()


def is_report(file_name: str) -> bool:
    """Tell whether a file is a written report by its ending, and can be nothing else that counts."""
    return file_name.lower().endswith(REPORTS)


def _identify(naming: Naming, file: File) -> tuple[Entry, Owner]:
    """Read off a file's path whose it is; the last part of the owner is empty where that is not known."""
    parts = file.path.split("/")
    place = next((number for number, part in enumerate(parts) if moodle.parse_name(part)), None)
    named = moodle.find_moodle_part(file.path) or moodle.MoodleName("", "", is_text=False, file_name="")
    file_name = named.file_name if place == len(parts) - 1 and named.file_name else parts[-1]
    student_id = naming.find_student_id(file_name)
    # A loose file may lie in the student's own folder; not so an archive, and not in the folder of the whole class.
    if not student_id and len(parts) - 2 > (place or 0) and not file_name.lower().endswith(_PACKED):
        student_id = naming.find_student_id(f"{parts[-2]}.zip")
    entry = Entry(
        file.name,
        file.place,
        file_name,
        named.participant,
        named.full_name,
        student_id,
        file.modified,
        file.n_bytes,
        file.why_not or _why_not(file.name, file_name, named, is_known=bool(student_id) or place is not None),
    )
    if place is not None:
        return entry, ("moodle", *parts[:place], f"{named.full_name}_{named.participant}")
    return entry, ("file", "/".join(parts[:-1]) if not student_id else "", student_id)


def _why_not(name: str, file_name: str, named: moodle.MoodleName, *, is_known: bool) -> str:
    """Say why a file is no submission whatever stands beside it."""
    if is_system(name) or is_system(file_name):
        return "a hidden file, or one of the system's"
    if named.is_text:
        return _ONLINE_TEXT if is_online_text(file_name) else "a file of an online text"
    if not is_known and not file_name.lower().endswith(_KNOWN):
        return "no file that students hand in, and no student's name on it"
    return ""


def _judge(naming: Naming, group: Sequence[Entry], *, is_one_student: bool) -> Iterator[Entry]:
    """Tell apart what one student handed in and what lies beside it; without a name only lone code has a side."""
    yield from (entry for entry in group if entry.why_not)
    files = [entry for entry in group if not entry.why_not]
    code = [entry for entry in files if naming.is_almost_code(entry.file_name)]
    if not code and not _ending(files, ".zip"):
        code = _ending(files, ".py")
    main = [*code, *_ending(files, _PACKED)]
    if not main or not (is_one_student or (len(main) == 1 and code)):
        yield from files
        return
    loose = [entry for entry in files if entry not in main]
    reports = _ending(loose, REPORTS)
    beside = tuple(sorted(reports, key=lambda entry: entry.name))
    yield from (replace(entry, beside=beside) for entry in main)
    for entry in loose:
        kind = "a report" if entry in reports else "a file"
        yield replace(entry, why_not=f"{kind} that lies beside '{printable(main[0].file_name)}'")


def _ending(entries: Iterable[Entry], endings: str | tuple[str, ...]) -> list[Entry]:
    return [entry for entry in entries if entry.file_name.lower().endswith(endings)]


def _with_unique_names(files: Iterable[File]) -> list[File]:
    """Add a number to the names of files that have the same, as an archive may have some."""
    unique: dict[str, File] = {}
    for file in sorted(files, key=lambda file: (file.name, str(file.place.path), file.place.member or 0)):
        name, number = file.name, 1
        while name in unique:
            number += 1
            name = f"{file.name} [{number}]"
        unique[name] = replace(file, name=name)
    return list(unique.values())


def _with_text(entry: Entry) -> Entry:
    """Read an online text; all other entries stay as they are."""
    if entry.why_not != _ONLINE_TEXT:
        return entry
    try:
        text = to_text(_read_place(entry.place, MAX_BYTES))
    except SubmissionError as exc:
        return replace(entry, why_not=f"{_ONLINE_TEXT} that cannot be read: {exc}")
    return replace(entry, text=text, why_not=_ONLINE_TEXT if text else f"{_ONLINE_TEXT} without a word")


def _read_place(place: Place, limit: int) -> bytes:
    if place.member is not None:
        return moodle.read_member(place.path, place.member, limit)
    try:
        with open_given(place.path) as file:
            return file.read(limit)
    except OSError as exc:
        raise SubmissionError(
            f"A submission must be readable; '{printable(decoded(place.path.name))}' is not: {exc.strerror}. "
            "Check that it is still there, and its permissions."
        ) from exc
