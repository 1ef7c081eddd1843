"""What a lab is: the one door between the harness, which grades any lab, and the labs, which know what is right.

A lab is a folder in ``grader/labs`` whose ``lab.py`` holds one `Lab` called ``LAB``; beside it lie its ``rubric.toml``,
its ``checks`` and its ``cases``. Whoever wants another lab copies such a folder. All but the first fields have a value
that serves a lab of functions over arrays.
"""

import importlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

from grader.harness.cases import Case, ReadCase, read_answer, read_case
from grader.harness.evidence import ArrayEvidence, EvidenceKind
from grader.harness.intake.names import Naming
from grader.harness.results import Explanation, Visibility
from grader.harness.sandbox.program import Program

REPOSITORY = Path(__file__).resolve().parents[2]
"""The folder of the project."""


class SmallInputs(Protocol):
    """What inputs of a check are drawn from when the smallest one that fails is looked for.

    Attributes
    ----------
    strategy : SearchStrategy
        Of Hypothesis; what it draws is simpler the smaller it is.
    """

    strategy: Any

    def key(self, drawn: Any) -> bytes:  # noqa: ANN401 - whatever the strategy draws
        """Give bytes that are equal for equal inputs."""

    def cases(self, name: str, drawn: Any) -> Sequence[Case]:  # noqa: ANN401 - the same
        """Make the case of an input, or the two cases of a pair; with the right answer, and under this name."""


@dataclass(frozen=True)
class Handout:
    """The archive that students get.

    Attributes
    ----------
    top : str
        The one folder in it.
    shipped : sequence of str
        Patterns below the repository of the lab's own files; those of the harness are added. Each must fit something.
    withheld : sequence of str
        Files that a pattern fits and that stay here all the same.
    to_top : str
        Folder whose files go to the top of the archive.
    code : str
        Where in that folder the student writes: a copy of the template.
    references : sequence of str
        The files that hold the answer, of which students must not get a line.
    """

    top: str
    shipped: Sequence[str] = ()
    withheld: Sequence[str] = ()
    to_top: str = ""
    code: str = ""
    references: Sequence[str] = ()


@dataclass(frozen=True)
class Largest:
    """The largest input that marks are given by, as students may know it: its size, as a case counts it, in words."""

    size: int
    says: str


@dataclass(frozen=True, eq=False, kw_only=True)
class Lab:
    """Everything that the harness knows of a lab.

    Attributes
    ----------
    module : str
        Full name of the module that holds it; a lab travels to other processes by this name.
    name : str
        What ``--lab`` calls it.
    title : str
        What pages call it: ``"Arithmetic, lab 9"``.
    tag : str
        What names of submissions end in: ``"Lab3"`` for ``StudentID_Lab3.zip``.
    program : Program
        The file that students write.
    template : Path or None
        That file as they got it.
    read_case : callable
        Reads a case of a case file.
    read_answer : callable
        Takes an array that was returned for an answer, or says why it cannot be one. Whatever it returns is what the
        rules of the checks and the evidence get.
    evidence : EvidenceKind
        How a failure is shown.
    constants : sequence of str
        Regular expressions of the numbers in messages that belong to the lab and not to a case, so that redaction
        leaves them standing.
    headings : mapping of str to sequence of str
        For each part of the written report the beginnings of words, in small letters, any of which in a heading names
        the part.
    describe_size : callable or None
        Says how large the case is whose time is told: the largest public one with a time of the reference beside it;
        None where no time is told.
    largest : Largest or None
        The largest hidden case of that kind; None where nothing is told of it.
    small_inputs : callable or None
        For the key of a check, what smaller inputs are drawn from; it imports Hypothesis.
    marks_depend_on : sequence of Path
        Files outside the lab's folder and the harness that take part in giving marks.
    handout : Handout or None
        What students get; None where nothing is released.
    make_cases : callable or None
        Writes the cases: ``(seed, visibility) -> paths that changed``.
    make_sources : callable or None
        Makes anew what cases are made from and no seed changes: ``() -> paths``.
    """

    module: str
    name: str
    title: str
    tag: str
    program: Program
    template: Path | None = None
    read_case: ReadCase = read_case
    read_answer: Callable[[Any, Any], Any | Explanation] = read_answer
    evidence: EvidenceKind = field(default_factory=ArrayEvidence)
    constants: Sequence[str] = ()
    headings: Mapping[str, Sequence[str]] = field(default_factory=dict)
    describe_size: Callable[[Any], str] | None = None
    largest: Largest | None = None
    small_inputs: Callable[[str], SmallInputs] | None = None
    marks_depend_on: Sequence[Path] = ()
    handout: Handout | None = None
    make_cases: Callable[[int, Visibility], Sequence[Path]] | None = None
    make_sources: Callable[[], Sequence[Path]] | None = None

    def __reduce__(self) -> tuple[Callable[[str], "Lab"], tuple[str]]:
        """Travel by name: another process imports its own."""
        return load_lab, (self.module,)

    @cached_property
    def folder(self) -> Path:
        """Where its rubric, its checks and its cases are."""
        return Path(importlib.import_module(self.module).__file__ or "").resolve().parent

    @cached_property
    def naming(self) -> Naming:
        """How its submissions are called."""
        return Naming(self.tag, self.program.file)

    @property
    def code(self) -> str:
        """Where a student writes, below the folder that they got."""
        return self.handout.code if self.handout else self.program.file

    @property
    def template_bytes(self) -> bytes | None:
        """The file that students got to begin with."""
        return None if self.template is None else self.template.read_bytes()


def load_lab(module: str) -> Lab:
    """Import a lab by the full name of its module."""
    lab: Lab = importlib.import_module(module).LAB
    return lab
