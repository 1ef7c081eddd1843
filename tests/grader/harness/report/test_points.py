"""Points as they are shown: the lines add up to the total."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.harness.report.points import share_out


@pytest.mark.parametrize(
    ("points", "shown"),
    [
        pytest.param([], [], id="nothing"),
        pytest.param(["4", "2.5", "0"], ["4", "2.5", "0"], id="exact"),
        pytest.param(["1/3", "1/3", "1/3"], ["0.34", "0.33", "0.33"], id="thirds"),
        pytest.param(["2/3", "2/3"], ["0.67", "0.66"], id="rounded-up-too-often"),
        pytest.param(["1/300", "2/300", "1/3"], ["0", "0.01", "0.33"], id="who-lost-most"),
    ],
)
def test_share_out_rounds_so_that_lines_add_up(points, shown):
    assert share_out(list(map(Fraction, points))) == list(map(Fraction, shown))


@given(st.lists(st.fractions(min_value=0, max_value=60, max_denominator=97), max_size=25))
def test_share_out_adds_up_and_is_off_by_less_than_a_hundredth(points):
    shown = share_out(points)

    assert sum(shown, Fraction(0)) == round(sum(points, Fraction(0)), 2)
    assert all(abs(one - exact) < Fraction(1, 100) for one, exact in zip(shown, points, strict=True))
    assert all((100 * one).denominator == 1 for one in shown)
