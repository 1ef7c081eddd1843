"""From connections to skeletons: one row a connection, which `merge` then joins into people."""

from collections.abc import Sequence
from itertools import chain

import numpy as np

from estimation.answers import read_answer
from estimation.compilation import Floats, Ints, compiled
from estimation.config import ABSENT, N_PARTS, N_PARTS_COLUMN, ROW_LENGTH, SCORE_COLUMN, ConnectionsConfig
from estimation.connections import rank
from estimation.merge import merge

Table = Floats | Sequence[Sequence[float]]
"""The connections of a limb: rows ``[id1, id2, score1, score2, total]``, or ``[]``."""


def estimate(
    config: ConnectionsConfig,
    connections: Sequence[Table],
    min_num_body_parts: int = 4,
    min_score: float = 0.4,
    best_first: bool = False,
) -> Floats:
    """Join the connections of a picture into people.

    Parameters
    ----------
    config : ConnectionsConfig
        The limbs that the connections belong to.
    connections : sequence of array_like
        For each limb the rows ``[id1, id2, score1, score2, total]`` or ``[]``, as `get_connections` returns them.
        Not modified.
    min_num_body_parts, min_score : optional
        Whom to delete; see `merge`.
    best_first : bool, optional
        The order of the rows; see `connection_rows`.

    Returns
    -------
    skeletons : ndarray of shape (m, 20) and dtype float64
        What `merge` makes of `connection_rows`.

    Raises
    ------
    ValueError
        Where `connection_rows`, `merge` or `group` do.
    """
    return group(connection_rows(config, connections, best_first), min_num_body_parts, min_score)


def group(rows: Floats, min_num_body_parts: int = 4, min_score: float = 0.4) -> Floats:
    """Hand rows to `merge` and check what comes back.

    Parameters
    ----------
    rows : ndarray of shape (n, 20)
        From `connection_rows`. `merge` may change them.
    min_num_body_parts, min_score : optional
        Whom to delete; see `merge`.

    Returns
    -------
    skeletons : ndarray of shape (m, 20) and dtype float64

    Raises
    ------
    AnswerError
        If `merge` returns what cannot be people; see `read_answer`.
    """
    return read_answer(merge(rows, min_num_body_parts, min_score), len(rows))


def connection_rows(config: ConnectionsConfig, connections: Sequence[Table], best_first: bool = False) -> Floats:
    """Make the rows that reach `merge`, which the lab calls ``subset``: one for each distinct connection.

    Parameters
    ----------
    config : ConnectionsConfig
        The limbs that the connections belong to.
    connections : sequence of array_like
        For each limb the rows ``[id1, id2, score1, score2, total]`` or ``[]``. Not modified.
    best_first : bool, optional
        Order the rows by the `rank` of their connections, best first, equal ones as they come. In `merge` the earlier
        row wins a conflict, so then the one wins that the network is surest of, and not that of the earlier limb.

    Returns
    -------
    rows : ndarray of shape (n, 20) and dtype float64
        In the order of the limbs and then of their connections, unless best first: the two ids in the slots of their
        parts, -1 elsewhere, a score, and 2 parts. A pair that has a row already is not added again. With a
        configuration of fewer body parts the slots that it does not use stay -1.

    Raises
    ------
    ValueError
        If there are not as many entries as limbs, or an entry has not five columns.
    """
    counts, table = _stack(config, connections)
    rows = _fill_rows(table, counts, _slots_of_limbs(config))
    if best_first:
        rows = rows[np.argsort([-rank(*scores) for scores in table[:, 2:].tolist()], kind="stable")]
    return _drop_repeated(rows)


def score_limbs(config: ConnectionsConfig, skeletons: Floats, connections: Sequence[Table]) -> Floats:
    """Say how far the PAFs believe in each limb of each person.

    Parameters
    ----------
    config : ConnectionsConfig
        The limbs that the connections belong to.
    skeletons : ndarray of shape (m, 20)
        What `estimate` made of the connections. Not modified.
    connections : sequence of array_like
        For each limb the rows ``[id1, id2, score1, score2, total]`` or ``[]``. Not modified.

    Returns
    -------
    limb_scores : ndarray of shape (m, n_limbs) and dtype float64
        The total of the connection that joins the two parts: near 1 on a true limb. NaN where no connection does,
        also if the person has both parts.

    Raises
    ------
    ValueError
        Where `connection_rows` does.
    """
    counts, table = _stack(config, connections)
    limbs = np.repeat(np.arange(len(counts)), counts).tolist()
    # With -1 for absent parts, which no connection names.
    person_of = {id_: person for person, ids in enumerate(skeletons[:, :N_PARTS].tolist()) for id_ in ids}
    scores = np.full((len(skeletons), len(counts)), np.nan)
    for limb, (start, end, _, _, total) in zip(limbs, table.tolist(), strict=True):
        if start in person_of and person_of[start] == person_of.get(end):
            scores[person_of[start], limb] = np.nansum((scores[person_of[start], limb], total))
    return scores


def score_skeletons(limb_scores: Floats) -> Floats:
    """Say how sure the network is of each person, which the lab's scores, without the PAFs, do not.

    Parameters
    ----------
    limb_scores : ndarray of shape (m, n_limbs)
        What `score_limbs` returned. Not modified.

    Returns
    -------
    scores : ndarray of shape (m,) and dtype float64
        The sum of the scores of the limbs that there are, over the number of all limbs: near 1 for a whole person
        whom the network is sure of. The sum is what the paper wants to be large [1]_.

    References
    ----------
    .. [1] Cao et al., "Realtime Multi-Person 2D Pose Estimation using Part Affinity Fields", CVPR 2017, eq. 13 and 16.
    """
    return np.asarray(np.nansum(limb_scores, axis=1) / limb_scores.shape[1])


def _stack(config: ConnectionsConfig, connections: Sequence[Table]) -> tuple[Ints, Floats]:
    """Return how many connections each limb has, and all of them in one table."""
    n_limbs = len(config.connection_types)
    if len(connections) != n_limbs:
        raise ValueError(
            f"connections must have one entry for each of the {n_limbs} limbs; got {len(connections)!r}. "
            "Give [] for a limb that was not found."
        )
    counts = np.array([len(table) for table in connections], dtype=np.int64)
    try:
        table = np.concatenate([np.empty((0, 5)), *(table for table in connections if len(table))])
    except ValueError as error:
        shapes = [np.shape(table) for table in connections]
        raise ValueError(
            f"The connections of a limb must have shape (n, 5); got the shapes {shapes!r:.200}. "
            "A row is [id1, id2, score1, score2, total]."
        ) from error
    return counts, table


def _slots_of_limbs(config: ConnectionsConfig) -> Ints:
    """Return the two slots of each limb, shape (n_limbs, 2)."""
    slot_of = {body_part: part.slot_idx for body_part, part in config.body_parts.items()}
    ends = ((slot_of[limb.from_body_part], slot_of[limb.to_body_part]) for limb in config.connection_types)
    return np.fromiter(chain.from_iterable(ends), dtype=np.int64).reshape(-1, 2)


@compiled
def _fill_rows(table: Floats, counts: Ints, slots: Ints) -> Floats:
    """Make one row for each row of the table, in which limb after limb has its connections."""
    rows = np.full((len(table), ROW_LENGTH), float(ABSENT))
    row = 0
    for limb in range(len(counts)):
        for _ in range(counts[limb]):
            rows[row, slots[limb, 0]] = table[row, 0]
            rows[row, slots[limb, 1]] = table[row, 1]
            # The score of the first keypoint once more, where one would expect that of the PAF, in column 4: the
            # lab's code adds so, and the scores that it publishes depend on it.
            rows[row, SCORE_COLUMN] = table[row, 2] + table[row, 3] + table[row, 2]
            rows[row, N_PARTS_COLUMN] = 2
            row += 1
    return rows


def _drop_repeated(rows: Floats) -> Floats:
    """Keep the first of all rows that have the same ids in the same slots."""
    ids = np.ascontiguousarray(rows[:, :N_PARTS])
    keys = ids.view(f"V{ids.itemsize * N_PARTS}").ravel().tolist()  # the bytes of all ids of a row
    first = dict(zip(reversed(keys), reversed(range(len(keys))), strict=True))
    return rows if len(first) == len(rows) else rows[sorted(first.values())]
