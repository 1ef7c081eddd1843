"""Rubric, cases and tests fit together, and each misfit is told."""

import sys
from dataclasses import replace

import pytest

from grader.harness import lab_files as material
from grader.harness.errors import RubricError
from grader.harness.lab_files import LOADING, WITHOUT_CASES, check_tests, load_material, load_tests


@pytest.fixture
def change(monkeypatch):
    """Give a function that loads the material with another rubric or other cases."""
    rubric, cases = load_material()

    def load(*, lines=None, cases=cases):
        changed = rubric if lines is None else replace(rubric, checks=lines)
        monkeypatch.setattr(material, "load_rubric", lambda: changed)
        monkeypatch.setattr(material, "load_cases", lambda: cases)
        return load_material.__wrapped__()

    return load


def test_material_of_the_project_fits():
    rubric, cases = load_material()

    check_tests(rubric)
    assert {line.key for line in rubric.checks} == {case.check for case in cases} | set(WITHOUT_CASES)
    assert rubric.checks[0].key == LOADING


def test_material_is_read_once():
    assert load_material() is load_material()


def test_case_without_check_is_refused(change):
    lines = [line for line in load_material()[0].checks if line.key != "cycles"]

    with pytest.raises(
        RubricError, match=r"^Cases must belong to a check .* 'cycles' do not\. Add it or remove them\.$"
    ):
        change(lines=lines)


def test_check_without_cases_is_refused(change):
    cases = [case for case in load_material()[1] if case.check != "gaps"]

    message = r"^Each check must have cases; 'gaps' has none\. Add grader/cases/public/gaps\.json\.$"
    with pytest.raises(RubricError, match=message):
        change(cases=cases)


def write_tests(folder, *, without=(), more=()):
    keys = [line.key for line in load_material()[0].checks if line.key not in without]
    texts = [f"def test_{key}(check):\n    check.judge_each(None)\n\n\n" for key in [*keys, *more]]
    (folder / "test_1_first.py").write_text("".join(texts[::2]))
    (folder / "test_2_second.py").write_text("".join(texts[1::2]) + "def _rule(case, people):\n    return None\n")


def test_tests_in_any_file_fit(tmp_path):
    write_tests(tmp_path)

    check_tests(load_material()[0], tmp_path)


def test_check_without_test_is_refused(tmp_path):
    write_tests(tmp_path, without=["crowds"])

    message = r"^Each check must have a test in grader/checks; 'crowds' has none\. Write test_crowds\.$"
    with pytest.raises(RubricError, match=message):
        check_tests(load_material()[0], tmp_path)


def test_test_without_check_is_refused(tmp_path):
    write_tests(tmp_path, more=["speed"])

    message = r"^Each test in grader/checks must stand in the rubric; test_speed does not\. Add 'speed'\.$"
    with pytest.raises(RubricError, match=message):
        check_tests(load_material()[0], tmp_path)


@pytest.mark.parametrize("wanted", ["tmp_path", "check, tmp_path", "*check", "*, check"])
def test_test_that_asks_for_something_else_is_refused(tmp_path, wanted):
    write_tests(tmp_path, without=["crowds"])
    (tmp_path / "test_3_third.py").write_text(f"def test_crowds({wanted}):\n    pass\n")

    with pytest.raises(RubricError) as caught:
        load_tests(tmp_path)
    assert str(caught.value) == (
        f"The test of a check must ask for `check` or for nothing; test_crowds asks for {wanted!r}. "
        "Put what else it needs into the check's cases."
    )


def test_tests_are_loaded_by_key_and_nothing_else_is(tmp_path):
    write_tests(tmp_path)
    loaded = set(sys.modules)

    tests = load_tests(tmp_path)

    assert set(tests) == {line.key for line in load_material()[0].checks}
    assert tests["cycles"].__name__ == "test_cycles"
    assert set(sys.modules) == loaded


def test_tests_are_loaded_once():
    assert load_tests() is load_tests()
