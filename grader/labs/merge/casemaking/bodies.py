"""People as limbs, limbs as rows: what the families of cases are built from.

A body is a sequence of limbs, by their numbers in `estimation.config.LIMBS`. Rows come out as they reach `merge` from
a picture: limb after limb, of one limb the best PAF score first, ids counted on over the parts in slot order. The
scores are sixteenths, so that they add up exactly in whatever order, and large, so that a wrong score deletes nobody.
"""

from collections.abc import Container, Iterable, Mapping, Sequence
from itertools import count
from typing import NamedTuple

import numpy as np

from estimation.config import ABSENT, LIMBS, N_PARTS_COLUMN, PARTS, ROW_LENGTH, SCORE_COLUMN, BodyPart
from grader.labs.merge.merge_case import Rows

Body = Sequence[int]
"""Numbers of the limbs of one person."""

TREE: Body = range(17)
"""All limbs but shoulder-ear: they join the 18 parts without a cycle, each one further away from the neck."""

RIGHT_SHOULDER_EAR, LEFT_SHOULDER_EAR = 17, 18

ARMS: Body = range(6)
LEGS: Body = range(6, 12)
HEAD: Body = range(12, 17)
UPPER_BODY: Body = (*ARMS, *HEAD)

# Every second part on the way from the neck outwards.
_TURNED = frozenset(
    (
        *(BodyPart.neck, BodyPart.right_elbow, BodyPart.left_elbow, BodyPart.right_knee, BodyPart.left_knee),
        *(BodyPart.right_eye, BodyPart.left_eye),
    )
)

SCORE_STEP = 1 / 16
_PART_SCORES = (5, 17)  # in steps: a row then scores 15/16 to 3

PLENTY = 16.0
"""Added to the score of each row where scores are not the point. Whoever averages them, or keeps the first one alone,
still finds everybody above the bound on the score per part: that mistake has a check of its own."""
_OWN_PAFS, _FOREIGN_PAFS = (0.4, 1.0), (0.1, 0.9)


class Link(NamedTuple):
    """A connection: a limb from a part of one person to a part of the same or, wrongly, of another person."""

    limb: int
    start: int
    end: int


class Joint(NamedTuple):
    """A part of a person."""

    person: int
    part: BodyPart


def grow_body(rng: np.random.Generator, n_parts: int) -> Body:
    """Draw a person of some parts around the neck, without a cycle.

    Its limbs in their order always hang together, so that a merge in a single pass finds it.
    """
    limbs: list[int] = []
    parts = {BodyPart.neck}
    while len(parts) < n_parts:
        reachable = [
            limb for limb in TREE if LIMBS[limb].from_body_part in parts and LIMBS[limb].to_body_part not in parts
        ]
        limbs.append(int(rng.choice(reachable)))
        parts.add(LIMBS[limbs[-1]].to_body_part)
    return sorted(limbs)


def grow_without(rng: np.random.Generator, n_parts: int, part: BodyPart) -> Body:
    """Draw a person of some parts around the neck, of whom one part is not to be seen."""
    while True:
        body = grow_body(rng, n_parts)
        if all(part not in {LIMBS[limb].from_body_part, LIMBS[limb].to_body_part} for limb in body):
            return body


def grow_bystander(rng: np.random.Generator) -> Body:
    """Draw somebody plain, of six to nine parts, to stand beside those whom a case is about.

    Whoever makes one person of all rows, or stops after the first, is wrong then whatever the case is about.
    """
    return grow_body(rng, int(rng.integers(6, 10)))


def links_of(bodies: Iterable[Body], *, first: int = 0) -> list[Link]:
    """List the true connections of some people, whose numbers count on from `first`."""
    return [Link(limb, person, person) for person, body in enumerate(bodies, start=first) for limb in body]


def lay_out(
    rng: np.random.Generator,
    links: Sequence[Link],
    *,
    ids: Iterable[int] | None = None,
    totals: Mapping[int, float] | None = None,
    behind: Container[int] = (),
    plenty: float = PLENTY,
    is_crossed: bool = False,
) -> Rows:
    """Make the rows of some connections.

    Parameters
    ----------
    rng : Generator
        Draws the scores, and who comes first.
    links : sequence of Link
        In any order.
    ids : iterable of int, optional
        The ids in slot order, at least as many as there are parts; 1, 2, 3 and so on without it.
    totals : mapping of int to float, optional
        For some people, by number, what the scores of their rows must add up to, all told.
    behind : container of int, optional
        People, by number, whose rows come behind those of all others.
    plenty : float, optional
        Added to the score of each row; without it scores are as a picture gives them.
    is_crossed : bool, optional
        Whether who has the larger ids changes from each part to the next along all limbs but shoulder-ear: whoever
        lets the larger id win makes people who do not hang together.

    Returns
    -------
    rows : ndarray of shape (len(links), 20) and dtype float64
    """
    paf_scores = {link: rng.uniform(*(_OWN_PAFS if link.start == link.end else _FOREIGN_PAFS)) for link in links}
    ordered = sorted(links, key=lambda link: (link.start in behind, link.limb, -paf_scores[link]))
    id_of = _number(rng, ordered, count(1) if ids is None else ids, is_crossed=is_crossed)
    part_scores = {joint: SCORE_STEP * int(rng.integers(*_PART_SCORES)) for joint in id_of}
    rows = np.full((len(ordered), ROW_LENGTH), float(ABSENT))
    for row, link in zip(rows, ordered, strict=True):
        start, end = _ends(link)
        row[start.part], row[end.part] = id_of[start], id_of[end]
        row[SCORE_COLUMN] = plenty + 2 * part_scores[start] + part_scores[end]
        row[N_PARTS_COLUMN] = 2
    for person, total in (totals or {}).items():
        own = [number for number, link in enumerate(ordered) if link.start == person]
        rows[own, SCORE_COLUMN] = _share_out(rng, total, len(own))
    return rows


def renumber(rows: Rows, new_of: Mapping[int, int]) -> Rows:
    """Give the keypoints of rows other ids."""
    renumbered = rows.copy()
    ids = renumbered[:, : len(PARTS)]
    present = ids != ABSENT
    ids[present] = [new_of[int(old)] for old in ids[present]]
    return renumbered


def ids_in(rows: Rows) -> list[int]:
    """List the ids of rows by slot and, within a slot, from small to large."""
    return [int(id_) for slot in PARTS for id_ in np.unique(rows[:, slot]) if id_ != ABSENT]


def _ends(link: Link) -> tuple[Joint, Joint]:
    limb = LIMBS[link.limb]
    return Joint(link.start, limb.from_body_part), Joint(link.end, limb.to_body_part)


def _number(
    rng: np.random.Generator, links: Sequence[Link], ids: Iterable[int], *, is_crossed: bool
) -> dict[Joint, int]:
    """Give ids in slot order; within a slot people come in any order, or in one that turns around."""
    joints = sorted({joint for link in links for joint in _ends(link)})
    shuffled = [joints[i] for i in rng.permutation(len(joints))]
    if is_crossed:
        shuffled.sort(key=lambda joint: -joint.person if joint.part in _TURNED else joint.person)
    return dict(zip(sorted(shuffled, key=lambda joint: joint.part), ids, strict=False))


def _share_out(rng: np.random.Generator, total: float, n_rows: int) -> Rows:
    """Share a total out over some rows, exactly and about evenly."""
    steps = round(total / SCORE_STEP)
    shares = np.full(n_rows, steps // n_rows)
    shares[rng.permutation(n_rows)[: steps % n_rows]] += 1
    # Evenly alone would look made up: let pairs of rows give and take a step, which leaves the total as it is.
    for giver, taker in rng.permutation(n_rows)[: n_rows // 2 * 2].reshape(-1, 2):
        shares[giver] -= 1
        shares[taker] += 1
    return shares * SCORE_STEP
