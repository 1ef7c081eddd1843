"""What a reader is shown of a case: data of the lab's, and how it is written and drawn.

A lab that has more to show than arrays brings an `EvidenceKind` of its own; `ArrayEvidence` serves all others.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Any, Protocol

import numpy as np

from grader.harness.cases import Case
from grader.harness.characters import cut, make_visible, write_more_lines
from grader.harness.languages import said, tell

MAX_LINES = 12
"""So many lines of an answer are written."""

MAX_GIVEN_LINES = 60
"""So many lines of a call and what it is given, which a reader may want to paste into Python."""

MAX_PASTED = 200
"""Arrays of more numbers are given in part, and cannot be pasted."""


@dataclass(frozen=True)
class Picture:
    """One drawing over a picture.

    Attributes
    ----------
    image : bytes
        A JPEG file; empty when the picture cannot be read.
    alt, caption : str
        What a screen reader says of it, and what stands below.
    """

    image: bytes
    alt: str
    caption: str


class EvidenceKind(Protocol):
    """How a lab shows what went wrong, in the language of now: see `grader.harness.languages`.

    Attributes
    ----------
    record : type
        The frozen dataclass of a failure; `grader.harness.codec` dumps and reads it.
    overlay : type or None
        The frozen dataclass of what is drawn over a picture, right or wrong; None for a lab without pictures.
    style : str
        The style sheet of what `draw` gives.
    pictures_say : str
        What a reader must know to read the pictures, in a sentence or two.
    """

    record: type
    overlay: type | None
    style: str
    pictures_say: str

    def collect(self, case: Any, answer: Any, *, is_shrunk: bool) -> Any:  # noqa: ANN401 - the lab's own
        """Make the record of a failure; `answer` is None where none could be read."""

    def size(self, evidence: Any) -> int:  # noqa: ANN401 - the lab's own
        """Tell how much there is to read: of several failures the smallest is explained first."""

    def write(self, evidence: Any, n_columns: int) -> list[str]:  # noqa: ANN401 - the lab's own
        """Write a failure as lines of plain text: the call, what was expected, what was got."""

    def write_briefly(self, evidence: Any, n_columns: int, n_lines: int) -> list[str]:  # noqa: ANN401 - the lab's own
        """Write a failure for one screen: the whole input as Python, or Python that reads it, then the answers.

        Where `n_lines` are not enough, the end may be cut off.
        """

    def draw(self, evidence: Any) -> str:  # noqa: ANN401 - the lab's own
        """Write a failure as HTML; all text of strangers in it is escaped and visible."""

    def pictures(self, overlay: Any) -> Sequence[Picture]:  # noqa: ANN401 - the lab's own
        """Draw over a picture, the right answer first, then the student's."""


@dataclass(frozen=True)
class ArrayRecord:
    """A failure in arrays, each already written as text.

    Attributes
    ----------
    call : str
        The call as Python, with names for arrays.
    given : tuple of str
        Those arrays, as Python builds them: ``"a = np.array([1.0, 2.0])"``; of a long one some numbers alone.
    expected, got : str
        The recorded answer and the student's; empty when there was none that could be read.
    n_numbers : int
        How many numbers were given.
    is_shrunk : bool
        Whether the input was made as small as one that still fails can be.
    """

    call: str
    given: tuple[str, ...]
    expected: str
    got: str
    n_numbers: int
    is_shrunk: bool = False


class ArrayEvidence:
    """Shows arrays as NumPy prints them."""

    record: type = ArrayRecord
    overlay: type | None = None
    style = ""
    pictures_say = ""

    def collect(self, case: Case, answer: Any, *, is_shrunk: bool) -> ArrayRecord:  # noqa: ANN401 - of any lab
        """Write call and answers as text."""
        names = iter("abcdefghijklmnopqrstuvwxyz")
        given: dict[str, Any] = {}

        def name(value: Any) -> str:  # noqa: ANN401 - an argument
            if not isinstance(value, np.ndarray):
                return repr(value)
            letter = next(names)
            given[letter] = value
            return letter

        words = [*map(name, case.arguments), *(f"{key}={name(value)}" for key, value in case.keywords.items())]
        return ArrayRecord(
            f"{case.function}({', '.join(words)})",
            tuple(f"{letter} = {_write_python(value)}" for letter, value in given.items()),
            _write(case.expected),
            "" if answer is None else _write(answer),
            sum(value.size for value in given.values()),
            is_shrunk,
        )

    def size(self, evidence: ArrayRecord) -> int:
        """Count the numbers that were given."""
        return evidence.n_numbers

    def write(self, evidence: ArrayRecord, n_columns: int) -> list[str]:
        """Write one array after the other."""
        heading = said("Call, the smallest input that fails:") if evidence.is_shrunk else said("Call:")
        call = "\n".join([*(["import numpy as np"] if evidence.given else []), *evidence.given, evidence.call])
        parts = [
            (heading, call, MAX_GIVEN_LINES),
            (said("Expected:"), evidence.expected, MAX_LINES),
            (said("Got:"), evidence.got or tell(said("no answer that could be read")), MAX_LINES),
        ]
        return [line for heading, text, n_lines in parts for line in (tell(heading), *_lines(text, n_columns, n_lines))]

    def write_briefly(self, evidence: ArrayRecord, n_columns: int, n_lines: int) -> list[str]:  # noqa: ARG002
        """Write the same: it is short."""
        return self.write(evidence, n_columns)

    def draw(self, evidence: ArrayRecord) -> str:
        """Write the same lines as HTML."""
        return f"<pre>{escape(make_visible(chr(10).join(self.write(evidence, 110))))}</pre>"

    def pictures(self, overlay: Any) -> Sequence[Picture]:  # noqa: ANN401, ARG002 - there are none
        """Draw nothing."""
        return ()


def _write(value: Any) -> str:  # noqa: ANN401 - an array or a number
    return np.array2string(
        np.asarray(value), precision=6, suppress_small=True, threshold=200, edgeitems=4, max_line_width=100
    )


def _write_python(value: np.ndarray[Any, Any]) -> str:
    """Write an array so that Python builds the same one, to the last bit, if it is not a long one."""
    if value.size > MAX_PASTED:
        return _write(value)
    if not value.size:
        return f"np.empty({value.shape})"
    numbers = np.array2string(
        value, separator=", ", threshold=MAX_PASTED, max_line_width=90, formatter={"float_kind": _write_number}
    )
    return f"np.array({numbers})"


def _write_number(number: "np.floating[Any]") -> str:
    return repr(float(number)) if np.isfinite(number) else f"float('{float(number)}')"


def _lines(text: str, n_columns: int, max_lines: int) -> list[str]:
    lines = [f"  {cut(line, n_columns - 2)}" for line in text.split("\n")]
    n_more = len(lines) - max_lines
    return (
        lines if n_more <= 0 else [*lines[:max_lines], "  " + tell(said("(and {more})", more=write_more_lines(n_more)))]
    )
