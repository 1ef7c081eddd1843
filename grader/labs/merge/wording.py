"""Rows of numbers in words: an input as a table of limbs, an answer as one line a person."""

import math
from collections.abc import Mapping, Sequence
from types import MappingProxyType

import numpy as np

from estimation.config import ABSENT, LIMBS, N_PARTS, N_PARTS_COLUMN, PARTS, SCORE_COLUMN
from grader.harness.languages import counted, said, tell
from grader.labs.merge.merge_case import Keypoints, Rows

LIMB_HEADINGS = (said("from"), said("id"), said("to"), said("id"), said("score"))

_STARTS: Mapping[frozenset[int], int] = MappingProxyType(
    {frozenset((limb.from_body_part, limb.to_body_part)): int(limb.from_body_part) for limb in LIMBS}
)
MANY = 12
"""A person of more parts is cut when it is written in a sentence."""

_EXACT = 2.0**53
"""Whole numbers up to here are exact as floats."""


def write_number(value: float) -> str:
    """Write an id, a score or a count as a person would: ``12``, ``16.18417``, ``nan``."""
    return str(int(value)) if is_exact_whole(value) else f"{value:.7g}"


def is_exact_whole(value: float) -> bool:
    """Tell whether a number is whole, and small enough that a float holds it exactly."""
    return math.isfinite(value) and value == round(value) and abs(value) < _EXACT


def ids_of(row: Rows) -> dict[int, str]:
    """Collect the ids of one row by slot, as text; absent parts are left out."""
    return {int(slot): write_number(float(row[slot])) for slot in np.flatnonzero(row[:N_PARTS] != ABSENT)}


def write_person(row: Rows) -> str:
    """Write one person: ``nose 0, neck 3; score 5.2; 2 parts``; a row without any id is nobody, and told so."""
    ids, (score, parts) = ids_of(row), _last_columns(row)
    if not ids:
        nobody = said(
            "nobody: a row whose ids are all -1 (score {score}, {parts}); such a row must be left out",
            score=score,
            parts=parts,
        )
        return tell(nobody)
    listed = ", ".join(f"{PARTS[slot].name} {id_}" for slot, id_ in ids.items())
    return tell(said("{keypoints}; score {score}; {parts}", keypoints=listed, score=score, parts=parts))


def write_last_columns(row: Rows) -> str:
    """Write the last two columns of a person: ``score 5.2, 2 parts``."""
    score, parts = _last_columns(row)
    return tell(said("score {score}, {parts}", score=score, parts=parts))


def _last_columns(row: Rows) -> tuple[str, str]:
    score, n_parts = (write_number(float(row[column])) for column in (SCORE_COLUMN, N_PARTS_COLUMN))
    return score, said("{number} part", number=n_parts) if n_parts == "1" else said("{number} parts", number=n_parts)


def write_rows_count(n_rows: int) -> str:
    """Write how many rows there are: ``1 row``, ``2 rows``."""
    return tell(counted("{n} row", "{n} rows", n_rows))


def limb_cells(rows: Rows) -> list[Sequence[str]]:
    """Write an input as cells under `LIMB_HEADINGS`: from part, its id, to part, its id, score.

    A row that does not hold two parts, which no limb has, stands in the first cell as a whole.
    """
    return [_limb(row) for row in rows]


def _limb(row: Rows) -> Sequence[str]:
    ids = ids_of(row)
    score = write_number(float(row[SCORE_COLUMN]))
    if len(ids) != 2:
        return (
            ", ".join(f"{PARTS[slot].name} {id_}" for slot, id_ in ids.items()) or tell(said("no parts")),
            "",
            "",
            "",
            score,
        )
    start, end = order_limb(*ids)
    return (PARTS[start].name, ids[start], PARTS[end].name, ids[end], score)


def order_limb(first: int, second: int) -> tuple[int, int]:
    """Put two slots in the direction of the limb that they form: from the neck to the nose."""
    return (second, first) if _STARTS.get(frozenset((first, second))) == second else (first, second)


def write_group(group: Keypoints) -> str:
    """Write a person's keypoints as a reader knows them: ``nose 3, neck 5``."""
    if not group:
        return said("no parts at all")
    names = [f"{PARTS[slot].name} {keypoint}" for slot, keypoint in sorted(group)]
    left_out = len(names) - MANY
    listed = ", ".join(names[:MANY])
    return listed if left_out <= 0 else said("{parts}, and {more} more", parts=listed, more=left_out)


def write_bounded(group: Keypoints, score: float) -> str:
    """Write a person with the numbers that the bounds are about."""
    return counted(
        "{group}: {n} part, score {score}, {per_part} per part",
        "{group}: {n} parts, score {score}, {per_part} per part",
        len(group),
        group=write_group(group),
        score=f"{score:.6g}",
        per_part=f"{score / max(len(group), 1):.6g}",
    )
