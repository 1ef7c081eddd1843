from dataclasses import replace

import numpy as np
import pytest

from estimation.config import LIMBS, MIRRORED, N_HEATMAPS, N_PAFS, N_PARTS, BodyPart
from estimation.pictures import write_picture
from estimation.training import augmentation
from estimation.training.augmentation import (
    LARGEST_PERSON_SQUARES,
    LARGEST_TURN_DEGREES,
    SMALLEST_PERSON_PX,
    training_pair,
)
from estimation.training.cutouts import Cutout
from estimation.training.dataset import Example

pytestmark = pytest.mark.xdist_group("numba")  # which then compiles once

HEATMAPS = slice(N_PAFS, N_PAFS + N_HEATMAPS)
WEIGHTS = slice(N_PAFS + N_HEATMAPS, None)
NOBODY = np.empty((0, 4), np.float32)

# In a picture 128 px square; no number is half a cell, where rounding would decide.
STANDING = {
    BodyPart.nose: (61.3, 20.1),
    BodyPart.left_eye: (65.2, 16.4),
    BodyPart.neck: (60.2, 41.7),
    BodyPart.right_shoulder: (46.1, 42.6),
    BodyPart.left_shoulder: (75.4, 41.2),
    BodyPart.left_elbow: (90.3, 60.9),
    BodyPart.left_wrist: (99.2, 35.3),
    BodyPart.right_hip: (52.7, 80.4),
    BodyPart.right_knee: (41.9, 101.3),
}
BOX = (40.0, 12.0, 62.0, 96.0)


def parts(points):
    keypoints, labelled = np.zeros((N_PARTS, 2), np.float32), np.zeros(N_PARTS, bool)
    for part, point in points.items():
        keypoints[part], labelled[part] = point, True
    return keypoints, labelled


@pytest.fixture
def standing(tmp_path):
    """Give an example of one person, red on the picture's left and blue on its right."""
    picture = np.zeros((128, 128, 3), np.uint8)
    picture[:, :60, 0] = picture[:, 60:, 2] = 200
    write_picture(tmp_path / "one.png", picture)
    keypoints, labelled = parts(STANDING)
    return Example(
        path=tmp_path / "one.png",
        keypoints=keypoints[None],
        labelled=labelled[None],
        boxes=np.array([BOX], np.float32),
        areas=np.array([3000.0]),
        head_sizes_px=np.array([np.nan]),
        head_boxes=np.full((1, 4), np.nan, np.float32),
        head_points=np.full((1, 2, 2), np.nan, np.float32),
        ignored_boxes=NOBODY,
        is_complete=True,
        has_faces=True,
    )


def without_people(example, **changes):
    empty = {name: getattr(example, name)[:0] for name in ("keypoints", "labelled", "boxes", "areas", "head_sizes_px")}
    return replace(example, **empty, **changes)


@pytest.fixture
def cutout():
    """Give a black person, but for a white spot at the right wrist."""
    keypoints, labelled = parts({BodyPart.right_wrist: (21.4, 48.8)})
    mask = np.full((128, 96), 255, np.uint8)
    return Cutout(spot(mask.shape, keypoints[BodyPart.right_wrist], sigma_px=5), mask, keypoints, labelled)


def spot(shape, point, sigma_px):
    """Draw a white spot, soft enough to be found again to a fraction of a pixel."""
    rows, columns = np.indices(shape)
    squared = (columns - point[0]) ** 2 + (rows - point[1]) ** 2
    light = 255 * np.exp(-squared / (2 * sigma_px**2))
    return np.repeat(np.round(light)[..., None], 3, axis=-1).astype(np.uint8)


def find_spot(picture, near, reach_px=24):
    """Find the middle (x, y) of the light around a point."""
    light = picture.mean(axis=-1)
    rows, columns = np.indices(light.shape)
    light[np.hypot(columns - near[0], rows - near[1]) > reach_px] = 0
    return np.array([(columns * light).sum(), (rows * light).sum()]) / light.sum()


@pytest.fixture
def place(monkeypatch):
    """Give the function that decides where the next squares are cut."""

    def decide(warp, *, is_flipped):
        monkeypatch.setattr(augmentation, "_random_warp", lambda *_: (np.array(warp, np.float32), is_flipped))

    return decide


def test_training_pair_is_the_same_for_the_same_seed(standing, cutout):
    first, again, other = (training_pair(standing, 64, np.random.default_rng(seed), [cutout]) for seed in (3, 3, 4))

    assert (first[0].shape, first[0].dtype) == ((64, 64, 3), np.uint8)
    assert (first[1].shape, first[1].dtype) == ((8, 8, 114), np.float32)
    assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))
    assert not np.array_equal(first[0], other[0])


def test_training_pair_keeps_sides_the_persons_own(standing):
    sides = set()
    for seed in range(12):
        square, targets = training_pair(standing, 128, np.random.default_rng(seed))
        cells = [
            np.unravel_index(targets[..., N_PAFS + part].argmax(), (16, 16))
            for part in (BodyPart.right_shoulder, BodyPart.left_shoulder)
        ]
        (row, column), (_, other_column) = cells
        red, _, blue = square[row * 8 + 4, column * 8 + 4].astype(int)
        sides.add((bool(red > blue), bool(column < other_column)))

    # Mirrored or not, the person's right is left of their left: the parts change with the sides.
    assert sides == {(True, True), (False, True)}


def test_training_pair_mirrors_the_maps_with_the_picture(standing, place):
    place([(1, 0, 0), (0, 1, 0)], is_flipped=False)
    _, plain = training_pair(standing, 128, np.random.default_rng(0))
    place([(-1, 0, 127), (0, 1, 0)], is_flipped=True)
    _, mirrored = training_pair(standing, 128, np.random.default_rng(0))

    for part in BodyPart:
        expected = plain[:, ::-1, N_PAFS + MIRRORED[part]]
        np.testing.assert_allclose(mirrored[..., N_PAFS + part], expected, atol=1e-5, err_msg=part.name)
    pairs = {(limb.from_body_part, limb.to_body_part): limb for limb in LIMBS}
    for (start, end), limb in pairs.items():
        twin = pairs[MIRRORED[start], MIRRORED[end]]
        np.testing.assert_allclose(mirrored[..., limb.paf_dx_idx], -plain[:, ::-1, twin.paf_dx_idx], atol=1e-5)
        np.testing.assert_allclose(mirrored[..., limb.paf_dy_idx], plain[:, ::-1, twin.paf_dy_idx], atol=1e-5)
    assert mirrored[..., :N_PAFS].any()


def test_training_pair_lays_no_weight_on_ignored_persons(standing):
    example = without_people(standing, ignored_boxes=np.array([(0, 0, 128, 128)], np.float32))

    _, targets = training_pair(example, 64, np.random.default_rng(0))

    assert not targets[4, 4, WEIGHTS].any()


def test_training_pair_trusts_complete_pictures_everywhere(standing):
    _, targets = training_pair(standing, 64, np.random.default_rng(0))

    assert (targets[..., WEIGHTS] == 1).all()


def test_training_pair_trusts_only_boxes_when_others_are_unlabelled(standing, place):
    place([(1, 0, 0), (0, 1, 0)], is_flipped=False)
    example = replace(standing, is_complete=False, boxes=np.array([(64, 32, 20, 40)], np.float32))

    _, targets = training_pair(example, 128, np.random.default_rng(0))

    expected = np.zeros((16, 16))
    expected[3:10, 7:11] = 1  # 28 to 76 px from the top and 62 to 86 px from the left, to the nearest cell centre
    for channel in (0, N_PAFS, 113 - N_PAFS - N_HEATMAPS):
        assert np.array_equal(targets[..., WEIGHTS][..., channel], expected)


def test_training_pair_does_not_teach_missing_faces(standing):
    _, targets = training_pair(replace(standing, has_faces=False), 64, np.random.default_rng(0))

    is_taught = targets[..., WEIGHTS].any(axis=(0, 1))
    unknown = {BodyPart(channel).name for channel in np.flatnonzero(~is_taught[N_PAFS:])}
    assert unknown == {"nose", "right_eye", "left_eye", "right_ear", "left_ear", "background"}
    assert (~is_taught[:N_PAFS]).sum() == 2 * 7  # the seven limbs that end in the face


def test_training_pair_teaches_pasted_persons_also_where_others_are_unlabelled(standing, cutout, monkeypatch):
    monkeypatch.setattr(augmentation, "PASTED_SHARE", 1.0)
    labelled = np.ones(N_PARTS, bool)
    keypoints = np.random.default_rng(0).uniform(30, 60, (N_PARTS, 2)).astype(np.float32)
    person = replace(cutout, keypoints=keypoints, labelled=labelled)
    example = without_people(standing, is_complete=False)

    _, alone = training_pair(example, 128, np.random.default_rng(2))
    _, pasted = training_pair(example, 128, np.random.default_rng(2), [person])

    assert not alone[..., WEIGHTS].any()
    is_there = pasted[..., HEATMAPS][..., :N_PARTS] > 0.4
    assert (is_there.sum(axis=(0, 1)) > 0).all()
    assert (pasted[..., WEIGHTS][..., N_PAFS : N_PAFS + N_PARTS][is_there] == 1).all()
    assert not pasted[..., WEIGHTS].all()


def test_pasted_persons_keep_their_points_and_sides(cutout):
    black = np.zeros((192, 192, 3), np.uint8)
    sides = set()
    for seed in range(20):
        square, points, labelled = augmentation._pasted(black, cutout, np.random.default_rng(seed))
        (part,) = np.flatnonzero(labelled)
        sides.add(BodyPart(part))
        if (points[part] > 25).all() and (points[part] < 167).all():
            assert np.abs(find_spot(square, points[part]) - points[part]).max() < 0.2

    assert sides == {BodyPart.right_wrist, BodyPart.left_wrist}


def test_pasted_persons_cover_only_what_their_mask_does(cutout):
    mask = np.zeros_like(cutout.mask)
    mask[40:80, 30:60] = 255
    white = np.full((192, 192, 3), 255, np.uint8)

    square, *_ = augmentation._pasted(white, replace(cutout, mask=mask), np.random.default_rng(0))

    covered = np.argwhere(square.mean(axis=-1) < 250)
    height, width = covered.max(axis=0) - covered.min(axis=0)
    assert height == pytest.approx(width * 40 / 30, abs=2.5)
    assert 0 < len(covered) < 0.2 * 192**2


@pytest.mark.parametrize("shape", [(401, 523), (600, 800), (907, 1201)], ids=["by half", "by a third", "by four"])
@pytest.mark.parametrize("angle", [0, 25], ids=["upright", "turned"])
def test_warped_content_stays_on_its_keypoints(shape, angle):
    scale, size_px = 230 / shape[0], 256
    point = np.array([shape[1] * 0.55, shape[0] * 0.45])
    c, s = scale * np.cos(np.radians(angle)), scale * np.sin(np.radians(angle))
    turn = np.array([(c, -s), (s, c)])
    warp = np.column_stack([turn, (131, 120) - turn @ point]).astype(np.float32)
    assert scale < 0.6  # the way of large pictures

    square = augmentation._warped(spot(shape, point, sigma_px=3 / scale), warp, size_px, np.random.default_rng(0))

    moved = augmentation._moved(point.astype(np.float32), warp)
    assert np.abs(find_spot(square, moved) - moved).max() < 0.1


@pytest.fixture
def warps(standing):
    """Give the function that draws 1000 warps of a picture with one person into squares of 192 px."""

    def draw(picture_shape, box):
        example = replace(standing, boxes=np.array([box], np.float32))
        drawn = [augmentation._random_warp(example, picture_shape, 192, np.random.default_rng(i)) for i in range(1000)]
        matrices, is_flipped = (np.array(values) for values in zip(*drawn, strict=True))
        return matrices.astype(np.float64), is_flipped, np.sqrt(np.abs(np.linalg.det(matrices[:, :, :2])))

    return draw


LARGE, PERSON = (1500, 2000), (700, 500, 250, 400)


def test_random_warp_turns_by_forty_degrees_at_most(warps):
    matrices, is_flipped, scales = warps(LARGE, PERSON)

    angles = np.degrees(np.arctan2(-matrices[:, 0, 1], matrices[:, 1, 1]))
    assert np.abs(angles).max() == pytest.approx(LARGEST_TURN_DEGREES, abs=0.01)
    assert np.array_equal(is_flipped, np.linalg.det(matrices[:, :, :2]) < 0)
    assert 450 < is_flipped.sum() < 550
    # Nothing is stretched or sheared: both columns are as long as the scale.
    np.testing.assert_allclose(np.linalg.norm(matrices[:, :, :2], axis=1), scales[:, None].repeat(2, axis=1), rtol=1e-4)


def test_random_warp_makes_persons_small_and_large(warps):
    _, _, scales = warps(LARGE, PERSON)

    heights_px = 400 * scales
    assert SMALLEST_PERSON_PX < heights_px.min() < 50
    assert 250 < heights_px.max() < LARGEST_PERSON_SQUARES * 192 + 0.1


@pytest.mark.parametrize(
    ("side", "least", "most"),
    [(400, 0.9 * 192 / 400, 2.5), (60, 0.9 * 192 / 60, 0.9 * 192 / 60)],
    ids=["small", "smaller than the square"],
)
def test_random_warp_enlarges_no_more_than_it_must(warps, side, least, most):
    _, _, scales = warps((side, side), (20, 20, 20, 30))

    assert scales.min() > least - 1e-3
    assert scales.max() == pytest.approx(most, abs=1e-3)


@pytest.mark.parametrize("picture_shape", [(300, 400), (64, 500), LARGE], ids=["small", "flat", "large"])
def test_random_warp_stays_on_the_picture_but_for_a_margin(warps, picture_shape):
    height, width = picture_shape
    matrices, _, scales = warps(picture_shape, (width - 12, height - 22, 10, 20))

    for matrix, scale in zip(matrices, scales, strict=True):
        x, y = np.linalg.solve(matrix[:, :2], (96, 96) - matrix[:, 2])
        reach = 0.4 * 192 / scale - 0.1
        assert reach < x < width - reach
        assert reach < y < height - reach


def test_recoloured_pictures_keep_their_colours():
    red = np.full((32, 32, 3), (200, 60, 60), np.uint8)
    seen = set()
    for seed in range(80):
        picture = augmentation._recoloured(red, np.random.default_rng(seed))
        assert (picture.shape, picture.dtype) == (red.shape, np.uint8)
        means = picture.mean(axis=(0, 1))
        seen.add(means.max() - means.min() < 3)
        assert means[0] >= max(*(means[1:] - 3), 40)

    assert seen == {True, False}  # some are grey
    assert (red == (200, 60, 60)).all()


def test_cut_out_covers_a_rectangle_with_one_colour():
    for seed in range(10):
        picture = np.random.default_rng(99).integers(0, 256, (100, 100, 3)).astype(np.uint8)
        before = picture.copy()
        augmentation._cut_out(picture, np.random.default_rng(seed))

        rows, columns = np.nonzero((picture != before).any(axis=-1))
        window = np.s_[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
        height, width, _ = picture[window].shape
        assert len(np.unique(picture[window].reshape(-1, 3), axis=0)) == 1
        assert 8 <= height <= 30
        assert 8 <= width <= 30
