"""Families with conflicts, as pictures of people who touch or cover each other give them.

The network sees a limb from a part of one person to a part of another. `get_connections` lets a part stand in several
rows of one limb, so such a row comes beside the true one of the first person, and often in place of the second's own.
"""

from collections.abc import Sequence

import numpy as np

from grader.labs.merge.casemaking.bodies import (
    ARMS,
    HEAD,
    LEFT_SHOULDER_EAR,
    LEGS,
    RIGHT_SHOULDER_EAR,
    TREE,
    Body,
    Link,
    grow_bystander,
    lay_out,
    links_of,
)
from grader.labs.merge.casemaking.maker import Maker
from grader.labs.merge.merge_case import MergeCase

RIGHT_FOREARM, LEFT_FOREARM, RIGHT_THIGH, LEFT_HIP, NOSE = 3, 5, 7, 9, 12

_UPPER_BODY: Body = (*ARMS, *HEAD)

N_LARGE_PEOPLE = 6
"""So many that one of two who are in conflict may be lost whole, and not both."""

_BYSTANDER = 9
"""Number of a person in no conflict, above those of all others."""

_LEAVES = (RIGHT_FOREARM, LEFT_FOREARM, 8, 11, 14, 16)
_KEPT_IN_ALL = frozenset((0, 1, 2, 4, 6, 7, 9, 10, NOSE, 13, 15))


def conflict_rules(maker: Maker) -> list[MergeCase]:
    """Make small scenes, each of one kind of conflict or two, and somebody who stands by.

    A hard way to settle a conflict may leave nobody of those who are in it, and an answer without anybody is wrong.
    """
    kinds = _PUBLIC_KINDS if maker.is_public else _HIDDEN_KINDS
    return [
        maker.conflicted_case(name, says, lay_out(maker.rng, [*links, *_stand_by(maker.rng)]))
        for name, says, links in kinds
    ]


def conflict_losses(maker: Maker) -> list[MergeCase]:
    """Make groups of large people, of whom two are in conflict.

    There are so many that every way to give up a connection, even one that loses the rest of a person with it, keeps
    three quarters of the keypoints; who gives up all that touches a conflict does not.
    """
    names = list(_LOSSES)[:3] if maker.is_public else list(_LOSSES)
    return [
        maker.conflicted_case(
            name,
            f"{N_LARGE_PEOPLE} people of ten parts and more; {_LOSSES[name][0]}",
            lay_out(maker.rng, _draw_large_people(maker.rng, _LOSSES[name][1])),
        )
        for name in names
    ]


def share_end(links: Sequence[Link], limb: int, thief: int, owner: int) -> list[Link]:
    """Let a limb of one person end at the part of another, in place of the own part."""
    return [*(link for link in links if link != Link(limb, thief, thief)), Link(limb, thief, owner)]


def add_false(links: Sequence[Link], *false: tuple[int, int, int]) -> list[Link]:
    """Add limbs from a part of one person to a part of another, beside all true ones."""
    return [*links, *(Link(*link) for link in false)]


def _stand_by(rng: np.random.Generator) -> list[Link]:
    return [Link(limb, _BYSTANDER, _BYSTANDER) for limb in grow_bystander(rng)]


def _draw_large_people(rng: np.random.Generator, false: Sequence[tuple[int, int, int]]) -> list[Link]:
    """Draw people of at least 12 parts; the first two have all limbs that a conflict is about."""
    leaves = [rng.permutation(_LEAVES)[: rng.integers(len(_LEAVES) + 1)].tolist() for _ in range(N_LARGE_PEOPLE)]
    bodies: list[Body] = [sorted({*_KEPT_IN_ALL, *more}) for more in leaves]
    bodies[:2] = [TREE, TREE]
    links = links_of(bodies)
    for limb, start, end in false:
        own = Link(limb, start, start)
        links = [link for link in links if link != own or end >= len(bodies)] + [Link(limb, start, end)]
    return links


# Scene, what a reader is told, and its links. A person with a number that has no body is a stray keypoint.
_PUBLIC_KINDS = (
    (
        "shared_wrist",
        "Two people claim one right wrist.",
        share_end(links_of([TREE, _UPPER_BODY]), RIGHT_FOREARM, thief=1, owner=0),
    ),
    ("two_noses", "A neck is joined with two noses.", add_false(links_of([_UPPER_BODY]), (NOSE, 0, 1))),
    (
        "crossing_forearms",
        "One person's left elbow is joined with both people's left wrists.",
        add_false(links_of([_UPPER_BODY, TREE]), (LEFT_FOREARM, 0, 1)),
    ),
    (
        "ear_of_another",
        "A shoulder is joined with the ear of somebody else: that two people conflict shows only then.",
        add_false(links_of([_UPPER_BODY, TREE]), (RIGHT_SHOULDER_EAR, 0, 1)),
    ),
)
_HIDDEN_KINDS = (
    (
        "shared_wrists",
        "Two people claim one left wrist, and one of them the other's right one.",
        share_end(share_end(links_of([TREE, TREE]), LEFT_FOREARM, thief=0, owner=1), RIGHT_FOREARM, thief=0, owner=1),
    ),
    (
        "wrist_of_three",
        "Three people claim one wrist.",
        share_end(
            share_end(links_of([_UPPER_BODY, TREE, range(12)]), RIGHT_FOREARM, thief=0, owner=1),
            RIGHT_FOREARM,
            thief=2,
            owner=1,
        ),
    ),
    (
        "nose_of_another",
        "A neck is joined with its own nose and with somebody else's.",
        add_false(links_of([_UPPER_BODY, _UPPER_BODY]), (NOSE, 0, 1)),
    ),
    (
        "three_noses",
        "A neck is joined with three noses, one of which has an eye.",
        add_false(links_of([TREE]), (NOSE, 0, 1), (NOSE, 0, 2), (13, 2, 2)),
    ),
    (
        "crossing_limbs",
        "Both knees of one person are joined with the ankles of another.",
        add_false(links_of([TREE, TREE]), (8, 0, 1), (11, 0, 1)),
    ),
    (
        "shared_hip",
        "Two necks claim one hip, and with it a whole leg.",
        share_end(links_of([(*_UPPER_BODY, *LEGS), TREE]), LEFT_HIP, thief=0, owner=1),
    ),
    (
        "both_ears_of_another",
        "Both shoulders are joined with the ears of somebody else: the conflict shows only then.",
        add_false(links_of([_UPPER_BODY, TREE]), (RIGHT_SHOULDER_EAR, 0, 1), (LEFT_SHOULDER_EAR, 0, 1)),
    ),
    (
        "three_in_a_row",
        "Each of three people has a limb that ends at the next one.",
        add_false(
            share_end(links_of([TREE, _UPPER_BODY, TREE]), RIGHT_FOREARM, thief=0, owner=1), (LEFT_SHOULDER_EAR, 1, 2)
        ),
    ),
)

_LOSSES: dict[str, tuple[str, Sequence[tuple[int, int, int]]]] = {
    "shared_wrist": ("two of them claim one wrist.", [(RIGHT_FOREARM, 0, 1)]),
    "two_noses": ("one of them is joined with two noses.", [(NOSE, 0, N_LARGE_PEOPLE)]),
    "ear_of_another": ("a shoulder is joined with somebody else's ear.", [(RIGHT_SHOULDER_EAR, 0, 1)]),
    "shared_wrists": ("two of them claim two wrists.", [(RIGHT_FOREARM, 0, 1), (LEFT_FOREARM, 0, 1)]),
    "shared_knee": ("two of them claim one knee.", [(RIGHT_THIGH, 1, 0)]),
    "both_ways": ("each of two claims a wrist of the other.", [(RIGHT_FOREARM, 0, 1), (LEFT_FOREARM, 1, 0)]),
}
