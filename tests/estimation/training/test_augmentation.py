import numpy as np
import pytest

from tests.estimation.late import Late

augmentation = Late("estimation.training.augmentation")

pytestmark = pytest.mark.xdist_group("tensorflow")  # which then starts once


def spot(shape, point, sigma_px):
    """Draw a white spot, soft enough to be found again to a fraction of a pixel."""
    rows, columns = np.indices(shape)
    squared = (columns - point[0]) ** 2 + (rows - point[1]) ** 2
    light = 255 * np.exp(-squared / (2 * sigma_px**2))
    return np.repeat(np.round(light)[..., None], 3, axis=-1).astype(np.uint8)


def batch_of(pictures, warps, size_px, sides=None, frame=0.0):
    height, width = pictures[0].shape[:2]
    return {
        "pictures": np.stack(pictures),
        "sides": np.array([sides or (width, height)] * len(pictures), np.float32),
        "warps": np.array(warps, np.float32),
        "frames": np.full((len(pictures), 3), frame, np.float32),
        "grid": np.arange(size_px, dtype=np.float32),
    }


AS_IT_IS = ((1, 0, 0), (0, 1, 0))


def test_a_square_that_nothing_moves_is_the_picture():
    pictures = [np.random.default_rng(seed).integers(0, 256, (32, 32, 3)).astype(np.uint8) for seed in (0, 1)]

    squares = augmentation.warp_squares(batch_of(pictures, [AS_IT_IS] * 2, 32))

    np.testing.assert_allclose(np.asarray(squares) * 255, pictures, atol=1e-3)


@pytest.mark.parametrize("angle", [0, 25], ids=["upright", "turned"])
@pytest.mark.parametrize("is_flipped", [False, True], ids=["plain", "mirrored"])
def test_content_stays_on_its_keypoints(angle, is_flipped):
    scale, size_px, point, place = 1.7, 128, np.array([40.3, 52.8]), np.array([61.0, 70.5])
    c, s = scale * np.cos(np.radians(angle)), scale * np.sin(np.radians(angle))
    turn = np.array([(-c if is_flipped else c, -s), (-s if is_flipped else s, c)])
    back = np.linalg.inv(turn)
    warp = np.column_stack([back, point - back @ place])

    square = np.asarray(augmentation.warp_squares(batch_of([spot((90, 80), point, 3)], [warp], size_px)))[0, ..., 0]

    rows, columns = np.indices(square.shape)
    found = np.array([(columns * square).sum(), (rows * square).sum()]) / square.sum()
    np.testing.assert_allclose(found, place, atol=0.05)


def test_around_a_picture_is_the_colour_of_its_frame():
    white = np.full((32, 32, 3), 255, np.uint8)
    warp = ((1, 0, -8), (0, 1, 0))  # the square begins 8 px left of the picture, of which 20 x 24 px count

    square = np.asarray(augmentation.warp_squares(batch_of([white], [warp], 32, sides=(20, 24), frame=0.25)))[0]

    assert np.all(square[:24, 8:28] == 1)
    assert np.all(square[:, :8] == 0.25)
    assert np.all(square[:, 28:] == 0.25)
    assert np.all(square[24:] == 0.25)


def colours_of(n=1, **changes):
    numbers = {"gamma": 1, "contrast": 1, "light": 0, "red": 1, "green": 1, "blue": 1, "grey": 0, "blur": 0} | changes
    return {
        "colours": np.array([list(numbers.values())] * n, np.float32),
        "cutouts": np.zeros((n, 4), np.float32),
        "patches": np.full((n, 3), 0.5, np.float32),
        "grid": np.arange(16, dtype=np.float32),
    }


SQUARE = np.random.default_rng(2).uniform(0.2, 0.8, (1, 16, 16, 3)).astype(np.float32)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, SQUARE),
        ({"gamma": 2}, SQUARE**2),
        ({"contrast": 0.5}, 0.5 * SQUARE + 0.25),
        ({"light": 0.1}, SQUARE + np.float32(0.1)),
        ({"red": 0.5}, SQUARE * np.array([0.5, 1, 1])),
        ({"grey": 1}, (SQUARE @ [0.299, 0.587, 0.114])[..., None].repeat(3, axis=-1)),
        ({"light": 5}, np.ones_like(SQUARE)),
    ],
    ids=["nothing", "gamma", "contrast", "light", "red", "grey", "bounds"],
)
def test_colours_change_as_they_are_told(changes, expected):
    np.testing.assert_allclose(augmentation.colour_squares(SQUARE, colours_of(**changes)), expected, atol=1e-5)


def test_blur_mixes_neighbours():
    dot = np.zeros((1, 16, 16, 3), np.float32)
    dot[0, 5, 9] = 1

    soft = np.asarray(augmentation.colour_squares(dot, colours_of(blur=1)))[0, ..., 0]

    np.testing.assert_allclose(soft[4:7, 8:11], np.outer([1, 2, 1], [1, 2, 1]) / 16, atol=2e-4)
    assert soft.sum() == pytest.approx(1, abs=0.05)


def test_cut_out_covers_a_rectangle_with_one_colour():
    numbers = colours_of() | {"cutouts": np.array([(3, 5, 7, 12)], np.float32)}

    square = np.asarray(augmentation.colour_squares(SQUARE, numbers))[0]

    is_covered = (square == 0.5).all(axis=-1)
    rows, columns = np.nonzero(is_covered)
    assert (columns.min(), columns.max(), rows.min(), rows.max(), is_covered.sum()) == (3, 6, 5, 11, 4 * 7)
