"""Which of a student's uploads counts: the latest, unless the staff chose another one with ``--take``.

A choice is remembered in OUT by the student's key and the name of the entry. One that fits nobody any more, since the
files are not there today, is kept and told, and does no harm.
"""

import json
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import replace

from grader.harness.batch.entries import read_entry
from grader.harness.batch.found import Entry, Roll, Upload
from grader.harness.batch.records import Line, Status
from grader.harness.batch.store import Store, to_json, write
from grader.harness.codec import from_plain
from grader.harness.errors import GraderError, SubmissionError, UsageError
from grader.harness.intake.names import printable, quoted
from grader.harness.lab import Lab
from grader.harness.submission import open_submission_bytes

NEWEST = "newest"
"""What takes a choice back, as nothing does."""

_FILE = "choices.json"
_MAX_OPENED = 8
"""So many of a student's other uploads are looked into."""


def take_chosen(store: Store, roll: Roll, asked: Sequence[str]) -> tuple[Roll, Sequence[str]]:
    """Let the uploads count that the staff chose, today or before, and remember the choices.

    Parameters
    ----------
    store : Store
        With the choices so far; locked.
    roll : Roll
        In which the latest uploads count.
    asked : sequence of str
        What ``--take`` was given: ``ID=FILE`` each.

    Returns
    -------
    roll : Roll
        In which the chosen uploads count.
    lost : sequence of str
        Choices of before that fit nothing on this roll, as ``KEY=FILE``.

    Raises
    ------
    UsageError
        If one asks for somebody who did not hand in, or for a file that is not theirs.
    """
    uploads = {upload.person.key: upload for upload in roll.uploads}
    choices = dict(before := read_choices(store))
    for words in asked:
        key, name = _read(words, roll.uploads)
        choices.pop(key, None)
        if name not in {"", NEWEST}:
            choices[key] = _choose(uploads[key], name).name
    if choices != before:
        keep_choices(store, choices)
    chosen = {key: _find(uploads[key], name) for key, name in choices.items() if key in uploads}
    lost = [f"{key}={name}" for key, name in choices.items() if len(chosen.get(key, ())) != 1]
    taken = [_take(upload, chosen.get(upload.person.key, ())) for upload in roll.uploads]
    return replace(roll, uploads=taken), lost


def read_choices(store: Store) -> Mapping[str, str]:
    """Return the choices that were remembered: names of entries, by key.

    Raises
    ------
    GraderError
        If they cannot be read: without them other uploads would count than those that the staff chose.
    """
    path = store.folder / _FILE
    try:
        return from_plain(dict[str, str], json.loads(path.read_bytes())["choices"])
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, LookupError, TypeError) as exc:
        raise GraderError(
            f"The choices of --take must be as they were written; {str(path)!r} cannot be read. Delete it, and choose "
            "again with --take."
        ) from exc


def keep_choices(store: Store, choices: Mapping[str, str]) -> None:
    """Remember which entry counts for whom."""
    write(store.folder / _FILE, to_json({"choices": choices}))


def find_other_answer(lab: Lab, upload: Upload, status: Status) -> str:
    """Name the upload that looks like an answer where the one that counts has none.

    Parameters
    ----------
    lab : Lab
        Whose submissions they are.
    upload : Upload
        With all that the student handed in.
    status : Status
        What became of the one that counts.

    Returns
    -------
    name : str
        Of the latest other entry with code in it that is not the template's; empty where there is none, or where the
        one that counts has some, too.
    """
    if status is not Status.UNGRADABLE or not upload.older or _has_code(lab, upload.entry):
        return ""
    return next((entry.name for entry in upload.older[:_MAX_OPENED] if _has_code(lab, entry)), "")


def with_other_answer(lab: Lab, upload: Upload, line: Line) -> Line:
    """Add the remark on another upload to a student's line where there is one that looks like an answer."""
    name = find_other_answer(lab, upload, line.status)
    remarks = (_remark_other_answer(upload, name), *line.remarks) if name else line.remarks
    return replace(line, other_answer=name, remarks=remarks)


def _remark_other_answer(upload: Upload, name: str) -> str:
    """Say that another upload looks like an answer, and what to do."""
    other = next(_short_name(upload, entry) for entry in upload.older if entry.name == name)
    choice = shlex.quote(f"{upload.person.key}={other}")
    return (
        f"The upload that counts, '{_short_name(upload, upload.entry)}', holds no answer; '{other}', which the student "
        f"handed in as well, looks like one. To let it count: batch … --take {choice}."
    )


def _short_name(upload: Upload, entry: Entry) -> str:
    """Name one of a student's uploads so that `_find` finds it alone: by the last part of its name if that tells."""
    last = entry.name.rpartition("/")[2]
    return printable(last if len(_find(upload, last)) == 1 else entry.name)


def _read(words: str, uploads: Sequence[Upload]) -> tuple[str, str]:
    """Read one ``ID=FILE``: whose it is, by key, and what is asked for."""
    student, sign, name = words.partition("=")
    if not sign:
        raise UsageError(
            f"--take must be an id, = and a file, as in --take N26130891=lab.zip; got {words!r:.200}. The class page "
            "lists ids and files."
        )
    wanted = student.strip().upper()
    keys = [one.person.key for one in uploads if wanted == one.person.key.upper()]
    keys = keys or [one.person.key for one in uploads if wanted and wanted == one.person.student_id.upper()]
    if len(keys) != 1:
        got = f"{student!r:.200} is that of {', '.join(keys) or 'nobody'}"
        raise UsageError(f"--take must name somebody who handed in; {got}. The class page lists all ids.")
    return keys[0], name.strip()


def _choose(upload: Upload, name: str) -> Entry:
    """Find the upload that is asked for."""
    found = _find(upload, name)
    if len(found) != 1:
        names = quoted([_short_name(upload, entry) for entry in (upload.entry, *upload.older)])
        got = "none of them" if not found else f"{len(found)} of them"
        raise UsageError(
            f"--take must name one upload of {upload.person.key}; {name!r:.200} is {got}. They are: {names}."
        )
    return found[0]


def _find(upload: Upload, name: str) -> Sequence[Entry]:
    """Find uploads by the whole name, or else by its last part, with or without what Moodle puts before it."""
    entries = [upload.entry, *upload.older]
    by_name = [entry for entry in entries if name == entry.name]
    last = name.rpartition("/")[2]
    return by_name or [entry for entry in entries if last in {entry.file_name, entry.name.rpartition("/")[2]}]


def _take(upload: Upload, chosen: Sequence[Entry]) -> Upload:
    """Let another upload count; what the staff chose is said, for a later upload does not count then."""
    if len(chosen) != 1 or chosen[0] == upload.entry:
        return upload
    (entry,) = chosen
    others = tuple(one for one in (upload.entry, *upload.older) if one != entry)
    remark = (
        f"The staff chose '{_short_name(upload, entry)}' with --take; the latest upload, "
        f"'{_short_name(upload, upload.entry)}', does not count. To take that back: batch … --take "
        f"{upload.person.key}={NEWEST}."
    )
    return replace(upload, entry=entry, older=others, remarks=(*upload.remarks, remark))


def _has_code(lab: Lab, entry: Entry) -> bool:
    """Tell whether there is code in an upload, and not the template's."""
    try:
        return open_submission_bytes(lab, entry.file_name, read_entry(entry)).source is not None
    except SubmissionError:
        return False
