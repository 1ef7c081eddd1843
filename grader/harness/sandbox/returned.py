"""What a function returned instead of an array, in the child's words, recognised so that they can be told.

The child's words are a stranger's data: what fits no form stays as it is.
"""

import re
from collections.abc import Callable
from functools import reduce

from grader.harness.languages import Said, pattern, said

_SHAPE = r"(\([0-9, ]*\))"
_KINDS = {
    str(kind): kind
    for kind in (
        said("booleans"),
        said("complex numbers"),
        said("time spans"),
        said("dates"),
        said("byte strings"),
        said("strings"),
        said("a structured type"),
    )
}

_NAMES: tuple[tuple[str, str], ...] = (
    (rf"an array of shape (?P<shape>{_SHAPE})", pattern("an array of shape {shape}")),
    (r"a list of (?P<size>\d+)", pattern("a list of {size}")),
    (r"a tuple of (?P<size>\d+)", pattern("a tuple of {size}")),
    (r"a set of (?P<size>\d+)", pattern("a set of {size}")),
    (r"a dictionary of (?P<size>\d+)", pattern("a dictionary of {size}")),
    (r"an int", pattern("an int")),
    (r"a float", pattern("a float")),
    (r"a string", pattern("a string")),
    (r"a coroutine", pattern("a coroutine")),
    (r"the truth value (?P<value>True|False)", pattern("the truth value {value}")),
    (r"an object of type (?P<type>\w+)", pattern("an object of type {type}")),
    (r"(?P<number>\d+) more", pattern("{number} more")),
    (
        r"an array of shape (?P<shape>.+), larger than (?P<size>\d+) MiB",
        pattern("an array of shape {shape}, larger than {size} MiB"),
    ),
    (rf"an empty array of shape (?P<shape>{_SHAPE})", pattern("an empty array of shape {shape}")),
    (r"a list of rows of different lengths", pattern("a list of rows of different lengths")),
    (r"a tuple of rows of different lengths", pattern("a tuple of rows of different lengths")),
    (
        r"an array that holds a number too large for a float",
        pattern("an array that holds a number too large for a float"),
    ),
    (r"there is none", pattern("there is none")),
    (r"(?P<name>\w+) is a class", pattern("{name} is a class")),
    (r"(?P<name>\w+) is an object of type (?P<type>\w+)", pattern("{name} is an object of type {type}")),
    (r"(?P<name>\w+) is an async function", pattern("{name} is an async function")),
    (r"(?P<name>\w+) is a generator: it has a yield", pattern("{name} is a generator: it has a yield")),
)
"""Forms of what the child says (see `conversion` and `child`), each with its pattern of the catalogues."""

_HOLDERS: tuple[tuple[str, Callable[[re.Match[str]], Said]], ...] = (
    (r"a tuple of (\d+): (.+)", lambda got: said("a tuple of {size}: {items}", size=got[1], items=_list(got[2]))),
    (r"an array that holds (.+)", lambda got: said("an array that holds {what}", what=_name(got[1]))),
    (r"an array of (.+)", lambda got: said("an array of {kind}", kind=_KINDS.get(got[1], got[1]))),
    (r"one of (.+)", lambda got: said("one of {kind}", kind=_KINDS.get(got[1], got[1]))),
)
"""Forms that hold others; those hold none."""


def describe_returned(words: str) -> str:
    """Recognise the child's words for what was returned; others are given back."""
    if isinstance(named := _name(words), Said):
        return named
    for form, say in _HOLDERS:
        if got := re.fullmatch(form, words):
            return say(got)
    return words


def _name(words: str) -> str:
    for form, one in _NAMES:
        if got := re.fullmatch(form, words):
            return said(one, **got.groupdict())
    return words


def _list(words: str) -> Said:
    """Recognise a list of at most four names; commas also stand inside of shapes."""
    *names, last = map(_name, re.split(r", (?=[A-Za-z])| and ", words, maxsplit=3))
    if not names:
        return said("{first}", first=last)
    listed = reduce(lambda first, second: said("{first}, {second}", first=first, second=second), names)
    return said("{first} and {last}", first=listed, last=last)
