"""Call the roll: whose is each entry, which of theirs counts, and by what key the class knows them.

Who is who is told by what a student cannot choose, as far as there is any: Moodle's number before a file, then the
worksheet's row for the student id, then the id in the file's name, then the file's name itself.
"""

import hashlib
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from grader.harness.batch.entries import is_report
from grader.harness.batch.found import Entry, Person, Roll, Upload, WithoutFile
from grader.harness.batch.worksheet import Row, Worksheet
from grader.harness.intake.names import Naming, printable

_OF_OTHER_LAB = "a file of {tag} by its name, and its owner has handed in another one here"
"""Why such a file is no submission of the class."""

_MAX_KEY = 40
_LISTED = 3
_ENDING = re.compile(r"\.[^./]*$")
_COPY = re.compile(r"\((\d{1,6})\)\.[^.]*$", re.ASCII)


@dataclass(frozen=True)
class _Student:
    """Somebody, before it is known which key is free: what they are told apart by, and all that they gave.

    `entries` may count, the newest first; `reports` lie beside them, `texts` are online texts, and `strays` are called
    as another lab calls its files.
    """

    identity: tuple[str, str]
    row: Row | None
    entries: Sequence[Entry]
    reports: Sequence[Entry] = ()
    texts: Sequence[Entry] = ()
    strays: Sequence[Entry] = ()

    @property
    def participant(self) -> str:
        return self.identity[1] if self.identity[0] == "participant" else ""

    @property
    def listed_id(self) -> str:
        """The id on the worksheet; empty when no key can be made of it."""
        student_id = "" if self.row is None else _normal(self.row.student_id)
        return student_id if _slug(student_id) else ""

    @property
    def named_id(self) -> str:
        """The id in the name of the file that counts, or of the one before that has any."""
        return next((entry.student_id for entry in self.entries if entry.student_id), "")

    @property
    def given(self) -> Sequence[Entry]:
        """All that tells of them, what counts first; empty for those who are on the worksheet alone."""
        return [*self.entries, *self.texts]

    def __str__(self) -> str:
        return f"participant {self.participant}" if self.participant else f"'{printable(self.given[0].name)}'"


def call_roll(entries: Sequence[Entry], worksheet: Worksheet | None = None, other_labs: Sequence[Naming] = ()) -> Roll:
    """Find out whose each entry is.

    Parameters
    ----------
    entries : sequence of Entry
        All that was found.
    worksheet : Worksheet, optional
        Tells names, ids, times, and who has handed in nothing.
    other_labs : sequence of Naming, optional
        How other labs call their files: such a file of somebody who gave another one, too, came here by mistake.

    Returns
    -------
    roll : Roll
        Each entry is in it once. A person's key depends on nobody else but those who claim the same id; an id on the
        worksheet is its owner's, whatever others call their files.
    """
    rows = {} if worksheet is None else {row.participant: row for row in worksheet.rows}
    students = _gather([entry for entry in entries if not entry.why_not or entry.text], rows, other_labs)
    people = list(zip(students, _name(students), strict=True))
    claims = _claims(students)
    uploads = [
        _make_upload(student, person, claims, has_worksheet=worksheet is not None)
        for student, person in people
        if student.entries
    ]
    others = [replace(entry, text="") for entry in entries if entry.why_not]  # the text is its writer's
    others += [entry for student in students for entry in (*student.reports, *student.strays)]
    without_file = [
        WithoutFile(person, "" if student.row is None else student.row.status, tuple(student.texts))
        for student, person in people
        if not student.entries and _has_handed_in(student)
    ]
    absent = [person for student, person in people if not student.entries and not _has_handed_in(student)]
    return Roll(
        sorted(uploads, key=lambda upload: upload.person.key),
        sorted(others, key=lambda entry: entry.name),
        sorted(absent, key=lambda person: person.key),
        sorted(without_file, key=lambda one: one.person.key),
    )


def _has_handed_in(student: _Student) -> bool:
    """Tell whether somebody of whom no file was found has handed in something all the same."""
    return bool(student.texts) or (student.row is not None and student.row.is_submitted)


def _gather(entries: Iterable[Entry], rows: Mapping[str, Row], other_labs: Sequence[Naming]) -> list[_Student]:
    """Bring together what is one person's, and all of the worksheet's."""
    ids = Counter(_normal(row.student_id) for row in rows.values())
    owners = {_normal(row.student_id): row.participant for row in rows.values() if ids[_normal(row.student_id)] == 1}
    owners.pop("", None)
    groups: dict[tuple[str, str], list[Entry]] = defaultdict(list)
    for participant in rows:
        groups["participant", participant] = []
    for entry in entries:
        groups[_identify(entry, owners)].append(entry)
    return [
        _make_student(identity, rows.get(identity[1]) if identity[0] == "participant" else None, group, other_labs)
        for identity, group in sorted(groups.items())
    ]


def _make_student(
    identity: tuple[str, str], row: Row | None, group: Sequence[Entry], other_labs: Sequence[Naming]
) -> _Student:
    """Tell apart what may count, the newest first, reports that came by another way, and other labs' files."""
    texts = tuple(sorted((entry for entry in group if entry.text), key=lambda entry: entry.name))
    files, strays = _without_strays(_newest_first(entry for entry in group if not entry.text), other_labs)
    reports = [entry for entry in files if is_report(entry.file_name)]
    main = [entry for entry in files if entry not in reports]
    if not main or not reports:
        return _Student(identity, row, files, texts=texts, strays=strays)
    told = f"a report that belongs to '{printable(main[0].file_name)}'"
    beside = tuple(sorted(reports, key=lambda entry: entry.name))
    return _Student(
        identity,
        row,
        [replace(entry, beside=(*entry.beside, *beside)) for entry in main],
        [replace(entry, why_not=told) for entry in beside],
        texts,
        strays,
    )


def _without_strays(files: Sequence[Entry], other_labs: Sequence[Naming]) -> tuple[Sequence[Entry], Sequence[Entry]]:
    """Set apart what another lab calls so, if there is something else that may count: alone it may be misnamed."""
    lab_of = {entry.name: _find_lab(entry, other_labs) for entry in files}
    rest = [entry for entry in files if not lab_of[entry.name]]
    if all(is_report(entry.file_name) for entry in rest):
        return files, []
    return rest, [
        replace(entry, why_not=_OF_OTHER_LAB.format(tag=tag), other_lab=tag)
        for entry in files
        if (tag := lab_of[entry.name])
    ]


def _find_lab(entry: Entry, other_labs: Sequence[Naming]) -> str:
    """Name the lab that a file seems to be of; nothing where it is none of the others."""
    name = entry.file_name
    return next((lab.tag for lab in other_labs if lab.is_expected(name) or lab.is_almost_code(name)), "")


def _identify(entry: Entry, owners: Mapping[str, str]) -> tuple[str, str]:
    """Tell by what an entry's owner is known."""
    if entry.participant:
        return "participant", entry.participant
    if entry.student_id in owners:
        return "participant", owners[entry.student_id]
    if entry.student_id:
        return "student", entry.student_id
    return ("team", entry.full_name) if entry.full_name else ("file", entry.name)


def _newest_first(entries: Iterable[Entry]) -> list[Entry]:
    """Sort by time; of equal times a later copy, ``lab3 (2).zip``, is newer, then the later name."""

    def age(entry: Entry) -> tuple[datetime, int, str]:
        copy = _COPY.search(entry.file_name)
        return entry.modified or datetime.min, int(copy[1]) if copy else 0, entry.name  # noqa: DTZ901 - as archives

    return sorted(entries, key=age, reverse=True)


def _name(students: Sequence[_Student]) -> list[Person]:
    """Give each a person, with a key that nobody else has, the surest claims first."""
    listed = Counter(student.listed_id for student in students)
    claimed = Counter(student.named_id for student in students if not student.listed_id)
    keys: dict[tuple[str, str], str] = {}
    taken: set[str] = set()
    for student in sorted(students, key=lambda student: (not student.listed_id, not student.named_id)):
        student_id = student.listed_id or student.named_id
        n_claims = listed[student_id] if student.listed_id else listed[student_id] + claimed[student_id]
        wanted = _wish(student, _slug(student_id), is_alone=n_claims == 1)
        keys[student.identity] = _free(wanted, student, taken)
        taken.add(keys[student.identity].casefold())
    return [_make_person(student, keys[student.identity]) for student in students]


def _wish(student: _Student, student_id: str, *, is_alone: bool) -> str:
    """Choose the key that a student gets when it is free."""
    if student_id and is_alone:
        return student_id
    if student_id and student.participant:
        return f"{student_id}-{student.participant}"
    if student.participant:
        return f"participant-{student.participant}"
    return student_id or _slug(student.given[0].full_name or _ENDING.sub("", student.given[0].name)) or "upload"


def _free(wanted: str, student: _Student, taken: set[str]) -> str:
    """Add what depends on the student alone where a key is taken or might be another's, but no running number."""
    if (student.participant or student.named_id) and wanted.casefold() not in taken:
        return wanted
    digest = hashlib.sha256(repr(student.identity).encode()).hexdigest()
    keys = (f"{wanted}-{digest[:length]}" for length in range(8, len(digest) + 1, 8))
    return next(key for key in keys if key.casefold() not in taken)


def _make_person(student: _Student, key: str) -> Person:
    row = student.row
    full_name = student.given[0].full_name if student.given else ""
    if row is None:
        return Person(key, student.named_id, full_name, student.participant)
    # In the worksheet's own letters: capitals are for comparing.
    student_id = row.student_id.strip() if student.listed_id else student.named_id
    return Person(key, student_id, row.full_name or full_name, row.participant, row.email)


def _make_upload(
    student: _Student, person: Person, claims: Mapping[str, Sequence[_Student]], *, has_worksheet: bool
) -> Upload:
    row = student.row
    remarks = [*_remark_ids(student, claims), *_remark_archives(student)]
    if row is None and has_worksheet:
        remarks.append("The worksheet has no row for this student, so Moodle cannot be told the grade.")
    if row is not None and row.is_time_unreadable:
        remarks.append(f"The worksheet's time of the submission cannot be read: {row.submitted[:80]!r}.")
    entry, *older = student.entries
    submitted_at = None if row is None else row.submitted_at
    return Upload(person, entry, submitted_at, tuple(older), tuple(remarks), tuple(student.texts))


def _claims(students: Iterable[_Student]) -> Mapping[str, Sequence[_Student]]:
    """List for each id all who have it, on the worksheet or in the name of a file."""
    claims: dict[str, list[_Student]] = defaultdict(list)
    for student in students:
        for student_id in {student.listed_id, *(entry.student_id for entry in student.entries)} - {""}:
            claims[student_id].append(student)
    return claims


def _remark_ids(student: _Student, claims: Mapping[str, Sequence[_Student]]) -> Iterator[str]:
    """Remark on ids that do not fit together, or that somebody else claims too."""
    named = {entry.student_id for entry in student.entries} - {""}
    if student.listed_id and named - {student.listed_id}:
        others = ", ".join(sorted(named - {student.listed_id}))
        yield f"The student id on the worksheet is {printable(student.listed_id)}; a file's name says {others}."
    for student_id in sorted(named | {student.listed_id} - {""}):
        rivals = [str(other) for other in claims[student_id] if other is not student]
        if rivals:
            more = f" and {len(rivals) - _LISTED} more" if len(rivals) > _LISTED else ""
            yield f"The student id {printable(student_id)} is claimed by {', '.join(rivals[:_LISTED])}{more} too."


def _remark_archives(student: _Student) -> Iterator[str]:
    """Remark on uploads out of several archives: one of them may be a student's, made to look like Moodle's."""
    archives = {printable(entry.place.path.name) for entry in student.entries if entry.place.member is not None}
    if len(archives) > 1:
        yield f"The uploads come from several archives, {', '.join(sorted(archives))}; check that all are Moodle's."
    elif archives and any(entry.place.member is None for entry in student.entries):
        yield f"Uploads come from the archive {archives.pop()} and from beside it; check that the archive is Moodle's."


def _normal(student_id: str) -> str:
    return student_id.strip().upper()


def _slug(text: str) -> str:
    """Make of any text what may stand in a key."""
    return re.sub(r"[^A-Za-z0-9]+", "-", text)[:_MAX_KEY].strip("-")
