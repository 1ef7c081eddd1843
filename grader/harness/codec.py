"""Records as plain JSON data and back, exactly: reports, and all that a class keeps in files.

A file is data from outside, also when it is our own: every field is there, has its type and its range, and nothing else
is there, or reading ends with a sentence that names the place. msgspec does the work; what it does not know (fractions,
arrays) is told below.
"""

import re
from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any, TypeVar, cast

import msgspec
import numpy as np

from grader.harness.lab import Lab
from grader.harness.languages import Said
from grader.harness.patterns import list_patterns, with_patterns
from grader.harness.results import CaseResult, CheckResult, ManualPart, Report

FORMAT = 3
"""Number of the format of a report; a file of another one is refused."""

_EXACT = 2**53
_FRACTION = re.compile(r"-?[0-9]{1,9}(/[1-9][0-9]{0,8})?")

T = TypeVar("T")


def to_plain(record: Any) -> Any:  # noqa: ANN401 - any frozen dataclass, or a list of some
    """Write a record as lists, dictionaries, text and numbers.

    Returns
    -------
    data
        Fit for `json.dumps`: fractions are text (``"5/2"``), times too (ISO 8601), and numbers of an array that are not
        finite (``"nan"``).
    """
    return msgspec.to_builtins(record, enc_hook=_write, str_keys=True)


def from_plain(kind: type[T], data: Any) -> T:  # noqa: ANN401 - of a file
    """Read what `to_plain` wrote.

    Raises
    ------
    ValueError
        If a field is missing, unknown, or of the wrong type or range.
    """
    try:
        record = msgspec.convert(data, kind, dec_hook=_read, str_keys=True)
    except msgspec.ValidationError as exc:
        raise ValueError(f"A file must hold what the grader wrote; this one does not: {exc}.") from exc
    if missing := _first_missing(record):
        raise ValueError(f"A file must hold what the grader wrote; this one does not: it lacks {missing}.")
    # What is written again shows what was passed over: a field too many, a number in another form.
    if (again := _normal(to_plain(record))) != _normal(data):
        raise ValueError(f"A file must hold what the grader wrote, and nothing else; got {_first_other(data, again)}.")
    return record


def report_to_plain(report: Report) -> dict[str, Any]:
    """Write a report by `to_plain`, with the number of its form, and what its sentences were made of."""
    return {"format": FORMAT, "patterns": list_patterns(report), **to_plain(report)}


def report_from_plain(lab: Lab, data: Any) -> Report:  # noqa: ANN401 - of a file
    """Read what `report_to_plain` wrote; ValueError as from `from_plain`, or if the form is another one."""
    if not isinstance(data, dict) or data.get("format") != FORMAT:
        form = data.get("format") if isinstance(data, dict) else data
        raise ValueError(
            f"A results file must be of format {FORMAT}; this one is of {form!r:.80}. Grade the submission again."
        )
    report = from_plain(Report, {name: value for name, value in data.items() if name not in {"format", "patterns"}})
    _check_ranges(report)
    report = replace(report, checks=tuple(_with_evidence(lab, check) for check in report.checks))
    # Files that were written before there were any are told in English.
    return with_patterns(report, data.get("patterns", []))


def _check_ranges(report: Report) -> None:
    """Refuse points and seconds that no grading gives: in JSON 1e400 is a number, and an infinite one."""
    timing = [] if report.timing is None else [report.timing.student_s, report.timing.reference_s]
    for seconds in (report.execution_s, *timing):
        if not 0 <= seconds < float("inf"):
            raise ValueError(f"Seconds in a results file must be from 0 on; got {seconds!r}.")
    parts: tuple[CheckResult | ManualPart, ...] = (*report.checks, *report.manual_parts)
    for part in parts:
        if part.max_points < 0:
            raise ValueError(
                f"Points in a results file must be from 0 on; got {str(part.max_points)!r} for {part.key!r:.80}."
            )


def _with_evidence(lab: Lab, check: CheckResult) -> CheckResult:
    """Read the evidence of a check, which the report keeps as it stands, as the lab's records."""

    def read(case: CaseResult) -> CaseResult:
        if case.overlay is not None and lab.evidence.overlay is None:
            raise ValueError(
                f"A lab without pictures has none over which something is drawn; got {case.overlay!r:.80}."
            )
        try:
            evidence = None if case.evidence is None else from_plain(lab.evidence.record, case.evidence)
            overlay = None if case.overlay is None else from_plain(cast("type", lab.evidence.overlay), case.overlay)
        except ValueError as exc:
            raise ValueError(f"{exc} This is in case {case.name!r:.80} of check {check.key!r:.80}.") from exc
        return replace(case, evidence=evidence, overlay=overlay)

    return replace(check, cases=tuple(map(read, check.cases)))


def _write(value: Any) -> Any:  # noqa: ANN401 - what msgspec does not know
    if isinstance(value, np.ndarray):
        return _write_array(value)
    if isinstance(value, Fraction | Path | Said):
        return str(value)
    raise NotImplementedError(f"no form for {type(value).__name__}")


def _write_array(array: np.ndarray[Any, Any]) -> Any:  # noqa: ANN401 - lists as deep as the array
    """Write whole numbers without a point, and those that are not finite as text."""
    plain = array.astype(object)
    is_whole = (array == np.rint(array)) & (np.abs(array) < _EXACT)
    plain[is_whole] = array[is_whole].astype(np.int64)
    is_other = ~np.isfinite(array)
    plain[is_other] = array[is_other].astype(str)
    return plain.tolist()


def _read(kind: Any, value: Any) -> Any:  # noqa: ANN401 - what msgspec does not know
    if kind is Fraction:
        if not isinstance(value, str) or not _FRACTION.fullmatch(value):
            raise ValueError(f"points must be text such as '4' or '5/2'; got {value!r:.80}")
        return Fraction(value)
    if kind is Path:
        return Path(value)
    return _read_array(value)


def _read_array(value: Any) -> np.ndarray[Any, Any]:  # noqa: ANN401 - lists as deep as the array
    array = np.asarray(value, dtype=object)
    if not isinstance(value, list) or not all(isinstance(item, int | float | str) for item in array.flat):
        raise ValueError(f"an array must be lists of numbers, equally long; got {value!r:.80}")
    try:
        return array.astype(np.float64)
    except (ValueError, OverflowError) as exc:
        raise ValueError(f"an array must be of numbers; {exc}") from exc


def _normal(data: Any) -> Any:  # noqa: ANN401 - of a file
    """Make lists of tuples, so that data of a file can be held against data of records."""
    if isinstance(data, dict):
        return {name: _normal(value) for name, value in data.items()}
    return [_normal(value) for value in data] if isinstance(data, list | tuple) else data


def _first_missing(record: Any, where: str = "") -> str:  # noqa: ANN401 - of a file
    """Name the first field that was filled in with its default, which msgspec leaves to the class; nothing for none."""
    parts: list[tuple[str, Any]] = []
    if is_dataclass(record):
        for field in fields(record):
            if field.name not in vars(record):
                return f"{where}.{field.name}"
            parts.append((f".{field.name}", vars(record)[field.name]))
    elif isinstance(record, Mapping):
        parts = [(f".{name}", value) for name, value in record.items()]
    elif isinstance(record, list | tuple) and any(map(is_dataclass, record[:1])):
        parts = [(f"[{number}]", value) for number, value in enumerate(record)]
    return next(filter(None, (_first_missing(value, where + step) for step, value in parts)), "")


def _first_other(data: Any, again: Any, where: str = "") -> str:  # noqa: ANN401 - of a file
    """Name the first place where two forms of the same data differ."""
    if isinstance(data, dict) and isinstance(again, dict):
        for name in data:
            if name not in again or _normal(data[name]) != again[name]:
                return _first_other(data[name], again.get(name), f"{where}.{name}")
    if isinstance(data, list | tuple) and isinstance(again, list) and len(data) == len(again):
        number = next(number for number, value in enumerate(data) if _normal(value) != again[number])
        return _first_other(data[number], again[number], f"{where}[{number}]")
    return f"{data!r:.80} at {where or 'the top'}"
