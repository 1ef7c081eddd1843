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
from grader.harness.languages import said
from grader.harness.results import Explanation
from grader.labs.merge.answers import say_again
from grader.labs.merge.merge_case import Keypoints, MergeCase, Rows, keypoints_of
from grader.labs.merge.wording import write_bounded, write_group

LARGEST_ID = 2.0**53
"""Above it float64 no longer tells neighbouring ids apart."""


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
        return Explanation(say_again(wrong.required), say_again(wrong.got), say_again(wrong.advice))


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
            got = said("the second time there was no person with {group}", group=write_group(group))
            return Explanation(required, got, advice)
        if times_now[group] != n_rows:
            got = said(
                "the number of rows with {group} went from {before} to {now}",
                group=write_group(group),
                before=n_rows,
                now=times_now[group],
            )
            return Explanation(required, got, advice)
    for group in times_now - times_before:
        got = said("the first time there was no person with {group}", group=write_group(group))
        return Explanation(required, got, advice)
    return None


def renumber(people: Rows, new_of: Mapping[int, int]) -> Rows:
    """Give the keypoints of an answer other ids; those that are not in `new_of` stay."""
    renumbered = people.copy()
    for person, slot in np.argwhere(people[:, :N_PARTS] != ABSENT):
        renumbered[person, slot] = new_of.get(int(people[person, slot]), people[person, slot])
    return renumbered


def wrong_id(people: Rows) -> Explanation | None:
    """Look for an id that none can be."""
    ids = people[:, :N_PARTS]
    wrong = (ids != np.rint(ids)) | (ids < ABSENT) | (ids > LARGEST_ID)
    if not wrong.any():
        return None
    row, column = np.argwhere(wrong)[0]
    return Explanation(
        said("Each id that merge() returns must be -1 or an id of the input"),
        said(
            "got {number} in row {row}, column {column} ({part})",
            number=f"{people[row, column]:.10g}",
            row=row,
            column=column,
            part=PARTS[column].name,
        ),
        said("Copy ids as they are; do not add or average them."),
    )


def _times(people: Rows) -> Counter[Keypoints]:
    return Counter(map(keypoints_of, people))


def repeated_person(groups: Sequence[Keypoints]) -> Explanation | None:
    """Look for a person who is there more than once."""
    for group, n_rows in Counter(groups).items():
        if n_rows > 1:
            return Explanation(
                said("Each person must be in the answer once"),
                said("got {rows} rows with {group}", rows=n_rows, group=write_group(group)),
                said("Remove a row once it has been merged into another."),
            )
    return None


def foreign_keypoint(case: MergeCase, groups: Sequence[Keypoints]) -> Explanation | None:
    """Look for an id that is not in its column of the input."""
    for slot, keypoint in sorted(frozenset().union(*groups) - case.keypoints):
        return Explanation(
            said(
                "An id in column {column} ({part}) must come from that column of the input",
                column=slot,
                part=PARTS[slot].name,
            ),
            said("got {id}, which is not there", id=keypoint),
            said("Copy ids from the rows into the same column, and put -1 where there is none."),
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
                said("The answer must hold only the people that the rows form"),
                said("got one more with {group}", group=write_group(group)),
                said(
                    "Join rows only when they hold the same id in the same column, and remove each that was merged "
                    "into another."
                ),
            )
    return None


def _changed_person(group: Keypoints, pieces: Sequence[Keypoints]) -> Explanation:
    """Explain what became of a person: joined with another, split, or short of some parts."""
    required = said("There must be a person with {group}", group=write_group(group))
    for piece in pieces:
        if not piece <= group:
            return Explanation(
                required,
                said("got one with {group}", group=write_group(piece)),
                said("Join two rows only when they hold the same id in the same column; -1 is not an id."),
            )
    missing = group - frozenset().union(*pieces)
    if any(keypoint == 0 for _, keypoint in missing):
        return Explanation(
            required,
            said("got one without {group}", group=write_group(missing)),
            said("Id 0 is a keypoint like any other; only -1 is absent."),
        )
    if len(pieces) > 1:
        return Explanation(
            required,
            said(
                "got {people} people instead, one with {first} and one with {second}",
                people=len(pieces),
                first=write_group(pieces[0]),
                second=write_group(pieces[1]),
            ),
            said(
                "A row can join two groups that were apart until then: join again until no two people share an id in a "
                "column."
            ),
        )
    return Explanation(
        required,
        said("got one without {group}", group=write_group(missing)),
        said("Keep every id of the rows that you merge, also where a row joins two groups that were apart until then."),
    )


def _wrong_deletion(case: MergeCase, groups: Sequence[Keypoints]) -> Explanation | None:
    """Look for a person who was deleted and had to stay, or the other way round."""
    for group, score in case.expected_people.items():
        if group not in groups:
            return Explanation(
                said("There must be a person with {group}", group=write_bounded(group, score)),
                said("got nobody with any of these keypoints"),
                said(
                    "Join rows only when they share an id in a column, and delete only people with fewer than {parts} "
                    "parts or a score per part below {score}: at a bound they stay.",
                    parts=f"{case.min_num_body_parts:g}",
                    score=f"{case.min_score:g}",
                ),
            )
    for group in groups:
        if group not in case.expected_people:
            return _kept_below_bound(case, group, case.deleted_people[group])
    return None


def _kept_below_bound(case: MergeCase, group: Keypoints, score: float) -> Explanation:
    """Explain that somebody was kept who has too few parts or too low a score."""
    return Explanation(
        said(
            "People with fewer than {parts} parts or a score per part below {score} must be deleted",
            parts=f"{case.min_num_body_parts:g}",
            score=f"{case.min_score:g}",
        ),
        said("got one with {group}", group=write_bounded(group, score)),
        said("Delete people only after all rows are merged."),
    )


def nobody_left(case: MergeCase, people: Rows) -> Explanation | None:
    """Look for an answer without a single keypoint where somebody is: it agrees with anything."""
    if not len(case.expected) or (people[:, :N_PARTS] != ABSENT).any():
        return None
    return Explanation(
        said("If the rows hold people, the answer must hold people"),
        said("got nobody for {rows} rows", rows=len(case.rows)),
        said("Merge the rows first, then delete only people below the bounds."),
    )
