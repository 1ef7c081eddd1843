"""Any input: Hypothesis strategies, and the families that are recorded from them.

The same strategies serve `grader.harness.shrinking`, which looks for the smallest input that breaks a submission. All
that is drawn are small whole numbers, and less is always nearer to 0: that is what shrinks well.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from hypothesis import HealthCheck, Phase, assume, given, seed, settings
from hypothesis import strategies as st

from estimation.config import ABSENT, LIMBS, N_LIMBS, N_PARTS_COLUMN, ROW_LENGTH, SCORE_COLUMN
from grader.harness.results import Visibility
from grader.labs.merge import reference
from grader.labs.merge.casemaking.bodies import PLENTY, SCORE_STEP, Link, ids_in, links_of, renumber
from grader.labs.merge.casemaking.maker import Maker
from grader.labs.merge.merge_case import MergeCase, Rows

N_RECORDED = {"any_people": (8, 24), "reordering": (4, 12), "renumbering": (4, 12), "any_conflict": (8, 24)}
"""How many inputs are recorded for each check, public and hidden ones."""

RECORDED_PARTS = 6
"""Recorded people have as many parts at least, so that a wrong bound does not cost points here."""

_FEWEST_PARTS = 2
_MORE_PARTS, _MAX_PEOPLE, _MAX_FALSE, _MAX_GAP = 6, 4, 3, 3
_SCORE_STEPS = 33  # a row scores 1 to 3
_FEWEST_SCORES = 4

_DRAWS_A_CASE = 10


@dataclass(frozen=True, eq=False)
class Drawn:
    """What a strategy draws.

    Attributes
    ----------
    rows : ndarray of shape (n, 20) and dtype float64
        The input.
    twin : ndarray of shape (n, 20) and dtype float64, or None
        Another input that must give the same people.
    renumbered : mapping of int to int
        What became of each id in the twin; empty when ids stayed.
    """

    rows: Rows
    twin: Rows | None = None
    renumbered: Mapping[int, int] = field(default_factory=dict)

    @property
    def key(self) -> bytes:
        """Bytes that are equal for equal inputs."""
        return self.rows.tobytes() + (b"" if self.twin is None else self.twin.tobytes())


def any_people(maker: Maker) -> list[MergeCase]:
    """Record people without conflicts, their rows in any order."""
    return _record(maker)


def reordering(maker: Maker) -> list[MergeCase]:
    """Record pairs of the same rows in two orders."""
    return _record(maker)


def renumbering(maker: Maker) -> list[MergeCase]:
    """Record pairs of the same people under different ids."""
    return _record(maker)


def any_conflict(maker: Maker) -> list[MergeCase]:
    """Record people with limbs from one to another."""
    return _record(maker)


def strategy_of(check: str, *, is_recorded: bool) -> st.SearchStrategy[Drawn]:
    """Return what inputs of a check are drawn from.

    Parameters
    ----------
    check : str
        One of `N_RECORDED`.
    is_recorded : bool
        Whether the inputs are for marks and must be fair, or for a search and should be small. Recorded people have
        at least `RECORDED_PARTS` parts and are two at least, and somebody stands by each conflict: some ways to
        settle it leave nobody else.
    """
    return _STRATEGIES[check](is_recorded)


def as_cases(maker: Maker, name: str, drawn: Drawn) -> list[MergeCase]:
    """Make the case of an input, or the two cases of a pair."""
    if maker.check == "any_conflict":
        return [maker.conflicted_case(name, f"{len(drawn.rows)} random rows with a conflict.", drawn.rows)]
    case = maker.case(name, f"{len(drawn.rows)} random rows without conflicts.", drawn.rows)
    if drawn.twin is None:
        return [case]
    says = "The same keypoints with other ids." if drawn.renumbered else "The same rows in another order."
    twin = maker.case(f"{name}_again", says, drawn.twin)
    return [case, replace(twin, twin_of=case.name, renumbered=drawn.renumbered)]


class SmallMerges:
    """What smaller inputs of a check are drawn from: see `grader.harness.lab.SmallInputs`."""

    def __init__(self, check: str) -> None:
        self.strategy = strategy_of(check, is_recorded=False)
        self._maker = Maker(check, Visibility.PUBLIC, seed=0)

    def key(self, drawn: Drawn) -> bytes:
        """Give bytes that are equal for equal inputs."""
        return drawn.key

    def cases(self, name: str, drawn: Drawn) -> list[MergeCase]:
        """Make the case of an input, or the two cases of a pair."""
        return as_cases(self._maker, name, drawn)


def below(n: int) -> st.SearchStrategy[int]:
    """Draw a whole number from 0 to n - 1; shrinks to 0.

    Here n stays below 100: now and then Hypothesis takes a larger number that stands in the source of some module that
    happens to be loaded, and then the seed alone would not decide what is drawn.
    """
    return st.integers(0, n - 1)


@st.composite
def shuffled(draw: st.DrawFn, n: int) -> list[int]:
    """Draw an order of n things; shrinks to the order that they have."""
    waiting = list(range(n))
    return [waiting.pop(draw(below(len(waiting)))) for _ in range(n)]


@st.composite
def _body(draw: st.DrawFn, *, is_recorded: bool) -> list[int]:
    """Draw a person as limbs that hang together, cycles among them."""
    n_parts = (RECORDED_PARTS if is_recorded else _FEWEST_PARTS) + draw(below(_MORE_PARTS))
    limbs = [draw(below(N_LIMBS))]
    while len(_parts_of(limbs)) < n_parts:
        touching = [limb for limb in range(N_LIMBS) if limb not in limbs and _parts_of(limbs) & _parts_of([limb])]
        limbs.append(touching[draw(below(len(touching)))])
    return sorted(limbs)


@st.composite
def _bodies(draw: st.DrawFn, *, is_recorded: bool) -> list[list[int]]:
    return [draw(_body(is_recorded=is_recorded)) for _ in range(1 + draw(below(_MAX_PEOPLE)))]


@st.composite
def _rows_of_people(draw: st.DrawFn, *, is_recorded: bool) -> Rows:
    """Draw people without conflicts, limb after limb; recorded ones are two at least."""
    bodies = draw(_bodies(is_recorded=is_recorded))
    if is_recorded:
        bodies = [*bodies, draw(_body(is_recorded=True))]
    return _lay_out(draw, sorted(links_of(bodies)), PLENTY if is_recorded else 0)


@st.composite
def _in_any_order(draw: st.DrawFn, is_recorded: bool) -> Drawn:
    rows = draw(_rows_of_people(is_recorded=is_recorded))
    return Drawn(rows[draw(shuffled(len(rows)))])


@st.composite
def _in_two_orders(draw: st.DrawFn, is_recorded: bool) -> Drawn:
    rows = draw(_rows_of_people(is_recorded=is_recorded))
    order = draw(shuffled(len(rows)))
    assume(order != sorted(order))
    return Drawn(rows, rows[order])


@st.composite
def _with_two_numberings(draw: st.DrawFn, is_recorded: bool) -> Drawn:
    rows = draw(_rows_of_people(is_recorded=is_recorded))
    ids = ids_in(rows)
    order, gap = draw(shuffled(len(ids))), 1 + draw(below(_MAX_GAP))
    new_of = {id_: 1 + gap * place for id_, place in zip(ids, order, strict=True)}
    assume(any(old != new for old, new in new_of.items()))
    return Drawn(rows, renumber(rows, new_of), new_of)


@st.composite
def _with_conflicts(draw: st.DrawFn, is_recorded: bool) -> Drawn:
    """Draw people and false limbs between them, limb after limb; of one limb any may be the first."""
    bodies = draw(_bodies(is_recorded=is_recorded))
    links = {*links_of(bodies), *(draw(_false_link(bodies)) for _ in range(1 + draw(below(_MAX_FALSE))))}
    if is_recorded:
        bystander = len(bodies) + 1
        links |= {Link(limb, bystander, bystander) for limb in draw(_body(is_recorded=True))}
    ranks = {link: draw(below(len(bodies) + 1)) for link in sorted(links)}
    rows = _lay_out(draw, sorted(links, key=lambda link: (link.limb, ranks[link], link)), PLENTY if is_recorded else 0)
    assume(reference.has_conflicts(rows))
    return Drawn(rows)


@st.composite
def _false_link(draw: st.DrawFn, bodies: Sequence[Sequence[int]]) -> Link:
    """Draw a limb from a person to another one or, with a number more than there are people, to a stray keypoint."""
    start, away = draw(below(len(bodies))), 1 + draw(below(len(bodies)))
    limb = bodies[start][draw(below(len(bodies[start])))]
    return Link(limb, start, (start + away) % (len(bodies) + 1))


_STRATEGIES: Mapping[str, Callable[[bool], st.SearchStrategy[Drawn]]] = {
    "any_people": _in_any_order,
    "reordering": _in_two_orders,
    "renumbering": _with_two_numberings,
    "any_conflict": _with_conflicts,
}


def _parts_of(limbs: Sequence[int]) -> set[int]:
    return {int(part) for limb in limbs for part in (LIMBS[limb].from_body_part, LIMBS[limb].to_body_part)}


def _lay_out(draw: st.DrawFn, links: Sequence[Link], plenty: float) -> Rows:
    """Make the rows of connections in the order given; ids count on over the parts in slot order, from 1."""
    ends = [(LIMBS[limb].from_body_part, start, LIMBS[limb].to_body_part, end) for limb, start, end in links]
    joints = sorted({joint for first, start, second, end in ends for joint in ((first, start), (second, end))})
    id_of = {joint: number for number, joint in enumerate(joints, start=1)}
    rows = np.full((len(links), ROW_LENGTH), float(ABSENT))
    for row, (first, start, second, end) in zip(rows, ends, strict=True):
        row[first], row[second] = id_of[first, start], id_of[second, end]
        row[SCORE_COLUMN], row[N_PARTS_COLUMN] = plenty + 1 + SCORE_STEP * draw(below(_SCORE_STEPS)), 2
    return rows


def _record(maker: Maker) -> list[MergeCase]:
    """Draw inputs until there are enough different ones."""
    found: dict[bytes, Drawn] = {}
    n_wanted = N_RECORDED[maker.check][not maker.is_public]

    @seed(int(maker.rng.integers(2**32)))
    @settings(
        database=None,
        deadline=None,
        derandomize=False,
        phases=[Phase.generate],
        max_examples=_DRAWS_A_CASE * n_wanted,
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy_of(maker.check, is_recorded=True))
    def collect(drawn: Drawn) -> None:
        # The simplest draws are alike for each seed; their scores are nearly all the same.
        if len(np.unique(drawn.rows[:, SCORE_COLUMN])) >= _FEWEST_SCORES:
            found[drawn.rows.tobytes()] = drawn

    collect()
    chosen = enumerate(list(found.values())[:n_wanted], start=1)
    return [case for number, drawn in chosen for case in as_cases(maker, f"random_{number:02}", drawn)]
