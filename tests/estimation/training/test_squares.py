import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from estimation.config import MIRRORED, N_PARTS
from estimation.training import squares
from estimation.training.dataset import load_examples
from estimation.training.photographs import decode
from estimation.training.squares import (
    LARGEST_PERSON_SQUARES,
    LARGEST_TURN_DEGREES,
    SMALLEST_PERSON_PX,
    BatchMaker,
    Room,
    draw_warp,
    make_batch,
)


@pytest.fixture(scope="module")
def photographs(tmp_path_factory, write_photos):
    images = {number: {"dataset": "lspet"} if number == 2 else {} for number in range(3)}
    return decode(load_examples(write_photos(tmp_path_factory.mktemp("photos"), images)).values())[0]


@pytest.fixture(scope="module")
def maker(photographs, tiny_recipe):
    return BatchMaker([[photograph] for photograph in photographs], tiny_recipe, seed=5)


def drawn_from(batch, photographs):
    """Say which photographs a batch holds, by their numbers."""
    return [
        next(index for index, photograph in enumerate(photographs) if np.array_equal(photograph.picture, picture))
        for picture in batch["pictures"]
    ]


def are_equal(batch, other):
    return set(batch) == set(other) and all(np.array_equal(array, other[name]) for name, array in batch.items())


def test_maker_needs_only_the_number_of_a_step(maker):
    first, last = maker(0), maker(7)

    assert (first["pictures"].shape, first["grid"].shape) == ((2, 64, 64, 3), (64,))
    assert (last["pictures"].shape, last["grid"].shape) == ((3, 64, 64, 3), (32,))
    assert are_equal(maker(0), first)
    assert not are_equal(maker(1), first)
    assert not are_equal(replace(maker, seed=6)(0), first)
    assert {array.dtype.name for name, array in first.items() if name != "pictures"} == {"float32"}


def test_maker_tells_the_weights_of_the_step(maker):
    batch = maker(4)

    assert batch["emphasis"] == maker.recipe.emphasis_at(4)
    assert batch["hint"] == np.float32(maker.recipe.hint_at(4))


@pytest.mark.parametrize(
    ("empty", "shares"),
    [((), [0.2, 0.5, 0.3]), ((0,), [0, 0.625, 0.375]), ((1,), [0.4, 0, 0.6]), ((1, 2), [1, 0, 0])],
    ids=["all", "nothing rendered", "nobody complete", "no photographs"],
)
def test_maker_draws_from_pools_by_their_shares(maker, photographs, empty, shares):
    make = replace(maker, pools=[[] if index in empty else [one] for index, one in enumerate(photographs)])

    drawn = [number for seed in range(1000) for number in drawn_from(replace(make, seed=seed)(0), photographs)]

    np.testing.assert_allclose(np.bincount(drawn, minlength=3) / len(drawn), shares, atol=0.03)


def test_maker_trusts_what_is_rendered_mixes_labels_and_takes_the_teachers_word_for_a_crowds(maker, photographs):
    found = set()
    for seed in range(30):
        batch = replace(maker, seed=seed)(0)
        found |= set(zip(drawn_from(batch, photographs), batch["shares"].tolist(), strict=True))

    assert found == {(0, 0.0), (1, 0.5), (2, 1.0)}


@pytest.mark.parametrize(
    ("wanted", "shares", "message"),
    [
        ((), (0.2, 0.5, 0.3), r"pools of \[0, 0, 0\] pictures, and shares .*\[0.2, 0.5, 0.3\]. Name photog"),
        ((1,), (1.0, 0.0, 0.0), r"pools of \[0, 1, 0\] pictures, and shares .*\[1.0, 0.0, 0.0\]"),
    ],
    ids=["no pictures", "only such as nobody wants"],
)
def test_maker_refuses_to_make_batches_of_nothing(maker, photographs, wanted, shares, message):
    pools = [[one] if index in wanted else [] for index, one in enumerate(photographs)]
    with pytest.raises(ValueError, match=message):
        replace(maker, pools=pools, recipe=replace(maker.recipe, shares=shares))


def test_points_move_with_the_picture(photographs):
    photograph = photographs[0]
    (batch,) = [make_batch([photograph], [0.5], 96, np.random.default_rng(3), Room.of(photographs))]

    labelled = batch["labelled"][0, 0] > 0
    back = batch["points"][0, 0] @ batch["warps"][0, :, :2].T + batch["warps"][0, :, 2]
    is_flipped = np.linalg.det(batch["warps"][0, :, :2]) < 0
    parts = list(MIRRORED[:N_PARTS]) if is_flipped else list(range(N_PARTS))
    assert np.array_equal(labelled, photograph.example.labelled[0, parts])
    np.testing.assert_allclose(back[labelled], photograph.example.keypoints[0, parts][labelled], atol=1e-3)


def test_mirrored_people_change_sides(photographs):
    flips = set()
    for seed in range(12):
        batch = make_batch(photographs[:1], [0.5], 96, np.random.default_rng(seed), Room.of(photographs))
        is_flipped = bool(np.linalg.det(batch["warps"][0, :, :2]) < 0)
        shoulders = batch["points"][0, 0, [2, 5], 0] @ [1, -1]  # right minus left: they face us, turned or not
        assert shoulders < 0, seed
        flips.add(is_flipped)

    assert flips == {True, False}


def test_room_is_that_of_the_largest(photographs):
    crowd = replace(photographs[1].example, ignored_boxes=np.zeros((3, 4), np.float32))

    room = Room.of([photographs[0], replace(photographs[1], example=crowd)])

    assert room == (64, 1, 3)


def test_boxes_are_wider_than_people_and_the_rest_hold_nothing(photographs):
    batch = make_batch(photographs[:1], [0.5], 96, np.random.default_rng(0), Room(64, 2, 1))

    np.testing.assert_allclose(batch["boxes"][0, 0], (17.6, 2.6, 46.4, 67.4), atol=1e-4)  # of (20, 8, 24, 54)
    assert (batch["boxes"][0, 1] < -1000).all()
    assert (batch["ignored"] < -1000).all()


@pytest.fixture
def warps(photographs):
    """Give the function that draws 1000 warps of a picture with one person into squares of 192 px."""

    def draw(picture_shape, box):
        example = replace(photographs[0].example, boxes=np.array([box], np.float32))
        drawn = [draw_warp(example, picture_shape, 192, np.random.default_rng(i)) for i in range(1000)]
        matrices, is_flipped = (np.array(values) for values in zip(*drawn, strict=True))
        return matrices.astype(np.float64), is_flipped, np.sqrt(np.abs(np.linalg.det(matrices[:, :, :2])))

    return draw


LARGE, PERSON = (1500, 2000), (700, 500, 250, 400)


def test_warp_turns_by_forty_degrees_at_most(warps):
    matrices, is_flipped, scales = warps(LARGE, PERSON)

    angles = np.degrees(np.arctan2(-matrices[:, 0, 1], matrices[:, 1, 1]))
    assert np.abs(angles).max() == pytest.approx(LARGEST_TURN_DEGREES, abs=0.01)
    assert np.array_equal(is_flipped, np.linalg.det(matrices[:, :, :2]) < 0)
    assert 450 < is_flipped.sum() < 550
    # Nothing is stretched or sheared: both columns are as long as the scale.
    np.testing.assert_allclose(np.linalg.norm(matrices[:, :, :2], axis=1), scales[:, None].repeat(2, axis=1), rtol=1e-4)


def test_warp_makes_persons_small_and_large(warps):
    _, _, scales = warps(LARGE, PERSON)

    heights_px = 400 * scales
    assert SMALLEST_PERSON_PX < heights_px.min() < 50
    assert 250 < heights_px.max() < LARGEST_PERSON_SQUARES * 192 + 0.1


@pytest.mark.parametrize(
    ("side", "least", "most"),
    [(400, 0.9 * 192 / 400, 2.5), (60, 0.9 * 192 / 60, 0.9 * 192 / 60)],
    ids=["small", "smaller than the square"],
)
def test_warp_enlarges_no_more_than_it_must(warps, side, least, most):
    _, _, scales = warps((side, side), (20, 20, 20, 30))

    assert scales.min() > least - 1e-3
    assert scales.max() == pytest.approx(most, abs=1e-3)


@pytest.mark.parametrize("picture_shape", [(300, 400), (64, 500), LARGE], ids=["small", "flat", "large"])
def test_warp_stays_on_the_picture_but_for_a_margin(warps, picture_shape):
    height, width = picture_shape
    matrices, _, scales = warps(picture_shape, (width - 12, height - 22, 10, 20))

    for matrix, scale in zip(matrices, scales, strict=True):
        x, y = np.linalg.solve(matrix[:, :2], (96, 96) - matrix[:, 2])
        reach = 0.4 * 192 / scale - 0.1
        assert reach < x < width - reach
        assert reach < y < height - reach


def test_colours_grey_blur_and_patches_are_drawn_for_some():
    drawn = squares.draw_colours(2000, 256, np.random.default_rng(0))

    grey, blur = drawn["colours"][:, 6], drawn["colours"][:, 7]
    assert set(grey.tolist()) == {0.0, 1.0}
    assert 0.05 < grey.mean() < 0.11
    assert 0.15 < (blur > 0).mean() < 0.25
    sizes = drawn["cutouts"][:, 2:] - drawn["cutouts"][:, :2]
    is_covered = sizes.any(axis=1)
    assert 0.2 < is_covered.mean() < 0.3
    assert 0.08 * 256 < sizes[is_covered].min() < sizes.max() < 0.3 * 256 + 0.1


def test_choosing_squares_starts_no_keras():
    source = "import sys, estimation.training.train\nprint({'keras', 'tensorflow', 'jax'} & set(sys.modules))"

    done = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True, check=True)

    assert done.stdout == "set()\n"
