"""The smallest input that breaks a merge."""

import numpy as np
import pytest

from grader.harness import shrinking
from grader.harness.results import Explanation, Visibility
from grader.harness.shrinking import StopSearch, smallest_failure
from grader.labs.merge import reference
from grader.labs.merge.compare import other_than, read_people, renumber, same_people
from grader.labs.merge.conflicts import broken_rule
from tests.grader.labs.merge import casemaking_merges as merges


class NearIdsAreEqual(merges.Merge):
    """Joins rows whose ids in a slot differ by one at most: other numbers for the same people, other people."""

    def is_same(self, person, keypoints):
        return any(a == b and abs(i - j) <= 1 for a, i in person[0] for b, j in keypoints)


class Judge:
    """Plays a merge in this process, and counts."""

    def __init__(self, merge, rule):
        self.merge, self.rule, self.n_calls = merge, rule, 0

    def __call__(self, cases):
        self.n_calls += 1
        people = [read_people(self.merge(case.rows.copy())) for case in cases]
        if any(isinstance(found, Explanation) for found in people):
            return True
        if len(cases) == 2:
            before = renumber(people[0], cases[1].renumbered)
            return other_than(before, people[1], required="", advice="") is not None
        return self.rule(cases[0], people[0]) is not None


@pytest.mark.parametrize(
    ("check", "merge", "rule", "n_rows"),
    [
        ("any_people", merges.SinglePass(), same_people, 3),
        ("any_people", merges.CycleScoreMissing(), same_people, 5),
        ("any_people", merges.SameSlotIsSamePerson(), same_people, 2),
        ("any_people", merges.PartsAddedUp(), same_people, 3),
        ("any_conflict", merges.Merge(), broken_rule, 4),
        ("reordering", merges.SinglePass(), None, 3),
        ("renumbering", NearIdsAreEqual(), None, 2),
    ],
    ids=["single pass", "cycle", "same slot", "added up", "no conflicts known", "reordered", "renumbered"],
)
def test_smallest_failure_is_small(check, merge, rule, n_rows):
    judge = Judge(merge, rule)
    found = smallest_failure(check, judge)

    assert n_rows - 1 <= len(found[0].rows) <= n_rows + 1
    assert judge(found)


@pytest.mark.parametrize("check", ["any_people", "reordering"])
def test_smallest_failure_is_the_same_again(check):
    found, again = (smallest_failure(check, Judge(merges.SinglePass(), same_people)) for _ in range(2))

    assert [case.rows.tobytes() for case in found] == [case.rows.tobytes() for case in again]
    assert found


def test_smallest_failure_carries_the_right_answer():
    (case,) = smallest_failure("any_people", Judge(merges.SinglePass(), same_people))

    assert np.array_equal(case.expected, reference.answer(case.rows))
    assert (case.check, case.name, case.visibility) == ("any_people", "shrunk", Visibility.PUBLIC)
    assert case.says == "The smallest input found that fails: 3 random rows without conflicts."
    assert case.is_only_answer


def test_smallest_failure_of_a_pair_is_base_and_twin():
    base, twin = smallest_failure("renumbering", Judge(NearIdsAreEqual(), None))

    assert twin.twin_of == base.name == "shrunk"
    assert np.array_equal(renumber(base.rows, twin.renumbered), twin.rows)
    assert len(base.rows) == len(twin.rows)


@pytest.mark.parametrize("check", ["any_people", "any_conflict", "reordering", "renumbering"])
def test_smallest_failure_of_a_right_merge_is_none(check):
    assert smallest_failure(check, Judge(reference.answer, lambda *_: None), max_calls=40) == []


def test_smallest_failure_asks_no_more_than_it_may():
    judge = Judge(merges.CycleScoreMissing(), same_people)
    found = smallest_failure("any_people", judge, max_calls=30)

    assert judge.n_calls <= 30
    assert not found or judge(found)


def test_smallest_failure_without_time_asks_nothing():
    judge = Judge(merges.SinglePass(), same_people)

    assert smallest_failure("any_people", judge, max_seconds=-1) == []
    assert judge.n_calls == 0


def test_smallest_failure_asks_nothing_twice():
    seen = []

    def judge(cases):
        seen.append(b"".join(case.rows.tobytes() for case in cases))
        return len(cases[0].rows) > 4

    assert smallest_failure("reordering", judge, max_calls=200)
    assert len(seen) == len(set(seen))


def test_smallest_failure_stops_at_once_and_keeps_what_it_found():
    n_asked = 0

    def judge(cases):
        nonlocal n_asked
        n_asked += 1
        if n_asked == 12:
            raise StopSearch
        return len(cases[0].rows) > 2

    found = smallest_failure("any_people", judge)

    assert n_asked == 12
    assert len(found[0].rows) > 2


def test_bounds_leave_room_for_a_search():
    assert shrinking.MAX_DRAWN < shrinking.MAX_CALLS
