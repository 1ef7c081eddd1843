"""Judge an answer to conflicts: several are right, so look for what is wrong in every one of them.

A conflict is two ids for one slot of a person, or a keypoint that two people claim. Which connection gives way is the
student's choice; what an answer may never do is in `broken_rule`, and `lost_too_many` bounds what it may cost.
"""

from collections.abc import Sequence

from estimation.config import PARTS
from grader.harness.languages import said
from grader.harness.results import Explanation
from grader.labs.merge.compare import (
    foreign_keypoint,
    nobody_left,
    repeated_person,
    same_groups,
    wrong_id,
)
from grader.labs.merge.merge_case import Keypoints, MergeCase, Rows, keypoints_of
from grader.labs.merge.wording import write_group

KEPT_SHARE = 0.75
"""Of the keypoints that the reference keeps, an answer to a conflict must keep this share."""


def empty_or_broken(case: MergeCase, people: Rows) -> Explanation | None:
    """Look for a broken rule, and for whom no conflict touches: nobody breaks no rule, and is no answer."""
    return nobody_left(case, people) or broken_rule(case, people) or _untouched_changed(case, people)


def broken_rule(case: MergeCase, people: Rows) -> Explanation | None:
    """Look for what is wrong in every answer, whichever way a conflict was decided."""
    groups = list(map(keypoints_of, people))
    return (
        wrong_id(people)
        or foreign_keypoint(case, groups)
        or repeated_person(groups)
        or _shared_keypoint(groups)
        or _loose_parts(case, groups)
    )


def too_small(case: MergeCase, people: Rows) -> Explanation | None:
    """Look for a person below the bound on the number of parts, also where a conflict left somebody over."""
    if case.is_only_answer:
        return same_groups(case, people)
    for group in map(keypoints_of, people):
        if len(group) < case.min_num_body_parts:
            return Explanation(
                said(
                    "People with fewer than {parts} parts must be deleted, also what a removed connection leaves over",
                    parts=f"{case.min_num_body_parts:g}",
                ),
                said("got one with {group}", group=write_group(group)),
                said("Delete people last, after all rows are merged and all conflicts are decided."),
            )
    return nobody_left(case, people)


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
        said(
            "{demand}: {share} of the {number} keypoints that a plain solution keeps must stay",
            demand=said("Resolving conflicts must not throw away much more than necessary"),
            share=f"{KEPT_SHARE:.0%}",
            number=must,
        ),
        said("got {number} in people of at least {parts} parts", number=kept, parts=f"{case.min_num_body_parts:g}"),
        said("Remove the one connection that does not fit, and keep the rest of the person."),
    )


def _shared_keypoint(groups: Sequence[Keypoints]) -> Explanation | None:
    seen: set[tuple[int, int]] = set()
    for group in groups:
        for slot, keypoint in sorted(group & seen):
            return Explanation(
                said("A keypoint must belong to one person only"),
                said("got {keypoint} in two people", keypoint=f"{PARTS[slot].name} {keypoint}"),
                said("When two people claim a keypoint, remove the connection of one of them."),
            )
        seen |= group
    return None


def _loose_parts(case: MergeCase, groups: Sequence[Keypoints]) -> Explanation | None:
    """Look for a person who is not joined by rows of the input."""
    for group in groups:
        required = said(
            "{demand}; the person has {group}",
            demand=said("The parts of a person must be joined by rows of the input"),
            group=write_group(group),
        )
        inside = [limb for limb, _ in case.limbs if limb <= group]
        if not inside:
            advice = said("Leave out what a removed connection has left alone.")
            return Explanation(required, said("no row is inside"), advice)
        reached = _reachable(group, inside)
        if reached < group:
            loose = write_group(min(reached, group - reached, key=len))
            return Explanation(
                required,
                said("no row joins {group} to the rest", group=loose),
                said("When you remove a connection, also remove or split off whatever was joined by it alone."),
            )
    return None


def _untouched_changed(case: MergeCase, people: Rows) -> Explanation | None:
    """Look for a person who is in no conflict and is not there as the rows hang together."""
    groups = set(map(keypoints_of, people))
    for person in case.untouched:
        if person not in groups:
            return Explanation(
                said(
                    "{demand}: there must be a person with {group}",
                    demand=said("Whoever is in no conflict must stay as the rows hang together"),
                    group=write_group(person),
                ),
                said("got no such person"),
                said("Decide a conflict among the people who are in it, and leave all others as they are."),
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
