"""The checks, played in this process: what is right earns everything, each mistake costs where it is made."""

import numpy as np
import pytest

from estimation.config import N_PARTS, N_PARTS_COLUMN, SCORE_COLUMN
from grader.harness import assessment
from grader.harness.assessment import Options, grade_submission
from grader.harness.check import Check
from grader.harness.errors import RubricError
from grader.harness.lab_files import LOADING, load_lab_files
from grader.harness.respondent import Respondent
from grader.harness.results import Verdict
from grader.harness.sandbox.policy import Budget
from grader.harness.submission import open_submission_bytes
from grader.labs.merge.lab import LAB
from grader.labs.merge.reference import answer, has_conflicts
from tests.grader.harness.sessions import CRASHED, STOPPED, FakeSession

FILES = load_lab_files(LAB)
KEYS = [line.key for line in FILES.rubric.checks]
SUBMISSION = open_submission_bytes(LAB, "merge.py", b"def merge(): pass\n")


@pytest.fixture
def judge(monkeypatch):
    """Give a function that plays all checks with a merge; it may ask for the seed of its process."""

    def run(merge, *, needs_seed=False):
        def open_session(*_, seed, **__):
            return FakeSession(merge(seed) if needs_seed else merge, seed)

        monkeypatch.setattr(assessment, "open_session", open_session)
        return grade_submission(LAB, SUBMISSION, Options(is_shrinking=False))

    return run


def lost(report):
    return {check.key for check in report.checks if check.points < check.max_points}


def is_absent_when_zero(rows, *positional, **keywords):
    return answer(np.where(rows == 0, -1, rows), *positional, **keywords)


def parameters_ignored(rows, *_, **__):
    return answer(rows)


def by_position_only(rows, *positional, **_):
    return answer(rows, *positional)


def default_of_five(rows, min_num_body_parts=5, min_score=0.4):
    return answer(rows, min_num_body_parts, min_score)


def default_score_of_a_third(rows, min_num_body_parts=4, min_score=1 / 3):
    return answer(rows, min_num_body_parts, min_score)


def bounds_exclusive(rows, min_num_body_parts=4, min_score=0.4):
    return answer(rows, min_num_body_parts + 1, min_score)


def score_exclusive(rows, min_num_body_parts=4, min_score=0.4):
    people = answer(rows, min_num_body_parts, min_score)
    return people[people[:, SCORE_COLUMN] / people[:, N_PARTS_COLUMN] > min_score + 1e-6]


def crashes_without_rows(rows, *positional, **keywords):
    return answer(rows, *positional, **keywords) if len(rows) else CRASHED


def crashes_in_crowds(rows, *positional, **keywords):
    return answer(rows, *positional, **keywords) if len(rows) < 1000 else CRASHED


def nobody_in_conflict(rows, *positional, **keywords):
    return [] if has_conflicts(rows) else answer(rows, *positional, **keywords)


def ids_in_one_byte(rows, *positional, **keywords):
    people = answer(rows, *positional, **keywords)
    people[:, :N_PARTS] = np.where(people[:, :N_PARTS] > 255, people[:, :N_PARTS] % 256, people[:, :N_PARTS])
    return people


def depends_on_order(rows, *positional, **keywords):
    people = answer(rows, *positional, **keywords)
    return people[1:] if len(rows) and rows[0, 0] != -1 else people


def depends_on_numbers(rows, *positional, **keywords):
    people = answer(rows, *positional, **keywords)
    return people[people[:, :N_PARTS].sum(axis=1) % 3 != 0]


MISTAKES = {
    is_absent_when_zero: {"handout", "id_zero"},
    parameters_ignored: {"parameters"},
    by_position_only: {"parameters"},
    default_of_five: {"defaults"},
    default_score_of_a_third: {"defaults"},
    bounds_exclusive: {"min_num_body_parts", "parameters", "defaults"},
    score_exclusive: {"min_score"},
    crashes_without_rows: {"nobody"},
    crashes_in_crowds: {"crowds"},
    nobody_in_conflict: {
        *("conflict_rules", "conflict_late", "conflict_losses", "any_conflict", "pictures"),
        *("counts", "scores", "min_num_body_parts"),
    },
    ids_in_one_byte: {"gaps", "crowds", "pictures"},
    depends_on_order: {"handout", "one_person", "no_neck", "any_people", "reordering"},
}


@pytest.mark.parametrize(("merge", "checks"), MISTAKES.items(), ids=lambda value: getattr(value, "__name__", ""))
def test_mistake_costs_where_it_is_made_and_only_there(judge, merge, checks):
    assert lost(judge(merge)) == checks


def test_answer_that_depends_on_numbers_is_found_by_renumbering(judge):
    assert "renumbering" in lost(judge(depends_on_numbers))


def test_right_answers_earn_everything(judge):
    report = judge(answer)

    assert report.points == report.max_points == 60
    assert {check.verdict for check in report.checks} == {Verdict.PASSED}
    assert [check.key for check in report.checks] == KEYS


def test_answer_that_differs_between_processes_costs_one_check(judge):
    def merge(seed):
        return answer if seed == 1 else lambda rows, *positional, **keywords: answer(rows, *positional, **keywords)[1:]

    report = judge(merge, needs_seed=True)

    assert lost(report) == {"same_answer"}


@pytest.mark.parametrize("failure", [CRASHED, STOPPED], ids=["crashed", "stopped"])
def test_merge_that_never_answers_fails_all_checks_alike(judge, failure):
    report = judge(lambda *_, **__: failure)

    verdicts = {check.key: check.verdict for check in report.checks}
    assert verdicts.pop(LOADING) is Verdict.PASSED
    assert verdicts.pop("same_answer") is Verdict.NOT_RUN
    assert set(verdicts.values()) == {failure.verdict}
    assert report.points == 0


def test_answers_of_nobody_earn_what_asks_for_nobody(judge):
    report = judge(lambda *_, **__: [])

    # The picture of nobody, people below a bound, and an answer that does not change.
    earned = {check.key for check in report.checks if check.points}
    assert earned <= {"nobody", "min_num_body_parts", "min_score", "parameters", "defaults", "same_answer", "pictures"}
    assert "nobody" in earned


def test_each_check_has_its_test_with_a_sentence():
    assert set(FILES.tests) == set(KEYS)
    assert all(test.__doc__ and test.__doc__.endswith(".") for test in FILES.tests.values())


def test_files_stand_in_the_rubrics_order():
    assert list(FILES.tests) == KEYS


def test_poor_picture_is_told_in_numbers(judge):
    report = judge(nobody_in_conflict)

    (pictures,) = (check for check in report.checks if check.key == "pictures")
    told = pictures.failures[0].explanation
    assert told.required.startswith("The skeletons in images/")
    assert told.required.endswith("% of the right keypoints")
    assert told.got == "they find 0%"
    assert told.advice == "Compare the two drawings: who is missing, split, or joined with a neighbour?"


@pytest.mark.parametrize(
    ("merge", "key", "required"),
    [
        (depends_on_order, "reordering", "Without conflicts the same rows in another order must give the same people"),
        (depends_on_numbers, "renumbering", "Without conflicts other ids for the same keypoints must give the same "),
    ],
    ids=["reordering", "renumbering"],
)
def test_twins_that_differ_are_told(judge, merge, key, required):
    (check,) = (check for check in judge(merge).checks if check.key == key)

    told = {case.explanation.required for case in check.failures}
    assert any(text.startswith(required) for text in told), told


def test_picture_without_labels_is_refused():
    case = next(case for case in FILES.cases if case.check == "cycles")
    respondent = Respondent(lambda seed, *_: FakeSession(answer, seed), LAB.read_answer, Budget(), [case])
    check = Check(FILES.rubric["pictures"], [case], respondent, LAB.evidence)

    message = rf"^A case of pictures must have labels; '{case.name}' has none\. Make the cases again\.$"
    with pytest.raises(RubricError, match=message):
        FILES.tests["pictures"](check)


def test_pictures_are_drawn_right_or_wrong(judge):
    report = judge(nobody_in_conflict)

    (pictures,) = (check for check in report.checks if check.key == "pictures")
    cases = [case for case in FILES.cases if case.check == "pictures"]
    assert [result.overlay.picture for result in pictures.cases] == [case.labelled.picture for case in cases]
    for result, case in zip(pictures.cases, cases, strict=True):
        for keypoint, place in result.overlay.keypoints.items():
            assert place == pytest.approx(case.labelled.keypoints[keypoint], abs=0.5)
        assert np.array_equal(result.overlay.expected, case.expected)
        assert result.overlay.expected_score == case.labelled.expected_score
        assert (result.overlay.score, len(result.overlay.answer)) == (0, 0) or result.is_passed
