"""Heatmaps and PAFs to skeletons, in tables and by the lab's functions, beside the plain loops.

On photographs, and on one of three persons tiled to crowds. Run with ``pytest tests/benchmarks --benchmark-only``. It
runs on one thread, and nothing is asserted about times. The README has the figures of what users would pick instead.
"""

import math
import statistics

import numpy as np
import pytest

from estimation.config import get_default_configuration
from estimation.connections import get_connections
from estimation.coordinates import get_coordinates
from estimation.decoding import find_skeletons
from estimation.estimators import estimate
from tests import oracle

CONFIG = get_default_configuration()
# Rows and columns of tiles of a photograph of three persons.
TILES = {30: (2, 5), 105: (5, 7), 300: (10, 10)}
TILES_OF_THOUSAND = (18, 19)


def load_maps(path):
    with np.load(path) as maps:
        return maps["heatmaps"].astype(np.float32), maps["pafs"].astype(np.float32)


def tile(maps, tiles):
    return tuple(np.tile(array, (*tiles, 1)) for array in maps)


def find_in_tables(heatmaps, pafs):
    return find_skeletons(CONFIG, heatmaps, pafs).skeletons


def find_by_lists(heatmaps, pafs):
    return estimate(CONFIG, get_connections(CONFIG, get_coordinates(CONFIG, heatmaps), pafs))


def find_plainly(heatmaps, pafs):
    connections = oracle.find_connections(CONFIG, oracle.find_coordinates(CONFIG, heatmaps), pafs)
    return oracle.group_rows(oracle.make_rows(CONFIG, connections))


def describe(name, ours, by_lists, plain):
    return (
        f"{name:13}: find_skeletons {ours:8.3f} ms, the lab's functions {by_lists:8.3f} ms, "
        f"plain loops {plain:9.1f} ms, ratio {plain / ours:5.0f}"
    )


def test_chain_on_photographs(benchmark, table, median_ms, shared_data):
    photographs = [load_maps(path) for path in sorted((shared_data / "maps").glob("*.npz"))]
    benchmark(lambda: [find_in_tables(*maps) for maps in photographs])
    times = []
    for maps in photographs:
        find_by_lists(*maps)
        times.append(
            (
                median_ms(lambda maps=maps: find_in_tables(*maps), 30, per_lot=10),
                median_ms(lambda maps=maps: find_by_lists(*maps), 30, per_lot=10),
                median_ms(lambda maps=maps: find_plainly(*maps), 5),
            )
        )
    table.append(describe("a photograph", *map(statistics.median, zip(*times, strict=True))))


@pytest.fixture
def photograph(shared_data):
    """Heatmaps and PAFs of three persons."""
    return load_maps(shared_data / "maps" / "op_coco536.npz")


@pytest.mark.parametrize("n_people", TILES, ids=lambda n: f"{n} people")
def test_chain_on_a_crowd(benchmark, table, median_ms, photograph, n_people):
    maps = tile(photograph, TILES[n_people])
    skeletons = benchmark(find_in_tables, *maps)
    assert np.array_equal(find_by_lists(*maps), skeletons)
    times = (
        median_ms(lambda: find_in_tables(*maps), 20, per_lot=2),
        median_ms(lambda: find_by_lists(*maps), 20, per_lot=2),
        median_ms(lambda: find_plainly(*maps), 1),  # for the largest crowd a call takes most of a minute
    )
    table.append(describe(f"{len(skeletons)} people", *times))


def test_growth_to_a_thousand_people(benchmark, table, median_ms, photograph):
    times = {}
    for tiles in (*TILES.values(), TILES_OF_THOUSAND):
        maps = tile(photograph, tiles)
        n_people = len(find_in_tables(*maps))
        times[n_people] = median_ms(lambda maps=maps: find_in_tables(*maps), 10)
    benchmark.pedantic(lambda: None, rounds=1)
    (fewest, first), *_, (most, last) = times.items()
    exponent = math.log(last / first) / math.log(most / fewest)
    table.append(f"growth: {', '.join(f'{ms:.2f} ms for {n}' for n, ms in times.items())}: exponent {exponent:.2f}")
