"""Conflicts: every way to decide one passes, and what no way may do is told."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from estimation.config import ABSENT, N_PARTS, N_PARTS_COLUMN, ROW_LENGTH, SCORE_COLUMN
from estimation.merge import merge
from grader.harness.results import Visibility
from grader.labs.merge.conflicts import KEPT_SHARE, broken_rule, empty_or_broken, lost_too_many, too_small
from grader.labs.merge.merge_case import MergeCase, keypoints_of
from tests.crowds import make_crowd_rows
from tests.grader.labs.merge.zoo_rules import find_broken_rules
from tests.strategies import changed, conflict_free_rows, conflicted_rows, rows_of

NOSE, NECK, SHOULDER, ELBOW, WRIST, L_SHOULDER, L_ELBOW, L_WRIST = range(8)
EYE = 14


def case_of(rows, *positional, **keywords):
    expected = merge(rows, *positional, **keywords)
    return MergeCase(
        check="key",
        name="name",
        says="Says.",
        visibility=Visibility.PUBLIC,
        arguments=(rows, *positional),
        expected=expected,
        keywords=keywords,
        is_only_answer=False,
    )


# Ann and Bob both claim wrist 5; Bob's own wrist was not seen.
ROWS = rows_of(
    ({NOSE: 1, NECK: 2}, 2),
    ({NECK: 2, SHOULDER: 3}, 2),
    ({SHOULDER: 3, ELBOW: 4}, 2),
    ({NOSE: 11, NECK: 12}, 3),
    ({NECK: 12, SHOULDER: 13}, 3),
    ({SHOULDER: 13, ELBOW: 14}, 3),
    ({ELBOW: 4, WRIST: 5}, 2),
    ({ELBOW: 14, WRIST: 5}, 1),
)
ANN, BOB = {NOSE: 1, NECK: 2, SHOULDER: 3, ELBOW: 4}, {NOSE: 11, NECK: 12, SHOULDER: 13, ELBOW: 14}
CASE = case_of(ROWS)
ANN_TEXT = "nose 1, neck 2, right_shoulder 3, right_elbow 4"
RIGHT = rows_of((ANN | {WRIST: 5}, 8), (BOB, 9))


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(RIGHT, id="the earlier row wins"),
        pytest.param(RIGHT[::-1].astype(np.float32).astype(float), id="another order, single precision"),
        pytest.param(rows_of((ANN, 6), (BOB | {WRIST: 5}, 10)), id="the later row wins"),
        pytest.param(rows_of((ANN, 6), (BOB, 9)), id="nobody gets the wrist"),
        pytest.param(rows_of((BOB | {WRIST: 5}, 10), (ANN, 2)), id="scores of removed rows left out"),
        pytest.param(changed(RIGHT, (0, SCORE_COLUMN, 99), (1, N_PARTS_COLUMN, 5)), id="wrong columns"),
    ],
)
def test_broken_rule_leaves_the_choice(answer):
    assert broken_rule(CASE, answer) is None
    assert lost_too_many(CASE, answer) is None


def test_broken_rule_leaves_deleting_to_other_checks():
    assert broken_rule(CASE, rows_of((ANN | {WRIST: 5}, 8), ({NOSE: 11, NECK: 12, SHOULDER: 13}, 6))) is None
    assert broken_rule(CASE, RIGHT[:1]) is None
    assert broken_rule(case_of(ROWS, 6, 9.0), RIGHT) is None


def test_broken_rule_walks_along_long_chains():
    parts = [{slot: 20 + slot, slot + 1: 21 + slot} for slot in range(N_PARTS - 1)]
    rows = rows_of(*((pair, 1) for pair in parts), ({NOSE: 99, NECK: 21}, 1))
    for order in (rows, rows[::-1], rows[np.random.default_rng(1).permutation(len(rows))]):
        case = case_of(order)
        assert broken_rule(case, rows_of(({slot: 20 + slot for slot in range(N_PARTS)}, 17))) is None


RULES = {
    "nobody left": (
        np.empty((0, ROW_LENGTH)),
        (
            "If the rows hold people, the answer must hold people; got nobody for 8 rows. "
            "Merge the rows first, then delete only people below the bounds."
        ),
    ),
    "foreign id": (
        changed(RIGHT, (0, WRIST, 4)),
        (
            "An id in column 4 (right_wrist) must come from that column of the input; got 4, which is not there. "
            "Copy ids from the rows into the same column, and put -1 where there is none."
        ),
    ),
    "person twice": (
        RIGHT[[0, 1, 0]],
        (
            f"Each person must be in the answer once; got 2 rows with {ANN_TEXT}, right_wrist 5. "
            "Remove a row once it has been merged into another."
        ),
    ),
    "shared keypoint": (
        rows_of((ANN | {WRIST: 5}, 8), (BOB | {WRIST: 5}, 10)),
        (
            "A keypoint must belong to one person only; got right_wrist 5 in two people. "
            "When two people claim a keypoint, remove the connection of one of them."
        ),
    ),
    "loose part": (
        rows_of((ANN | {WRIST: 5}, 8), ({NOSE: 11, NECK: 12, ELBOW: 14}, 3)),
        (
            "The parts of a person must be joined by rows of the input; the person has nose 11, neck 12, "
            "right_elbow 14; no row joins right_elbow 14 to the rest. "
            "When you remove a connection, also remove or split off whatever was joined by it alone."
        ),
    ),
    "loose first part": (
        rows_of(
            (ANN | {WRIST: 5, NOSE: 11}, 6),
        ),
        (
            "The parts of a person must be joined by rows of the input; the person has nose 11, neck 2, "
            "right_shoulder 3, right_elbow 4, right_wrist 5; no row joins nose 11 to the rest. "
            "When you remove a connection, also remove or split off whatever was joined by it alone."
        ),
    ),
    "keypoint by itself": (
        rows_of((ANN | {WRIST: 5}, 8), (BOB, 9), ({NOSE: 1}, 0)),
        (
            "A keypoint must belong to one person only; got nose 1 in two people. "
            "When two people claim a keypoint, remove the connection of one of them."
        ),
    ),
    "person without a row inside": (
        rows_of((ANN, 6), (BOB, 9), ({WRIST: 5}, 1)),
        (
            "The parts of a person must be joined by rows of the input; the person has right_wrist 5; no row is "
            "inside. Leave out what a removed connection has left alone."
        ),
    ),
    "parts of two people without a row inside": (
        rows_of((ANN | {WRIST: 5}, 8), ({NOSE: 11, SHOULDER: 13}, 2)),
        (
            "The parts of a person must be joined by rows of the input; the person has nose 11, right_shoulder 13; "
            "no row is inside. Leave out what a removed connection has left alone."
        ),
    ),
}


@pytest.mark.parametrize(("answer", "text"), RULES.values(), ids=RULES)
def test_broken_rule_explains(answer, text):
    assert str(empty_or_broken(CASE, answer)) == text


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        pytest.param(
            ROWS, "A keypoint must belong to one person only; got neck 2 in two people", id="input handed back"
        ),
        pytest.param(
            changed(rows_of((ANN | {WRIST: 5}, 99), (BOB | {NECK: 2}, 9)), (0, N_PARTS_COLUMN, 8)),
            "A keypoint must belong to one person only; got neck 2",
            id="columns wrong, and a keypoint shared",
        ),
        pytest.param(
            rows_of((ANN | {WRIST: 5}, 8), ({NOSE: 11, NECK: 12, ELBOW: 14}, 9)),
            "no row joins right_elbow 14 to the rest",
            id="loose, and so too few",
        ),
    ],
)
def test_broken_rule_tells_the_first_cause(answer, says):
    assert says in str(broken_rule(CASE, answer))


def test_broken_rule_passes_nobody_where_nobody_is():
    assert broken_rule(case_of(ROWS[:2]), np.empty((0, ROW_LENGTH))) is None


# Who is in no conflict -----------------------------------------------------------------------------------------------


BYSTANDER = {5: 25, 6: 26, 7: 27, 8: 28}
BESIDE = np.vstack([rows_of(({5: 25, 6: 26}, 2), ({6: 26, 7: 27}, 2)), ROWS, rows_of(({7: 27, 8: 28}, 2))])
CASE_BESIDE = case_of(BESIDE)
BYSTANDER_TEXT = "left_shoulder 25, left_elbow 26, left_wrist 27, right_hip 28"


def test_only_the_people_in_no_conflict_are_untouched():
    assert CASE.untouched == []
    assert CASE_BESIDE.untouched == [frozenset(BYSTANDER.items())]


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(rows_of((ANN | {WRIST: 5}, 8), (BOB, 9), (BYSTANDER, 6)), id="the earlier row wins"),
        pytest.param(rows_of((BYSTANDER, 6), (BOB | {WRIST: 5}, 10)), id="one of two in a conflict is lost"),
        pytest.param(rows_of((BYSTANDER, -1)), id="both are lost, and the columns wrong"),
    ],
)
def test_untouched_people_are_enough(answer):
    assert empty_or_broken(CASE_BESIDE, answer) is None


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(rows_of((ANN | {WRIST: 5}, 8), (BOB, 9)), id="lost"),
        pytest.param(rows_of((ANN | {WRIST: 5}, 8), (BOB, 9), ({5: 25, 6: 26, 7: 27}, 4)), id="short of a part"),
        pytest.param(rows_of(({5: 25, 6: 26}, 2), ({7: 27, 8: 28}, 2)), id="split"),
    ],
)
def test_untouched_person_who_changed_is_told(answer):
    assert broken_rule(CASE_BESIDE, answer) is None
    assert str(empty_or_broken(CASE_BESIDE, answer)) == (
        f"Whoever is in no conflict must stay as the rows hang together: there must be a person with {BYSTANDER_TEXT}; "
        "got no such person. Decide a conflict among the people who are in it, and leave all others as they are."
    )


# What a conflict leaves over -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(RIGHT, id="the earlier row wins"),
        pytest.param(changed(RIGHT, (0, SCORE_COLUMN, 0), (1, N_PARTS_COLUMN, 1)), id="wrong columns"),
        pytest.param(rows_of((ANN | {WRIST: 5}, 8), (BOB | {WRIST: 5}, 8)), id="a keypoint shared"),
        pytest.param(RIGHT[:1], id="somebody lost"),
    ],
)
def test_too_small_asks_for_the_number_of_parts_alone(answer):
    assert too_small(CASE, answer) is None


def test_too_small_explains():
    answer = np.vstack([RIGHT, rows_of(({NOSE: 11, NECK: 12, SHOULDER: 13}, 6))])
    assert str(too_small(CASE, answer)) == (
        "People with fewer than 4 parts must be deleted, also what a removed connection leaves over; got one with "
        "nose 11, neck 12, right_shoulder 13. "
        "Delete people last, after all rows are merged and all conflicts are decided."
    )


def test_too_small_judges_by_the_bound_of_the_call():
    assert too_small(case_of(ROWS, 5), RIGHT[:1]) is None
    assert "fewer than 5 parts" in str(too_small(case_of(ROWS, 5), RIGHT))
    assert too_small(case_of(ROWS, 0), ROWS[:2]) is None


def test_too_small_wants_somebody():
    assert str(too_small(CASE, np.empty((0, ROW_LENGTH)))).startswith("If the rows hold people, the answer must hold")


def test_too_small_compares_where_there_is_one_answer():
    case = replace(case_of(ROWS[:-1]), is_only_answer=True)
    assert too_small(case, case.expected) is None
    assert str(too_small(case, case.expected[:1])).startswith("There must be a person with nose 11, neck 12")


# Losses --------------------------------------------------------------------------------------------------------------


def test_lost_too_many_explains():
    assert str(lost_too_many(CASE, RIGHT[:1])) == (
        "Resolving conflicts must not throw away much more than necessary: 75% of the 9 keypoints that a plain "
        "solution keeps must stay; got 5 in people of at least 4 parts. "
        "Remove the one connection that does not fit, and keep the rest of the person."
    )


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(np.empty((0, ROW_LENGTH)), id="nobody"),
        pytest.param(ROWS, id="input handed back"),
        pytest.param(rows_of(*(({slot: id_}, 1) for slot, id_ in (ANN | BOB).items())), id="keypoints one by one"),
        pytest.param(rows_of((ANN | {WRIST: 99}, 1), ({WRIST: 98} | ANN, 1)), id="the same keypoints again"),
        pytest.param(rows_of((ANN, 6), ({slot: 50 + slot for slot in range(8)}, 6)), id="invented ones"),
    ],
)
def test_lost_too_many_counts_nothing_but_people(answer):
    assert "must stay" in str(lost_too_many(CASE, answer))


def test_lost_too_many_allows_the_share_to_be_reached():
    parts = {slot: 20 + slot for slot in range(8)}
    rows = rows_of(*(({slot: 20 + slot, slot + 1: 21 + slot}, 2) for slot in range(7)))
    case = case_of(rows)
    n_must = round(KEPT_SHARE * 8)
    assert lost_too_many(case, rows_of((dict(list(parts.items())[:n_must]), 9))) is None
    assert lost_too_many(case, rows_of((dict(list(parts.items())[: n_must - 1]), 9))) is not None


def test_lost_too_many_asks_nothing_where_nobody_is():
    assert lost_too_many(case_of(ROWS[:2]), np.empty((0, ROW_LENGTH))) is None


# Properties ----------------------------------------------------------------------------------------------------------


@st.composite
def crowds(draw):
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    return make_crowd_rows(rng, draw(st.integers(2, 6)), n_false=draw(st.sampled_from([0.1, 0.3, 0.6])))


ANY_ROWS = st.one_of(conflict_free_rows(), conflicted_rows(max_parts=2), conflicted_rows(), crowds())
BOUNDS = st.tuples(st.integers(1, 5), st.sampled_from([0.0, 0.4, 0.5]))


@given(ANY_ROWS, BOUNDS, st.randoms())
def test_broken_rule_passes_the_reference(rows, bounds, random):
    case = case_of(rows, *bounds)
    order = list(range(len(case.expected)))
    random.shuffle(order)
    answer = case.expected[order].astype(np.float32).astype(float)
    assert broken_rule(case, answer) is None
    assert lost_too_many(case, answer) is None


@given(crowds(), st.randoms())
def test_broken_rule_passes_the_reference_on_rows_in_another_order(rows, random):
    order = list(range(len(rows)))
    random.shuffle(order)
    answer = merge(rows[order])
    assume(len(answer))
    assert broken_rule(case_of(rows), answer) is None


@given(crowds(), st.data())
def test_broken_rule_refuses_one_wrong_id(rows, data):
    case = case_of(rows)
    assume(len(case.expected))
    row = data.draw(st.integers(0, len(case.expected) - 1))
    slot = data.draw(st.sampled_from([slot for slot, _ in sorted(keypoints_of(case.expected[row]))]))
    # Another keypoint of the column may be as right: which one gives way is free.
    known = {keypoint for column, keypoint in case.keypoints if column == slot}
    wrong = data.draw(st.integers(0, max(known) + 3).filter(lambda keypoint: keypoint not in known))
    assert broken_rule(case, changed(case.expected, (row, slot, wrong))) is not None


@given(crowds(), st.data())
def test_broken_rule_agrees_with_plain_loops_on_a_keypoint_of_somebody_else(rows, data):
    case = case_of(rows)
    assume(len(case.expected))
    row = data.draw(st.integers(0, len(case.expected) - 1))
    slot, _ = data.draw(st.sampled_from(sorted(keypoints_of(case.expected[row]))))
    others = sorted({keypoint for column, keypoint in case.keypoints if column == slot} - {case.expected[row, slot]})
    assume(others)
    answer = changed(case.expected, (row, slot, data.draw(st.sampled_from(others))))
    assert (broken_rule(case, answer) is None) is (find_broken_rules(answer, rows) == [])


@given(crowds(), st.data())
def test_broken_rule_takes_one_more_part_only_where_a_row_joins_it(rows, data):
    case = case_of(rows)
    keypoints = sorted(set().union(*map(keypoints_of, rows)))
    row = data.draw(st.integers(0, len(case.expected) - 1))
    slot, id_ = data.draw(st.sampled_from(keypoints).filter(lambda keypoint: case.expected[row, keypoint[0]] == ABSENT))
    more = changed(case.expected, (row, slot, id_), (row, N_PARTS_COLUMN, case.expected[row, N_PARTS_COLUMN] + 1))
    is_joined = any(other[slot] == id_ and keypoints_of(other) <= keypoints_of(more[row]) for other in rows)
    is_taken = (case.expected[:, slot] == id_).any()
    assert (broken_rule(case, more) is None) == (is_joined and not is_taken)
