"""Families without conflicts: the handout's example, one person, many, no neck, cycles, ids, nobody.

Each keeps away from the pitfalls of the others, so that a mistake costs its points once: ids start at 1, people have
at least six parts and much score, the limbs come in the lab's order and form no cycle, wherever that is not the point.
Where one person would do, a bystander is there, too: else a merge that takes all rows for one person earns the points.
`one_person`, which a student tries first, is without: who mixes people up must not lose it.
"""

from collections.abc import Sequence
from itertools import count

import numpy as np

from estimation.config import ABSENT, N_PARTS_COLUMN, PARTS, ROW_LENGTH, SCORE_COLUMN, BodyPart
from grader.labs.merge.casemaking.bodies import (
    ARMS,
    HEAD,
    LEFT_SHOULDER_EAR,
    LEGS,
    RIGHT_SHOULDER_EAR,
    TREE,
    UPPER_BODY,
    Body,
    grow_body,
    grow_bystander,
    lay_out,
    links_of,
    renumber,
)
from grader.labs.merge.casemaking.maker import Maker
from grader.labs.merge.merge_case import MergeCase, Rows

# The published input: two parts with their ids, and the row's score.
_HANDOUT = (
    (BodyPart.neck, 1, BodyPart.right_shoulder, 2, 1.9540779),
    (BodyPart.neck, 1, BodyPart.left_shoulder, 5, 1.76488239),
    (BodyPart.right_shoulder, 2, BodyPart.right_elbow, 3, 1.69892728),
    (BodyPart.neck, 1, BodyPart.nose, 0, 1.89980185),
    (BodyPart.nose, 0, BodyPart.right_eye, 6, 1.78199434),
    (BodyPart.right_eye, 6, BodyPart.right_ear, 8, 1.73637748),
    (BodyPart.nose, 0, BodyPart.left_eye, 7, 1.82718945),
    (BodyPart.left_eye, 7, BodyPart.left_ear, 9, 1.86717367),
    (BodyPart.left_shoulder, 5, BodyPart.left_ear, 9, 1.6537441),
)

_RIGHT_RING: Body = (0, 12, 13, 14, RIGHT_SHOULDER_EAR)
_LEFT_RING: Body = (1, 12, 15, 16, LEFT_SHOULDER_EAR)
_RINGS: Body = sorted({*_RIGHT_RING, *_LEFT_RING})
_HEADLESS: Body = (*ARMS, *LEGS)

_LARGEST_GAP = 40

_NEGATIVE = "A row of negative score belongs to its person like any other."
_LARGE_IDS = {
    1: "",
    9_000: ", all above 9,000",
    40_000: ", all above 40,000",
    300_000: ", all above 300,000",
    8_000_000: ", all above 8 million",
}
"""From which id on, and what is told of it. All stay below 2**24, so that single precision holds them."""

# Without a neck: a head, a head with the right arm, with the left one, with both. In the order in which each row shares
# a part with an earlier one: whoever misses joins that come late must not lose these people.
_HEAD_ALONE = (13, 14, 15, 16)
_RIGHT_ARM, _LEFT_ARM = (RIGHT_SHOULDER_EAR, 2, 3), (LEFT_SHOULDER_EAR, 4, 5)
_NECKLESS = (
    (*_HEAD_ALONE, *_RIGHT_ARM),
    (*_HEAD_ALONE, *_LEFT_ARM),
    (*_HEAD_ALONE, *_RIGHT_ARM, *_LEFT_ARM),
    (13, 14, *_RIGHT_ARM),
)


def handout(maker: Maker) -> list[MergeCase]:
    """Make the published example, or the same person with other ids, in other orders, and not alone."""
    rows = np.full((len(_HANDOUT), ROW_LENGTH), float(ABSENT))
    for row, (first, first_id, second, second_id, score) in zip(rows, _HANDOUT, strict=True):
        row[first], row[second], row[SCORE_COLUMN], row[N_PARTS_COLUMN] = first_id, second_id, score, 2
    if maker.is_public:
        return [maker.case("example", "The example of the handout: nine rows, one person.", rows)]
    kinds = {
        "other_ids": ("The person of the handout with other ids, and somebody else.", rows),
        "nose_zero": (
            "The rows of the handout in another order, with other ids but the nose's, which is 0, and somebody else.",
            rows[_connected_order(maker, rows)],
        ),
        "other_order": (
            "The rows of the handout in another order and with other ids, and somebody else.",
            rows[_connected_order(maker, rows)],
        ),
        "one_row_less": (
            "The person of the handout without the row that closes the cycle, and somebody else.",
            rows[:-1],
        ),
    }
    return [
        maker.case(name, says, _not_alone(maker, person, first_id=0 if name == "nose_zero" else 1))
        for name, (says, person) in kinds.items()
    ]


def one_person(maker: Maker) -> list[MergeCase]:
    """Make single people, of six parts up to all 18."""
    bodies: dict[str, tuple[str, Body]] = {
        "whole_body": ("A person with all 18 parts.", TREE),
        "arms": ("Both arms and the neck: two chains of three rows.", ARMS),
    }
    if not maker.is_public:
        bodies = {
            "whole_body": bodies["whole_body"],
            "head_and_neck": ("A face on a neck: six parts.", HEAD),
            "no_head": ("A person whose head is not to be seen.", _HEADLESS),
            "upper_body": ("A person behind a table: arms and head.", UPPER_BODY),
            "nine_parts": ("A person of nine parts.", grow_body(maker.rng, 9)),
            "thirteen_parts": ("A person of 13 parts.", grow_body(maker.rng, 13)),
        }
    cases = [maker.case(name, says, lay_out(maker.rng, links_of([body]))) for name, (says, body) in bodies.items()]
    return [*cases, maker.case("negative_row", f"{_NEGATIVE} Nobody else is there.", _with_negative(maker, [TREE]))]


def many_people(maker: Maker) -> list[MergeCase]:
    """Make groups of people whose rows are mixed as in a picture: limb after limb."""
    counts = (2, 4) if maker.is_public else (2, 3, 5, 8)
    cases = [
        maker.case(
            f"{n_people}_people",
            f"{n_people} people, whose rows come limb after limb.",
            lay_out(maker.rng, links_of(_draw_bodies(maker, n_people))),
        )
        for n_people in counts
    ]
    two = _with_negative(maker, _draw_bodies(maker, 2))
    return [*cases, maker.case("negative_row", f"{_NEGATIVE} Somebody else is there, too.", two)]


def cycles(maker: Maker) -> list[MergeCase]:
    """Make people with a limb from the shoulder to the ear, which closes a cycle, and a bystander without."""
    kinds: dict[str, tuple[str, Sequence[Body]]] = {
        "right_side": (
            "The row from the right shoulder to the right ear closes a cycle; somebody else stands by.",
            [(*_RIGHT_RING, 2)],
        ),
        "both_sides": ("Two rows of one person close a cycle each; somebody else stands by.", [_RINGS]),
    }
    if not maker.is_public:
        whole = range(19)
        kinds = {
            "left_side": (
                "The row from the left shoulder to the left ear closes a cycle; somebody else stands by.",
                [(*_LEFT_RING, 4, 5)],
            ),
            "whole_body": ("A person with all 19 limbs, so with two cycles; somebody else stands by.", [whole]),
            "one_of_three": ("Three people, one of them with a cycle.", [UPPER_BODY, (*_RIGHT_RING, 6, 7)]),
            "three_of_four": ("Four people, three of them with cycles.", [_RINGS, whole, (*_RINGS, 2, 3)]),
        }
    return [
        maker.case(name, says, lay_out(maker.rng, links_of([*bodies, grow_bystander(maker.rng)])))
        for name, (says, bodies) in kinds.items()
    ]


def no_neck(maker: Maker) -> list[MergeCase]:
    """Make people whose neck is not to be seen, one after the other, and a bystander who has one."""
    kinds: dict[str, tuple[str, Sequence[Body]]] = {
        "head_and_arm": ("A head and the right arm, without a neck.", [_NECKLESS[0]]),
        "two_people": ("A head, and a head with the left arm, both without a neck.", [_HEAD_ALONE, _NECKLESS[1]]),
    }
    if not maker.is_public:
        kinds = {
            "head": ("A head without a neck.", [_HEAD_ALONE]),
            "both_arms": ("A head and both arms, without a neck.", [_NECKLESS[2]]),
            "three_people": ("Three people without a neck.", [_NECKLESS[3], _NECKLESS[0], _NECKLESS[1]]),
            "beside_necks": ("A whole body, and two people without a neck.", [TREE, _NECKLESS[1], _NECKLESS[2]]),
        }
    return [
        maker.case(name, f"{says} Somebody else stands by.", _one_after_the_other(maker, bodies))
        for name, (says, bodies) in kinds.items()
    ]


def id_zero(maker: Maker) -> list[MergeCase]:
    """Make people one of whom has the keypoint with id 0."""
    kinds: dict[str, tuple[str, Sequence[Body]]] = {
        "one_nose": ("Two people; the only nose has id 0.", [UPPER_BODY, _HEADLESS]),
        "two_people": ("One of two noses has id 0.", [(*ARMS, 12, 13), (*ARMS, 12, 15)]),
    }
    if not maker.is_public:
        kinds = {
            "whole_body": ("The nose of a whole body has id 0; somebody else has none.", [TREE, _HEADLESS]),
            "no_nose": ("No nose is to be seen: one of two necks has id 0.", [_HEADLESS, ARMS]),
            "nose_at_the_end": ("The only nose, which stands in one row, has id 0.", [(*ARMS, 12), LEGS]),
            "three_people": ("One of three people has the keypoint with id 0.", [UPPER_BODY] * 3),
        }
    return [
        maker.case(name, says, lay_out(maker.rng, links_of(bodies), ids=range(18 * len(bodies))))
        for name, (says, bodies) in kinds.items()
    ]


def gaps(maker: Maker) -> list[MergeCase]:
    """Make people whose ids are not 1, 2, 3 and so on."""
    firsts = [1, 40_000] if maker.is_public else list(_LARGE_IDS)
    return [
        maker.case(
            f"ids_above_{first - 1}",
            f"{n_people} people, with gaps between the ids{_LARGE_IDS[first]}.",
            lay_out(
                maker.rng,
                links_of(_draw_bodies(maker, n_people)),
                ids=_draw_ids(maker, first, largest_gap=_LARGEST_GAP),
            ),
        )
        for n_people, first in enumerate(firsts, start=2)
    ]


def nobody(maker: Maker) -> list[MergeCase]:
    """Make the empty input, and people who are all too small, whatever a bound that is a little off says."""
    kinds: dict[str, tuple[str, Sequence[Body]]] = {
        "no_rows": ("No rows at all: shape (0, 20).", []),
        "one_limb": ("One row: a person of two parts is too small.", [(12,)]),
    }
    if not maker.is_public:
        kinds = {
            "no_rows": ("No rows at all: shape (0, 20).", []),
            "three_limbs": ("Three rows, each a person of two parts.", [(3,), (8,), (13,)]),
            "same_limbs": ("Four rows of one limb, each a person of two parts.", [(5,)] * 4),
        }
    return [maker.case(name, says, lay_out(maker.rng, links_of(bodies))) for name, (says, bodies) in kinds.items()]


def _with_negative(maker: Maker, bodies: Sequence[Body]) -> Rows:
    """Lay out people, one row in the middle of whose limbs scores below 0."""
    rows = lay_out(maker.rng, links_of(bodies))
    rows[len(rows) // 2, SCORE_COLUMN] = -0.5
    return rows


def _not_alone(maker: Maker, rows: Rows, *, first_id: int) -> Rows:
    """Put the rows of a bystander behind others, and give all keypoints other ids; only the first may be 0."""
    first_free = int(rows[:, : len(PARTS)].max()) + 1
    bystander = lay_out(maker.rng, links_of([grow_bystander(maker.rng)]), ids=count(first_free), plenty=0)
    both = np.vstack([rows, bystander])
    new_of = _other_ids(maker, both)
    noses = rows[:, BodyPart.nose]
    return renumber(both, new_of | ({int(noses.max()): 0} if first_id == 0 else {}))


def _other_ids(maker: Maker, rows: Rows) -> dict[int, int]:
    """Draw ids that grow from slot to slot; within a slot people come in any order."""
    old = [int(id_) for slot in PARTS for id_ in maker.rng.permutation(np.unique(rows[:, slot])) if id_ != ABSENT]
    return dict(zip(old, _draw_ids(maker, 1, largest_gap=3)[: len(old)], strict=True))


def _draw_ids(maker: Maker, first: int, *, largest_gap: int) -> list[int]:
    """Draw growing ids with gaps between them, enough for five people."""
    steps = maker.rng.integers(1, largest_gap, 5 * len(PARTS))
    return [first + int(step) for step in np.cumsum(steps)]


def _connected_order(maker: Maker, rows: Rows) -> list[int]:
    """Draw an order in which each row shares a keypoint with an earlier one."""
    keypoints = [set(row[: len(PARTS)][row[: len(PARTS)] != ABSENT].tolist()) for row in rows]
    order = [int(maker.rng.integers(1, len(rows)))]
    while len(order) < len(rows):
        reached = set().union(*(keypoints[row] for row in order))
        order.append(int(maker.rng.choice([i for i in range(len(rows)) if i not in order and keypoints[i] & reached])))
    return order


def _draw_bodies(maker: Maker, n_people: int) -> list[Body]:
    return [grow_body(maker.rng, int(maker.rng.integers(6, len(PARTS) + 1))) for _ in range(n_people)]


def _one_after_the_other(maker: Maker, bodies: Sequence[Body]) -> Rows:
    """Lay out people whose rows come in the order of their bodies, person after person, and a bystander."""
    people = []
    for number, body in enumerate([*bodies, grow_bystander(maker.rng)]):
        place = {limb: row for row, limb in enumerate(sorted(body))}
        rows = lay_out(maker.rng, links_of([body]), ids=count(1 + number * len(PARTS)))
        people.append(rows[[place[limb] for limb in body]])
    both = np.vstack(people)
    return renumber(both, _other_ids(maker, both))
