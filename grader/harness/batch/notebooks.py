"""The folders that nbgrader's formgrader shows: a notebook for each submission, and nbgrader's settings.

::

    course/
      nbgrader_config.py                    where the gradebook is
      source/LAB/                           empty; nbgrader looks whether it is there
      submitted/KEY/LAB/timestamp.txt       when it was handed in, as in the gradebook
      autograded/KEY/LAB/LAB.ipynb          what the TA sees

All of it can be made anew from the results; marks are in the gradebook alone.
"""

import re
import shutil
from collections.abc import Iterable
from pathlib import Path

from grader.harness.batch.cells import Item, make_notebook
from grader.harness.batch.database import drop_password, sqlite_file
from grader.harness.batch.layout import assignment_of
from grader.harness.batch.records import Line
from grader.harness.batch.store import GRADEBOOK, write
from grader.harness.errors import GraderError
from grader.harness.files import make_folder
from grader.harness.lab import Lab
from grader.harness.rubric import Rubric

CONFIG = "nbgrader_config.py"
ADDRESS = "LAB_GRADEBOOK"
"""Environment variable that names another gradebook than the settings do: an address with a password, say."""

_KEY = re.compile(r"[A-Za-z0-9-]{1,100}")
_CONFIG = '''\
"""Settings of nbgrader's formgrader for this class; written by the grader, and written anew with each run."""

import os
from pathlib import Path

root = Path(__file__).resolve().parent
c = get_config()
c.CourseDirectory.course_id = "{course}"
c.CourseDirectory.root = str(root)
c.CourseDirectory.db_url = os.environ.get("{variable}") or {address}
c.NbGraderAPI.timestamp_format = "%Y-%m-%d %H:%M:%S"
'''


def write_course(lab: Lab, course: Path, rubric: Rubric, items: Iterable[Item], url: str) -> None:
    """Bring the formgrader's folders up to date.

    Parameters
    ----------
    lab : Lab
        Whose class it is.
    course : Path
        The folder; made where it is missing.
    rubric : Rubric
        As it was for `grader.harness.batch.gradebook.sync`.
    items : iterable of Item
        All submissions, read once, one at a time. The notebooks of others are deleted; their marks stay.
    url : str
        Address of the gradebook; a password in it is not written down.

    Raises
    ------
    GraderError
        If a key cannot name a folder, or the address cannot be read.
    """
    name = assignment_of(lab)
    write_settings(lab, course, url)
    keys = set()
    for item in items:
        key = _check_key(item.line.person.key)
        _write_submission(course / "submitted" / key / name, item.line)
        notebook = _to_bytes(lab, rubric, item)
        _update(course / "autograded" / key / name / f"{name}.ipynb", notebook)
        keys.add(key)
    for step in ("submitted", "autograded"):
        _drop_others(course / step, keys)


def write_settings(lab: Lab, course: Path, url: str) -> None:
    """Write what nbgrader needs before there is any submission; parameters and errors as of `write_course`."""
    name = assignment_of(lab)
    make_folder(course / "source" / name)
    _update(course / CONFIG, _write_config(course, name, url))


def _write_config(course: Path, name: str, url: str) -> bytes:
    file = sqlite_file(url)
    address = repr(drop_password(url))
    if file is not None and file.resolve() == course.resolve().parent / GRADEBOOK:
        # So a class's folder can be moved.
        address = f'"sqlite:///" + str(root.parent / "{GRADEBOOK}")'
    return _CONFIG.format(course=name, variable=ADDRESS, address=address).encode()


def _check_key(key: str) -> str:
    if not _KEY.fullmatch(key):
        raise GraderError(
            f"A student's key must be letters, digits and '-', at most 100; got {key!r:.200}. "
            "Give the student an id in the worksheet, and grade the class again."
        )
    return key


def _write_submission(folder: Path, line: Line) -> None:
    make_folder(folder)
    file = folder / "timestamp.txt"
    # The formgrader shows a submission whose time here is the gradebook's: none is none in both.
    if line.submitted_at is None:
        file.unlink(missing_ok=True)
    else:
        _update(file, f"{line.submitted_at.isoformat(sep=' ')}\n".encode())


def _to_bytes(lab: Lab, rubric: Rubric, item: Item) -> bytes:
    import nbformat

    return f"{nbformat.writes(make_notebook(lab, rubric, item))}\n".encode()


def _update(path: Path, content: bytes) -> None:
    """Write a file, unless it holds the same already."""
    try:
        is_same = path.read_bytes() == content
    except OSError:
        is_same = False
    if not is_same:
        write(path, content)


def _drop_others(folder: Path, keys: set[str]) -> None:
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        if path.name not in keys:
            shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
