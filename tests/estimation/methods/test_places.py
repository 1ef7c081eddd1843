import numpy as np
import pytest

from estimation.softargmax import softargmax, spatial_softmax
from tests.estimation.late import Late

pytestmark = pytest.mark.xdist_group("tensorflow")  # which then starts once

ops, places = Late("keras.ops"), Late("estimation.methods.places")


def maps_of(*peaks, n_cells=8):
    """Make a map for each list of (row, column, height): shape (1, N, N, K)."""
    maps = np.zeros((1, n_cells, n_cells, len(peaks)), np.float32)
    for index, cells in enumerate(peaks):
        for row, column, height in cells:
            maps[0, row, column, index] = height
    return maps


def test_peaks_are_drawn_where_the_points_are():
    maps = np.asarray(places.draw_peaks(np.array([[(2.5 / 8, 5.5 / 8), (0.5, 0.5)]], np.float32), 8, 1.5))

    assert maps.shape == (1, 8, 8, 2)
    assert maps[0, 5, 2, 0] == pytest.approx(1)
    assert maps[0, 5, 4, 0] == pytest.approx(np.exp(-4 / 1.5**2))
    assert maps[0, 6, 3, 0] == pytest.approx(np.exp(-2 / 1.5**2))
    assert maps[0, 3:5, 3:5, 1] == pytest.approx(np.exp(-0.5 / 1.5**2))


@pytest.mark.parametrize(
    ("cells", "point"),
    [
        ([(5, 2, 1.0)], (2.5, 5.5)),
        ([(5, 2, 1.0), (5, 3, 0.5), (4, 2, 0.1)], (2.75, 5.25)),
        ([(5, 2, 1.0), (5, 1, 0.5), (6, 2, 0.1)], (2.25, 5.75)),
        ([(0, 7, 1.0), (1, 7, 0.5), (0, 6, 0.5)], (7.5, 0.5)),
        ([(5, 2, 1.0), (5, 3, -0.5)], (2.25, 5.5)),
    ],
    ids=["alone", "right and above", "left and below", "in the corner", "beside a hollow"],
)
def test_peaks_are_found_a_quarter_towards_the_higher_neighbour(cells, point):
    found = np.asarray(places.peak_points(maps_of([(1, 1, 1.0)], cells)))

    np.testing.assert_allclose(found[0, 1] * 8, point, atol=1e-5)
    np.testing.assert_allclose(found[0, 0] * 8, (1.5, 1.5), atol=1e-5)


def test_drawn_peaks_are_found_again():
    points = np.random.default_rng(0).uniform(0.1, 0.9, (3, 16, 2)).astype(np.float32)

    found = np.asarray(places.peak_points(places.draw_peaks(points, 16, 1.5)))

    assert np.abs(found - points).max() <= 0.25 / 16 + 1e-6  # half a cell, less the quarter that it is moved


def test_expected_points_are_those_of_softargmax():
    maps = np.random.default_rng(1).normal(0, 3, (2, 8, 8, 3)).astype(np.float32)
    channels_first = np.moveaxis(maps, -1, 1)

    weights = places.map_weights(maps)

    np.testing.assert_allclose(np.moveaxis(np.asarray(weights), -1, 1), spatial_softmax(channels_first), atol=1e-6)
    cells = np.asarray(places.expected_points(weights)) * 8 - 0.5
    np.testing.assert_allclose(cells, softargmax(channels_first), atol=1e-4)


@pytest.mark.parametrize("point", [(0.5, 0.5), (0.03, 0.97), (-3.0, 0.2)], ids=["middle", "corner", "far outside"])
def test_pieces_are_cut_where_their_corners_say(point):
    rows, columns = np.indices((32, 32))
    pictures = np.stack([rows, columns], axis=-1)[None].astype(np.float32) + 1
    corners = places.corners_around(np.array([[point]], np.float32), 0.25, 32)

    (piece,) = np.asarray(places.cut_around(pictures, corners, 0.25))
    left, top = np.round(np.asarray(corners)[0, 0] * 32).astype(int)

    assert piece.shape == (8, 8, 2)
    for row in range(8):
        for column in range(8):
            is_inside = 0 <= top + row < 32 and 0 <= left + column < 32
            wanted = (top + row + 1, left + column + 1) if is_inside else (0, 0)
            assert tuple(piece[row, column]) == wanted


def test_pieces_have_their_points_in_the_middle():
    points = np.random.default_rng(4).uniform(0.2, 0.8, (2, 16, 2)).astype(np.float32)

    corners = np.asarray(places.corners_around(points, 0.25, 32))

    assert np.abs(corners + 0.125 - points).max() <= 0.5 / 32 + 1e-6
    np.testing.assert_allclose(corners * 32, np.round(corners * 32), atol=1e-5)


def test_pieces_of_all_levels_show_the_same_place():
    fine = np.random.default_rng(2).normal(size=(2, 32, 32, 1)).astype(np.float32)
    coarse = fine.reshape(2, 16, 2, 16, 2, 1).mean(axis=(2, 4))
    points = np.random.default_rng(3).uniform(0, 1, (2, 16, 2)).astype(np.float32)
    corners = places.corners_around(points, 0.25, 16)

    cut = np.asarray(places.cut_around(fine, corners, 0.25))

    halved = cut.reshape(32, 4, 2, 4, 2, 1).mean(axis=(2, 4))
    np.testing.assert_allclose(halved, places.cut_around(coarse, corners, 0.25), atol=1e-6)


def test_each_piece_speaks_for_its_own_joint():
    outputs = np.arange(2 * 3 * 4 * 3).reshape(6, 4, 3).astype(np.float32)  # two pictures, three joints

    own = np.asarray(places.own_of_each(outputs, 3))

    assert own.shape == (2, 4, 3)
    for picture in range(2):
        for joint in range(3):
            np.testing.assert_array_equal(own[picture, :, joint], outputs[3 * picture + joint, :, joint])
