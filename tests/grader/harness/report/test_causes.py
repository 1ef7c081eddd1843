"""Which failures have one cause, and what is told once."""

from fractions import Fraction

import pytest

from grader.harness.cases import Case
from grader.harness.report.causes import FOLLOWS, find_causes, in_order, name_crash, tell
from grader.harness.report.digest import make_digest
from grader.harness.respondent import Player
from grader.harness.results import Audience, Explanation, Verdict, Visibility
from grader.harness.sandbox.failures import Failure
from grader.harness.sandbox.policy import Budget
from grader.labs.merge.evidence import MergeEvidence
from grader.labs.merge.lab import LAB
from tests.grader.harness.report.samples import (
    ROWS,
    because,
    faulty,
    make_case,
    make_check,
    make_hidden,
    make_people,
    make_report,
    one_cause,
)

STUDENT, STAFF = Audience.STUDENT, Audience.STAFF


def crashed(message, line=12, **fields):
    got = f"got KeyError: {message} in line {line} of merge.py: people[{message}]"
    return make_case(verdict=Verdict.CRASHED, explanation=Explanation("No error", got, "Look there."), **fields)


def causes(*cases):
    return find_causes(make_check(*cases))


def digest(*checks, audience=STAFF):
    return make_digest(LAB, make_report(*checks), audience)


def evidence(n_rows):
    return MergeEvidence(ROWS[:n_rows], "merge(subset)", make_people(), make_people())


def test_wrong_answers_have_one_cause_if_the_advice_is_one_but_for_its_numbers():
    first, second, other = causes(
        *(make_case(explanation=because(advice)) for advice in ("Keep 4 parts.", "Keep 0.5 parts.", "Keep all."))
    )

    assert first == second != other


def test_crashes_have_one_cause_if_error_and_place_are_one():
    first, second, elsewhere = causes(crashed("7"), crashed("'a b'"), crashed("7", line=13))

    assert first == second != elsewhere


@pytest.mark.parametrize(
    ("got", "name"),
    [
        pytest.param("got KeyError: 7 in line 12 of merge.py: a[7]", "got KeyError in line 12 of merge.py", id="place"),
        pytest.param("got KeyError in line 12 of merge.py", "got KeyError in line 12 of merge.py", id="again"),
        pytest.param("got RecursionError: too deep", "got RecursionError", id="no-place"),
        pytest.param("Python was ended with exit status 3", "Python was ended with exit status #", id="ended"),
    ],
)
def test_name_crash_leaves_out_what_the_error_says(got, name):
    assert name_crash(Explanation("", got, "")) == name


@pytest.mark.parametrize("verdict", [Verdict.TIMED_OUT, Verdict.OUT_OF_MEMORY])
def test_limits_are_causes(verdict):
    limits = [Explanation(f"Within {k} s", f"it took {n}", "Be quick.") for k, n in ((2, 5), (2, 6), (3, 6))]

    first, second, other = causes(*(make_case(verdict=verdict, explanation=limit) for limit in limits))

    assert first == second != other


def test_verdicts_are_never_one_cause():
    wrong, slow = causes(make_case(), make_case(verdict=Verdict.TIMED_OUT))

    assert wrong != slow


def test_case_that_was_not_tried_has_the_cause_of_those_before():
    case = Case(check="a", name="a", says="", visibility=Visibility.PUBLIC, arguments=(), expected=0, function="merge")
    slow = Failure(Verdict.TIMED_OUT, Explanation("Within 2 s", "it took longer", "Be quick."))
    not_tried = Player(None, None, 2, Budget(), 0)._not_tried_again(case, slow)
    cases = [make_case(verdict=Verdict.TIMED_OUT, explanation=one.explanation) for one in (slow, not_tried)]

    assert not_tried.explanation.advice.startswith(FOLLOWS)
    first, second = causes(*cases)
    assert first == second
    assert in_order(cases[::-1], lambda _: 0) == cases


def test_case_that_was_not_run_has_no_cause():
    assert causes(make_case(verdict=Verdict.NOT_RUN)) == [""]


def test_story_has_the_smallest_example_and_every_check_that_it_cost():
    (story,) = make_digest(LAB, one_cause(), STUDENT).stories

    assert story.example.name == "count_2"
    assert [(cost.check.key, cost.n_failures, cost.lost, cost.is_whole) for cost in story.costs] == [
        ("a", 2, 4, True),
        ("b", 1, Fraction("0.33"), True),
        ("c", 1, Fraction("0.67"), False),
        ("d", 1, 1, False),
    ]
    assert story.lost == 6


def test_lines_keep_what_no_story_tells():
    lines = make_digest(LAB, one_cause(), STUDENT).lines

    assert [line.reasons for line in lines] == [(), (1,), (1,), (1,), (1,)]
    assert [[case.name for case in line.examples] for line in lines] == [[], [], [], ["other"], ["hidden case"]]
    assert [line.is_told for line in lines] == [False, True, True, False, True]
    assert [line.n_told for line in lines] == [0, 2, 1, 1, 1]


def test_cause_of_one_check_is_told_in_it():
    stories, (line,) = tell([make_check(make_case(), make_case("b"))], [Fraction(0)], lambda _: 0)

    assert not stories
    assert [case.name for case in line.examples] == ["chain"]
    assert [case.name for case in line.others] == ["b"]


def test_hidden_failures_found_a_story_for_the_staff_alone():
    checks = [make_check(make_hidden(overlay=None), key=key) for key in "ab"]

    assert len(digest(*checks, audience=STAFF).stories) == 1
    assert not digest(*checks, audience=STUDENT).stories


def test_hidden_crash_is_linked_to_no_cause_for_students():
    checks = [
        make_check(crashed("7"), crashed("8", name="secret", visibility=Visibility.HIDDEN), key=key) for key in "ab"
    ]

    (for_staff,), (for_students,) = (digest(*checks, audience=audience).stories for audience in (STAFF, STUDENT))

    assert [cost.n_failures for cost in for_staff.costs] == [2, 2]
    assert [cost.n_failures for cost in for_students.costs] == [1, 1]


def test_hidden_failure_is_linked_by_the_advice_that_redaction_leaves():
    public, hidden = (
        make_case(explanation=because("Count parts.")),
        make_hidden(explanation=because("Count parts."), overlay=None),
    )

    (story,) = digest(make_check(public, hidden, key="a"), make_check(hidden, key="b"), audience=STUDENT).stories

    assert [cost.n_failures for cost in story.costs] == [2, 1]
    assert story.example.name == "chain"


def test_points_of_a_check_are_counted_with_the_cause_that_fails_most_of_it():
    often, rarely = because("Count parts."), because("Join again.")
    both = [make_case(explanation=rarely), *(make_case(f"often_{k}", explanation=often) for k in range(2))]
    checks = [make_check(*both, key="a"), make_check(*both, key="b")]

    first, second = digest(*checks).stories

    assert (first.lost, first.is_secondary) == (6, False)
    assert (second.lost, second.is_secondary) == (0, True)


def test_story_of_the_graders_own_fault_has_no_points():
    fault = faulty().checks[1]

    (story,) = digest(fault, fault).stories

    assert story.lost is None


def test_story_prefers_an_example_that_can_be_seen():
    seen = make_case("seen", evidence=evidence(4))

    (story,) = digest(make_check(make_case("unseen")), make_check(seen)).stories

    assert story.example.name == "seen"


def test_staff_see_the_smallest_hidden_case_of_a_story():
    hidden = make_hidden(explanation=make_case().explanation, overlay=None)
    checks = [make_check(make_case(), hidden, key=key) for key in "ab"]

    assert digest(*checks, audience=STAFF).stories[0].hidden.name == "secret-770"
    assert digest(*checks, audience=STUDENT).stories[0].hidden is None
    assert digest(*(make_check(hidden, key=key) for key in "ab"), audience=STAFF).stories[0].hidden is None


def test_hidden_failures_of_which_nothing_is_told_are_one_example():
    hidden = [make_hidden(explanation=because(f"Look at the {k} drawings.")) for k in range(9)]

    (line,) = digest(make_check(*hidden), audience=STUDENT).lines

    assert (len(line.examples), len(line.others)) == (1, 8)
    assert line.examples[0].explanation.got == "the answer is wrong"
