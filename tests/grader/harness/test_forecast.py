"""What a time on a published case lets expect of the largest case that is marked."""

from dataclasses import replace

import pytest

from grader.harness.forecast import write_forecast
from grader.harness.results import Timing
from grader.labs.merge.lab import LAB

THIRTY = "510 rows, 30 people"


@pytest.mark.parametrize(
    ("seconds", "expected"), [(0.1, "0.47 s of 10 s there."), (3.0, "14 s of 10 s there. Make it faster.")]
)
def test_time_grows_with_the_square(seconds, expected):
    assert write_forecast(LAB, Timing(seconds, 0.001, THIRTY)) == (
        f"Time: {seconds:.2g} s for {THIRTY}. The crowd that is marked is larger, 1,100 rows, 100 people: "
        f"expect {expected}"
    )


def test_lab_that_tells_nothing_of_its_largest_case_has_the_time_alone():
    assert write_forecast(replace(LAB, largest=None), Timing(0.1, 0.001, THIRTY)) == f"Time: 0.1 s for {THIRTY}."


def test_nothing_is_told_without_a_time():
    assert write_forecast(LAB, None) == ""
