"""What of a student's file is run: its name, its functions, and the modules that it may import."""

from dataclasses import dataclass
from pathlib import Path

from grader.harness.languages import said


@dataclass(frozen=True)
class Function:
    """One function that a student writes.

    Attributes
    ----------
    name : str
        As it is called.
    parameters : str
        As they stand in its definition: ``"values, scale=2"``.
    returns : str
        What an answer must be, to follow "must return": ``"an array of shape (n, 2)"``.
    advice : str
        What to do about an answer that is something else.
    """

    name: str
    parameters: str = ""
    returns: str = said("an array of numbers")
    advice: str = said("Return what the lab's handout asks for.")


@dataclass(frozen=True)
class Program:
    """A student's file, and how it is loaded and called.

    Attributes
    ----------
    file : str
        Its name: ``"solution.py"``.
    functions : tuple of Function
        At least one.
    module : str
        The full name under which it is loaded; the file's own without it.
    modules : tuple of (str, Path)
        What it may import besides NumPy and the standard library: full names, packages before what is in them, and the
        files that hold them. They must run under Python 3.8 with NumPy alone.
    aliases : tuple of (str, str)
        Other names under which these may be imported, and what they stand for.
    absent : tuple of str
        Full names of modules of the lab that it may import, but not use: they are not there when it is graded.
    """

    file: str
    functions: tuple[Function, ...]
    module: str = ""
    modules: tuple[tuple[str, Path], ...] = ()
    aliases: tuple[tuple[str, str], ...] = ()
    absent: tuple[str, ...] = ()

    @property
    def module_name(self) -> str:
        """The full name under which it is loaded."""
        return self.module or self.file.removesuffix(".py")

    def function(self, name: str) -> Function:
        """Return a function by its name; KeyError for one that the program does not have."""
        return {function.name: function for function in self.functions}[name]

    @property
    def label(self) -> str:
        """What a message calls that which is called: ``"double()"``, or the file where there are several functions."""
        if len(self.functions) == 1:
            return f"{self.functions[0].name}()"
        return said("each function of {file}", file=self.file)
