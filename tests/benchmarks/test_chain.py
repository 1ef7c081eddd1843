"""Heatmaps and PAFs to skeletons, beside the plain loops: on photographs, and on one tiled to a crowd.

Run with ``pytest tests/benchmarks --benchmark-only``. All of it runs on one thread.
"""

import statistics

import numpy as np
import pytest

from estimation.config import get_default_configuration
from estimation.connections import get_connections
from estimation.coordinates import get_coordinates
from estimation.estimators import estimate
from tests import oracle

CONFIG = get_default_configuration()
MINIMUM_RATIO = 50
# Rows and columns of tiles of a photograph of three persons.
TILES = {6: (1, 2), 30: (2, 5), 100: (5, 7), 300: (10, 10)}


def load_maps(path):
    with np.load(path) as maps:
        return maps["heatmaps"].astype(np.float32), maps["pafs"].astype(np.float32)


def find_skeletons(heatmaps, pafs):
    return estimate(CONFIG, get_connections(CONFIG, get_coordinates(CONFIG, heatmaps), pafs))


def find_plainly(heatmaps, pafs):
    connections = oracle.find_connections(CONFIG, oracle.find_coordinates(CONFIG, heatmaps), pafs)
    return oracle.group_rows(oracle.make_rows(CONFIG, connections))


def test_chain_on_photographs(benchmark, table, median_ms, shared_data):
    photographs = [load_maps(path) for path in sorted((shared_data / "maps").glob("*.npz"))]
    benchmark(lambda: [find_skeletons(*maps) for maps in photographs])  # which also warms up
    times = [
        (
            median_ms(lambda maps=maps: find_skeletons(*maps), 30, per_lot=10),
            median_ms(lambda maps=maps: find_plainly(*maps), 5),
        )
        for maps in photographs
    ]
    ours, plain = zip(*times, strict=True)
    ratio = statistics.median(slow / quick for quick, slow in times)
    table.append(
        f"a photograph: {statistics.median(ours):.3f} ms, plain loops {statistics.median(plain):.1f} ms, "
        f"ratio {ratio:.0f} (medians of {len(photographs)})"
    )
    assert ratio >= MINIMUM_RATIO


@pytest.fixture
def photograph(shared_data):
    """Heatmaps and PAFs of three persons."""
    return load_maps(shared_data / "maps" / "op_coco536.npz")


@pytest.mark.parametrize("n_people", TILES, ids=lambda n: f"{n} people")
def test_chain_on_a_crowd(benchmark, table, median_ms, photograph, n_people):
    heatmaps, pafs = (np.tile(maps, (*TILES[n_people], 1)) for maps in photograph)
    coords = get_coordinates(CONFIG, heatmaps)
    connections = get_connections(CONFIG, coords, pafs)
    skeletons = benchmark(find_skeletons, heatmaps, pafs)
    stages = {
        "coordinates": (
            lambda: get_coordinates(CONFIG, heatmaps),
            lambda: oracle.find_coordinates(CONFIG, heatmaps),
        ),
        "connections": (
            lambda: get_connections(CONFIG, coords, pafs),
            lambda: oracle.find_connections(CONFIG, coords, pafs),
        ),
        "grouping": (
            lambda: estimate(CONFIG, connections),
            lambda: oracle.group_rows(oracle.make_rows(CONFIG, connections)),
        ),
    }
    # One call of the plain loops: for the largest crowd it takes most of a minute.
    times = {name: (median_ms(ours, 10, per_lot=2), median_ms(plain, 1)) for name, (ours, plain) in stages.items()}
    times["all"] = tuple(map(sum, zip(*times.values(), strict=True)))
    for name, (ours, plain) in times.items():
        table.append(
            f"{len(skeletons):3} people, {name:11}: {ours:8.3f} ms, plain loops {plain:9.1f} ms, "
            f"ratio {plain / ours:6.0f}"
        )
