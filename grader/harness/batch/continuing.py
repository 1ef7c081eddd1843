"""A class goes on: what is given now beside what was found the last time, so that nobody is left out in silence.

Without a word more, SUBMISSIONS is the whole class. If somebody of the last time is not in it, the command stops before
it grades or writes anything. With ``--add`` it has some people alone: they are added, or take the place of what they
handed in before, and all others stay. With ``--drop`` those who are not in it leave the class; their marks stay.
"""

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from grader.harness.batch.found import Entry, Person, Place, Roll, Upload, WithoutFile
from grader.harness.batch.records import Line
from grader.harness.batch.store import Store
from grader.harness.characters import count, cut, one_line
from grader.harness.errors import GraderError, SubmissionError, UsageError

MAX_NAMED = 5
"""So many people are named in a message."""


@dataclass(frozen=True)
class Continued:
    """The class as it is now.

    Attributes
    ----------
    roll : Roll
        Everybody; those who stay from the last time are in `roll.kept`.
    added, replaced : tuple of str
        With ``--add``, keys of those who are new, and of those of whom there was an upload already.
    """

    roll: Roll
    added: tuple[str, ...] = ()
    replaced: tuple[str, ...] = ()


def check_handed_in(roll: Roll) -> None:
    """Refuse a class of nobody: it is a wrong path, or an archive that holds something else.

    Raises
    ------
    SubmissionError
        If there is no submission.
    """
    if roll.uploads:
        return
    if not roll.others:
        raise SubmissionError(
            "SUBMISSIONS must hold what students handed in; there is no file at all. Check the path, or download all "
            "submissions again."
        )
    first = roll.others[0]
    raise SubmissionError(
        f"SUBMISSIONS must hold what students handed in; of {count(len(roll.others), 'file')} there none is a "
        f"submission, {cut(one_line(first.name), 80)!r} is {cut(one_line(first.why_not), 120)}. Check the path, or "
        "download all submissions again."
    )


def continue_class(store: Store, roll: Roll, *, is_addition: bool = False, may_drop: bool = False) -> Continued:
    """Bring together what was found now and what was found the last time; nothing is written.

    Parameters
    ----------
    store : Store
        The class so far, perhaps none.
    roll : Roll
        What was found now.
    is_addition : bool, optional
        Whether it is a part of the class, and everybody else stays.
    may_drop : bool, optional
        Whether those who are not in it leave the class.

    Raises
    ------
    UsageError
        If somebody would be left out in silence, or it is not certain whose an upload is that is to be added.
    GraderError
        If there is no class to which something can be added, or not all of it is graded.
    """
    if is_addition:
        return _add(store, roll)
    missing = _find_missing(_last_people(store), roll)
    if missing and not may_drop:
        raise UsageError(
            f"A class that goes on must be given whole; {_name(missing)} of the last time are not in SUBMISSIONS. Give "
            "the whole folder, or --add to add or replace only those who are in it, or --drop if the others have left."
        )
    return Continued(roll)


def _last_people(store: Store) -> Sequence[Person]:
    """List who was on the last roll; on one that cannot be read, everybody who ever got a result."""
    if store.is_new:
        return []
    try:
        lines = {key: store.line(key) for key in store.found().keys}
    except GraderError:
        return [line.person for line in store.graded_before()]
    return [Person(key) if line is None else line.person for key, line in lines.items()]


def _find_missing(people: Sequence[Person], roll: Roll) -> list[str]:
    """List those who are not there under any name: a key may change with the names of others' files."""
    keys = {upload.person.key for upload in roll.uploads}
    participants = {upload.person.participant for upload in roll.uploads} - {""}
    ids = {_id(upload.person) for upload in roll.uploads} - {""}

    def is_there(person: Person) -> bool:
        by_number = person.participant in participants if person.participant else _id(person) in ids
        return person.key in keys or by_number

    return [person.key for person in people if not is_there(person)]


def _add(store: Store, roll: Roll) -> Continued:
    found = store.found()
    lines = {key: store.line(key) for key in found.keys}
    uploads = [_as_known(upload, store.folder, lines, found.without_submission) for upload in roll.uploads]
    _check_alone(uploads)
    keys = {upload.person.key for upload in uploads}
    kept = tuple(key for key in found.keys if key not in keys)
    unfinished = [key for key in kept if lines[key] is None]
    if unfinished:
        raise GraderError(
            f"A class must be graded before something is added to it; {_name(unfinished)} have no result yet. Start "
            "the command for the whole folder again, without --add, and add afterwards."
        )
    names = {entry.name for entry in roll.others}
    others = [*roll.others, *(entry for entry in found.others if entry.name not in names)]
    here = [*(upload.person for upload in uploads), *(line.person for key in kept if (line := lines[key]))]
    without_file = _still_without_file([*roll.without_file, *found.without_file], here)
    whole = replace(
        roll,
        uploads=sorted(uploads, key=lambda upload: upload.person.key),
        others=sorted(others, key=lambda entry: entry.name),
        absent=_still_absent([*roll.absent, *found.absent], [*here, *(one.person for one in without_file)]),
        without_file=without_file,
        kept=kept,
    )
    replaced = tuple(sorted(keys & lines.keys()))
    return Continued(whole, tuple(sorted(keys - lines.keys())), replaced)


def _as_known(upload: Upload, folder: Path, lines: Mapping[str, Line | None], absent: Sequence[Person]) -> Upload:
    """Give an upload to the one whose it is, by the key that the class knows."""
    people = [Person(key) if line is None else line.person for key, line in lines.items()]
    known = _find_person(upload, [*people, *absent])
    if known is None:
        return _as_new(upload, people)
    now = upload.person
    person = Person(
        known.key,
        known.student_id if _id(known) == _id(now) else now.student_id or known.student_id,
        now.full_name or known.full_name,
        now.participant or known.participant,
        now.email or known.email,
    )
    line = lines.get(known.key)
    if line is None:
        return replace(upload, person=person)
    names = {upload.entry.name, *(entry.name for entry in upload.older)}
    before = [name for name in (line.entry, *line.older) if name not in names]
    gone = Place(folder / "gone")  # nothing is there: their bytes were given another time
    return replace(upload, person=person, older=(*upload.older, *(Entry(name, gone, name) for name in before)))


def _find_person(upload: Upload, people: Sequence[Person]) -> Person | None:
    """Find whose an upload is: by Moodle's number, by the id where there is no number, or by the key itself."""
    now = upload.person
    numbered = [one for one in people if now.participant and one.participant == now.participant]
    if numbered:
        return numbered[0]
    same_id = [one for one in people if _id(now) and _id(one) == _id(now)]
    if not now.participant and len(same_id) > 1:
        raise UsageError(
            f"It must be certain whose an upload is that is added; {cut(one_line(upload.entry.name), 80)!r} may be of "
            f"{' or '.join(one.key for one in same_id[:MAX_NAMED])}. Give it under Moodle's name, with the number, or "
            "give the whole folder."
        )
    if not now.participant and same_id:
        return same_id[0]
    return next((one for one in people if one.key == now.key and not (one.participant and now.participant)), None)


def _as_new(upload: Upload, people: Sequence[Person]) -> Upload:
    """Give somebody new a key that nobody has, and remark on an id that somebody else has too."""
    person, taken = upload.person, {one.key.casefold() for one in people}
    rivals = [one for one in people if _id(person) and _id(one) == _id(person)]
    remarks = [f"The student id {person.student_id} is claimed by participant {one.participant} too." for one in rivals]
    if person.key.casefold() in taken:
        own = person.participant or hashlib.sha256(repr(upload.entry.name).encode()).hexdigest()[:8]
        person = replace(person, key=f"{person.key}-{own}")
    return replace(upload, person=person, remarks=(*upload.remarks, *remarks[:MAX_NAMED]))


def _id(person: Person) -> str:
    """Take a student id as ids are compared: capitals do not count."""
    return person.student_id.strip().upper()


def _check_alone(uploads: Sequence[Upload]) -> None:
    twice = [key for key, n in Counter(upload.person.key for upload in uploads).items() if n > 1]
    if twice:
        files = [one_line(upload.entry.name) for upload in uploads if upload.person.key == twice[0]]
        raise UsageError(
            f"Each student must be added once; {' and '.join(cut(repr(name), 80) for name in files[:MAX_NAMED])} are "
            f"both of {twice[0]}. Give the one that counts."
        )


def _still_without_file(people: Sequence[WithoutFile], here: Sequence[Person]) -> list[WithoutFile]:
    """List who still has no file, each once, with what came last; `here` are those who have one."""
    by_key = {one.person.key: one for one in reversed(people)}
    kept = _still_absent([one.person for one in people], here)
    return [by_key[person.key] for person in kept]


def _still_absent(people: Sequence[Person], here: Sequence[Person]) -> list[Person]:
    """List who still has handed in nothing, each once; `here` are those who have."""
    seen = set(_names(here))
    absent: dict[str, Person] = {}
    for person in people:
        if seen.isdisjoint(_names([person])):
            absent[person.key] = person
            seen.update(_names([person]))
    return sorted(absent.values(), key=lambda person: person.key)


def _names(people: Sequence[Person]) -> Iterator[tuple[str, str]]:
    """List by what people are told apart."""
    for person in people:
        yield "key", person.key
        if person.participant:
            yield "participant", person.participant


def _name(keys: Sequence[str]) -> str:
    """Name some of many: how many they are comes first."""
    more = ", …" if len(keys) > MAX_NAMED else ""
    return f"{len(keys):,} ({', '.join(keys[:MAX_NAMED])}{more})"
