"""Names: those that a lab asks for, and those that strangers chose, decoded and made fit to be shown."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from grader.harness.characters import one_line
from grader.harness.intake.encodings import decode_chinese
from grader.harness.languages import said

MAX_SHOWN = 100
"""Characters of a name that are shown."""

_LISTED = 5

STUDENT_ID = r"[a-z]{0,3}\d{6,10}"
"""A student id as a regular expression, for small letters or any."""

EXAMPLE_ID = "N26130891"

_ID_ANYWHERE = re.compile(r"(?<![a-z0-9])[a-z]{1,3}\d{6,10}(?!\d)", re.IGNORECASE | re.ASCII)


@dataclass(frozen=True)
class Naming:
    """How the submissions of a lab are called.

    Attributes
    ----------
    tag : str
        What their names end in: ``"Lab3"`` for ``StudentID_Lab3.zip``.
    code : str
        Name of the file that students write.
    """

    tag: str
    code: str

    @property
    def zip_name(self) -> str:
        """What a submission must be called, in words."""
        return f"StudentID_{self.tag}.zip"

    @property
    def report_name(self) -> str:
        """What the written report must be called, in words."""
        return f"StudentID_{self.tag}_report.pdf"

    @property
    def example(self) -> str:
        """The name of somebody's submission."""
        return f"{EXAMPLE_ID}_{self.tag}.zip"

    def is_expected(self, file_name: str) -> bool:
        """Tell whether a zip is named as it must be, in any case, also with the ``(1)`` of a second download."""
        return self._zip.fullmatch(file_name) is not None

    def find_student_id(self, file_name: str) -> str:
        """Find the student id in the name of a zip, in capitals; empty when the name holds none, or several."""
        if match := self._zip.fullmatch(file_name):
            return match[1].upper()
        found = {student_id.upper() for student_id in _ID_ANYWHERE.findall(file_name)}
        return found.pop() if len(found) == 1 else ""

    def is_report(self, file_name: str) -> bool:
        """Tell whether a file is named as the written report must be."""
        return self._report.fullmatch(file_name) is not None

    def is_almost_code(self, file_name: str) -> bool:
        """Tell whether a file is the code by its name.

        Also as a browser names a second download, and as Windows names a file whose ending it hides.
        """
        return self._almost_code.fullmatch(file_name) is not None

    def is_signed_code(self, file_name: str) -> bool:
        """Tell whether a file has the code's name and a student id, as the report has: ``N26130891_solution.py``."""
        stem = re.escape(self.code.removesuffix(".py"))
        name = rf"({STUDENT_ID}[ _-]*{stem}|{stem}[ _-]*{STUDENT_ID})(\.py)+"
        return re.fullmatch(name, file_name, re.IGNORECASE | re.ASCII) is not None

    def is_code_as(self, file_name: str, endings: Sequence[str]) -> bool:
        """Tell whether a file has the code's name and one of these endings, also behind that of Python."""
        stem = re.escape(self.code.removesuffix(".py"))
        name = rf"({STUDENT_ID}[ _-]*)?{stem} ?(\(\d+\))?(\.py)*\.({'|'.join(endings)})"
        return re.fullmatch(name, file_name, re.IGNORECASE) is not None

    @cached_property
    def _zip(self) -> re.Pattern[str]:
        tag = re.escape(self.tag)
        return re.compile(rf"({STUDENT_ID})_{tag}( ?\(\d+\)| \d+|-\d+)?\.zip", re.IGNORECASE | re.ASCII)

    @cached_property
    def _report(self) -> re.Pattern[str]:
        return re.compile(rf"{STUDENT_ID}_{re.escape(self.tag)}_report\.pdf", re.IGNORECASE | re.ASCII)

    @cached_property
    def _almost_code(self) -> re.Pattern[str]:
        stem = re.escape(self.code.removesuffix(".py"))
        return re.compile(rf"{stem} ?(\(\d+\))?\.py(\.txt)?", re.IGNORECASE)


def decode_name(raw: bytes) -> str:
    """Decode a name as zip programs of all countries write it: UTF-8, cp950 (Big5), GBK or cp437.

    The flag that promises UTF-8 is not asked: some programs write UTF-8 without it, and others lie.
    """
    try:
        return raw.decode()
    except UnicodeDecodeError:
        chinese = decode_chinese(raw)
        return raw.decode("cp437") if chinese is None else chinese


def printable(name: str) -> str:
    """Make a name safe to show: no control, invisible or direction-changing character, at most `MAX_SHOWN` long.

    A name that is too long loses its middle, so that its ending stays.
    """
    ends = name[: 10 * MAX_SHOWN] + name[10 * MAX_SHOWN :][-MAX_SHOWN:]
    shown = one_line(unicodedata.normalize("NFC", ends))
    half = MAX_SHOWN // 2
    return shown if len(shown) <= MAX_SHOWN else f"{shown[: half - 1]}…{shown[-half:]}"


def quoted(names: Sequence[str]) -> str:
    """List names for a sentence: the first five, and how many more there are."""
    listed = ", ".join(f"'{printable(name)}'" for name in names[:_LISTED])
    n_more = len(names) - _LISTED
    return listed if n_more <= 0 else said("{listed} and {more} more", listed=listed, more=n_more)
