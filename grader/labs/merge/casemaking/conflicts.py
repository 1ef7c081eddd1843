"""Families with conflicts, as pictures of people who touch or cover each other give them.

The network sees a limb from a part of one person to a part of another. `get_connections` lets a part stand in several
rows of one limb, so such a row comes beside the true one of the first person, and often in place of the second's own.
"""

from collections.abc import Sequence

import numpy as np

from grader.labs.merge.casemaking.bodies import (
    HEAD,
    LEFT_SHOULDER_EAR,
    LEGS,
    RIGHT_SHOULDER_EAR,
    TREE,
    UPPER_BODY,
    Body,
    Link,
    grow_bystander,
    lay_out,
    links_of,
)
from grader.labs.merge.casemaking.maker import Maker
from grader.labs.merge.merge_case import MergeCase

RIGHT_FOREARM, LEFT_FOREARM, RIGHT_THIGH, LEFT_HIP, NOSE = 3, 5, 7, 9, 12
RIGHT_SHOULDER, LEFT_SHOULDER = 0, 1

N_LARGE_PEOPLE = 6
"""So many that one of two who are in conflict may be lost whole, where no others are, and not both."""

_SMALL_STAY = ("two_noses", "shared_wrists", "three_noses", "crossing_limbs")
"""Scenes in which the bound does not sweep away what a conflict leaves over."""

BYSTANDER = 9
"""Number of a person in no conflict, above those of all others."""

_LEAVES = (RIGHT_FOREARM, LEFT_FOREARM, 8, 11, 14, 16)
_KEPT_IN_ALL = frozenset((0, 1, 2, 4, 6, 7, 9, 10, NOSE, 13, 15))


def conflict_rules(maker: Maker) -> list[MergeCase]:
    """Make small scenes, each of one kind of conflict or two, and somebody who stands by.

    A hard way to settle a conflict may leave nobody of those who are in it, and an answer without anybody is wrong.
    """
    kinds = _PUBLIC_KINDS if maker.is_public else _HIDDEN_KINDS
    cases = []
    for name, says, links in kinds:
        rows = lay_out(maker.rng, [*links, *_stand_by(maker.rng)], is_crossed=True)
        if name in _SMALL_STAY:
            says = f"{says} People of two parts may stay, and must not share a keypoint either."  # noqa: PLW2901 - longer
            cases.append(maker.conflicted_case(name, says, rows, min_num_body_parts=2))
        else:
            cases.append(maker.conflicted_case(name, says, rows))
    return cases


def conflict_late(maker: Maker) -> list[MergeCase]:
    """Make scenes in which a row joins two people who conflict in parts that the row does not name.

    Each of the two has a part that hangs on one that only one of them can keep: neither can take the other over.
    """
    kinds = _PUBLIC_LATE if maker.is_public else _HIDDEN_LATE
    return [
        maker.conflicted_case(name, says, lay_out(maker.rng, [*links, *_stand_by(maker.rng)], is_crossed=True))
        for name, says, links in kinds
    ]


def conflict_losses(maker: Maker) -> list[MergeCase]:
    """Make groups of large people, of whom two, four or all are in conflict, by twos.

    Where two are, every way to give up a connection, even one that loses the rest of a person with it, keeps three
    quarters of the keypoints; who gives up both people does not. Where four or six are, one of each two is too many.
    """
    names = list(_LOSSES)[:4] if maker.is_public else list(_LOSSES)
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
    return links_of([grow_bystander(rng)], first=BYSTANDER)


def _draw_large_people(rng: np.random.Generator, false: Sequence[tuple[int, int, int]]) -> list[Link]:
    """Draw people of at least 12 parts; those in a conflict, and the first two, have all limbs."""
    leaves = [rng.permutation(_LEAVES)[: rng.integers(len(_LEAVES) + 1)].tolist() for _ in range(N_LARGE_PEOPLE)]
    whole = {0, 1, *(person for _, start, end in false for person in (start, end))}
    bodies: list[Body] = [
        TREE if number in whole else sorted({*_KEPT_IN_ALL, *more}) for number, more in enumerate(leaves)
    ]
    links = links_of(bodies)
    for limb, start, end in false:
        own = Link(limb, start, start)
        links = [link for link in links if link != own or end >= len(bodies)] + [Link(limb, start, end)]
    return links


# Scene, what a reader is told, and its links. A person with a number that has no body is a stray keypoint.
_PUBLIC_KINDS = (
    (
        "shared_shoulder",
        "Two necks claim one left shoulder, and with it the arm.",
        share_end(links_of([(0, 2, 3, *HEAD), TREE]), LEFT_SHOULDER, thief=0, owner=1),
    ),
    (
        "shared_wrist",
        "Two people claim one right wrist.",
        share_end(links_of([TREE, UPPER_BODY]), RIGHT_FOREARM, thief=1, owner=0),
    ),
    ("two_noses", "A neck is joined with two noses.", add_false(links_of([UPPER_BODY]), (NOSE, 0, 1))),
    (
        "crossing_forearms",
        "One person's left elbow is joined with both people's left wrists.",
        add_false(links_of([UPPER_BODY, TREE]), (LEFT_FOREARM, 0, 1)),
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
            share_end(links_of([UPPER_BODY, TREE, range(12)]), RIGHT_FOREARM, thief=0, owner=1),
            RIGHT_FOREARM,
            thief=2,
            owner=1,
        ),
    ),
    (
        "nose_of_another",
        "A neck is joined with its own nose and with somebody else's.",
        add_false(links_of([UPPER_BODY, UPPER_BODY]), (NOSE, 0, 1)),
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
        "shared_shoulder",
        "Two necks claim one right shoulder, and with it the arm.",
        share_end(links_of([(*LEGS, *HEAD, 1, 4, 5), TREE]), RIGHT_SHOULDER, thief=0, owner=1),
    ),
    (
        "shoulder_and_ear",
        "Two necks claim one left shoulder, which is joined with an ear, too.",
        share_end(
            links_of([(0, 2, 3, *LEGS, *HEAD), (*UPPER_BODY, LEFT_SHOULDER_EAR)]), LEFT_SHOULDER, thief=0, owner=1
        ),
    ),
    (
        "shared_hip",
        "Two necks claim one hip, and with it a whole leg.",
        share_end(links_of([(*UPPER_BODY, *LEGS), TREE]), LEFT_HIP, thief=0, owner=1),
    ),
)

# In each scene the row between two people comes when both are whole, or when a late row has made them so.
_NO_RIGHT_EAR: Body = (0, 1, 2, 3, 4, 5, 12, 15, 16)
_NO_LEFT_EAR: Body = (0, 1, 2, 3, 4, 5, 12, 13, 14)
_NO_RIGHT_ARM: Body = (1, 4, 6, 7, 12, 13, 14, 15)
_NO_LEFT_ARM: Body = (0, 2, 9, 10, 12, 13, 15, 16)
_LEFT_HALF: Body = (1, 4, 5, 9, 10, 12, 15)
_RIGHT_HALF: Body = (0, 2, 3, 6, 7, 12, 13)
_NO_NECK_RIGHT: Body = (2, 3, 13, 14, 15, 16, RIGHT_SHOULDER_EAR)
_NO_NECK_LEFT: Body = (4, 5, 13, 14, 15, 16, LEFT_SHOULDER_EAR)
_NO_NOSE_RIGHT: Body = (0, 2, 6, 7, 14, RIGHT_SHOULDER_EAR)
_NO_NOSE_LEFT: Body = (1, 4, 9, 10, 16, LEFT_SHOULDER_EAR)

_RIGHT_EAR = "A right shoulder is joined with the right ear of somebody else: that two people conflict shows only then."
_LEFT_EAR = "A left shoulder is joined with the left ear of somebody else: that two people conflict shows only then."

_PUBLIC_LATE = (
    ("ear_of_another", _RIGHT_EAR, add_false(links_of([_NO_RIGHT_EAR, _NO_RIGHT_ARM]), (RIGHT_SHOULDER_EAR, 0, 1))),
    (
        "arm_of_another",
        "A neck is joined with the right arm of somebody else, whose head comes later: the conflict shows only then.",
        add_false(links_of([_LEFT_HALF, _NO_NECK_RIGHT]), (0, 0, 1)),
    ),
)
_HIDDEN_LATE = (
    ("left_ear_of_another", _LEFT_EAR, add_false(links_of([_NO_LEFT_EAR, _NO_LEFT_ARM]), (LEFT_SHOULDER_EAR, 0, 1))),
    (
        "right_ear_of_another",
        _RIGHT_EAR,
        add_false(links_of([_NO_RIGHT_EAR, _NO_RIGHT_ARM]), (RIGHT_SHOULDER_EAR, 0, 1)),
    ),
    (
        "left_arm_of_another",
        "A neck is joined with the left arm of somebody else, whose head comes later: the conflict shows only then.",
        add_false(links_of([_RIGHT_HALF, _NO_NECK_LEFT]), (1, 0, 1)),
    ),
    (
        "right_eye_of_another",
        "A nose is joined with the right eye of somebody else, whose ear is joined with a shoulder only later.",
        add_false(links_of([_LEFT_HALF, _NO_NOSE_RIGHT]), (13, 0, 1)),
    ),
    (
        "left_eye_of_another",
        "A nose is joined with the left eye of somebody else, whose ear is joined with a shoulder only later.",
        add_false(links_of([_NO_NOSE_LEFT, _RIGHT_HALF]), (15, 1, 0)),
    ),
    (
        "three_people",
        "A right shoulder is joined with the ear of a second person, and the left shoulder of a third one with theirs.",
        add_false(links_of([_NO_RIGHT_EAR, TREE, _NO_LEFT_EAR]), (RIGHT_SHOULDER_EAR, 0, 1), (LEFT_SHOULDER_EAR, 2, 1)),
    ),
)

_LOSSES: dict[str, tuple[str, Sequence[tuple[int, int, int]]]] = {
    "shared_wrist": ("two of them claim one wrist.", [(RIGHT_FOREARM, 0, 1)]),
    "two_noses": ("one of them is joined with two noses.", [(NOSE, 0, N_LARGE_PEOPLE)]),
    "ear_of_another": ("a shoulder is joined with somebody else's ear.", [(RIGHT_SHOULDER_EAR, 0, 1)]),
    "two_wrists": ("twice two of them claim one wrist.", [(RIGHT_FOREARM, 0, 1), (RIGHT_FOREARM, 2, 3)]),
    "shared_wrists": ("two of them claim two wrists.", [(RIGHT_FOREARM, 0, 1), (LEFT_FOREARM, 0, 1)]),
    "shared_knee": ("two of them claim one knee.", [(RIGHT_THIGH, 1, 0)]),
    "both_ways": ("each of two claims a wrist of the other.", [(RIGHT_FOREARM, 0, 1), (LEFT_FOREARM, 1, 0)]),
    "three_wrists": (
        "three times two of them claim one wrist.",
        [(RIGHT_FOREARM, 0, 1), (LEFT_FOREARM, 2, 3), (RIGHT_FOREARM, 4, 5)],
    ),
    "three_ears": (
        "three times a shoulder is joined with somebody else's ear.",
        [(RIGHT_SHOULDER_EAR, 0, 1), (LEFT_SHOULDER_EAR, 2, 3), (RIGHT_SHOULDER_EAR, 4, 5)],
    ),
    "ears_and_wrists": (
        "a shoulder is joined with somebody else's ear, and twice two of them claim one wrist.",
        [(LEFT_SHOULDER_EAR, 0, 1), (RIGHT_FOREARM, 2, 3), (LEFT_FOREARM, 4, 5)],
    ),
}
