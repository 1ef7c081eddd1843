"""What the options of several command lines have in common."""

import argparse


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
