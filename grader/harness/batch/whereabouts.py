"""Where every file of a class went: one line for each entry, so that nothing is lost without a word."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from grader.harness.batch.records import Entry, Line, Status


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


def list_whereabouts(lines: Sequence[Line], others: Sequence[Entry]) -> Sequence[Whereabouts]:
    """Tell of each entry what became of it.

    Parameters
    ----------
    lines : sequence of Line
        The class.
    others : sequence of Entry
        Those that are no submission.

    Returns
    -------
    whereabouts : sequence of Whereabouts
        Sorted by name, each entry once.
    """
    return sorted([*_submissions(lines), *_others(lines, others)], key=lambda one: one.name)


def _submissions(lines: Sequence[Line]) -> Iterator[Whereabouts]:
    for line in lines:
        yield Whereabouts(line.entry, line.status.value, line.person.key)
        yield from (Whereabouts(name, Status.OLDER.value, line.person.key) for name in line.older)


def _others(lines: Sequence[Line], others: Sequence[Entry]) -> Iterator[Whereabouts]:
    owners = {name: line.person.key for line in lines for name in line.around}
    for entry in others:
        owner = owners.get(entry.name, "")
        told = f"{entry.why_not}; it goes with the submission" if owner else entry.why_not
        yield Whereabouts(entry.name, told, owner)
