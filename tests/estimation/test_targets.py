import math

import numpy as np
import pytest

from estimation.config import LIMBS, N_HEATMAPS, N_PAFS, N_PARTS, BodyPart, get_default_configuration
from estimation.connections import get_connections
from estimation.coordinates import get_coordinates
from estimation.estimators import estimate
from estimation.targets import confidence_maps, part_affinity_fields

pytestmark = pytest.mark.xdist_group("numba")  # which then compiles once

NECK_TO_NOSE = next(limb for limb in LIMBS if limb.to_body_part is BodyPart.nose)
SHAPE = (6, 8)


def centre_px(cell):
    return (cell + 0.5) * 8 - 0.5


def persons(*parts_of_each):
    """Turn dicts of part to (x, y) into the two arrays that the functions take."""
    keypoints = np.full((len(parts_of_each), N_PARTS, 2), np.nan)
    for person, parts in enumerate(parts_of_each):
        for part, point in parts.items():
            keypoints[person, part] = point
    return keypoints, np.isfinite(keypoints).all(axis=-1)


def test_confidence_maps_peak_is_one_on_a_cell_centre():
    heatmaps = confidence_maps(*persons({BodyPart.nose: (centre_px(3), centre_px(2))}), SHAPE)

    assert heatmaps.shape == (6, 8, N_HEATMAPS)
    assert heatmaps.dtype == np.float32
    assert heatmaps[2, 3, BodyPart.nose] == 1
    assert np.flatnonzero(heatmaps[..., : BodyPart.background].any(axis=(0, 1))).tolist() == [BodyPart.nose]


def test_confidence_maps_fall_by_the_square_of_the_distance():
    heatmaps = confidence_maps(*persons({BodyPart.nose: (centre_px(3), centre_px(2))}), SHAPE, sigma_px=8)

    assert heatmaps[2, 4, BodyPart.nose] == pytest.approx(math.exp(-1))
    assert heatmaps[3, 4, BodyPart.nose] == pytest.approx(math.exp(-2))
    assert heatmaps[2, 5, BodyPart.nose] == pytest.approx(math.exp(-4))


def test_confidence_maps_take_the_maximum_of_persons():
    near, far = (centre_px(3), centre_px(2)), (centre_px(4), centre_px(2))

    heatmaps = confidence_maps(*persons({BodyPart.nose: near}, {BodyPart.nose: far}), SHAPE)

    assert heatmaps[2, 3, BodyPart.nose] == 1
    assert heatmaps[2, 4, BodyPart.nose] == 1


def test_confidence_maps_background_is_what_the_parts_leave():
    heatmaps = confidence_maps(*persons({BodyPart.nose: (20, 20), BodyPart.neck: (30, 30)}), SHAPE)

    expected = 1 - np.maximum(heatmaps[..., BodyPart.nose], heatmaps[..., BodyPart.neck])
    assert np.array_equal(heatmaps[..., BodyPart.background], expected)


def test_confidence_maps_of_nobody_are_background():
    heatmaps = confidence_maps(np.empty((0, N_PARTS, 2)), np.empty((0, N_PARTS), bool), SHAPE)

    assert (heatmaps[..., : BodyPart.background] == 0).all()
    assert (heatmaps[..., BodyPart.background] == 1).all()


def test_confidence_maps_of_a_point_outside_reach_into_the_picture():
    heatmaps = confidence_maps(*persons({BodyPart.nose: (centre_px(-1), centre_px(2))}), SHAPE, sigma_px=8)

    assert heatmaps[2, 0, BodyPart.nose] == pytest.approx(math.exp(-1))


def test_pafs_are_the_unit_vector_within_the_band():
    start, end = (centre_px(1), centre_px(3)), (centre_px(5), centre_px(3))
    pafs = part_affinity_fields(*persons({BodyPart.neck: start, BodyPart.nose: end}), SHAPE, limb_width_px=8)

    expected = np.zeros(SHAPE, np.float32)
    expected[2:5, 1:6] = 1  # one cell on each side of the line, both ends included
    assert pafs.shape == (6, 8, N_PAFS)
    assert pafs.dtype == np.float32
    assert np.array_equal(pafs[..., NECK_TO_NOSE.paf_dx_idx], expected)
    assert not pafs[..., NECK_TO_NOSE.paf_dy_idx].any()
    assert pafs.sum() == expected.sum()


def test_pafs_point_from_the_first_part_to_the_second():
    start, end = (centre_px(5), centre_px(5)), (centre_px(2), centre_px(1))
    pafs = part_affinity_fields(*persons({BodyPart.neck: start, BodyPart.nose: end}), SHAPE)

    assert pafs[5, 5, NECK_TO_NOSE.paf_dx_idx] == pytest.approx(-0.6)
    assert pafs[5, 5, NECK_TO_NOSE.paf_dy_idx] == pytest.approx(-0.8)


def test_pafs_are_averaged_where_limbs_of_one_type_overlap():
    middle = (centre_px(3), centre_px(3))
    right = {BodyPart.neck: middle, BodyPart.nose: (centre_px(6), centre_px(3))}
    down = {BodyPart.neck: middle, BodyPart.nose: (centre_px(3), centre_px(5))}

    pafs = part_affinity_fields(*persons(right, down), SHAPE, limb_width_px=4)

    assert pafs[3, 3, [NECK_TO_NOSE.paf_dx_idx, NECK_TO_NOSE.paf_dy_idx]].tolist() == [0.5, 0.5]
    assert pafs[3, 5, [NECK_TO_NOSE.paf_dx_idx, NECK_TO_NOSE.paf_dy_idx]].tolist() == [1, 0]
    assert pafs[5, 3, [NECK_TO_NOSE.paf_dx_idx, NECK_TO_NOSE.paf_dy_idx]].tolist() == [0, 1]


def test_pafs_skip_limbs_without_direction_or_second_end():
    point = (centre_px(3), centre_px(3))
    same = persons({BodyPart.neck: point, BodyPart.nose: point})
    alone = persons({BodyPart.neck: point})

    assert not part_affinity_fields(*same, SHAPE).any()
    assert not part_affinity_fields(*alone, SHAPE).any()


def test_pafs_overhang_covers_the_cells_of_a_tiny_limb():
    # Neither end lies on the near side of its cell's centre, so the paper's band holds no centre at all.
    start, end = (centre_px(3) + 1, centre_px(3)), (centre_px(3) + 3, centre_px(3))
    tiny = persons({BodyPart.neck: start, BodyPart.nose: end})

    assert not part_affinity_fields(*tiny, SHAPE, limb_width_px=4).any()
    assert part_affinity_fields(*tiny, SHAPE, limb_width_px=4, overhang_px=5.7)[3, 3, NECK_TO_NOSE.paf_dx_idx] == 1


def test_maps_of_a_person_group_back_to_that_person():
    rng = np.random.default_rng(5)
    cells = rng.permutation(20 * 20)[:N_PARTS]
    points = np.stack([centre_px(cells % 20 * 2), centre_px(cells // 20 * 2)], axis=-1)[None]
    labelled = np.ones((1, N_PARTS), bool)
    heatmaps = confidence_maps(points, labelled, (40, 40), sigma_px=4)
    pafs = part_affinity_fields(points, labelled, (40, 40))

    config = get_default_configuration()
    coordinates = get_coordinates(config, heatmaps)
    skeletons = estimate(config, get_connections(config, coordinates, pafs))

    assert skeletons.shape == (1, 20)
    assert skeletons[0, :18].tolist() == list(range(18))


BAD_KEYPOINTS = {
    "wrong parts": (np.zeros((2, 17, 2)), np.zeros((2, 17), bool), r"keypoints must have shape \(n_persons, 18, 2\)"),
    "not a stack": (np.zeros((18, 2)), np.zeros(18, bool), r"got \(18, 2\)"),
    "labels of other": (np.zeros((2, 18, 2)), np.zeros((1, 18), bool), r"labelled must have shape \(2, 18\)"),
    "NaN with a label": (
        np.full((1, 18, 2), np.nan),
        np.eye(1, 18, k=4, dtype=bool),
        r"finite; person 0 has right_wrist at \[nan, nan\]",
    ),
}


@pytest.mark.parametrize("function", [confidence_maps, part_affinity_fields], ids=lambda function: function.__name__)
@pytest.mark.parametrize(("keypoints", "labelled", "message"), BAD_KEYPOINTS.values(), ids=BAD_KEYPOINTS.keys())
def test_targets_refuse_bad_keypoints(function, keypoints, labelled, message):
    with pytest.raises(ValueError, match=message):
        function(keypoints, labelled, SHAPE)
