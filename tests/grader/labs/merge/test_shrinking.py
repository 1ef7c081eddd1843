"""The smallest input that breaks a merge."""

import time
from itertools import count

import numpy as np
import pytest

from grader.harness import shrinking
from grader.harness.results import Explanation, Verdict, Visibility
from grader.harness.shrinking import smallest_wrong
from grader.labs.merge import reference
from grader.labs.merge.casemaking.any_input import SmallMerges
from grader.labs.merge.compare import agree, read_people, renumber, same_groups
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
        return Verdict.WRONG if self.is_wrong(cases) else Verdict.PASSED

    def is_wrong(self, cases):
        people = [read_people(case, self.merge(case.rows.copy())) for case in cases]
        if any(isinstance(found, Explanation) for found in people):
            return True
        if len(cases) == 2:
            return agree(*cases, *people, required="", advice="") is not None
        return self.rule(cases[0], people[0]) is not None


def shrink(check, judge, **bounds):
    """Look for the smallest input that is wrong, as the check of that key does."""
    return smallest_wrong(SmallMerges(check), judge, **bounds)


def wrong_above(n_rows):
    """Make a judge that finds long inputs wrong, and count what it is asked."""
    asked = []

    def judge(cases):
        asked.append(b"".join(case.rows.tobytes() for case in cases))
        return Verdict.WRONG if len(cases[0].rows) > n_rows else Verdict.PASSED

    return judge, asked


@pytest.mark.parametrize(
    ("check", "merge", "rule", "n_rows"),
    [
        ("any_people", merges.SinglePass(), same_groups, 3),
        pytest.param("any_people", merges.SameSlotIsSamePerson(), same_groups, 2, marks=pytest.mark.slow),
        ("any_people", merges.DefaultOfFiveParts(), same_groups, 3),
        ("any_conflict", merges.Merge(), broken_rule, 4),
        ("reordering", merges.SinglePass(), None, 3),
        ("renumbering", NearIdsAreEqual(), None, 2),
    ],
    ids=["single pass", "same slot", "a bound", "no conflicts known", "reordered", "renumbered"],
)
def test_smallest_failure_is_small(check, merge, rule, n_rows):
    judge = Judge(merge, rule)
    found = shrink(check, judge)

    assert n_rows - 1 <= len(found[0].rows) <= n_rows + 1
    assert judge.is_wrong(found)


@pytest.mark.parametrize("check", ["any_people", pytest.param("reordering", marks=pytest.mark.slow)])
def test_smallest_failure_is_the_same_again(check):
    found, again = (shrink(check, Judge(merges.SinglePass(), same_groups)) for _ in range(2))

    assert [case.rows.tobytes() for case in found] == [case.rows.tobytes() for case in again]
    assert found


def test_smallest_failure_carries_the_right_answer():
    (case,) = shrink("any_people", Judge(merges.SinglePass(), same_groups))

    assert np.array_equal(case.expected, reference.answer(case.rows))
    assert (case.check, case.name, case.visibility) == ("any_people", "shrunk", Visibility.PUBLIC)
    assert case.says == "The smallest input found that fails: 3 random rows without conflicts."
    assert case.is_only_answer


def test_smallest_failure_of_a_pair_is_base_and_twin():
    base, twin = shrink("renumbering", Judge(NearIdsAreEqual(), None))

    assert twin.twin_of == base.name == "shrunk"
    assert np.array_equal(renumber(base.rows, twin.renumbered), twin.rows)
    assert len(base.rows) == len(twin.rows)


@pytest.mark.parametrize("check", ["any_people", "any_conflict", "reordering", "renumbering"])
def test_smallest_failure_of_a_right_merge_is_none(check):
    assert shrink(check, Judge(reference.answer, lambda *_: None), max_calls=40) == []


def test_smallest_failure_asks_no_more_than_it_may():
    judge = Judge(merges.SinglePass(), same_groups)
    found = shrink("any_people", judge, max_calls=30)

    assert judge.n_calls <= 30
    assert not found or judge.is_wrong(found)


def test_smallest_failure_does_not_hang_on_the_clock(monkeypatch):
    expected = shrink("any_people", Judge(merges.SinglePass(), same_groups))
    seconds = count(step=1000)
    monkeypatch.setattr(time, "monotonic", lambda: next(seconds))
    monkeypatch.setattr(time, "perf_counter", lambda: next(seconds))

    found = shrink("any_people", Judge(merges.SinglePass(), same_groups))

    assert [case.rows.tobytes() for case in found] == [case.rows.tobytes() for case in expected]


def test_smallest_failure_asks_nothing_twice():
    judge, seen = wrong_above(4)

    assert shrink("reordering", judge, max_calls=200)
    assert len(seen) == len(set(seen))


@pytest.mark.parametrize("verdict", [Verdict.CRASHED, Verdict.TIMED_OUT, Verdict.OUT_OF_MEMORY, Verdict.FORBIDDEN])
def test_smallest_failure_stops_at_once_and_shows_nothing(verdict):
    judge, asked = wrong_above(2)

    def stop_at_the_twelfth(cases):
        told = judge(cases)
        return verdict if len(asked) == 12 else told

    found = shrink("any_people", stop_at_the_twelfth)

    assert len(asked) == 12
    assert found == []


def test_bounds_leave_room_for_a_search():
    assert shrinking.MAX_DRAWN < shrinking.MAX_CALLS
