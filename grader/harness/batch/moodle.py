"""Moodle's names, which tell whose a file is, and Moodle's archive of all submissions.

An archive of a whole class is large, so it is read where it lies, one member at a time, by Python's zipfile. It is
Moodle's work, but what is in it is not: nothing is believed that can be counted instead, and nothing is unpacked.
"""

import functools
import io
import re
import struct
import unicodedata
import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from grader.harness.batch.given import open_given
from grader.harness.errors import SubmissionError
from grader.harness.intake.names import decode_name, printable

MAX_MEMBERS = 20_000
"""Files that an archive of a class may have."""

MAX_DIRECTORY_BYTES = 8 * 2**20
"""Size of an archive's directory: 400 bytes for each of so many files."""

MAX_EXTRA_BYTES = 4 * 2**10
"""Extra fields of one file: times, owners, long sizes and its name once more in UTF-8, a few hundred bytes."""

MAX_ALL_EXTRA_BYTES = 4 * 2**20
"""Extra fields of all files together. An empty one has four bytes, and zipfile copies all that follow for each."""

MAX_NAME = 100
"""Characters of a name that Moodle is given back."""

# Moodle takes underscores out of people's names, but not out of file names, which students choose. So the first place
# where these words stand is Moodle's: one that comes later may be a student's who would be another. Those who are in no
# team have no number.
_NAME = re.compile(r"(.*?)(?:_([0-9]+))?_assignsubmission_(file|onlinetext)(?:_(.*))?", re.DOTALL)

_HEADER = struct.Struct("<4s22xHH")
_RECORD = struct.Struct("<4s24x3H12x")


@dataclass(frozen=True)
class MoodleName:
    """What Moodle's name of a file or folder tells.

    Attributes
    ----------
    full_name : str
        Of the student or the team; ``"Participant"`` when names are hidden, empty where Moodle could keep no letter.
    participant : str
        Digits, without leading zeros; empty for those who are in no team.
    is_text : bool
        Whether it is an online text, and no file.
    file_name : str
        The student's own name of the file; empty for a folder.
    """

    full_name: str
    participant: str
    is_text: bool
    file_name: str


@dataclass(frozen=True)
class ArchivedFile:
    """One file in an archive.

    Attributes
    ----------
    index : int
        Its place in the archive's directory, counted from 0.
    name : str
        Its path in the archive, with slashes.
    modified : datetime or None
        As the archive tells, without a zone; None where it tells nothing, or no such time.
    n_bytes : int
        Its size, as the archive tells.
    """

    index: int
    name: str
    modified: datetime | None
    n_bytes: int


def parse_name(name: str) -> MoodleName | None:
    """Read one part of a path as Moodle writes it; None for a name that is not Moodle's.

    Both endings of folders are known, the older with an underscore, and flat names, which hold the file's own.
    """
    match = _NAME.fullmatch(name)
    if match is None or not (match[1] or match[2]):
        return None
    full_name, participant, plugin, rest = match.groups(default="")
    return MoodleName(full_name, participant and (participant.lstrip("0") or "0"), plugin == "onlinetext", rest)


def feedback_name(full_name: str, participant: str, file_name: str = "feedback.html") -> str:
    """Name a file so that "Upload multiple feedback files" gives it to its student.

    Parameters
    ----------
    full_name : str
        For people who look into the archive: Moodle goes by the number. Underscores and what no file name may have
        are taken out.
    participant : str
        Digits.
    file_name : str, optional
        How the student will see it.

    Returns
    -------
    path : str
        In the archive: ``"Conor OBrien_123_assignsubmission_file_/feedback.html"``.

    Raises
    ------
    ValueError
        If `participant` is no number: Moodle would pass over the file in silence.
    """
    if not re.fullmatch(r"[0-9]+", participant):
        raise ValueError(f"A feedback file needs the participant's number; got {participant!r}.")
    letters = unicodedata.normalize("NFC", full_name[: 10 * MAX_NAME])
    kept = "".join(letter if letter.isprintable() and letter not in "_/\\:*?\"'<>|`&" else " " for letter in letters)
    name = " ".join(kept.split())[:MAX_NAME].strip(" .~")
    return f"{name or 'Participant'}_{participant}_assignsubmission_file_/{file_name}"


def find_moodle_part(path: str) -> MoodleName | None:
    """Find the part of a path that Moodle named: the outermost one counts, for students name what lies within."""
    return next((found for part in path.split("/") if (found := parse_name(part))), None)


def is_archive(path: Path) -> bool:
    """Tell whether a file is Moodle's archive of submissions, by the names in it, and no student's own zip.

    Raises
    ------
    SubmissionError
        If it is Moodle's as far as one can see, but damaged, or larger than a class can be.
    """
    try:
        members = list_members(path)
    except SubmissionError:
        if find_moodle_part(_first_name(path)):
            raise
        return False
    n_named = sum(find_moodle_part(member.name) is not None for member in members)
    return 2 * n_named > len(members)


def list_members(path: Path) -> Sequence[ArchivedFile]:
    """List the files in an archive, folders left out, in the order of its directory.

    Raises
    ------
    SubmissionError
        If it cannot be read, is no zip, or is larger than a class can be.
    """
    return [
        ArchivedFile(index, name, _modified(info), info.file_size)
        for index, info in enumerate(_directory(path))
        if not (name := _name(info)).endswith("/")
    ]


def member_name(path: Path, index: int) -> str:
    """Give the path in the archive of one of its files; SubmissionError as from `list_members`."""
    return _name(_info(path, index))


def read_member(path: Path, index: int, limit: int) -> bytes:
    """Read one file of an archive, at most `limit` bytes of it.

    Raises
    ------
    SubmissionError
        If the archive is gone or was changed, or the file in it is encrypted, damaged, or packed in a way that Moodle
        does not use.
    """
    info = _info(path, index)
    shown = f"'{printable(_name(info))}' in it"
    if info.flag_bits & 1:
        raise _refusal(path, f"{shown} is encrypted", "Look whether it is the archive that Moodle gave.")
    if info.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
        raise _refusal(path, f"{shown} is packed by method {info.compress_type}", "Take the archive that Moodle gave.")
    try:
        return _unpack(path, info, limit)
    except (OSError, EOFError, ValueError, zlib.error, zipfile.BadZipFile, struct.error) as exc:
        raise _refusal(path, f"{shown} is damaged ({exc})", "Download it again.") from exc


def _info(path: Path, index: int) -> zipfile.ZipInfo:
    infos = _directory(path)
    if index >= len(infos):
        raise _refusal(path, f"it has no file number {index} any more", "Download it again and start anew.")
    return infos[index]


def _unpack(path: Path, info: zipfile.ZipInfo, limit: int) -> bytes:
    """Unpack a member without reading the directory again, which would take the square of the class's time."""
    with open_given(path) as file:
        file.seek(info.header_offset)
        signature, name_bytes, extra_bytes = _HEADER.unpack(file.read(_HEADER.size))
        if signature != b"PK\3\4":
            raise zipfile.BadZipFile("it is not where the directory has it")
        file.seek(name_bytes + extra_bytes, io.SEEK_CUR)
        with zipfile.ZipExtFile(file, "r", info) as member:
            return member.read(limit)


class _Cautious(io.BufferedReader):
    """A file that gives no directory to zipfile that would fill the memory, or cost more than its bytes."""

    def read(self, size: int | None = -1, /) -> bytes:
        if size is not None and size > MAX_DIRECTORY_BYTES:
            raise zipfile.BadZipFile(f"its list of files has more than {MAX_DIRECTORY_BYTES // 2**20} MiB")
        data = super().read(size)
        if data.startswith(b"PK\1\2"):
            _check_extra_fields(data)
        return data


def _check_extra_fields(directory: bytes) -> None:
    """Refuse a directory with more extra fields than programs write."""
    place, n_all = 0, 0
    while place + _RECORD.size <= len(directory):
        _, name_bytes, extra_bytes, comment_bytes = _RECORD.unpack_from(directory, place)
        place += _RECORD.size + name_bytes + extra_bytes + comment_bytes
        n_all += extra_bytes
        if extra_bytes > MAX_EXTRA_BYTES:
            raise zipfile.BadZipFile(f"a file in it has {extra_bytes:,} bytes of extra fields")
    if n_all > MAX_ALL_EXTRA_BYTES:
        raise zipfile.BadZipFile(f"the files in it have {n_all:,} bytes of extra fields")


def _directory(path: Path) -> tuple[zipfile.ZipInfo, ...]:
    try:
        state = path.lstat()
        return _read_directory(path, state.st_mtime_ns, state.st_size)
    except OSError as exc:
        raise _refusal(path, f"it cannot be read ({exc.strerror})", "Check its path and its permissions.") from exc
    # What zipfile raises for hostile bytes: beside its own error those of numbers, names and unknown versions.
    except (zipfile.BadZipFile, ValueError, struct.error, NotImplementedError, OverflowError) as exc:
        raise _refusal(path, f"it is damaged or no zip ({exc})", "Download it again.") from exc


@functools.lru_cache(maxsize=8)
def _read_directory(path: Path, _mtime_ns: int, _size: int) -> tuple[zipfile.ZipInfo, ...]:
    """Read an archive's directory once for all of its members, and again when the file was changed."""
    with (
        open_given(path) as given,
        _Cautious(io.FileIO(given.fileno(), closefd=False)) as file,
        zipfile.ZipFile(file) as archive,
    ):
        infos = tuple(archive.infolist())
    if len(infos) > MAX_MEMBERS:
        raise zipfile.BadZipFile(f"it holds {len(infos):,} files; a class has at most {MAX_MEMBERS:,}")
    return infos


def _name(info: zipfile.ZipInfo) -> str:
    """Take a member's name; one without the flag of UTF-8 may still be UTF-8, or Big5, which zipfile does not ask."""
    is_told = info.flag_bits & 0x800
    name = info.orig_filename if is_told else decode_name(info.orig_filename.encode("cp437"))
    return name.replace("\\", "/")


def _modified(info: zipfile.ZipInfo) -> datetime | None:
    """Take a member's time; the first day of 1980 is how a zip says that it has none."""
    try:
        modified = datetime(*info.date_time)  # noqa: DTZ001 - zips have local time
    except ValueError:
        return None
    return None if modified.timetuple()[:3] == (1980, 1, 1) else modified


def _first_name(path: Path) -> str:
    """Read the first name in a zip without its directory, which stands at its end and may be cut off."""
    try:
        with open_given(path) as file:
            signature, name_bytes, _ = _HEADER.unpack(file.read(_HEADER.size))
            return decode_name(file.read(name_bytes)) if signature == b"PK\3\4" else ""
    except (OSError, struct.error):
        return ""


def _refusal(path: Path, got: str, advice: str) -> SubmissionError:
    return SubmissionError(f"Moodle's archive must be a whole zip; {printable(path.name)!r}: {got}. {advice}")
