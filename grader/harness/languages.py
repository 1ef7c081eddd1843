"""Sentences for students: kept in English with what they were made of, and told in the language of who reads them.

A sentence is made once, while code is graded, and read by many: the staff in English, students in the language of
their course. So `said` keeps the pattern and the values beside the English text, and `tell` fills in the pattern of the
language that `speaking` has chosen. Catalogues are gettext's: ``locale/<language>/LC_MESSAGES/*.mo`` here and in the
folder of a lab. What a catalogue lacks is told in English.

Students' scripts use this before it is known which packages are there: it needs the standard library alone.
"""

import argparse
import gettext
import os
import re
import struct
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, Self

from grader.harness.errors import UsageError

ENGLISH = "en"

LANGUAGES: Mapping[str, str] = MappingProxyType({ENGLISH: "English", "zh-TW": "繁體中文"})
"""The names of languages, as pages and options have them, and what they call themselves."""

FOLDER = Path(__file__).resolve().parent

PLACE = re.compile(r"\{([a-z][a-z_0-9]{0,39}|[1-9])\}")
"""Where a value goes in a pattern. Nothing else is ever looked for in it: no attributes, no formats."""

_NUMBER = re.compile(r"[0-9]+(?:[.,][0-9]+)*")
_TRADITIONAL = re.compile(r"zh[-_](?:hant\b|(?:\w+[-_])?(?:tw|hk|mo)\b)", re.IGNORECASE)


class Said(str):  # noqa: SLOT000 - a text like any other, wherever English is read
    """A sentence in English, and what it was made of.

    Attributes
    ----------
    pattern : str
        English, with the names of values in braces: ``"got shape {shape}"``; in the singular, if there are both.
    plural : str
        The same for any number but 1 of the value ``n``; empty where nothing is counted.
    values : mapping of str to str, int or Said
        One for each name in the pattern.
    """

    pattern: str
    plural: str
    values: Mapping[str, Any]

    def __new__(cls, pattern: str, plural: str = "", values: Mapping[str, Any] = MappingProxyType({})) -> Self:
        """Make the English text."""
        self = super().__new__(cls, fill(plural if plural and values["n"] != 1 else pattern, values, str))
        self.pattern, self.plural, self.values = pattern, plural, values
        return self

    def __reduce__(self) -> tuple[type["Said"], tuple[str, str, dict[str, Any]]]:
        """Travel to another process with all that it was made of."""
        return type(self), (self.pattern, self.plural, dict(self.values))


@dataclass(frozen=True)
class _Voice:
    """A language at work."""

    language: str
    catalogue: gettext.NullTranslations


_NOW: ContextVar[_Voice | None] = ContextVar("language", default=None)


def said(pattern: str, /, **values: object) -> Said:
    """Keep a sentence that students read; its pattern is a text of the catalogues.

    Parameters
    ----------
    pattern : str
        English, with the names of values in braces.
    **values : str, int or Said
        What goes there; others than those that the pattern names are left out.
    """
    kept = {name: values[name] for name in dict.fromkeys(PLACE.findall(pattern))}
    return Said(pattern, "", {name: one if isinstance(one, Said) else str(one) for name, one in kept.items()})


def counted(one: str, many: str, n: int, /, **values: object) -> Said:
    """Keep a sentence about a number of things, which is ``{n}`` in both patterns: ``"{n} row"``, ``"{n} rows"``."""
    return Said(one, many, {**said(one, n="", **values).values, **said(many, n="", **values).values, "n": n})


def pattern(text: str) -> str:
    """Mark a pattern of the catalogues that `said` gets elsewhere."""
    return text


def fill(pattern: str, values: Mapping[str, Any], show: Callable[[Any], str]) -> str:
    """Put values into a pattern; a number has commas by thousands, and a name without a value stays as it is."""

    def find(place: re.Match[str]) -> str:
        value = values.get(place[1], place[0])
        return f"{value:,}" if isinstance(value, int) else show(value)

    return PLACE.sub(find, pattern)


def recognise(words: str, patterns: Sequence[str]) -> str:
    """Say again, by the first pattern that it fits, what was said as plain text; what fits none is given back."""
    for one in patterns:
        parts = [rf"(?P<{part}>.+)" if k % 2 else re.escape(part) for k, part in enumerate(PLACE.split(one))]
        if found := re.fullmatch("".join(parts), words):
            return said(one, **found.groupdict())
    return words


def tell(text: str) -> str:
    """Write a sentence in the language of now.

    Text that was not `said` is looked up as it stands, then with its numbers left out (``"{1} random rows"``), as
    rubrics and cases have it; what no catalogue holds stays as it is.
    """
    voice = _NOW.get()
    if voice is None or not text:
        return str(text)
    if isinstance(text, Said):
        return fill(_find(voice.catalogue, text), text.values, _tell_value)
    if (exact := voice.catalogue.gettext(text)) != text:
        return exact
    bare, numbers = leave_out_numbers(text)
    return fill(voice.catalogue.gettext(bare), numbers, str) if numbers else text


def leave_out_numbers(text: str) -> tuple[str, Mapping[str, str]]:
    """Put ``{1}``, ``{2}`` … in place of the first nine numbers of a text; return both."""
    numbers: dict[str, str] = {}

    def take(number: re.Match[str]) -> str:
        if len(numbers) == 9:
            return number[0]
        numbers[str(len(numbers) + 1)] = number[0]
        return f"{{{len(numbers)}}}"

    return _NUMBER.sub(take, text), numbers


@contextmanager
def speaking(language: str, *folders: Path) -> Iterator[None]:
    """Let `tell` write in a language, in this thread and until the end of the block.

    Parameters
    ----------
    language : str
        One of `LANGUAGES`.
    *folders : Path
        Whose catalogues there are besides the harness's: the lab's folder.
    """
    token = _NOW.set(None if language == ENGLISH else _Voice(language, _load(language, folders)))
    try:
        yield
    finally:
        _NOW.reset(token)


def language_of_now() -> str:
    """Return the name of the language that `tell` writes in, as a page's ``lang`` has it."""
    voice = _NOW.get()
    return ENGLISH if voice is None else voice.language


def find_language(asked: str) -> str:
    """Return the name of a language as `LANGUAGES` has it, whatever its letters: ``zh_tw`` is ``zh-TW``.

    Raises
    ------
    UsageError
        If there is no such language.
    """
    by_letters = {name.casefold(): name for name in LANGUAGES}
    if (found := by_letters.get(asked.strip().replace("_", "-").casefold())) is None:
        listed = " or ".join(f"{name} ({own})" for name, own in LANGUAGES.items())
        raise UsageError(f"A language must be {listed}; got {asked[:80]!r}.")
    return found


def choose_language(asked: str, otherwise: str) -> str:
    """Return the language that was asked for, or, where none was, the other; UsageError if there is no such one."""
    return find_language(asked) if asked else otherwise


def find_asked_language(arguments: Sequence[str] | None = None) -> str:
    """Find the language of a student's command before the rest of it is read: its ``--language``, or the machine's.

    Raises
    ------
    UsageError
        If there is no such language.
    """
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("--language", default="")
    return choose_language(parser.parse_known_args(arguments)[0].language, find_system_language())


def find_system_language(environment: Mapping[str, str] = os.environ) -> str:
    """Return the language of the machine, English where it has none of ours: for a student at their own machine."""
    names = (environment.get(name, "") for name in ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"))
    chosen = next(filter(None, names), "") or _find_windows_language()
    return "zh-TW" if _TRADITIONAL.match(chosen) else ENGLISH


def _find_windows_language() -> str:
    """Ask Windows, which sets no variables, in which language it speaks; nothing elsewhere."""
    if os.name != "nt":
        return ""
    import ctypes
    import locale

    number = ctypes.windll.kernel32.GetUserDefaultUILanguage()  # type: ignore[attr-defined]  # on Windows it is there
    return locale.windows_locale.get(number, "")


def _find(catalogue: gettext.NullTranslations, text: Said) -> str:
    if text.plural:
        return catalogue.ngettext(text.pattern, text.plural, text.values["n"])
    return catalogue.gettext(text.pattern)


def _tell_value(value: str) -> str:
    """Write a value: a sentence in the language of now, other text as it is, since it may be a stranger's."""
    return tell(value) if isinstance(value, Said) else value


@cache
def _load(language: str, folders: tuple[Path, ...]) -> gettext.NullTranslations:
    """Read the catalogues of a language; one that is not there, or damaged, says nothing."""
    catalogue = gettext.NullTranslations()
    for folder in (FOLDER, *folders):
        for path in sorted((folder / "locale" / language.replace("-", "_") / "LC_MESSAGES").glob("*.mo")):
            try:
                with path.open("rb") as file:
                    catalogue.add_fallback(gettext.GNUTranslations(file))
            except (OSError, ValueError, struct.error):
                continue
    return catalogue
