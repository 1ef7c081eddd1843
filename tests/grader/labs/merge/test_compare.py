"""Compare: right groups pass whatever their last two columns say, and what is wrong is told by its first cause."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from estimation.config import ABSENT, N_PARTS, N_PARTS_COLUMN, ROW_LENGTH, SCORE_COLUMN
from estimation.merge import merge
from grader.harness.results import Explanation
from grader.labs.merge.compare import agree, nobody_left, other_groups, read_people, renumber, same_groups
from grader.labs.merge.merge_case import keypoints_of
from grader.labs.merge.wording import write_group
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
    EYE,
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

JOIN = "Join two rows only when they hold the same id in the same column; -1 is not an id."
JOIN_AGAIN = (
    "A row can join two groups that were apart until then: join again until no two people share an id in a column."
)
KEEP = "Keep every id of the rows that you merge, also where a row joins two groups that were apart until then."
ID_ZERO = "Id 0 is a keypoint like any other; only -1 is absent."
SURPLUS = "The answer must hold only the people that the rows form"
JOIN_OR_REMOVE = (
    "Join rows only when they hold the same id in the same column, and remove each that was merged into another."
)
BOUNDS = (
    "Join rows only when they share an id in a column, and delete only people with fewer than 4 parts or a score "
    "per part below 0.4: at a bound they stay."
)
BELOW = "People with fewer than 4 parts or a score per part below 0.4 must be deleted"


def judge(case, answer):
    """Judge as a submission is judged: read first, then compare."""
    people = read_people(case, np.asarray(answer, dtype=float))
    return people if isinstance(people, Explanation) else same_groups(case, people)


# Right answers -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(RIGHT, id="as it is"),
        pytest.param(RIGHT[::-1], id="people in another order"),
        pytest.param(RIGHT.astype(np.float32), id="single precision"),
        pytest.param(RIGHT.astype(int), id="whole numbers"),
        pytest.param(RIGHT.tolist(), id="list of lists"),
        pytest.param(np.asfortranarray(RIGHT), id="column after column"),
        pytest.param(changed(RIGHT, (0, SCORE_COLUMN, -3), (1, SCORE_COLUMN, 99)), id="wrong scores"),
        pytest.param(changed(RIGHT, (0, N_PARTS_COLUMN, 8), (1, N_PARTS_COLUMN, 0)), id="wrong counts"),
    ],
)
def test_same_groups_passes_any_style_and_any_columns(answer):
    assert judge(CASE, answer) is None


@pytest.mark.parametrize("shape", [(0,), (0, ROW_LENGTH), (1, 0), (0, 0)], ids=str)
def test_same_groups_takes_every_shape_of_nobody(shape):
    assert judge(case_of(ROWS[8:]), np.empty(shape)) is None
    assert judge(case_of(np.empty((0, ROW_LENGTH))), np.empty(shape)) is None


def test_same_groups_takes_the_largest_ids_of_single_precision():
    rows = ROWS[:4].copy()
    rows[:, :5][rows[:, :5] != ABSENT] += 2**24 - 5
    case = case_of(rows)
    assert judge(case, case.expected.astype(np.float32)) is None
    assert judge(case, changed(case.expected, (0, WRIST, 2**24 - 1))) is not None


@given(conflict_free_rows(), st.sampled_from([np.float32, np.float64]), st.randoms())
def test_same_groups_passes_the_reference(rows, dtype, random):
    case = case_of(rows)
    order = list(range(len(case.expected)))
    random.shuffle(order)
    assert judge(case, case.expected[order].astype(dtype)) is None


@given(conflict_free_rows().filter(lambda rows: len(merge(rows))), st.data())
def test_same_groups_refuses_one_wrong_id(rows, data):
    case = case_of(rows)
    row = data.draw(st.integers(0, len(case.expected) - 1))
    column = data.draw(st.integers(0, N_PARTS - 1))
    change = data.draw(st.sampled_from([-1, 1, 7]))
    wrong = changed(case.expected, (row, column, case.expected[row, column] + change))
    assert judge(case, wrong) is not None
    assert judge(case, np.delete(case.expected, row, axis=0)) is not None
    assert judge(case, np.vstack([case.expected, case.expected[[row]]])) is not None


# Answers that cannot be read -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "shape"),
    [
        pytest.param(RIGHT[0], "(20,)", id="one person without brackets"),
        pytest.param(RIGHT[:, :18], "(2, 18)", id="ids alone"),
        pytest.param(RIGHT.T, "(20, 2)", id="transposed"),
        pytest.param(RIGHT[None], "(1, 2, 20)", id="one bracket too many"),
    ],
)
def test_read_people_refuses_a_shape(answer, shape):
    assert str(read_people(CASE, answer)) == (
        f"merge() must return an array of shape (n_people, 20); got shape {shape}. "
        "Return one row per person: 18 keypoint ids, the score, the number of parts."
    )


@pytest.mark.parametrize(
    ("cell", "got"),
    [
        pytest.param((1, SCORE_COLUMN, np.nan), "got nan in row 1, column 18", id="nan"),
        pytest.param((0, NECK, -np.inf), "got -inf in row 0, column 1", id="infinite"),
    ],
)
def test_read_people_refuses_what_is_not_finite(cell, got):
    assert str(read_people(CASE, changed(RIGHT, cell))) == (
        f"All numbers that merge() returns must be finite; {got}. "
        "Put -1 in the slots of absent parts, and divide only by counts above 0."
    )


@pytest.mark.parametrize(
    ("answer", "row"),
    [
        pytest.param(np.full((1, ROW_LENGTH), -1.0), 0, id="nobody as a row of -1"),
        pytest.param(rows_of((ANN, 8), ({}, 0), (BOB, 12)), 1, id="a row that was merged away"),
        pytest.param(rows_of((ANN, 8), (BOB, 12), ({}, 0), ({}, 0)), 2, id="two of them"),
    ],
)
def test_read_people_refuses_a_person_without_a_keypoint(answer, row):
    assert str(read_people(CASE, answer)) == (
        f"Each person that merge() returns must have a keypoint; got none in row {row}: all of its ids are -1. "
        "For nobody return an array without rows, np.empty((0, 20)), and leave out rows that became empty."
    )


@pytest.mark.parametrize(("n_people", "is_refused"), [(13, False), (14, True)], ids=["as many as rows", "one more"])
def test_read_people_takes_no_more_people_than_rows(n_people, is_refused):
    told = read_people(CASE, np.repeat(RIGHT[:1], n_people, axis=0))

    assert isinstance(told, Explanation) is is_refused


def test_read_people_explains_a_single_number():
    assert str(read_people(CASE, np.array(5.0))) == (
        "merge() must return an array of shape (n_people, 20); got a single number, 5. "
        "Return one row per person: 18 keypoint ids, the score, the number of parts."
    )


@pytest.mark.parametrize(
    ("cell", "got"),
    [
        pytest.param((1, NOSE, 6.5), "got 6.5 in row 1, column 0 (nose)", id="average of two ids"),
        pytest.param((0, ANKLE, 1234567.5), "got 1234567.5 in row 0, column 10 (right_ankle)", id="large and broken"),
        pytest.param((1, HIP, -2), "got -2 in row 1, column 8 (right_hip)", id="sum of two absent"),
        pytest.param((0, EYE, 1e300), "got 1e+300 in row 0, column 14 (right_eye)", id="no longer a whole number"),
    ],
)
def test_same_groups_refuses_what_is_no_id(cell, got):
    assert str(judge(CASE, changed(RIGHT, cell))) == (
        f"Each id that merge() returns must be -1 or an id of the input; {got}. "
        "Copy ids as they are; do not add or average them."
    )


# Wrong answers, one mistake each ------------------------------------------------------------------------------------

WRONG = {
    "missing": (
        rows_of((BOB, 12)),
        (
            f"There must be a person with {ANN_TEXT}: 5 parts, score 8, 1.6 per part; "
            f"got nobody with any of these keypoints. {BOUNDS}"
        ),
    ),
    "nobody": (
        [],
        (
            f"There must be a person with {ANN_TEXT}: 5 parts, score 8, 1.6 per part; "
            f"got nobody with any of these keypoints. {BOUNDS}"
        ),
    ),
    "joined through -1": (
        rows_of((ANN | CY | DI, 17.25), (BOB, 12)),
        f"There must be a person with {ANN_TEXT}; got one with {ANN_TEXT}, {CY_TEXT}, {DI_TEXT}. {JOIN}",
    ),
    "overwritten by another": (
        rows_of((ANN | {ELBOW: 14, WRIST: 15}, 20)),
        (
            f"There must be a person with {ANN_TEXT}; "
            f"got one with nose 1, neck 2, right_shoulder 3, right_elbow 14, right_wrist 15. {JOIN}"
        ),
    ),
    "joined with somebody to be deleted": (
        rows_of((ANN, 8), (BOB | CY, 20)),
        f"There must be a person with {BOB_TEXT}; got one with {BOB_TEXT}, {CY_TEXT}. {JOIN}",
    ),
    "joined before deleting": (
        rows_of((ANN, 8), (BOB, 12), (CY | DI, 9.25)),
        f"{SURPLUS}; got one more with {CY_TEXT}, {DI_TEXT}. {JOIN_OR_REMOVE}",
    ),
    "split": (
        rows_of(({NOSE: 1, NECK: 2, SHOULDER: 3}, 4), ({SHOULDER: 3, ELBOW: 4, WRIST: 5}, 4), (BOB, 12)),
        (
            f"There must be a person with {ANN_TEXT}; got 2 people instead, one with nose 1, neck 2, right_shoulder 3 "
            f"and one with right_shoulder 3, right_elbow 4, right_wrist 5. {JOIN_AGAIN}"
        ),
    ),
    "split, and a piece deleted": (
        rows_of(({NOSE: 1, NECK: 2, SHOULDER: 3}, 4), (BOB, 12)),
        f"There must be a person with {ANN_TEXT}; got one without right_elbow 4, right_wrist 5. {KEEP}",
    ),
    "short of an id": (
        rows_of(({NOSE: 1, NECK: 2, SHOULDER: 3, ELBOW: 4}, 6), (BOB, 12)),
        f"There must be a person with {ANN_TEXT}; got one without right_wrist 5. {KEEP}",
    ),
    "input handed back": (
        ROWS,
        (
            f"There must be a person with {ANN_TEXT}; got 4 people instead, one with nose 1, neck 2 and one "
            f"with neck 2, right_shoulder 3. {JOIN_AGAIN}"
        ),
    ),
    "row left over": (
        np.vstack([RIGHT, ROWS[:1]]),
        f"{SURPLUS}; got one more with nose 1, neck 2. {JOIN_OR_REMOVE}",
    ),
    "invented from known ids": (
        rows_of((ANN, 8), (BOB, 12), ({NOSE: 1, NECK: 12}, 2)),
        f"{SURPLUS}; got one more with nose 1, neck 12. {JOIN_OR_REMOVE}",
    ),
    "foreign id": (
        changed(RIGHT, (0, NECK, 3)),
        (
            "An id in column 1 (neck) must come from that column of the input; got 3, which is not there. "
            "Copy ids from the rows into the same column, and put -1 where there is none."
        ),
    ),
    "table filled with zeros": (
        np.vstack([RIGHT, np.zeros((3, ROW_LENGTH))]),
        (
            "An id in column 0 (nose) must come from that column of the input; got 0, which is not there. "
            "Copy ids from the rows into the same column, and put -1 where there is none."
        ),
    ),
    "twice": (
        RIGHT[[0, 1, 1]],
        (
            f"Each person must be in the answer once; got 2 rows with {BOB_TEXT}. "
            "Remove a row once it has been merged into another."
        ),
    ),
    "kept with too few parts": (
        rows_of((ANN, 8), (BOB, 12), (CY, 8)),
        (
            f"{BELOW}; got one with {CY_TEXT}: 3 parts, score 8, 2.66667 per part. "
            "Delete people only after all rows are merged."
        ),
    ),
    "kept with too low a score": (
        rows_of((ANN, 8), (BOB, 12), (DI, 1.25)),
        (
            f"{BELOW}; got one with {DI_TEXT}: 4 parts, score 1.25, 0.3125 per part. "
            "Delete people only after all rows are merged."
        ),
    ),
}


@pytest.mark.parametrize(("answer", "text"), WRONG.values(), ids=WRONG)
def test_same_groups_explains(answer, text):
    assert str(judge(CASE, answer)) == text


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        pytest.param(
            rows_of(({NECK: 2, SHOULDER: 3, ELBOW: 4, WRIST: 5}, 8), (BOB, 12)),
            f"got one without nose 0. {ID_ZERO}",
            id="id 0 is missing",
        ),
        pytest.param(
            rows_of(({SHOULDER: 3, ELBOW: 4, WRIST: 5}, 6), (BOB, 12)),
            f"got one without nose 0, neck 2. {ID_ZERO}",
            id="and what hung on it",
        ),
        pytest.param(
            rows_of(({NECK: 2, SHOULDER: 3}, 2), ({ELBOW: 4, WRIST: 5}, 2), (BOB, 12)),
            f"got one without nose 0. {ID_ZERO}",
            id="id 0 is missing, and others are apart",
        ),
        pytest.param(
            rows_of(({NOSE: 0, NECK: 2, SHOULDER: 3}, 4), ({ELBOW: 4, WRIST: 5}, 2), (BOB, 12)),
            "got 2 people instead, one with nose 0, neck 2, right_shoulder 3 and one with right_elbow 4, right_wrist 5."
            f" {JOIN_AGAIN}",
            id="id 0 is there, and others are apart",
        ),
        pytest.param(
            rows_of(({NOSE: 0, NECK: 2, SHOULDER: 3, ELBOW: 4}, 6), (BOB, 12)),
            f"got one without right_wrist 5. {KEEP}",
            id="id 0 is there, and another one is missing",
        ),
    ],
)
def test_same_groups_names_id_zero_where_it_is_missing_and_only_there(answer, text):
    rows = ROWS[:8].copy()
    rows[0, NOSE] = 0
    ann = "nose 0, neck 2, right_shoulder 3, right_elbow 4, right_wrist 5"
    assert str(judge(case_of(rows), answer)) == f"There must be a person with {ann}; {text}"


@pytest.mark.parametrize(
    ("keywords", "parts", "score"),
    [
        pytest.param({"min_num_body_parts": 5}, 5, 0.4, id="parts"),
        pytest.param({"min_score": 2.0, "min_num_body_parts": 2}, 2, 2, id="score"),
        pytest.param({"min_score": 0, "min_num_body_parts": 0}, 0, 0, id="none"),
    ],
)
def test_same_groups_explains_who_was_deleted_at_a_bound(keywords, parts, score):
    rows = np.vstack([ROWS[:4], [ROWS[0]]])  # five parts, a score of 10
    case = case_of(rows, **keywords)
    assert len(case.expected) == 1
    assert str(judge(case, [])) == (
        f"There must be a person with {ANN_TEXT}: 5 parts, score 10, 2 per part; got nobody with any of these "
        f"keypoints. Join rows only when they share an id in a column, and delete only people with fewer than "
        f"{parts} parts or a score per part below {score}: at a bound they stay."
    )


def test_same_groups_tells_the_bounds_of_the_call():
    assert str(judge(case_of(ROWS, 6, 0.625), RIGHT)).startswith(
        "People with fewer than 6 parts or a score per part below 0.625 must be deleted; got one with nose 1, "
    )


def test_same_groups_shows_a_score_that_is_hardly_below_the_bound():
    rows = rows_of(({NOSE: 1, NECK: 2}, 1), ({NECK: 2, SHOULDER: 3}, 0.5), ({SHOULDER: 3, ELBOW: 4}, 0.0998))
    assert "4 parts, score 1.5998, 0.39995 per part" in str(judge(case_of(rows), merge(rows, min_score=0)))


# The first cause, where several things are wrong --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        pytest.param(
            changed(rows_of((ANN, 8), (BOB, 12), (DI, 2.5)), (2, N_PARTS_COLUMN, 9)),
            f"{DI_TEXT}: 4 parts, score 1.25, 0.3125 per part. Delete people only after all rows are merged.",
            id="kept because of its wrong columns, told the right ones",
        ),
        pytest.param(
            changed(rows_of((ANN | CY, 99), (BOB, 99)), (0, N_PARTS_COLUMN, 99)),
            JOIN,
            id="joined, and so all else wrong",
        ),
        pytest.param(
            rows_of(({NOSE: 1, NECK: 14}, 2), ({NOSE: 1, NECK: 14}, 2)),
            "An id in column 1 (neck) must come from that column of the input; got 14",
            id="computed ids, and so people who are alike",
        ),
        pytest.param(
            rows_of((BOB, 12), (CY, 8), ({SHOULDER: 3, ELBOW: 4}, 2)),
            "got one without nose 1, neck 2, right_wrist 5.",
            id="lost parts, and nobody deleted",
        ),
    ],
)
def test_same_groups_tells_the_first_cause(answer, says):
    assert says in str(judge(CASE, answer))


def test_same_groups_tells_a_piece_of_somebody_to_be_deleted():
    rows = np.vstack(
        [ROWS[:4], rows_of(({HIP: 39, KNEE: 40}, 2), ({KNEE: 40, ANKLE: 41}, 0), ({ANKLE: 41, EYE: 42}, -1))]
    )
    pieces = rows_of((ANN, 8), ({HIP: 39, KNEE: 40}, 2))
    assert str(judge(case_of(rows, 2), pieces)).startswith(f"{SURPLUS}; got one more with right_hip 39, right_knee 40.")


def test_same_groups_comes_to_an_end_on_an_answer_of_many_rows():
    many = np.repeat(RIGHT, 20_000, axis=0)

    assert "got 20000 rows with" in str(same_groups(CASE, many))
    assert str(judge(CASE, many)) == (
        "There cannot be more people than rows, here 13; got 40000 people. Return one row per person, and remove a row "
        "once it has been merged into another."
    )


# Two answers of one submission ---------------------------------------------------------------------------------------

REQUIRED, ADVICE = "The answers must be alike", "Keep nothing between calls."


def difference(before, now):
    return other_groups(before, now, required=REQUIRED, advice=ADVICE)


@pytest.mark.parametrize(
    "now",
    [
        pytest.param(RIGHT, id="the same"),
        pytest.param(RIGHT[::-1], id="another order"),
        pytest.param(changed(RIGHT, (0, SCORE_COLUMN, 77), (1, N_PARTS_COLUMN, 1)), id="other columns"),
    ],
)
def test_other_groups_passes_equal_groups(now):
    assert difference(RIGHT, now) is None
    assert difference(now, RIGHT) is None


def test_other_groups_passes_two_times_nobody():
    nobody = np.empty((0, ROW_LENGTH))
    assert difference(nobody, nobody) is None


def test_other_groups_passes_the_same_wrong_people():
    assert difference(RIGHT[[0, 0]], RIGHT[[0, 0]]) is None


@pytest.mark.parametrize(
    ("now", "got"),
    [
        pytest.param(RIGHT[:1], f"the second time there was no person with {BOB_TEXT}", id="lost"),
        pytest.param(
            rows_of((ANN, 8), (BOB, 12), (CY, 8)), f"the first time there was no person with {CY_TEXT}", id="gained"
        ),
        pytest.param(RIGHT[[0, 1, 1]], f"the number of rows with {BOB_TEXT} went from 1 to 2", id="doubled"),
    ],
)
def test_other_groups_explains(now, got):
    assert str(difference(RIGHT, now)) == f"{REQUIRED}; {got}. {ADVICE}"


NEW_OF = {1: 100, 2: 1, 12: 8, 8: 9, 5: 12}
RENUMBERED = rows_of((ANN | {NOSE: 100, NECK: 1, WRIST: 12}, 8), (BOB | {NECK: 8}, 12))


def test_renumber_gives_other_ids_to_keypoints_alone():
    assert np.array_equal(renumber(RIGHT, NEW_OF), RENUMBERED)
    assert RIGHT[0, NOSE] == 1


def agreement(now, renumbered):
    twin = replace(CASE, renumbered=renumbered)
    return agree(CASE, twin, RIGHT, now, required=REQUIRED, advice=ADVICE)


def test_agree_compares_under_the_twins_ids():
    assert agreement(RIGHT[::-1], {}) is None
    assert agreement(RENUMBERED, NEW_OF) is None
    assert str(agreement(RIGHT, NEW_OF)) == (
        f"{REQUIRED}; the second time there was no person with nose 100, neck 1, right_shoulder 3, right_elbow 4, "
        f"right_wrist 12. {ADVICE}"
    )


def test_agree_costs_nothing_for_columns():
    assert agreement(changed(RIGHT, (0, SCORE_COLUMN, 77), (1, N_PARTS_COLUMN, 1)), {}) is None


def test_agree_refuses_nobody_twice():
    nobody = np.empty((0, ROW_LENGTH))
    assert str(agree(CASE, CASE, nobody, nobody, required=REQUIRED, advice=ADVICE)).startswith(
        "If the rows hold people, the answer must hold people; got nobody for 13 rows."
    )


# Small parts ---------------------------------------------------------------------------------------------------------


def test_write_group_cuts_a_large_person():
    group = frozenset((slot, 10 + slot) for slot in range(N_PARTS))
    assert write_group(group).endswith("left_hip 21, and 6 more")
    assert write_group(frozenset(sorted(group)[:12])).endswith("right_ankle 20, left_hip 21")


def test_keypoints_of_counts_id_zero():
    assert keypoints_of(rows_of(({NOSE: 0, WRIST: 7}, 1))[0]) == {(NOSE, 0), (WRIST, 7)}


def test_nobody_left_tells_how_many_rows_there_were():
    assert nobody_left(CASE, RIGHT) is None
    assert nobody_left(case_of(ROWS[8:]), np.empty((0, ROW_LENGTH))) is None
    assert str(nobody_left(CASE, np.empty((0, ROW_LENGTH)))) == (
        "If the rows hold people, the answer must hold people; got nobody for 13 rows. "
        "Merge the rows first, then delete only people below the bounds."
    )
