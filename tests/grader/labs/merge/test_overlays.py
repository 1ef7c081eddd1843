"""Skeletons over pictures."""

import subprocess
import sys

import cv2
import numpy as np
import pytest

from estimation.pictures import write_picture
from grader.labs.merge.overlays import MAX_SIDE_PX, Overlay, draw_overlay
from tests.grader.harness.report.samples import make_people

GREY = 128


@pytest.fixture
def picture(tmp_path):
    path = tmp_path / "grey.png"
    write_picture(path, np.full((1000, 1400, 3), GREY, dtype=np.uint8))
    return path


def overlay(expected, answer):
    return Overlay("grey.png", {0: (700.0, 200.0), 1: (700.0, 600.0)}, expected, answer, 0.5, 1.0)


def read(jpeg):
    return cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)


WHOLE = make_people(({"nose": 0, "neck": 1}, 1))


def test_overlay_draws_the_skeletons_asked_for(picture):
    both = overlay(WHOLE, make_people())
    expected, answer = (read(draw_overlay(picture, both, which)) for which in ("expected", "answer"))

    # The limb's middle: coloured for the reference, grey where nobody was found.
    row, column = 160, 280
    assert np.ptp(expected[row, column].astype(int)) > 60
    assert np.ptp(answer[row, column].astype(int)) < 20


def test_overlay_is_shrunk_to_its_largest_side(picture):
    assert read(draw_overlay(picture, overlay(WHOLE, WHOLE), "answer")).shape == (400, MAX_SIDE_PX, 3)


def test_overlay_leaves_out_ids_without_a_place(picture):
    invented = make_people(({"nose": 0, "neck": 99}, 1))

    assert draw_overlay(picture, overlay(WHOLE, invented), "answer") is not None


def test_overlay_without_its_picture_is_none(tmp_path):
    assert draw_overlay(tmp_path / "missing.jpg", overlay(WHOLE, WHOLE), "answer") is None


def test_overlay_keeps_the_colours_of_the_picture(tmp_path):
    path = tmp_path / "red.png"
    write_picture(path, np.full((40, 40, 3), (250, 10, 20), dtype=np.uint8))
    empty = Overlay("red.png", {}, make_people(), make_people(), 0, 0)

    blue, green, red = read(draw_overlay(path, empty, "answer"))[20, 20]

    assert (red > 230, green < 40, blue < 50) == (True, True, True)


def test_report_modules_import_neither_opencv_nor_jinja():
    code = (
        "import sys, grader.harness.report.html, grader.harness.report.gradescope, grader.harness.report.text\n"
        "print(sorted({'cv2', 'jinja2', 'numba'} & set(sys.modules)))"
    )

    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"
