"""Families whose rows come in an order in which a single pass misses that two groups are one.

What holds for the other families without conflicts (`merging.py`) holds here, too.
"""

from collections.abc import Sequence
from itertools import permutations

from grader.labs.merge.casemaking.bodies import TREE, Body, grow_body, grow_bystander, lay_out, links_of
from grader.labs.merge.casemaking.maker import Maker
from grader.labs.merge.merge_case import MergeCase, Rows

# Wrist, elbow, shoulder, neck, other shoulder: four rows, each of which shares a part with the next.
_CHAIN: Body = (3, 2, 0, 1)
_CHAINS_END = 4


def row_order(maker: Maker) -> list[MergeCase]:
    """Make people whose rows come in orders in which a single pass misses that two groups are one."""
    return [*_chains(maker), *_shuffled_people(maker)]


def _chains(maker: Maker) -> list[MergeCase]:
    """Make a chain of four rows in orders in which a row joins two groups; a fifth row ends it.

    The rows of a bystander come behind.
    """
    orders = [(0, 2, 1, 3), (0, 3, 1, 2)] if maker.is_public else _orders_with_a_join()
    cases = []
    for order in orders:
        body = sorted((*_CHAIN, _CHAINS_END))
        place = [body.index(limb) for limb in (*(_CHAIN[number] for number in order), _CHAINS_END)]
        numbers = [number + 1 for number in order]
        cases.append(
            maker.case(
                f"chain_{''.join(map(str, numbers))}",
                f"A chain of four rows in the order {', '.join(map(str, numbers))}, then a fifth row at its end, then "
                "the rows of somebody else.",
                _beside_bystander(maker, body, place),
            )
        )
    return cases


def _orders_with_a_join() -> list[tuple[int, ...]]:
    """List the orders of the chain in which some row touches none before it, so that a later one must join."""

    def has_join(order: Sequence[int]) -> bool:
        return any({row - 1, row + 1}.isdisjoint(order[:place]) for place, row in enumerate(order) if place)

    return [order for order in permutations(range(len(_CHAIN))) if has_join(order)]


def _shuffled_people(maker: Maker) -> list[MergeCase]:
    """Make whole people whose rows come from the ends to the middle, or in any order."""
    backwards = _beside_bystander(maker, TREE, range(len(TREE))[::-1])
    bodies = [grow_body(maker.rng, 12), grow_body(maker.rng, 9)]
    cases = [
        maker.case(
            "backwards",
            "A whole body, whose rows come from the last limb to the first, then the rows of somebody else.",
            backwards,
        ),
        maker.case("two_shuffled", "Two people, whose rows come in any order.", _shuffle(maker, bodies)),
    ]
    if not maker.is_public:
        cases += [
            maker.case(
                "whole_shuffled",
                "A whole body, whose rows come in any order, then the rows of somebody else.",
                _beside_bystander(maker, TREE, maker.rng.permutation(len(TREE)).tolist()),
            ),
            maker.case("four_shuffled", "Four people, whose rows come in any order.", _shuffle(maker, [TREE] * 4)),
        ]
    return cases


def _beside_bystander(maker: Maker, body: Body, order: Sequence[int]) -> Rows:
    """Lay out a person, whose rows come in the order given, and behind them a bystander's, limb after limb."""
    rows = lay_out(maker.rng, links_of([body, grow_bystander(maker.rng)]), behind=[1])
    return rows[[*order, *range(len(body), len(rows))]]


def _shuffle(maker: Maker, bodies: Sequence[Body]) -> Rows:
    return maker.rng.permutation(lay_out(maker.rng, links_of(bodies)))
