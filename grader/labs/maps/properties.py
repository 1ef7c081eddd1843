"""Judge properties that every right answer has: whatever else is wrong with an answer costs nothing here."""

from itertools import pairwise

import numpy as np

from grader.harness.cases import Case
from grader.harness.languages import Said, counted, said
from grader.harness.results import Explanation
from grader.labs.maps.compare import CALM, Array, find_first_other, lay_out, not_finite, wrong_shape
from grader.labs.maps.wording import HINTS, SAYS, explain, write_cell, write_number, write_point


@CALM
def largest_of_two(case: Case, answer: Array, *, tolerance: float) -> Explanation | None:
    """Demand that the last map, of a joint that all have, is the maximum of the others, which one person has each."""
    laid = lay_out(answer, np.shape(case.expected))
    if laid is None:
        return wrong_shape(case, answer)
    if problem := not_finite(case, laid) or _nothing_there(laid[:-1], "labelled", HINTS["heatmaps"], tolerance):
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
        return wrong_shape(case, answer)
    if problem := not_finite(case, laid):
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


@CALM
def sums_to_zero(case: Case, answer: Array, *, tolerance: float) -> Explanation | None:
    """Demand of a gradient that each map sums to 0, and holds something."""
    laid = lay_out(answer, np.shape(case.expected))
    if laid is None:
        return wrong_shape(case, answer)
    if problem := not_finite(case, laid) or _nothing_there(laid, "upstream", HINTS["upstream"], tolerance):
        return problem
    for number, (total, scale) in enumerate(zip(laid.sum(axis=(1, 2)), np.abs(laid).sum(axis=(1, 2)), strict=True)):
        if not np.isfinite(scale) or abs(total) > tolerance * max(1.0, scale):
            return explain("sum_of_gradient", number=number, got=write_number(total))
    return None


@CALM
def grows_as_told(case: Case, answer: Array, *, tolerance: float) -> Explanation | None:
    """Demand that the product of the gradient and a direction is what the loss grows by: the derivative along it.

    The direction is that in which the loss grows fastest, the recorded gradient: a mistake of sign, place or order
    shows in it.
    """
    laid, expected = lay_out(answer, np.shape(case.expected)), np.asarray(case.expected)
    if laid is None:
        return wrong_shape(case, answer)
    if problem := not_finite(case, laid):
        return problem
    got, told = float((laid * expected).sum()), float((expected * expected).sum())
    if abs(got - told) <= tolerance * max(1.0, told):
        return None
    return explain("direction", got=write_number(got), expected=write_number(told))


@CALM
def one_for_each(case: Case, answer: Array, *, tolerance: float) -> Explanation | None:
    """Demand of a density map that its sum counts the people."""
    laid = lay_out(answer, np.shape(case.expected))
    if laid is None:
        return wrong_shape(case, answer)
    if problem := not_finite(case, laid):
        return problem
    heads = case.arguments[0]
    n_people, total = len(heads) if isinstance(heads, np.ndarray) else 0, float(laid.sum())
    if abs(total - n_people) <= tolerance * max(1, n_people):
        return None
    people = counted("one person", "{n} people", n_people)
    return explain("sum_of_density", got=write_number(total), people=people)


@CALM
def twice_as_much(base: Case, twin: Case, before: Array, now: Array, *, tolerance: float) -> Explanation | None:
    """Demand of a call with everybody once more that it gives twice the map."""
    once, twice = lay_out(before, np.shape(base.expected)), lay_out(now, np.shape(twin.expected))
    if once is None or twice is None:
        return wrong_shape(twin, now)
    if problem := not_finite(twin, twice):
        return problem
    if np.any(base.expected) and not once.any():
        return explain("nothing", function=base.function, hint=HINTS["nothing"])
    cell = find_first_other(twice, 2 * once, tolerance)
    if cell is None:
        return None
    got, expected = write_number(twice[cell]), write_number(2 * once[cell])
    return explain("twice", cell=write_cell(cell), got=got, expected=expected)


@CALM
def moved_as_told(base: Case, twin: Case, before: Array, now: Array, *, tolerance: float) -> Explanation | None:
    """Demand that each point moves by what the recorded ones move by, in the order of x and y that the answer has."""
    shape = np.shape(base.expected)
    first, second = lay_out(before, shape), lay_out(now, shape)
    if first is None or second is None:
        return wrong_shape(twin, now)
    if problem := not_finite(twin, second):
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
        return wrong_shape(twin, now)
    if np.any(base.expected) and not before.any():
        return explain("nothing", function=base.function, hint=HINTS["nothing"])
    cell = find_first_other(now, before, tolerance)
    if cell is None:
        return None if np.isfinite(now).all() else not_finite(base, now)
    got, expected = write_number(now[cell]), write_number(before[cell])
    hint = HINTS["iou_types" if twin.function == "iou" else "types"]
    return explain("types", cell=write_cell(cell), got=got, expected=expected, hint=hint)


def same_again(before: Array, now: Array, *, tolerance: float) -> Explanation | None:
    """Demand of a second call what the first gave."""
    if before.shape != now.shape:
        return explain("again", cell=said("another shape"), before=str(before.shape), got=str(now.shape))
    cell = find_first_other(now, before, tolerance)
    if cell is None:
        return None
    return explain("again", cell=write_cell(cell), before=write_number(before[cell]), got=write_number(now[cell]))


def _nothing_there(maps: Array, what: str, hint: Said, tolerance: float) -> Explanation | None:
    for number in np.flatnonzero(np.abs(maps).max(axis=(1, 2)) <= tolerance).tolist():
        return explain("not_zero", what=SAYS[what], number=number, hint=hint)
    return None
