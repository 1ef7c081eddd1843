"""What was found among the submissions: frozen records of files, of people, and of whose is what.

All text may be a stranger's: whoever writes it into a page, a cell or a path makes it safe there.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path


@dataclass(frozen=True)
class Place:
    """Where the bytes of an entry are: a file, or one member of an archive.

    Attributes
    ----------
    path : Path
        The file, or the archive.
    member : int or None
        Which entry of the archive, counted from 0 in its directory: two may have one name.
    """

    path: Path
    member: int | None = None


@dataclass(frozen=True)
class Entry:
    """One file that was found among the submissions.

    Attributes
    ----------
    name : str
        As a TA finds it: its path in the folder, an archive's name before that of its member. Unique.
    place : Place
        Where it is.
    file_name : str
        Its own name, without what Moodle puts before it.
    participant, full_name : str
        What Moodle's part of the name says: number (digits) and name; empty without one.
    student_id : str
        What its own name says, in capitals; empty when it says none.
    modified : datetime or None
        When it was last changed, in the archive's or the file system's local time, without a zone.
    n_bytes : int
        Its size.
    why_not : str
        Why it is no submission, in one sentence; empty for one that is.
    other_lab : str
        The tag of the lab that it seems to be of, where it was left out for that; else empty.
    beside : tuple of Entry
        Reports of the same student that were handed in beside it, as files of their own.
    text : str
        What an online text says, without its markup; empty for files.
    """

    name: str
    place: Place
    file_name: str
    participant: str = ""
    full_name: str = ""
    student_id: str = ""
    modified: datetime | None = None
    n_bytes: int = 0
    why_not: str = ""
    other_lab: str = ""
    beside: tuple["Entry", ...] = ()
    text: str = ""


@dataclass(frozen=True)
class Person:
    """A student as the class knows them.

    Attributes
    ----------
    key : str
        Names their files and their row in the gradebook: letters, digits and ``-``, unique in the class even where
        capitals do not count. The student id where there is one and nobody else claims it.
    student_id, full_name, participant, email : str
        As far as the worksheet and the file names tell, the id in the worksheet's letters; empty otherwise.
    """

    key: str
    student_id: str = ""
    full_name: str = ""
    participant: str = ""
    email: str = ""


@dataclass(frozen=True)
class Upload:
    """The submission that counts for a person.

    Attributes
    ----------
    submitted_at : datetime or None
        From the worksheet, local time of the course without a zone; None where it does not tell.
    older : tuple of Entry
        What the same person handed in before; kept, listed, not graded.
    remarks : tuple of str
        What the staff should know of it, in sentences: an id that two people claim, a time that cannot be read.
    texts : tuple of Entry
        Online texts of the same person.
    """

    person: Person
    entry: Entry
    submitted_at: datetime | None = None
    older: tuple[Entry, ...] = ()
    remarks: tuple[str, ...] = ()
    texts: tuple[Entry, ...] = ()


@dataclass(frozen=True)
class WithoutFile:
    """Somebody who handed in something, but no file that was found: not to be taken for those who did nothing.

    Attributes
    ----------
    status : str
        What the worksheet says of their submission; empty where it says nothing.
    texts : tuple of Entry
        Online texts that they handed in.
    """

    person: Person
    status: str = ""
    texts: tuple[Entry, ...] = ()


@dataclass(frozen=True)
class Roll:
    """Everybody and everything that was found: each entry is in `uploads`, in one's `older`, or in `others`.

    Attributes
    ----------
    uploads : sequence of Upload
        Sorted by the person's key.
    others, absent : sequence of Entry, of Person
        Those with a `why_not`, sorted by name; those on the worksheet who handed in nothing, sorted by key.
    without_file : sequence of WithoutFile
        Those who handed in something and are not in `uploads`, sorted by key.
    kept : tuple of str
        Keys of those who stay from the last time, where `uploads` are added to a class.
    """

    uploads: Sequence[Upload]
    others: Sequence[Entry] = ()
    absent: Sequence[Person] = ()
    without_file: Sequence[WithoutFile] = ()
    kept: tuple[str, ...] = ()

    @property
    def people(self) -> Sequence[Person]:
        """Everybody, with a submission or without, but those who are kept."""
        uploaded = (upload.person for upload in self.uploads)
        return [*uploaded, *self.absent, *(one.person for one in self.without_file)]


@dataclass(frozen=True)
class Found:
    """What is remembered of a roll: whose lab it is, who has a submission, who has none, and which files were none."""

    lab: str
    keys: tuple[str, ...]
    others: tuple[Entry, ...]
    absent: tuple[Person, ...]
    without_file: tuple[WithoutFile, ...] = ()

    @property
    def without_submission(self) -> Sequence[Person]:
        """All who have none, whether they did nothing or it was not found."""
        return [*self.absent, *(one.person for one in self.without_file)]
