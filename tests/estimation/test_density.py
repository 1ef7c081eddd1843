import math

import numpy as np
import pytest

from estimation.density import density


@pytest.mark.parametrize("head", [(3, 2), (0, 0), (5.5, 3.25), (-20, 2), (400, 900)], ids=str)
def test_each_person_sums_to_one_also_at_the_border(head):
    assert density([head], (4, 7), 1.5).sum() == pytest.approx(1)


def test_density_is_a_normal_distribution():
    there = density([(3, 2)], (5, 7), 0.8)

    assert there.shape == (5, 7)
    assert np.unravel_index(there.argmax(), there.shape) == (2, 3)
    assert there[2, 4] / there[2, 3] == pytest.approx(math.exp(-1 / (2 * 0.8**2)))
    assert there[3, 4] / there[2, 3] == pytest.approx(math.exp(-2 / (2 * 0.8**2)))


def test_people_add_up():
    heads = [(1, 1), (1, 1), (4.5, 2)]

    assert density(heads, (4, 6), 1) == pytest.approx(sum(density([head], (4, 6), 1) for head in heads))
    assert density([], (4, 6), 1).sum() == 0


def test_each_may_have_a_spread_of_its_own():
    both = density([(1, 1), (4, 2)], (4, 6), [0.5, 2.0])

    assert both == pytest.approx(density([(1, 1)], (4, 6), 0.5) + density([(4, 2)], (4, 6), 2.0))


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (([(1, 2, 3)], (4, 6), 1), r"heads must have shape \(n, 2\).*; got \(1, 3\)"),
        (([(1, np.nan)], (4, 6), 1), "Each head must be at a finite place; one is not"),
        (([(1, 2)], (0, 6), 1), r"shape must be \(rows, columns\) of at least one cell; got \(0, 6\)"),
        (([(1, 2)], (4, 6), 0), "sigma must be above 0 and finite; got 0"),
        (([(1, 2)], (4, 6), [1, 2]), r"sigma must be one number, or one for each of the 1 heads; got \(2,\)"),
    ],
    ids=["three", "nan", "shape", "sigma", "sigmas"],
)
def test_bad_arguments_are_told(arguments, says):
    with pytest.raises(ValueError, match=says):
        density(*arguments)
