"""The families of `softargmax` and of its gradient: maps, and where their weight lies."""

import numpy as np

from grader.harness.cases import Case
from grader.harness.errors import RubricError
from grader.labs.maps import reference
from grader.labs.maps.casemaking.maker import Array, Maker

_STEP, _NEAR = 1e-5, 1e-6


def softargmax_values(maker: Maker) -> list[Case]:
    """Make one map a case: three cells of weights 1/4, 1/4 and 1/2; others with a sharpness that is not 1."""
    rng, cases = maker.rng, []
    for k in maker.rounds(1, 2):
        sharpness = (0.5, 2.0, 4.0)[k]
        shape = maker.shape(3, 7)
        apart = np.full((1, *shape), -1000.0)
        # Three cells that matter: in three rows and three columns, none of them in a pattern that forgives.
        rows, columns = rng.permutation(shape[0])[:3], rng.permutation(shape[1])[:3]
        apart[0, rows, columns] = np.array([0.0, 0.0, np.log(2)]) / sharpness
        cases += [
            maker.case("softargmax", f"quarters_{k}", "Three cells weigh 1/4, 1/4 and 1/2.", apart, sharpness),
            maker.case("softargmax", f"blunt_{k}", "A blunt one.", maker.values(1, *maker.shape()), 0.25),
            maker.case("softargmax", f"sharp_{k}", "A sharp one.", maker.values(1, *maker.shape()), 3.0),
        ]
    return cases


def softargmax_shape(maker: Maker) -> list[Case]:
    """Make several maps, and one."""
    return [
        maker.case("softargmax", f"maps_{n}", "Some maps.", maker.values(n, *maker.shape()), 1.0)
        for n in ((3, 1) if maker.is_public else (3, 5, 1))
    ]


def softargmax_large(maker: Maker) -> list[Case]:
    """Make one map a case: high, low, and one that the sharpness makes high."""
    cases = []
    for k in maker.rounds(1, 2):
        high, low, sharp = (maker.values(1, *maker.shape()) for _ in range(3))
        cases += [
            maker.case("softargmax", f"high_{k}", "All values are very high.", high + 1000.0 * 10**k, 1.0),
            maker.case("softargmax", f"low_{k}", "All values are very low.", low - 1000.0 * 10**k, 1.0),
            maker.case("softargmax", f"far_apart_{k}", "Values far apart.", sharp * 1000.0 * k, 1.0),
        ]
    return cases


def softargmax_channels(maker: Maker) -> list[Case]:
    """Make maps of very different heights in one call."""
    cases = []
    for k in maker.rounds(1, 3):
        maps = maker.values(3 + k, *maker.shape())
        maps += maker.rng.permutation(3 + k)[:, None, None] * 3.0
        cases += [maker.case("softargmax", f"heights_{k}", "Maps of different heights.", maps, 1.0)]
    return cases


def softargmax_moves(maker: Maker) -> list[Case]:
    """Make a map with a constant added, and one that is shifted."""
    cases = []
    for k in maker.rounds(1, 2):
        maps = maker.values(1, *maker.shape())
        constant = float((-1) ** k * (2 + k))
        cases += maker.twins(
            "softargmax", f"constant_{k}", ("A map.", "A constant added."), (maps, 1.0), (maps + constant, 1.0)
        )
        shape = maker.shape(6, 9)
        blob = np.zeros((1, *shape))
        blob[0, 1:3, 1:3] = 40 + maker.values(2, 2, scale=1)
        across, down = maker.rng.permutation([1, 2]).tolist()
        moved = np.roll(blob, (down, across), axis=(1, 2))
        says = ("A peak near a corner.", "The same peak, further in.")
        cases += maker.twins("softargmax", f"shift_{k}", says, (blob, 1.0), (moved, 1.0))
    return cases


def softargmax_types(maker: Maker) -> list[Case]:
    """Make maps of whole numbers and of float32, each after the same as float64."""
    cases = []
    for k in maker.rounds(1, 2):
        whole = maker.rng.integers(-3, 4, (1, *maker.shape())).astype(np.float64)
        single = maker.values(1, *maker.shape())
        for name, maps, kind in (("whole", whole, "int64"), ("single", single, "float32")):
            says = ("As float64.", f"The same as {kind}.")
            both = ((maps, 0.5), (maps.astype(kind), 0.5))
            cases += maker.twins("softargmax", f"{name}_{k}", says, *both)
    return cases


def gradient_values(maker: Maker) -> list[Case]:
    """Make one map a case, with a sharpness that is not 1."""
    cases = []
    for k in maker.rounds(2, 4):
        sharpness = (0.5, 2.0, 3.0)[k % 3]
        upstream = [[1.0, 0.0], [0.0, 1.0], [0.5, -2.0]][k % 3]
        cases += [
            _gradient(maker, f"one_map_{k}", "One map.", maker.values(1, *maker.shape(3, 6)), sharpness, upstream)
        ]
    return cases


def gradient_shape(maker: Maker) -> list[Case]:
    """Make several maps, and one."""
    return [
        _gradient(maker, f"maps_{n}", "Some maps.", maker.values(n, *maker.shape(4, 7)), 1.0, maker.values(n, 2))
        for n in ((3, 1) if maker.is_public else (3, 5, 1))
        if n != 2
    ]


def gradient_difference(maker: Maker) -> list[Case]:
    """Make maps whose gradient was held against centred differences, cell by cell."""
    return [
        _gradient(maker, f"difference_{k}", "Any direction.", maker.values(1, *maker.shape(3, 6)), 1.0, upstream)
        for k in maker.rounds(2, 4)
        for upstream in [[[1.5, -0.5], [-1.0, 2.0], [0.5, 0.25]][k % 3]]
    ]


def gradient_sum(maker: Maker) -> list[Case]:
    """Make maps whose gradients sum to zero."""
    return [
        _gradient(maker, f"sum_{k}", "Three maps.", maker.values(3, *maker.shape(4, 7)), 1.5, np.ones((3, 2)) * k)
        for k in maker.rounds(1, 2)
    ]


def gradient_channels(maker: Maker) -> list[Case]:
    """Make maps of which one alone has an upstream, and maps of very large values."""
    cases = []
    for k in maker.rounds(1, 2):
        alone = np.zeros((3, 2))
        alone[k % 3] = 1.0, -2.0
        maps, high = (maker.values(3, *maker.shape(4, 7)) for _ in range(2))
        high[(k + 1) % 3] += 1000.0 * 10**k
        cases += [
            _gradient(maker, f"alone_{k}", "One map has an upstream, the others none.", maps, 1.0, alone),
            _gradient(maker, f"high_{k}", "One map is very high.", high, 1.0, alone + 1.0),
        ]
    return cases


def _gradient(maker: Maker, name: str, says: str, maps: Array, sharpness: float, upstream: object) -> Case:
    pairs = np.asarray(upstream, dtype=np.float64).reshape(-1, 2)
    case = maker.case("softargmax_gradient", name, says, maps, sharpness, pairs)
    _refuse_other_difference(case, maps, sharpness, pairs)
    return case


def _refuse_other_difference(case: Case, maps: Array, sharpness: float, upstream: Array) -> None:
    """Make sure that what is recorded is what a centred difference tells.

    Raises
    ------
    RubricError
        If it is not.
    """
    for cell in np.ndindex(maps.shape):
        there = np.zeros_like(maps)
        there[cell] = _STEP
        up, down = (reference.answer("softargmax", maps + sign * there, sharpness) for sign in (1, -1))
        told = float((upstream * (up - down)).sum() / (2 * _STEP))
        if abs(told - case.expected[cell]) > _NEAR:
            raise RubricError(
                f"A recorded gradient must be that of a centred difference; case {case.name!r} has "
                f"{case.expected[cell]:.9g} at {cell}, and the difference is {told:.9g}. Mend the reference."
            )
