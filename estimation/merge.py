"""Merge: connections that share a keypoint belong to one person.

Every keypoint starts as a group of its own. The rows are taken in the order in which they come, and each joins the
groups of its keypoints into one. At the end each group that a row has joined is a person.

**Conflicts.** A person has one nose and two wrists, each in a slot of its own. Where a row would join two groups that
both fill a slot, the person would have, say, two right wrists: such a row is dropped whole, so *the earlier row wins*.
The connections of a limb arrive best PAF score first, hence the earlier row is the one that the network believes in
more. A row is dropped only because of what earlier rows have joined already, and its keypoints stay free for later
rows. To see a conflict it is enough to compare which slots two groups fill, one bit of an integer for each slot: no
keypoint is in two groups, so where both fill a slot they fill it with different ids.

**Cost.** The groups are the trees of a union-find forest; the smaller is hung below the larger, and the way to a root
is halved whenever it is walked. That takes practically constant time a keypoint [1]_. What grows faster than the
number of rows is only the sort of ids that have large gaps between them.

References
----------
.. [1] Tarjan and van Leeuwen, "Worst-case analysis of set union algorithms", Journal of the ACM 31(2), 1984.
"""

from typing import NoReturn

import numpy as np
import numpy.typing as npt

from estimation.compilation import Floats, Ints, compiled
from estimation.config import ABSENT, N_PARTS, N_PARTS_COLUMN, ROW_LENGTH, SCORE_COLUMN

LARGEST_ID = 2**53
"""Above it float64, the type of the rows, no longer tells neighbouring integers apart."""


def merge(subset: npt.ArrayLike, min_num_body_parts: int = 4, min_score: float = 0.4) -> Floats:
    """Merge the rows that share a keypoint into one row a person.

    Parameters
    ----------
    subset : array_like of shape (n, 20)
        One row a connection: 18 keypoint ids (-1 = absent), score, number of parts. Any number of ids may be
        present, and the last column is not read. ``[]`` is nobody. Not modified.
    min_num_body_parts : int, optional
        People with fewer parts are deleted.
    min_score : float, optional
        People whose score divided by their number of parts is lower are deleted.

    Returns
    -------
    skeletons : ndarray of shape (m, 20) and dtype float64
        One row a person, in the order of their first rows: 18 keypoint ids (-1 = absent), the sum of the scores of
        the rows merged, the number of ids present.

    Raises
    ------
    ValueError
        If `subset` has another shape, if a value is no finite number, if an id is no integer from -1 to 2**53, or
        if an id stands in two columns.
    """
    rows = _check_rows(subset)
    skeletons, misplaced = _group_rows(rows, float(min_num_body_parts), float(min_score))
    if misplaced != ABSENT:
        _refuse_misplaced(rows, misplaced)
    return skeletons


def _check_rows(subset: npt.ArrayLike) -> Floats:
    """Return a copy of the rows as contiguous float64 after checking their shape and their values."""
    try:
        rows = np.asarray(subset).astype(np.float64, order="C", casting="same_kind")
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"subset must hold rows of {ROW_LENGTH} real numbers; got {subset!r:.200}. Stack rows of equal length."
        ) from error
    if rows.shape == (0,):
        rows = rows.reshape(0, ROW_LENGTH)
    if rows.ndim != 2 or rows.shape[1] != ROW_LENGTH:
        raise ValueError(
            f"subset must have shape (n, {ROW_LENGTH}); got {rows.shape!r}. "
            "Keep the last two columns: score and number of parts."
        )
    row, column = _find_wrong_value(rows)
    if row < len(rows):
        raise ValueError(
            f"subset must hold finite numbers, and in its first {N_PARTS} columns integers from -1 (absent) to 2**53; "
            f"got {float(rows[row, column])!r} in row {row}, column {column}. Look at the connection it comes from."
        )
    return rows


@compiled
def _find_wrong_value(rows: Floats) -> tuple[int, int]:
    """Return row and column of the first value that is not finite or no id where one must be; else the end."""
    for row in range(rows.shape[0]):
        for column in range(rows.shape[1]):
            value = rows[row, column]
            is_id = value == np.rint(value) and ABSENT <= value <= LARGEST_ID
            if not (np.isfinite(value) and (is_id or column >= N_PARTS)):
                return row, column
    return rows.shape


def _refuse_misplaced(rows: Floats, id_: float) -> NoReturn:
    columns = np.unique(np.nonzero(rows[:, :N_PARTS] == id_)[1]).tolist()
    raise ValueError(
        f"A keypoint id must stay in the column of its body part; got id {int(id_)!r} in columns {columns!r} of "
        "subset. Number the keypoints consecutively over all parts."
    )


@compiled
def _group_rows(rows: Floats, min_parts: float, min_score: float) -> tuple[Floats, float]:
    """Return the skeletons, or an id that stands in two slots (-1: none does)."""
    keypoints, slots, misplaced = _number_keypoints(rows)
    if misplaced != ABSENT:
        return rows, misplaced
    skeletons = _collect_skeletons(rows, _join_rows(keypoints, slots), len(slots))
    return _drop_below_bounds(skeletons, min_parts, min_score), misplaced


@compiled
def _number_keypoints(rows: Floats) -> tuple[Ints, Ints, float]:
    """Give each id a number from 0 on; return the numbers, the slot of each, and an id in two slots (-1: none)."""
    ids = rows[:, :N_PARTS]
    flat = ids.copy().ravel()
    present = np.flatnonzero(flat != ABSENT)
    by_id = _sort_by_id(flat, present)
    numbers = np.full(flat.size, ABSENT)
    slots = np.empty(len(by_id), dtype=np.int64)
    n_slots = 0
    for i in range(len(by_id)):
        entry = by_id[i]
        if i == 0 or flat[entry] != flat[by_id[i - 1]]:
            slots[n_slots] = entry % N_PARTS
            n_slots += 1
        if slots[n_slots - 1] != entry % N_PARTS:
            return numbers.reshape(ids.shape), slots[:n_slots], flat[entry]
        numbers[entry] = n_slots - 1
    return numbers.reshape(ids.shape), slots[:n_slots], float(ABSENT)


@compiled
def _sort_by_id(flat: Floats, present: Ints) -> Ints:
    """Order entries by their ids: by counting, unless there are large gaps between them, and then by a sort."""
    highest = 0.0
    for entry in present:
        highest = max(highest, flat[entry])
    if highest >= len(flat):
        return present[np.argsort(flat[present])]
    places = np.zeros(int(highest) + 2, dtype=np.int64)
    for entry in present:
        places[int(flat[entry]) + 1] += 1
    places = np.cumsum(places)
    by_id = np.empty_like(present)
    for entry in present:
        by_id[places[int(flat[entry])]] = entry
        places[int(flat[entry])] += 1
    return by_id


@compiled
def _join_rows(keypoints: Ints, slots: Ints) -> Ints:
    """Return for each row the group that its keypoints end up in, -1 for a row that is dropped."""
    parents = np.arange(len(slots))
    sizes = np.ones(len(slots), dtype=np.int64)
    filled = 1 << slots
    groups = np.full(len(keypoints), ABSENT)
    members = np.empty(N_PARTS, dtype=np.int64)
    for row in range(len(keypoints)):
        n_members = 0
        for slot in range(N_PARTS):
            if keypoints[row, slot] != ABSENT:
                members[n_members] = keypoints[row, slot]
                n_members += 1
        if n_members > 0 and _fit_together(members, n_members, parents, filled):
            groups[row] = members[0]
            for i in range(1, n_members):
                _unite(members[0], members[i], parents, sizes, filled)
    for row in range(len(groups)):
        if groups[row] != ABSENT:
            groups[row] = _find_root(groups[row], parents)
    return groups


@compiled
def _fit_together(members: Ints, n_members: int, parents: Ints, filled: Ints) -> bool:
    """Tell whether the groups of the members can be one person: no two of them fill the same slot."""
    for i in range(1, n_members):
        one = _find_root(members[i], parents)
        for j in range(i):
            other = _find_root(members[j], parents)
            if one != other and filled[one] & filled[other]:
                return False
    return True


@compiled
def _unite(one: int, other: int, parents: Ints, sizes: Ints, filled: Ints) -> None:
    """Join the groups of two keypoints, the smaller below the larger."""
    large, small = _find_root(one, parents), _find_root(other, parents)
    if large == small:
        return
    if sizes[large] < sizes[small]:
        large, small = small, large
    parents[small] = large
    sizes[large] += sizes[small]
    filled[large] |= filled[small]


@compiled
def _find_root(keypoint: int, parents: Ints) -> int:
    """Walk up to the root, which stands for the group, and let every keypoint passed skip its parent."""
    while parents[keypoint] != keypoint:
        parents[keypoint] = parents[parents[keypoint]]
        keypoint = parents[keypoint]
    return keypoint


@compiled
def _collect_skeletons(rows: Floats, groups: Ints, n_keypoints: int) -> Floats:
    """Put the ids of each group's rows into one skeleton and add up their scores, in the order of the rows."""
    skeletons = np.empty((len(rows), ROW_LENGTH))
    skeleton_of = np.full(n_keypoints, ABSENT)
    n_skeletons = 0
    for row in range(len(rows)):
        group = groups[row]
        if group == ABSENT:
            continue
        if skeleton_of[group] == ABSENT:
            skeleton_of[group] = n_skeletons
            skeletons[n_skeletons, :N_PARTS] = ABSENT
            skeletons[n_skeletons, N_PARTS:] = 0.0
            n_skeletons += 1
        skeleton = skeletons[skeleton_of[group]]
        skeleton[SCORE_COLUMN] += rows[row, SCORE_COLUMN]
        for slot in range(N_PARTS):
            if rows[row, slot] != ABSENT:
                skeleton[N_PARTS_COLUMN] += skeleton[slot] == ABSENT
                skeleton[slot] = rows[row, slot]
    return skeletons[:n_skeletons]


@compiled
def _drop_below_bounds(skeletons: Floats, min_parts: float, min_score: float) -> Floats:
    """Keep who has enough parts and, on their average, enough score."""
    n_parts, scores = skeletons[:, N_PARTS_COLUMN], skeletons[:, SCORE_COLUMN]
    return skeletons[(n_parts >= min_parts) & (scores / n_parts >= min_score)]
