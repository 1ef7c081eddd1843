"""Rubric, cases and tests fit together, each misfit is told, and the cases are asked in one order."""

import sys
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.harness import assessment, lab_files
from grader.harness.assessment import Options, grade_submission
from grader.harness.codec import to_plain
from grader.harness.errors import RubricError
from grader.harness.lab_files import AGAIN, LOADING, WITHOUT_CASES, load_lab_files, load_tests
from grader.harness.results import Visibility
from grader.harness.submission import open_submission_bytes
from grader.labs.merge.lab import LAB
from grader.labs.merge.reference import answer
from tests.grader.harness.sessions import Sessions

FILES = load_lab_files(LAB)
CHECKS = LAB.folder / "checks"


@pytest.fixture
def change(monkeypatch):
    """Give a function that loads the lab's files with another rubric, other cases or other tests."""

    def load(*, lines=FILES.rubric.checks, cases=FILES.cases, tests=FILES.tests):
        rubric = replace(FILES.rubric, checks=lines)
        monkeypatch.setattr(lab_files, "load_rubric", lambda _: rubric)
        monkeypatch.setattr(lab_files, "load_cases", lambda *_: cases)
        monkeypatch.setattr(lab_files, "load_tests", lambda _: tests)
        return load_lab_files.__wrapped__(LAB)

    return load


def test_files_of_the_lab_fit():
    keys = {line.key for line in FILES.rubric.checks}

    assert keys == {case.check for case in FILES.cases} | set(WITHOUT_CASES) == set(FILES.tests)
    assert FILES.rubric.checks[0].key == LOADING


def test_files_are_read_once():
    assert load_lab_files(LAB) is FILES


# Rubric and cases.


def test_case_without_check_is_refused(change):
    lines = [line for line in FILES.rubric.checks if line.key != "cycles"]
    tests = {key: test for key, test in FILES.tests.items() if key != "cycles"}

    message = r"^Cases must belong to a check .*; those of 'cycles' do not\. Add it or remove them\.$"
    with pytest.raises(RubricError, match=message):
        change(lines=lines, tests=tests)


def test_check_without_cases_is_refused(change):
    cases = [case for case in FILES.cases if case.check != "gaps"]

    message = r"^Each check must have cases; 'gaps' has none\. Add cases/public/gaps\.json\.$"
    with pytest.raises(RubricError, match=message):
        change(cases=cases)


def test_lab_without_any_cases_is_refused(change):
    with pytest.raises(
        RubricError, match=r"^Each check must have cases; 'any_conflict' has none\. Add cases/public/any_c"
    ):
        change(cases=[])


def test_lab_without_the_check_of_loading_is_refused(change):
    lines = [line for line in FILES.rubric.checks if line.key != LOADING]

    message = r"^Each rubric must have the check 'loads', which all others depend on; add it\.$"
    with pytest.raises(RubricError, match=message):
        change(lines=lines)


def test_lab_may_do_without_the_check_that_asks_again(change):
    lines = [line for line in FILES.rubric.checks if line.key != AGAIN]
    tests = {key: test for key, test in FILES.tests.items() if key != AGAIN}

    assert AGAIN not in change(lines=lines, tests=tests).tests


def test_case_of_another_function_is_refused(change):
    odd = replace(FILES.cases[0], function="split")

    message = r"^A case must call a function of the lab, merge; '.*' of 'handout' calls 'split'\. Fix the case\.$"
    with pytest.raises(RubricError, match=message):
        change(cases=[odd, *FILES.cases])


def test_case_without_a_function_calls_the_labs_only_one(change):
    nameless = [replace(case, function="") for case in FILES.cases]

    assert {case.function for case in change(cases=nameless).cases} == {"merge"}


# Tests of checks.


def write_tests(folder, *, without=(), more=()):
    keys = [line.key for line in FILES.rubric.checks if line.key not in {LOADING, *without}]
    texts = [f"def test_{key}(check):\n    check.judge_each(None)\n\n\n" for key in [*keys, *more]]
    texts.insert(0, "def test_loads():\n    pass\n\n\n")
    (folder / "test_1_first.py").write_text("".join(texts[::2]))
    (folder / "test_2_second.py").write_text("".join(texts[1::2]) + "def _rule(case, people):\n    return None\n")


def test_tests_in_any_file_fit(change, tmp_path):
    write_tests(tmp_path)

    tests = load_tests(tmp_path)

    assert change(tests=tests).tests is tests


def test_check_without_test_is_refused(change, tmp_path):
    write_tests(tmp_path, without=["crowds"])

    message = r"^Each check must have a test in the lab's checks; 'crowds' has none\. Write test_crowds\.$"
    with pytest.raises(RubricError, match=message):
        change(tests=load_tests(tmp_path))


def test_test_without_check_is_refused(change, tmp_path):
    write_tests(tmp_path, more=["speed"])

    message = r"^Each test of a check must stand in the rubric; test_speed does not\. Add 'speed'\.$"
    with pytest.raises(RubricError, match=message):
        change(tests=load_tests(tmp_path))


def test_test_that_stands_twice_is_refused(tmp_path):
    write_tests(tmp_path)
    (tmp_path / "test_3_third.py").write_text("def test_crowds(check):\n    pass\n")

    message = r"^Each check must have one test; test_crowds stands in .* twice\. Rename one\.$"
    with pytest.raises(RubricError, match=message):
        load_tests(tmp_path)


@pytest.mark.parametrize("wanted", ["", "tmp_path", "check, tmp_path", "*check", "*, check"])
def test_test_that_asks_for_something_else_is_refused(tmp_path, wanted):
    write_tests(tmp_path, without=["crowds"])
    (tmp_path / "test_3_third.py").write_text(f"def test_crowds({wanted}):\n    pass\n")

    with pytest.raises(RubricError) as caught:
        load_tests(tmp_path)
    assert str(caught.value) == (
        f"The test of a check must ask for `check`, and test_loads for nothing; test_crowds asks for {wanted!r}. "
        "Put what else it needs into the check's cases."
    )


def test_tests_are_loaded_by_key_and_nothing_else_is(tmp_path):
    write_tests(tmp_path)
    loaded = set(sys.modules)

    tests = load_tests(tmp_path)

    assert set(tests) == {line.key for line in FILES.rubric.checks}
    assert tests["cycles"].__name__ == "test_cycles"
    assert set(sys.modules) == loaded


# The order of the cases.


def shuffled_rubrics():
    return st.permutations(FILES.rubric.checks).map(lambda lines: replace(FILES.rubric, checks=lines))


def test_public_cases_stand_before_hidden_ones():
    is_hidden = [case.visibility is Visibility.HIDDEN for case in FILES.cases]

    assert is_hidden == sorted(is_hidden)
    assert True in is_hidden
    assert False in is_hidden


@pytest.mark.parametrize("visibility", Visibility)
def test_cases_of_a_check_stand_together_in_the_order_of_their_file(visibility):
    cases = [case for case in FILES.cases if case.visibility is visibility]
    checks = list(dict.fromkeys(case.check for case in cases))
    recorded = [
        case for case in lab_files.load_cases(LAB.folder / "cases", LAB.read_case) if case.visibility is visibility
    ]

    assert [case.check for case in cases] == [case.check for check in checks for case in cases if case.check == check]
    for check in checks:
        assert [case.name for case in cases if case.check == check] == [
            case.name for case in recorded if case.check == check
        ]


def test_hidden_cases_stand_in_the_order_of_the_tests():
    hidden = dict.fromkeys(case.check for case in FILES.cases if case.visibility is Visibility.HIDDEN)

    assert list(hidden) == [key for key in FILES.tests if key not in WITHOUT_CASES]


def test_handouts_example_is_the_first_case_of_all():
    assert (FILES.cases[0].check, FILES.cases[0].visibility) == ("handout", Visibility.PUBLIC)


@settings(max_examples=10)
@given(rubric=shuffled_rubrics())
def test_order_of_the_cases_does_not_depend_on_the_rubrics(rubric):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lab_files, "load_rubric", lambda _: rubric)

        shuffled = load_lab_files.__wrapped__(LAB)

    assert [(case.check, case.name) for case in shuffled.cases] == [(case.check, case.name) for case in FILES.cases]


SUBMISSION = open_submission_bytes(LAB, "merge.py", b"def merge(subset):\n    return subset\n")
FEW = ("handout", "cycles", "gaps", "nobody", "reordering", AGAIN, LOADING)


def forgetful():
    """Make a merge whose answers depend on how many calls there were before."""
    n_calls = 0

    def merge(rows, *positional, **keywords):
        nonlocal n_calls
        n_calls += 1
        people = answer(rows, *positional, **keywords)
        return np.delete(people, n_calls % max(len(people), 1), axis=0) if n_calls % 3 == 0 and len(people) else people

    return merge


def grade_by(rubric):
    """Grade the forgetful merge by a rubric; return the results by key and what each process was asked."""
    opened = Sessions(None)

    def open_session(*_, seed, budget, **__):
        session = opened(seed, budget)
        session.merge_by = forgetful()
        return session

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(assessment, "open_session", open_session)
        patch.setattr(assessment, "load_lab_files", lambda _: replace(SMALL, rubric=rubric))
        report = grade_submission(LAB, SUBMISSION, Options(is_shrinking=False))
    asked = [[rows.tobytes() for rows in session.asked] for session in opened.opened]
    return {check.key: to_plain(check) for check in report.checks}, report.points, asked


SMALL = replace(
    FILES,
    rubric=replace(FILES.rubric, checks=[line for line in FILES.rubric.checks if line.key in FEW]),
    cases=[case for case in FILES.cases if case.check in FEW],
)


@pytest.fixture(scope="module")
def as_written():
    return grade_by(SMALL.rubric)


@settings(max_examples=8)
@given(lines=st.permutations(SMALL.rubric.checks))
def test_moving_blocks_of_the_rubric_changes_no_answer_and_no_mark(as_written, lines):
    assert grade_by(replace(SMALL.rubric, checks=lines)) == as_written


def test_check_that_asks_again_may_stand_first_in_the_rubric(as_written):
    lines = sorted(SMALL.rubric.checks, key=lambda line: line.key != AGAIN)

    results, points, asked = grade_by(replace(SMALL.rubric, checks=lines))

    assert lines[0].key == AGAIN
    assert (results, points, asked) == as_written
    assert 0 < points < sum(line.points for line in lines)
    assert results[AGAIN]["cases"]
