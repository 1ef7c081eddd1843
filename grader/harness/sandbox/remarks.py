"""Sentences about what was done so that a student's code could run, from the codes that the child sends.

The codes are a stranger's data: of each only what is known beforehand becomes a part of a sentence.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from grader.harness.languages import Said, said
from grader.harness.sandbox.notes import MAX_NOTES
from grader.harness.sandbox.old_numpy import BUILTIN, INSTEAD
from grader.harness.sandbox.program import Program
from grader.harness.sandbox.stand_ins import PACKAGES

MAX_REMARKS = 20
"""So many are told of one session."""

_VERSION = re.compile(r"\d{1,3}(\.\d{1,4}){1,3}[\w.+-]{0,40}", re.ASCII)


def name_interpreter(ready: Mapping[str, Any]) -> str:
    """Read what runs the code from a child's first message: ``"Python 3.11.2, NumPy 2.4.1"``.

    An empty text if the message does not say it.
    """
    versions = [ready.get("python"), ready.get("numpy")]
    if not all(isinstance(version, str) and _VERSION.fullmatch(version) for version in versions):
        return ""
    return "Python {}, NumPy {}".format(*versions)


class Remarks:
    """What is to be said about one session.

    Parameters
    ----------
    program : Program
        What is run.
    interpreter : str
        As `name_interpreter` gives it.
    files : iterable of str
        The names of the modules beside the file that is graded.
    """

    def __init__(self, program: Program, interpreter: str, files: Iterable[str] = ()) -> None:
        self._program = program
        self._numpy = interpreter.partition(", ")[2] or "NumPy"
        self._known: dict[str, Iterable[str]] = {
            "absent": {*PACKAGES, *program.absent},
            "used": {*PACKAGES, *program.absent},
            "file": set(files),
            "folder": ("files",),
            "module": dict(program.aliases),
            "numpy": INSTEAD,
        }
        self._codes: set[tuple[str, str]] = set()

    def take(self, notes: object) -> None:
        """Keep the codes of a reply that are known; whatever else it holds is passed over."""
        for code in notes[:MAX_NOTES] if isinstance(notes, list) else ():
            kind, _, name = code.partition(" ") if isinstance(code, str) else ("", "", "")
            if name in self._known.get(kind, ()):
                self._codes.add((kind, name))

    @property
    def sentences(self) -> Sequence[str]:
        """One sentence for each of them, in the order of the alphabet, without those above the limit."""
        told = {self._tell(kind, name) for kind, name in self._codes if kind != "used"}
        return sorted(told)[:MAX_REMARKS]

    def _tell(self, kind: str, name: str) -> Said:
        file = self._program.file
        if kind == "absent":
            end = said("the import was let pass because nothing of it was used.")
            if ("used", name) in self._codes:
                end = said("the import was let pass, and what used it failed.")
            return said("{name} is not available when {file} is graded; {end}", name=name, file=file, end=end)
        if kind == "file":
            return said("{name}.py was imported from beside {file}.", name=name, file=file)
        if kind == "folder":
            return said("{file} wrote files; they went into an empty folder of its own, and are gone.", file=file)
        if kind == "module":
            return said("{name} stood for the lab's {module}.", name=name, module=dict(self._program.aliases)[name])
        instead = INSTEAD[name]
        return said(
            "np.{name} stood for {meant}: {numpy} no longer has it. Write {instead}.",
            name=name,
            meant=said("Python's {name}", name=instead) if name in BUILTIN else instead,
            numpy=self._numpy,
            instead=instead,
        )
