"""Case files: what is read is what was written, and what is no case is refused."""

import json
import re
from dataclasses import replace

import numpy as np
import pytest

from estimation.config import BodyPart
from grader.harness.cases import fingerprint, load_cases
from grader.harness.errors import RubricError
from grader.harness.results import Visibility
from grader.labs.merge.lab import LAB
from grader.labs.merge.merge_case import LabelledPicture, MergeCase, as_rows, dump_cases, read_case
from tests.strategies import rows_of

NOSE, NECK, SHOULDER = BodyPart.nose, BodyPart.neck, BodyPart.right_shoulder

TRIANGLE = MergeCase(
    check="cycles",
    name="triangle",
    says="A “cycle”.",
    visibility=Visibility.PUBLIC,
    arguments=(rows_of(({NOSE: 0, NECK: 1}, 1.75), ({NECK: 1, SHOULDER: 2}, -0.1)),),
    expected=rows_of(({NOSE: 0, NECK: 1, SHOULDER: 2}, 1.65)),
)
DELETED = rows_of(({NOSE: 8, NECK: 9}, 0.25))
LABELLED = LabelledPicture("street.png", {0: (1.5, 2.0), 7: (3.0, 4.25)}, ({"nose": (1.0, 2.0)}, {}), 0.875)
FULL = replace(
    TRIANGLE,
    name="full",
    arguments=(TRIANGLE.rows, 2, 0.25),
    keywords={"min_score": 0.5},
    is_only_answer=False,
    deleted=rows_of(({4: 1, 5: 2}, 1)),
    twin_of="triangle",
    renumbered={0: 10, 1: 0},
    reference_s=0.125,
    labelled=LABELLED,
)
EMPTY = replace(TRIANGLE, name="empty", arguments=(rows_of(),), expected=rows_of())


def write(folder, visibility, name, text):
    path = folder / visibility / f"{name}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def fields_of(case):
    return {
        **{name: value for name, value in vars(case).items() if name != "arguments"},
        "positional": case.positional,
        "rows": case.rows.tolist(),
        "expected": case.expected.tolist(),
        "deleted": case.deleted.tolist(),
        "shapes": (case.rows.shape, case.deleted.shape, case.expected.shape, case.rows.dtype, case.expected.dtype),
    }


def test_cases_are_read_as_they_were_written(tmp_path):
    text = dump_cases([TRIANGLE, FULL, EMPTY])
    write(tmp_path, "public", "cycles", text)
    cases = load_cases(tmp_path, read_case)
    assert [fields_of(case) for case in cases] == [fields_of(case) for case in (TRIANGLE, FULL, EMPTY)]
    assert dump_cases(cases) == text


def test_case_file_has_one_row_a_line():
    assert dump_cases([TRIANGLE, EMPTY]) == (
        '{"check": "cycles",\n "cases": [\n'
        '  {"name": "triangle",\n   "says": "A “cycle”.",\n'
        '   "rows": [\n    ["nose", 0, "neck", 1, 1.75],\n    ["neck", 1, "right_shoulder", 2, -0.1]],\n'
        '   "expected": [\n    {"ids": {"nose": 0, "neck": 1, "right_shoulder": 2}, "score": 1.65}]},\n'
        '  {"name": "empty",\n   "says": "A “cycle”.",\n   "rows": [],\n   "expected": []}\n ]}\n'
    )


def test_cases_of_the_grader_are_written_as_they_would_be_now():
    recorded = load_cases(LAB.folder / "cases", read_case)
    for visibility in Visibility:
        for path in sorted((LAB.folder / "cases" / visibility).glob("*.json")):
            cases = [case for case in recorded if (case.check, case.visibility) == (path.stem, visibility)]
            assert dump_cases(cases) == path.read_text(encoding="utf-8"), path.name


def test_cases_come_public_first_then_by_file(tmp_path):
    for visibility, check in [("hidden", "a"), ("public", "b"), ("hidden", "c"), ("public", "a")]:
        write(tmp_path, visibility, check, dump_cases([replace(TRIANGLE, check=check, name=f"{visibility} {check}")]))
    assert [(case.name, case.visibility) for case in load_cases(tmp_path, read_case)] == [
        ("public a", Visibility.PUBLIC),
        ("public b", Visibility.PUBLIC),
        ("hidden a", Visibility.HIDDEN),
        ("hidden c", Visibility.HIDDEN),
    ]


def test_cases_of_two_checks_may_share_a_name(tmp_path):
    for check in ("a", "b"):
        write(tmp_path, "public", check, dump_cases([replace(TRIANGLE, check=check)]))
    assert len(load_cases(tmp_path, read_case)) == 2


def test_cases_of_one_check_must_not_share_a_name(tmp_path):
    for visibility in Visibility:
        write(tmp_path, visibility, "cycles", dump_cases([TRIANGLE]))
    with pytest.raises(
        RubricError,
        match=r"^Cases of one check must have different names; 'cycles' has 'triangle' twice\. Rename one\.$",
    ):
        load_cases(tmp_path, read_case)


def entry_with(**fields):
    entry = {"name": "one", "says": "Says.", "rows": [["nose", 0, "neck", 1, 1.75]], "expected": []}
    return json.dumps({"check": "one", "cases": [entry | fields]})


@pytest.mark.parametrize(
    ("text", "error"),
    [
        pytest.param("{", "JSONDecodeError", id="no JSON"),
        pytest.param("[]", "TypeError", id="a list"),
        pytest.param('{"cases": [{}]}', r"KeyError\('check'\)", id="check missing"),
        pytest.param('{"check": "one"}', r"KeyError\('cases'\)", id="cases missing"),
        pytest.param('{"check": "one", "cases": [7]}', "AttributeError", id="a case that is a number"),
        pytest.param('{"check": "one", "cases": [{}]}', r"KeyError\('name'\)", id="name missing"),
        pytest.param(entry_with(rows=[["nose", 0, "neck", 1]]), "ValueError", id="row too short"),
        pytest.param(entry_with(rows=[["nose", 0, "tail", 1, 2]]), r"KeyError\('tail'\)", id="no such part"),
        pytest.param(entry_with(rows=[["nose", "a", "neck", 1, 2]]), "ValueError", id="id that is no number"),
        pytest.param(entry_with(expected=[{"ids": [], "score": 1}]), "AttributeError", id="ids that are a list"),
        pytest.param(entry_with(expected=[{"ids": {"nose": 1}}]), r"KeyError\('score'\)", id="score missing"),
        pytest.param(entry_with(renumbered={"a": 1}), "ValueError", id="id that is none"),
        pytest.param(entry_with(scene={}), r"KeyError\('picture'\)", id="empty picture"),
    ],
)
def test_cases_refuse_a_file_that_holds_none(tmp_path, text, error):
    write(tmp_path, "hidden", "one", text)
    with pytest.raises(
        RubricError, match=rf"^A case file must hold cases as its lab reads them; .*one\.json does not: {error}"
    ):
        load_cases(tmp_path, read_case)


def test_cases_refuse_what_is_no_text(tmp_path):
    write(tmp_path, "hidden", "one", "").write_bytes(b"\xff")
    with pytest.raises(RubricError, match=r"one\.json does not: UnicodeDecodeError"):
        load_cases(tmp_path, read_case)


@pytest.mark.parametrize(
    ("cases", "checks"),
    [([], r"\[\]"), ([TRIANGLE, replace(TRIANGLE, check="gaps")], r"\['cycles', 'gaps'\]")],
    ids=["none", "two"],
)
def test_case_file_holds_the_cases_of_one_check(cases, checks):
    with pytest.raises(RubricError, match=rf"^A case file holds the cases of one check; got {checks}\.$"):
        dump_cases(cases)


@pytest.mark.parametrize(
    ("positional", "keywords", "bounds", "call"),
    [
        ((), {}, (4, 0.4), "merge(subset)"),
        ((5,), {}, (5, 0.4), "merge(subset, 5)"),
        ((5, 0.5), {}, (5, 0.5), "merge(subset, 5, 0.5)"),
        ((), {"min_score": 0.5}, (4, 0.5), "merge(subset, min_score=0.5)"),
        ((), {"min_score": 0, "min_num_body_parts": 0}, (0, 0), "merge(subset, min_score=0, min_num_body_parts=0)"),
        ((3,), {"min_score": 0.25}, (3, 0.25), "merge(subset, 3, min_score=0.25)"),
    ],
)
def test_case_tells_its_bounds_and_its_call(positional, keywords, bounds, call):
    case = replace(TRIANGLE, arguments=(TRIANGLE.rows, *positional), keywords=keywords)
    assert (case.min_num_body_parts, case.min_score) == bounds
    assert case.call == call


def test_case_is_itself_alone():
    assert replace(TRIANGLE) != TRIANGLE
    assert {TRIANGLE: 1}[TRIANGLE] == 1
    assert np.array_equal(TRIANGLE.rows, replace(TRIANGLE).rows)


def test_fingerprint_changes_with_each_byte_name_and_folder(tmp_path):
    seen = {fingerprint(tmp_path)}
    path = write(tmp_path, "public", "one", "a")
    seen.add(fingerprint(tmp_path))
    path.write_text("b", encoding="utf-8")
    seen.add(fingerprint(tmp_path))
    path = path.rename(path.with_name("two.json"))
    seen.add(fingerprint(tmp_path))
    path.unlink()
    write(tmp_path, "hidden", "two", "b")
    seen.add(fingerprint(tmp_path))
    assert len(seen) == 5
    assert fingerprint(tmp_path) in seen


def test_case_tells_what_does_not_depend_on_an_answer():
    case = replace(TRIANGLE, deleted=DELETED)

    assert case.limbs == [({(NOSE, 0), (NECK, 1)}, 1.75), ({(NECK, 1), (SHOULDER, 2)}, -0.1)]
    assert case.keypoints == {(NOSE, 0), (NECK, 1), (SHOULDER, 2)}
    assert case.expected_people == {case.keypoints: 1.65}
    assert case.deleted_people == {frozenset({(NOSE, 8), (NECK, 9)}): 0.25}
    assert not TRIANGLE.deleted_people


def test_changed_case_remembers_nothing_of_the_other():
    assert TRIANGLE.keypoints
    assert replace(TRIANGLE, arguments=(DELETED,)).keypoints == {(NOSE, 8), (NECK, 9)}


def test_case_calls_merge():
    assert TRIANGLE.function == "merge"
    assert TRIANGLE.size == 2


@pytest.mark.parametrize("shape", [(0,), (0, 20), (0, 7), (3, 20)], ids=str)
def test_rows_are_taken_in_any_shape_of_nobody(shape):
    assert as_rows(np.zeros(shape)).shape == (shape[0], 20)


@pytest.mark.parametrize("shape", [(20,), (3, 19), (1, 1, 20)], ids=str)
def test_rows_of_another_shape_are_refused(shape):
    with pytest.raises(ValueError, match=rf"^Rows must have 20 numbers each; got shape {re.escape(str(shape))}\.$"):
        as_rows(np.zeros(shape))


def test_untouched_people_are_those_whom_no_row_leads_out_of():
    rows = rows_of(({NOSE: 0, NECK: 1}, 1), ({NOSE: 7, NECK: 1}, 1), ({NECK: 8, SHOULDER: 9}, 1))
    case = replace(TRIANGLE, arguments=(rows,), expected=rows[[0, 2]])

    assert case.untouched == [{(NECK, 8), (SHOULDER, 9)}]
