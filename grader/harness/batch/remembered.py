"""Small files of a class that `store.py` writes, read back: what was granted, and which feedback is our own."""

import json
from collections.abc import Mapping
from pathlib import Path

from grader.harness.batch.late import NOTHING, Granted
from grader.harness.codec import from_plain
from grader.harness.errors import GraderError


def read_granted(path: Path) -> Granted:
    """Read what the staff granted single students; nothing where there is no file.

    Raises
    ------
    GraderError
        If there is one and it cannot be read: students would lose what they were promised.
    """
    try:
        return from_plain(Granted, json.loads(path.read_bytes()))
    except FileNotFoundError:
        return NOTHING
    except (OSError, ValueError) as exc:
        raise GraderError(
            f"What was granted must be as it was written; {str(path)!r} cannot be read: {str(exc)[:200]}. Put it back "
            "from a copy, or remove it and give --extension and --waive again."
        ) from exc


def read_feedback(path: Path) -> Mapping[str, tuple[str, ...]]:
    """Read the lines of feedback that ever went into a worksheet, by the students' keys; none where they are lost.

    What is not known to be our own is kept as somebody's.
    """
    try:
        return from_plain(dict[str, tuple[str, ...]], json.loads(path.read_bytes()))
    except (OSError, ValueError):
        return {}
