"""Judge an answer to conflicts: several are right, so look for what is wrong in every one of them.

A conflict is two ids for one slot of a person, or a keypoint that two people claim. Which connection gives way is the
student's choice; what an answer may never do is in `broken_rule`, and `lost_too_many` bounds what it may cost.
"""

from collections.abc import Sequence

from estimation.config import PARTS, SCORE_COLUMN
from grader.harness.results import Explanation
from grader.labs.merge.compare import (
    SCORE_TOLERANCE,
    foreign_keypoint,
    kept_below_bound,
    nobody_left,
    repeated_person,
    write_group,
    wrong_count,
)
from grader.labs.merge.merge_case import Keypoints, MergeCase, Rows, keypoints_of

KEPT_SHARE = 0.75
"""Of the keypoints that the reference keeps, an answer to a conflict must keep this share."""


def empty_or_broken(case: MergeCase, people: Rows) -> Explanation | None:
    """Look for an answer of nobody where somebody is, and for a broken rule: nobody breaks none, and is no answer."""
    return nobody_left(case, people) or broken_rule(case, people)


def broken_rule(case: MergeCase, people: Rows) -> Explanation | None:
    """Look for what is wrong in every answer, whichever way a conflict was decided."""
    groups, scores = list(map(keypoints_of, people)), people[:, SCORE_COLUMN].tolist()
    return (
        foreign_keypoint(case, groups)
        or repeated_person(groups)
        or _shared_keypoint(groups)
        or wrong_count(people, groups)
        or _broken_person(case, groups, scores)
        or _below_bound(case, groups, scores)
    )


def lost_too_many(case: MergeCase, people: Rows) -> Explanation | None:
    """Demand that an answer to conflicts keeps most of the keypoints that the reference keeps.

    Keypoints of people who are too small to stay do not count: handing back all rows as they are keeps nobody.
    """
    groups = [group for group in map(keypoints_of, people) if len(group) >= case.min_num_body_parts]
    kept = len(case.keypoints.intersection(frozenset().union(*groups)))
    must = len(frozenset().union(*case.expected_people))
    if kept >= KEPT_SHARE * must:
        return None
    return Explanation(
        f"Resolving conflicts must not throw away much more than necessary: {KEPT_SHARE:.0%} of the {must} keypoints "
        "that a plain solution keeps must stay",
        f"got {kept} in people of at least {case.min_num_body_parts:g} parts",
        "Remove the one connection that does not fit, and keep the rest of the person.",
    )


def _shared_keypoint(groups: Sequence[Keypoints]) -> Explanation | None:
    seen: set[tuple[int, int]] = set()
    for group in groups:
        for slot, keypoint in sorted(group & seen):
            return Explanation(
                "A keypoint must belong to one person only",
                f"got {PARTS[slot].name} {keypoint} in two people",
                "When two people claim a keypoint, remove the connection of one of them.",
            )
        seen |= group
    return None


def _broken_person(case: MergeCase, groups: Sequence[Keypoints], scores: Sequence[float]) -> Explanation | None:
    """Look for a person who is not joined by rows of the input, or has more score than they hold."""
    for group, score in zip(groups, scores, strict=True):
        inside = [limb for limb in case.limbs if limb[0] <= group]
        reached = _reachable(group, [keypoints for keypoints, _ in inside])
        if reached < group:
            return Explanation(
                f"The parts of a person must be joined by rows of the input; the person has {write_group(group)}",
                f"no row joins {write_group(min(reached, group - reached, key=len))} to the rest",
                "When you remove a connection, also remove or split off whatever was joined by it alone.",
            )
        # Rows of negative score may have been left out, so that the bound is the sum of the others.
        highest = sum(max(added, 0.0) for _, added in inside)
        if score > highest + SCORE_TOLERANCE * max(1.0, highest):
            return Explanation(
                f"A score must not be above the sum of the rows inside the person, {highest:.6g} for the one with "
                f"{write_group(group)}",
                f"got {score:.6g}",
                "Do not count the score of a removed connection, and count no score twice.",
            )
    return None


def _reachable(group: Keypoints, limbs: Sequence[Keypoints]) -> Keypoints:
    """Walk from a person's first keypoint along the limbs inside the person."""
    reached = set(sorted(group)[:1])
    waiting = list(limbs)
    while joined := [limb for limb in waiting if limb & reached]:
        waiting = [limb for limb in waiting if not limb & reached]
        reached.update(*joined)
    return frozenset(reached)


def _below_bound(case: MergeCase, groups: Sequence[Keypoints], scores: Sequence[float]) -> Explanation | None:
    for group, score in zip(groups, scores, strict=True):
        if len(group) < case.min_num_body_parts or score / max(len(group), 1) < case.min_score - SCORE_TOLERANCE:
            return kept_below_bound(case, group, score)
    return None
