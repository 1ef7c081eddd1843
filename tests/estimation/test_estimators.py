"""From connections to the rows that reach merge, and to persons."""

import numpy as np
import pytest

from estimation.config import ABSENT, BodyPart, ConnectionsConfig, get_default_configuration
from estimation.connections import ConnectionTable, get_connections
from estimation.coordinates import get_coordinates
from estimation.estimators import connection_rows, estimate, score_limbs, score_skeletons
from tests.strategies import rows_of

pytestmark = pytest.mark.xdist_group("numba")  # which then compiles once

CONFIG = get_default_configuration()
N_LIMBS = 19


def connections_of(**tables):
    """Make the list of 19 from the tables of limbs given as ``limb_3=…``."""
    connections = [[] for _ in range(N_LIMBS)]
    for name, table in tables.items():
        connections[int(name.removeprefix("limb_"))] = np.array(table, dtype=np.float64)
    return connections


def test_connection_rows_adds_the_first_score_twice_and_the_paf_score_never():
    rows = connection_rows(CONFIG, connections_of(limb_0=[[3, 5, 0.5, 0.25, 100]]))
    assert np.array_equal(rows, rows_of(({1: 3, 2: 5}, 0.5 + 0.25 + 0.5)))


def test_connection_rows_are_in_the_order_of_limbs_and_connections():
    connections = connections_of(
        limb_1=[[4, 9, 0.5, 0.5, 0.9], [3, 8, 0.5, 0.5, 0.8]],
        limb_0=[[3, 5, 0.5, 0.5, 0.1]],
        limb_18=[[8, 12, 0.5, 0.5, 1]],
    )
    expected = rows_of(({1: 3, 2: 5}, 1.5), ({1: 4, 5: 9}, 1.5), ({1: 3, 5: 8}, 1.5), ({5: 8, 17: 12}, 1.5))
    assert np.array_equal(connection_rows(CONFIG, connections), expected)


def test_connection_rows_can_be_best_first():
    connections = connections_of(
        limb_0=[[3, 5, 0.5, 0.5, 0.5], [4, 6, 1, 1, 0.4]],
        limb_2=[[5, 7, 0.25, 1, 1], [6, 8, 0.5, 0.5, 0.8]],
    )
    # Ranks of 0.5, 0.4 twice in the order of the limbs, and 0.25.
    expected = rows_of(({2: 5, 3: 7}, 1.5), ({1: 4, 2: 6}, 3), ({2: 6, 3: 8}, 1.5), ({1: 3, 2: 5}, 1.5))
    assert np.array_equal(connection_rows(CONFIG, connections, best_first=True), expected)


def test_estimate_lets_the_surest_connection_win():
    # Two necks want one right elbow, over two right shoulders; the second shoulder's PAF is the clearer one.
    connections = connections_of(
        limb_0=[[1, 3, 0.5, 0.5, 0.9], [2, 4, 0.5, 0.5, 0.8]],
        limb_2=[[3, 5, 0.5, 0.5, 0.2], [4, 5, 0.5, 0.5, 0.7]],
    )
    as_they_come = estimate(CONFIG, connections, min_num_body_parts=3)
    best_first = estimate(CONFIG, connections, min_num_body_parts=3, best_first=True)
    assert as_they_come[:, 1:4].tolist() == [[1, 3, 5]]
    assert best_first[:, 1:4].tolist() == [[2, 4, 5]]


def test_score_skeletons_adds_up_the_totals_inside_a_person():
    connections = connections_of(
        limb_0=[[1, 3, 0.5, 0.5, 0.9], [2, 4, 0.5, 0.5, 0.8]],
        limb_2=[[3, 5, 0.5, 0.5, 0.25], [4, 5, 0.5, 0.5, 0.125], [6, 7, 0.5, 0.5, 1]],
    )
    skeletons = rows_of(({1: 1, 2: 3, 3: 5}, 3), ({1: 2, 2: 4}, 3), ({0: 9}, 1))
    scores = score_skeletons(score_limbs(CONFIG, skeletons, connections))
    assert scores == pytest.approx([(0.9 + 0.25) / N_LIMBS, 0.8 / N_LIMBS, 0])


def test_score_limbs_gives_a_shared_part_to_the_last_one():
    # No `merge` should, but a student's may: id 3 belongs to both.
    connections = connections_of(limb_0=[[1, 3, 0.5, 0.5, 0.9], [2, 3, 0.5, 0.5, 0.8]])
    skeletons = rows_of(({1: 1, 2: 3}, 3), ({1: 2, 2: 3}, 3))
    scores = score_limbs(CONFIG, skeletons, connections)
    assert np.isnan(scores[0]).all()
    assert scores[1, 0] == 0.8


def test_score_limbs_adds_up_what_is_there_twice():
    connections = connections_of(limb_0=[[1, 3, 0.5, 0.5, 0.5], [1, 3, 0.5, 0.5, 0.25], [1, 3, 0.5, 0.5, np.nan]])
    assert score_limbs(CONFIG, rows_of(({1: 1, 2: 3}, 3)), connections)[0, 0] == 0.75


def test_score_skeletons_of_nobody_is_empty():
    limb_scores = score_limbs(CONFIG, np.empty((0, 20)), [[]] * N_LIMBS)
    assert limb_scores.shape == (0, N_LIMBS)
    assert score_skeletons(limb_scores).shape == (0,)


def test_connection_rows_adds_a_repeated_pair_once():
    connections = connections_of(limb_0=[[3, 5, 0.5, 0.5, 0.9], [3, 6, 1, 1, 0.8], [3, 5, 1, 1, 0.7]])
    assert np.array_equal(connection_rows(CONFIG, connections), rows_of(({1: 3, 2: 5}, 1.5), ({1: 3, 2: 6}, 3)))


def test_connection_rows_knows_a_pair_whatever_its_ids():
    ids = [0, 1, 2, 3, 2.0**53, 1e300, np.inf, -7]
    table = [[one, other, 1, 1, 1] for one in ids for other in ids]
    rows = connection_rows(CONFIG, connections_of(limb_0=[*table, *table], limb_1=table))
    assert len(rows) == 2 * len(table)
    assert np.array_equal(rows[: len(table), 1:3], np.array(table)[:, :2])


def test_connection_rows_has_no_row_when_nothing_was_found():
    nothing = [[] if limb % 2 else np.empty((0, 5)) for limb in range(N_LIMBS)]
    assert connection_rows(CONFIG, nothing).shape == (0, 20)
    assert estimate(CONFIG, nothing).shape == (0, 20)


def test_connection_rows_uses_the_first_slots_when_fewer_parts_are_registered():
    config = ConnectionsConfig()
    for part in (BodyPart.left_wrist, BodyPart.left_elbow, BodyPart.nose):
        config.register_body_part(part, part, (0, 0, 0))
    config.add_connection(BodyPart.left_elbow, BodyPart.left_wrist, 24, 25, (0, 0, 0))
    config.add_connection(BodyPart.nose, BodyPart.left_elbow, 24, 25, (0, 0, 0))
    connections = [[[1, 0, 0.5, 0.25, 1]], [[2, 1, 0.5, 0.5, 1]]]
    assert np.array_equal(connection_rows(config, connections), rows_of(({1: 1, 0: 0}, 1.25), ({2: 2, 1: 1}, 1.5)))
    (person,) = estimate(config, connections, min_num_body_parts=3)
    assert person.tolist() == [0, 1, 2, *[ABSENT] * 15, 2.75, 3]


def test_connection_rows_knows_a_pair_when_two_limbs_join_the_same_parts():
    config = ConnectionsConfig()
    config.register_body_part(BodyPart.nose, 0, (0, 0, 0))
    config.register_body_part(BodyPart.neck, 1, (0, 0, 0))
    config.add_connection(BodyPart.nose, BodyPart.neck, 0, 1, (0, 0, 0))
    config.add_connection(BodyPart.neck, BodyPart.nose, 2, 3, (0, 0, 0))
    assert len(connection_rows(config, [[[0, 1, 1, 1, 1]], [[1, 0, 1, 1, 1], [2, 0, 1, 1, 1]]])) == 2


def table_of(connections):
    tables = [np.array(table, dtype=float).reshape(-1, 5) for table in connections]
    return ConnectionTable(np.concatenate(tables), np.cumsum([0, *map(len, tables)]))


@pytest.mark.parametrize("best_first", [False, True])
def test_connection_rows_are_the_same_from_a_table(best_first):
    connections = connections_of(limb_0=[[3, 5, 0.5, 0.25, 1], [4, 6, 1, 1, 0.5]], limb_2=[[5, 7, 0.25, 0.25, 1]])
    expected = connection_rows(CONFIG, connections, best_first)
    assert np.array_equal(connection_rows(CONFIG, table_of(connections), best_first), expected)
    assert len(estimate(CONFIG, table_of(connections), min_num_body_parts=3)) == 1


def test_connection_rows_knows_a_pair_of_a_table_when_two_limbs_join_the_same_parts():
    config = get_default_configuration()
    config.add_connection(BodyPart.right_shoulder, BodyPart.neck, 0, 1, (0, 0, 0))
    connections = [*connections_of(limb_0=[[3, 5, 0.5, 0.25, 1]]), [[5, 3, 1, 1, 1]]]
    assert len(connection_rows(config, table_of(connections))) == 1


def head_of_one():
    heatmaps, paf = np.zeros((2, 10, 19), np.float32), np.ones((2, 10, 38), np.float32)
    heatmaps[0, 0, BodyPart.neck], heatmaps[0, 9, BodyPart.right_shoulder] = 0.5, 0.25
    return get_connections(CONFIG, get_coordinates(CONFIG, heatmaps), paf)


def test_connection_rows_sees_that_connections_were_changed():
    found = head_of_one()
    assert len(connection_rows(CONFIG, found)) == 1

    found[0][0, 2] = 2
    assert connection_rows(CONFIG, found)[0, -2] == 2 + 0.25 + 2

    found[3] = np.array([[3, 4, 1, 1, 1.0]])
    assert len(connection_rows(CONFIG, found)) == 2

    del found[0]
    with pytest.raises(ValueError, match="one entry for each of the 19 limbs; got 18"):
        connection_rows(CONFIG, found)


def test_connections_of_another_configuration_are_refused():
    config = ConnectionsConfig()
    for connections in (head_of_one(), table_of(head_of_one())):
        with pytest.raises(ValueError, match="one entry for each of the 0 limbs; got 19"):
            connection_rows(config, connections)


def test_estimate_hands_the_rows_and_the_bounds_to_merge():
    connections = connections_of(limb_0=[[3, 5, 0.5, 0.25, 1]], limb_2=[[5, 7, 0.25, 0.25, 1]])
    (person,) = estimate(CONFIG, connections, min_num_body_parts=3, min_score=2 / 3)
    assert np.array_equal(person, rows_of(({1: 3, 2: 5, 3: 7}, 1.25 + 0.75))[0])
    assert len(estimate(CONFIG, connections)) == 0
    assert len(estimate(CONFIG, connections, min_num_body_parts=3, min_score=0.67)) == 0


def test_estimate_leaves_the_connections_alone():
    connections = connections_of(limb_0=[[3, 5, 0.5, 0.25, 1]])
    before = connections[0].copy()
    estimate(CONFIG, connections)
    assert np.array_equal(connections[0], before)


@pytest.mark.parametrize(
    ("connections", "message"),
    [
        pytest.param([[]] * 18, "one entry for each of the 19 limbs; got 18", id="a limb short"),
        pytest.param([[[0, 1, 1, 1]]] * 19, r"shape \(n, 5\); got the shapes \[\(1, 4\), \(1, 4\)", id="four columns"),
        pytest.param([[1, 2, 3, 4, 5]] * 19, r"shape \(n, 5\); got the shapes \[\(5,\), \(5,\)", id="no rows"),
    ],
)
@pytest.mark.parametrize("function", [connection_rows, estimate], ids=["connection_rows", "estimate"])
def test_connections_are_refused(function, connections, message):
    with pytest.raises(ValueError, match=message):
        function(CONFIG, connections)
