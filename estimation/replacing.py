"""Write files whole or not at all."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def replacing(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Give the path of an unfinished file that takes the place of `path` once all of it is written.

    Nobody ever reads half a file: until the end there is the old one or none, and after an exception still so.

    Parameters
    ----------
    path : str or path-like
        Replaced if it exists.

    Yields
    ------
    unfinished : Path
        In the same folder, because only within a file system is a renaming all or nothing.

    Raises
    ------
    OSError
        If the file cannot take its place.
    """
    target = Path(path)
    # It ends as the target does, because who writes videos chooses the format by that.
    unfinished = target.with_name(f".{target.name}.{os.getpid()}.part{target.suffix}")
    try:
        yield unfinished
        unfinished.replace(target)
    finally:
        unfinished.unlink(missing_ok=True)
