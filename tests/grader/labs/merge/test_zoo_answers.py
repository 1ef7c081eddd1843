"""The zoo of submissions answers: right ones are right on everything, wrong ones are wrong where they say.

All code of the zoo is the project's own, so that it may run in this process. What is right is told by plain loops
beside this file and not by the grader, which the zoo is there to test.
"""

import ast
import importlib.util
import itertools
import sys
import tomllib
import warnings
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings

from estimation.config import N_PARTS_COLUMN, ROW_LENGTH, SCORE_COLUMN
from estimation.merge import merge as reference
from grader.labs.merge.lab import LAB
from tests.grader.labs.merge import zoo_inputs as rows_of
from tests.grader.labs.merge.zoo_rules import (
    are_same,
    find_all_broken,
    find_broken_rules,
    find_groups,
    find_too_small,
    find_wrong_counts,
    find_wrong_scores,
    has_merged,
    have_same_groups,
    kept_share,
    keypoints_of,
)

ZOO = Path(__file__).resolve().parents[3] / "submissions"
RIGHT = sorted(folder.name for folder in ZOO.glob("pass_*"))
WRONG = sorted(folder.name for folder in ZOO.glob("wrong_*"))
RUBRIC = tomllib.loads((LAB.folder / "rubric.toml").read_text(encoding="utf-8"))
KEPT_SHARE = 0.75


# Who answers


def load(name):
    """Run a submission's file anew, beside estimation/config.py as on a student's machine; return its merge."""
    module_name = f"estimation._zoo_{name}"
    spec = importlib.util.spec_from_file_location(module_name, ZOO / name / "merge.py")
    sys.modules[module_name] = module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.merge


def ask(merge, rows, *positional, **keywords):
    """Call a merge with rows of its own; None when nothing comes that could be people."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            people = np.asarray(merge(rows.copy(), *positional, **keywords), dtype=float)
    except Exception:  # noqa: BLE001 - a wrong submission may raise whatever it likes
        return None
    if people.size == 0:
        return np.empty((0, ROW_LENGTH))
    is_people = people.ndim == 2 and people.shape[1] == ROW_LENGTH and np.isfinite(people).all()
    return people if is_people else None


def expectation(name):
    return tomllib.loads((ZOO / name / "expect.toml").read_text(encoding="utf-8"))


# How an answer is judged


def expected_groups(rows, min_num_body_parts=4, min_score=0.4):
    """Give the only right people of rows without conflicts, each with the score."""
    return {
        keypoints: score
        for keypoints, score in find_groups(rows)
        if len(keypoints) >= min_num_body_parts and score / len(keypoints) >= min_score
    }


def is_grouped(merge, rows, *bounds, ask=ask):
    """Tell whether a merge finds the only right people in rows without conflicts."""
    people, expected = ask(merge, rows), expected_groups(rows, *bounds)
    return (
        people is not None and len(people) == len(expected) and {keypoints_of(row) for row in people} == expected.keys()
    )


def is_exact(merge, rows, *bounds):
    """Tell whether a merge gives the only right answer to rows without conflicts, columns included."""
    people, expected = ask(merge, rows, *bounds), expected_groups(rows, *bounds)
    return (
        is_grouped(merge, rows, *bounds, ask=lambda *_: people)
        and all(row[N_PARTS_COLUMN] == len(keypoints_of(row)) for row in people)
        and all(row[SCORE_COLUMN] == pytest.approx(expected[keypoints_of(row)], rel=1e-6) for row in people)
    )


def counts_parts(merge, rows):
    people = ask(merge, rows)
    return people is not None and has_merged(people, rows) and find_wrong_counts(people) == []


def adds_scores(merge, rows):
    people = ask(merge, rows)
    return people is not None and has_merged(people, rows) and find_wrong_scores(people, rows) == []


def leaves_nobody_small(merge, rows):
    people = ask(merge, rows)
    return people is not None and has_merged(people, rows) and find_too_small(people, min_score=-np.inf) == []


def is_lawful(merge, rows, **keywords):
    people = ask(merge, rows, **keywords)
    return not find_broken_rules(people, rows) and (len(people) > 0 or not len(reference(rows)))


def is_sparing(merge, rows):
    people = ask(merge, rows)
    return people is not None and kept_share(people, rows) >= KEPT_SHARE


def ignores_order(merge, rows):
    one, other = ask(merge, rows), ask(merge, rows[::-1])
    return one is not None and other is not None and have_same_groups(one, other)


def ignores_numbers(merge, rows):
    one, other = ask(merge, rows), ask(merge, rows_of.renumbered(rows))
    return one is not None and other is not None and have_same_groups(rows_of.renumbered(one), other)


def repeats_itself(name):
    """Play many inputs in two loads of the file, in opposite orders."""
    inputs = [rows_of.HANDOUT, rows_of.SMALL, *rows_of.CONFLICTS, rows_of.LATE, *map(rows_of.random_people, range(5))]
    inputs += map(rows_of.random_conflicts, range(5))
    first, second = load(name), load(name)
    ahead = [ask(first, rows) for rows in inputs]
    back = [ask(second, rows) for rows in reversed(inputs)][::-1]
    return all(are_same(one, other) for one, other in zip(ahead, back, strict=True) if one is not None)


# Inputs of the kind that each check of the rubric has


def calls(rule, *inputs):
    return [partial(rule, rows=rows) for rows in inputs]


def with_bounds(rows, *positional, **keywords):
    """Call with bounds, which are told by position and by name as the student's merge should understand them."""
    names = ("min_num_body_parts", "min_score")
    bounds = dict(zip(names, positional, strict=False)) | keywords
    return lambda merge: is_grouped(
        merge,
        rows,
        bounds.get("min_num_body_parts", 4),
        bounds.get("min_score", 0.4),
        ask=lambda merge, rows: ask(merge, rows, *positional, **keywords),
    )


PEOPLE = [rows_of.person(first_id) for first_id in (100, 200, 300)]
CROWD = rows_of.shuffled(*(rows_of.person(100 + 20 * k) for k in range(100)))
RANDOM = [rows_of.random_people(seed) for seed in range(20)]
ANYBODY = [rows_of.HANDOUT, rows_of.by_limb(*PEOPLE), *RANDOM[:5], rows_of.SHARED_WRIST, rows_of.CROSSED]
CALLS = {
    "handout": calls(is_exact, rows_of.HANDOUT),
    "one_person": calls(
        is_grouped,
        *(rows_of.person(pairs=pairs) for pairs in (rows_of.PAIRS, rows_of.FACE, rows_of.ARM)),
        rows_of.weak(rows_of.person(pairs=rows_of.FACE)),
    ),
    "many_people": calls(
        is_grouped,
        rows_of.by_limb(*PEOPLE),
        rows_of.numbered_on(rows_of.by_limb(*PEOPLE)),
        rows_of.shuffled(rows_of.person(400, rows_of.ARM), *PEOPLE),
        np.vstack([rows_of.weak(rows_of.person(100, rows_of.FACE)), rows_of.person(200, rows_of.FACE)]),
    ),
    "no_neck": calls(is_grouped, np.vstack([rows_of.person(100, rows_of.NECKLESS), rows_of.person(200)])),
    "cycles": calls(is_grouped, rows_of.person(pairs=rows_of.CYCLE), rows_of.by_limb(*PEOPLE)),
    "row_order": calls(is_grouped, *map(np.array, itertools.permutations(rows_of.person(pairs=rows_of.LEG)))),
    "id_zero": calls(is_grouped, rows_of.person(0), rows_of.person(0, rows_of.CYCLE), rows_of.chain(4, 8, 0)),
    "gaps": calls(is_grouped, rows_of.FAR_NUMBERS, rows_of.person(10**6)),
    "nobody": calls(is_grouped, np.empty((0, ROW_LENGTH)), rows_of.SMALL),
    "counts": calls(counts_parts, *ANYBODY),
    "scores": calls(adds_scores, *ANYBODY),
    "min_num_body_parts": [
        with_bounds(rows_of.AT_PARTS, min_num_body_parts=4),
        with_bounds(np.vstack([rows_of.SMALL, rows_of.chain(4, 4)]), min_num_body_parts=4),
        *calls(leaves_nobody_small, rows_of.SHARED_WRIST, rows_of.STRAY_NOSE),
    ],
    "min_score": [with_bounds(rows, min_score=0.4) for rows in (rows_of.AT_SCORES, rows_of.chain(5, 2))],
    "parameters": [
        with_bounds(rows_of.AT_PARTS, min_num_body_parts=5),
        with_bounds(rows_of.AT_PARTS, 3),
        with_bounds(rows_of.AT_SCORES, min_score=0.4375),
        with_bounds(rows_of.AT_SCORES, min_score=0.25),
        with_bounds(rows_of.AT_SCORES, min_score=0),
        with_bounds(rows_of.AT_SCORES, 5, 0.75),
        with_bounds(rows_of.chain(2, 8), 2),
        with_bounds(rows_of.AT_PARTS, 0, 0),
    ],
    "defaults": calls(is_grouped, rows_of.AT_PARTS, rows_of.AT_SCORES),
    "conflict_rules": [
        *calls(is_lawful, *rows_of.CONFLICTS),
        *calls(partial(is_lawful, min_num_body_parts=2), *rows_of.CONFLICTS),
    ],
    "conflict_late": calls(is_lawful, *rows_of.LATE_CONFLICTS),
    "conflict_losses": calls(is_sparing, *rows_of.CONFLICTS),
    "crowds": calls(is_grouped, CROWD),
    "any_people": calls(is_grouped, *RANDOM),
    "reordering": calls(ignores_order, *RANDOM),
    "renumbering": calls(ignores_numbers, *RANDOM),
    "any_conflict": calls(is_lawful, *map(rows_of.random_conflicts, range(10))),
}


def is_right(name, check):
    """Play all calls of a check with a merge that is loaded anew, until one is answered wrongly."""
    if check == "same_answer":
        return repeats_itself(name)
    merge = load(name)
    return all(call(merge) for call in CALLS[check])


def find_lost(name, checks):
    return {check for check in checks if not is_right(name, check)}


# The tests


def test_zoo_is_large_enough():
    assert len(RIGHT) >= 16
    assert len(WRONG) >= 36


@pytest.mark.parametrize("name", RIGHT + WRONG)
def test_submission_is_python_of_the_course(name):
    ast.parse((ZOO / name / "merge.py").read_text(encoding="utf-8"), feature_version=(3, 8))


@pytest.mark.parametrize("name", RIGHT)
def test_right_submission_expects_all_points(name):
    assert expectation(name).keys() == {"says", "points"}
    assert expectation(name)["points"] == RUBRIC["code"]["points"]


@pytest.mark.parametrize("name", RIGHT)
def test_right_submission_answers_every_check(name):
    assert find_lost(name, [*CALLS, "same_answer"]) == set()


@pytest.mark.parametrize("name", RIGHT)
def test_right_submission_leaves_nothing_wrong_in_a_conflict(name):
    merge = load(name)
    for rows in [*rows_of.CONFLICTS, *rows_of.LATE_CONFLICTS]:
        assert find_all_broken(ask(merge, rows), rows) == []


@pytest.mark.slow
@pytest.mark.parametrize("name", RIGHT)
def test_right_submission_finds_the_connected_components(name):
    merge = load(name)

    @settings(max_examples=30)
    @given(rows=rows_of.people_rows())
    def check(rows):
        assert is_exact(merge, rows)
        assert is_exact(merge, rows, 2, 0)

    check()


@pytest.mark.slow
@pytest.mark.parametrize("name", RIGHT)
def test_right_submission_keeps_the_rules_of_conflicts(name):
    merge = load(name)

    @settings(max_examples=30)
    @given(rows=rows_of.entangled_rows())
    def check(rows):
        assert find_all_broken(ask(merge, rows, 2, 0), rows, 2, 0) == []

    check()


@pytest.mark.slow
@pytest.mark.parametrize("name", RIGHT)
def test_right_submission_keeps_most_keypoints(name):
    merge = load(name)
    shares = [kept_share(ask(merge, rows), rows) for rows in map(rows_of.random_conflicts, range(40))]
    assert min(shares) >= KEPT_SHARE
    assert np.mean(shares) >= 0.95


@pytest.mark.slow
@pytest.mark.parametrize("name", RIGHT)
def test_right_submission_merges_real_rows(name, shared_data):
    merge = load(name)
    subsets = [np.load(path) for path in sorted((shared_data / "subsets").glob("*.npy"))]
    answers = [ask(merge, rows) for rows in subsets]
    assert [find_all_broken(people, rows) for people, rows in zip(answers, subsets, strict=True)] == [[]] * len(subsets)
    assert np.mean([kept_share(people, rows) for people, rows in zip(answers, subsets, strict=True)]) >= 0.95


@pytest.mark.parametrize("name", WRONG)
def test_wrong_submission_names_what_it_loses(name):
    expected = expectation(name)
    assert expected.keys() <= {"says", "at_least", "at_most", "why", "lost", "only", "verdict", "message", "slow"}
    assert expected["at_most"] < RUBRIC["code"]["points"]
    assert expected["lost"]
    assert set(expected["lost"]) <= {check["key"] for check in RUBRIC["check"]}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_submission_is_wrong_where_it_says(name):
    expected = expectation(name)
    # One that is right but slow is not waited for: how long is too long, the grader's limits say.
    lost = set(expected["lost"]) - ({"crowds"} if expected.get("slow") else set())
    assert find_lost(name, lost) == lost


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in WRONG if expectation(name).get("only")])
def test_wrong_submission_is_right_elsewhere(name):
    others = [check for check in [*CALLS, "same_answer"] if check not in expectation(name)["lost"]]
    assert find_lost(name, others) == set()
