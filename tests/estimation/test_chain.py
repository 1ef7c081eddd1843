"""Heatmaps and PAFs to skeletons, on real maps and on drawn ones: the same bits as the plain loops."""

import numpy as np
import pytest
from hypothesis import given, settings

from estimation.config import BodyPart, ConnectionsConfig, get_default_configuration
from estimation.connections import get_connections
from estimation.coordinates import get_coordinates
from estimation.estimators import connection_rows, estimate
from tests import oracle
from tests.strategies import heatmaps_and_pafs

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


@pytest.mark.parametrize("dtype", ["float16", "float32"], ids=str)
def test_chain_equals_the_plain_loops_on_real_maps(real_maps, dtype):
    _, heatmaps, pafs = real_maps
    assert_equals_the_plain_loops(CONFIG, heatmaps.astype(dtype), pafs.astype(dtype))


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
