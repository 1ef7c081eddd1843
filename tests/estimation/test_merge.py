"""Merge: by hand, by the rules that no answer may break, and by the plain loops."""

import json
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from estimation.config import ABSENT, N_PARTS, ROW_LENGTH
from estimation.merge import merge
from tests import oracle
from tests.strategies import conflict_free_rows, conflicted_rows, rows_of

pytestmark = pytest.mark.xdist_group("numba")  # which then compiles once

NOSE, NECK, SHOULDER, ELBOW, WRIST = range(5)
R_EYE, L_EYE, R_EAR, L_EAR = range(14, 18)
EVERYBODY = {"min_num_body_parts": 0, "min_score": -np.inf}

HANDOUT_ROWS = rows_of(
    ({NECK: 1, SHOULDER: 2}, 1.9540779),
    ({NECK: 1, 5: 5}, 1.76488239),
    ({SHOULDER: 2, ELBOW: 3}, 1.69892728),
    ({NOSE: 0, NECK: 1}, 1.89980185),
    ({NOSE: 0, R_EYE: 6}, 1.78199434),
    ({R_EYE: 6, R_EAR: 8}, 1.73637748),
    ({NOSE: 0, L_EYE: 7}, 1.82718945),
    ({L_EYE: 7, L_EAR: 9}, 1.86717367),
    ({5: 5, L_EAR: 9}, 1.6537441),
)
HANDOUT_PERSON = {NOSE: 0, NECK: 1, SHOULDER: 2, ELBOW: 3, 5: 5, R_EYE: 6, L_EYE: 7, R_EAR: 8, L_EAR: 9}


def parts_of(row):
    return {slot: int(id_) for slot, id_ in enumerate(row[:N_PARTS]) if id_ != ABSENT}


def test_merge_finds_the_person_of_the_handout():
    skeletons = merge(HANDOUT_ROWS)
    assert skeletons == pytest.approx(rows_of((HANDOUT_PERSON, 16.18416846)))


def test_merge_agrees_with_the_handout_file(shared_data):
    example = json.loads((shared_data / "lab" / "handout_example.json").read_text(encoding="utf-8"))
    assert np.array_equal(example["subset"], HANDOUT_ROWS)
    assert merge(example["subset"]) == pytest.approx(np.array(example["skeletons"]))


@pytest.mark.parametrize(
    ("rows", "people"),
    [
        pytest.param([({NOSE: 0, NECK: 5}, 1)], [({NOSE: 0, NECK: 5}, 1)], id="id 0 is present"),
        pytest.param(
            [({0: 0, 1: 5}, 1), ({0: 1, 1: 6}, 2)], [({0: 0, 1: 5}, 1), ({0: 1, 1: 6}, 2)], id="same slots, other ids"
        ),
        pytest.param(
            [({0: 0, 1: 1}, 1), ({2: 2, 3: 3}, 2), ({1: 1, 2: 2}, 4)],
            [({0: 0, 1: 1, 2: 2, 3: 3}, 7)],
            id="a later row joins two persons",
        ),
        pytest.param(
            [({0: 0, 1: 1}, 1), ({1: 1, 2: 2}, 2), ({0: 0, 2: 2}, 4)],
            [({0: 0, 1: 1, 2: 2}, 7)],
            id="a row that closes a cycle counts",
        ),
        pytest.param(
            [({0: 0, 1: 1}, 1), ({1: 1, 0: 2}, 4)], [({0: 0, 1: 1}, 1)], id="the earlier row wins, also when weaker"
        ),
        pytest.param(
            [({0: 0, 1: 1}, 1), ({0: 2, 3: 3}, 2), ({1: 1, 3: 3}, 4)],
            [({0: 0, 1: 1}, 1), ({0: 2, 3: 3}, 2)],
            id="two persons with a nose each stay two",
        ),
        pytest.param(
            [({0: 0, 1: 1}, 1), ({1: 1, 0: 2, 3: 3}, 2), ({3: 3, 4: 4}, 4)],
            [({0: 0, 1: 1}, 1), ({3: 3, 4: 4}, 4)],
            id="parts of a dropped row stay free",
        ),
        pytest.param(
            [({0: 0, 1: 1}, 1), ({2: 2, 3: 3}, 2), ({4: 4, 0: 5}, 4), ({1: 1, 2: 2, 4: 4}, 8), ({1: 1, 2: 2}, 16)],
            [({0: 0, 1: 1, 2: 2, 3: 3}, 19), ({0: 5, 4: 4}, 4)],
            id="a row of three is dropped whole",
        ),
        pytest.param([({}, 5), ({1: 1}, 2), ({1: 1}, 1)], [({1: 1}, 3)], id="no part is nobody, one is somebody"),
    ],
)
def test_merge_by_hand(rows, people):
    assert np.array_equal(merge(rows_of(*rows), **EVERYBODY), rows_of(*people))


def test_merge_does_not_read_the_number_of_parts():
    rows = HANDOUT_ROWS.copy()
    rows[:, -1] = 77
    assert np.array_equal(merge(rows), merge(HANDOUT_ROWS))


@pytest.mark.parametrize(
    ("bounds", "n_people"),
    [
        pytest.param({}, 1, id="default at its bounds"),
        pytest.param({"min_num_body_parts": 5}, 0, id="a part short"),
        pytest.param({"min_score": 0.401}, 0, id="score too low"),
        pytest.param({"min_num_body_parts": 3, "min_score": 0.25}, 2, id="lower bounds"),
    ],
)
def test_merge_deletes_who_is_below_a_bound(bounds, n_people):
    rows = rows_of(({0: 0, 1: 1, 2: 2, 3: 3}, 1.6), ({0: 4, 1: 5, 2: 6}, 0.75))
    assert len(merge(rows, **bounds)) == n_people


@pytest.mark.parametrize(
    "subset",
    [[], np.empty(0), np.empty((0, 20)), np.full((3, 20), -1)],
    ids=["list", "no dimension", "no row", "no part"],
)
def test_merge_of_nobody(subset):
    skeletons = merge(subset)
    assert skeletons.shape == (0, ROW_LENGTH)
    assert skeletons.dtype == np.float64


@pytest.mark.parametrize(
    "subset",
    [
        pytest.param(HANDOUT_ROWS.tolist(), id="lists"),
        pytest.param(HANDOUT_ROWS.astype(np.float32), id="float32"),
        pytest.param(HANDOUT_ROWS.astype(int), id="integers"),
        pytest.param(np.asfortranarray(HANDOUT_ROWS), id="fortran order"),
        pytest.param(np.repeat(HANDOUT_ROWS, 2, axis=0)[::2], id="a view"),
    ],
)
def test_merge_takes_any_real_numbers(subset):
    (person,) = merge(subset, min_score=0)
    assert person.dtype == np.float64
    assert parts_of(person) == HANDOUT_PERSON


def test_merge_leaves_the_rows_alone():
    rows = HANDOUT_ROWS.copy()
    rows.flags.writeable = False
    merge(rows)
    assert np.array_equal(rows, HANDOUT_ROWS)


def test_merge_takes_large_ids():
    assert parts_of(merge(rows_of(({0: 2**53, 1: 2**53 - 1}, 1)), **EVERYBODY)[0]) == {0: 2**53, 1: 2**53 - 1}


def with_value(value, row=2, column=3):
    rows = HANDOUT_ROWS.copy()
    rows[row, column] = value
    return rows


@pytest.mark.parametrize(
    ("subset", "message"),
    [
        pytest.param(np.zeros((3, 18)), r"subset must have shape \(n, 20\); got \(3, 18\)", id="18 columns"),
        pytest.param(np.zeros(20), r"subset must have shape \(n, 20\); got \(20,\)", id="one row"),
        pytest.param(np.zeros((1, 2, 20)), r"got \(1, 2, 20\)", id="3-D"),
        pytest.param([[1, 2], [3]], r"rows of 20 real numbers; got \[\[1, 2\], \[3\]\]", id="ragged"),
        pytest.param([["nose"] * 20], r"rows of 20 real numbers; got \[\['nose'", id="text"),
        pytest.param(None, "rows of 20 real numbers; got None", id="none"),
        pytest.param(np.zeros((1, 20), complex), "rows of 20 real numbers; got array", id="complex"),
        pytest.param(with_value(np.nan), "must hold finite numbers.*; got nan in row 2, column 3", id="nan id"),
        pytest.param(with_value(np.inf), "got inf in row 2, column 3", id="infinite id"),
        pytest.param(with_value(np.nan, column=18), "got nan in row 2, column 18", id="nan score"),
        pytest.param(with_value(-np.inf, column=18), "got -inf in row 2, column 18", id="infinite score"),
        pytest.param(with_value(1.5), r"integers from -1 \(absent\) to 2\*\*53; got 1.5 in row 2, column 3", id="1.5"),
        pytest.param(with_value(-2), "got -2.0 in row 2, column 3", id="below -1"),
        pytest.param(with_value(1e300), r"got 1e\+300 in row 2, column 3", id="huge"),
        pytest.param(with_value(1), r"got id 1 in columns \[1, 3\] of subset", id="two columns"),
    ],
)
def test_merge_refuses(subset, message):
    with pytest.raises(ValueError, match=message):
        merge(subset)


@given(conflicted_rows())
def test_merge_gives_each_id_once_and_in_its_column(rows):
    given_ids = {(slot, id_) for row in rows for slot, id_ in parts_of(row).items()}
    found = Counter((slot, id_) for person in merge(rows, **EVERYBODY) for slot, id_ in parts_of(person).items())
    assert set(found) <= given_ids
    assert all(n == 1 for n in found.values())


@given(conflicted_rows())
def test_merge_joins_parts_only_by_rows_of_the_input(rows):
    for person in merge(rows, **EVERYBODY):
        ids = set(parts_of(person).values())
        inside = [set(parts_of(row).values()) for row in rows if set(parts_of(row).values()) <= ids]
        reached = set(next(parts for parts in inside if parts))
        for _ in inside:
            reached = reached.union(*(parts for parts in inside if parts & reached))
        assert reached == ids


@given(conflicted_rows())
def test_merge_counts_parts_and_adds_scores(rows):
    for person in merge(rows, **EVERYBODY):
        parts = parts_of(person).items()
        inside = [row for row in rows if parts_of(row) and parts_of(row).items() <= parts]
        assert person[-1] == len(parts)
        assert person[-2] <= sum(row[-2] for row in inside)


@given(conflicted_rows())
def test_merge_drops_only_rows_that_conflict(rows):
    people = [parts_of(person) for person in merge(rows, **EVERYBODY)]
    for row in rows:
        parts = parts_of(row)
        if any(parts.items() <= person.items() for person in people):
            continue
        touched = [person for person in people if person.items() & parts.items()]
        together = {entry for group in (*touched, parts) for entry in group.items()}
        assert not parts or len({slot for slot, _ in together}) < len(together)


@given(conflicted_rows(), st.integers(0, 6), st.sampled_from([0.0, 0.25, 0.5, 1.0]))
def test_merge_keeps_exactly_who_meets_both_bounds(rows, min_num_body_parts, min_score):
    everybody = merge(rows, **EVERYBODY)
    n_parts = everybody[:, -1]
    expected = everybody[(n_parts >= min_num_body_parts) & (everybody[:, -2] / n_parts >= min_score)]
    assert np.array_equal(merge(rows, min_num_body_parts, min_score), expected)


@given(conflicted_rows(max_size=60, max_parts=6))
def test_merge_equals_the_plain_loops(rows):
    assert merge(rows).tolist() == oracle.group_rows(rows)
    assert merge(rows, **EVERYBODY).tolist() == oracle.group_rows(rows, **EVERYBODY)


def find_components(rows):
    """Group the rows by SciPy's connected components: of each the ids and the sum of the scores, as a set."""
    parts = [parts_of(row) for row in rows]
    ids = sorted({id_ for found in parts for id_ in found.values()})
    edges = [(row, len(rows) + ids.index(id_)) for row, found in enumerate(parts) for id_ in found.values()]
    if not edges:
        return set()
    start, end = zip(*edges, strict=True)
    n_nodes = len(rows) + len(ids)
    _, labels = connected_components(coo_array((np.ones(len(edges)), (start, end)), (n_nodes, n_nodes)), directed=False)
    return {
        (
            frozenset(id_ for i, id_ in enumerate(ids) if labels[len(rows) + i] == label),
            sum(row[-2] for i, row in enumerate(rows) if labels[i] == label),
        )
        for label in set(labels[len(rows) :].tolist())
    }


def as_set(skeletons):
    return {(frozenset(parts_of(person).values()), person[-2]) for person in skeletons}


@given(conflict_free_rows())
def test_merge_finds_the_components_when_nothing_conflicts(rows):
    assert as_set(merge(rows, **EVERYBODY)) == find_components(rows)


@given(conflict_free_rows(), st.randoms(use_true_random=False))
def test_merge_finds_the_same_people_when_ids_are_renumbered(rows, random):
    ids = [int(id_) for id_ in np.unique(rows[:, :N_PARTS]) if id_ != ABSENT]
    renumbered = {ABSENT: ABSENT} | dict(zip(ids, random.sample(range(1000), len(ids)), strict=True))
    other = rows.copy()
    other[:, :N_PARTS] = np.vectorize(renumbered.get, otypes=[float])(rows[:, :N_PARTS])
    expected = {(frozenset(renumbered[id_] for id_ in found), score) for found, score in as_set(merge(rows))}
    assert as_set(merge(other)) == expected
