"""Find what was handed in: every file becomes an entry, and one that is no submission says why.

A submission is what a student gave: a zip, the bare code, or something else in the place of one, of which the
grader will tell the student why it cannot be opened. Nothing is opened here but Moodle's archive.
"""

import io
import zipfile
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from grader.harness.batch import moodle
from grader.harness.batch.files import File, decoded, find_files, is_system
from grader.harness.batch.given import open_given
from grader.harness.batch.records import Entry, Place
from grader.harness.errors import SubmissionError
from grader.harness.intake.code import MAX_SOURCE_BYTES
from grader.harness.intake.contents import MAX_REPORT_BYTES
from grader.harness.intake.names import Naming, printable
from grader.harness.submission import MAX_FILE_BYTES

_PACKED = (".zip", ".rar", ".7z", ".tar", ".gz", ".tgz")
_REPORTS = (".pdf", ".docx", ".doc", ".odt", ".pages", ".rtf")
_KNOWN = (*_PACKED, *_REPORTS, ".py", ".py.txt", ".ipynb")
_MAX_REPORTS = 8
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
    for file in files.values():
        entry, owner = _identify(naming, file)
        groups[owner].append(entry)
    judged = [
        entry for owner, group in groups.items() for entry in _judge(naming, group, is_one_student=owner[-1] != "")
    ]
    return _with_unique_names(judged)


def read_entry(naming: Naming, entry: Entry, limit: int = MAX_FILE_BYTES + 1) -> bytes:
    """Read what was handed in, at most `limit` bytes; bare code and its report are packed into one zip.

    Parameters
    ----------
    naming : Naming
        How the lab calls its files.
    entry : Entry
        From `find_entries`.
    limit : int, optional
        By default one byte more than a submission may have, so that the grader sees that it is too large.

    Returns
    -------
    content : bytes
        The same every time while the files do not change. The file is called as `upload_name` tells.

    Raises
    ------
    SubmissionError
        If it is gone, or cannot be read. A report that cannot be read is left out: the code does not depend on it.
    """
    if not entry.beside:
        return _read_place(entry.place, limit)
    content = _read_place(entry.place, MAX_SOURCE_BYTES + 1)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in [(naming.code, content), *_reports(entry.beside)]:
            info = zipfile.ZipInfo(name)
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, data)
    return buffer.getvalue()[:limit]


def upload_name(naming: Naming, entry: Entry) -> str:
    """Name the file that `read_entry` gives: as the student called it, or as a zip that is packed here."""
    return naming.zip_of(entry.student_id) if entry.beside else entry.file_name


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
        return "an online text"
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
    reports = _ending(loose, _REPORTS)
    beside = tuple(entry.place for entry in sorted(reports, key=lambda entry: entry.name))
    yield from (replace(entry, beside=beside) if entry in code else entry for entry in main)
    for entry in loose:
        kind = "a report" if entry in reports else "a file"
        yield replace(entry, why_not=f"{kind} that lies beside '{printable(main[0].file_name)}'")


def _ending(entries: Iterable[Entry], endings: str | tuple[str, ...]) -> list[Entry]:
    return [entry for entry in entries if entry.file_name.lower().endswith(endings)]


def _with_unique_names(entries: Iterable[Entry]) -> list[Entry]:
    """Sort by name, and number those of one name, which an archive may have."""
    unique: dict[str, Entry] = {}
    order = sorted(entries, key=lambda entry: (entry.name, str(entry.place.path), entry.place.member or 0))
    for entry in order:
        name, number = entry.name, 1
        while name in unique:
            number += 1
            name = f"{entry.name} [{number}]"
        unique[name] = replace(entry, name=name)
    return list(unique.values())


def _reports(places: Sequence[Place]) -> Iterator[tuple[str, bytes]]:
    """Read the reports beside the code, those that can be read, by names that no two have."""
    taken: set[str] = set()
    for number, place in enumerate(places[:_MAX_REPORTS], start=1):
        try:
            path = decoded(place.path.name)
            path = path if place.member is None else moodle.member_name(place.path, place.member)
            content = _read_place(place, MAX_REPORT_BYTES + 1)
        except SubmissionError:
            continue
        last = path.rpartition("/")[2]
        named = moodle.parse_name(last)
        name = printable(named.file_name if named and named.file_name else last)
        yield (name if name not in taken else f"{number}/{name}"), content
        taken.add(name)


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
