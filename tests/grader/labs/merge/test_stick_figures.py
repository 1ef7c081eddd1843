"""Drawings of rows: right lines, visible conflicts, words for those who do not see them."""

import re
from xml.etree import ElementTree as ET

import numpy as np
import pytest

from estimation.config import PARTS, ROW_LENGTH
from grader.labs.merge.stick_figures import MAX_FIGURES, draw_input, draw_people
from tests.grader.harness.report.samples import ANSWER, CONFLICT_ROWS, EXPECTED, ROWS, make_people, make_rows


def parse(svg):
    return ET.fromstring(svg)  # noqa: S314 - the same


def title(svg):
    return parse(svg).find("title").text


def count_of(svg, name):
    return len(re.findall(rf'class="{name}"', svg))


def labels(svg):
    return [node.text for node in parse(svg).iter("text") if node.get("class").startswith("id")]


def test_people_are_drawn_one_figure_each():
    svg = draw_people(ANSWER)

    assert svg.count("<g ") == 2
    assert "score 6.5, 4 parts</text>" in svg
    assert title(svg).startswith(
        "Person 1: neck 1, right_shoulder 4, right_elbow 6, right_wrist 8; score 6.5; 4 parts. Person 2: nose 0, neck 1"
    )


def test_people_show_ids_and_limbs_between_them():
    svg = draw_people(EXPECTED)

    assert labels(svg) == ["0", "1", "4", "6", "8"]
    assert count_of(svg, "bone") == 4
    assert "conflict" not in title(svg)


def test_people_who_share_a_keypoint_are_marked():
    svg = draw_people(ANSWER)

    assert count_of(svg, "ring") == 2
    assert title(svg).endswith("In conflict: neck 1.")


def test_people_beyond_the_fourth_are_counted():
    svg = draw_people(make_people(*(({"nose": k, "neck": k}, k) for k in range(MAX_FIGURES + 96))))

    assert svg.count("<g ") == MAX_FIGURES
    assert "+ 96 more</text>" in svg
    assert title(svg).endswith("96 more are not drawn.")


def test_nobody_is_drawn_as_nobody():
    for svg in (draw_people(make_people()), draw_input(make_rows())):
        assert "nobody</text>" in svg
        assert title(svg).endswith(": nobody.")


def test_input_rows_that_hang_together_are_one_figure():
    rows = make_rows(
        ("neck", 1, "nose", 0, 1),
        ("neck", 11, "nose", 10, 1),
        ("nose", 0, "left_eye", 2, 1),
        ("nose", 10, "left_eye", 2, 1),
        ("neck", 21, "nose", 20, 1),
    )

    svg = draw_input(rows)

    assert svg.count("<g ") == 2
    assert "Group 1: 4 rows that hang together" in title(svg)
    assert "Group 2: 1 row that hang together" not in title(svg)
    assert "Group 2: 1 row: nose 20, neck 21." in title(svg)


def test_input_conflicts_are_listed_beside_the_dot():
    svg = draw_input(CONFLICT_ROWS)

    assert "31 / 32" in labels(svg)
    assert "12 / 14" in labels(svg)
    assert count_of(svg, "ring") == 2
    assert count_of(svg, "bone clash") == 7
    assert title(svg).endswith("In conflict: neck 31, neck 32, right_shoulder 12, right_shoulder 14.")


def test_input_rows_of_one_limb_are_drawn_side_by_side():
    svg = draw_input(make_rows(("neck", 1, "nose", 0, 1), ("neck", 1, "nose", 2, 1)))

    paths = re.findall(r'class="bone clash" d="([^"]+)"', svg)
    assert len(set(paths)) == 2


def test_input_of_many_ids_in_one_slot_counts_the_rest():
    svg = draw_input(make_rows(*(("neck", 1, "nose", k, 1) for k in range(7))))

    assert "0 / 1 / 2 / +4" in labels(svg)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 1e300, 0.5, -7.0])
def test_odd_numbers_are_drawn_as_they_are(value):
    rows = np.full((3, ROW_LENGTH), value)

    assert title(draw_people(rows))
    assert title(draw_input(rows))


def test_drawings_are_the_same_each_time():
    assert draw_input(ROWS) == draw_input(ROWS.copy())


def test_labels_stay_inside_the_drawing():
    svg = draw_people(make_people(({part.name: 100_000 + part for part in PARTS}, 1)))

    for node in parse(svg).iter("text"):
        n_characters, anchor = 9 * len(node.text), node.get("text-anchor", "middle")
        left = float(node.get("x")) - n_characters * {"start": 0, "middle": 0.5, "end": 1}[anchor]
        assert left >= 0
        assert left + n_characters <= 250


def places(svg):
    return re.findall(r'transform="translate\(([-\d.]+) (\d+)\)"', svg)


def test_two_figures_stand_side_by_side_and_others_below_them():
    people = [({"nose": k, "neck": k}, k) for k in range(9)]

    assert [places(draw_people(make_people(*people[:n]))) for n in (1, 2, 3)] == [
        [("0", "0")],
        [("0", "0"), ("250", "0")],
        [("0", "0"), ("250", "0"), ("0", "330")],
    ]
    assert 'viewBox="0 0 500 330"' in draw_people(make_people(*people[:2]))
    assert 'viewBox="0 0 500 690"' in draw_people(make_people(*people))


@pytest.mark.parametrize("factor", [1, 10**4, 10**9, 1e200])
def test_labels_of_any_length_are_whole(factor):
    rows = make_rows(*(("right_wrist", factor * k, "right_elbow", factor, 1) for k in range(20)))
    svg = draw_input(rows)
    _, _, width, height = map(float, parse(svg).get("viewBox").split())

    (at,) = [float(left) for left, _ in places(svg)]
    for node in parse(svg).iter("text"):
        # The style sheet writes 17 units high at most, and a letter is 0.6 of that wide.
        n_units, anchor = 0.6 * 17 * len(node.text), node.get("text-anchor", "middle")
        left = at + float(node.get("x")) - n_units * {"start": 0, "middle": 0.5, "end": 1}[anchor]
        assert left >= -1e-6
        assert left + n_units <= width + 1e-6
        assert float(node.get("y")) < height
