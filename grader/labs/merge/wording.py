"""Rows of numbers in words: an input as a table of limbs, an answer as one line a person."""

import math
from collections.abc import Mapping, Sequence
from types import MappingProxyType

import numpy as np

from estimation.config import ABSENT, LIMBS, N_PARTS, N_PARTS_COLUMN, PARTS, SCORE_COLUMN
from grader.labs.merge.merge_case import Rows

LIMB_HEADINGS = ("from", "id", "to", "id", "score")

_STARTS: Mapping[frozenset[int], int] = MappingProxyType(
    {frozenset((limb.from_body_part, limb.to_body_part)): int(limb.from_body_part) for limb in LIMBS}
)
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
    parts = ", ".join(f"{PARTS[slot].name} {id_}" for slot, id_ in ids_of(row).items())
    n_parts = write_number(float(row[N_PARTS_COLUMN]))
    noun = "part" if n_parts == "1" else "parts"
    if not parts:
        score = write_number(float(row[SCORE_COLUMN]))
        return f"nobody: a row whose ids are all -1 (score {score}, {n_parts} {noun}); such a row must be left out"
    return f"{parts}; score {write_number(float(row[SCORE_COLUMN]))}; {n_parts} {noun}"


def limb_cells(rows: Rows) -> list[Sequence[str]]:
    """Write an input as cells under `LIMB_HEADINGS`: from part, its id, to part, its id, score.

    A row that does not hold two parts, which no limb has, stands in the first cell as a whole.
    """
    return [_limb(row) for row in rows]


def _limb(row: Rows) -> Sequence[str]:
    ids = ids_of(row)
    score = write_number(float(row[SCORE_COLUMN]))
    if len(ids) != 2:
        return (", ".join(f"{PARTS[slot].name} {id_}" for slot, id_ in ids.items()) or "no parts", "", "", "", score)
    start, end = order_limb(*ids)
    return (PARTS[start].name, ids[start], PARTS[end].name, ids[end], score)


def order_limb(first: int, second: int) -> tuple[int, int]:
    """Put two slots in the direction of the limb that they form: from the neck to the nose."""
    return (second, first) if _STARTS.get(frozenset((first, second))) == second else (first, second)
