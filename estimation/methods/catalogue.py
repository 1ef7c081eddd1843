"""Which methods there are: each is one file in the folder of its task, with a `METHOD`."""

import ast
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from estimation.backend import import_quietly

if TYPE_CHECKING:
    from estimation.methods.stages import Method

TASKS = ("pose", "boxes", "masks", "counts")
"""What methods are for; each has its folder."""

SIZES = ("small", "paper")
"""Small enough to train in minutes, and the size of the publication."""

_FOLDER = Path(__file__).resolve().parent


@dataclass(frozen=True)
class Entry:
    """A method by its file; Keras is not started to know of it.

    Attributes
    ----------
    name : str
        Of the file.
    task : str
        One of `TASKS`.
    title : str
        The first line of its text.
    text : str
        What the lecture and the papers say of it, and what it is here.
    """

    name: str
    task: str
    title: str
    text: str

    def load(self) -> "Method":
        """Import the method, and Keras with it."""
        method: Method = import_quietly(f"estimation.methods.{self.task}.{self.name}").METHOD
        return method


def list_methods(task: str | None = None) -> list[Entry]:
    """List the methods of a task, or of all.

    Raises
    ------
    ValueError
        If there is no such task.
    """
    if task is not None and task not in TASKS:
        raise ValueError(f"There is no task {task!r:.100}. There are: {', '.join(TASKS)}.")
    files = [
        file
        for folder in ([task] if task else TASKS)
        for file in sorted((_FOLDER / folder).glob("*.py"))
        if not file.name.startswith("_")
    ]
    return [_entry(file) for file in files]


def find_method(name: str, task: str | None = None) -> Entry:
    """Find a method by its name.

    Raises
    ------
    ValueError
        If there is none of this name, or not for this task; the message lists those that there are.
    """
    entries = list_methods(task)
    for entry in entries:
        if entry.name == name:
            return entry
    where = f" for {task}" if task else ""
    raise ValueError(f"There is no method {name!r:.100}{where}. There are: {', '.join(e.name for e in entries)}.")


def check_size(size: str) -> str:
    """Refuse a size that no method has.

    Raises
    ------
    ValueError
        With the list.
    """
    if size not in SIZES:
        raise ValueError(f"There is no size {size!r:.100}. There are: {', '.join(SIZES)}.")
    return size


def _entry(file: Path) -> Entry:
    text = ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"))) or ""
    title, _, rest = text.partition("\n")
    return Entry(file.stem, file.parent.name, title.rstrip("."), rest.strip())
