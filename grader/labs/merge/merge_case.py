"""The recorded cases of `merge`: rows of limbs in, people out.

A file holds the cases of one check, see `grader.harness.cases`. It is written by ``python -m grader cases`` and short
enough to be read and corrected by hand::

    {"check": "cycles",
     "cases": [
      {"name": "triangle", "says": "…", "positional": [], "keywords": {},
       "rows": [["neck", 1, "right_shoulder", 2, 1.75], …],
       "expected": [{"ids": {"neck": 1, "right_shoulder": 2, …}, "score": 7.5}],
       "is_only_answer": true}]}
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, cast

import numpy as np
import numpy.typing as npt

from estimation.config import ABSENT, N_PARTS, N_PARTS_COLUMN, PARTS, ROW_LENGTH, SCORE_COLUMN, BodyPart
from grader.harness.cases import Case
from grader.harness.errors import RubricError
from grader.harness.results import Visibility

Rows = npt.NDArray[np.float64]
"""Shape (n, 20), dtype float64: 18 keypoint ids (-1 = absent), score, number of parts."""

Keypoints = frozenset[tuple[int, int]]
"""The (slot, id) pairs of a row, or of a person."""


@dataclass(frozen=True)
class LabelledPicture:
    """What a picture case knows of its picture.

    Attributes
    ----------
    picture : str
        File name in ``images/``.
    keypoints : mapping of int to tuple of float
        Place ``(x, y)`` of each keypoint id, in pixels.
    people : sequence of mapping of str to tuple of float
        The truth: for each person the labelled parts, by name, and their places in pixels.
    expected_score : float
        What the reference's answer scores, 0 to 1.
    """

    picture: str
    keypoints: Mapping[int, tuple[float, float]]
    people: Sequence[Mapping[str, tuple[float, float]]]
    expected_score: float


@dataclass(frozen=True, eq=False, kw_only=True)
class MergeCase(Case):
    """One call of `merge` and its right answer.

    Attributes
    ----------
    expected : ndarray of shape (m, 20) and dtype float64
        A right answer.
    is_only_answer : bool
        Whether another grouping would be wrong: true without conflicts.
    deleted : ndarray of shape (k, 20) and dtype float64
        The people who are below a bound; only without conflicts.
    renumbered : mapping of int to int
        For a twin: what became of each id of the other case. Empty when ids stayed.
    labelled : LabelledPicture or None
        Only for pictures.

    The first argument are the rows, shape (n, 20); the others are the bounds.
    """

    function: str = "merge"
    is_only_answer: bool = True
    deleted: Rows = field(default_factory=lambda: np.empty((0, ROW_LENGTH)))
    renumbered: Mapping[int, int] = field(default_factory=dict)
    labelled: LabelledPicture | None = None

    @property
    def rows(self) -> Rows:
        """The input, shape (n, 20)."""
        rows = self.arguments[0]
        assert isinstance(rows, np.ndarray)  # noqa: S101 - whoever makes a case gives it rows
        return rows

    @property
    def positional(self) -> tuple[float, ...]:
        """The other arguments by position."""
        return self.arguments[1:]  # type: ignore[return-value]  # numbers all

    @property
    def min_num_body_parts(self) -> float:
        """The bound on the number of parts that the call sets; 4 when it sets none."""
        return self._bound(0, "min_num_body_parts", 4)

    @property
    def min_score(self) -> float:
        """The bound on the score per part that the call sets; 0.4 when it sets none."""
        return self._bound(1, "min_score", 0.4)

    def _bound(self, place: int, name: str, default: float) -> float:
        bound = self.positional[place] if len(self.positional) > place else self.keywords.get(name, default)
        return cast("float", bound)

    @property
    def call(self) -> str:
        """The call as Python."""
        arguments = [repr(value) for value in self.positional]
        arguments += [f"{name}={value!r}" for name, value in self.keywords.items()]
        return f"merge({', '.join(['subset', *arguments])})"

    # What follows is the same for every answer, so a process that judges many works it out once.

    @cached_property
    def limbs(self) -> Sequence[tuple[Keypoints, float]]:
        """The keypoints that each row joins, and its score."""
        return list(zip(map(keypoints_of, self.rows), self.rows[:, SCORE_COLUMN].tolist(), strict=True))

    @cached_property
    def keypoints(self) -> Keypoints:
        """All keypoints of the rows."""
        return frozenset().union(*(limb for limb, _ in self.limbs))

    @cached_property
    def untouched(self) -> Sequence[Keypoints]:
        """The people of `expected` whom no conflict touches, so that every right answer has them as they are."""
        return [
            person for person in self.expected_people if all(limb <= person for limb, _ in self.limbs if limb & person)
        ]

    @cached_property
    def expected_people(self) -> Mapping[Keypoints, float]:
        """The score of each person of `expected`, by the person's keypoints."""
        return _scores_by_keypoints(self.expected)

    @cached_property
    def deleted_people(self) -> Mapping[Keypoints, float]:
        """The same of `deleted`."""
        return _scores_by_keypoints(self.deleted)


def keypoints_of(row: Rows) -> Keypoints:
    """Collect the (slot, id) pairs of one row."""
    ids = enumerate(row[:N_PARTS].tolist())  # plain numbers: several times as fast as an array of 18
    return frozenset((slot, int(keypoint)) for slot, keypoint in ids if keypoint != ABSENT)


def as_rows(array: npt.NDArray[np.float64]) -> Rows:
    """Take an array for rows; an empty one of any shape is nobody's. ValueError if it is none."""
    if array.size and (array.ndim != 2 or array.shape[1] != ROW_LENGTH):
        raise ValueError(f"Rows must have {ROW_LENGTH} numbers each; got shape {array.shape}.")
    return array.reshape(-1, ROW_LENGTH)


def dump_cases(cases: Sequence[MergeCase]) -> str:
    """Write the cases of one check as the text of a case file, one row a line."""
    if len({case.check for case in cases}) != 1:
        raise RubricError(f"A case file holds the cases of one check; got {sorted({case.check for case in cases})!r}.")
    blocks = [_dump_case(case) for case in cases]
    return f'{{"check": {json.dumps(cases[0].check)},\n "cases": [\n' + ",\n".join(blocks) + "\n ]}\n"


def read_case(check: str, visibility: Visibility, entry: Mapping[str, Any]) -> MergeCase:
    """Read one case of a case file; raises what an entry that is none raises."""
    labelled = entry.get("scene")
    return MergeCase(
        check=check,
        name=entry["name"],
        says=entry["says"],
        visibility=visibility,
        arguments=(_read_rows(entry["rows"]), *entry.get("positional", ())),
        expected=_read_people(entry["expected"]),
        keywords=dict(entry.get("keywords", {})),
        is_only_answer=entry.get("is_only_answer", True),
        deleted=_read_people(entry.get("deleted", [])),
        twin_of=entry.get("twin_of", ""),
        renumbered={int(old): new for old, new in entry.get("renumbered", {}).items()},
        reference_s=entry.get("reference_s"),
        labelled=None if labelled is None else _read_picture(labelled),
    )


def _read_rows(entries: Sequence[Sequence[Any]]) -> Rows:
    rows = np.full((len(entries), ROW_LENGTH), float(ABSENT))
    for row, (first, first_id, second, second_id, score) in zip(rows, entries, strict=True):
        row[[BodyPart[first], BodyPart[second]]] = first_id, second_id
        row[SCORE_COLUMN], row[N_PARTS_COLUMN] = score, 2
    return rows


def _read_people(entries: Sequence[Mapping[str, Any]]) -> Rows:
    people = np.full((len(entries), ROW_LENGTH), float(ABSENT))
    for person, entry in zip(people, entries, strict=True):
        for part, keypoint in entry["ids"].items():
            person[BodyPart[part]] = keypoint
        person[SCORE_COLUMN], person[N_PARTS_COLUMN] = entry["score"], len(entry["ids"])
    return people


def _read_picture(entry: Mapping[str, Any]) -> LabelledPicture:
    return LabelledPicture(
        picture=entry["picture"],
        keypoints={int(keypoint): (x, y) for keypoint, (x, y) in entry["keypoints"].items()},
        people=tuple({part: (x, y) for part, (x, y) in person.items()} for person in entry["people"]),
        expected_score=entry["expected_score"],
    )


def _scores_by_keypoints(people: Rows) -> Mapping[Keypoints, float]:
    return dict(zip(map(keypoints_of, people), people[:, SCORE_COLUMN].tolist(), strict=True))


def _dump_case(case: MergeCase) -> str:
    """Write one case, with each row and each person on a line of its own."""
    fields: dict[str, str] = {"name": json.dumps(case.name), "says": json.dumps(case.says, ensure_ascii=False)}
    optional = {
        "positional": list(case.positional),
        "keywords": dict(case.keywords),
        "twin_of": case.twin_of,
        "renumbered": {str(old): new for old, new in case.renumbered.items()},
        "reference_s": case.reference_s,
    }
    fields |= {name: json.dumps(value) for name, value in optional.items() if value}
    if not case.is_only_answer:
        fields["is_only_answer"] = "false"
    fields["rows"] = _lines([_dump_row(row) for row in case.rows])
    fields["expected"] = _lines([_dump_person(person) for person in case.expected])
    if len(case.deleted):
        fields["deleted"] = _lines([_dump_person(person) for person in case.deleted])
    if case.labelled is not None:
        fields["scene"] = json.dumps(
            {
                "picture": case.labelled.picture,
                "keypoints": {str(keypoint): place for keypoint, place in case.labelled.keypoints.items()},
                "people": list(case.labelled.people),
                "expected_score": case.labelled.expected_score,
            }
        )
    return "  {" + ",\n   ".join(f'"{name}": {text}' for name, text in fields.items()) + "}"


def _lines(entries: Sequence[str]) -> str:
    return "[\n    " + ",\n    ".join(entries) + "]" if entries else "[]"


def _dump_row(row: Rows) -> str:
    first, second = np.flatnonzero(row[: len(PARTS)] != ABSENT)
    pair = [PARTS[first].name, int(row[first]), PARTS[second].name, int(row[second])]
    return json.dumps([*pair, float(row[SCORE_COLUMN])])


def _dump_person(person: Rows) -> str:
    ids = {part.name: int(person[part]) for part in PARTS if person[part] != ABSENT}
    return json.dumps({"ids": ids, "score": float(person[SCORE_COLUMN])})
