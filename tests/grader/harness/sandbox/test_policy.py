"""What a whole submission may use, and the part that is set aside for some of its work."""

import pytest

from grader.harness.sandbox.policy import Budget, Limits


def test_budget_of_a_submission_ends_within_the_patience_of_a_class():
    budget = Budget()

    assert (budget.cpu_s, budget.idle_s) == (80, 15)
    assert not budget.is_spent
    assert budget.cpu_s < Limits().total_cpu_s, "the message is the grader's, not the system's"


@pytest.mark.parametrize("used", [{"cpu_s": 80.5}, {"idle_s": 15}], ids=["computing", "asleep"])
def test_budget_is_spent_when_one_of_the_two_is(used):
    budget = Budget()
    budget.charge(**used)

    assert budget.is_spent
    assert min(budget.cpu_left_s, budget.idle_left_s) == 0


def test_budget_of_a_part_is_charged_to_the_whole():
    whole = Budget(cpu_s=10, idle_s=4)
    part = whole.part(cpu_s=3)
    part.charge(cpu_s=2, idle_s=1)

    assert (part.cpu_left_s, part.idle_left_s) == (1, 3)
    assert (whole.cpu_left_s, whole.idle_left_s) == (8, 3)
    assert (part.cpu_used_s, part.idle_used_s) == (whole.cpu_used_s, whole.idle_used_s) == (2, 1)


def test_budget_of_a_part_leaves_the_rest_to_the_others():
    whole = Budget(cpu_s=10)
    part = whole.part(cpu_s=3)
    part.charge(cpu_s=3.5)

    assert part.is_spent
    assert not whole.is_spent
    assert whole.cpu_left_s == 6.5


def test_budget_of_a_part_ends_with_the_whole():
    whole = Budget(cpu_s=10)
    part = whole.part(cpu_s=8).part(idle_s=1)
    whole.charge(cpu_s=9)

    assert part.cpu_left_s == 1
    assert part.first_to_end(is_cpu=True) is whole
    assert part.first_to_end(is_cpu=False) is part
