"""Cases as they stand in files: arrays with their type, tuples, numbers that are not known.

::

    {"name": "diagonal", "says": "…", "function": "heatmaps",
     "arguments": [{"float64": [[[3, 2], [null, null]]]}, {"tuple": [5, 7]}, 2],
     "expected": [[[0.04, …], …], …]}

A number that is ``null`` is NaN; an array without numbers is written as its shape, ``{"empty": [0, 3, 2]}``. The
recorded answer is rounded to `DECIMALS`, far below what any check tolerates.
"""

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from grader.harness.cases import Argument, Case
from grader.harness.errors import RubricError
from grader.harness.results import Visibility

TYPES = ("float64", "float32", "int64", "uint8", "bool")
"""What arrays may hold."""

DECIMALS = 9


def read_case(check: str, visibility: Visibility, entry: Mapping[str, Any]) -> Case:
    """Read one case of a case file; raises what an entry that is none raises."""
    return Case(
        check=check,
        visibility=visibility,
        name=entry["name"],
        says=entry["says"],
        function=entry["function"],
        arguments=tuple(map(_read_argument, entry["arguments"])),
        expected=_read_array(entry["expected"], "float64"),
        twin_of=entry.get("twin_of", ""),
        reference_s=entry.get("reference_s"),
    )


def dump_cases(cases: Sequence[Case]) -> str:
    """Write the cases of one check as the text of a case file."""
    if len({case.check for case in cases}) != 1:
        raise RubricError(f"A case file holds the cases of one check; got {sorted({case.check for case in cases})!r}.")
    blocks = [_dump_case(case) for case in cases]
    return f'{{"check": {json.dumps(cases[0].check)},\n "cases": [\n' + ",\n".join(blocks) + "\n ]}\n"


def _dump_case(case: Case) -> str:
    fields = {
        "name": json.dumps(case.name),
        "says": json.dumps(case.says, ensure_ascii=False),
        "function": json.dumps(case.function),
    }
    if case.twin_of:
        fields["twin_of"] = json.dumps(case.twin_of)
    if case.reference_s is not None:
        fields["reference_s"] = json.dumps(case.reference_s)
    arguments = [json.dumps(_write_argument(value)) for value in case.arguments]
    fields["arguments"] = "[\n    " + ",\n    ".join(arguments) + "]"
    fields["expected"] = json.dumps(_write_array(np.asarray(case.expected, dtype=np.float64).round(DECIMALS)))
    return "  {" + ",\n   ".join(f'"{name}": {text}' for name, text in fields.items()) + "}"


def _write_argument(value: Argument) -> Any:  # noqa: ANN401 - JSON
    if isinstance(value, tuple):
        return {"tuple": list(value)}
    if not isinstance(value, np.ndarray):
        return value
    return {value.dtype.name: _write_array(value)} if value.size else {"empty": list(value.shape)}


def _write_array(array: np.ndarray[Any, Any]) -> Any:  # noqa: ANN401 - lists as deep as the array
    return _plain(array.tolist())


def _plain(value: Any) -> Any:  # noqa: ANN401 - lists, or what is in them
    """Write whole numbers without a point, since most of many maps is 0, and NaN as null."""
    if isinstance(value, list):
        return list(map(_plain, value))
    if not isinstance(value, float):
        return value
    return None if math.isnan(value) else int(value) if value.is_integer() else value


def _read_argument(value: Any) -> Argument:  # noqa: ANN401 - of a file
    if isinstance(value, dict):
        ((kind, content),) = value.items()
        if kind == "empty":
            return np.empty(content)
        return tuple(map(int, content)) if kind == "tuple" else _read_array(content, kind)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(f"an argument must be a number, a tuple or an array of a type; got {value!r:.80}")
    return value


def _read_array(content: Any, kind: str) -> np.ndarray[Any, Any]:  # noqa: ANN401 - of a file
    if kind not in TYPES:
        raise ValueError(f"the type of an array must be one of {', '.join(TYPES)}; got {kind!r:.80}")
    return np.array(_fill(content), dtype=kind)


def _fill(content: Any) -> Any:  # noqa: ANN401 - of a file
    """Put NaN in the place of null."""
    if isinstance(content, list):
        return list(map(_fill, content))
    return np.nan if content is None else content
