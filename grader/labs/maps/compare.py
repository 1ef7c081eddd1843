"""Hold answers against recorded ones.

The axes of an answer are judged where that is asked for (`right_shape`) and nowhere else: before anything is compared
an answer is laid out as it should have been, if the order of its axes tells how. Cases have a different length in
each axis, so that there is no doubt.
"""

from itertools import permutations

import numpy as np
import numpy.typing as npt

from grader.harness.cases import Case
from grader.harness.languages import Said, said
from grader.harness.results import Explanation
from grader.labs.maps.wording import HINTS, explain, say_factor, write_cell, write_number

Array = npt.NDArray[np.float64]

RETURNS = {
    "heatmaps": said("an array of shape (n_joints, rows, columns)"),
    "softargmax": said("an array of shape (n_maps, 2)"),
    "softargmax_gradient": said("an array of shape (n_maps, rows, columns)"),
    "pck": said("a number"),
    "iou": said("a number"),
    "density": said("an array of shape (rows, columns)"),
}
"""What each function returns, in words."""

CALM = np.errstate(all="ignore")
"""For numbers of a stranger: sums of them may be too large for a float, and then they are wrong."""


def read_answer(_: Case, answer: Array) -> Array:
    """Take any array for an answer: shapes are judged by the checks."""
    return answer


def right_shape(case: Case, answer: Array) -> Explanation | None:
    """Demand the shape of the recorded answer."""
    return None if answer.shape == np.shape(case.expected) else wrong_shape(case, answer)


def right_values(case: Case, answer: Array, *, tolerance: float) -> Explanation | None:
    """Demand the recorded numbers."""
    laid = lay_out(answer, np.shape(case.expected))
    if laid is None:
        return wrong_shape(case, answer)
    return _compare(case, laid, np.asarray(case.expected), tolerance)


def right_points(case: Case, answer: Array, *, tolerance: float) -> Explanation | None:
    """Demand the recorded points, or the same with x and y exchanged everywhere: their order has its own check."""
    laid, expected = lay_out(answer, np.shape(case.expected)), np.asarray(case.expected)
    if laid is not None and find_first_other(laid[:, ::-1], expected, tolerance) is None:
        return None
    return right_values(case, answer, tolerance=tolerance)


def right_share(case: Case, answer: Array, *, tolerance: float) -> Explanation | None:
    """Demand the recorded number, which may be NaN."""
    if answer.size != 1:
        return wrong_shape(case, answer)
    got, expected = float(answer.reshape(())), float(case.expected)
    if is_close(np.array(got), np.array(expected), tolerance):
        return None
    return explain(
        "share",
        function=case.function,
        got=write_number(got),
        expected=write_number(expected),
        hint=HINTS[case.function],
    )


def lay_out(answer: Array, shape: tuple[int, ...]) -> Array | None:
    """Bring the axes of an answer into the order of a shape; None where they do not have these lengths.

    Axes of length 1 may be missing, or be there besides.
    """
    if answer.shape == shape:
        return answer
    narrow, wanted = answer.reshape([n for n in answer.shape if n != 1]), [n for n in shape if n != 1]
    for order in permutations(range(narrow.ndim)):
        if [narrow.shape[axis] for axis in order] == wanted:
            return narrow.transpose(order).reshape(shape)
    return None


def is_close(got: Array, expected: Array, tolerance: float) -> npt.NDArray[np.bool_]:
    """Tell for each number whether it is as near as asked; a number above 1 may differ by this share of it."""
    with np.errstate(all="ignore"):
        near = np.abs(got - expected) <= tolerance * np.maximum(1.0, np.abs(expected))
    return np.asarray(near | (got == expected) | (np.isnan(got) & np.isnan(expected)))


def find_first_other(got: Array, expected: Array, tolerance: float) -> tuple[int, ...] | None:
    """Find the first place where two arrays of one shape differ; None if they do not."""
    others = np.argwhere(~is_close(got, expected, tolerance))
    return tuple(others[0].tolist()) if len(others) else None


def _compare(case: Case, laid: Array, expected: Array, tolerance: float) -> Explanation | None:
    cell = find_first_other(laid, expected, tolerance)
    if cell is None:
        return None
    if problem := not_finite(case, laid):
        return problem
    return explain(
        "values",
        function=case.function,
        cell=write_cell(cell),
        got=write_number(laid[cell]),
        expected=write_number(expected[cell]),
        hint=_find_hint(case, laid, expected, tolerance),
    )


@CALM
def _find_hint(case: Case, got: Array, expected: Array, tolerance: float) -> Said:
    """Say what to do by what a wrong answer has in common with the right one.

    Not for random inputs, whose failures are one story, told by the smallest of them.
    """
    if case.check.endswith("_any"):
        return HINTS[case.function]
    if not got.any():
        return HINTS["nothing"]
    if case.function == "softargmax":
        is_swapped = find_first_other(got[:, ::-1], expected, tolerance) is None
        return HINTS["swapped" if is_swapped else case.function]
    factor = float((got * expected).sum() / max((expected * expected).sum(), 1e-300))
    if find_first_other(got, factor * expected, tolerance) is None:
        return HINTS["sign"] if abs(factor + 1) <= tolerance else say_factor(factor)
    return HINTS.get(case.check, HINTS[case.function])


def wrong_shape(case: Case, answer: Array) -> Explanation:
    """Say which shape was asked for."""
    return explain(
        "shape",
        function=case.function,
        returns=RETURNS[case.function],
        shape=answer.shape,
        expected_shape=np.shape(case.expected),
    )


def not_finite(case: Case, answer: Array) -> Explanation | None:
    """Refuse what is no number, wherever it stands."""
    others = np.argwhere(~np.isfinite(answer))
    if not len(others):
        return None
    cell = tuple(others[0].tolist())
    return explain("not_finite", function=case.function, got=write_number(answer[cell]), cell=write_cell(cell))
