"""What an attack of the doctor is, and how it shows that it got through."""

from dataclasses import dataclass
from enum import Enum, auto
from textwrap import indent

GOT_THROUGH = "got through:"
STOPPED = "stopped:"

_FRAME = f"""
def answer(values):
    try:
        got = attempt()
    except (AttributeError, ImportError, LookupError, MemoryError, OSError, RuntimeError) as error:
        print("{STOPPED}", type(error).__name__, error)
    else:
        print("{GOT_THROUGH}", got)
    return values
"""

# An attack minds no manners, see `grader.harness.sandbox.manners`: what stops it shall be a wall.
_IMPORTS = """
import os, signal, sys, time
import numpy as np
getattr(sys.modules.get("grader.harness.sandbox.manners"), "RULES", {}).clear()
"""


class Sign(Enum):
    """How it shows that an attack got through."""

    WORD = auto()
    """It says so, or a program that it started does."""
    CALL = auto()
    """A listener outside was reached; sending into an empty network proves nothing."""
    TIME = auto()
    """Its call was not stopped."""
    LENGTH = auto()
    """More than the limit was kept of what it printed."""
    SIZE = auto()
    """Its answer was taken."""
    FORGERY = auto()
    """A reply that it wrote before it was asked was taken for the answer."""


@dataclass(frozen=True)
class Attack:
    """One attack.

    Attributes
    ----------
    name : str
        Of the protection that it tests.
    tries : str
        What it does, for the table.
    body : str
        Python that runs in the child.
    sign : Sign
        How to see that it got through.
    """

    name: str
    tries: str
    body: str
    sign: Sign = Sign.WORD

    @property
    def source(self) -> str:
        """The attack as a submission, but for the values that it aims at."""
        if "def answer(" in self.body:
            return _IMPORTS + self.body
        return f"{_IMPORTS}\ndef attempt():\n{indent(self.body.strip(), '    ')}\n{_FRAME}"
