"""Write a file beside its place and rename it: whoever looks finds the old one or the new one, whole."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO


@contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """Give a file to write, which takes its place when all is written, and is gone when something failed.

    Parameters
    ----------
    path : Path
        What is there is replaced; folders on the way to it are made.

    Raises
    ------
    OSError
        If it cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.new")
    try:
        with beside.open("wb") as file:
            yield file
        beside.replace(path)
    finally:
        with suppress(OSError):
            beside.unlink(missing_ok=True)


def write(path: Path, content: bytes) -> None:
    """Write all of a file by `replacing`; OSError if it cannot be written."""
    with replacing(path) as file:
        file.write(content)
