"""The labs, each a folder; which one a submission belongs to.

The command line and pytest's wiring ask here, and nobody else does.
"""

from functools import cache
from pathlib import Path

from grader.harness.errors import UsageError
from grader.harness.intake.names import Naming
from grader.harness.lab import Lab, load_lab

DEFAULT = "merge"
"""The lab of a submission whose name tells none."""


@cache
def list_labs() -> tuple[Lab, ...]:
    """Import all labs, by name."""
    folders = sorted(path.parent.name for path in Path(__file__).resolve().parent.glob("*/lab.py"))
    return tuple(load_lab(f"{__name__}.{folder}.lab") for folder in folders)


def other_namings(lab: Lab) -> list[Naming]:
    """Tell how submissions of the other labs are called, so that one of theirs is told so."""
    return [other.naming for other in list_labs() if other is not lab]


def find_lab(name: str = "", *file_names: str) -> Lab:
    """Find a lab.

    Parameters
    ----------
    name : str, optional
        What ``--lab`` says; with it nothing else counts.
    *file_names : str
        Names of submissions: the first that is called as a lab asks for decides, then the first that is called as its
        code.

    Raises
    ------
    UsageError
        If there is no lab of that name.
    """
    labs = {lab.name: lab for lab in list_labs()}
    if name and name not in labs:
        raise UsageError(f"--lab must name one of the labs; {name!r} is not one of them. They are: {', '.join(labs)}.")
    namings = {lab.name: lab.naming for lab in labs.values()}
    told = [name for file in file_names for name, naming in namings.items() if naming.is_expected(file)]
    told += [name for file in file_names for name, naming in namings.items() if naming.is_almost_code(file)]
    # What students get holds one lab, which may be any.
    return labs[name or next(iter([*told, *(lab for lab in labs if lab == DEFAULT), *labs]))]
