"""The submission at work, with sessions that only pretend: who is asked what, how often, and for how long."""

from dataclasses import replace

import numpy as np
import pytest

from estimation.config import ROW_LENGTH
from estimation.merge import merge
from grader.harness.respondent import MAX_AGAIN, MAX_SIZE_AGAIN, MAX_STOPS, TRIAL_CPU_S, Respondent
from grader.harness.results import Verdict, Visibility
from grader.harness.sandbox.launcher import Failure
from grader.harness.sandbox.policy import Budget
from grader.labs.merge.lab import LAB
from grader.labs.merge.merge_case import MergeCase
from tests.grader.harness.sessions import CRASHED, SPENT, STOPPED, SYNTAX, Sessions
from tests.strategies import rows_of


def make_case(check, number, **keywords):
    rows = rows_of(*(({slot: number + slot, slot + 1: number + slot + 1}, 1) for slot in range(4)))
    return call_of(f"{check} {number}", rows, check=check, keywords=keywords, expected=merge(rows, **keywords))


def call_of(name, rows, *positional, check="one", **fields):
    fields = {"says": "Says.", "visibility": Visibility.PUBLIC, "expected": rows, **fields}
    return MergeCase(check=check, name=name, arguments=(rows, *positional), **fields)


def respondent_of(sessions, cases, budget=None):
    return Respondent(sessions, LAB.read_answer, budget or Budget(), cases)


CASES = [make_case("one", 10), make_case("one", 20), make_case("two", 30), make_case("two", 40)]


def first_id(rows):
    return int(rows[0, 0])


def stop_at(*ids):
    return lambda rows: STOPPED if first_id(rows) in ids else merge(rows)


def test_respondent_answers_with_the_people_that_came():
    sessions = Sessions(merge, seconds=0.25)
    answer = respondent_of(sessions, CASES).answer(CASES[0])
    assert np.array_equal(answer.outcome, CASES[0].expected)
    assert answer.seconds == 0.25
    assert sessions.seeds == [1]


def test_respondent_passes_on_the_arguments_of_the_call():
    rows = CASES[0].rows
    by_position = call_of("p", rows, 6)
    by_keyword = call_of("k", rows, keywords={"min_score": 0.9})
    sessions = Sessions(merge)
    respondent = respondent_of(sessions, [by_position, by_keyword])
    assert not len(respondent.answer(by_position).outcome)
    assert not len(respondent.answer(by_keyword).outcome)
    assert sessions.opened[0].functions == ["merge", "merge"]


def test_respondent_is_asked_once_a_case():
    sessions = Sessions(merge)
    respondent = respondent_of(sessions, CASES)
    assert respondent.answer(CASES[0]) is respondent.answer(CASES[0])
    assert len(sessions.opened[0].asked) == 1


def test_respondent_loads_in_the_session_that_answers():
    sessions = Sessions(merge)
    respondent = respondent_of(sessions, CASES)
    assert respondent.load() is None
    respondent.answer(CASES[0])
    assert len(sessions.opened) == 1


def test_respondent_tells_why_the_file_cannot_be_loaded():
    respondent = respondent_of(Sessions(merge, load_failures=[SYNTAX]), CASES)
    assert respondent.load() is SYNTAX
    assert respondent.answer(CASES[0]).outcome is SYNTAX


def test_respondent_tells_what_is_wrong_with_an_answer_that_cannot_be_read():
    outcome = respondent_of(Sessions(lambda rows: rows[:, :18]), CASES).answer(CASES[0]).outcome
    assert outcome.verdict is Verdict.WRONG
    assert "got shape (4, 18)" in str(outcome.explanation)


def test_respondent_goes_on_in_the_same_session_after_a_crash():
    sessions = Sessions(lambda rows: CRASHED if first_id(rows) == 10 else merge(rows))
    respondent = respondent_of(sessions, CASES)
    assert respondent.answer(CASES[0]).outcome is CRASHED
    assert not isinstance(respondent.answer(CASES[1]).outcome, Failure)
    assert len(sessions.opened) == 1


def test_respondent_gets_a_fresh_session_after_a_stop():
    sessions = Sessions(stop_at(10))
    respondent = respondent_of(sessions, CASES)
    assert respondent.answer(CASES[0]).outcome is STOPPED
    assert np.array_equal(respondent.answer(CASES[1]).outcome, CASES[1].expected)
    assert [session.is_closed for session in sessions.opened] == [True, False]
    assert sessions.seeds == [1, 1]


def test_respondent_is_not_asked_again_after_two_stops_in_a_check():
    sessions = Sessions(stop_at(*range(1000)))
    cases = [make_case("one", number) for number in (10, 20, 30, 40)]
    respondent = respondent_of(sessions, cases)
    outcomes = [respondent.answer(case).outcome for case in cases]
    assert outcomes[:MAX_STOPS] == [STOPPED] * MAX_STOPS
    assert {outcome.verdict for outcome in outcomes} == {Verdict.TIMED_OUT}
    assert str(outcomes[-1].explanation) == (
        "merge() must come to an end in each case; it had to be stopped, or ended its process, 2 times in cases like "
        "this, so this one was not tried. Fix the first of them; its message says what happened."
    )
    assert sum(len(session.asked) for session in sessions.opened) == MAX_STOPS


def test_respondent_is_asked_in_the_next_check_after_stops():
    respondent = respondent_of(Sessions(stop_at(10, 20)), CASES)
    outcomes = [respondent.answer(case).outcome for case in CASES]
    assert [isinstance(outcome, Failure) for outcome in outcomes] == [True, True, False, False]


def test_respondent_that_does_not_load_again_is_stopped_too():
    sessions = Sessions(stop_at(10), load_failures=[None, SYNTAX, STOPPED])
    third = make_case("one", 50)
    respondent = respondent_of(sessions, [*CASES[:2], third, CASES[2]])
    assert respondent.answer(CASES[0]).outcome is STOPPED
    assert respondent.answer(CASES[1]).outcome is SYNTAX
    assert "was not tried" in str(respondent.answer(third).outcome.explanation)
    assert respondent.answer(CASES[2]).outcome is SYNTAX


def test_respondent_runs_out_of_time_in_all():
    sessions = Sessions(merge, seconds=5.0)
    respondent = respondent_of(sessions, [*CASES, make_case("two", 50)], Budget(cpu_s=10.0))
    outcomes = [respondent.answer(case).outcome for case in respondent._waiting[:]]
    assert [isinstance(outcome, Failure) for outcome in outcomes] == [False, False, True, True, True]
    assert outcomes[2] is SPENT
    assert outcomes[3].verdict is Verdict.TIMED_OUT
    assert str(outcomes[3].explanation) == ("All calls may take 80 s; time ran out before this case. Look for loops.")
    assert len(sessions.opened) == 1


def test_all_passes_share_one_budget():
    budget = Budget(cpu_s=10.0)
    respondent = respondent_of(Sessions(merge, seconds=1.5), CASES, budget)

    respondent.answer(CASES[1])
    respondent.try_out(CASES[1])
    respondent.answer_again(CASES[:2])

    assert budget.cpu_left_s == 10.0 - 5 * 1.5


# Again ---------------------------------------------------------------------------------------------------------------


def test_respondent_answers_again_last_case_first_in_another_process():
    sessions = Sessions(merge)
    respondent = respondent_of(sessions, CASES)
    answers = [respondent.answer(case) for case in CASES]
    pairs = respondent.answer_again(CASES)
    assert [case for case, _, _ in pairs] == CASES
    assert [people for _, people, _ in pairs] == [answer.outcome for answer in answers]
    assert all(np.array_equal(people, again.outcome) for _, people, again in pairs)
    first, second = sessions.opened
    assert (first.seed, second.seed) == (1, 2)
    assert [first_id(rows) for rows in second.asked] == [40, 30, 20, 10]
    assert second.is_closed
    assert first.is_alive


def test_respondent_answers_again_only_what_was_answered():
    respondent = respondent_of(
        Sessions(lambda rows: {10: CRASHED, 30: rows[0]}.get(first_id(rows), merge(rows))), CASES
    )
    assert [case for case, _, _ in respondent.answer_again(CASES)] == [CASES[1], CASES[3]]


def test_respondent_answers_some_of_many_cases_again():
    numbers = range(10, 10 * (MAX_AGAIN + 4), 10)
    one, two = ([make_case(check, number) for number in numbers] for check in ("one", "two"))
    respondent = respondent_of(Sessions(lambda rows: CRASHED if first_id(rows) == 10 else merge(rows)), [*one, *two])

    chosen = [case for case, _, _ in respondent.answer_again([*one, *two])]

    # Of each check the first that were answered.
    assert chosen == [*one[1 : MAX_AGAIN + 1], *two[1 : MAX_AGAIN + 1]]


@pytest.mark.parametrize(("n_rows", "n_again"), [(MAX_SIZE_AGAIN, 2), (MAX_SIZE_AGAIN + 1, 1)], ids=["long", "longer"])
def test_respondent_answers_long_inputs_once(n_rows, n_again):
    cases = [call_of("long", np.repeat(CASES[0].rows[:1], n_rows, axis=0)), CASES[1]]
    respondent = respondent_of(Sessions(lambda rows: merge(rows[:4])), cases)

    assert len(respondent.answer_again(cases)) == n_again


def test_respondent_ends_the_second_process_when_the_grader_fails():
    class BrokenError(Exception):
        pass

    sessions = Sessions(merge)
    respondent = respondent_of(sessions, CASES)
    respondent.answer(CASES[0])

    def fail(rows):
        raise BrokenError

    sessions.merge_by = fail
    with pytest.raises(BrokenError):
        respondent.answer_again(CASES[:1])
    assert sessions.opened[1].is_closed


# Trying out ----------------------------------------------------------------------------------------------------------


def test_respondent_tries_out_in_a_process_of_its_own():
    sessions = Sessions(merge, seconds=TRIAL_CPU_S / 2)
    respondent = respondent_of(sessions, CASES)
    respondent.answer(CASES[0])
    for _ in range(2):
        assert not isinstance(respondent.try_out(CASES[1]).outcome, Failure)
    assert isinstance(respondent.try_out(CASES[1]).outcome, Failure)
    assert [len(session.asked) for session in sessions.opened] == [1, 2]
    assert not isinstance(respondent.answer(CASES[1]).outcome, Failure)
    assert respondent.told.printed == "<1: 2>"
    assert [case for case, _, _ in respondent.answer_again(CASES[:2])] == CASES[:2]


def test_respondent_stops_while_trying_out_cost_nothing_later():
    respondent = respondent_of(Sessions(stop_at(10)), CASES)
    for _ in range(5):
        assert isinstance(respondent.try_out(CASES[0]).outcome, Failure)
    assert not isinstance(respondent.answer(CASES[1]).outcome, Failure)


# What is told --------------------------------------------------------------------------------------------------------


def test_respondent_shows_what_all_first_sessions_printed():
    respondent = respondent_of(Sessions(stop_at(20)), CASES)
    assert respondent.told.printed == ""
    for case in CASES:
        respondent.answer(case)
    assert respondent.told.printed == "<1: 2><1: 2>"
    respondent.close()
    assert respondent.told.printed == "<1: 2><1: 2>"


def test_respondent_tells_seconds_of_answered_cases_alone():
    respondent = respondent_of(Sessions(stop_at(10), seconds=0.5), CASES)
    for case in CASES[:2]:
        respondent.answer(case)
    assert [respondent.seconds(case) for case in CASES[:3]] == [None, 0.5, None]


def test_respondent_tells_protections_once_a_session_was_open():
    respondent = respondent_of(Sessions(merge), CASES)
    assert respondent.told.protections == ()
    respondent.load()
    assert [protection.name for protection in respondent.told.protections] == ["walls"]


def test_respondent_ends_all_processes():
    sessions = Sessions(merge)
    respondent = respondent_of(sessions, CASES)
    respondent.answer(CASES[0])
    respondent.try_out(CASES[1])
    respondent.close()
    respondent.close()
    assert [session.is_closed for session in sessions.opened] == [True, True]


def test_respondent_takes_nobody_for_an_answer():
    assert respondent_of(Sessions(lambda _: []), CASES).answer(CASES[0]).outcome.shape == (0, ROW_LENGTH)


def test_respondent_plays_each_case_once_and_in_one_order_whoever_asks_first():
    sessions = Sessions(merge)
    respondent = respondent_of(sessions, CASES)

    for case in (CASES[2], CASES[0]):
        respondent.answer(case)
    assert [first_id(rows) for rows in sessions.opened[0].asked] == [10, 20, 30]

    respondent.answer_all()
    assert [first_id(rows) for rows in sessions.opened[0].asked] == [10, 20, 30, 40]


def test_respondent_tells_the_checks_in_which_it_was_stopped():
    respondent = respondent_of(Sessions(stop_at(30)), CASES)

    respondent.answer_all()

    assert respondent.stopped == {"two"}


def test_respondent_tells_what_ran_the_code_and_what_was_done_for_it():
    sessions = Sessions(stop_at(20))
    respondent = respondent_of(sessions, CASES)
    assert (respondent.told.interpreter, respondent.told.remarks) == ("", ())

    respondent.answer_all()
    sessions.opened[0].remarks.append("second")
    sessions.opened[1].remarks += ["first", "second"]
    respondent.close()

    assert (respondent.told.interpreter, respondent.told.remarks) == ("Python 3, NumPy 2", ("first", "second"))


def test_answer_of_more_people_than_rows_is_refused():
    respondent = respondent_of(Sessions(lambda rows: np.tile(rows, (2, 1))), CASES)

    failure = respondent.answer(CASES[0]).outcome

    assert failure.verdict is Verdict.WRONG
    assert str(failure.explanation) == (
        "There cannot be more people than rows, here 4; got 8 people. Return one row per person, and remove a row once "
        "it has been merged into another."
    )


def test_case_that_is_not_tried_has_the_verdict_of_the_one_that_stopped():
    cases = [*CASES[:2], replace(CASES[0], name="extra")]
    respondent = respondent_of(Sessions(stop_at(10, 20)), cases)

    failures = [respondent.answer(case).outcome for case in cases]

    assert [failure.verdict for failure in failures] == [Verdict.TIMED_OUT] * 3
    assert "so this one was not tried" in str(failures[2].explanation)
