"""Any input: Hypothesis strategies, and the families that are recorded from them.

The same strategies serve `grader.harness.shrinking`, which looks for the smallest input that breaks a submission. All
that is drawn are small whole numbers, and less is always nearer to 0: that is what shrinks well.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from grader.harness.cases import Argument, Case
from grader.harness.results import Visibility
from grader.labs.maps.casemaking.maker import Array, Maker

FUNCTIONS = {
    "heatmaps_any": "heatmaps",
    "softargmax_any": "softargmax",
    "gradient_any": "softargmax_gradient",
    "pck_any": "pck",
    "iou_any": "iou",
    "density_any": "density",
}
"""For each check of this kind the function that it calls."""

N_RECORDED = (3, 8)
"""How many inputs are recorded for each check, public and hidden ones."""

_DRAWS_A_CASE = 60
_FEWEST_NUMBERS = 4


@dataclass(frozen=True, eq=False)
class Drawn:
    """What a strategy draws: the arguments of a call."""

    arguments: tuple[Argument, ...]

    @property
    def key(self) -> bytes:
        """Bytes that are equal for equal arguments."""
        arrays = [value for value in self.arguments if isinstance(value, np.ndarray)]
        others = [value for value in self.arguments if not isinstance(value, np.ndarray)]
        shapes = [value.shape for value in arrays]
        return repr((others, shapes)).encode() + b"".join(value.tobytes() for value in arrays)

    @property
    def n_numbers(self) -> int:
        """Count different numbers, which the simplest draws have few of."""
        arrays = [value.ravel() for value in self.arguments if isinstance(value, np.ndarray) and value.dtype != bool]
        return len(np.unique(np.concatenate(arrays))) if arrays else _FEWEST_NUMBERS


def record(maker: Maker) -> list[Case]:
    """Draw inputs until there are enough different ones."""
    found: dict[bytes, Drawn] = {}
    n_wanted = N_RECORDED[not maker.is_public]

    @seed(int(maker.rng.integers(2**32)))
    @settings(
        database=None,
        deadline=None,
        derandomize=False,
        phases=[Phase.generate],
        max_examples=_DRAWS_A_CASE * n_wanted,
        suppress_health_check=list(HealthCheck),
    )
    @given(_STRATEGIES[maker.check]())
    def collect(drawn: Drawn) -> None:
        if drawn.n_numbers >= _FEWEST_NUMBERS:
            found[drawn.key] = drawn

    collect()
    chosen = enumerate(list(found.values())[:n_wanted], start=1)
    return [_as_case(maker, f"random_{number:02}", drawn) for number, drawn in chosen]


class SmallMaps:
    """What smaller inputs of a check are drawn from: see `grader.harness.lab.SmallInputs`."""

    def __init__(self, check: str) -> None:
        self.strategy = _STRATEGIES[check]()
        self._maker = Maker(check, Visibility.PUBLIC, seed=0)

    def key(self, drawn: Drawn) -> bytes:
        """Give bytes that are equal for equal inputs."""
        return drawn.key

    def cases(self, name: str, drawn: Drawn) -> Sequence[Case]:
        """Make the case of an input."""
        return [_as_case(self._maker, name, drawn)]


def _as_case(maker: Maker, name: str, drawn: Drawn) -> Case:
    return maker.case(FUNCTIONS[maker.check], name, "Random arguments.", *drawn.arguments)


def below(n: int) -> st.SearchStrategy[int]:
    """Draw a whole number from 0 to n - 1; shrinks to 0."""
    return st.integers(0, n - 1)


@st.composite
def _array(draw: st.DrawFn, shape: Sequence[int], n: int, *, step: float = 1.0, low: int = 0) -> Array:
    """Draw n values in steps from `low` on."""
    size = int(np.prod(shape))
    numbers = draw(st.lists(below(n), min_size=size, max_size=size))
    return (np.array(numbers, dtype=np.float64).reshape(shape) + low) * step


@st.composite
def _shape(draw: st.DrawFn, least: int = 3) -> tuple[int, int]:
    """Draw rows and columns, never equal ones."""
    rows, more = least + draw(below(4)), 1 + draw(below(3))
    return (rows, rows + more) if draw(below(2)) == 0 else (rows + more, rows)


@st.composite
def _places(draw: st.DrawFn, n: int, shape: tuple[int, int]) -> Array:
    """Draw points within a map, in halves."""
    across, down = draw(_array((n,), 2 * shape[1] - 1, step=0.5)), draw(_array((n,), 2 * shape[0] - 1, step=0.5))
    return np.stack([across, down], axis=-1)


@st.composite
def _heatmaps(draw: st.DrawFn) -> Drawn:
    n_people, n_joints, shape = 1 + draw(below(3)), 1 + draw(below(2)), draw(_shape())
    people = draw(_places(n_people * n_joints, shape)).reshape(n_people, n_joints, 2)
    return Drawn((people, shape, 1.0 + draw(below(4)) / 2))


@st.composite
def _maps(draw: st.DrawFn) -> Array:
    n_maps = (1, 3)[draw(below(2))]
    return draw(_array((n_maps, *draw(_shape(least=n_maps + 1))), 5, step=0.5))


@st.composite
def _softargmax(draw: st.DrawFn) -> Drawn:
    return Drawn((draw(_maps()), 1.0 + draw(below(4)) / 2))


@st.composite
def _gradient(draw: st.DrawFn) -> Drawn:
    maps, sharpness = draw(_maps()), 1.0 + draw(below(4)) / 2
    return Drawn((maps, sharpness, draw(_array((len(maps), 2), 4, low=1))))


@st.composite
def _pck(draw: st.DrawFn) -> Drawn:
    """Draw people who were found where they are, or off by far less or far more than the bound, along an axis."""
    n_people, n_joints = 1 + draw(below(3)), 2 + draw(below(3))
    true = draw(_array((n_people, n_joints, 2), 30))
    true[:, 1] = true[:, 0] + (0.0, 10.0)
    off = draw(_array((n_people, n_joints, 1), 3)) * 4
    labelled = draw(_array((n_people, n_joints), 4)) < 3
    labelled[:, :2] = True
    return Drawn((true + off * (1.0, 0.0), true, labelled, (0, 1), 0.5))


@st.composite
def _iou(draw: st.DrawFn) -> Drawn:
    """Draw two masks, neither of them empty: that is for another check."""
    shape = draw(_shape())
    first, second = draw(_array(shape, 2)) > 0, draw(_array(shape, 2)) > 0
    first[0, 0] = second[-1, -1] = True
    return Drawn((first, second))


@st.composite
def _density(draw: st.DrawFn) -> Drawn:
    shape = draw(_shape())
    return Drawn((draw(_places(1 + draw(below(4)), shape)), shape, 1.0 + draw(below(3)) / 2))


_STRATEGIES: Mapping[str, Callable[[], st.SearchStrategy[Drawn]]] = {
    "heatmaps_any": _heatmaps,
    "softargmax_any": _softargmax,
    "gradient_any": _gradient,
    "pck_any": _pck,
    "iou_any": _iou,
    "density_any": _density,
}
