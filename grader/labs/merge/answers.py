"""What `estimation.answers` says of an answer, recognised so that it can be told in every language.

The demo says the same, and knows no grader and no language but English.
"""

import re

from estimation.config import ROW_LENGTH
from grader.harness.languages import pattern, recognise, said

SHAPE = said("an array of shape (n_people, {columns})", columns=ROW_LENGTH)
"""What `merge` must return."""

ROW_ADVICE = said("Return one row per person: 18 keypoint ids, the score, the number of parts.")

_SENTENCES = {
    str(sentence): sentence
    for sentence in (
        ROW_ADVICE,
        said("{function}() must return {returns}", function="merge", returns=SHAPE),
        said("All numbers that merge() returns must be finite"),
        said("Put -1 in the slots of absent parts, and divide only by counts above 0."),
        said("Each person that merge() returns must have a keypoint"),
        said(
            "For nobody return an array without rows, np.empty((0, {columns})), and leave out rows that became empty.",
            columns=ROW_LENGTH,
        ),
        said("Return one row per person, and remove a row once it has been merged into another."),
    )
}
_PATTERNS = (
    pattern("got shape {shape}"),
    pattern("got a single number, {number}"),
    pattern("got {number} in row {row}, column {column}"),
    pattern("got none in row {row}: all of its ids are -1"),
    pattern("got {people} people"),
)
_MORE = said("There cannot be more people than rows")


def say_again(words: str) -> str:
    """Say a sentence of that module again, with what it is made of; other words are given back."""
    if more := re.fullmatch(rf"{_MORE}, here (\d+)", words):
        return said("{demand}, here {rows}", demand=_MORE, rows=more[1])
    return _SENTENCES.get(words) or recognise(words, _PATTERNS)
