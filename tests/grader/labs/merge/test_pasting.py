"""Inputs as Python: what is pasted builds the same array, bit by bit."""

import numpy as np
import pytest

from estimation.config import ROW_LENGTH
from estimation.merge import merge
from grader.harness.cases import load_cases
from grader.harness.results import Visibility
from grader.labs.merge.evidence import MAX_ROWS, MergeEvidence, MergeEvidenceKind
from grader.labs.merge.lab import CASES, LAB
from grader.labs.merge.merge_case import read_case
from grader.labs.merge.pasting import MAX_PASTED_ROWS, published_rows, write_python
from tests.grader.harness.report.samples import EXPECTED, ROWS, make_rows

KIND = LAB.evidence
ODD = np.full((2, ROW_LENGTH), np.nan)
EXACT = make_rows(("nose", 2**53 - 1, "neck", 0, 1 / 3), ("neck", 5, "left_hip", 2**31, -0.0))
THREE = np.where(np.arange(ROW_LENGTH) < 3, np.arange(float(ROW_LENGTH)), -1.0)[None]


def paste(lines):
    """Run lines as an interactive Python does, where an empty line would end a block."""
    assert all(line.strip() for line in lines)
    names = {}
    exec("\n".join(lines[:-1]), names)  # noqa: S102 - our own lines
    return names["subset"], eval(lines[-1], names)  # noqa: S307


@pytest.mark.parametrize(
    "rows",
    [
        pytest.param(ROWS, id="limbs"),
        pytest.param(ROWS[:0], id="none"),
        pytest.param(np.vstack([ROWS] * 10), id="many"),
        pytest.param(EXACT, id="exact"),
        pytest.param(np.vstack((ROWS, EXPECTED)), id="a-person-among-them"),
        pytest.param(THREE, id="three-parts"),
    ],
)
def test_pasted_lines_build_the_same_input(rows):
    lines = write_python(rows, "merge(subset, min_num_body_parts=2)", 96)

    subset, answer = paste(lines)

    assert subset.dtype == np.float64
    assert subset.tobytes() == np.ascontiguousarray(rows).tobytes()
    assert np.array_equal(answer, merge(rows.copy(), min_num_body_parts=2))
    assert max(map(len, lines)) <= 96


def test_pasted_lines_hold_what_is_not_finite():
    *lines, _ = write_python(ODD, "merge(subset)", 60)
    names = {}

    exec("\n".join(lines), names)  # noqa: S102

    assert np.array_equal(names["subset"], ODD, equal_nan=True)
    assert max(map(len, lines)) <= 60


@pytest.mark.parametrize("case", load_cases(CASES, read_case)[::7], ids=lambda case: f"{case.check}-{case.name}")
def test_small_recorded_inputs_can_be_pasted_from_the_text(case):
    evidence = KIND.collect(case, None, is_shrunk=False)
    text = KIND.write(evidence, 114)
    if len(case.rows) > MAX_PASTED_ROWS and case.visibility is Visibility.HIDDEN:
        assert "To paste into Python, in the folder of the handout:" not in text
        return
    start = text.index("To paste into Python, in the folder of the handout:")

    subset, _ = paste([line[2:] for line in text[start + 1 : text.index(f"  {case.call}") + 1]])

    assert subset.tobytes() == case.rows.tobytes()


def test_brief_text_reads_the_input_where_there_is_no_room():
    case = next(case for case in load_cases(CASES, read_case) if case.check == "handout" and len(case.rows) > 3)
    evidence = KIND.collect(case, case.expected, is_shrunk=False)
    whole, short = KIND.write_briefly(evidence, 78, 40), KIND.write_briefly(evidence, 78, 12)

    assert "  rows = [  # part, its id, part, its id, score" in whole
    assert f"  subset = published_rows('handout', {case.name!r})" in short
    assert short[-1] in whole
    assert max(map(len, [*whole, *short])) <= 78
    assert len(short) < len(whole)


def test_brief_text_counts_the_people_it_leaves_out():
    people = np.repeat(EXPECTED[:1], 9, axis=0)
    text = KIND.write_briefly(MergeEvidence(ROWS, "merge(subset)", people, people, n_answer_left_out=5), 78, 40)

    assert "  (and 6 more)" in text
    assert "  (and 11 more)" in text


def test_published_rows_are_a_fresh_copy():
    case = next(case for case in load_cases(CASES, read_case) if case.check == "crowds")

    published_rows("crowds", case.name)[:] = 0

    assert published_rows("crowds", case.name).tobytes() == case.rows.tobytes()


@pytest.mark.parametrize("name", ["hidden_100_people", "nobody"])
def test_published_rows_says_that_there_is_no_such_case(name):
    with pytest.raises(ValueError, match=rf"must have a check and a name; none has 'crowds' and '{name}'\."):
        published_rows("crowds", name)


def test_students_are_told_how_large_the_largest_case_is():
    hidden = [case for case in load_cases(CASES, read_case) if case.visibility is Visibility.HIDDEN]
    largest = max(hidden, key=lambda case: len(case.rows))

    assert LAB.largest.size == round(len(largest.rows), -2)
    assert LAB.largest.says == f"{LAB.largest.size:,} rows, {len(largest.expected)} people"


def test_long_published_input_is_named_by_its_file():
    cases = {(case.check, case.visibility.value): case for case in load_cases(CASES, read_case)}
    public, hidden = (KIND.collect(cases["crowds", name], None, is_shrunk=False) for name in ("public", "hidden"))
    shrunk = KIND.collect(cases["crowds", "public"], None, is_shrunk=True)
    case = cases["crowds", "public"]
    place = f"The whole input is case {case.name!r} in grader/labs/merge/cases/public/crowds.json."

    assert f"  subset = published_rows('crowds', {case.name!r})" in KIND.write(public, 114)
    assert place.removesuffix(".") in KIND.draw(public).replace("&#39;", "'")
    assert not any("whole input" in line for one in (hidden, shrunk) for line in KIND.write(one, 114))
    assert (CASES.parents[3] / "grader/labs/merge/cases/public/crowds.json").is_file()
    assert public.n_rows == KIND.size(public) == len(case.rows)
    assert f"  (and {len(case.rows) - MAX_ROWS} more rows)" in KIND.write(public, 114)


def test_page_has_the_lines_behind_a_fold():
    page = KIND.draw(MergeEvidence(ROWS, "merge(subset)", EXPECTED, None))

    assert "<details><summary>The input to paste into Python</summary>" in page
    assert "subset[:, 19] = 2" in page


def test_text_tells_of_nobody_in_a_row():
    row = np.full((1, ROW_LENGTH), -1.0)
    text = KIND.write(MergeEvidence(ROWS, "merge(subset)", EXPECTED, row), 114)

    assert "  nobody: a row whose ids are all -1 (score -1, -1 parts); such a row must be left out" in text


def test_evidence_refuses_a_number_of_rows_that_is_none():
    with pytest.raises(ValueError, match=r"The number of rows left out must be from 0 on; got -1\."):
        MergeEvidence(ROWS, "merge(subset)", EXPECTED, None, n_left_out=-1)


def test_kind_is_the_labs():
    assert isinstance(KIND, MergeEvidenceKind)
