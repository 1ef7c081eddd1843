"""Rows in words."""

import numpy as np
import pytest

from estimation.config import ROW_LENGTH
from grader.labs.merge.wording import limb_cells, write_number, write_person
from tests.grader.harness.report.samples import EXPECTED, make_people, make_rows


@pytest.mark.parametrize(
    ("value", "written"),
    [
        pytest.param(7.0, "7", id="whole"),
        pytest.param(-0.5, "-0.5", id="fraction"),
        pytest.param(16.18416846, "16.18417", id="long"),
        pytest.param(1234567890.0, "1234567890", id="large_id"),
        pytest.param(1e300, "1e+300", id="huge"),
        pytest.param(np.nan, "nan", id="nan"),
        pytest.param(-np.inf, "-inf", id="infinite"),
    ],
)
def test_write_number_is_short(value, written):
    assert write_number(value) == written


def test_write_person_names_parts_score_and_count():
    words = "nose 0, neck 1, right_shoulder 4, right_elbow 6, right_wrist 8; score 8; 5 parts"

    assert write_person(EXPECTED[0]) == words
    assert write_person(make_people(({"nose": 0}, 0.25))[0]) == "nose 0; score 0.25; 1 part"


def test_write_person_says_that_a_row_without_ids_is_nobody():
    row = np.full(ROW_LENGTH, -1.0)

    assert write_person(row) == ("nobody: a row whose ids are all -1 (score -1, -1 parts); such a row must be left out")


def test_limb_cells_follow_the_direction_of_the_limb():
    rows = make_rows(("nose", 0, "neck", 1, 1.5), ("left_ear", 7, "left_shoulder", 3, 2))

    assert limb_cells(rows) == [("neck", "1", "nose", "0", "1.5"), ("left_shoulder", "3", "left_ear", "7", "2")]


def test_limb_cells_show_rows_that_are_no_limb():
    rows = np.full((2, ROW_LENGTH), -1.0)
    rows[1, [0, 1, 2]] = 5

    assert limb_cells(rows) == [
        ("no parts", "", "", "", "-1"),
        ("nose 5, neck 5, right_shoulder 5", "", "", "", "-1"),
    ]
