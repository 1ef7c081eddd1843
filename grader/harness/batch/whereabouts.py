"""Where every file of a class went: one line for each entry, so that nothing is lost without a word."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from grader.harness.batch.found import Entry, WithoutFile
from grader.harness.batch.records import Line, Status


@dataclass(frozen=True)
class Whereabouts:
    """What became of one entry.

    Attributes
    ----------
    name : str
        Of the entry.
    became : str
        In words: a status, and for what is no submission why it is none.
    key : str
        Of the student whose it is; empty where nobody is known.
    """

    name: str
    became: str
    key: str = ""


def list_whereabouts(
    lines: Sequence[Line], others: Sequence[Entry], without_file: Sequence[WithoutFile] = ()
) -> Sequence[Whereabouts]:
    """Tell of each entry what became of it.

    Parameters
    ----------
    lines : sequence of Line
        The class.
    others : sequence of Entry
        Those that are no submission.
    without_file : sequence of WithoutFile, optional
        Students who have an online text alone.

    Returns
    -------
    whereabouts : sequence of Whereabouts
        Sorted by name, each entry once.
    """
    return sorted([*_submissions(lines), *_others(lines, others, without_file)], key=lambda one: one.name)


def _submissions(lines: Sequence[Line]) -> Iterator[Whereabouts]:
    for line in lines:
        yield Whereabouts(line.entry, line.status.value, line.person.key)
        yield from (Whereabouts(name, Status.OLDER.value, line.person.key) for name in line.older)


def _others(
    lines: Sequence[Line], others: Sequence[Entry], without_file: Sequence[WithoutFile]
) -> Iterator[Whereabouts]:
    """Tell of what is no submission: whose it is by what it belongs to, or else by Moodle's number."""
    people = [*(line.person for line in lines), *(one.person for one in without_file)]
    numbers = {person.participant: person.key for person in people if person.participant}
    around = {name: line.person.key for line in lines for name in line.around}
    owners = around | {entry.name: one.person.key for one in without_file for entry in one.texts}
    for entry in others:
        told = f"{entry.why_not}; it goes with the submission" if entry.name in around else entry.why_not
        yield Whereabouts(entry.name, told, owners.get(entry.name, numbers.get(entry.participant, "")))
