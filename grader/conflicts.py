"""Judge an answer to conflicts: several are right, so look for what is wrong in every one of them.

A conflict is two ids for one slot of a person, or a keypoint that two people claim. Which connection gives way is the
student's choice; what an answer may never do is in `broken_rule`, and `lost_too_many` bounds what it may cost.
"""

from collections.abc import Sequence
from itertools import chain

from estimation.config import PARTS, SCORE_COLUMN
from grader.cases import Case
from grader.compare import (
    SCORE_TOLERANCE,
    Keypoints,
    all_keypoints_of,
    foreign_keypoint,
    kept_below_bound,
    keypoints_of,
    nobody_left,
    repeated_person,
    write_group,
    wrong_count,
)
from grader.results import Explanation, Rows

KEPT_SHARE = 0.75
"""Of the keypoints that the reference keeps, an answer to a conflict must keep this share."""


def empty_or_broken(case: Case, people: Rows) -> Explanation | None:
    """Look for an answer of nobody where somebody is, and for a broken rule: nobody breaks none, and is no answer."""
    return nobody_left(case, people) or broken_rule(case, people)


def broken_rule(case: Case, people: Rows) -> Explanation | None:
    """Look for what is wrong in every answer, whichever way a conflict was decided."""
    return (
        foreign_keypoint(case.rows, people)
        or repeated_person(people)
        or _shared_keypoint(people)
        or wrong_count(people)
        or _broken_person(case.rows, people)
        or _below_bound(case, people)
    )


def lost_too_many(case: Case, people: Rows) -> Explanation | None:
    """Demand that an answer to conflicts keeps most of the keypoints that the reference keeps.

    Keypoints of people who are too small to stay do not count: handing back all rows as they came keeps nobody.
    """
    groups = [group for group in map(keypoints_of, people) if len(group) >= case.min_num_body_parts]
    kept = len(all_keypoints_of(case.rows).intersection(chain.from_iterable(groups)))
    must = len(all_keypoints_of(case.expected))
    if kept >= KEPT_SHARE * must:
        return None
    return Explanation(
        f"Removing conflicts must not throw away much more than they need: {KEPT_SHARE:.0%} of the {must} keypoints "
        "that a plain solution keeps have to stay",
        f"got {kept} in people of at least {case.min_num_body_parts:g} parts",
        "Remove the one connection that does not fit, and keep the rest of the person.",
    )


def _shared_keypoint(people: Rows) -> Explanation | None:
    seen: set[tuple[int, int]] = set()
    for person in people:
        for slot, keypoint in sorted(keypoints_of(person)):
            if (slot, keypoint) in seen:
                return Explanation(
                    "A keypoint must belong to one person only",
                    f"got {PARTS[slot].name} {keypoint} in two people",
                    "When two people claim a keypoint, remove the connection of one of them.",
                )
            seen.add((slot, keypoint))
    return None


def _broken_person(rows: Rows, people: Rows) -> Explanation | None:
    """Look for a person who is not joined by rows of the input, or has more score than they hold."""
    limbs = [(keypoints_of(row), float(row[SCORE_COLUMN])) for row in rows]
    for person in people:
        group = keypoints_of(person)
        inside = [(limb, score) for limb, score in limbs if limb <= group]
        reached = _reachable(group, [limb for limb, _ in inside])
        if reached < group:
            return Explanation(
                f"The parts of a person must be joined by rows of the input; the person has {write_group(group)}",
                f"no row joins {write_group(min(reached, group - reached, key=len))} to the rest",
                "When you remove a connection, also remove or separate what hung on it alone.",
            )
        # Rows of negative score may have been left out, so that the bound is the sum of the others.
        highest = sum(max(score, 0.0) for _, score in inside)
        if person[SCORE_COLUMN] > highest + SCORE_TOLERANCE * max(1.0, highest):
            return Explanation(
                f"A score must not be above the sum of the rows inside the person, {highest:.6g} for the one with "
                f"{write_group(group)}",
                f"got {person[SCORE_COLUMN]:.6g}",
                "Do not count the score of a removed connection, and none twice.",
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


def _below_bound(case: Case, people: Rows) -> Explanation | None:
    for person in people:
        group, score = keypoints_of(person), float(person[SCORE_COLUMN])
        if len(group) < case.min_num_body_parts or score / max(len(group), 1) < case.min_score - SCORE_TOLERANCE:
            return kept_below_bound(case, group, score)
    return None
