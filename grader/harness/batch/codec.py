"""Records of a class as JSON, and back: lines and entries are read from files that somebody may have edited."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from enum import Enum
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from grader.harness.batch.records import Entry, Line, Person, Place, PreCheck, Status
from grader.harness.results import Timing, Verdict

if TYPE_CHECKING:
    from _typeshed import DataclassInstance


def to_dict(record: "DataclassInstance") -> dict[str, Any]:
    """Write a record as what JSON has: fractions as ``"7/3"``, times as ISO 8601, paths as text."""
    plain = _plain(asdict(record))
    assert isinstance(plain, dict)  # noqa: S101 - a record is one
    return plain


def read_line(content: Mapping[str, Any]) -> Line:
    """Read a line; its lateness is left out, which depends on the rubric of the day.

    Raises
    ------
    ValueError, KeyError, TypeError, AttributeError
        If it is none.
    """
    timing = content["timing"]
    return Line(
        person=Person(**content["person"]),
        status=Status(content["status"]),
        reason=read_text(content["reason"]),
        entry=read_text(content["entry"]),
        older=tuple(map(read_text, content["older"])),
        sha256=read_text(content["sha256"]),
        submitted_at=_time(content["submitted_at"]),
        points={key: Fraction(points) for key, points in content["points"].items()},
        verdicts={key: Verdict(verdict).value for key, verdict in content["verdicts"].items()},
        remarks=tuple(map(read_text, content["remarks"])),
        problems=tuple(map(read_text, content["problems"])),
        timing=None if timing is None else Timing(**timing),
        execution_s=float(content["execution_s"]),
        precheck=_precheck(content["precheck"]),
        fingerprint={key: read_text(digest) for key, digest in content["fingerprint"].items()},
    )


def read_entry(content: Mapping[str, Any]) -> Entry:
    """Read an entry; raises what `read_line` does."""
    fields = dict(content)
    places = [_place(place) for place in (fields.pop("place"), *fields.pop("beside"))]
    return Entry(**{**fields, "modified": _time(fields["modified"])}, place=places[0], beside=tuple(places[1:]))


def _place(content: Mapping[str, Any]) -> Place:
    return Place(Path(content["path"]), content["member"])


def _precheck(content: Mapping[str, Any]) -> PreCheck:
    lists = {name: tuple(map(read_text, content[name])) for name in ("parts_found", "notes")}
    return PreCheck(**{**content, **lists})


def _time(value: str | None) -> datetime | None:
    return None if value is None else datetime.fromisoformat(value)


def read_text(value: object) -> str:
    """Take a value that must be text, and raise TypeError for any other."""
    if not isinstance(value, str):
        raise TypeError(f"text must be text; got {value!r:.80}")
    return value


def _plain(value: Any) -> Any:  # noqa: ANN401 - whatever a record holds
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value) if isinstance(value, Fraction | Path) else value
