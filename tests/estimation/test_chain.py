"""Heatmaps and PAFs to skeletons, on real maps and on drawn ones: the same bits as the plain loops."""

import numpy as np
import pytest
from hypothesis import given, settings

from estimation.config import BodyPart, ConnectionsConfig, get_default_configuration
from estimation.connections import get_connections
from estimation.coordinates import get_coordinates, list_keypoints
from estimation.decoding import BETTER, LAB, find_skeletons
from estimation.estimators import connection_rows, estimate
from estimation.marks import mark_cells
from estimation.tables import tables_of
from tests import oracle
from tests.strategies import crowd_maps, heatmaps_and_pafs, random_maps

pytestmark = pytest.mark.xdist_group("numba")  # which then compiles once

CONFIG = get_default_configuration()
MAPS = [f"op_coco{number}" for number in (192, 257, 328, 357, 395, 428, 474, 536, 564, 589)]


@pytest.fixture(params=MAPS)
def real_maps(request, shared_data):
    """Name, heatmaps and PAFs of a photograph."""
    with np.load(shared_data / "maps" / f"{request.param}.npz") as maps:
        return request.param, maps["heatmaps"], maps["pafs"]


def make_head_config():
    """Nose, eyes and neck only: each in another slot than in the full configuration."""
    full = get_default_configuration()
    config = ConnectionsConfig()
    parts = (BodyPart.left_eye, BodyPart.neck, BodyPart.nose, BodyPart.right_eye)
    for part in parts:
        config.register_body_part(part, full.body_parts[part].heatmap_idx, full.body_parts[part].color)
    for limb in full.connection_types:
        if limb.from_body_part in parts and limb.to_body_part in parts:
            config.add_connection(limb.from_body_part, limb.to_body_part, limb.paf_dx_idx, limb.paf_dy_idx, limb.color)
    return config


def assert_equals_the_plain_loops(config, heatmaps, pafs, **bounds):
    coords = get_coordinates(config, heatmaps)
    connections = get_connections(config, coords, pafs)
    assert coords == oracle.find_coordinates(config, heatmaps)
    expected = oracle.find_connections(config, coords, pafs)
    assert [list(map(list, found)) for found in connections] == expected
    assert connection_rows(config, connections).tolist() == oracle.make_rows(config, expected)
    skeletons = oracle.group_rows(oracle.make_rows(config, expected), **bounds)
    assert estimate(config, connections, **bounds).tolist() == skeletons
    assert_tables_equal_the_lists(config, heatmaps, pafs, LAB)


def assert_tables_equal_the_lists(config, heatmaps, pafs, decoding):
    """Hold `find_skeletons` against the lab's functions, asked for the same: to the bit."""
    found = find_skeletons(config, heatmaps, pafs, decoding)
    coords = get_coordinates(config, heatmaps, decoding.threshold, decoding.refine, decoding.min_distance_cells)
    connections = get_connections(
        # Copies, so that nothing is known of where they come from.
        *(config, {name: list(map(tuple, map(list, keypoints))) for name, keypoints in coords.items()}, pafs),
        *(decoding.paf_threshold, 10, decoding.min_passed, decoding.one_to_one),
    )
    assert list_keypoints(config, found.keypoints, are_whole=not decoding.refine) == coords
    assert found.connections.rows.tobytes() == b"".join(table.tobytes() for table in connections if len(table))
    assert np.diff(found.connections.bounds).tolist() == list(map(len, connections))
    copies = [np.array(table).reshape(-1, 5) for table in connections]
    skeletons = estimate(config, copies, best_first=decoding.best_first)
    assert found.skeletons.tobytes() == skeletons.tobytes()


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"], ids=str)
def test_chain_equals_the_plain_loops_on_real_maps(real_maps, dtype):
    _, heatmaps, pafs = real_maps
    assert_equals_the_plain_loops(CONFIG, heatmaps.astype(dtype), pafs.astype(dtype))


def test_better_chain_in_tables_equals_the_lists_on_real_maps(real_maps):
    _, heatmaps, pafs = real_maps
    assert_tables_equal_the_lists(CONFIG, heatmaps, pafs, BETTER)


@pytest.mark.parametrize("tiles", [(1, 2), (2, 5)], ids=["6 people", "30 people"])
def test_chain_equals_the_plain_loops_on_a_tiled_crowd(shared_data, tiles):
    with np.load(shared_data / "maps" / "op_coco536.npz") as maps:
        heatmaps, pafs = (np.tile(maps[name].astype(np.float32), (*tiles, 1)) for name in ("heatmaps", "pafs"))
    assert_equals_the_plain_loops(CONFIG, heatmaps, pafs)
    assert_tables_equal_the_lists(CONFIG, heatmaps, pafs, BETTER)


def test_chain_equals_the_published_rows(real_maps, shared_data):
    name, heatmaps, pafs = real_maps
    rows = connection_rows(CONFIG, get_connections(CONFIG, get_coordinates(CONFIG, heatmaps), pafs))
    assert np.array_equal(rows, np.load(shared_data / "subsets" / f"{name}.npy"))


def test_chain_is_the_same_when_the_maps_are_float64(real_maps):
    _, heatmaps, pafs = real_maps
    coords = get_coordinates(CONFIG, heatmaps)
    connections = get_connections(CONFIG, coords, pafs)
    assert get_coordinates(CONFIG, heatmaps.astype(np.float64)) == coords
    other = get_connections(CONFIG, coords, pafs.astype(np.float64))
    assert all(np.array_equal(found, same) for found, same in zip(connections, other, strict=True))


@given(heatmaps_and_pafs())
def test_chain_equals_the_plain_loops_on_drawn_maps(maps):
    assert_equals_the_plain_loops(CONFIG, *maps, min_num_body_parts=2, min_score=0.1)


@given(heatmaps_and_pafs())
@settings(max_examples=30)
def test_chain_equals_the_plain_loops_when_fewer_parts_are_registered(maps):
    assert_equals_the_plain_loops(make_head_config(), *maps, min_num_body_parts=2, min_score=0.1)


@pytest.mark.parametrize("seed", range(24))
def test_chain_equals_the_plain_loops_on_random_maps(seed):
    rng = np.random.default_rng(seed)
    shape, dtype = tuple(rng.integers(1, 25, 2)), ("float16", "float32", "float64")[seed % 3]
    heatmaps, pafs = random_maps(rng, shape, dtype, density=rng.choice([0.0, 0.02, 0.1]))
    assert_equals_the_plain_loops(CONFIG, heatmaps, pafs, min_num_body_parts=2, min_score=0.1)
    assert_tables_equal_the_lists(CONFIG, heatmaps, pafs, BETTER)


# Where keypoints have many candidates these are glanced at first, and in a crowd at marks.
SAMPLING = {
    "lab": {},
    "marks and faint": {"threshold": 0.01},
    "threshold of 0": {"threshold": 0.0, "minimum_mid_num": 7, "one_to_one": True},
    "threshold below 0": {"threshold": -0.5, "minimum_mid_num": 5},
    "two samples": {"mid_num": 2, "minimum_mid_num": 1},
    "three samples": {"mid_num": 3, "minimum_mid_num": 1, "one_to_one": True},
    "all must pass": {"mid_num": 7, "minimum_mid_num": 6},
    "none can pass": {"minimum_mid_num": 10},
    "none need pass": {"minimum_mid_num": -1, "threshold": 0.3},
    "half a sample": {"minimum_mid_num": 6.5, "threshold": 0.2},
}


@pytest.mark.parametrize("dtype", ["float32", "float64"], ids=str)
@pytest.mark.parametrize("options", SAMPLING.values(), ids=SAMPLING)
def test_connections_of_a_crowd_equal_the_plain_loops(options, dtype):
    heatmaps, pafs = crowd_maps(np.random.default_rng(5), dtype=dtype)
    coords = oracle.find_coordinates(CONFIG, heatmaps)
    found = get_connections(CONFIG, coords, pafs, **options)
    assert [list(map(list, table)) for table in found] == oracle.find_connections(CONFIG, coords, pafs, **options)


def test_a_crowd_is_marked_and_glanced_at():
    heatmaps, pafs = crowd_maps(np.random.default_rng(5))
    keypoints = find_skeletons(CONFIG, heatmaps, pafs).keypoints
    marks = mark_cells(pafs, tables_of(CONFIG).limbs, 0.05, len(keypoints.rows), 18)
    assert marks.shape == (19, 14 * 17)
    assert 0.1 < marks.mean() < 0.9
    assert np.diff(keypoints.bounds).min() >= 16
