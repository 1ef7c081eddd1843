"""Judge answers: numbers against recorded ones, and properties that every right answer has.

The axes of an answer are judged where that is asked for (`right_shape`) and nowhere else: before anything is compared
an answer is laid out as it should have been, if the order of its axes tells how. Cases have a different length in
each axis, so that there is no doubt.
"""

from itertools import pairwise, permutations

import numpy as np
import numpy.typing as npt

from grader.harness.cases import Case
from grader.harness.results import Explanation
from grader.labs.maps.wording import HINTS, SAYS, explain, write_cell, write_number, write_point

Array = npt.NDArray[np.float64]

RETURNS = {
    "heatmaps": "an array of shape (n_joints, rows, columns)",
    "softargmax": "an array of shape (n_maps, 2)",
    "softargmax_gradient": "an array of shape (n_maps, rows, columns)",
    "pck": "a number",
    "iou": "a number",
    "density": "an array of shape (rows, columns)",
}
"""What each function returns, in words."""

_CALM = np.errstate(all="ignore")
"""For numbers of a stranger: sums of them may be too large for a float, and then they are wrong."""


def read_answer(_: Case, answer: Array) -> Array:
    """Take any array for an answer: shapes are judged by the checks."""
    return answer


def right_shape(case: Case, answer: Array) -> Explanation | None:
    """Demand the shape of the recorded answer."""
    return None if answer.shape == np.shape(case.expected) else _wrong_shape(case, answer)


def right_values(case: Case, answer: Array, *, tolerance: float) -> Explanation | None:
    """Demand the recorded numbers."""
    laid = lay_out(answer, np.shape(case.expected))
    if laid is None:
        return _wrong_shape(case, answer)
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
        return _wrong_shape(case, answer)
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


@_CALM
def largest_of_two(case: Case, answer: Array, *, tolerance: float) -> Explanation | None:
    """Demand that the last map, of a joint that all have, is the maximum of the others, which one person has each."""
    laid = lay_out(answer, np.shape(case.expected))
    if laid is None:
        return _wrong_shape(case, answer)
    if problem := _not_finite(case, laid) or _nothing_there(laid[:-1], "labelled", HINTS["heatmaps"], tolerance):
        return problem
    for number, (one, other) in enumerate(pairwise(laid[:-1])):
        if find_first_other(one, other, tolerance) is None:
            return explain("alike", first=number, second=number + 1)
    cell = find_first_other(laid[-1], laid[:-1].max(axis=0), tolerance)
    if cell is None:
        return None
    got, expected = laid[-1][cell], laid[:-1].max(axis=0)[cell]
    return explain("maximum", cell=write_cell(cell), got=write_number(got), expected=write_number(expected))


def zero_where_zero(case: Case, answer: Array, *, tolerance: float) -> Explanation | None:
    """Demand maps of zeros where such maps are recorded, and other ones elsewhere; all of them finite."""
    laid, expected = lay_out(answer, np.shape(case.expected)), np.asarray(case.expected)
    if laid is None:
        return _wrong_shape(case, answer)
    if problem := _not_finite(case, laid):
        return problem
    words = (
        ("unlabelled", "labelled", "unlabelled") if case.function == "heatmaps" else ("no_upstream", *["upstream"] * 2)
    )
    is_zero = np.abs(expected).max(axis=(1, 2)) == 0
    if len(other := np.argwhere((np.abs(laid) > tolerance) & is_zero[:, None, None])):
        cell = tuple(other[0].tolist())
        what, hint, got = SAYS[words[0]], HINTS[words[2]], write_number(laid[cell])
        return explain("zero", what=what, hint=hint, cell=write_cell(cell), got=got)
    return _nothing_there(laid[~is_zero], words[1], HINTS[words[2]], tolerance)


@_CALM
def sums_to_zero(case: Case, answer: Array, *, tolerance: float) -> Explanation | None:
    """Demand of a gradient that each map sums to 0, and holds something."""
    laid = lay_out(answer, np.shape(case.expected))
    if laid is None:
        return _wrong_shape(case, answer)
    if problem := _not_finite(case, laid) or _nothing_there(laid, "upstream", HINTS["upstream"], tolerance):
        return problem
    for number, (total, scale) in enumerate(zip(laid.sum(axis=(1, 2)), np.abs(laid).sum(axis=(1, 2)), strict=True)):
        if not np.isfinite(scale) or abs(total) > tolerance * max(1.0, scale):
            return explain("sum_of_gradient", number=number, got=write_number(total))
    return None


@_CALM
def grows_as_told(case: Case, answer: Array, *, tolerance: float) -> Explanation | None:
    """Demand that the product of the gradient and a direction is what the loss grows by: the derivative along it.

    The direction is that in which the loss grows fastest, the recorded gradient: a mistake of sign, place or order
    shows in it.
    """
    laid, expected = lay_out(answer, np.shape(case.expected)), np.asarray(case.expected)
    if laid is None:
        return _wrong_shape(case, answer)
    if problem := _not_finite(case, laid):
        return problem
    got, told = float((laid * expected).sum()), float((expected * expected).sum())
    if abs(got - told) <= tolerance * max(1.0, told):
        return None
    return explain("direction", got=write_number(got), expected=write_number(told))


@_CALM
def one_for_each(case: Case, answer: Array, *, tolerance: float) -> Explanation | None:
    """Demand of a density map that its sum counts the people."""
    laid = lay_out(answer, np.shape(case.expected))
    if laid is None:
        return _wrong_shape(case, answer)
    if problem := _not_finite(case, laid):
        return problem
    heads = case.arguments[0]
    n_people, total = len(heads) if isinstance(heads, np.ndarray) else 0, float(laid.sum())
    if abs(total - n_people) <= tolerance * max(1, n_people):
        return None
    people = "one person" if n_people == 1 else f"{n_people} people"
    return explain("sum_of_density", got=write_number(total), people=people)


@_CALM
def twice_as_much(base: Case, twin: Case, before: Array, now: Array, *, tolerance: float) -> Explanation | None:
    """Demand of a call with everybody once more that it gives twice the map."""
    once, twice = lay_out(before, np.shape(base.expected)), lay_out(now, np.shape(twin.expected))
    if once is None or twice is None:
        return _wrong_shape(twin, now)
    if problem := _not_finite(twin, twice):
        return problem
    if np.any(base.expected) and not once.any():
        return explain("nothing", function=base.function, hint=HINTS["nothing"])
    cell = find_first_other(twice, 2 * once, tolerance)
    if cell is None:
        return None
    got, expected = write_number(twice[cell]), write_number(2 * once[cell])
    return explain("twice", cell=write_cell(cell), got=got, expected=expected)


@_CALM
def moved_as_told(base: Case, twin: Case, before: Array, now: Array, *, tolerance: float) -> Explanation | None:
    """Demand that each point moves by what the recorded ones move by, in the order of x and y that the answer has."""
    shape = np.shape(base.expected)
    first, second = lay_out(before, shape), lay_out(now, shape)
    if first is None or second is None:
        return _wrong_shape(twin, now)
    if problem := _not_finite(twin, second):
        return problem
    moved, expected = second - first, np.asarray(twin.expected) - np.asarray(base.expected)
    for order in (slice(None), slice(None, None, -1)):
        if find_first_other(moved, expected[:, order], tolerance) is None:
            return None
    number = int(np.argmax(np.abs(moved - expected).max(axis=1)))
    places = {"before": first, "now": second, "moved": moved, "expected": expected}
    told = {name: write_point(*array[number].tolist()) for name, array in places.items()}
    return explain("moved", what=SAYS["constant"], number=number, hint=HINTS["constant"], **told)


def same_for_other_types(base: Case, twin: Case, before: Array, now: Array, *, tolerance: float) -> Explanation | None:
    """Demand the same answer for the same numbers of another type."""
    if lay_out(before, np.shape(base.expected)) is None or before.shape != now.shape:
        return _wrong_shape(twin, now)
    if np.any(base.expected) and not before.any():
        return explain("nothing", function=base.function, hint=HINTS["nothing"])
    cell = find_first_other(now, before, tolerance)
    if cell is None:
        return None if np.isfinite(now).all() else _not_finite(base, now)
    got, expected = write_number(now[cell]), write_number(before[cell])
    hint = HINTS["iou_types" if twin.function == "iou" else "types"]
    return explain("types", cell=write_cell(cell), got=got, expected=expected, hint=hint)


def same_again(before: Array, now: Array, *, tolerance: float) -> Explanation | None:
    """Demand of a second call what the first gave."""
    if before.shape != now.shape:
        return explain("again", cell="another shape", before=str(before.shape), got=str(now.shape))
    cell = find_first_other(now, before, tolerance)
    if cell is None:
        return None
    return explain("again", cell=write_cell(cell), before=write_number(before[cell]), got=write_number(now[cell]))


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
    if problem := _not_finite(case, laid):
        return problem
    return explain(
        "values",
        function=case.function,
        cell=write_cell(cell),
        got=write_number(laid[cell]),
        expected=write_number(expected[cell]),
        hint=_find_hint(case, laid, expected, tolerance),
    )


@_CALM
def _find_hint(case: Case, got: Array, expected: Array, tolerance: float) -> str:
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
        return HINTS["sign"] if abs(factor + 1) <= tolerance else HINTS["factor"].format(factor=write_number(factor))
    return HINTS.get(case.check, HINTS[case.function])


def _wrong_shape(case: Case, answer: Array) -> Explanation:
    return explain(
        "shape",
        function=case.function,
        returns=RETURNS[case.function],
        shape=answer.shape,
        expected_shape=np.shape(case.expected),
    )


def _not_finite(case: Case, answer: Array) -> Explanation | None:
    others = np.argwhere(~np.isfinite(answer))
    if not len(others):
        return None
    cell = tuple(others[0].tolist())
    return explain("not_finite", function=case.function, got=write_number(answer[cell]), cell=write_cell(cell))


def _nothing_there(maps: Array, what: str, hint: str, tolerance: float) -> Explanation | None:
    for number in np.flatnonzero(np.abs(maps).max(axis=(1, 2)) <= tolerance).tolist():
        return explain("not_zero", what=SAYS[what], number=number, hint=hint)
    return None
