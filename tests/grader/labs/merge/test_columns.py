"""Columns: counts and scores are judged person by person, whoever was grouped how, and each mistake is told."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from estimation.config import N_PARTS_COLUMN, ROW_LENGTH, SCORE_COLUMN
from estimation.merge import merge
from grader.labs.merge.columns import is_close, other_than, right_counts, right_scores, same_people
from grader.labs.merge.compare import read_people, same_groups
from grader.labs.merge.conflicts import broken_rule
from tests.grader.labs.merge.people import (
    ANKLE,
    ANN,
    ANN_TEXT,
    BOB,
    BOB_TEXT,
    CASE,
    CY,
    CY_TEXT,
    DI,
    DI_TEXT,
    ELBOW,
    HIP,
    KNEE,
    NECK,
    NOSE,
    RIGHT,
    ROWS,
    SHOULDER,
    WRIST,
    case_of,
)
from tests.strategies import changed, conflict_free_rows, rows_of

HANDOUT = (
    'The handout says of this column "how many limbs are in the subset", and means body parts: count the ids of the '
    "merged person. Do not count its rows, and do not add up their counts."
)
ADD_EACH = "Add the score of each of the person's rows once, including a row that only closes a cycle."
AS_IT_IS = "Return the sum as it is: do not round it, and do not cut it to a whole number."
NOBODY_MERGED = (
    "The answer must hold somebody who was merged of two rows or more; got {} people of at most two parts. "
    "Merge the rows first; scores and parts can be counted then."
)
COLUMNS = pytest.mark.parametrize("rule", [right_counts, right_scores])


# Right answers -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(RIGHT, id="as it is"),
        pytest.param(RIGHT[::-1], id="people in another order"),
        pytest.param(RIGHT.astype(np.float32), id="single precision"),
        pytest.param(RIGHT.astype(int), id="whole numbers that are right"),
        pytest.param(changed(RIGHT, (0, SCORE_COLUMN, 8 + 1e-6), (1, SCORE_COLUMN, 12 - 1e-6)), id="inexact scores"),
    ],
)
def test_right_columns_pass_in_any_style(answer):
    for rule in (right_counts, right_scores, same_people):
        assert rule(CASE, answer) is None


@given(conflict_free_rows(), st.sampled_from([np.float32, np.float64]), st.randoms())
def test_right_columns_of_the_reference_pass(rows, dtype, random):
    case = case_of(rows)
    order = list(range(len(case.expected)))
    random.shuffle(order)
    answer = case.expected[order].astype(dtype)
    assert [rule(case, answer) for rule in (right_counts, right_scores, same_people)] == [None] * 3


@given(conflict_free_rows().filter(lambda rows: len(merge(rows))), st.data())
def test_one_wrong_number_costs_its_own_column(rows, data):
    case = case_of(rows)
    person = data.draw(st.integers(0, len(case.expected) - 1))
    counted = changed(case.expected, (person, N_PARTS_COLUMN, case.expected[person, N_PARTS_COLUMN] + 1))
    scored = changed(case.expected, (person, SCORE_COLUMN, case.expected[person, SCORE_COLUMN] + 0.0625))
    assert [rule(case, counted) is None for rule in (same_groups, right_counts, right_scores)] == [True, False, True]
    assert [rule(case, scored) is None for rule in (same_groups, right_counts, right_scores)] == [True, True, False]
    assert same_people(case, counted) is not None
    assert same_people(case, scored) is not None


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(RIGHT[:1], id="somebody missing"),
        pytest.param(RIGHT[[0, 0, 1]], id="somebody twice"),
        pytest.param(rows_of((ANN, 8), (BOB, 12), (CY, 8), (DI, 1.25)), id="nobody deleted"),
        pytest.param(rows_of((ANN | CY | DI, 17.25), (BOB, 12)), id="joined through -1"),
        pytest.param(
            rows_of(({NOSE: 1, NECK: 2, SHOULDER: 3}, 4), ({SHOULDER: 3, ELBOW: 4, WRIST: 5}, 4), (BOB, 12)),
            id="split with a shared part",
        ),
        pytest.param(rows_of(({NOSE: 1, NECK: 2, SHOULDER: 3}, 4), ({ELBOW: 4, WRIST: 5}, 2)), id="split and lost"),
        pytest.param(np.vstack([RIGHT, ROWS[:2]]), id="rows left over"),
    ],
)
def test_people_who_are_grouped_wrongly_cost_nothing_in_the_columns(answer):
    assert same_groups(CASE, answer) is not None
    assert right_counts(CASE, answer) is None
    assert right_scores(CASE, answer) is None


def test_same_people_asks_for_people_counts_and_scores_in_this_order():
    wrong = rows_of((ANN | CY, 1), (BOB, 1))
    wrong[:, N_PARTS_COLUMN] = 2
    right = changed(RIGHT, (0, SCORE_COLUMN, 1), (0, N_PARTS_COLUMN, 2))
    assert "There must be a person" in str(same_people(CASE, wrong))
    assert "The last column of a person must count" in str(same_people(CASE, right))
    assert "The score of the person" in str(same_people(CASE, changed(RIGHT, (0, SCORE_COLUMN, 1))))


@pytest.mark.parametrize("shape", [(0,), (0, ROW_LENGTH), (1, 0)], ids=str)
def test_nobody_is_right_where_nobody_is(shape):
    for case in (case_of(ROWS[8:]), case_of(np.empty((0, ROW_LENGTH)))):
        people = read_people(case, np.empty(shape))
        assert [rule(case, people) for rule in (right_counts, right_scores, same_people)] == [None] * 3


# Counts --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("count", "got"),
    [
        pytest.param(8, "8", id="counts of the rows added up"),
        pytest.param(4, "4", id="rows counted"),
        pytest.param(2, "2", id="left as it was in a row"),
        pytest.param(5.5, "5.5", id="no whole number"),
        pytest.param(-1, "-1", id="filled with -1"),
    ],
)
def test_wrong_count_is_told_with_the_handouts_sentence(count, got):
    assert str(right_counts(CASE, changed(RIGHT, (0, N_PARTS_COLUMN, count)))) == (
        f"The last column of a person must count the ids that are not -1: 5 for the person with {ANN_TEXT}; got {got}. "
        f"{HANDOUT}"
    )


def test_wrong_count_of_somebody_to_be_deleted_is_told_too():
    answer = changed(rows_of((ANN, 8), (CY, 8)), (1, N_PARTS_COLUMN, 4))
    assert f"3 for the person with {CY_TEXT}; got 4." in str(right_counts(CASE, answer))


def test_id_zero_counts():
    rows = changed(ROWS, (0, NOSE, 0))
    answer = rows_of((ANN | {NOSE: 0}, 8))
    assert right_counts(case_of(rows), answer) is None
    assert "5 for the person with nose 0" in str(right_counts(case_of(rows), changed(answer, (0, N_PARTS_COLUMN, 4))))


# Scores --------------------------------------------------------------------------------------------------------------


def test_wrong_score_is_told():
    assert str(right_scores(CASE, changed(RIGHT, (1, SCORE_COLUMN, 9.5)))) == (
        f"The score of the person with {BOB_TEXT} must be 12, the sum of the scores of its rows; got 9.5. {ADD_EACH}"
    )


def test_wrong_score_of_somebody_to_be_deleted_is_told_too():
    answer = rows_of((ANN, 8), (BOB, 12), (DI, 2.5))
    assert str(right_scores(CASE, answer)).startswith(f"The score of the person with {DI_TEXT} must be 1.25")


SIXTEENTHS = changed(ROWS[:4], (0, SCORE_COLUMN, 2.1875))
"""Ann's rows, with a sum of 8.1875."""


@pytest.mark.parametrize(
    ("score", "got", "advice"),
    [
        pytest.param(8.19, "8.19", AS_IT_IS, id="two decimals"),
        pytest.param(8.188, "8.188", AS_IT_IS, id="three decimals"),
        pytest.param(8.2, "8.2", AS_IT_IS, id="one decimal"),
        pytest.param(8, "8", AS_IT_IS, id="whole number"),
        pytest.param(9, "9", ADD_EACH, id="another whole number"),
        pytest.param(8.21, "8.21", ADD_EACH, id="other decimals"),
        pytest.param(2.1875, "2.1875", ADD_EACH, id="first row alone"),
    ],
)
def test_rounded_score_is_told_not_to_be_rounded(score, got, advice):
    assert str(right_scores(case_of(SIXTEENTHS), rows_of((ANN, score)))) == (
        f"The score of the person with {ANN_TEXT} must be 8.1875, the sum of the scores of its rows; got {got}. "
        f"{advice}"
    )


def test_score_that_is_cut_where_it_should_be_rounded_up_is_told_so():
    rows = changed(ROWS[:4], (0, SCORE_COLUMN, 2.8125))
    for score in (8, 9):
        assert AS_IT_IS in str(right_scores(case_of(rows), rows_of((ANN, score))))


def test_rows_of_negative_score_are_added_like_any_other():
    rows = rows_of(({NOSE: 1, NECK: 2}, 1e-9), ({NECK: 2, SHOULDER: 3}, -5), ({SHOULDER: 3, ELBOW: 4}, 2))
    case = case_of(rows, min_score=-1.0)
    assert right_scores(case, case.expected.astype(np.float32)) is None
    assert "must be -3, the sum" in str(right_scores(case, changed(case.expected, (0, SCORE_COLUMN, 2))))


def test_rows_that_come_twice_are_added_twice():
    case = case_of(np.vstack([ROWS, ROWS[:1]]))
    assert right_scores(case, changed(RIGHT, (0, SCORE_COLUMN, 10))) is None
    assert "must be 10, the sum" in str(right_scores(case, RIGHT))


def test_row_that_closes_a_cycle_is_added():
    case = case_of(np.vstack([ROWS, rows_of(({NOSE: 1, SHOULDER: 3}, 1.5))]))
    assert right_scores(case, changed(RIGHT, (0, SCORE_COLUMN, 9.5))) is None
    assert str(right_scores(case, RIGHT)) == (
        f"The score of the person with {ANN_TEXT} must be 9.5, the sum of the scores of its rows; got 8. {ADD_EACH}"
    )


# Conflicts and missed joins: the rows inside bound the score -------------------------------------------------------


CLASH = np.vstack([ROWS[:8], rows_of(({ELBOW: 14, WRIST: 5}, 1))])
"""Ann's wrist is claimed by Bob's elbow, beside his own."""


def above(bound, text, got):
    return (
        f"A score must not be above the sum of the rows inside the person, {bound} for the one with {text}; got {got}. "
        "Do not count the score of a removed connection, and count no score twice."
    )


def test_conflict_bounds_the_score_by_the_rows_inside():
    case = case_of(CLASH)
    for score in (8, 6, 0, -1, 8 + 1e-6):
        assert right_scores(case, changed(RIGHT, (0, SCORE_COLUMN, score))) is None
    assert str(right_scores(case, changed(RIGHT, (0, SCORE_COLUMN, 9)))) == above(8, ANN_TEXT, 9)
    assert str(right_scores(case, changed(RIGHT, (1, SCORE_COLUMN, 13)))) == above(12, BOB_TEXT, 13)


def test_conflict_leaves_untouched_people_their_exact_score():
    case = case_of(np.vstack([CLASH, rows_of(({HIP: 39, KNEE: 40}, 2), ({KNEE: 40, ANKLE: 41}, 3))]), 2)
    person = {HIP: 39, KNEE: 40, ANKLE: 41}
    assert right_scores(case, np.vstack([RIGHT, rows_of((person, 5))])) is None
    assert "must be 5, the sum" in str(right_scores(case, np.vstack([RIGHT, rows_of((person, 4))])))


def test_rows_of_negative_score_may_be_left_out_in_a_conflict():
    case = case_of(np.vstack([CLASH, rows_of(({NOSE: 1, SHOULDER: 3}, -4))]))
    for score in (4, 8):
        assert right_scores(case, changed(RIGHT, (0, SCORE_COLUMN, score))) is None
    assert str(right_scores(case, changed(RIGHT, (0, SCORE_COLUMN, 8.5)))) == above(8, ANN_TEXT, 8.5)


def test_missed_join_bounds_the_score_too():
    half = {NOSE: 1, NECK: 2, SHOULDER: 3}
    assert right_scores(CASE, rows_of((half, 4), (BOB, 12))) is None
    assert str(right_scores(CASE, rows_of((half, 6), (BOB, 12)))) == (above(4, "nose 1, neck 2, right_shoulder 3", 6))


def test_counts_and_scores_in_conflicts_are_no_broken_rule():
    case = case_of(CLASH)
    answer = changed(RIGHT, (0, SCORE_COLUMN, 99), (0, N_PARTS_COLUMN, 99))
    assert broken_rule(case, answer) is None
    assert right_counts(case, answer) is not None
    assert right_scores(case, answer) is not None


# Nobody was merged ---------------------------------------------------------------------------------------------------


@COLUMNS
@pytest.mark.parametrize(
    ("answer", "n_people"),
    [
        pytest.param(np.empty((0, ROW_LENGTH)), 0, id="nobody"),
        pytest.param(ROWS, 13, id="input handed back"),
        pytest.param(ROWS[3:5], 2, id="some rows"),
        pytest.param(rows_of(({NOSE: 1}, -9), ({NECK: 2}, -9)), 2, id="keypoints one by one"),
    ],
)
def test_answer_must_hold_somebody_who_was_merged(rule, answer, n_people):
    assert str(rule(CASE, answer)) == NOBODY_MERGED.format(n_people)


@COLUMNS
def test_one_who_was_merged_is_enough(rule):
    assert rule(CASE, np.vstack([ROWS[4:8], rows_of(({NOSE: 1, NECK: 2, SHOULDER: 3}, 4))])) is None


@COLUMNS
def test_nobody_has_to_be_merged_where_all_are_of_one_row(rule):
    case = case_of(rows_of(({NOSE: 1, NECK: 2}, 2), ({HIP: 3, KNEE: 4}, 2)), 2)
    assert rule(case, case.expected) is None
    assert rule(case, np.empty((0, ROW_LENGTH))) is None


# Two answers of one submission ---------------------------------------------------------------------------------------

REQUIRED, ADVICE = "The answers must be alike", "Keep nothing between calls."


def difference(before, now):
    return other_than(before, now, required=REQUIRED, advice=ADVICE)


@pytest.mark.parametrize(
    "now",
    [
        pytest.param(RIGHT, id="the same"),
        pytest.param(RIGHT[::-1], id="another order"),
        pytest.param(changed(RIGHT, (0, SCORE_COLUMN, 8 + 1e-6)), id="inexact"),
    ],
)
def test_other_than_passes_equal_answers(now):
    assert difference(RIGHT, now) is None
    assert difference(now, RIGHT) is None


@pytest.mark.parametrize(
    ("now", "got"),
    [
        pytest.param(RIGHT[:1], f"the second time there was no person with {BOB_TEXT}", id="lost"),
        pytest.param(RIGHT[[0, 1, 1]], f"the number of rows with {BOB_TEXT} went from 1 to 2", id="doubled"),
        pytest.param(
            changed(RIGHT, (1, SCORE_COLUMN, 12.5)),
            f"the person with {BOB_TEXT} had score 12 and 5 parts first, and score 12.5 and 5 parts then",
            id="another score",
        ),
        pytest.param(
            changed(RIGHT, (0, N_PARTS_COLUMN, 4)),
            f"the person with {ANN_TEXT} had score 8 and 5 parts first, and score 8 and 4 parts then",
            id="another count",
        ),
    ],
)
def test_other_than_explains(now, got):
    assert str(difference(RIGHT, now)) == f"{REQUIRED}; {got}. {ADVICE}"


@pytest.mark.parametrize(
    ("score", "expected", "close"),
    [
        (0.0, 5e-6, True),
        (0.0, 2e-5, False),
        (-100.0, -100.0005, True),
        (-100.0, -100.002, False),
        (16.18, 16.1841685, False),
        (16.18416846, float(np.float32(16.18416846)), True),
    ],
)
def test_is_close_forgives_single_precision_alone(score, expected, close):
    assert is_close(score, expected) is close
