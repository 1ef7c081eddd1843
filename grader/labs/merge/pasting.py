"""An input of `merge` as lines of Python that build it exactly: what a student pastes to see the failure at home."""

import math
from pathlib import Path
from typing import cast

import numpy as np

from estimation.config import ABSENT, N_PARTS, N_PARTS_COLUMN, ROW_LENGTH, SCORE_COLUMN
from grader.harness.cases import load_cases
from grader.harness.results import Visibility
from grader.labs.merge.merge_case import Rows, read_case
from grader.labs.merge.wording import is_exact_whole

MAX_PASTED_ROWS = 40
"""Longer inputs are read from their case file."""

_IMPORTS = ("import numpy as np", "from estimation.merge import merge")
_INDENT = "    "
_CASES = Path(__file__).resolve().parent / "cases"


def write_python(rows: Rows, call: str, n_columns: int) -> list[str]:
    """Write an input and its call as Python.

    Parameters
    ----------
    rows : ndarray of shape (n, 20)
        The input. A row of two parts is written as ``(slot, id, slot, id, score)``.
    call : str
        The call, in which the input is called ``subset``.
    n_columns : int
        Longer lines are broken, between numbers; 40 or more.

    Returns
    -------
    lines : list of str
        Without empty ones, so that an interactive Python takes them all; the last is the call.
    """
    if not len(rows):
        return [*_IMPORTS, f"subset = np.empty((0, {ROW_LENGTH}))", call]
    if not all(map(_is_limb, rows)):
        numbers = [f"[{', '.join(map(_write, row))}]" for row in rows.tolist()]
        return [
            *_IMPORTS,
            "subset = np.array([",
            *_fill([f"{line}," for line in numbers], n_columns),
            "], dtype=float)",
            call,
        ]
    limbs = [f"({', '.join(_limb(row))})," for row in rows]
    return [
        *_IMPORTS,
        "rows = [  # part, its id, part, its id, score",
        *_fill(limbs, n_columns),
        "]",
        f"subset = np.full((len(rows), {ROW_LENGTH}), -1.0)",
        f"subset[:, {N_PARTS_COLUMN}] = 2",
        "for row, (part, id_, other_part, other_id, score) in zip(subset, rows):",
        f"    row[part], row[other_part], row[{SCORE_COLUMN}] = id_, other_id, score",
        call,
    ]


def read_python(check: str, name: str, call: str) -> list[str]:
    """Write Python that reads the input of a published case from its file, however long it is, and the call."""
    return [
        _IMPORTS[1],
        "from grader.labs.merge.pasting import published_rows",
        f"subset = published_rows({check!r}, {name!r})",
        call,
    ]


def published_rows(check: str, name: str) -> Rows:
    """Read the input of a published case: a fresh array of shape (n, 20).

    Raises
    ------
    ValueError
        If no case of the check has this name.
    """
    for case in load_cases(_CASES, read_case):
        if (case.check, case.name, case.visibility) == (check, name, Visibility.PUBLIC):
            return cast("Rows", np.array(case.arguments[0]))
    raise ValueError(f"A published case must have a check and a name; none has {check!r} and {name!r}.")


def _is_limb(row: Rows) -> bool:
    """Tell whether a row holds two parts and says so."""
    return bool(np.count_nonzero(row[:N_PARTS] != ABSENT) == 2 and row[N_PARTS_COLUMN] == 2)


def _limb(row: Rows) -> list[str]:
    first, second = np.flatnonzero(row[:N_PARTS] != ABSENT).tolist()
    return [str(first), _write(row[first]), str(second), _write(row[second]), _write(row[SCORE_COLUMN])]


def _write(value: float) -> str:
    """Write a number as Python reads it back, bit by bit."""
    value = float(value)
    if not math.isfinite(value):
        return f"float('{value}')"
    is_negative_zero = value == 0 and math.copysign(1, value) < 0
    return str(int(value)) if is_exact_whole(value) and not is_negative_zero else repr(value)


def _fill(entries: list[str], n_columns: int) -> list[str]:
    """Put entries into lines, indented and as full as they may be; one that is longer is broken at its spaces."""
    lines = [""]
    is_short = max(map(len, entries)) + len(_INDENT) <= n_columns
    for word in entries if is_short else " ".join(entries).split(" "):
        if lines[-1] and len(lines[-1]) + 1 + len(word) > n_columns:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}" if lines[-1] else f"{_INDENT}{word}"
    return lines
