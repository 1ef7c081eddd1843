"""Judging: every case counts, twins and second times are compared, and what is shown never changes a mark."""

from dataclasses import replace
from fractions import Fraction
from functools import partial

import numpy as np
import pytest

from estimation.config import ROW_LENGTH
from estimation.merge import merge
from grader.harness.check import Check
from grader.harness.respondent import Respondent
from grader.harness.results import CheckResult, Verdict, Visibility
from grader.harness.rubric import RubricLine
from grader.harness.sandbox.policy import Budget
from grader.labs.merge.columns import other_than, same_people
from grader.labs.merge.compare import agree
from grader.labs.merge.lab import LAB
from grader.labs.merge.merge_case import MergeCase
from tests.grader.harness.sessions import CRASHED, STOPPED, Sessions
from tests.strategies import rows_of

LINE = RubricLine("one", "Part", "Title", "Says.", Fraction(4))
WORDS = {"required": "They must be alike", "advice": "Look again."}
ALIKE = partial(agree, **WORDS)
SAME = partial(other_than, **WORDS)


def make_case(number, check="one", **fields):
    rows = rows_of(*(({slot: number + slot, slot + 1: number + slot + 1}, 1) for slot in range(4)))
    return case_of(f"case {number}", rows, check=check, **fields)


def case_of(name, rows, *, check="one", **fields):
    fields = {"says": "Says.", "visibility": Visibility.HIDDEN, "expected": merge(rows), **fields}
    return MergeCase(check=check, name=name, arguments=(rows,), **fields)


def first_id(rows):
    return int(rows[:, 0].max())


def wrong_at(*ids, answer=None):
    """Make a merge that is wrong on the inputs whose first id is given: nobody, unless another answer is named."""
    return lambda rows: ([] if answer is None else answer) if first_id(rows) in ids else merge(rows)


def check_of(merge_by, cases, shrink=None):
    return Check(LINE, cases, respondent_of(Sessions(merge_by), cases), LAB.evidence, shrink)


def respondent_of(sessions, cases):
    return Respondent(sessions, LAB.read_answer, Budget(), cases)


def points_of(check):
    """Give the points of a check all of whose cases are hidden."""
    return CheckResult("one", "Part", "Title", Fraction(4), tuple(check.results)).points


def verdicts(check):
    return [result.verdict for result in check.results]


CASES = [make_case(10), make_case(20), make_case(30)]


# Each case -----------------------------------------------------------------------------------------------------------


def test_judge_each_gives_all_points_for_right_answers():
    check = check_of(merge, CASES)
    check.judge_each(same_people)
    assert points_of(check) == 4
    assert [case.evidence for case in check.results] == [None, None, None]


def test_judge_each_goes_on_after_a_wrong_answer():
    check = check_of(wrong_at(10), CASES)
    check.judge_each(same_people)
    assert verdicts(check) == [Verdict.WRONG, Verdict.PASSED, Verdict.PASSED]
    assert points_of(check) == Fraction(8, 3)


def test_judge_each_keeps_what_a_reader_needs():
    case = make_case(10, keywords={"min_score": 0.5})
    check = check_of(lambda rows, **_: changed(merge(rows)), [case])
    check.judge_each(same_people)
    (result,) = check.results
    assert (result.name, result.says, result.visibility) == ("case 10", "Says.", Visibility.HIDDEN)
    assert "must be 4, the sum of the scores of its rows; got 5" in str(result.explanation)
    assert result.evidence.call == "merge(subset, min_score=0.5)"
    assert np.array_equal(result.evidence.rows, case.rows)
    assert np.array_equal(result.evidence.expected, case.expected)
    assert result.evidence.answer[0, 18] == 5
    assert result.evidence.is_only_answer
    assert not result.evidence.is_shrunk


def changed(people):
    people[:, 18] += 1
    return people


def test_judge_each_tells_a_failure_with_its_traceback():
    check = check_of(lambda _: CRASHED, CASES[:1])
    check.judge_each(same_people)
    (result,) = check.results
    assert (result.verdict, result.explanation, result.traceback) == (
        Verdict.CRASHED,
        CRASHED.explanation,
        "Traceback",
    )
    assert result.evidence.answer is None


# Twins ---------------------------------------------------------------------------------------------------------------

SHUFFLED = replace(CASES[0], name="shuffled", arguments=(CASES[0].rows[::-1],), twin_of="case 10")
NEW_OF = {10 + slot: 80 - slot for slot in range(5)}


def renumbered_twin():
    rows = rows_of(*(({slot: 80 - slot, slot + 1: 79 - slot}, 1) for slot in range(4)))
    return case_of("renumbered", rows, twin_of="case 10", renumbered=NEW_OF)


@pytest.mark.parametrize("twin", [SHUFFLED, renumbered_twin()], ids=["other order", "other ids"])
def test_judge_twins_compares_the_submission_with_itself(twin):
    for merge_by in (merge, lambda rows: changed(merge(rows))):
        check = check_of(merge_by, [CASES[0], twin, CASES[1]])
        check.judge_twins(ALIKE)
        assert verdicts(check) == [Verdict.PASSED]
        assert check.results[0].name == twin.name


def test_judge_twins_tells_a_difference():
    check = check_of(lambda rows: merge(rows if rows[0, 0] == 10 else rows[1:]), [CASES[0], SHUFFLED])
    check.judge_twins(ALIKE)
    assert verdicts(check) == [Verdict.WRONG]
    assert str(check.results[0].explanation) == (
        "They must be alike; the second time there was no person with nose 10, neck 11, right_shoulder 12, "
        "right_elbow 13, right_wrist 14. Look again."
    )
    assert np.array_equal(check.results[0].evidence.rows, SHUFFLED.rows)


def test_judge_twins_tells_ids_that_were_not_renumbered():
    known = merge(CASES[0].rows)
    check = check_of(lambda _: known, [CASES[0], renumbered_twin()])
    check.judge_twins(ALIKE)
    assert "the second time there was no person with nose 80, neck 79" in str(check.results[0].explanation)


def test_judge_twins_does_not_pass_nobody_two_times():
    check = check_of(lambda _: [], [CASES[0], SHUFFLED])
    check.judge_twins(ALIKE)
    assert str(check.results[0].explanation).startswith("If the rows hold people, the answer must hold people")


def test_judge_twins_passes_nobody_where_nobody_is():
    nobody = rows_of(({0: 1, 1: 2}, 1))
    base = case_of("case 10", nobody)
    check = check_of(merge, [base, replace(base, name="twin", twin_of="case 10")])
    check.judge_twins(ALIKE)
    assert verdicts(check) == [Verdict.PASSED]


@pytest.mark.parametrize("failing", [CASES[0], SHUFFLED], ids=["the first", "the second"])
def test_judge_twins_tells_which_of_the_two_failed(failing):
    check = check_of(lambda rows: CRASHED if np.array_equal(rows, failing.rows) else merge(rows), [CASES[0], SHUFFLED])
    check.judge_twins(ALIKE)
    (result,) = check.results
    assert (result.name, result.verdict) == (failing.name, Verdict.CRASHED)


# Again ---------------------------------------------------------------------------------------------------------------


def check_again(*merges_by):
    """Answer five cases of three checks, then judge them again; each session has the next merge."""
    cases = [make_case(10), make_case(20), make_case(30, "two"), make_case(40, "two"), make_case(50, "three")]
    sessions = Sessions(merge)
    respondent = respondent_of(lambda *how: replace_merge(sessions(*how), merges_by[len(sessions.opened) - 1]), cases)
    check = Check(LINE, cases, respondent, LAB.evidence)
    check.judge_again(SAME)
    return check


def replace_merge(session, merge_by):
    session.merge_by = merge_by
    return session


def test_judge_again_has_one_result_for_each_check():
    check = check_again(merge, merge)
    assert [(result.name, result.says, result.verdict) for result in check.results] == [
        ("one", "The cases of 'one'.", Verdict.PASSED),
        ("two", "The cases of 'two'.", Verdict.PASSED),
        ("three", "The cases of 'three'.", Verdict.PASSED),
    ]
    assert points_of(check) == 4


def test_judge_again_tells_the_first_difference_of_a_check():
    check = check_again(merge, wrong_at(30, 40))
    assert verdicts(check) == [Verdict.PASSED, Verdict.WRONG, Verdict.PASSED]
    assert check.results[1].name == "case 30"
    assert str(check.results[1].explanation) == (
        "They must be alike; the second time there was no person with nose 30, neck 31, right_shoulder 32, "
        "right_elbow 33, right_wrist 34. Look again."
    )
    assert points_of(check) == Fraction(8, 3)


def test_judge_again_tells_scores_that_changed():
    check = check_again(merge, lambda rows: changed(merge(rows)))
    assert verdicts(check) == [Verdict.WRONG] * 3
    assert "had score 4 and 5 parts first, and score 5 and 5 parts then" in str(check.results[0].explanation)


@pytest.mark.parametrize("visibility", Visibility)
def test_judge_again_gives_what_passed_the_visibility_of_its_cases(visibility):
    cases = [replace(case, visibility=visibility) for case in CASES]
    check = check_of(merge, cases)
    check.judge_again(SAME)
    assert [result.visibility for result in check.results] == [visibility]


def test_judge_again_tells_a_failure_of_the_second_time():
    check = check_again(merge, lambda rows: CRASHED if first_id(rows) == 20 else merge(rows))
    assert verdicts(check) == [Verdict.CRASHED, Verdict.PASSED, Verdict.PASSED]


def test_judge_again_does_not_ask_what_failed_the_first_time():
    check = check_again(lambda rows: CRASHED if first_id(rows) in {20, 30, 40} else merge(rows), merge)
    assert [result.name for result in check.results] == ["one", "three"]


def test_judge_again_gives_nothing_when_nothing_was_answered():
    assert check_again(lambda _: CRASHED, merge).results == []


# The smallest input --------------------------------------------------------------------------------------------------

SMALL = replace(make_case(70), name="shrunk")
SMALL_TWIN = replace(SMALL, arguments=(SMALL.rows[::-1],), twin_of="shrunk")


def shrink_to(*cases):
    """Make a search that tries its cases and finds them if they are wrong."""
    return lambda key, judge: cases if key == "one" and cases and judge(cases) is Verdict.WRONG else ()


def test_show_smallest_shows_the_smallest_in_place_of_the_first():
    check = check_of(wrong_at(20, 30, 70), CASES, shrink_to(SMALL))
    check.judge_each(same_people)
    check.show_smallest(same_people)
    assert [result.name for result in check.results] == ["case 10", "shrunk", "case 30"]
    assert verdicts(check) == [Verdict.PASSED, Verdict.WRONG, Verdict.WRONG]
    assert check.results[1].evidence.is_shrunk
    assert np.array_equal(check.results[1].evidence.rows, SMALL.rows)
    assert "nose 70" in str(check.results[1].explanation)
    assert points_of(check) == Fraction(4, 3)


def test_show_smallest_twins_shows_the_smallest_pair():
    check = check_of(
        lambda rows: merge(rows if rows[0, 0] in {10, 70} else rows[1:]),
        [CASES[0], SHUFFLED],
        shrink_to(SMALL, SMALL_TWIN),
    )
    check.judge_twins(ALIKE)
    check.show_smallest_twins(ALIKE)
    assert [result.name for result in check.results] == ["shrunk"]
    assert np.array_equal(check.results[0].evidence.rows, SMALL_TWIN.rows)
    assert "They must be alike" in str(check.results[0].explanation)


@pytest.mark.parametrize(
    ("merge_by", "shrink"),
    [
        pytest.param(wrong_at(20), shrink_to(SMALL), id="the small one is right"),
        pytest.param(wrong_at(20, 70), shrink_to(), id="none found"),
        pytest.param(wrong_at(20, 70), None, id="not asked for"),
        pytest.param(wrong_at(20), lambda *_: [SMALL], id="right when asked again"),
        pytest.param(
            lambda rows: STOPPED if first_id(rows) == 70 else wrong_at(20)(rows), shrink_to(SMALL), id="stopped"
        ),
    ],
)
def test_show_smallest_leaves_the_recorded_case(merge_by, shrink):
    check = check_of(merge_by, CASES, shrink)
    check.judge_each(same_people)
    check.show_smallest(same_people)
    assert [result.name for result in check.results] == ["case 10", "case 20", "case 30"]
    assert points_of(check) == Fraction(8, 3)


def refuse(key, judge):
    raise AssertionError("nothing is to be shrunk")


@pytest.mark.parametrize(
    "merge_by",
    [pytest.param(merge, id="all right"), pytest.param(lambda _: CRASHED, id="crashed, which needs no smaller input")],
)
def test_show_smallest_searches_only_after_a_wrong_answer(merge_by):
    check = check_of(merge_by, CASES, refuse)
    check.judge_each(same_people)
    check.show_smallest(same_people)
    assert len(check.results) == 3


# Pictures ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("merge_by", "verdict"), [(merge, Verdict.PASSED), (lambda _: [], Verdict.WRONG)], ids=["right", "wrong"]
)
def test_judge_each_keeps_what_is_drawn_of_an_answer(merge_by, verdict):
    case = make_case(10)
    check = check_of(merge_by, [case])
    check.judge_each(same_people, overlay=lambda *drawn: drawn)
    (result,) = check.results
    assert result.verdict is verdict
    drawn_case, drawn_people = result.overlay
    assert drawn_case is case
    assert np.array_equal(drawn_people, np.reshape(merge_by(case.rows), (-1, ROW_LENGTH)))


def test_judge_each_draws_nothing_without_an_answer():
    check = check_of(lambda _: CRASHED, [make_case(10)])
    check.judge_each(same_people, overlay=lambda *_: "drawn")
    assert check.results[0].verdict is Verdict.CRASHED
    assert check.results[0].overlay is None


def test_show_smallest_searches_for_wrong_answers_in_a_process_of_its_own():
    asked = []

    def search(key, judge):
        asked.extend(judge([case]) for case in (SMALL, make_case(80), make_case(90)))
        return ()

    sessions = Sessions(lambda rows: CRASHED if first_id(rows) == 80 else wrong_at(10, 70)(rows))
    check = Check(LINE, CASES, respondent_of(sessions, CASES), LAB.evidence, search)
    check.judge_each(same_people)
    check.show_smallest(same_people)
    assert asked == [Verdict.WRONG, Verdict.CRASHED, Verdict.PASSED]
    assert [len(session.asked) for session in sessions.opened] == [3, 3]


def test_judge_each_tells_whether_another_answer_would_do():
    check = check_of(lambda _: [], [make_case(10, is_only_answer=False)])
    check.judge_each(same_people)
    assert not check.results[0].evidence.is_only_answer
