"""Connections: line integrals by hand on maps of a few cells."""

import copy

import numpy as np
import pytest

from estimation.config import BodyPart, ConnectionsConfig, get_default_configuration
from estimation.connections import connect_keypoints, get_connections
from estimation.coordinates import find_peaks, get_coordinates

pytestmark = pytest.mark.xdist_group("numba")  # which then compiles once

CONFIG = get_default_configuration()
NECK_TO_SHOULDER = 0  # the first limb; PAF channels 12 and 13
X_CHANNEL = 12
NOBODY = {part.name: [] for part in CONFIG.body_parts}


def make_paf(x=0.0, y=0.0, shape=(4, 10)):
    paf = np.zeros((*shape, 38), np.float32)
    paf[:, :, X_CHANNEL], paf[:, :, X_CHANNEL + 1] = x, y
    return paf


def connect(necks, shoulders, paf, **options):
    """Find the connections from neck to right shoulder; keypoints are (x, y), their score is half their id."""
    numbered = [(x, y, i / 2, i) for i, (x, y) in enumerate([*necks, *shoulders])]
    coords = NOBODY | {"neck": numbered[: len(necks)], "right_shoulder": numbered[len(necks) :]}
    return get_connections(CONFIG, coords, paf, **options)[NECK_TO_SHOULDER]


@pytest.mark.parametrize(
    ("neck", "shoulder", "total"),
    [
        pytest.param((0, 0), (9, 0), 0.75, id="along x"),
        pytest.param((2, 0), (2, 3), 0.5, id="along y"),
        pytest.param((0, 0), (4, 3), 0.75 * (4 / 5) + 0.5 * (3 / 5), id="slanted"),
        pytest.param((0, 3), (4, 0), 0.75 * (4 / 5) + 0.5 * (-3 / 5), id="partly against"),
    ],
)
def test_get_connections_averages_the_projection(neck, shoulder, total):
    assert connect([neck], [shoulder], make_paf(0.75, 0.5)) == pytest.approx(np.array([[0, 1, 0, 0.5, total]]))


@pytest.mark.parametrize(
    ("neck", "shoulder"),
    [pytest.param((9, 0), (0, 0), id="reversed"), pytest.param((3, 2), (3, 2), id="no length")],
)
def test_get_connections_drops_a_candidate(neck, shoulder):
    found = connect([neck], [shoulder], make_paf(1))
    assert found.shape == (0, 5)
    assert found.dtype == np.float64


@pytest.mark.parametrize(
    ("n_gaps", "n_found"), [pytest.param(1, 1, id="9 of 10 pass"), pytest.param(2, 0, id="8 of 10 pass")]
)
def test_get_connections_demands_nine_of_ten_samples(n_gaps, n_found):
    paf = make_paf(1)
    paf[0, 4 : 4 + n_gaps, X_CHANNEL] = 0
    assert len(connect([(0, 0)], [(9, 0)], paf)) == n_found


def test_get_connections_counts_only_samples_above_the_threshold():
    assert len(connect([(0, 0)], [(9, 0)], make_paf(0.25), threshold=0.25)) == 0
    assert len(connect([(0, 0)], [(9, 0)], make_paf(0.25), threshold=0.125)) == 1


def test_get_connections_demands_a_positive_total():
    paf = make_paf([[-1] * 5 + [1] * 5])
    assert len(connect([(0, 0)], [(9, 0)], paf, minimum_mid_num=4)) == 0
    assert len(connect([(0, 0)], [(9, 0)], paf, minimum_mid_num=-1, threshold=2)) == 0
    assert len(connect([(1, 0)], [(9, 0)], paf, minimum_mid_num=4)) == 1


@pytest.mark.parametrize(
    ("x", "cells"),
    [pytest.param((0, 1), (0, 0, 1), id="half down to 0"), pytest.param((1, 2), (1, 2, 2), id="half up to 2")],
)
def test_get_connections_rounds_half_to_even(x, cells):
    paf = make_paf(2.0 ** np.arange(10))
    found = connect([(x[0], 0)], [(x[1], 0)], paf, mid_num=3, minimum_mid_num=2)
    assert found[0, 4] == sum(2.0**cell for cell in cells) / 3


def test_get_connections_puts_the_best_first():
    paf = make_paf(2.0 ** -np.arange(4)[:, np.newaxis])
    found = connect([(0, 2), (0, 0), (0, 1)], [(9, 2), (9, 0), (9, 1)], paf, minimum_mid_num=9, threshold=0.2)
    assert found[:, :2].tolist()[0] == [1, 4]
    assert found[:, 4].tolist() == sorted(found[:, 4], reverse=True)


def test_get_connections_puts_the_later_first_when_totals_are_equal():
    assert connect([(0, 0), (0, 1)], [(4, 0), (4, 1)], make_paf(1, 0))[:, :2].tolist() == [[1, 3], [0, 2]]
    assert connect([(0, 0)], [(4, 0), (8, 0)], make_paf(1))[:, :2].tolist() == [[0, 2]]


def test_get_connections_keeps_as_many_as_the_rarer_part_has():
    assert len(connect([(0, 0), (0, 1)], [(5, 0), (6, 1), (7, 0)], make_paf(1))) == 2


def test_get_connections_lets_a_keypoint_stand_in_several_rows():
    # Both necks see the second shoulder best: across the map's columns the field grows.
    paf = make_paf(np.arange(1.0, 11.0))
    found = connect([(0, 0), (1, 0)], [(4, 0), (9, 0)], paf)
    assert found[:, :2].tolist() == [[1, 3], [0, 3]]


def test_get_connections_one_to_one_takes_a_keypoint_once():
    paf = make_paf(np.arange(1.0, 11.0))
    found = connect([(0, 0), (1, 0)], [(4, 0), (9, 0)], paf, one_to_one=True)
    assert found[:, :2].tolist() == [[1, 3], [0, 2]]  # both necks see the second shoulder best, the second one better


def test_get_connections_one_to_one_prefers_a_clear_keypoint_to_a_faint_one():
    # The field is a little stronger towards the first shoulder, whose score is 0.5; that of the second is 1.
    paf = make_paf(1.0)
    paf[0] *= 1.1
    assert connect([(0, 0)], [(9, 0), (9, 1)], paf)[:, :2].tolist() == [[0, 1]]

    coords = NOBODY | {"neck": [(0, 0, 1.0, 0)], "right_shoulder": [(9, 0, 0.5, 1), (9, 1, 1.0, 2)]}
    (row,) = get_connections(CONFIG, coords, paf, one_to_one=True)[NECK_TO_SHOULDER]
    assert row[:4].tolist() == [0, 2, 1.0, 1.0]
    assert row[4] == pytest.approx(
        get_connections(CONFIG, coords | {"right_shoulder": coords["right_shoulder"][1:]}, paf)[0][0, 4]
    )


def test_get_connections_one_to_one_has_a_place_for_every_pair_that_is_left():
    # The lab's cut keeps two rows of four, which share the second shoulder: see above. Here the rest is not lost.
    paf = make_paf(np.arange(1.0, 11.0))
    necks, shoulders = [(0, 0), (1, 0), (2, 0)], [(4, 0), (7, 0), (9, 0)]
    found = connect(necks, shoulders, paf, one_to_one=True)
    assert sorted(found[:, 0]) == [0, 1, 2]
    assert sorted(found[:, 1]) == [3, 4, 5]


def test_get_connections_one_to_one_is_the_same_where_nobody_shares():
    assert (
        connect([(0, 0)], [(9, 0)], make_paf(1), one_to_one=True).tolist()
        == connect([(0, 0)], [(9, 0)], make_paf(1)).tolist()
    )
    assert connect([(0, 0)], [(9, 0)], make_paf(0), one_to_one=True).shape == (0, 5)


def test_get_connections_tells_no_part_from_no_connection():
    assert connect([], [(9, 0)], make_paf(1)) == []
    assert connect([(0, 0)], [], make_paf(1)) == []
    assert connect([(0, 0)], [(9, 0)], make_paf(0)).shape == (0, 5)
    assert get_connections(CONFIG, NOBODY, make_paf(1)) == [[]] * 19


def test_get_connections_is_one_entry_a_limb_when_fewer_are_registered():
    config = ConnectionsConfig()
    config.register_body_part(BodyPart.left_wrist, 7, (0, 0, 0))
    config.register_body_part(BodyPart.nose, 0, (0, 0, 0))
    config.add_connection(BodyPart.nose, BodyPart.left_wrist, 12, 13, (0, 0, 0))
    coords = {"nose": [(0, 0, 0.5, 7)], "left_wrist": [(9, 0, 0.25, 3)]}
    (found,) = get_connections(config, coords, make_paf(1))
    assert found.tolist() == [[7, 3, 0.5, 0.25, 1]]


def test_get_connections_leaves_the_paf_alone():
    paf = make_paf(1)
    before = paf.copy()
    connect([(0, 0)], [(9, 0)], paf)
    assert np.array_equal(paf, before)


@pytest.mark.parametrize(
    ("keypoint", "message"),
    [
        pytest.param((10, 0, 0.5, 0), r"inside the PAF of 10 x 4 cells; got .* \(10.0, 0.0, 0.5, 0.0\)", id="right"),
        pytest.param((0, 4, 0.5, 0), "inside the PAF of 10 x 4 cells", id="below"),
        pytest.param((-1, 0, 0.5, 0), "inside the PAF of 10 x 4 cells", id="left"),
        pytest.param((0, -1, 0.5, 0), "inside the PAF of 10 x 4 cells", id="above"),
        pytest.param((np.nan, 0, 0.5, 0), "must be finite and inside", id="nan"),
        pytest.param((0, 0, np.inf, 0), "must be finite and inside", id="infinite score"),
        pytest.param((0, 0, 0.5), r"must be \(x, y, score, id\); got an array of shape \(1, 3\)", id="three numbers"),
    ],
)
def test_get_connections_refuses_a_keypoint(keypoint, message):
    with pytest.raises(ValueError, match=message):
        get_connections(CONFIG, NOBODY | {"neck": [keypoint]}, make_paf())


@pytest.mark.parametrize(
    ("paf", "options", "message"),
    [
        pytest.param(np.zeros((4, 10, 19)), {}, r"paf must have shape \(height, width, 38\)", id="channels"),
        pytest.param(make_paf(np.nan), {}, "paf must be finite; got nan", id="nan"),
        pytest.param(make_paf(), {"mid_num": 1}, "mid_num must be an integer of at least 2; got 1", id="one sample"),
        pytest.param(make_paf(), {"mid_num": 2.5}, "mid_num must be an integer .* got 2.5", id="no integer"),
    ],
)
def test_get_connections_refuses(paf, options, message):
    with pytest.raises(ValueError, match=message):
        get_connections(CONFIG, NOBODY, paf, **options)


def test_get_connections_refuses_coords_without_a_part():
    with pytest.raises(
        ValueError, match=r"a list for each registered body part; got none for 'nose', only for \['neck'\]"
    ):
        get_connections(CONFIG, {"neck": []}, make_paf())


def head_of_two():
    """Heatmaps of two necks and two right shoulders, and a PAF that joins each neck with any of them to its right."""
    heatmaps = np.zeros((4, 10, 19), np.float32)
    heatmaps[[0, 3], 0, BodyPart.neck] = 0.5, 0.75
    heatmaps[[0, 3], 9, BodyPart.right_shoulder] = 0.25, 1
    return heatmaps, make_paf(1)


def swap(necks):
    necks.reverse()


def replace(necks):
    necks[0] = (1, 1, 0.125, 7)


def drop(necks):
    del necks[0]


def add(necks):
    necks.append((2, 2, 0.5, 9))


@pytest.mark.parametrize("change", [swap, replace, drop, add], ids=lambda change: change.__name__)
def test_get_connections_sees_that_keypoints_were_changed(change):
    heatmaps, paf = head_of_two()
    found = get_coordinates(CONFIG, heatmaps)
    change(found["neck"])

    expected = get_connections(CONFIG, {part: list(map(list, keypoints)) for part, keypoints in found.items()}, paf)

    connections = get_connections(CONFIG, found, paf)
    assert [np.array(table).tolist() for table in connections] == [np.array(table).tolist() for table in expected]


def test_get_connections_sees_that_a_keypoint_changed_its_part():
    heatmaps, paf = head_of_two()
    found = get_coordinates(CONFIG, heatmaps)
    found["right_shoulder"].insert(0, found["neck"].pop())

    assert get_connections(CONFIG, found, paf)[NECK_TO_SHOULDER][:, :2].tolist() == [[0, 2]]


@pytest.mark.parametrize("duplicate", [copy.copy, copy.deepcopy])
def test_connections_are_a_plain_list_when_copied(duplicate):
    heatmaps, paf = head_of_two()
    found = get_connections(CONFIG, get_coordinates(CONFIG, heatmaps), paf)
    copied = duplicate(found)
    assert type(copied) is list
    assert [np.array(table).tolist() for table in copied] == [np.array(table).tolist() for table in found]


def test_connect_keypoints_refuses_those_of_another_configuration():
    heatmaps, paf = head_of_two()
    config = ConnectionsConfig()
    config.register_body_part(BodyPart.neck, 1, (0, 0, 0))
    with pytest.raises(
        ValueError, match=r"those of the 18 body parts of config; got those of 1\. Call find_peaks with"
    ):
        connect_keypoints(CONFIG, find_peaks(config, heatmaps), paf)
