"""Judge the last two columns of an answer, person by person, whoever the people are.

A mistake in who hangs together costs nothing here, and a mistake here costs nothing there. Only an answer in which
nobody was merged has nothing that could be judged.
"""

from collections.abc import Sequence

from estimation.config import N_PARTS_COLUMN, SCORE_COLUMN
from grader.harness.languages import said
from grader.harness.results import Explanation
from grader.labs.merge.compare import other_groups, same_groups
from grader.labs.merge.merge_case import Keypoints, MergeCase, Rows, keypoints_of
from grader.labs.merge.wording import write_group

SCORE_TOLERANCE = 1e-5
"""A score may differ from the exact sum by this share (or this much, below 1): single precision and more."""

FEWEST_PARTS_MERGED = 3
"""Somebody of so many parts was merged of two rows at least."""


def same_people(case: MergeCase, people: Rows) -> Explanation | None:
    """Compare with the only right answer of a case without conflicts: who, how many parts, which score."""
    return same_groups(case, people) or right_counts(case, people) or right_scores(case, people)


def right_counts(case: MergeCase, people: Rows) -> Explanation | None:
    """Demand that the last column of each person counts the person's ids."""
    groups = list(map(keypoints_of, people))
    for count, group in zip(people[:, N_PARTS_COLUMN].tolist(), groups, strict=True):
        if count != len(group):
            return Explanation(
                said(
                    "{demand}: {number} for the person with {group}",
                    demand=said("The last column of a person must count the ids that are not -1"),
                    number=len(group),
                    group=write_group(group),
                ),
                said("got {number}", number=f"{count:.6g}"),
                said(
                    'The handout says of this column "how many limbs are in the subset", and means body parts: count '
                    "the ids of the merged person. Do not count its rows, and do not add up their counts."
                ),
            )
    return _nobody_merged(case, groups)


def right_scores(case: MergeCase, people: Rows) -> Explanation | None:
    """Demand that the score of each person is the sum of the person's rows.

    Where rows lead out of a person, a conflict was decided or a join was missed: then the rows inside bound the score.
    """
    groups = list(map(keypoints_of, people))
    for score, group in zip(people[:, SCORE_COLUMN].tolist(), groups, strict=True):
        inside = [added for limb, added in case.limbs if limb <= group]
        is_whole = all(limb <= group for limb, _ in case.limbs if limb & group)
        if is_whole and not is_close(score, sum(inside)):
            return _wrong_score(group, score, sum(inside))
        # Rows of negative score may have been left out, so that the bound is the sum of the others.
        highest = sum(max(added, 0.0) for added in inside)
        if not is_whole and score > highest and not is_close(score, highest):
            return Explanation(
                said(
                    "{demand}, {number} for the one with {group}",
                    demand=said("A score must not be above the sum of the rows inside the person"),
                    number=f"{highest:.6g}",
                    group=write_group(group),
                ),
                said("got {number}", number=f"{score:.6g}"),
                said("Do not count the score of a removed connection, and count no score twice."),
            )
    return _nobody_merged(case, groups)


def other_than(before: Rows, now: Rows, *, required: str, advice: str) -> Explanation | None:
    """Compare two answers of the same submission: the same people, the same scores, the same counts.

    `before` is what is expected; `required` and `advice` are the first and the last part of the explanation.
    """
    if explanation := other_groups(before, now, required=required, advice=advice):
        return explanation
    columns_now = {keypoints_of(person): _columns(person) for person in now}
    for person in before:
        group = keypoints_of(person)
        (score, n_parts), (score_now, n_parts_now) = _columns(person), columns_now[group]
        if not is_close(score_now, score) or n_parts_now != n_parts:
            return Explanation(
                required,
                said(
                    "the person with {group} had score {score} and {parts} parts first, and score {score_now} and "
                    "{parts_now} parts then",
                    group=write_group(group),
                    score=f"{score:.6g}",
                    parts=f"{n_parts:g}",
                    score_now=f"{score_now:.6g}",
                    parts_now=f"{n_parts_now:g}",
                ),
                advice,
            )
    return None


def is_close(score: float, expected: float) -> bool:
    """Tell whether two scores are equal up to rounding in single precision."""
    return abs(score - expected) <= SCORE_TOLERANCE * max(1.0, abs(expected))


def _columns(person: Rows) -> tuple[float, float]:
    return float(person[SCORE_COLUMN]), float(person[N_PARTS_COLUMN])


def _wrong_score(group: Keypoints, score: float, expected: float) -> Explanation:
    is_rounded = any(score == round(expected, n_digits) for n_digits in range(5))
    return Explanation(
        said(
            "The score of the person with {group} must be {number}, the sum of the scores of its rows",
            group=write_group(group),
            number=f"{expected:.8g}",
        ),
        said("got {number}", number=f"{score:.8g}"),
        said("Return the sum as it is: do not round it, and do not cut it to a whole number.")
        if is_rounded or score == int(expected)
        else said("Add the score of each of the person's rows once, including a row that only closes a cycle."),
    )


def _nobody_merged(case: MergeCase, groups: Sequence[Keypoints]) -> Explanation | None:
    """Look for an answer in which nobody was merged of two rows, though somebody should be: it shows nothing."""
    if any(len(group) >= FEWEST_PARTS_MERGED for group in groups):
        return None
    if not any(len(group) >= FEWEST_PARTS_MERGED for group in case.expected_people):
        return None
    return Explanation(
        said("The answer must hold somebody who was merged of two rows or more"),
        said("got {people} people of at most two parts", people=len(groups)),
        said("Merge the rows first; scores and parts can be counted then."),
    )
