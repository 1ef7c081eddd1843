"""What reaches `merge` and what became of it, row by row: for whoever writes `merge` and wonders.

The picture is drawn by `row_renderers`.
"""

import textwrap
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from estimation.compilation import Floats
from estimation.config import ABSENT, LIMBS, N_PARTS, N_PARTS_COLUMN, PARTS, SCORE_COLUMN

_DIRECTIONS = {
    frozenset((int(limb.from_body_part), int(limb.to_body_part))): (int(limb.from_body_part), int(limb.to_body_part))
    for limb in LIMBS
}
_WIDTH = 80
_LIMB_WIDTH = 31  # right_shoulder - right_elbow, and a space


@dataclass(frozen=True)
class ExplainedRow:
    """One row that reached `merge`.

    Attributes
    ----------
    number : int
        Its index in ``subset``.
    slots, ids : tuple of int
        The two slots and their ids, in the direction of the limb.
    score : float
        Column 18.
    rivals : tuple of int
        The rows of the same limb that have one of its keypoints: a person has one of each, so all but one must go.
    people : tuple of int
        Who of the answer has the first and who has the second keypoint, -1 for nobody.
    """

    number: int
    slots: tuple[int, int]
    ids: tuple[int, int]
    score: float
    rivals: tuple[int, ...]
    people: tuple[int, int]

    @property
    def keypoints(self) -> tuple[tuple[int, int], tuple[int, int]]:
        """The two keypoints, each as its slot and its id."""
        return (self.slots[0], self.ids[0]), (self.slots[1], self.ids[1])

    @property
    def limb(self) -> str:
        """Name the limb: ``"neck - nose"``."""
        return " - ".join(PARTS[slot].name for slot in self.slots)

    @property
    def is_joined(self) -> bool:
        """Tell whether one person has both keypoints."""
        return self.people[0] == self.people[1] != ABSENT


def explain_rows(rows: Floats, people: Floats) -> list[ExplainedRow]:
    """Say of each row that reached `merge` what it joins, what contradicts it, and where its keypoints went.

    Parameters
    ----------
    rows : ndarray of shape (n, 20)
        What `connection_rows` made. Not modified.
    people : ndarray of shape (m, 20)
        What `estimate` made of them; no rows for "not known yet". Not modified.

    Returns
    -------
    explained : list of ExplainedRow
        In the order of the rows.
    """
    owners = {
        (slot, id_): person
        for person, row in reversed(list(enumerate(people[:, :N_PARTS].tolist())))
        for slot, id_ in enumerate(row)
        if id_ != ABSENT
    }
    ends = [_ends(row) for row in rows]
    by_keypoint = defaultdict(list)
    for number, (slots, ids) in enumerate(ends):
        for slot, id_ in zip(slots, ids, strict=True):
            by_keypoint[slots, slot, id_].append(number)
    explained = []
    for number, (slots, ids) in enumerate(ends):
        keypoints = list(zip(slots, ids, strict=True))
        rivals = {other for slot, id_ in keypoints for other in by_keypoint[slots, slot, id_]} - {number}
        first, second = (owners.get(keypoint, ABSENT) for keypoint in keypoints)
        score = float(rows[number, SCORE_COLUMN])
        explained.append(ExplainedRow(number, slots, ids, score, tuple(sorted(rivals)), (first, second)))
    return explained


def _ends(row: Floats) -> tuple[tuple[int, int], tuple[int, int]]:
    """Return the two slots of a row and their ids, in the direction of the limb."""
    first, second = (int(slot) for slot in np.flatnonzero(row[:N_PARTS] != ABSENT))
    slots = _DIRECTIONS.get(frozenset((first, second)), (first, second))
    return slots, (int(row[slots[0]]), int(row[slots[1]]))


def explain(name: str, rows: Floats, people: Floats | None) -> Iterator[str]:
    """Write the rows that reached `merge`, and what came of them.

    Parameters
    ----------
    name : str
        What they come from: the name of a picture.
    rows : ndarray of shape (n, 20)
        What `connection_rows` made. Not modified.
    people : ndarray of shape (m, 20), or None
        What `estimate` made of them; None where `merge` gave no answer.

    Yields
    ------
    line : str
    """
    explained = explain_rows(rows, rows[:0] if people is None else people)
    yield f"{name}: {_count(len(rows), 'row reaches', 'rows reach')} merge"
    yield from _write_rows(explained, has_answer=people is not None)
    if people is not None:
        yield f"{_count(len(people), 'person comes', 'people come')} out of merge"
        yield from _write_people(people, explained)


def _count(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"


def _write_rows(explained: Sequence[ExplainedRow], *, has_answer: bool) -> Iterator[str]:
    """Write the rows as a table; without an answer of `merge` its last column is not there."""
    yield f"{'row':>5}  {'limb':<{_LIMB_WIDTH}} {'ids':<9} {'score':>6}  {'went to' if has_answer else ''}".rstrip()
    for row in explained:
        mark = "!" if row.rivals else " "
        ids = f"{row.ids[0]} - {row.ids[1]}"
        fate = _fate(row) if has_answer else ""
        yield f"{row.number:>5}{mark} {row.limb:<{_LIMB_WIDTH}} {ids:<9} {row.score:>6.2f}  {fate}".rstrip()
    if any(row.rivals for row in explained):
        yield "! A keypoint of this row is in another row of the same limb: they contradict each other."


def _fate(row: ExplainedRow) -> str:
    if row.is_joined:
        return f"person {row.people[0]}"
    first, second = (f"person {person}" if person != ABSENT else "nobody" for person in row.people)
    return "nobody" if first == second else f"dropped ({row.ids[0]}: {first}, {row.ids[1]}: {second})"


def _write_people(people: Floats, explained: Sequence[ExplainedRow]) -> Iterator[str]:
    """Write the people, one a line, and what contradicts itself in them."""
    known = {keypoint for row in explained for keypoint in row.keypoints}
    holders = _holders(people)
    for person, row in enumerate(people):
        slots = np.flatnonzero(row[:N_PARTS] != ABSENT).tolist()
        parts = ", ".join(f"{PARTS[slot].name} {row[slot]:g}" for slot in slots)
        said = f"person {person}: {parts}; score {row[SCORE_COLUMN]:.6g}; {row[N_PARTS_COLUMN]:g} parts"
        yield from textwrap.wrap(said, _WIDTH, subsequent_indent="    ")
        for slot in slots:
            name = f"{PARTS[slot].name} {row[slot]:g}"
            others = [str(other) for other in holders[slot, row[slot]] if other != person]
            if others:
                yield f"  ! {name} is also in person {' and '.join(others)}: a keypoint belongs to one person"
            if (slot, row[slot]) not in known:
                yield f"  ! {name} is in no row that reached merge"
        if row[N_PARTS_COLUMN] != len(slots):
            yield f"  ! column 19 says {row[N_PARTS_COLUMN]:g} parts; there are {len(slots)}"


def _holders(people: Floats) -> Mapping[tuple[int, float], list[int]]:
    """Return who holds each keypoint."""
    holders = defaultdict(list)
    for person, row in enumerate(people[:, :N_PARTS].tolist()):
        for slot, id_ in enumerate(row):
            if id_ != ABSENT:
                holders[slot, id_].append(person)
    return holders
