"""The recorded cases of a lab: what a function is given, what that exercises, and which answer is right.

A file holds the cases of one check, ``cases/<visibility>/<check>.json`` in the folder of the lab::

    {"check": "doubles",
     "cases": [
      {"name": "negative", "says": "…", "arguments": [[-1, 0.5]], "keywords": {}, "expected": [-2, 1]}]}

How one case is written is for the lab: the form above is that of `read_case`, which serves a lab that names none.
Answers are recorded and not computed when a submission is graded: a mark next year is the mark of this year, and no
reference solution is needed beside a stranger's code.
"""

import hashlib
import json
import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from grader.harness.errors import RubricError
from grader.harness.languages import said
from grader.harness.results import Explanation, Visibility

_DURATION = re.compile(r'"reference_s": [^,\n]*')

Array = npt.NDArray[np.float64]
Argument = npt.NDArray[Any] | float | tuple[int, ...]
"""Arrays keep their type on the way to the function."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Case:
    """One call of a student's function and its right answer; a lab may know more of it.

    Attributes
    ----------
    check : str
        Key of the check in the rubric.
    name : str
        Unique within the check.
    says : str
        What the case exercises, one sentence.
    visibility : Visibility
        Whether students get it.
    arguments : tuple of ndarray, float or tuple of int
        What the function is given by position; arrays have at most three dimensions.
    keywords : mapping of str to the same
        What it is given by name.
    expected : ndarray or float
        A right answer.
    function : str
        Name of the function; that of the lab's only one without it.
    twin_of : str
        Name of the case of this check that this one is compared with; empty for none.
    reference_s : float or None
        Seconds that the reference took when the case was recorded; only where they are told.
    """

    check: str
    name: str
    says: str
    visibility: Visibility
    arguments: tuple[Argument, ...]
    expected: Any
    keywords: Mapping[str, Argument] = field(default_factory=dict)
    function: str = ""
    twin_of: str = ""
    reference_s: float | None = None

    @property
    def size(self) -> int:
        """How long its longest array is; 0 without any."""
        arrays = [value for value in (*self.arguments, *self.keywords.values()) if isinstance(value, np.ndarray)]
        return max((len(array) for array in arrays if array.ndim), default=0)


ReadCase = Callable[[str, Visibility, Mapping[str, Any]], Case]
"""Reads one case of a case file: its check, its visibility, its entry."""


def read_case(check: str, visibility: Visibility, entry: Mapping[str, Any]) -> Case:
    """Read a case whose arrays are written as lists; raises what lists that are none raise."""
    fields = {"function": "", "keywords": {}, "twin_of": "", "reference_s": None} | dict(entry)
    return Case(
        check=check,
        visibility=visibility,
        name=fields["name"],
        says=fields["says"],
        arguments=tuple(map(_as_argument, fields["arguments"])),
        keywords={name: _as_argument(value) for name, value in fields["keywords"].items()},
        expected=_as_argument(fields["expected"]),
        function=fields["function"],
        twin_of=fields["twin_of"],
        reference_s=fields["reference_s"],
    )


def read_answer(case: Case, answer: Array) -> Array | Explanation:
    """Take what a function returned for an answer of the shape that the recorded one has, or say what it lacks."""
    expected = np.shape(case.expected)
    if answer.shape == expected:
        return answer
    return Explanation(
        said("The answer must have shape {shape}", shape=expected),
        said("got shape {shape}", shape=answer.shape),
        said("Look at what the handout asks for."),
    )


def load_cases(folder: Path, read: ReadCase = read_case) -> tuple[Case, ...]:
    """Read all cases, public ones first, files by name, cases in the order of their file.

    Parameters
    ----------
    folder : Path
        With the folders ``public`` and ``hidden``, either of which may be missing.
    read : callable, optional
        Reads one case.

    Raises
    ------
    RubricError
        If a file is no case file, or two cases of a check share a name.
    """
    cases: list[Case] = []
    for path, visibility in _files(folder):
        cases += _read_file(path, visibility, read)
    (twice, n_cases), *_ = [*Counter((case.check, case.name) for case in cases).most_common(1), (("", ""), 0)]
    if n_cases > 1:
        raise RubricError(
            f"Cases of one check must have different names; {twice[0]!r} has {twice[1]!r} twice. Rename one."
        )
    return tuple(cases)


def write_case_files(folder: Path, visibility: Visibility, texts: Mapping[str, str]) -> list[Path]:
    """Write the case files of a set into ``folder/<visibility>``.

    Parameters
    ----------
    folder : Path
        The lab's ``cases``; made when it is missing.
    visibility : Visibility
        Which of the two sets.
    texts : mapping of str to str
        What stands in the file of each check.

    Returns
    -------
    written : list of Path
        The files that changed. One that would change in nothing but a measured duration is left as it is.
    """
    (folder / visibility).mkdir(parents=True, exist_ok=True)
    written = []
    for check, text in texts.items():
        path = folder / visibility / f"{check}.json"
        if not path.exists() or without_durations(path.read_text(encoding="utf-8")) != without_durations(text):
            path.write_text(text, encoding="utf-8", newline="\n")
            written.append(path)
    return written


def without_durations(text: str) -> str:
    """Blank the measured durations in the text of a case file: all else comes from the seed."""
    return _DURATION.sub('"reference_s": 0', text)


def fingerprint(folder: Path) -> str:
    """Hash all case files, names and bytes: two equal hashes mean the same cases."""
    digest = hashlib.sha256()
    for path, visibility in _files(folder):
        digest.update(f"{visibility}/{path.name}\0".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def _files(folder: Path) -> list[tuple[Path, Visibility]]:
    return [(path, visibility) for visibility in Visibility for path in sorted((folder / visibility).glob("*.json"))]


def _read_file(path: Path, visibility: Visibility, read: ReadCase) -> list[Case]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        return [read(content["check"], visibility, entry) for entry in content["cases"]]
    except (OSError, ValueError, LookupError, TypeError, AttributeError) as exc:
        raise RubricError(f"A case file must hold cases as its lab reads them; {path} does not: {exc!r}.") from exc


def _as_argument(value: Any) -> Argument:  # noqa: ANN401 - of a file
    if isinstance(value, bool) or not isinstance(value, int | float | list):
        raise TypeError(f"an argument must be a number or lists of numbers; got {value!r:.80}")
    return np.asarray(value, dtype=np.float64) if isinstance(value, list) else float(value)
