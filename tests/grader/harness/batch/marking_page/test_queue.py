"""In which order reports are marked, and which one is next."""

from dataclasses import replace
from fractions import Fraction

import pytest

from grader.harness.batch.marking_page.queue import Order, Waiting, find_neighbour, find_next, sort

REPORTS = [
    Waiting("A1", "A1", "zoe", 3, 100, Fraction(50), 4, 4),
    Waiting("A2", "A2", "Ada", 1, 900, None, 0, 4),
    Waiting("A3", "A3", "王", 1, 20, Fraction(60), 1, 4, "Ben"),
    Waiting("A4", "A4", "bob", 0, 0, Fraction(9, 2), 0, 4),
]


@pytest.mark.parametrize(
    ("order", "keys"),
    [
        (Order.STUDENT, ["A1", "A2", "A3", "A4"]),
        (Order.NAME, ["A2", "A4", "A1", "A3"]),
        (Order.LENGTH, ["A4", "A3", "A2", "A1"]),
        (Order.POINTS, ["A4", "A1", "A3", "A2"]),
    ],
)
def test_reports_are_sorted(order, keys):
    assert [report.key for report in sort(REPORTS[::-1], order)] == keys


@pytest.mark.parametrize(
    ("after", "by", "expected"),
    [
        pytest.param("", "Ana", "A2", id="from the top"),
        pytest.param("A2", "Ana", "A4", id="passes by what somebody else is at work on"),
        pytest.param("A2", "Ben", "A3", id="one's own is free"),
        pytest.param("A4", "Ana", "A2", id="around the end"),
        pytest.param("gone", "Ana", "A2", id="after one that is there no longer"),
    ],
)
def test_next_is_not_marked_and_free(after, by, expected):
    assert find_next(REPORTS, after, by).key == expected


def test_next_is_the_open_one_when_no_other_is_left():
    reports = [replace(report, n_marked=4 * (report.key != "A2")) for report in REPORTS]

    assert find_next(reports, "A2", "Ana").key == "A2"
    assert find_next([replace(report, n_marked=4) for report in REPORTS], "A2", "Ana") is None


@pytest.mark.parametrize(
    ("of", "step", "expected"),
    [("A1", 1, "A2"), ("A1", -1, None), ("A4", 1, None), ("gone", 1, None), ("A4", -1, "A3")],
)
def test_neighbour_is_found_within_the_list(of, step, expected):
    found = find_neighbour(REPORTS, of, step)

    assert (found and found.key) == expected
