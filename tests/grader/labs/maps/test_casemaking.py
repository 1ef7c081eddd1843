"""The recorded cases of lab 4: made from a seed, right, and fair."""

import numpy as np
import pytest

from grader.harness.cases import without_durations
from grader.harness.errors import RubricError
from grader.harness.lab_files import load_lab_files
from grader.harness.results import Visibility
from grader.labs.maps import reference
from grader.labs.maps.casemaking import points_of_maps, write
from grader.labs.maps.casemaking.any_input import FUNCTIONS, SmallMaps
from grader.labs.maps.casemaking.maker import Maker
from grader.labs.maps.casemaking.write import FAMILIES, PUBLIC_SEED, make_cases, write_cases
from grader.labs.maps.compare import find_first_other
from grader.labs.maps.lab import CASES, LAB
from grader.labs.maps.maps_case import dump_cases

pytestmark = pytest.mark.xdist_group("numba")  # which then compiles once

FILES = load_lab_files(LAB)
# What Hypothesis draws may differ with its version; there the recorded file is what counts.
FROM_THE_SEED = [check for check in FAMILIES if check not in FUNCTIONS]
SMALL = [check for check in FROM_THE_SEED if "crowd" not in check]


def text_of(check, seed, visibility):
    return without_durations(dump_cases(make_cases(check, seed, visibility=visibility)))


@pytest.mark.parametrize("check", FROM_THE_SEED)
def test_published_cases_come_from_their_seed(check):
    text = (CASES / "public" / f"{check}.json").read_text(encoding="utf-8")

    assert text_of(check, PUBLIC_SEED, Visibility.PUBLIC) == without_durations(text)


@pytest.mark.parametrize("check", SMALL)
def test_another_seed_makes_other_cases(check):
    assert text_of(check, 1, Visibility.HIDDEN) == text_of(check, 1, Visibility.HIDDEN)
    assert text_of(check, 1, Visibility.HIDDEN) != text_of(check, 2, Visibility.HIDDEN)


@pytest.mark.parametrize("case", FILES.cases, ids=lambda case: f"{case.visibility}-{case.check}-{case.name}")
def test_recorded_answer_is_the_references(case):
    answer = reference.answer(case.function, *case.arguments)

    assert answer.shape == np.shape(case.expected)
    assert find_first_other(np.asarray(case.expected), answer, 1e-8) is None


@pytest.mark.parametrize("case", FILES.cases, ids=lambda case: f"{case.visibility}-{case.check}-{case.name}")
def test_axes_of_an_answer_cannot_be_mistaken(case):
    sides = [side for side in np.shape(case.expected) if side != 1]

    assert len(set(sides)) == len(sides)


def test_no_hidden_case_is_a_published_one():
    def key(case):
        return case.function, repr([np.asarray(value).tolist() for value in case.arguments])

    public = {key(case) for case in FILES.cases if case.visibility is Visibility.PUBLIC}
    hidden = {key(case) for case in FILES.cases if case.visibility is Visibility.HIDDEN and not _is_simplest(case)}

    both = public & hidden
    assert not both, both


def _is_simplest(case):
    """Nobody, and masks of nothing, are what they are for every seed."""
    return not any(value.any() for value in case.arguments if isinstance(value, np.ndarray)) or case.check == "iou_any"


@pytest.mark.parametrize("check", FUNCTIONS)
def test_smaller_inputs_are_cases_of_the_check(check):
    inputs = SmallMaps(check)
    drawn = _first(inputs)

    (case,) = inputs.cases("shrunk", drawn)

    assert (case.name, case.check, case.function) == ("shrunk", check, FUNCTIONS[check])
    assert inputs.key(drawn) == inputs.key(drawn)


def _first(inputs):
    """Draw one input."""
    from hypothesis import find, settings

    return find(inputs.strategy, lambda _: True, settings=settings(database=None))


def test_keys_tell_shapes_apart():
    strategy = SmallMaps("heatmaps_any")
    one = type(_first(strategy))((np.zeros((2, 1, 2)), (3, 4), 1.0))
    other = type(one)((np.zeros((1, 2, 2)), (3, 4), 1.0))

    assert one.key != other.key


def test_gradient_that_is_not_the_difference_is_refused(monkeypatch):
    right = reference.answer

    def wrong(function, *arguments):
        return right(function, *arguments) * (1.01 if function == "softargmax_gradient" else 1)

    monkeypatch.setattr(reference, "answer", wrong)
    with pytest.raises(
        RubricError, match=r"A recorded gradient must be that of a centred difference; case 'one_map_1'"
    ):
        points_of_maps.gradient_values(Maker("gradient_values", Visibility.PUBLIC, 1))


def test_files_are_written_once(tmp_path, monkeypatch):
    monkeypatch.setattr(write, "FAMILIES", {"iou_empty": FAMILIES["iou_empty"]})

    first = write_cases(tmp_path, 3, visibility=Visibility.HIDDEN)

    assert [path.relative_to(tmp_path).as_posix() for path in first] == ["hidden/iou_empty.json"]
    assert write_cases(tmp_path, 3, visibility=Visibility.HIDDEN) == []
