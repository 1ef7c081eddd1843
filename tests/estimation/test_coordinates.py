"""Keypoints: peaks of small maps by hand, of drawn ones by the plain loops, and refined ones by what was drawn."""

import copy

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from estimation.config import BodyPart, ConnectionsConfig, get_default_configuration
from estimation.coordinates import get_coordinates
from estimation.keypoints import cells_to_px
from estimation.targets import confidence_maps
from tests import oracle
from tests.strategies import heatmaps_of_ties

pytestmark = pytest.mark.xdist_group("numba")  # which then compiles once

CONFIG = get_default_configuration()


def make_heatmaps(part, rows):
    heatmaps = np.zeros((len(rows), len(rows[0]), 19), np.float32)
    heatmaps[:, :, part] = rows
    return heatmaps


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        pytest.param([[0, 0, 0], [0, 0.5, 0], [0, 0, 0]], [(1, 1, 0.5)], id="middle"),
        pytest.param([[0.5, 0, 0], [0, 0, 0], [0, 0, 0.25]], [(0, 0, 0.5), (2, 2, 0.25)], id="corners"),
        pytest.param([[0.5]], [(0, 0, 0.5)], id="one cell"),
        pytest.param([[0, 0.25, 0.5, 0.25]], [(2, 0, 0.5)], id="slope"),
        pytest.param([[0.5, 0], [0, 0.75]], [(0, 0, 0.5), (1, 1, 0.75)], id="diagonal is no neighbour"),
        pytest.param([[0.5, 0.5], [0.5, 0.25]], [(0, 0, 0.5), (1, 0, 0.5), (0, 1, 0.5)], id="plateau"),
        pytest.param([[0, 0.125], [0.125, 0]], [], id="at the threshold"),
    ],
)
def test_get_coordinates_finds_the_peaks(rows, expected):
    found = get_coordinates(CONFIG, make_heatmaps(BodyPart.neck, rows), threshold=0.125)
    assert [keypoint[:3] for keypoint in found["neck"]] == expected
    assert sum(map(len, found.values())) == len(expected)


def test_get_coordinates_numbers_the_keypoints_over_all_parts():
    heatmaps = np.zeros((1, 5, 19), np.float32)
    heatmaps[0, [0, 2], BodyPart.left_ear] = 0.5
    heatmaps[0, [1, 3], BodyPart.nose] = 0.25, 0.75
    found = get_coordinates(CONFIG, heatmaps)
    assert list(found) == [part.name for part in CONFIG.body_parts]
    assert found["nose"] == [(1, 0, 0.25, 0), (3, 0, 0.75, 1)]
    assert found["left_ear"] == [(0, 0, 0.5, 2), (2, 0, 0.5, 3)]


def test_get_coordinates_returns_python_numbers():
    found = get_coordinates(CONFIG, make_heatmaps(BodyPart.nose, [[0.5]]))
    assert [type(number) for number in found["nose"][0]] == [int, int, float, int]


@pytest.mark.parametrize("duplicate", [copy.copy, copy.deepcopy])
def test_coordinates_are_plain_lists_when_copied(duplicate):
    found = get_coordinates(CONFIG, make_heatmaps(BodyPart.nose, [[0.5, 0, 0.75]]))
    copied = duplicate(found)
    assert type(copied) is dict
    assert copied == found


def test_get_coordinates_does_not_look_at_the_background():
    assert not any(get_coordinates(CONFIG, make_heatmaps(BodyPart.background, [[1, 0], [0, 1]])).values())


def test_get_coordinates_counts_zero_beyond_the_border():
    heatmaps = make_heatmaps(BodyPart.nose, [[-0.5, -1, -0.5], [-1, -0.25, -1], [-0.5, -1, -0.5]])
    assert get_coordinates(CONFIG, heatmaps, threshold=-0.75)["nose"] == [(1, 1, -0.25, 0)]


def test_get_coordinates_reads_the_registered_channels():
    config = ConnectionsConfig()
    for part, channel in ((BodyPart.neck, 4), (BodyPart.nose, 18), (BodyPart.left_eye, 4)):
        config.register_body_part(part, channel, (0, 0, 0))
    heatmaps = make_heatmaps(4, [[0.5, 0, 0.5]]) + make_heatmaps(18, [[0, 0.25, 0]])
    assert get_coordinates(config, heatmaps) == {
        "neck": [(0, 0, 0.5, 0), (2, 0, 0.5, 1)],
        "nose": [(1, 0, 0.25, 2)],
        "left_eye": [(0, 0, 0.5, 3), (2, 0, 0.5, 4)],
    }


def test_get_coordinates_finds_nothing_when_no_part_is_registered():
    assert get_coordinates(ConnectionsConfig(), make_heatmaps(BodyPart.nose, [[1]])) == {}


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"], ids=str)
def test_get_coordinates_compares_in_the_precision_of_the_heatmaps(dtype):
    # The float32 nearest to 0.1 is a little more than 0.1, the float16 a little less; neither is above itself.
    at, above = np.array(0.1, dtype), np.nextafter(np.array(0.1, dtype), np.array(1, dtype))
    for value, n_peaks in ((at, 0), (above, 1)):
        heatmaps = make_heatmaps(BodyPart.nose, [[0]]).astype(dtype)
        heatmaps[0, 0, BodyPart.nose] = value
        assert len(get_coordinates(CONFIG, heatmaps, threshold=0.1)["nose"]) == n_peaks


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"], ids=str)
def test_get_coordinates_leaves_the_heatmaps_alone(dtype):
    heatmaps = make_heatmaps(BodyPart.nose, [[0.5, 0.25]]).astype(dtype)
    before = heatmaps.copy()
    heatmaps.flags.writeable = False
    assert get_coordinates(CONFIG, heatmaps)["nose"] == [(0, 0, 0.5, 0)]
    assert np.array_equal(heatmaps, before)


@pytest.mark.parametrize(
    ("heatmaps", "message"),
    [
        pytest.param(np.zeros((4, 5, 38)), r"heatmaps must have shape \(height, width, 19\)", id="channels"),
        pytest.param(np.full((4, 5, 19), np.nan), "heatmaps must be finite; got nan", id="nan"),
    ],
)
def test_get_coordinates_refuses(heatmaps, message):
    with pytest.raises(ValueError, match=message):
        get_coordinates(CONFIG, heatmaps)


@given(heatmaps_of_ties(), st.sampled_from([0.1, 0.125, 0.0, -1.0]))
def test_get_coordinates_equals_the_plain_loops(heatmaps, threshold):
    expected = oracle.find_coordinates(CONFIG, heatmaps, threshold)
    assert get_coordinates(CONFIG, heatmaps, threshold) == expected


PLACES = st.floats(-0.49, 0.49)


@given(x=PLACES, y=PLACES, sigma=st.floats(0.6, 4), height=st.floats(0.2, 1))
def test_get_coordinates_refined_finds_a_gaussian_exactly(x, y, sigma, height):
    rows, columns = np.mgrid[:9, :11]
    peak = height * np.exp(-((columns - 5 - x) ** 2 + (rows - 4 - y) ** 2) / sigma**2)
    heatmaps = make_heatmaps(BodyPart.nose, np.zeros((9, 11))).astype(np.float64)
    heatmaps[..., BodyPart.nose] = peak
    ((found_x, found_y, score, _),) = get_coordinates(CONFIG, heatmaps, 0.0, refine=True)["nose"]
    assert (found_x, found_y) == pytest.approx((5 + x, 4 + y), abs=1e-9)
    assert score == peak[4, 5]


def test_get_coordinates_refined_finds_true_keypoints():
    points = np.random.default_rng(1).uniform(16, 112, (1, 18, 2))
    heatmaps = confidence_maps(points, np.ones((1, 18), bool), (16, 16))
    found = get_coordinates(CONFIG, heatmaps, refine=True)
    cells = np.array([keypoint[:2] for (keypoint,) in found.values()])
    assert cells_to_px(cells) == pytest.approx(points[0], abs=1e-3)


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        pytest.param([[0, 0, 0], [0.25, 0.5, 0.25], [0, 0, 0]], [(1, 1)], id="symmetric"),
        pytest.param([[0, 0.25, 0.5, 0.5, 0.25]], [(2.5, 0), (2.5, 0)], id="plateau of two"),
        pytest.param([[0.25, 0.5, 0.5, 0.5, 0.25]], [(1.5, 0), (2, 0), (2.5, 0)], id="plateau of three"),
        pytest.param([[0.5, 0.25, 0.125], [0.25, 0.125, 0]], [(0, 0)], id="corner"),
        pytest.param([[0, 0.25, 0.5]], [(2, 0)], id="right border"),
        pytest.param([[0], [0.25], [0.5]], [(0, 2)], id="lower border"),
        pytest.param([[0.5]], [(0, 0)], id="one cell"),
        pytest.param([[0, 0.5, 0]], [(1, 0)], id="zero on both sides"),
        # The logarithms fall by ln 1000 to the left, where nothing is positive, and by ln 2 to the right.
        pytest.param([[-1, 0.5, 0.25]], [(1.4088, 0)], id="negative on one side"),
    ],
)
def test_get_coordinates_refined_at_odd_places(rows, expected):
    found = get_coordinates(CONFIG, make_heatmaps(BodyPart.neck, rows), refine=True)["neck"]
    assert [keypoint[:2] for keypoint in found] == [pytest.approx(place, abs=1e-4) for place in expected]


def test_get_coordinates_refined_leaves_a_peak_that_is_not_positive_on_its_cell():
    heatmaps = make_heatmaps(BodyPart.nose, [[-1, -0.5, -1], [-1, -0.25, -0.5], [-1, -1, -1]])
    assert get_coordinates(CONFIG, heatmaps, threshold=-0.375, refine=True)["nose"] == [(1, 1, -0.25, 0)]


def test_get_coordinates_refined_returns_python_numbers():
    found = get_coordinates(CONFIG, make_heatmaps(BodyPart.nose, [[0.5]]), refine=True)
    assert [type(number) for number in found["nose"][0]] == [float, float, float, int]


@given(heatmaps_of_ties(), st.sampled_from([0.1, 0.0, -1.0]))
def test_get_coordinates_refined_finds_the_same_keypoints_within_half_a_cell(heatmaps, threshold):
    whole = get_coordinates(CONFIG, heatmaps, threshold)
    refined = get_coordinates(CONFIG, heatmaps, threshold, refine=True)
    height, width, _ = heatmaps.shape
    assert list(refined) == list(whole)
    for part in whole:
        assert [keypoint[2:] for keypoint in refined[part]] == [keypoint[2:] for keypoint in whole[part]]
        for (x, y, *_), (col, row, *_) in zip(refined[part], whole[part], strict=True):
            assert abs(x - col) <= 0.5
            assert abs(y - row) <= 0.5
            assert 0 <= x <= width - 1  # where get_connections takes them
            assert 0 <= y <= height - 1


@pytest.mark.parametrize(
    ("row", "min_distance_cells", "expected"),
    [
        pytest.param([0.5, 0, 0.75], 2, [2], id="the higher one stays"),
        pytest.param([0.5, 0, 0.75], 1.9, [0, 2], id="far enough"),
        pytest.param([0.5, 0, 0.5], 2, [0], id="the first of equal ones"),
        pytest.param([0.5, 0.5, 0.5], 1, [0, 2], id="plateau"),
        pytest.param([0.75, 0, 0.5, 0, 0.25], 2, [0, 4], id="what has gone takes nobody along"),
        pytest.param([0.25, 0, 0.5, 0, 0.75], 2, [0, 4], id="the same from the other side"),
        pytest.param([0.5, 0, 0.75], 0, [0, 2], id="all stay with 0"),
    ],
)
def test_get_coordinates_keeps_the_highest_of_near_keypoints(row, min_distance_cells, expected):
    found = get_coordinates(CONFIG, make_heatmaps(BodyPart.neck, [row]), min_distance_cells=min_distance_cells)
    assert [x for x, *_ in found["neck"]] == expected
    assert [id_ for *_, id_ in found["neck"]] == list(range(len(expected)))


def test_get_coordinates_measures_distances_in_both_directions():
    rows = [[0.75, 0, 0, 0], [0, 0, 0, 0], [0, 0.5, 0, 0.25]]
    heatmaps = make_heatmaps(BodyPart.neck, rows)
    for min_distance_cells, expected in (
        (1.9, [(0, 0), (1, 2), (3, 2)]),
        (2.2, [(0, 0), (1, 2)]),
        (2.3, [(0, 0), (3, 2)]),
    ):
        found = get_coordinates(CONFIG, heatmaps, min_distance_cells=min_distance_cells)
        assert [keypoint[:2] for keypoint in found["neck"]] == expected


def test_get_coordinates_keeps_near_keypoints_of_two_parts():
    heatmaps = make_heatmaps(BodyPart.nose, [[0.5, 0, 0.75]]) + make_heatmaps(BodyPart.neck, [[0, 0.5, 0]])
    found = get_coordinates(CONFIG, heatmaps, min_distance_cells=3)
    assert found["nose"] == [(2, 0, 0.75, 0)]
    assert found["neck"] == [(1, 0, 0.5, 1)]


@pytest.mark.parametrize("distance", [-0.5, np.nan])
def test_get_coordinates_refuses_a_distance(distance):
    with pytest.raises(ValueError, match=rf"min_distance_cells must be at least 0; got {distance}\. With 0 all peaks"):
        get_coordinates(CONFIG, make_heatmaps(BodyPart.nose, [[1]]), min_distance_cells=distance)
