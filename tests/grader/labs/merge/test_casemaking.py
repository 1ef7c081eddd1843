"""The recorded cases: made from a seed, right, fair, and each family catches its mistake."""

import json
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from estimation.config import ABSENT, LIMBS, N_PARTS, N_PARTS_COLUMN, SCORE_COLUMN, BodyPart
from estimation.networks import Maps
from grader.harness.cases import without_durations
from grader.harness.errors import RubricError
from grader.harness.lab_files import load_lab_files
from grader.harness.results import Explanation, Visibility
from grader.labs.merge import reference
from grader.labs.merge.casemaking import picture_cases, write
from grader.labs.merge.casemaking.any_input import N_RECORDED
from grader.labs.merge.casemaking.bodies import TREE, grow_body, ids_in, lay_out, links_of, renumber
from grader.labs.merge.casemaking.maker import Maker
from grader.labs.merge.casemaking.write import FAMILIES, PUBLIC_SEED, make_cases, write_cases
from grader.labs.merge.columns import other_than, right_counts, right_scores, same_people
from grader.labs.merge.compare import agree, read_people, same_groups
from grader.labs.merge.compare import renumber as renumber_people
from grader.labs.merge.conflicts import KEPT_SHARE, broken_rule, empty_or_broken, lost_too_many, too_small
from grader.labs.merge.lab import LAB
from grader.labs.merge.merge_case import dump_cases, keypoints_of
from grader.labs.merge.picture_scores import score_people
from tests.grader.labs.merge import casemaking_merges as merges

FILES = load_lab_files(LAB)
CASES = FILES.cases
FOLDER = LAB.folder / "cases"
SEEDED = [check for check in FAMILIES if check not in N_RECORDED]
BOUNDS = {"min_num_body_parts", "min_score", "parameters", "defaults"}
CONFLICTED = {"conflict_rules", "conflict_late", "conflict_losses", "any_conflict"}
COLUMNS = {"counts", "scores"}
MIXED = {*COLUMNS, "min_num_body_parts"}
"""Checks some of whose cases hold conflicts."""
AS_THEY_COME = {"handout", "pictures", *COLUMNS, *N_RECORDED}
NOBODY_ALONE = {
    "many_people",
    "no_neck",
    "cycles",
    "row_order",
    "id_zero",
    "crowds",
    "any_people",
    "reordering",
    "renumbering",
}
SEVERAL_PEOPLE = {*NOBODY_ALONE, "handout", "gaps", *BOUNDS}
BOTH = list(Visibility)


def cases_of(*checks):
    return [case for case in CASES if case.check in checks]


def id_of(case):
    return f"{case.check}-{case.name}"


# From their seeds -----------------------------------------------------------------------------------------------------


QUICK = "cycles"
"""The family that is made anew in the default run; the others are in the slow one."""


EACH_SEEDED = pytest.mark.parametrize(
    "check", [check if check == QUICK else pytest.param(check, marks=pytest.mark.slow) for check in SEEDED]
)


def text_of(check, seed, visibility):
    return without_durations(dump_cases(make_cases(check, seed, visibility=visibility)))


@EACH_SEEDED
def test_published_file_comes_from_its_seed(check):
    text = (FOLDER / "public" / f"{check}.json").read_text(encoding="utf-8")

    assert text_of(check, PUBLIC_SEED, Visibility.PUBLIC) == without_durations(text)


@EACH_SEEDED
def test_one_seed_makes_the_same_bytes_twice(check):
    one, again = (text_of(check, 7, Visibility.HIDDEN) for _ in range(2))

    assert one == again


@pytest.mark.parametrize("check", SEEDED)
def test_hidden_file_exercises_what_any_seed_would(check):
    fresh = make_cases(check, 7, visibility=Visibility.HIDDEN)
    recorded = [case for case in cases_of(check) if case.visibility is Visibility.HIDDEN]

    assert [(case.name, case.says) for case in recorded] == [(case.name, case.says) for case in fresh]


@pytest.mark.parametrize("check", N_RECORDED)
def test_recorded_check_has_as_many_cases_as_it_says(check):
    counts = Counter(case.visibility for case in cases_of(check) if not case.twin_of)

    assert (counts[Visibility.PUBLIC], counts[Visibility.HIDDEN]) == N_RECORDED[check]


def test_drawing_is_decided_by_the_seed(monkeypatch):
    monkeypatch.setitem(N_RECORDED, "reordering", (3, 3))
    first, again, other = (
        dump_cases(make_cases("reordering", seed, visibility=Visibility.PUBLIC)) for seed in (5, 5, 6)
    )

    assert first == again != other


def test_readme_names_the_published_seed_alone():
    readme = (FOLDER / "README.md").read_text(encoding="utf-8")

    assert f"| public | {PUBLIC_SEED} | `python -m grader cases --public --seed {PUBLIC_SEED}` |" in readme
    assert "| hidden | drawn, in `seed.txt` | `python -m grader cases` |" in readme


def test_every_line_of_the_rubric_has_cases():
    without = {"loads", "same_answer"}

    assert set(FAMILIES) == {line.key for line in FILES.rubric.checks} - without
    for visibility in BOTH:
        assert {case.check for case in CASES if case.visibility is visibility} == set(FAMILIES)


@pytest.mark.parametrize("check", [check for check in SEEDED if check not in {"handout", "nobody", "pictures"}])
def test_another_seed_makes_other_inputs_of_the_same_kinds(check):
    one, other = (make_cases(check, seed, visibility=Visibility.HIDDEN) for seed in (1, 2))

    assert [case.name for case in one] == [case.name for case in other]
    assert dump_cases([replace(case, reference_s=None) for case in one]) != (
        dump_cases([replace(case, reference_s=None) for case in other])
    )


def test_write_cases_leaves_a_file_that_differs_in_a_duration_only(tmp_path, monkeypatch):
    monkeypatch.setattr(write, "FAMILIES", {check: FAMILIES[check] for check in ("nobody", "crowds")})

    written = write_cases(tmp_path, 3, visibility=Visibility.PUBLIC)
    crowds = tmp_path / "public" / "crowds.json"
    slower = crowds.read_text(encoding="utf-8").replace('"reference_s": ', '"reference_s": 1')
    crowds.write_text(slower, encoding="utf-8")

    assert written == [tmp_path / "public" / "nobody.json", crowds]
    assert write_cases(tmp_path, 3, visibility=Visibility.PUBLIC) == []
    assert crowds.read_text(encoding="utf-8") == slower
    assert crowds in write_cases(tmp_path, 4, visibility=Visibility.PUBLIC)


# Right ----------------------------------------------------------------------------------------------------------------


def test_recorded_answers_are_the_references():
    for case in CASES:
        answer = reference.answer(case.rows, *case.positional, **case.keywords)

        assert np.array_equal(answer, case.expected), id_of(case)


def test_cases_tell_whether_their_answer_is_the_only_one():
    for case in CASES:
        if case.check != "pictures":
            assert case.is_only_answer is not reference.has_conflicts(case.rows), id_of(case)
            assert case.is_only_answer is (case.check not in CONFLICTED) or case.check in MIXED, id_of(case)


def test_cases_differ_from_one_another():
    calls = Counter((case.rows.tobytes(), case.call) for case in CASES if len(case.rows))

    assert max(calls.values()) == 1


@pytest.mark.parametrize("check", FAMILIES)
def test_no_hidden_case_has_the_rows_of_a_public_one(check):
    rows_of = {visibility: set() for visibility in BOTH}
    for case in cases_of(check):
        if len(case.rows):
            rows_of[case.visibility].add(case.rows.tobytes())

    assert not rows_of[Visibility.PUBLIC] & rows_of[Visibility.HIDDEN]


def test_twins_hold_the_same_people():
    of_name = {(case.check, case.name): case for case in CASES}
    twins = [case for case in CASES if case.twin_of]
    for twin in twins:
        base = of_name[twin.check, twin.twin_of]
        people = renumber_people(base.expected, twin.renumbered) if twin.renumbered else base.expected

        assert other_than(people, twin.expected, required="", advice="") is None, id_of(twin)
        assert not np.array_equal(base.rows, twin.rows), id_of(twin)
        assert bool(twin.renumbered) is (twin.check == "renumbering")
    assert len(twins) == sum(map(sum, (N_RECORDED["reordering"], N_RECORDED["renumbering"])))


def test_handout_is_the_published_example():
    (case,) = [case for case in cases_of("handout") if case.visibility is Visibility.PUBLIC]

    assert len(case.rows) == 9
    assert case.expected[0, SCORE_COLUMN] == pytest.approx(16.18416846)
    assert case.expected[0, N_PARTS_COLUMN] == 9


def test_crowds_are_as_large_as_the_rubric_says():
    assert sorted(len(case.expected) for case in cases_of("crowds")) == [30, 100]
    assert all(case.reference_s for case in cases_of("crowds"))


# Fair -----------------------------------------------------------------------------------------------------------------


def test_id_zero_stands_only_where_it_is_the_point():
    for case in CASES:
        has_zero = bool((case.rows[:, :N_PARTS] == 0).any())

        assert has_zero <= (case.check in {"id_zero", "handout", "pictures"}), id_of(case)
        assert has_zero or case.check != "id_zero", id_of(case)


@pytest.mark.parametrize(
    "case", [case for case in CASES if case.check not in BOUNDS | AS_THEY_COME | CONFLICTED], ids=id_of
)
def test_people_are_well_above_the_bounds(case):
    people = reference.answer(case.rows, 0, 0)
    people = people[people[:, N_PARTS_COLUMN] > 2] if case.check == "nobody" else people

    assert (people[:, N_PARTS_COLUMN] >= (5 if case.check == "no_neck" else 6)).all()  # a head alone has five
    assert (people[:, SCORE_COLUMN] >= 0.6 * people[:, N_PARTS_COLUMN]).all()


@pytest.mark.parametrize(
    "case", [case for case in CASES if case.check not in AS_THEY_COME | {"row_order", "no_neck"}], ids=id_of
)
def test_rows_come_limb_after_limb(case):
    numbers = [limb_of(row) for row in case.rows]

    assert numbers == sorted(numbers)


def limb_of(row):
    present = set(np.flatnonzero(row[:N_PARTS] != ABSENT).tolist())
    (number,) = [n for n, limb in enumerate(LIMBS) if {limb.from_body_part, limb.to_body_part} == present]
    return number


def test_cycles_stand_only_where_they_are_the_point():
    for case in CASES:
        if case.check in {"cycles", "no_neck", *CONFLICTED, *AS_THEY_COME} or not case.is_only_answer:
            continue
        people = reference.answer(case.rows, 0, 0)

        assert len(case.rows) == people[:, N_PARTS_COLUMN].sum() - len(people), id_of(case)


def test_nobody_is_alone_but_where_a_student_starts():
    for case in CASES:
        if case.check in NOBODY_ALONE or (case.check in {"handout", "gaps"} and case.visibility is Visibility.HIDDEN):
            assert len(case.expected) > 1, id_of(case)
        if case.check == "one_person" or (case.check == "handout" and case.visibility is Visibility.PUBLIC):
            assert len(case.expected) == 1, id_of(case)


@pytest.mark.parametrize("case", [case for case in cases_of("row_order") if "_shuffled" not in case.name], ids=id_of)
def test_bystanders_rows_come_behind_the_order_under_test(case):
    person, bystander = (keypoints_of(found) for found in reference.answer(case.rows))
    n_tested = sum(keypoints_of(row) <= person for row in case.rows)
    last = case.rows[n_tested:]

    assert all(keypoints_of(row) <= bystander for row in last)
    assert [limb_of(row) for row in last] == sorted(limb_of(row) for row in last)


def test_only_checks_on_bounds_name_them():
    for case in CASES:
        named = {"min_num_body_parts": {"min_num_body_parts"}, "min_score": {"min_score"}}.get(case.check, set())
        if case.check == "conflict_rules" or not case.is_only_answer:
            assert set(case.keywords) <= {"min_num_body_parts"}, id_of(case)
        elif case.check != "parameters":
            assert set(case.keywords) == named, id_of(case)
            assert case.positional == (), id_of(case)


def test_scores_are_exact_in_binary():
    for case in CASES:
        if case.check not in {"handout", "pictures"}:
            steps = case.rows[:, SCORE_COLUMN] * 16

            assert np.array_equal(steps, np.round(steps)), id_of(case)


def test_both_visibilities_fill_the_folder_with_less_than_three_megabytes():
    assert sum(path.stat().st_size for path in FOLDER.rglob("*") if path.is_file()) < 3e6


# Each family catches its mistake ------------------------------------------------------------------------------------


def cases_lost(merge, cases=CASES):
    """Return the cases without conflicts in which a merge is wrong."""
    lost, people_of = [], {}
    for case in cases:
        if not case.is_only_answer:
            continue
        try:
            people = read_people(case, merge(case.rows.copy(), *case.positional, **case.keywords))
        except (IndexError, ValueError):
            lost.append(case)
            continue
        people_of[case.check, case.name] = people
        if is_wrong(case, people, people_of):
            lost.append(case)
    return lost


def checks_lost(merge, cases=CASES):
    return {case.check for case in cases_lost(merge, cases)}


def is_wrong(case, people, people_of):
    if isinstance(people, Explanation):
        return True
    if case.check not in {"reordering", "renumbering"}:
        return RULES.get(case.check, same_groups)(case, people) is not None
    if not case.twin_of:
        return False
    base, before = BASES[case.check, case.twin_of], people_of[case.check, case.twin_of]
    return agree(base, case, before, people, required="", advice="") is not None


RULES = {"handout": same_people, "counts": right_counts, "scores": right_scores, "min_num_body_parts": too_small}
BASES = {(case.check, case.name): case for case in CASES}

MISTAKES = pytest.mark.parametrize(
    ("merge", "lost"),
    [
        (merges.Merge, set()),
        (merges.ZeroIsAbsent, {"handout", "id_zero"}),
        (merges.SinglePass, {"row_order", "any_people", "reordering"}),
        (merges.CycleScoreMissing, {"handout", "scores"}),
        (merges.BoundsHardCoded, {"parameters"}),
        (merges.PartsOffByOne, {"min_num_body_parts", "parameters", "defaults"}),
        (merges.ScoreOffByOne, {"min_score"}),
        (merges.DefaultOfFiveParts, {"defaults"}),
        (merges.DefaultScoreOfHalf, {"defaults"}),
        (merges.FixedTable, {"gaps", "crowds"}),
        (merges.CrashesOnNobody, {"nobody"}),
        (merges.MaximumPerColumn, {*SEVERAL_PEOPLE, "nobody", "scores"} - {"reordering"}),
        (merges.FirstPersonOnly, SEVERAL_PEOPLE - {"renumbering"}),
    ],
    ids=lambda value: value.__name__ if isinstance(value, type) else "",
)


@pytest.fixture(scope="module")
def cases_of_another_year():
    checks = [check for check in SEEDED if check not in {*CONFLICTED, "pictures"}]
    hidden = [case for check in checks for case in make_cases(check, 61, visibility=Visibility.HIDDEN)]
    return [case for case in cases_of(*checks) if case.visibility is Visibility.PUBLIC] + hidden


@MISTAKES
def test_mistake_costs_points_only_where_it_is_the_point(merge, lost):
    assert checks_lost(merge()) == lost


@MISTAKES
def test_mistake_costs_the_same_checks_another_year(merge, lost, cases_of_another_year):
    assert checks_lost(merge(), cases_of_another_year) == lost & set(SEEDED)


def test_people_joined_by_slot_keep_the_points_of_one_person():
    lost = cases_lost(merges.SameSlotIsSamePerson())
    checks = {case.check for case in lost}

    # Of twins the first answer may be as wrong as the second, which costs nothing.
    assert SEVERAL_PEOPLE - {"reordering", "renumbering"} <= checks
    assert "one_person" not in checks
    assert all(case.visibility is Visibility.HIDDEN for case in lost if case.check == "handout")


@pytest.mark.parametrize("merge", [merges.MaximumPerColumn, merges.FirstPersonOnly])
def test_merge_that_returns_one_person_passes_no_case_of_several(merge):
    passed = set(CASES) - set(cases_lost(merge()))
    checks = {case.check for case in passed if len(case.expected) > 1 and case.is_only_answer} - COLUMNS

    # Of twins only the second is judged, and against the submission itself.
    assert checks <= {"reordering", "renumbering"}


def test_handout_and_counts_notice_parts_added_up():
    assert checks_lost(merges.PartsAddedUp()) == {"handout", "counts"}


# Conflicts ------------------------------------------------------------------------------------------------------------


COSTLY = {(merges.weakest_row_goes, "conflict_losses")}
"""Cutting at the weakest row again and again, wherever it is, may cost much where scores are nearly alike."""


@pytest.mark.parametrize("policy", merges.POLICIES, ids=lambda policy: policy.__name__)
def test_defensible_way_to_settle_conflicts_gets_all_points(policy):
    for case in CASES:
        if case.is_only_answer:
            continue
        people = policy(case.rows)

        assert broken_rule(case, people) is None, id_of(case)
        rules = {"conflict_losses": [lost_too_many], "pictures": [], "min_num_body_parts": [too_small]}
        rules |= {check: [right_counts, right_scores] for check in COLUMNS}
        for rule in rules.get(case.check, [empty_or_broken]):
            assert rule(case, people) is None or (policy, case.check) in COSTLY, id_of(case)
        if case.check == "pictures":
            assert score_people(case.labelled, people) >= 2 / 3 * case.labelled.expected_score, id_of(case)


def test_giving_up_two_people_loses_too_many():
    for case in cases_of("conflict_losses"):
        largest = np.argsort(case.expected[:, N_PARTS_COLUMN])[-2:]
        people = np.delete(case.expected, largest, axis=0)

        kept, must = (frozenset().union(*map(keypoints_of, rows)) for rows in (people, case.expected))
        assert len(kept) < KEPT_SHARE * len(must), id_of(case)


def test_giving_up_one_person_is_allowed():
    for case in cases_of("conflict_losses"):
        assert lost_too_many(case, case.expected[1:]) is None, id_of(case)


@pytest.mark.parametrize(
    "case",
    [
        *cases_of("conflict_rules", "conflict_losses"),
        *(case for case in cases_of("conflict_late") if case.visibility is Visibility.HIDDEN),
    ],
    ids=id_of,
)
def test_conflict_breaks_a_merge_that_knows_none(case):
    assert empty_or_broken(case, merges.Merge()(case.rows)) is not None


# Building blocks ------------------------------------------------------------------------------------------------------


def test_maker_refuses_a_conflict_where_none_should_be():
    rows = cases_of("conflict_rules")[0].rows

    with pytest.raises(RubricError, match="The cases of 'cycles' must be without conflicts; 'knot' has one"):
        Maker("cycles", Visibility.PUBLIC, 0).case("knot", "", rows)


def test_maker_refuses_a_conflicted_case_without_conflict():
    rows = cases_of("one_person")[0].rows

    with pytest.raises(RubricError, match="The cases of 'any_conflict' must hold conflicts; 'plain' has none"):
        Maker("any_conflict", Visibility.PUBLIC, 0).conflicted_case("plain", "", rows)


def test_maker_names_hidden_cases_apart():
    assert Maker("cycles", Visibility.PUBLIC, 0).full_name("ring") == "ring"
    assert Maker("cycles", Visibility.HIDDEN, 0).full_name("ring") == "hidden_ring"


@pytest.mark.parametrize("n_parts", [2, 7, 18])
def test_grown_body_hangs_together_in_the_order_of_its_limbs(n_parts):
    parts = {BodyPart.neck}
    for limb in grow_body(np.random.default_rng(n_parts), n_parts):
        assert LIMBS[limb].from_body_part in parts
        parts.add(LIMBS[limb].to_body_part)

    assert len(parts) == n_parts


def test_lay_out_numbers_parts_in_slot_order_from_one():
    rows = lay_out(np.random.default_rng(1), links_of([TREE, TREE]))

    assert ids_in(rows) == list(range(1, 37))


def test_lay_out_puts_people_behind():
    rows = lay_out(np.random.default_rng(1), links_of([TREE, range(5), (12, 13)]), behind=[1])

    assert [limb_of(row) for row in rows] == [*sorted([*TREE, 12, 13]), *range(5)]


def test_lay_out_shares_a_total_out_exactly():
    rows = lay_out(np.random.default_rng(1), links_of([range(5), TREE]), totals={0: 2.0625})
    first = rows[[limb_of(row) < 5 for row in rows]]

    people = reference.answer(rows, 0, 0)

    assert first.size
    assert 2.0625 in people[:, SCORE_COLUMN]


def test_renumber_leaves_absent_parts_and_the_input_alone():
    rows = lay_out(np.random.default_rng(1), links_of([(0,)]))

    renumbered = renumber(rows, {1: 8, 2: 5})

    assert renumbered[0, [BodyPart.neck, BodyPart.right_shoulder]].tolist() == [8, 5]
    assert (renumbered[0, :N_PARTS] != ABSENT).sum() == 2
    assert ids_in(rows) == [1, 2]


# Pictures -------------------------------------------------------------------------------------------------------------


def test_the_first_ten_annotated_pictures_are_cases():
    names = [
        image["file_name"] for image in json.loads((picture_cases.IMAGES / "annotations.json").read_text())["images"]
    ]

    assert [case.labelled.picture for case in cases_of("pictures")] == names[:10]
    assert len(names) > 10


def test_pictures_record_what_the_reference_scores():
    for case in cases_of("pictures"):
        assert score_people(case.labelled, case.expected) == case.labelled.expected_score > 0.85


def test_maps_without_a_file_are_refused(tmp_path):
    with pytest.raises(RubricError, match=r"there is no .*11\.npz\. Run python -m grader cases --sources\."):
        picture_cases.read_maps(tmp_path / "11.npz")


def test_saved_maps_come_back_within_a_step_and_without_noise(tmp_path):
    rng = np.random.default_rng(0)
    maps = Maps(rng.uniform(-0.2, 1.2, (4, 5, 19)), rng.uniform(-1.5, 1.5, (4, 5, 38)))
    picture_cases.save_maps(tmp_path / "1.npz", maps)
    read = picture_cases.read_maps(tmp_path / "1.npz")

    quiet = np.abs(maps.pafs) < 0.02
    assert np.abs(read.pafs - maps.pafs)[~quiet].max() <= 1 / 16384
    assert not read.pafs[quiet].any()
    assert np.abs(read.heatmaps - maps.heatmaps)[..., :18][np.abs(maps.heatmaps[..., :18]) >= 0.05].max() <= 1 / 16384
    assert not read.heatmaps[..., BodyPart.background].any()


def test_write_maps_records_each_annotated_picture(tmp_path, monkeypatch):
    asked = []

    def say_nothing(path):
        asked.append(path)
        return Maps(np.zeros((2, 2, 19)), np.zeros((2, 2, 38)))

    monkeypatch.setattr(reference, "maps_of_picture", say_nothing)
    written = picture_cases.write_maps(tmp_path)

    assert asked == [picture_cases.IMAGES / f"{number}.jpg" for number in range(1, 11)]
    assert written == [tmp_path / f"{number}.npz" for number in range(1, 11)]
    assert written[0].read_bytes() == written[1].read_bytes()
