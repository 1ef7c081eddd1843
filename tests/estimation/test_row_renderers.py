"""The drawing of the rows that reach `merge` beside the people that come out."""

import numpy as np
import pytest

from estimation.config import N_PARTS, BodyPart
from estimation.explaining import explain_rows
from estimation.row_renderers import MOST_NUMBERED, SMALLEST_WIDTH_PX, draw_rows
from tests.grader.harness.report.samples import make_people, make_rows

RED = (40, 40, 255)
SHEET = np.full((300, 480, 3), 255, np.uint8)
COORDINATES = {
    "neck": [(100, 60, 1, 1), (300, 60, 1, 2)],
    "right_shoulder": [(60, 70, 1, 4), (260, 70, 1, 5)],
    "nose": [(100, 20, 1, 0)],
}
ROWS = make_rows(
    ("neck", 1, "right_shoulder", 4, 2.0), ("neck", 1, "right_shoulder", 5, 1.0), ("neck", 1, "nose", 0, 1.0)
)
PEOPLE = make_people(({"nose": 0, "neck": 1, "right_shoulder": 4}, 3))


def drawn(rows=ROWS, people=PEOPLE):
    canvas = draw_rows(SHEET, COORDINATES, explain_rows(rows, people), people, cell_px=1)
    return np.split(canvas, 2, axis=1)


def share(canvas, color):
    """Tell the share of pixels near a colour."""
    return (np.abs(canvas.astype(int) - color).max(axis=2) < 40).mean()


def test_small_pictures_are_enlarged():
    came, went = drawn()

    assert came.shape == went.shape == (600, SMALLEST_WIDTH_PX, 3)


def test_large_pictures_keep_their_size():
    large = np.zeros((100, 2000, 3), np.uint8)

    assert draw_rows(large, COORDINATES, [], PEOPLE[:0], cell_px=1).shape == (100, 4000, 3)


def test_rows_that_contradict_each_other_are_red():
    came, _ = drawn()
    alone, _ = drawn(ROWS[[0, 2]])

    assert share(came, RED) > 20 * share(alone, RED)


def test_dropped_rows_are_red_in_the_answer():
    _, went = drawn()
    _, without = drawn(ROWS[[0, 2]])

    assert share(went, RED) > share(without, RED) == 0


def test_people_have_colours_of_their_own():
    _, one = drawn()
    _, two = drawn(people=make_people(({"nose": 0, "neck": 1}, 1), ({"neck": 2, "right_shoulder": 5}, 1)))

    green, blue = (60, 180, 75), (200, 130, 0)
    assert share(one, green) > 0 == share(one, blue)
    assert share(two, green) > 0 < share(two, blue)


@pytest.mark.parametrize(("n_more", "is_numbered"), [(0, True), (MOST_NUMBERED, False)])
def test_numbers_stand_beside_few_rows(n_more, is_numbered):
    legs = [("left_hip", 50, "left_knee", 51 + k, 1.0) for k in range(n_more)]
    rows = make_rows(("neck", 1, "nose", 0, 1.0), *legs)
    coordinates = COORDINATES | {
        "left_hip": [(400, 200, 1, 50)],
        "left_knee": [(400, 250, 1, 51 + k) for k in range(n_more)],
    }
    explained = explain_rows(rows, PEOPLE[:0])

    canvas = draw_rows(SHEET, coordinates, explained, PEOPLE[:0], cell_px=1)

    around = canvas[60:110, 180:230]  # the middle of the row from the neck to the nose, twice enlarged
    assert bool(share(around, (255, 255, 255)) > 0.05) is is_numbered


def test_nobody_is_drawn_for_no_rows():
    canvas = draw_rows(SHEET, {}, [], np.empty((0, N_PARTS + 2)), cell_px=8)

    assert canvas.shape == (600, 2 * SMALLEST_WIDTH_PX, 3)


def test_an_id_without_a_place_is_left_out():
    people = PEOPLE.copy()
    people[0, BodyPart.left_ear] = 77

    assert np.array_equal(drawn(people=people)[1], drawn()[1])
