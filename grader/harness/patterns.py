"""What the sentences of a record were made of, as plain JSON data and back, so that a record is read in any language.

A record's own file holds its sentences in English, and beside it stands once what each was made of. Like all that a
file holds this is a stranger's data: a pattern has names in braces and nothing else, values are text, numbers or
sentences, a few and not deep.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass, replace
from typing import Any, TypeVar

from grader.harness.languages import PLACE, Said

MAX_DEPTH = 12
MAX_VALUES = 20
MAX_PATTERN = 1000
MAX_COUNT = 2**53

T = TypeVar("T")


def list_patterns(record: Any) -> list[dict[str, Any]]:  # noqa: ANN401 - any record
    """Write what the sentences of a record were made of, each once, in the order of the alphabet."""
    found = {str(text): text for text in _sentences(record)}
    return [_write(found[text]) for text in sorted(found)]


def with_patterns(record: T, patterns: Any) -> T:  # noqa: ANN401 - of a file
    """Return a record whose sentences know again what they were made of.

    Parameters
    ----------
    record : frozen dataclass
        As it was read. Not modified.
    patterns : list
        What `list_patterns` wrote.

    Raises
    ------
    ValueError
        If it wrote something else.
    """
    if not isinstance(patterns, list):
        raise ValueError(f"Patterns of sentences must be a list; got {patterns!r:.80}.")  # noqa: TRY004 - of a file
    known = {str(text): text for text in map(_read, patterns)}
    return record if not known else _put_back(record, known)


def _sentences(value: Any) -> Iterator[Said]:  # noqa: ANN401 - whatever a record holds
    if isinstance(value, Said):
        yield value
    elif is_dataclass(value):
        for field in fields(value):
            yield from _sentences(getattr(value, field.name))
    elif isinstance(value, Mapping):
        for one in value.values():
            yield from _sentences(one)
    elif isinstance(value, list | tuple):
        for one in value:
            yield from _sentences(one)


def _put_back(value: Any, known: Mapping[str, Said]) -> Any:  # noqa: ANN401 - whatever a record holds
    if type(value) is str:
        return known.get(value, value)
    if is_dataclass(value) and not isinstance(value, type):
        held = {field.name: getattr(value, field.name) for field in fields(value) if field.init}
        put = {name: _put_back(one, known) for name, one in held.items()}
        changed = {name: one for name, one in put.items() if one is not held[name]}
        return replace(value, **changed) if changed else value
    if isinstance(value, tuple):
        put_all = tuple(_put_back(one, known) for one in value)
        return put_all if any(one is not old for one, old in zip(put_all, value, strict=True)) else value
    return value


def _write(text: Said) -> dict[str, Any]:
    values = {name: _write(value) if isinstance(value, Said) else value for name, value in text.values.items()}
    return {"pattern": text.pattern, "plural": text.plural, "values": values}


def _read(entry: Any, depth: int = 0) -> Said:  # noqa: ANN401 - of a file
    if not isinstance(entry, dict) or entry.keys() != {"pattern", "plural", "values"} or depth > MAX_DEPTH:
        raise ValueError(f"What a sentence was made of must be a pattern and values; got {entry!r:.80}.")
    patterns, values = (entry["pattern"], entry["plural"]), entry["values"]
    if not all(isinstance(one, str) and len(one) <= MAX_PATTERN for one in patterns) or not _is_plain(patterns):
        raise ValueError(f"A pattern must be text with names in braces; got {patterns!r:.80}.")
    if not isinstance(values, dict) or len(values) > MAX_VALUES or values.keys() != _names(patterns):
        raise ValueError(f"A sentence must have a value for each name in its pattern; got {values!r:.80}.")
    if entry["plural"] and not _is_count(values.get("n")):
        raise ValueError(f"A sentence about a number must have one; got {values!r:.80}.")
    return Said(*patterns, {name: _read_value(value, depth) for name, value in values.items()})


def _read_value(value: Any, depth: int) -> str | int | Said:  # noqa: ANN401 - of a file
    if isinstance(value, dict):
        return _read(value, depth + 1)
    if isinstance(value, str):
        return value
    if _is_count(value):
        return int(value)
    raise ValueError(f"A value must be text, a number or a sentence; got {value!r:.80}.")


def _is_plain(patterns: Sequence[str]) -> bool:
    return not any(brace in PLACE.sub("", one) for one in patterns for brace in "{}")


def _names(patterns: Sequence[str]) -> set[str]:
    return {name for one in patterns for name in PLACE.findall(one)}


def _is_count(value: Any) -> bool:  # noqa: ANN401 - of a file
    return type(value) is int and abs(value) < MAX_COUNT
