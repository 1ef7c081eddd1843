"""From maps to people, as the lab does it and better."""

import numpy as np
import pytest

from estimation import decoding
from estimation.config import BodyPart, get_default_configuration
from estimation.connections import get_connections
from estimation.coordinates import get_coordinates
from estimation.decoding import BETTER, LAB, find_people, find_skeletons
from estimation.estimators import estimate
from estimation.networks import Maps
from estimation.targets import confidence_maps, part_affinity_fields

pytestmark = pytest.mark.xdist_group("numba")  # which then compiles once

CONFIG = get_default_configuration()

# Right and left arm, neck and nose, in pixels: a person of 100 px.
_POINTS_PX = {
    BodyPart.nose: (100, 50),
    BodyPart.neck: (100, 76),
    BodyPart.right_shoulder: (76, 76),
    BodyPart.right_elbow: (68, 116),
    BodyPart.right_wrist: (60, 148),
    BodyPart.left_shoulder: (124, 76),
    BodyPart.left_elbow: (132, 116),
    BodyPart.left_wrist: (140, 148),
}


def maps_of_a_person(moved=None, strength=1.0):
    """Draw true maps; `moved` parts have a second, lower peak beside the true one, as many pixels away."""
    points, labelled = np.zeros((1, 18, 2)), np.zeros((1, 18), bool)
    for part, point in _POINTS_PX.items():
        points[0, part], labelled[0, part] = point, True
    heatmaps = confidence_maps(points, labelled, (24, 24))
    pafs = part_affinity_fields(points, labelled, (24, 24), overhang_px=12)
    for part, shift in (moved or {}).items():
        again = 0.9 * confidence_maps(points + shift, labelled, (24, 24))
        heatmaps[..., part] = np.maximum(heatmaps[..., part], again[..., part])
    return Maps(strength * heatmaps, pafs)


def test_find_people_as_in_lab_takes_the_labs_steps():
    maps = maps_of_a_person({BodyPart.right_shoulder: (0, 16)})

    found = find_people(CONFIG, maps, as_in_lab=True)

    coordinates = get_coordinates(CONFIG, maps.heatmaps)
    skeletons = estimate(CONFIG, get_connections(CONFIG, coordinates, maps.pafs))
    assert found.coordinates == coordinates
    assert np.array_equal(found.skeletons, skeletons)
    assert found.scores is None
    assert found.seconds > 0


def test_find_people_refines_keypoints():
    found = find_people(CONFIG, maps_of_a_person())

    ((x, y, *_),) = found.coordinates["right_wrist"]
    assert ((x + 0.5) * 8 - 0.5, (y + 0.5) * 8 - 0.5) == pytest.approx(_POINTS_PX[BodyPart.right_wrist], abs=0.01)


def test_find_people_takes_one_of_two_peaks_of_a_joint():
    maps = maps_of_a_person({BodyPart.right_shoulder: (0, 20)})

    in_lab, found = (find_people(CONFIG, maps, as_in_lab=as_in_lab) for as_in_lab in (True, False))

    assert len(in_lab.coordinates["right_shoulder"]) == 2
    assert len(found.coordinates["right_shoulder"]) == 1
    assert found.skeletons[:, -1].tolist() == [len(_POINTS_PX)]


@pytest.mark.parametrize(
    ("rows", "value"), [(np.s_[11:13], 0.001), (np.s_[12:13], 0.0)], ids=["four faint samples", "two without"]
)
def test_find_people_joins_what_is_faint_in_places(rows, value):
    maps = maps_of_a_person()
    maps.pafs[rows, 6:12] = value  # of the right upper arm's ten samples two lie in each of these rows

    in_lab, found = (find_people(CONFIG, maps, as_in_lab=as_in_lab) for as_in_lab in (True, False))

    assert in_lab.skeletons[0, BodyPart.right_elbow] == -1
    assert found.skeletons[0, BodyPart.right_elbow] != -1


@pytest.mark.parametrize("as_in_lab", [True, False])
def test_find_people_takes_a_keypoint_into_one_connection_of_a_limb(monkeypatch, as_in_lab):
    wanted = []
    connect = decoding.connect_keypoints
    monkeypatch.setattr(
        decoding,
        "connect_keypoints",
        lambda *args, **more: wanted.append(more.get("one_to_one", False)) or connect(*args, **more),
    )

    find_people(CONFIG, maps_of_a_person(), as_in_lab=as_in_lab)

    assert wanted == [not as_in_lab]


def test_find_people_says_how_sure_the_network_is():
    sure = find_people(CONFIG, maps_of_a_person())
    maps = maps_of_a_person()
    unsure = find_people(CONFIG, Maps(maps.heatmaps, 0.5 * maps.pafs))

    n_limbs = len(_POINTS_PX) - 1
    assert sure.scores == pytest.approx([n_limbs / 19], rel=0.1)
    assert unsure.scores == pytest.approx(0.5 * sure.scores, rel=1e-5)


def test_find_people_joins_the_surest_connections_first(monkeypatch):
    options = []
    monkeypatch.setattr(decoding, "estimate", lambda *args, **more: options.append(more) or estimate(*args, **more))

    for as_in_lab in (True, False):
        find_people(CONFIG, maps_of_a_person(), as_in_lab=as_in_lab)

    assert options == [{"best_first": False}, {"best_first": True}]


@pytest.mark.parametrize("as_in_lab", [True, False])
def test_find_people_looks_above_a_threshold(as_in_lab):
    maps = maps_of_a_person(strength=0.5)

    assert len(find_people(CONFIG, maps, threshold=0.2, as_in_lab=as_in_lab).skeletons) == 1
    assert len(find_people(CONFIG, maps, threshold=0.5, as_in_lab=as_in_lab).skeletons) == 0


@pytest.mark.parametrize("decoding", [LAB, BETTER], ids=["lab", "better"])
def test_find_skeletons_takes_the_steps_in_tables(decoding):
    maps = maps_of_a_person({BodyPart.right_shoulder: (0, 16)})

    found = find_skeletons(CONFIG, maps.heatmaps, maps.pafs, decoding)

    coordinates = get_coordinates(
        CONFIG, maps.heatmaps, decoding.threshold, decoding.refine, decoding.min_distance_cells
    )
    connections = get_connections(
        CONFIG,
        *(coordinates, maps.pafs, decoding.paf_threshold, 10, decoding.min_passed, decoding.one_to_one),
    )
    keypoints = [keypoint for of_part in coordinates.values() for keypoint in of_part]
    assert found.keypoints.rows.tolist() == [list(map(float, keypoint)) for keypoint in keypoints]
    assert found.connections.rows.tolist() == [row for table in connections for row in np.array(table).tolist()]
    assert np.array_equal(found.skeletons, estimate(CONFIG, connections, best_first=decoding.best_first))
    assert found.skeletons[:, -1].tolist() == [len(_POINTS_PX)]


def broken(maps, name, value):
    maps = Maps(maps.heatmaps.copy(), maps.pafs.copy())
    getattr(maps, name)[3, 4, 5] = value
    return maps


@pytest.mark.parametrize(
    ("maps", "decoding", "message"),
    [
        pytest.param(
            broken(maps_of_a_person(), "heatmaps", np.nan),
            LAB,
            "heatmaps must be finite; got nan at row 3, column 4, channel 5. Check the picture",
            id="heatmap of nan",
        ),
        pytest.param(
            broken(maps_of_a_person(), "heatmaps", -np.inf),
            BETTER,
            "heatmaps must be finite; got -inf at row 3, column 4, channel 5",
            id="heatmap of -inf",
        ),
        pytest.param(
            broken(maps_of_a_person(), "pafs", np.inf),
            LAB,
            "paf must be finite; got inf at row 3, column 4, channel 5",
            id="infinite PAF",
        ),
        pytest.param(
            Maps(maps_of_a_person().heatmaps[..., 1:], maps_of_a_person().pafs),
            LAB,
            r"heatmaps must have shape \(height, width, 19\)",
            id="heatmaps of another shape",
        ),
        pytest.param(
            Maps(maps_of_a_person().heatmaps, maps_of_a_person().pafs[..., 1:]),
            LAB,
            r"paf must have shape \(height, width, 38\)",
            id="PAFs of another shape",
        ),
        pytest.param(
            Maps(maps_of_a_person().heatmaps, maps_of_a_person().pafs[:5]),
            LAB,
            "A keypoint must be finite and inside the PAF of 24 x 5 cells; got",
            id="PAFs of another picture",
        ),
        pytest.param(
            maps_of_a_person(),
            LAB._replace(min_distance_cells=-1),
            "min_distance_cells must be at least 0; got -1",
            id="distance",
        ),
    ],
)
def test_find_skeletons_refuses_in_the_words_of_the_labs_functions(maps, decoding, message):
    with pytest.raises(ValueError, match=message):
        find_skeletons(CONFIG, maps.heatmaps, maps.pafs, decoding)
