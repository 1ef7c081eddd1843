import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from estimation.config import BodyPart
from estimation.keypoints import as_keypoints, cells_to_px, px_to_cells, skeletons_to_keypoints

NOSES = {"nose": [(0.0, 1.0, 0.5, 0), (3.0, 2.0, 0.75, 1)], "neck": [(2.0, 4.0, 0.25, 2)]}


def row(**ids: int) -> list[float]:
    slots = [float(ids.get(part.name, -1)) for part in BodyPart][:18]
    return [*slots, 1.0, float(len(ids))]


@pytest.mark.parametrize(
    ("cell", "cell_px", "px"),
    [(0, 8, 3.5), (1, 8, 11.5), (-0.5, 8, -0.5), (7, 1, 7), (2, 4, 9.5)],
    ids=["first cell", "second cell", "picture edge", "cell is a pixel", "other size"],
)
def test_cells_to_px_gives_the_centre(cell, cell_px, px):
    assert cells_to_px(cell, cell_px=cell_px) == px
    assert px_to_cells(px, cell_px=cell_px) == cell


@given(st.lists(st.floats(-1e4, 1e4), max_size=20), st.sampled_from([1, 2, 4, 8, 16]))
def test_cells_to_px_can_be_undone(cells, cell_px):
    px = cells_to_px(cells, cell_px=cell_px)
    np.testing.assert_allclose(px_to_cells(px, cell_px=cell_px), cells, atol=1e-8)


def test_skeletons_to_keypoints_finds_position_and_score():
    keypoints, scores = skeletons_to_keypoints([row(nose=1, neck=2), row(nose=0)], NOSES)
    assert keypoints.shape == (2, 18, 2)
    assert keypoints[0, BodyPart.nose].tolist() == [27.5, 19.5]
    assert keypoints[0, BodyPart.neck].tolist() == [19.5, 35.5]
    assert keypoints[1, BodyPart.nose].tolist() == [3.5, 11.5]
    assert scores[:, :2].tolist() == [[0.75, 0.25], [0.5, 0.0]]


def test_skeletons_to_keypoints_leaves_absent_parts_nan():
    keypoints, scores = skeletons_to_keypoints([row(nose=0)], NOSES)
    assert np.isnan(keypoints[0, 1:]).all()
    assert not scores[0, 1:].any()


@pytest.mark.parametrize("nobody", [[], np.empty((0, 20)), np.empty(0)], ids=["list", "no rows", "flat"])
def test_skeletons_to_keypoints_takes_nobody(nobody):
    keypoints, scores = skeletons_to_keypoints(nobody, {})
    assert keypoints.shape == (0, 18, 2)
    assert scores.shape == (0, 18)


def test_skeletons_to_keypoints_reads_the_slots_that_it_is_told():
    rows = [[2.0, 0.0, *[-1.0] * 16, 1.0, 2.0]]
    keypoints, _ = skeletons_to_keypoints(rows, NOSES, part_names=["neck", "nose"])
    assert keypoints.tolist() == [[[19.5, 35.5], [3.5, 11.5]]]


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (np.zeros((3, 18)), r"shape \(n, 20\); got \(3, 18\)"),
        (np.zeros(20), r"shape \(n, 20\); got \(20,\)"),
        ([row(nose=2)], r"Skeleton 0 names the nose with id 2, .* 'nose' hold the ids \[0, 1\]"),
        ([row(nose=0), row(left_ear=1)], r"Skeleton 1 names the left_ear with id 1, .* \[\]"),
        ([[0.5, *row()[1:]]], "nose with id 0.5"),
        ([[np.nan, *row()[1:]]], "nose with id nan"),
        ([[-2.0, *row()[1:]]], "nose with id -2"),
    ],
    ids=["18 columns", "one row flat", "id of another part", "part without keypoints", "fraction", "nan", "below -1"],
)
def test_skeletons_to_keypoints_refuses_bad_rows(rows, message):
    with pytest.raises(ValueError, match=message):
        skeletons_to_keypoints(rows, NOSES)


def test_as_keypoints_takes_nobody():
    assert as_keypoints([], "found").shape == (0, 18, 2)


@pytest.mark.parametrize(
    ("shape", "ndim", "message"),
    [
        ((2, 17, 2), None, r"found must have the shape \(..., 18, 2\).*got \(2, 17, 2\)"),
        ((18, 2), 3, r"found must have the shape \(n, 18, 2\).*got \(18, 2\)"),
        ((2, 18, 3), 3, r"got \(2, 18, 3\). skeletons_to_keypoints\(\) makes such"),
    ],
    ids=["17 parts", "one person", "with scores"],
)
def test_as_keypoints_refuses_other_shapes(shape, ndim, message):
    with pytest.raises(ValueError, match=message):
        as_keypoints(np.zeros(shape), "found", ndim=ndim)
