"""From connections to skeletons: one row a connection, which `merge` then joins into people."""

from collections.abc import Sequence
from itertools import accumulate

import numpy as np

from estimation.answers import read_answer
from estimation.candidates import rank
from estimation.compilation import Floats, Ints, compiled
from estimation.config import ABSENT, N_PARTS, N_PARTS_COLUMN, ROW_LENGTH, SCORE_COLUMN, ConnectionsConfig
from estimation.connections import ConnectionTable, ListedConnections
from estimation.merge import merge
from estimation.tables import tables_of

Table = Floats | Sequence[Sequence[float]]
"""The connections of a limb: rows ``[id1, id2, score1, score2, total]``, or ``[]``."""

Connections = Sequence[Table] | ConnectionTable
"""The connections of all limbs: a table for each limb, or all in one."""

_NOBODY = np.empty((0, 5))


def estimate(
    config: ConnectionsConfig,
    connections: Connections,
    min_num_body_parts: int = 4,
    min_score: float = 0.4,
    best_first: bool = False,
) -> Floats:
    """Join the connections of a picture into people.

    Parameters
    ----------
    config : ConnectionsConfig
        The limbs that the connections belong to.
    connections : sequence of array_like, or ConnectionTable
        For each limb the rows ``[id1, id2, score1, score2, total]`` or ``[]``, as `get_connections` returns them; or
        what `connect_keypoints` returns. Not modified.
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


def connection_rows(config: ConnectionsConfig, connections: Connections, best_first: bool = False) -> Floats:
    """Make the rows that reach `merge`, which the lab calls ``subset``: one for each distinct connection.

    Parameters
    ----------
    config : ConnectionsConfig
        The limbs that the connections belong to.
    connections : sequence of array_like, or ConnectionTable
        As in `estimate`. Not modified.
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
    table = _stack(config, connections)
    tables = tables_of(config)
    # The keypoints of a table of ours have different ids: only two limbs that join the same parts could repeat a pair.
    are_distinct = isinstance(connections, ConnectionTable) and tables.are_apart
    order = np.argsort(-rank(*table.rows[:, 2:].T), kind="stable") if best_first else np.arange(len(table.rows))
    return _fill_rows(table.rows, table.bounds, tables.limbs, order, are_distinct)


def score_limbs(config: ConnectionsConfig, skeletons: Floats, connections: Connections) -> Floats:
    """Say how far the PAFs believe in each limb of each person.

    Parameters
    ----------
    config : ConnectionsConfig
        The limbs that the connections belong to.
    skeletons : ndarray of shape (m, 20)
        What `estimate` made of the connections. Not modified.
    connections : sequence of array_like, or ConnectionTable
        As in `estimate`. Not modified.

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
    table = _stack(config, connections)
    people = _find_owners(skeletons, table.rows[:, :2])
    return _add_totals(table.rows, table.bounds, people, len(skeletons))


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


def _stack(config: ConnectionsConfig, connections: Connections) -> ConnectionTable:
    """Return the connections of all limbs in one table."""
    n_limbs = len(config.connection_types)
    known = connections.find_table() if isinstance(connections, ListedConnections) else None
    table = connections if isinstance(connections, ConnectionTable) else known
    n_given = len(table.bounds) - 1 if table is not None else len(connections)
    if n_given != n_limbs:
        raise ValueError(
            f"connections must have one entry for each of the {n_limbs} limbs; got {n_given!r}. "
            "Give [] for a limb that was not found."
        )
    if table is not None:
        return table
    bounds = np.array([0, *accumulate(map(len, connections))], dtype=np.int64)
    try:
        rows = np.concatenate([_NOBODY, *(table for table in connections if len(table))])
    except ValueError as error:
        shapes = [np.shape(table) for table in connections]
        raise ValueError(
            f"The connections of a limb must have shape (n, 5); got the shapes {shapes!r:.200}. "
            "A row is [id1, id2, score1, score2, total]."
        ) from error
    return ConnectionTable(rows, bounds)


@compiled
def _fill_rows(table: Floats, bounds: Ints, limbs: Ints, order: Ints, are_distinct: bool) -> Floats:
    """Make one row for each row of the table, in that order; a pair that has a row already gets no other."""
    limb_of = np.empty(len(table), dtype=np.int64)
    for limb in range(len(limbs)):
        limb_of[bounds[limb] : bounds[limb + 1]] = limb
    rows = np.full((len(table), ROW_LENGTH), float(ABSENT))
    chains = np.full((0 if are_distinct else len(table), 2), ABSENT)
    n_rows = 0
    for i in order:
        row, limb = rows[n_rows], limb_of[i]
        row[limbs[limb, 0]], row[limbs[limb, 1]] = table[i, 0], table[i, 1]
        if not are_distinct and _has_row(rows, n_rows, table[i, 0] + table[i, 1], chains):
            row[:] = ABSENT
            continue
        # The score of the first keypoint once more, where one would expect that of the PAF, in column 4: the
        # lab's code adds so, and the scores that it publishes depend on it.
        row[SCORE_COLUMN] = table[i, 2] + table[i, 3] + table[i, 2]
        row[N_PARTS_COLUMN] = 2
        n_rows += 1
    return rows[:n_rows]


@compiled
def _has_row(rows: Floats, row: int, key: float, chains: Ints) -> bool:
    """Tell whether an earlier row has the same ids; if none has, note this one.

    Rows of one place of a hash table are chained: `chains` holds in its first column the last row noted of each place,
    in its second for each row the one noted before it. Equal rows have the same sum of ids as `key`.
    """
    place = int(abs(key) % len(chains)) if np.isfinite(key) else 0
    other = chains[place, 0]
    while other != ABSENT:
        n_same = 0
        for slot in range(N_PARTS):
            n_same += rows[other, slot] == rows[row, slot]
        if n_same == N_PARTS:
            return True
        other = chains[other, 1]
    chains[row, 1] = chains[place, 0]
    chains[place, 0] = row
    return False


def _find_owners(skeletons: Floats, ids: Floats) -> Ints:
    """Return whose each id is: the row of the skeleton, or -1. The last one's, if a `merge` gave it to several."""
    present = skeletons[:, :N_PARTS].ravel()
    if len(present) == 0:
        return np.full(ids.shape, ABSENT)
    order = np.argsort(present, kind="stable")
    entries = np.searchsorted(present[order], ids, side="right") - 1
    return np.where(present[order][entries] == ids, order[entries] // N_PARTS, ABSENT)


@compiled
def _add_totals(table: Floats, bounds: Ints, people: Ints, n_people: int) -> Floats:
    """Add up the totals of the connections inside each person; `people` says whose the two ends of each are."""
    scores = np.full((n_people, len(bounds) - 1), np.nan)
    for limb in range(len(bounds) - 1):
        for row in range(bounds[limb], bounds[limb + 1]):
            person, total = people[row, 0], table[row, 4]
            if person != ABSENT and person == people[row, 1]:
                known = scores[person, limb]
                scores[person, limb] = (0.0 if np.isnan(known) else known) + (0.0 if np.isnan(total) else total)
    return scores
