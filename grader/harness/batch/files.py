"""Find the files among the submissions: in folders, and in Moodle's archives, which alone are looked into."""

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from grader.harness.batch import moodle
from grader.harness.batch.found import Place
from grader.harness.errors import SubmissionError
from grader.harness.intake.names import Naming, decode_name

_IMITATION = (
    "it looks like Moodle's archive and lies beside students' zips, so it may be a student's; if it is Moodle's, "
    "give it to the command by its own path"
)
_GONE = "it was there when the folder was listed, and gone when it was looked at: start the command again"
_SYSTEM = {"__macosx", "__pycache__", "thumbs.db", "desktop.ini"}


@dataclass(frozen=True)
class File:
    """A file before it is known what it is.

    Attributes
    ----------
    name : str
        For the TA.
    path : str
        What may tell whose it is: the same, after the name of the folder that was asked for.
    """

    name: str
    path: str
    place: Place
    modified: datetime | None
    n_bytes: int
    why_not: str = ""


def find_files(naming: Naming, path: Path, out: Path | None, *, is_one_of_many: bool) -> Iterator[File]:
    """Find the files at one path.

    Parameters
    ----------
    naming : Naming
        How the lab calls its files.
    path : Path
        A folder, Moodle's archive, or a file.
    out : Path or None
        A resolved folder that is left out.
    is_one_of_many : bool
        Whether other paths are asked for, so that names begin with this folder's.

    Raises
    ------
    SubmissionError
        If there is nothing, or it cannot be read, or it is `out`.
    """
    try:
        if not path.is_dir():
            name, file = decoded(path.name), path.resolve(strict=True)  # a link that the TA names is followed, once
            yield from _look(naming, file, name, name, file.lstat())
            return
        if path.resolve() == out:
            raise SubmissionError(
                f"OUT must be a folder of its own, though it may lie among the submissions; both are {str(path)!r}. "
                "Name another OUT."
            )
        root = path.resolve()
        folder = decoded(root.name)
        names = {file: decoded(file.relative_to(root).as_posix()) for file in _walk(root, out)}
        shared = {
            file.parent for file, name in names.items() if _is_somebodys_zip(naming, file, name, f"{folder}/{name}")
        }
        for file, name in names.items():
            inside = f"{folder}/{name}"
            shown = inside if is_one_of_many else name
            state = _state_of(file)
            if state is None:
                yield File(shown, inside, Place(file), None, 0, _GONE)
            else:
                yield from _look(naming, file, shown, inside, state, is_beside_students=file.parent in shared)
    except OSError as exc:
        raise SubmissionError(
            f"Submissions must be a folder, Moodle's archive or files that can be read; {str(path)!r} cannot be: "
            f"{exc.strerror}. Check the path and its permissions."
        ) from exc


def _walk(folder: Path, out: Path | None) -> Iterator[Path]:
    """Go through all files below a folder, in order; links to folders are listed and not followed."""

    def refuse(error: OSError) -> None:
        raise error

    for parent, folders, files in os.walk(folder, onerror=refuse):
        folders[:] = sorted(name for name in folders if out is None or Path(parent, name).resolve() != out)
        links = [name for name in folders if Path(parent, name).is_symlink()]
        yield from (Path(parent, name) for name in sorted([*files, *links]))


def _look(
    naming: Naming, path: Path, name: str, inside: str, state: os.stat_result, *, is_beside_students: bool = False
) -> Iterator[File]:
    """Look at one file: list the members of Moodle's archive, or the file itself."""
    if not stat.S_ISREG(state.st_mode):
        yield File(name, inside, Place(path), None, 0, "a link, a pipe or a device, which is not followed")
    elif _may_be_archive(naming, name, inside) and moodle.is_archive(path):
        if is_beside_students:
            yield File(name, inside, Place(path), _time_of(state), state.st_size, _IMITATION)
            return
        for member in moodle.list_members(path):
            place = Place(path, member.index)
            yield File(f"{name}/{member.name}", f"{inside}/{member.name}", place, member.modified, member.n_bytes)
    else:
        yield File(name, inside, Place(path), _time_of(state), state.st_size)


def _is_somebodys_zip(naming: Naming, path: Path, name: str, inside: str) -> bool:
    """Tell whether a file is a student's zip: what lies beside it may be another one's, made to look like Moodle's."""
    is_zip = name.lower().endswith(".zip") and not is_system(name) and path.is_file() and not path.is_symlink()
    return is_zip and not (_may_be_archive(naming, name, inside) and moodle.is_archive(path))


def _state_of(path: Path) -> os.stat_result | None:
    try:
        return path.lstat()
    except FileNotFoundError:
        return None


def _time_of(state: os.stat_result) -> datetime:
    return datetime.fromtimestamp(int(state.st_mtime))  # noqa: DTZ006 - local, as an archive has it


def _may_be_archive(naming: Naming, name: str, inside: str) -> bool:
    """Tell whether to look into a zip: not into a student's, whose members could pass for those of others."""
    is_student = naming.is_expected(name.rpartition("/")[2]) or moodle.find_moodle_part(inside) is not None
    return name.lower().endswith(".zip") and not is_student and not is_system(name)


def decoded(name: str) -> str:
    """Decode a path of the disk, in whatever encoding it was unpacked, so that it can be written anywhere."""
    return "/".join(decode_name(os.fsencode(part)) for part in name.split("/"))


def is_system(name: str) -> bool:
    """Tell whether a system or an editor made a file, or hid it; Moodle's folders count by what they hold."""
    return any(
        part.lower() in _SYSTEM
        or part.startswith(("._", "~$"))
        or (part.startswith(".") and moodle.parse_name(part) is None)
        for part in name.split("/")
    )
