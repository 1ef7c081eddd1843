"""What `merge` may return, checked where its answer is taken: the grader has the same rules and the same sentences."""

import contextlib
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from estimation.config import ABSENT, N_PARTS, ROW_LENGTH

People = NDArray[np.float64]
"""One row a person, of 20 columns."""

SHAPE = f"an array of shape (n_people, {ROW_LENGTH})"
"""What `merge` must return."""

ROW_ADVICE = "Return one row per person: 18 keypoint ids, the score, the number of parts."


class AnswerError(ValueError):
    """`merge` returned something that cannot be people.

    Parameters
    ----------
    required, got, advice : str
        What must be returned, what was returned, what to do; together they make sentences.
    """

    def __init__(self, required: str, got: str, advice: str) -> None:
        super().__init__(f"{required}; {got}. {advice}")
        self.required, self.got, self.advice = required, got, advice


def read_answer(answer: object, n_rows: int) -> People:
    """Take what `merge` returned, of any type, for people.

    Parameters
    ----------
    answer : object
        Lists of numbers, integers and float32 are as good as an array; ``[]``, shape (0,) and (0, 20) are nobody.
    n_rows : int
        How many rows `merge` was given.

    Returns
    -------
    people : ndarray of shape (m, 20) and dtype float64

    Raises
    ------
    AnswerError
        If it is nothing that `check_people` takes.
    """
    if type(answer) is np.ndarray and answer.dtype == np.float64:
        return check_people(answer, n_rows)
    return check_people(_as_numbers(answer), n_rows)


def check_people(answer: NDArray[np.float64], n_rows: int) -> People:
    """Take numbers of any shape for people.

    Parameters
    ----------
    answer : ndarray of any shape and dtype float64
    n_rows : int
        How many rows `merge` was given.

    Returns
    -------
    people : ndarray of shape (m, 20) and dtype float64

    Raises
    ------
    AnswerError
        If the shape is another one, a number is not finite, somebody has no keypoint, or there are more people than
        rows.
    """
    if answer.size == 0:
        return np.empty((0, ROW_LENGTH))
    if answer.ndim != 2 or answer.shape[1] != ROW_LENGTH:
        got = f"got shape {answer.shape}" if answer.ndim else f"got a single number, {answer.item():.20g}"
        raise AnswerError(f"merge() must return {SHAPE}", got, ROW_ADVICE)
    if np.count_nonzero(np.isfinite(answer)) < answer.size:  # in half the time of all(), which counts on a photograph
        row, column = np.argwhere(~np.isfinite(answer))[0]
        raise AnswerError(
            "All numbers that merge() returns must be finite",
            f"got {answer[row, column]} in row {row}, column {column}",
            "Put -1 in the slots of absent parts, and divide only by counts above 0.",
        )
    # Some write a row without a keypoint where there is nobody.
    empty = np.logical_and.reduce(answer[:, :N_PARTS] == ABSENT, axis=1)
    if np.count_nonzero(empty):
        raise AnswerError(
            "Each person that merge() returns must have a keypoint",
            f"got none in row {empty.argmax()}: all of its ids are -1",
            f"For nobody return an array without rows, np.empty((0, {ROW_LENGTH})), and leave out rows that became "
            "empty.",
        )
    if len(answer) > n_rows:  # each person has a row of the input at least
        raise AnswerError(
            f"There cannot be more people than rows, here {n_rows}",
            f"got {len(answer)} people",
            "Return one row per person, and remove a row once it has been merged into another.",
        )
    return answer


def _as_numbers(answer: object) -> NDArray[np.float64]:
    if answer is None:
        raise _refusal("None", "End the function with a return of the answer, on every way through it.")
    if isinstance(answer, tuple) and any(isinstance(item, np.ndarray) and item.ndim == 2 for item in answer):
        raise _refusal(f"a tuple of {len(answer)}: {' and '.join(map(_name, answer))}", "Return the array alone.")
    try:
        array = np.asarray(list(answer) if isinstance(answer, Iterator) else answer)
    except ValueError:
        noun = "tuple" if isinstance(answer, tuple) else "list"
        raise _refusal(f"a {noun} of rows of different lengths") from None
    if array.dtype.kind in "iuf" or (array.dtype.kind == "O" and array.ndim):
        with contextlib.suppress(TypeError, ValueError):
            return array.astype(np.float64)
    raise _refusal("a string" if isinstance(answer, str) else f"an object of type {type(answer).__name__}")


def _name(item: object) -> str:
    if isinstance(item, np.ndarray):
        return f"an array of shape {item.shape}"
    return "an int" if isinstance(item, int) else f"an object of type {type(item).__name__}"


def _refusal(got: str, advice: str = ROW_ADVICE) -> AnswerError:
    return AnswerError(f"merge() must return {SHAPE}", f"got {got}", advice)
