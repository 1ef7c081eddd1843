"""The families of `heatmaps` and `density`: people drawn into maps."""

import time
from dataclasses import replace
from statistics import median

import numpy as np

from grader.harness.cases import Case
from grader.labs.maps import reference
from grader.labs.maps.casemaking.maker import UNKNOWN, Maker

N_IN_CROWD = {True: 30, False: 100}
"""People in the crowd of the public and of the hidden cases."""

CROWD_SHAPE = (48, 64)
N_CROWD_JOINTS = 3
_TIMINGS = 5


def heatmaps_shape(maker: Maker) -> list[Case]:
    """Make maps of several shapes, for one joint and for several."""
    cases = []
    for k in maker.rounds(1, 2):
        shape, n_joints = maker.shape(), 3 if k == 1 else 1
        people = np.stack([maker.points(n_joints, shape) for _ in range(4)])
        cases += [maker.case("heatmaps", f"joints_{n_joints}", "People with some joints.", people, shape, 2.0)]
    return cases


def heatmaps_values(maker: Maker) -> list[Case]:
    """Make one person with one joint, and one with three."""
    rng, cases = maker.rng, []
    for k in maker.rounds(1, 2):
        shape = maker.shape(5, 9)
        rows, columns = shape
        on_cell = np.array([[[float(rng.integers(1, columns - 1)), float(rng.integers(1, rows - 1))]]])
        between = maker.points(3, shape, step=0.25)[None]
        outside = np.array([[[-0.5 * k, rows + 0.5]]])
        says = ("A peak on a cell.", "Three joints of one person, between cells.", "A peak beyond the corner.")
        cases += [
            maker.case("heatmaps", f"on_a_cell_{k}", says[0], on_cell, shape, 2.0 + k),
            maker.case("heatmaps", f"between_cells_{k}", says[1], between, shape, 1.5),
            maker.case("heatmaps", f"outside_{k}", says[2], outside, shape, 3.0),
        ]
    return cases


def heatmaps_people(maker: Maker) -> list[Case]:
    """Make people of whom each has a joint of its own, and all have the last one at the same place."""
    cases = []
    for k in maker.rounds(1, 3):
        for n_people in (3, 4) if maker.is_public else (3, 3 + k % 2):
            shape = maker.shape(6, 9)
            places = maker.points(n_people, shape)
            # Neighbours, so that their peaks overlap; the first and the last of them in both orders.
            places[1] = places[0] + (1.0 if places[0][0] < shape[1] - 2 else -1.0, 0.5)
            people = np.full((n_people, n_people + 1, 2), np.nan)
            people[np.arange(n_people), np.arange(n_people)] = people[:, -1] = places
            name = f"people_{n_people}_{k}"
            cases += [
                maker.case("heatmaps", name, f"{n_people} people near each other.", people, shape, 1.0),
                maker.case(
                    "heatmaps", f"{name}_turned", "The same people, the last one first.", people[::-1], shape, 1.0
                ),
            ]
    return list({case.name: case for case in cases}.values())


def heatmaps_unlabelled(maker: Maker) -> list[Case]:
    """Make joints that are not labelled, of some and of all, and nobody at all."""
    cases = []
    for k in maker.rounds(1, 2):
        shape = maker.shape()
        people = np.stack([maker.points(3, shape) for _ in range(4)])
        some, nowhere = people.copy(), people.copy()
        some[k % 4, 1] = some[(k + 1) % 4, 0] = UNKNOWN
        nowhere[:, k] = UNKNOWN
        cases += [
            maker.case("heatmaps", f"some_{k}", "Two joints are not labelled.", some, shape, 1.0),
            maker.case("heatmaps", f"of_nobody_{k}", "One joint is labelled of nobody.", nowhere, shape, 1.0),
        ]
    return [*cases, maker.case("heatmaps", "nobody", "Nobody in the picture.", np.empty((0, 3, 2)), maker.shape(), 1.0)]


def heatmaps_crowd(maker: Maker) -> list[Case]:
    """Make a crowd, and measure how long the reference takes for it."""
    n_people = N_IN_CROWD[maker.is_public]
    people = maker.points(n_people * N_CROWD_JOINTS, CROWD_SHAPE).reshape(n_people, N_CROWD_JOINTS, 2)
    case = maker.case("heatmaps", f"{n_people}_people", f"A crowd of {n_people} people.", people, CROWD_SHAPE, 1.5)
    return [replace(case, reference_s=_measure(case))]


def density_shape(maker: Maker) -> list[Case]:
    """Make maps that are no squares."""
    return [
        maker.case("density", f"shape_{k}", "Some heads.", maker.points(3, shape), shape, 1.0)
        for k in maker.rounds(1, 2)
        for shape in [maker.shape()]
    ]


def density_values(maker: Maker) -> list[Case]:
    """Make one head far from the border: next to nothing of its bump is outside."""
    cases = []
    for k in maker.rounds(2, 4):
        shape = maker.shape(13, 17)
        head = maker.points(1, shape, margin=6.0)
        cases += [maker.case("density", f"bump_{k}", "One head in the middle.", head, shape, 0.75 + 0.25 * (k % 3))]
    return cases


def density_border(maker: Maker) -> list[Case]:
    """Make one head in a corner, one at an edge, and one near it."""
    cases = []
    for k in maker.rounds(1, 2):
        shape = maker.shape()
        rows, columns = shape
        corner = [[0.0, 0.0], [columns - 1.0, rows - 1.0], [columns - 1.0, 0.0]][k]
        edge = [[float(maker.rng.integers(1, columns - 1)), 0.0], [0.0, float(maker.rng.integers(1, rows - 1))]][k % 2]
        near = [columns - 1.25, float(maker.rng.integers(1, rows - 1))]
        places = {"corner": corner, "edge": edge, "near": near}
        cases += [
            maker.case("density", f"{name}_{k}", f"One head ({name}).", np.array([head]), shape, 1.0 + 0.5 * k)
            for name, head in places.items()
        ]
    return cases


def density_people(maker: Maker) -> list[Case]:
    """Make people, and the same with everybody once more."""
    cases = []
    for k in maker.rounds(1, 3):
        shape = maker.shape(9, 14)
        heads = maker.points(k, shape, margin=3.0)
        says = ("Some heads far from the border.", "Everybody once more.")
        both = ((heads, shape, 0.75), (np.concatenate([heads, heads]), shape, 0.75))
        cases += maker.twins("density", f"people_{k}", says, *both)
    nobody, shape = np.empty((0, 2)), maker.shape()
    return [*cases, *maker.twins("density", "nobody", ("Nobody.", "Nobody, twice."), *[(nobody, shape, 1.0)] * 2)]


def density_crowd(maker: Maker) -> list[Case]:
    """Make a crowd, as of `heatmaps`."""
    n_people = N_IN_CROWD[maker.is_public]
    heads = maker.points(n_people, CROWD_SHAPE)
    return [maker.case("density", f"{n_people}_people", f"A crowd of {n_people} people.", heads, CROWD_SHAPE, 1.5)]


def _measure(case: Case) -> float:
    """Time the reference: the median of some runs in seconds, to two digits, after one that compiles."""
    seconds = []
    for _ in range(1 + _TIMINGS):
        start = time.perf_counter()
        reference.answer(case.function, *case.arguments)
        seconds.append(time.perf_counter() - start)
    return float(f"{median(seconds[1:]):.1e}")
