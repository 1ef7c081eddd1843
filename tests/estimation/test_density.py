import math

import numpy as np
import pytest

from estimation.density import count_people, density, mae, mae_by_crowd, picture_density, rmse


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


def test_picture_density_lies_in_cells():
    there = picture_density([(9.5, 5.5), (0, 0)], (16, 24), cell_px=4, sigma_cells=0.5)

    assert there.shape == (4, 6)
    assert there.sum() == pytest.approx(2)
    alone = picture_density([(9.5, 5.5)], (16, 24), sigma_cells=0.5)
    assert np.unravel_index(alone.argmax(), alone.shape) == (1, 2)
    assert alone[1, 1] == pytest.approx(alone[1, 3])


def test_heads_on_the_first_and_the_last_pixel_are_inside():
    assert picture_density([(-0.5, -0.5), (23.4, 15.4)], (16, 24)).sum() == pytest.approx(2)
    assert picture_density([], (16, 24)).sum() == 0


@pytest.mark.parametrize("head", [(23.5, 3), (3, 15.5), (-0.6, 3), (3, -0.6)], ids=str)
def test_heads_outside_the_picture_are_told(head):
    with pytest.raises(ValueError, match=r"inside the picture of 16 rows and 24 columns; 1 are not, the first at \["):
        picture_density([(5, 5), head], (16, 24))


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (([(1, 2)], (16, 24), 4, 0), "sigma must be above 0 and finite; got 0"),
        (([(1, 2)], (3, 24), 4, 1), r"must consist of whole cells of 4 px; got 3 x 24 px\. Resize"),
        (([(1, 2)], (16, 22), 4, 1), "must consist of whole cells of 4 px; got 16 x 22 px"),
    ],
    ids=["sigma", "small", "uneven"],
)
def test_picture_density_refuses(arguments, says):
    heads, shape, cell_px, sigma_cells = arguments
    with pytest.raises(ValueError, match=says):
        picture_density(heads, shape, cell_px=cell_px, sigma_cells=sigma_cells)


def test_people_are_counted_by_the_sum():
    assert count_people(density([(1, 1), (2, 2)], (4, 6), 1)) == pytest.approx(2)
    assert count_people([[[0.5, 0.25]], [[0, 0]]]) == pytest.approx([0.75, 0])


@pytest.mark.parametrize("cell", [-0.1, np.inf, np.nan, -np.inf], ids=str)
def test_impossible_densities_are_told(cell):
    with pytest.raises(ValueError, match=rf"finite and not below 0; got {cell} in 1 of 4 cells\. Nobody can be"):
        count_people([[0, 0.5], [cell, 0]])


def test_density_maps_have_rows_and_columns():
    with pytest.raises(ValueError, match=r"must have rows and columns; got the shape \(2,\)"):
        count_people([1, 2])


FOUND, TRUE = [1.5, 10, 5, 30, 100], [0, 15, 1, 40, 41]


def test_errors_of_counts_by_hand():
    assert mae(FOUND, TRUE) == pytest.approx((1.5 + 5 + 4 + 10 + 59) / 5)
    assert rmse(FOUND, TRUE) == pytest.approx(math.sqrt((1.5**2 + 25 + 16 + 100 + 59**2) / 5))


def test_errors_by_number_of_people():
    assert mae_by_crowd(FOUND, TRUE) == pytest.approx({"0": 1.5, "1-15": 4.5, "16-40": 10, "more": 59})
    few = mae_by_crowd([1, 2], [0, 16])
    assert few["0"] == 1
    assert few["16-40"] == 14
    assert math.isnan(few["1-15"])
    assert math.isnan(few["more"])


def test_error_of_nothing_is_no_number():
    assert math.isnan(mae([], []))
    assert math.isnan(rmse([], []))
    assert all(math.isnan(error) for error in mae_by_crowd([], []).values())


@pytest.mark.parametrize("measure", [mae, rmse, mae_by_crowd])
@pytest.mark.parametrize(
    ("found", "true", "says"),
    [
        ([1, 2], [1], r"for each picture; got the shapes \(2,\) and \(1,\)"),
        ([[1]], [[1]], r"for each picture; got the shapes \(1, 1\) and \(1, 1\)"),
        ([np.nan], [1], "must be finite, and true ones not negative; one is not"),
        ([1], [np.inf], "must be finite"),
        ([1], [-1], "true ones not negative"),
    ],
    ids=["lengths", "axes", "nan", "infinite", "negative"],
)
def test_counts_that_cannot_be_compared_are_told(measure, found, true, says):
    with pytest.raises(ValueError, match=says):
        measure(found, true)
