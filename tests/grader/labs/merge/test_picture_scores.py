"""Skeletons held against the people in a picture."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from scipy.optimize import linear_sum_assignment

from estimation.config import ABSENT, PARTS, BodyPart
from grader.labs.merge.merge_case import LabelledPicture
from grader.labs.merge.picture_scores import match, score_people

TORSO_PX = 50.0
"""From the left shoulder, 30 px to the right of and 40 px above the right hip."""


def person_at(x, *, without=()):
    """Make a person whose parts stand in a column, save the two that make the torso 50 px long."""
    places = {part.name: (float(x), 10.0 * part) for part in PARTS}
    places["left_shoulder"], places["right_hip"] = (x + 30.0, 0.0), (float(x), 40.0)
    return {name: place for name, place in places.items() if name not in without}


def picture_of(*people, shift_px=0.0):
    """Make a picture whose keypoints 0 to 17 are the first person's, 18 to 35 the second's, each a bit to the right."""
    keypoints = {
        18 * number + BodyPart[name]: (x + shift_px, y)
        for number, person in enumerate(people)
        for name, (x, y) in person.items()
    }
    return LabelledPicture("1.jpg", keypoints, people, expected_score=1.0)


def skeleton(first_id, slots=range(18)):
    row = np.full(20, float(ABSENT))
    row[list(slots)] = [first_id + slot for slot in slots]
    row[18:] = 1.0, len(slots)
    return row


TWO = picture_of(person_at(100), person_at(900))


def test_score_is_one_where_everything_is_found():
    assert score_people(TWO, np.array([skeleton(0), skeleton(18)])) == 1


def test_score_is_zero_where_nobody_is_found():
    assert score_people(TWO, np.empty((0, 20))) == 0


def test_score_is_the_share_of_labelled_keypoints():
    assert score_people(TWO, np.array([skeleton(0, range(9)), skeleton(18)])) == 27 / 36


@pytest.mark.parametrize(("shift_px", "score"), [(24.9, 1.0), (25.1, 0.0)], ids=["within", "beyond"])
def test_score_allows_half_a_torso(shift_px, score):
    assert score_people(picture_of(person_at(100), shift_px=shift_px), np.array([skeleton(0)])) == score


@pytest.mark.parametrize("part", ["left_shoulder", "right_hip"])
@pytest.mark.parametrize(("shift_px", "score"), [(42.4, 1.0), (42.6, 0.0)], ids=["within", "beyond"])
def test_score_measures_a_person_without_torso_by_the_box(part, shift_px, score):
    labelled = picture_of(person_at(100, without=[part]), shift_px=shift_px)
    slots = [slot for slot in range(18) if PARTS[slot].name != part]

    # The box is 170 px high; half of that is the torso, and half of the torso is allowed.
    assert score_people(labelled, np.array([skeleton(0, slots)])) == score


def test_score_ignores_the_order_of_skeletons():
    skeletons = np.array([skeleton(18), skeleton(0, range(5)), skeleton(0, range(3, 9))])

    assert score_people(TWO, skeletons) == score_people(TWO, skeletons[::-1]) == 24 / (36 + 5)


def test_score_counts_keypoints_of_surplus_skeletons_against():
    skeletons = np.array([skeleton(0), skeleton(18), skeleton(18, range(4))])

    assert score_people(TWO, skeletons) == 36 / 40


def test_score_counts_a_skeleton_far_from_everybody_as_surplus():
    labelled = LabelledPicture("1.jpg", TWO.keypoints | {40: (5000.0, 5000.0)}, TWO.people, 1.0)
    stray = np.full(20, float(ABSENT))
    stray[0] = 40

    assert score_people(labelled, np.array([skeleton(0), skeleton(18), stray])) == 36 / 37


def test_score_gives_a_joined_skeleton_to_one_person_only():
    joined = skeleton(0)
    joined[9:18] += 18

    assert score_people(TWO, np.array([joined])) == 9 / 36


def test_score_leaves_the_smaller_of_equal_skeletons_over():
    lone = picture_of(person_at(100, without=[part.name for part in PARTS[4:]]), person_at(900))
    lone = LabelledPicture("1.jpg", TWO.keypoints, lone.people[:1], 1.0)
    both = np.array([skeleton(0, range(4)), skeleton(0)])

    # Both find the four labelled keypoints; matched with the whole skeleton, only four are left over.
    assert score_people(lone, both) == score_people(lone, both[::-1]) == 4 / (4 + 4)


@pytest.mark.parametrize("id_", [999.0, 2.0**60, 1e300], ids=["large", "huge", "enormous"])
def test_score_passes_unknown_ids_over(id_):
    strange = skeleton(0)
    strange[0] = id_

    assert score_people(TWO, np.array([strange, skeleton(18)])) == 35 / 36


def test_score_passes_unlabelled_parts_over():
    labelled = LabelledPicture(
        "1.jpg", TWO.keypoints, [person_at(100, without=["nose", "left_ear"]), person_at(900)], 1.0
    )

    assert score_people(labelled, np.array([skeleton(0), skeleton(18)])) == 1


def test_score_of_an_empty_picture_is_one_without_skeletons():
    empty = LabelledPicture("1.jpg", TWO.keypoints, (), 1.0)

    assert score_people(empty, np.empty((0, 20))) == 1
    assert score_people(empty, np.array([skeleton(0)])) == 0


@given(arrays(np.int64, array_shapes(min_dims=2, max_dims=2, min_side=0, max_side=7), elements=st.integers(0, 9)))
def test_match_is_the_best_assignment(weights):
    pairs = match(weights)
    rows, columns = linear_sum_assignment(weights, maximize=True)

    assert sum(weights[pair] for pair in pairs) == weights[rows, columns].sum()
    assert len(pairs) == min(weights.shape)
    assert len({row for row, _ in pairs}) == len({column for _, column in pairs}) == len(pairs)
    assert pairs == sorted(pairs)
