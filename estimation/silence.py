"""Keep libraries that write to the screen by themselves from doing so."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def silence() -> Iterator[None]:
    """Let nothing reach the standard error stream until the block ends, whoever writes.

    For calls whose failure is told in a sentence of ours: libjpeg, libpng and FFmpeg write to descriptor 2 in C, heed
    no setting of OpenCV's, and would say the same again in words that help nobody. It holds for the whole process, so
    nothing else may have something to say meanwhile.
    """
    try:
        stderr = os.dup(2)
    except OSError:  # A window without a console has no descriptor 2, and nobody to chatter to.
        yield
        return
    try:
        with Path(os.devnull).open("wb") as nowhere:
            os.dup2(nowhere.fileno(), 2)
        yield
    finally:
        os.dup2(stderr, 2)
        os.close(stderr)
