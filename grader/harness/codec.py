"""A `Report` as plain JSON data and back, exactly: a class is graded once, and its pages are made from files later.

A file is data from outside, also when it is our own: every field is there, has its type and its range, or reading
ends with a sentence that names the place.
"""

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import is_dataclass
from enum import StrEnum
from fractions import Fraction
from typing import Any, TypeVar, cast

import numpy as np

from estimation.config import ROW_LENGTH
from grader.harness.results import (
    CaseResult,
    CheckResult,
    Evidence,
    Explanation,
    Handed,
    ManualPart,
    Overlay,
    Problem,
    Protection,
    Report,
    Rows,
    Timing,
    Verdict,
    Visibility,
)

FORMAT = 1
"""Number of this format; a file of another one is refused."""

_EXACT = 2**53
_NOT_FINITE = ("nan", "inf", "-inf")
_FRACTION = re.compile(r"[0-9]{1,9}(/[1-9][0-9]{0,8})?")
_PICTURE = re.compile(r"[^/\\:\x00-\x1f]{1,200}")

T = TypeVar("T")
Reader = Callable[[Any, str], T]
"""Takes a value and the place where it stands; returns what it means, or raises ValueError."""


def to_dict(report: Report) -> dict[str, Any]:
    """Write a report as lists, dictionaries, text and numbers; computed properties are left out.

    Returns
    -------
    data : dict
        Fit for `json.dumps`. Numbers that are not finite are text (``"nan"``), points are fractions (``"5/2"``).
    """
    return {"format": FORMAT, **_plain(report)}


def from_dict(data: object) -> Report:
    """Read what `to_dict` wrote.

    Raises
    ------
    ValueError
        If a field is missing, unknown, or of the wrong type or range.
    """
    where = "report"
    if not isinstance(data, Mapping):
        raise _refuse(where, "an object", data)
    if data.get("format") != FORMAT:
        raise _refuse(f"{where}.format", f"the number {FORMAT}", data.get("format"))
    return _read_report({name: value for name, value in data.items() if name != "format"}, where)


def _plain(value: Any) -> Any:  # noqa: ANN401 - any field of a record
    # A report has thousands of values, so what there is most of comes first.
    if value is None or isinstance(value, int):
        return value
    if isinstance(value, float):
        return _plain_number(value)
    if isinstance(value, str):
        # Words of an enumeration are text, too.
        return str(value)
    return _plain_parts(value)


def _plain_parts(value: Any) -> Any:  # noqa: ANN401 - what is made of other values
    if is_dataclass(value):
        return {name: _plain(getattr(value, name)) for name in value.__dataclass_fields__}
    if isinstance(value, np.ndarray):
        return _plain_rows(value)
    if isinstance(value, Mapping):
        return {str(key): _plain(value[key]) for key in sorted(value)}
    if isinstance(value, Fraction):
        return str(value)
    return [_plain(entry) for entry in value]


def _plain_number(value: float) -> float | int | str:
    if not math.isfinite(value):
        return str(value)
    return int(value) if value.is_integer() and abs(value) < _EXACT else value


def _plain_rows(rows: Rows) -> list[list[float | int | str]]:
    """Write an array number by number as `_plain_number` does, all whole numbers at once."""
    plain = rows.astype(object)
    is_whole = (rows == np.rint(rows)) & (np.abs(rows) < _EXACT)
    plain[is_whole] = rows[is_whole].astype(np.int64)
    for place in zip(*np.nonzero(~np.isfinite(rows)), strict=True):
        plain[place] = _plain_number(plain[place])
    return cast("list[list[float | int | str]]", plain.tolist())


def _refuse(where: str, required: str, value: object) -> ValueError:
    return ValueError(
        f"A results file must hold {required} at {where}; got {value!r:.200}. Grade the submission again."
    )


def _record(make: Callable[..., T], /, **readers: Reader[Any]) -> Reader[T]:
    """Make a reader of objects with exactly these fields."""

    def read(value: object, where: str) -> T:
        if not isinstance(value, Mapping) or set(value) != set(readers):
            keys = sorted(value) if isinstance(value, Mapping) else value
            raise _refuse(where, f"an object with the fields {', '.join(readers)}", keys)
        return make(**{name: reader(value[name], f"{where}.{name}") for name, reader in readers.items()})

    return read


def _list_of(reader: Reader[T]) -> Reader[Sequence[T]]:
    def read(value: object, where: str) -> Sequence[T]:
        if not isinstance(value, list):
            raise _refuse(where, "a list", value)
        return tuple(reader(entry, f"{where}[{k}]") for k, entry in enumerate(value))

    return read


def _optional(reader: Reader[T]) -> Reader[T | None]:
    return lambda value, where: None if value is None else reader(value, where)


def _one_of(kind: type[StrEnum]) -> Reader[StrEnum]:
    def read(value: object, where: str) -> StrEnum:
        if not isinstance(value, str) or value not in list(kind):
            raise _refuse(where, f"one of {', '.join(kind)}", value)
        return kind(value)

    return read


def _text(value: object, where: str) -> str:
    if not isinstance(value, str):
        raise _refuse(where, "text", value)
    return value


def _flag(value: object, where: str) -> bool:
    if not isinstance(value, bool):
        raise _refuse(where, "true or false", value)
    return value


def _number(value: object, where: str) -> float:
    if isinstance(value, str) and value in _NOT_FINITE:
        return float(value)
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or not (abs(value) < _EXACT if isinstance(value, int) else math.isfinite(value)):  # type: ignore[arg-type]
        raise _refuse(where, "a number", value)
    return float(value)  # type: ignore[arg-type]


def _seconds(value: object, where: str) -> float:
    seconds = _number(value, where)
    if not 0 <= seconds < math.inf:
        raise _refuse(where, "seconds from 0 on", value)
    return seconds


def _points(value: object, where: str) -> Fraction:
    if not isinstance(value, str) or not _FRACTION.fullmatch(value):
        raise _refuse(where, "points as text, such as '4' or '5/2'", value)
    return Fraction(value)


def _rows(value: object, where: str) -> Rows:
    if not isinstance(value, list):
        raise _refuse(where, "a list of rows", value)
    rows = np.empty((len(value), ROW_LENGTH))
    for k, entry in enumerate(value):
        if not isinstance(entry, list) or len(entry) != ROW_LENGTH:
            raise _refuse(f"{where}[{k}]", f"a row of {ROW_LENGTH} numbers", entry)
        rows[k] = [_number(number, f"{where}[{k}]") for number in entry]
    return rows


def _picture(value: object, where: str) -> str:
    """Take a bare file name: it is opened in the folder of pictures, and nothing else is."""
    if not isinstance(value, str) or not _PICTURE.fullmatch(value) or value in (".", ".."):
        raise _refuse(where, "the name of a file without its folder", value)
    return value


def _places(value: object, where: str) -> Mapping[int, tuple[float, float]]:
    if not isinstance(value, Mapping):
        raise _refuse(where, "an object", value)
    places = {}
    for id_, place in value.items():
        if not id_.removeprefix("-").isdecimal() or len(id_) > 15 or not isinstance(place, list) or len(place) != 2:
            raise _refuse(f"{where}.{id_}", "an id and its place [x, y]", place)
        x, y = (_number(number, f"{where}.{id_}") for number in place)
        places[int(id_)] = (x, y)
    return places


def _hashes(value: object, where: str) -> Mapping[str, str]:
    if not isinstance(value, Mapping):
        raise _refuse(where, "an object", value)
    return {name: _text(entry, f"{where}.{name}") for name, entry in value.items()}


_read_explanation = _record(Explanation, required=_text, came=_text, advice=_text)
_read_evidence = _record(
    Evidence, rows=_rows, call=_text, expected=_rows, answer=_optional(_rows), is_only_answer=_flag, shrunk=_flag
)
_read_overlay = _record(
    Overlay, picture=_picture, keypoints=_places, expected=_rows, answer=_rows, score=_number, expected_score=_number
)
_read_case = _record(
    CaseResult,
    name=_text,
    says=_text,
    visibility=_one_of(Visibility),
    verdict=_one_of(Verdict),
    explanation=_optional(_read_explanation),
    evidence=_optional(_read_evidence),
    overlay=_optional(_read_overlay),
    traceback=_text,
)
_read_check = _record(
    CheckResult, key=_text, part=_text, title=_text, max_points=_points, cases=_list_of(_read_case), note=_text
)
_read_handed = _record(
    Handed,
    file_name=_text,
    student_id=_text,
    sha256=_text,
    report_name=_text,
    problems=_list_of(_record(Problem, code=_text, explanation=_read_explanation, is_fatal=_flag)),
)
_read_report = _record(
    Report,
    handed=_read_handed,
    checks=_list_of(_read_check),
    manual_parts=_list_of(_record(ManualPart, key=_text, title=_text, max_points=_points)),
    protections=_list_of(_record(Protection, name=_text, is_on=_flag, detail=_text)),
    printed=_text,
    printed_in_public=_text,
    timing=_optional(_record(Timing, student_s=_seconds, reference_s=_seconds, what=_text)),
    execution_s=_seconds,
    fingerprint=_hashes,
)
