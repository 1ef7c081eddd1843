"""What the options of several command lines have in common."""

import argparse
import math
from typing import NoReturn


def positive_integer(text: str) -> int:
    """Read a number of an option that counts or measures in whole pixels.

    Parameters
    ----------
    text : str
        As the user wrote it.

    Returns
    -------
    number : int
        At least 1.

    Raises
    ------
    argparse.ArgumentTypeError
        If `text` is no such number.
    """
    try:
        number = int(text)
    except ValueError:
        number = 0
    if number < 1:
        raise argparse.ArgumentTypeError(f"must be an integer of at least 1; got {text!r:.200}")
    return number


def positive_number(text: str) -> float:
    """Read a number of an option that measures, as minutes.

    Parameters
    ----------
    text : str
        As the user wrote it.

    Returns
    -------
    number : float
        Above 0 and finite.

    Raises
    ------
    argparse.ArgumentTypeError
        If `text` is no such number.
    """
    number = _read(text)
    if not 0 < number < math.inf:  # NaN is on neither side
        raise argparse.ArgumentTypeError(f"must be a number above 0; got {text!r:.200}")
    return number


def score(text: str) -> float:
    """Read a score from 0 to 1 of an option.

    Parameters
    ----------
    text : str
        As the user wrote it.

    Returns
    -------
    score : float

    Raises
    ------
    argparse.ArgumentTypeError
        If `text` is no such number.
    """
    number = _read(text)
    if not 0 <= number <= 1:  # NaN is on neither side
        raise argparse.ArgumentTypeError(f"must be a number from 0 to 1; got {text!r:.200}")
    return number


def _read(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan


class OneSentenceParser(argparse.ArgumentParser):
    """A parser that says in one sentence what is wrong with a command line, and ends with exit code 2."""

    def error(self, message: str) -> NoReturn:
        """Print the sentence without the usage of all options, which would hide it."""
        self.exit(2, f"{self.prog}: {message}. See --help.\n")
