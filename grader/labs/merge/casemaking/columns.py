"""Families about the last two columns: all kinds of people, with conflicts and without.

In `scores` they are as a picture gives them, and add up to sums that show whether they were rounded.
"""

from collections.abc import Mapping, Sequence

from estimation.config import SCORE_COLUMN, BodyPart
from grader.labs.merge.casemaking.bodies import (
    LEFT_SHOULDER_EAR,
    PLENTY,
    RIGHT_SHOULDER_EAR,
    SCORE_STEP,
    TREE,
    UPPER_BODY,
    Body,
    grow_body,
    grow_without,
    lay_out,
    links_of,
)
from grader.labs.merge.casemaking.conflicts import BYSTANDER, NOSE, RIGHT_FOREARM, add_false, share_end
from grader.labs.merge.casemaking.maker import Maker
from grader.labs.merge.merge_case import MergeCase, Rows

_BOTH_CYCLES: Body = (*range(17), RIGHT_SHOULDER_EAR, LEFT_SHOULDER_EAR)
_RIGHT_CYCLE: Body = (*UPPER_BODY, RIGHT_SHOULDER_EAR)

_PER_ROW, _REST = 1.5, 3 * SCORE_STEP
"""The rows of a person add up to so much each, and to an odd number of sixteenths in all: 0.1875 cannot be rounded."""


def counts(maker: Maker) -> list[MergeCase]:
    """Make people whose parts can be counted: small ones and large ones, with cycles, in conflicts."""
    return _people(maker, PLENTY)


def scores(maker: Maker) -> list[MergeCase]:
    """Make the same for scores, and rows of negative score."""
    name = "negative" if maker.is_public else "two_negative"
    rows = _lay_out(maker, [UPPER_BODY, TREE], plenty=0)
    for number in (3,) if maker.is_public else (2, 9):
        rows[number, SCORE_COLUMN] -= 4
    says = "Two people; a row of negative score belongs to its person like any other."
    return [*_people(maker, 0), maker.case(name, says, rows)]


def _people(maker: Maker, plenty: float) -> list[MergeCase]:
    rng = maker.rng
    kinds: Mapping[str, tuple[str, Sequence[Body]]] = {
        "whole_body": ("A person with all 18 parts.", [TREE]),
        "cycle": ("Two people, one with a row that closes a cycle.", [_RIGHT_CYCLE, grow_body(rng, 8)]),
    }
    if not maker.is_public:
        kinds = {
            "no_nose": ("A person of nine parts without a nose.", [grow_without(rng, 9, BodyPart.nose)]),
            "cycles": ("Two people, one with two rows that close a cycle.", [grow_body(rng, 9), _BOTH_CYCLES]),
            "left_cycle": ("A person with a row that closes a cycle.", [(*UPPER_BODY, LEFT_SHOULDER_EAR)]),
        }
    cases = [maker.case(name, says, _lay_out(maker, bodies, plenty)) for name, (says, bodies) in kinds.items()]
    groups = [[12, 9]] if maker.is_public else [[18], [11, 18], [9, 12, 18], [8, 7, 10, 16], [13, 6, 6, 9, 7]]
    for sizes in groups:
        rows = rng.permutation(_lay_out(maker, [grow_body(rng, size) for size in sizes], plenty))
        says = f"{len(sizes)} people" if len(sizes) > 1 else "One person"
        cases.append(maker.case(f"shuffled_{len(sizes)}", f"{says}, whose rows come in any order.", rows))
    for name, (says, links) in (_PUBLIC_CONFLICTS if maker.is_public else _HIDDEN_CONFLICTS).items():
        bystander = links_of([grow_body(rng, 8)], first=BYSTANDER)
        cases.append(maker.conflicted_case(name, says, lay_out(rng, [*links, *bystander], plenty=plenty)))
    return cases


def _lay_out(maker: Maker, bodies: Sequence[Body], plenty: float) -> Rows:
    """Lay out people with plenty of score, or, without it, with sums that show whether they were rounded."""
    totals = {} if plenty else {number: _PER_ROW * len(body) + _REST for number, body in enumerate(bodies)}
    return lay_out(maker.rng, links_of(bodies), totals=totals, plenty=plenty)


_PUBLIC_CONFLICTS = {
    "shared_wrist": (
        "Two people claim one right wrist; somebody else stands by.",
        share_end(links_of([TREE, UPPER_BODY]), RIGHT_FOREARM, thief=1, owner=0),
    ),
}
_HIDDEN_CONFLICTS = {
    "two_noses": (
        "A neck is joined with two noses; somebody else stands by.",
        add_false(links_of([UPPER_BODY, TREE]), (NOSE, 0, 1)),
    ),
    "ear_of_another": (
        "A shoulder is joined with the ear of somebody else; a third person stands by.",
        add_false(links_of([UPPER_BODY, TREE]), (RIGHT_SHOULDER_EAR, 0, 1)),
    ),
    "shared_wrist": (
        "Two people claim one right wrist; somebody else stands by.",
        share_end(links_of([TREE, TREE]), RIGHT_FOREARM, thief=0, owner=1),
    ),
}
