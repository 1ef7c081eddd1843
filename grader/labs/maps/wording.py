"""What a student is told of a wrong answer: every sentence of the lab, with names in place of what changes.

A requirement holds for every input, so that it may be told of a hidden case, too: what belongs to one input stands in
what was got.
"""

from collections.abc import Mapping
from types import MappingProxyType

from grader.harness.languages import Said, pattern, said
from grader.harness.results import Explanation

WRONG: Mapping[str, tuple[str, str, str]] = MappingProxyType(
    {
        "shape": (
            pattern("{function} must return {returns}"),
            pattern("got shape {shape} in place of {expected_shape}"),
            pattern("Print the shape of your answer, and compare it with the docstring of the template."),
        ),
        "not_finite": (
            pattern("{function} must return numbers, and neither NaN nor infinity"),
            pattern("got {got} at {cell}"),
            pattern("Look for a division by zero, and for the exponential of a large number."),
        ),
        "values": (
            pattern("{function} must give the right number everywhere"),
            pattern("at {cell} it gave {got} in place of {expected}"),
            "{hint}",
        ),
        "share": (
            pattern("{function} must give the right share"),
            pattern("got {got} in place of {expected}"),
            "{hint}",
        ),
        "maximum": (
            pattern("Where peaks of several people overlap, the largest value must count"),
            pattern("at {cell} of the map that both have it gave {got}, and {expected} is the larger of the two alone"),
            pattern("Take the maximum over the people, cell by cell: no sum, and not the person who comes last."),
        ),
        "alike": (
            pattern("People at different places must give different maps"),
            pattern("the maps of joints {first} and {second}, which two people have, are the same"),
            pattern("Give each joint a map of its own, and draw each peak at its own place."),
        ),
        "zero": (
            pattern("{what} must be zero everywhere"),
            pattern("at {cell} it is {got}"),
            "{hint}",
        ),
        "not_zero": (
            pattern("{what} must not be zero everywhere"),
            pattern("map {number} is"),
            "{hint}",
        ),
        "sum_of_gradient": (
            pattern("The gradient of each map must sum to zero"),
            pattern("that of map {number} sums to {got}"),
            pattern(
                "A constant that is added to all cells of a map moves no point: "
                "subtract what the mean of the cells gets."
            ),
        ),
        "direction": (
            pattern("Along any direction the gradient must tell how fast the loss grows"),
            pattern("where the loss grows fastest it tells {got}, and a centred difference tells {expected}"),
            pattern(
                "Change one cell by a little up and down, and compare the difference of the losses with your gradient."
            ),
        ),
        "moved": (
            "{what}",
            pattern("map {number} moved from {before} to {now}, by {moved} in place of {expected}"),
            "{hint}",
        ),
        "types": (
            pattern("The same numbers of another type must give the same answer"),
            pattern("at {cell} they gave {got} in place of {expected}"),
            "{hint}",
        ),
        "nothing": (
            pattern("{function} must not give zero for every input"),
            pattern("this answer is zero everywhere"),
            "{hint}",
        ),
        "sum_of_density": (
            pattern("Each person must add one to the sum of the map"),
            pattern("the map sums to {got} for {people}"),
            pattern("Divide the bump of each person by its own sum over the cells of the map."),
        ),
        "twice": (
            pattern("People must add up: everybody once more must give twice the map"),
            pattern("at {cell} it gave {got} in place of {expected}"),
            pattern("Add the bumps of all people; of two at one place each counts."),
        ),
        "again": (
            pattern("The same call must give the same numbers, even later and in another process"),
            pattern("at {cell} it gave {before}, and then {got}"),
            pattern("Keep nothing between two calls, and leave nothing to chance."),
        ),
    }
)
"""For each kind of mistake what is required, what was got, and what to do."""

HINTS: Mapping[str, Said] = MappingProxyType(
    {
        "swapped": said("x and y have changed places: return (x, y), where x counts columns and y counts rows."),
        "turned": said("The map is turned: x counts columns and y counts rows, so a point belongs to the cell [y, x]."),
        "sign": said("All of it has the other sign."),
        "nothing": said("Your answer is zero everywhere: look at what you return."),
        "heatmaps": said("Follow one map by hand: the peak of each person, and the larger value where two meet."),
        "heatmaps_values": said(
            "Compare your exponent with the docstring: the squared distance over the squared sigma."
        ),
        "softargmax": said(
            "Follow one small map by hand: multiply, take the exponential, divide by the sum, take the mean."
        ),
        "softargmax_gradient": said("Compare it with a centred difference, cell by cell: the docstring says how."),
        "pck": said(
            "Count by hand: which joints count, how far from the true place each was found, how far it may be."
        ),
        "iou": said("Count by hand: cells in both, and cells in at least one."),
        "density": said("Compare one bump with the docstring: its form, and that it sums to one."),
        "unlabelled": said(
            "Leave a joint out where one of its coordinates is NaN, before anything is computed from it."
        ),
        "upstream": said("Treat each map with its own upstream and its own softmax."),
        "types": said("Make floats of the arguments first, and give no array the type of the input."),
        "iou_types": said("Ask of both masks first where they are not 0, and count with those booleans."),
        "constant": said("Take the softmax over all cells of one map, of the values times the sharpness."),
    }
)
"""What to do, where that depends on what was got."""

SAYS: Mapping[str, Said] = MappingProxyType(
    {
        "unlabelled": said("The map of a joint that nobody has"),
        "labelled": said("The map of a joint that somebody has"),
        "no_upstream": said("The gradient of a map whose upstream is zero"),
        "upstream": said("The gradient of a map whose upstream is not zero"),
        "constant": said("A constant that is added to a map, or a shift of it, must move its point by just that"),
    }
)
"""What a sentence above speaks of."""

SHOWN: Mapping[str, str] = MappingProxyType(
    {
        "place": pattern("answer{cell}: expected {expected}, got {got}"),
        "first": pattern("The first number that differs is {place}."),
        "first_briefly": pattern("First difference: {place}"),
        "found_in": pattern("case {name} in {file}"),
        "whole": pattern("The whole input is {found_in}."),
        "map": pattern("{of}, {rows} rows and {columns} columns"),
        "window": pattern("{of}[{top}:{bottom}, {left}:{right}] of {rows} rows and {columns} columns"),
        "drawn": pattern("Drawn, {where}; {scale}:"),
        "letters": pattern("blank is {low}, @ is {high}"),
        "letters_no_number": pattern("blank is {low}, @ is {high}, ! is no number"),
        "colours": pattern("{low} dark, {high} light"),
        "difference_colours": pattern("blue is too low, red is too high, by up to {most}"),
        "alt": pattern("{title}: {where}; {scale}"),
        "expected": pattern("Expected"),
        "got": pattern("Got"),
        "difference": pattern("Difference"),
        "drawn_on_page": pattern("Drawn: {where}."),
    }
)
"""What stands beside a drawing, and beside numbers."""


def explain(kind: str, **names: object) -> Explanation:
    """Fill in the sentences of a kind of mistake.

    Parameters
    ----------
    kind : str
        One of `WRONG`.
    **names : object
        What stands in for each name in the sentences; numbers, as they are to be read.
    """
    required, got, advice = (said(sentence, **names) for sentence in WRONG[kind])
    return Explanation(required, got, advice)


def say_factor(factor: float) -> Said:
    """Say that an answer is wrong by nothing but a factor."""
    return said("All of it is too large or too small by one factor: {factor}.", factor=write_number(factor))


def show(kind: str, **names: object) -> Said:
    """Fill in one of `SHOWN`, whose names are those of the pattern."""
    return said(SHOWN[kind], **names)


def write_number(value: float) -> str:
    """Write a number of an answer with as many digits as a reader can compare."""
    return f"{value:.6g}"


def write_point(x: float, y: float) -> str:
    """Write a point."""
    return f"({write_number(x)}, {write_number(y)})"


def write_cell(cell: tuple[int, ...]) -> str:
    """Write the place of a number in an answer, as Python indexes it."""
    return f"[{', '.join(map(str, cell))}]"
