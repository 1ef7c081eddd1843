"""What the child did so that the code could run, in codes of two words; the grader has a sentence for each it knows."""

from __future__ import annotations

MAX_NOTES = 64

NOTES: dict[str, None] = {}
"""The codes so far: a dict, for it keeps the order."""


def note(kind: str, name: str) -> None:
    """Keep a code; above the limit it is forgotten."""
    if len(NOTES) < MAX_NOTES:
        NOTES[f"{kind} {name}"] = None
