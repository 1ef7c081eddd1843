"""The door to the reference solution."""

import subprocess
import sys

import numpy as np
import pytest

from estimation.config import ABSENT, CELL_PX, BodyPart
from estimation.merge import merge
from estimation.networks import Maps
from grader.harness.lab_files import load_lab_files
from grader.labs.merge import reference
from grader.labs.merge.casemaking.picture_cases import IMAGES, MAPS, read_maps
from grader.labs.merge.lab import LAB
from tests.strategies import rows_of

NOSE, NECK, SHOULDER, ELBOW = BodyPart.nose, BodyPart.neck, BodyPart.right_shoulder, BodyPart.right_elbow


def test_answer_is_what_the_reference_merges():
    (case,) = [case for case in load_lab_files(LAB).cases if case.check == "many_people" and case.name == "4_people"]

    assert np.array_equal(reference.answer(case.rows), merge(case.rows))


@pytest.mark.parametrize(
    ("positional", "keywords", "n_people"),
    [((), {}, 0), ((2,), {}, 1), ((2, 5.0), {}, 0), ((), {"min_num_body_parts": 2, "min_score": 0.5}, 1)],
    ids=["defaults", "one by position", "two by position", "by keyword"],
)
def test_answer_passes_the_other_arguments_on(positional, keywords, n_people):
    rows = rows_of(({NOSE: 1, NECK: 2}, 2.0))

    assert len(reference.answer(rows, *positional, **keywords)) == n_people


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([], False),
        ([{NECK: 2, SHOULDER: 3}, {SHOULDER: 3, ELBOW: 5}], False),
        ([{NECK: 1, SHOULDER: 3}, {NECK: 2, SHOULDER: 4}], False),
        ([{NECK: 2, SHOULDER: 3}, {NECK: 2, SHOULDER: 4}], True),
        ([{NECK: 1, SHOULDER: 3}, {NECK: 2, SHOULDER: 4}, {SHOULDER: 3, ELBOW: 5}, {SHOULDER: 4, ELBOW: 5}], True),
        ([{NECK: 7, SHOULDER: 8}, {SHOULDER: 9, ELBOW: 7}], False),
    ],
    ids=["no rows", "chain", "two people", "two shoulders", "shown by a join", "same number in another slot"],
)
def test_has_conflicts_looks_at_all_rows_that_hang_together(rows, expected):
    given = rows_of(*((row, 1.0) for row in rows))

    assert reference.has_conflicts(given) is expected


def test_rows_of_maps_places_keypoints_in_pixels():
    heatmaps, pafs = np.zeros((6, 9, 19)), np.zeros((6, 9, 38))
    heatmaps[2, 1, NECK], heatmaps[2, 6, SHOULDER] = 0.9, 0.8
    pafs[2, :, 12] = 1.0

    rows, keypoints = reference.rows_of_maps(Maps(heatmaps, pafs))

    assert rows[0, [NECK, SHOULDER]].tolist() == [0, 1]
    assert (rows[0, :18] != ABSENT).sum() == 2
    assert rows[0, 18] == pytest.approx(2 * 0.9 + 0.8)
    assert keypoints == {0: (1.5 * CELL_PX - 0.5, 2.5 * CELL_PX - 0.5), 1: (6.5 * CELL_PX - 0.5, 2.5 * CELL_PX - 0.5)}


def test_rows_of_maps_without_peaks_are_none():
    rows, keypoints = reference.rows_of_maps(Maps(np.zeros((2, 2, 19)), np.zeros((2, 2, 38))))

    assert rows.shape == (0, 20)
    assert keypoints == {}


@pytest.mark.slow
@pytest.mark.parametrize("part", [NOSE, NECK], ids=["nose", "neck"])
def test_recorded_maps_show_the_person_whom_the_network_sees(part):
    recorded, maps = read_maps(MAPS / "1.npz"), reference.maps_of_picture(IMAGES / "1.jpg")

    # The maps were recorded with other weights; a wrong picture would be far off.
    cells = [np.unravel_index(all_[..., part].argmax(), all_.shape[:2]) for all_ in (recorded.heatmaps, maps.heatmaps)]
    assert np.abs(np.subtract(*cells)).max() <= 1


def test_importing_the_door_compiles_nothing():
    code = (
        "import sys, grader.labs.merge.reference\n"
        "print([m for m in ('numba', 'tensorflow', 'cv2', 'scipy') if m in sys.modules])"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"
