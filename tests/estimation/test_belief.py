"""What is drawn of the people found: limbs that the PAFs support, people of whom enough is left."""

import numpy as np
import pytest

from estimation.belief import MIN_LIMB_SCORE, select_believed
from estimation.config import N_LIMBS, ROW_LENGTH
from estimation.decoding import People


def people_of(*limb_scores):
    """Make people who have only scores: a number for each of their first limbs."""
    table = np.full((len(limb_scores), N_LIMBS), np.nan)
    for person, scores in enumerate(limb_scores):
        table[person, : len(scores)] = scores
    rows = np.arange(len(table) * ROW_LENGTH, dtype=float).reshape(len(table), ROW_LENGTH)
    return People({}, rows, np.arange(len(table), dtype=float), table, 0.0)


def test_limbs_below_the_bound_are_not_believed():
    people = people_of([0.9, 0.9, 0.9, MIN_LIMB_SCORE - 0.01, MIN_LIMB_SCORE])

    believed, places = select_believed(people)

    assert places == [0]
    assert np.isfinite(believed.limb_scores[0, :5]).tolist() == [True, True, True, False, True]
    assert np.isnan(believed.limb_scores[0, 5:]).all()


def test_people_are_judged_by_the_limbs_that_are_left():
    many_weak, few_strong, enough = [0.149] * 19, [0.9, 0.9], [0.7, 0.7, 0.7]
    people = people_of(many_weak, few_strong, enough)

    believed, places = select_believed(people)

    assert places == [2]
    assert np.array_equal(believed.skeletons, people.skeletons[2:])
    assert believed.scores.tolist() == [2]


def test_min_score_chooses_who_is_believed():
    people = people_of([0.5] * 4, [0.5] * 8, [0.5] * 16)

    chosen = [select_believed(people, min_score)[1] for min_score in (0.05, 0.2, 0.4, 0.9)]

    assert chosen == [[0, 1, 2], [1, 2], [2], []]


def test_equal_to_the_bound_is_believed():
    assert select_believed(people_of([0.5] * 19), 0.5)[1] == [0]


def test_with_zero_all_that_was_found_stays():
    people = people_of([0.01], [], [0.9] * 19)

    assert select_believed(people, 0) == (people, [0, 1, 2])


@pytest.mark.parametrize("min_score", [0, 0.1])
def test_nobody_stays_nobody(min_score):
    believed, places = select_believed(people_of(), min_score)

    assert (len(believed.skeletons), places) == (0, [])


def test_who_was_found_is_not_changed():
    people = people_of([0.1] * 19, [0.9] * 19)
    before = people.limb_scores.copy()

    select_believed(people)

    np.testing.assert_array_equal(people.limb_scores, before)


def test_people_without_scores_have_none_afterwards():
    people = people_of([0.9] * 19)._replace(scores=None)

    assert select_believed(people)[0].scores is None
