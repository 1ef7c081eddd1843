"""What `--explain` says of the rows that reach `merge`, and of what came out."""

import json

import numpy as np

from estimation.explaining import explain, explain_rows
from estimation.handout import handout_coordinates, handout_rows
from estimation.merge import merge
from grader.labs.merge.lab import CASES
from tests.grader.harness.report.samples import make_people, make_rows

ROWS = make_rows(
    ("neck", 1, "right_shoulder", 4, 1.75),
    ("right_shoulder", 4, "right_elbow", 6, 2.5),
    ("right_shoulder", 4, "right_elbow", 7, 1.25),
    ("neck", 2, "right_shoulder", 5, 0.5),
    ("neck", 1, "nose", 0, 1.5),
)
PEOPLE = make_people(({"nose": 0, "neck": 1, "right_shoulder": 4, "right_elbow": 6}, 5.75))


def said(rows, people):
    return "\n".join(explain("1.jpg", rows, people))


def test_explanation_is_read_whole():
    assert said(ROWS, PEOPLE) == (
        "1.jpg: 5 rows reach merge\n"
        "  row  limb                            ids        score  went to\n"
        "    0  neck - right_shoulder           1 - 4       1.75  person 0\n"
        "    1! right_shoulder - right_elbow    4 - 6       2.50  person 0\n"
        "    2! right_shoulder - right_elbow    4 - 7       1.25  dropped (4: person 0, 7: nobody)\n"
        "    3  neck - right_shoulder           2 - 5       0.50  nobody\n"
        "    4  neck - nose                     1 - 0       1.50  person 0\n"
        "! A keypoint of this row is in another row of the same limb: they contradict each other.\n"
        "1 person comes out of merge\n"
        "person 0: nose 0, neck 1, right_shoulder 4, right_elbow 6; score 5.75; 4 parts"
    )


def test_rows_are_told_where_merge_gave_no_answer():
    text = said(ROWS, None)

    assert text.startswith("1.jpg: 5 rows reach merge\n  row  limb                            ids        score\n")
    assert "person" not in text
    assert "went to" not in text
    assert "dropped" not in text


def test_nobody_is_told():
    assert said(ROWS[:0], PEOPLE[:0]) == (
        "1.jpg: 0 rows reach merge\n  row  limb                            ids        score  went to\n"
        "0 people come out of merge"
    )
    assert "nobody\n" in said(ROWS[:1], PEOPLE[:0]) + "\n"


def test_rows_of_a_limb_that_share_a_keypoint_are_rivals():
    rivals = [row.rivals for row in explain_rows(ROWS, PEOPLE)]

    assert rivals == [(), (2,), (1,), (), ()]


def test_same_number_in_another_slot_is_no_rival():
    rows = make_rows(("neck", 1, "right_shoulder", 4, 1), ("neck", 4, "right_shoulder", 1, 1))

    assert [row.rivals for row in explain_rows(rows, rows[:0])] == [(), ()]


def test_what_contradicts_itself_in_an_answer_is_told():
    people = make_people(({"neck": 1, "right_shoulder": 4}, 2), ({"neck": 1, "right_shoulder": 99}, 2))
    people[0, 19] = 3

    text = said(ROWS, people)

    assert "  ! neck 1 is also in person 1: a keypoint belongs to one person\n" in text
    assert "  ! neck 1 is also in person 0: a keypoint belongs to one person\n" in text
    assert "  ! right_shoulder 99 is in no row that reached merge" in text
    assert "  ! column 19 says 3 parts; there are 2\n" in text


def test_ids_that_are_no_whole_numbers_are_told():
    people = make_people(({"neck": 1.5, "right_shoulder": 4}, 2))

    assert "  ! neck 1.5 is in no row that reached merge" in said(ROWS, people)


def test_lines_fit_a_terminal():
    everything = make_people(({"nose": 0, "neck": 1} | {f"left_{part}": 100 + k for k, part in enumerate(PARTS)}, 5.75))

    assert max(map(len, explain("1.jpg", ROWS, everything))) <= 90


PARTS = ("shoulder", "elbow", "wrist", "hip", "knee", "ankle", "eye", "ear")


def test_handout_is_the_published_case():
    (published,) = json.loads((CASES / "public" / "handout.json").read_text(encoding="utf-8"))["cases"]

    assert np.array_equal(handout_rows(), make_rows(*published["rows"]))
    (person,) = merge(handout_rows())
    (expected,) = published["expected"]
    assert np.array_equal(person, make_people((expected["ids"], expected["score"]))[0])


def test_each_keypoint_of_the_handout_has_a_place():
    placed = {(part, keypoint[3]) for part, keypoints in handout_coordinates().items() for keypoint in keypoints}

    (published,) = json.loads((CASES / "public" / "handout.json").read_text(encoding="utf-8"))["cases"]
    assert placed == set(published["expected"][0]["ids"].items())
