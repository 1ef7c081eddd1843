"""Judge who is in an answer of `merge`: people as sets of keypoints, whatever their last two columns say.

Each function returns None for a right answer and an `Explanation` for a wrong one. The order of people never counts.
The last two columns are judged in `columns`, answers to conflicts in `conflicts`.
"""

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from estimation.answers import AnswerError, check_people
from estimation.config import ABSENT, N_PARTS, PARTS
from grader.harness.results import Explanation
from grader.labs.merge.merge_case import Keypoints, MergeCase, Rows, keypoints_of

LARGEST_ID = 2.0**53
"""Above it float64 no longer tells neighbouring ids apart."""

MANY = 12
"""A person of more parts is cut when it is written in a sentence."""


def read_people(case: MergeCase, answer: npt.NDArray[np.float64]) -> Rows | Explanation:
    """Take an array of any shape that was returned for people, or say why it cannot be.

    Returns
    -------
    people : ndarray of shape (m, 20) and dtype float64, or Explanation
        ``[]``, shape (0,) and shape (0, 20) are all nobody.
    """
    try:
        return check_people(answer, len(case.rows))
    except AnswerError as wrong:
        return Explanation(wrong.required, wrong.got, wrong.advice)


def same_groups(case: MergeCase, people: Rows) -> Explanation | None:
    """Compare with the only right answer of a case without conflicts: who hangs together, then who was deleted."""
    groups = list(map(keypoints_of, people))
    return (
        wrong_id(people)
        or foreign_keypoint(case, groups)
        or repeated_person(groups)
        or _wrong_grouping(case, groups)
        or _wrong_deletion(case, groups)
    )


def agree(
    case: MergeCase, twin: MergeCase, before: Rows, now: Rows, *, required: str, advice: str
) -> Explanation | None:
    """Compare the answers to two inputs that hold the same people, perhaps with other ids.

    `required` and `advice` are the first and the last part of the explanation.
    """
    del case
    renumbered = renumber(before, twin.renumbered)
    return nobody_left(twin, now) or other_groups(renumbered, now, required=required, advice=advice)


def other_groups(before: Rows, now: Rows, *, required: str, advice: str) -> Explanation | None:
    """Compare two answers of the same submission: the same people, each as often as before."""
    times_before, times_now = _times(before), _times(now)
    for group, n_rows in times_before.items():
        if not times_now[group]:
            return Explanation(required, f"the second time there was no person with {write_group(group)}", advice)
        if times_now[group] != n_rows:
            times = f"went from {n_rows} to {times_now[group]}"
            return Explanation(required, f"the number of rows with {write_group(group)} {times}", advice)
    for group in times_now - times_before:
        return Explanation(required, f"the first time there was no person with {write_group(group)}", advice)
    return None


def renumber(people: Rows, new_of: Mapping[int, int]) -> Rows:
    """Give the keypoints of an answer other ids; those that are not in `new_of` stay."""
    renumbered = people.copy()
    for person, slot in np.argwhere(people[:, :N_PARTS] != ABSENT):
        renumbered[person, slot] = new_of.get(int(people[person, slot]), people[person, slot])
    return renumbered


def write_group(group: Keypoints) -> str:
    """Write a person's keypoints as a reader knows them: ``nose 3, neck 5``."""
    if not group:
        return "no parts at all"
    names = [f"{PARTS[slot].name} {keypoint}" for slot, keypoint in sorted(group)]
    left_out = len(names) - MANY
    return ", ".join(names if left_out <= 0 else [*names[:MANY], f"and {left_out} more"])


def _write_person(group: Keypoints, score: float) -> str:
    """Write a person with the numbers that the bounds are about."""
    n_parts = f"{len(group)} part{'s' * (len(group) != 1)}"
    return f"{write_group(group)}: {n_parts}, score {score:.6g}, {score / max(len(group), 1):.6g} per part"


def wrong_id(people: Rows) -> Explanation | None:
    """Look for an id that none can be."""
    ids = people[:, :N_PARTS]
    wrong = (ids != np.rint(ids)) | (ids < ABSENT) | (ids > LARGEST_ID)
    if not wrong.any():
        return None
    row, column = np.argwhere(wrong)[0]
    return Explanation(
        "Each id that merge() returns must be -1 or an id of the input",
        f"got {people[row, column]:.10g} in row {row}, column {column} ({PARTS[column].name})",
        "Copy ids as they are; do not add or average them.",
    )


def _times(people: Rows) -> Counter[Keypoints]:
    return Counter(map(keypoints_of, people))


def repeated_person(groups: Sequence[Keypoints]) -> Explanation | None:
    """Look for a person who is there more than once."""
    for group, n_rows in Counter(groups).items():
        if n_rows > 1:
            return Explanation(
                "Each person must be in the answer once",
                f"got {n_rows} rows with {write_group(group)}",
                "Remove a row once it has been merged into another.",
            )
    return None


def foreign_keypoint(case: MergeCase, groups: Sequence[Keypoints]) -> Explanation | None:
    """Look for an id that is not in its column of the input."""
    for slot, keypoint in sorted(frozenset().union(*groups) - case.keypoints):
        return Explanation(
            f"An id in column {slot} ({PARTS[slot].name}) must come from that column of the input",
            f"got {keypoint}, which is not there",
            "Copy ids from the rows into the same column, and put -1 where there is none.",
        )
    return None


def _wrong_grouping(case: MergeCase, groups: Sequence[Keypoints]) -> Explanation | None:
    """Look for a person who is not as the rows hang together; who was deleted is not asked here."""
    surplus = [group for group in groups if group not in case.expected_people]
    for group in case.expected_people:
        pieces = [piece for piece in surplus if piece & group]
        if pieces and group not in groups:
            return _changed_person(group, pieces)
    for group in surplus:
        if group not in case.deleted_people:
            return Explanation(
                "The answer must hold only the people that the rows form",
                f"got one more with {write_group(group)}",
                "Join rows only when they hold the same id in the same column, and remove each that was merged into "
                "another.",
            )
    return None


def _changed_person(group: Keypoints, pieces: Sequence[Keypoints]) -> Explanation:
    """Explain what became of a person: joined with another, split, or short of some parts."""
    required = f"There must be a person with {write_group(group)}"
    for piece in pieces:
        if not piece <= group:
            return Explanation(
                required,
                f"got one with {write_group(piece)}",
                "Join two rows only when they hold the same id in the same column; -1 is not an id.",
            )
    missing = group - frozenset().union(*pieces)
    if any(keypoint == 0 for _, keypoint in missing):
        return Explanation(
            required,
            f"got one without {write_group(missing)}",
            "Id 0 is a keypoint like any other; only -1 is absent.",
        )
    if len(pieces) > 1:
        return Explanation(
            required,
            f"got {len(pieces)} people instead, one with {write_group(pieces[0])} and one with "
            f"{write_group(pieces[1])}",
            "A row can join two groups that were apart until then: join again until no two people share an id in a "
            "column.",
        )
    return Explanation(
        required,
        f"got one without {write_group(missing)}",
        "Keep every id of the rows that you merge, also where a row joins two groups that were apart until then.",
    )


def _wrong_deletion(case: MergeCase, groups: Sequence[Keypoints]) -> Explanation | None:
    """Look for a person who was deleted and had to stay, or the other way round."""
    for group, score in case.expected_people.items():
        if group not in groups:
            return Explanation(
                f"There must be a person with {_write_person(group, score)}",
                "got nobody with any of these keypoints",
                "Join rows only when they share an id in a column, and delete only people with fewer "
                f"than {case.min_num_body_parts:g} parts or a score per part below {case.min_score:g}: at a bound they "
                "stay.",
            )
    for group in groups:
        if group not in case.expected_people:
            return _kept_below_bound(case, group, case.deleted_people[group])
    return None


def _kept_below_bound(case: MergeCase, group: Keypoints, score: float) -> Explanation:
    """Explain that somebody was kept who has too few parts or too low a score."""
    return Explanation(
        f"People with fewer than {case.min_num_body_parts:g} parts or a score per part below {case.min_score:g} "
        "must be deleted",
        f"got one with {_write_person(group, score)}",
        "Delete people only after all rows are merged.",
    )


def nobody_left(case: MergeCase, people: Rows) -> Explanation | None:
    """Look for an answer without a single keypoint where somebody is: it agrees with anything."""
    if not len(case.expected) or (people[:, :N_PARTS] != ABSENT).any():
        return None
    return Explanation(
        "If the rows hold people, the answer must hold people",
        f"got nobody for {len(case.rows)} rows",
        "Merge the rows first, then delete only people below the bounds.",
    )
