"""What is shown of a wrong answer: numbers, the first that differs, and maps beside each other."""

import base64
import re
import struct
import zlib

import numpy as np
import pytest

from grader.harness.cases import Case
from grader.harness.codec import from_plain, to_plain
from grader.harness.results import Visibility
from grader.labs.maps.evidence import MAX_SIDE, MapPair, MapsEvidence, MapsEvidenceKind
from grader.labs.maps.map_drawings import LETTERS, draw_map, find_range, write_letters

KIND = MapsEvidenceKind()


def case(expected, function="heatmaps", visibility=Visibility.PUBLIC, arguments=((3, 4), 1.5)):
    return Case(
        check="heatmaps_values",
        name="one",
        says="A case.",
        visibility=visibility,
        arguments=arguments,
        expected=np.asarray(expected, dtype=float),
        function=function,
    )


def two_maps(rows=3, columns=4):
    expected = np.zeros((2, rows, columns))
    expected[:, 1, 1] = 1.0
    got = expected.copy()
    got[1, 2, 3] = 0.5
    return expected, got


def test_first_difference_and_its_map_are_kept():
    expected, got = two_maps()

    evidence = KIND.collect(case(expected), got, is_shrunk=False)

    assert evidence.first == "answer[1, 2, 3]: expected 0, got 0.5"
    assert evidence.maps.where == "answer[1], 3 rows and 4 columns"
    assert np.array_equal(evidence.maps.expected, expected[1])
    assert np.array_equal(evidence.maps.got, got[1])
    assert evidence.found_in == "case 'one' in grader/labs/maps/cases/public/heatmaps_values.json"


def test_of_a_large_map_a_window_is_kept():
    expected, got = np.zeros((40, 60)), np.zeros((40, 60))
    got[39, 30] = 1.0

    maps = KIND.collect(case(expected, "density"), got, is_shrunk=False).maps

    assert maps.expected.shape == maps.got.shape == (MAX_SIDE, MAX_SIDE)
    assert maps.where == "answer[16:40, 18:42] of 40 rows and 60 columns"
    assert maps.got[39 - 16, 30 - 18] == 1


def test_turned_answer_is_laid_out_before_it_is_drawn():
    expected, got = two_maps()

    evidence = KIND.collect(case(expected), np.moveaxis(got, 0, -1), is_shrunk=False)

    assert evidence.first == "answer[1, 2, 3]: expected 0, got 0.5"


@pytest.mark.parametrize(
    ("function", "expected", "got"),
    [
        ("heatmaps", np.zeros((2, 3, 4)), np.zeros(5)),
        ("heatmaps", np.zeros((2, 3, 4)), None),
        ("pck", 0.5, np.array(0.25)),
        ("iou", 0.5, np.array([0.25])),
    ],
    ids=["shape", "none", "number", "array of one"],
)
def test_what_is_no_map_is_not_drawn(function, expected, got):
    evidence = KIND.collect(case(expected, function), got, is_shrunk=False)

    assert evidence.maps is None
    assert evidence.first == ""


def test_points_are_told_and_not_drawn():
    evidence = KIND.collect(case([[1.0, 2.0]], "softargmax"), np.array([[1.0, 3.0]]), is_shrunk=False)

    assert evidence.maps is None
    assert evidence.first == "answer[0, 1]: expected 2, got 3"


@pytest.mark.parametrize(("visibility", "is_shrunk"), [(Visibility.HIDDEN, False), (Visibility.PUBLIC, True)])
def test_file_is_named_of_published_cases_alone(visibility, is_shrunk):
    evidence = KIND.collect(case(np.ones((2, 3, 4)), visibility=visibility), np.zeros((2, 3, 4)), is_shrunk=is_shrunk)

    assert evidence.found_in == ""


def test_record_is_read_as_it_was_written():
    expected, got = two_maps()
    got[1, 0, 0] = np.nan
    evidence = KIND.collect(case(expected), got, is_shrunk=True)

    again = from_plain(MapsEvidence, to_plain(evidence))

    assert np.array_equal(again.maps.got, evidence.maps.got, equal_nan=True)
    assert again.first == evidence.first
    assert again.arrays == evidence.arrays


@pytest.mark.parametrize("shapes", [((2, 3), (3, 2)), ((0, 3), (0, 3)), ((2,), (2,)), ((25, 2), (25, 2))], ids=str)
def test_maps_that_cannot_be_drawn_are_refused(shapes):
    with pytest.raises(ValueError, match=r"^Two maps of one shape, at most 24 cells on a side, can be drawn; got \("):
        MapPair("answer", 0, 0, 2, 3, *map(np.zeros, shapes))


def test_text_shows_both_maps_and_their_difference():
    expected, got = two_maps()
    evidence = KIND.collect(case(expected), got, is_shrunk=True)

    lines = KIND.write(evidence, 100)

    assert lines[:3] == [
        "The first number that differs is answer[1, 2, 3]: expected 0, got 0.5.",
        "Drawn, answer[1], 3 rows and 4 columns; blank is 0, @ is 1:",
        "  expected     got          difference",
    ]
    drawn = "\n".join(lines)
    assert "   @            @" in drawn
    assert re.search(r"\n {17}\s*[=+-] {12}@\n", drawn), drawn
    assert "Call, the smallest input that fails:\n  heatmaps((3, 4), 1.5)" in drawn
    assert "Expected:\n  [[[0. 0. 0. 0.]" in drawn


def test_text_leaves_out_maps_that_are_too_wide():
    expected, got = np.zeros((3, 24)), np.ones((3, 24))

    lines = KIND.write(KIND.collect(case(expected, "density"), got, is_shrunk=True), 60)

    assert not any(line.startswith("Drawn") for line in lines)


def test_text_marks_what_is_no_number():
    got = np.array([[np.nan, 1.0]])

    lines = KIND.write(KIND.collect(case([[0.0, 1.0]], "density"), got, is_shrunk=True), 100)

    assert "Drawn, answer, 1 rows and 2 columns; blank is 0, @ is 1, ! is no number:" in lines


def test_brief_text_keeps_to_its_lines():
    expected, got = two_maps()
    evidence = KIND.collect(case(expected), got, is_shrunk=True)

    assert any(line.startswith("Drawn") for line in KIND.write_briefly(evidence, 78, 40))
    assert not any(line.startswith("Drawn") for line in KIND.write_briefly(evidence, 78, 10))
    assert KIND.write_briefly(evidence, 78, 40)[0] == "First difference: answer[1, 2, 3]: expected 0, got 0.5"


def test_page_draws_three_maps_for_eyes_and_ears():
    expected, got = two_maps()

    page = KIND.draw(KIND.collect(case(expected), got, is_shrunk=False))

    assert re.findall(r"<figcaption>(.*?)</figcaption>", page) == ["Expected", "Got", "Difference"]
    assert page.count('src="data:image/png;base64,') == 3
    assert 'alt="Expected: answer[1], 3 rows and 4 columns; 0 dark, 1 light"' in page
    assert "blue is too low, red is too high, by up to 0.5" in page
    assert "The first number that differs is answer[1, 2, 3]: expected 0, got 0.5." in page
    assert "The whole input is case &#39;one&#39; in grader/labs/maps" in page
    assert "<pre>" in page


def test_page_escapes_what_a_stranger_wrote_into_a_file():
    evidence = MapsEvidence(
        KIND.collect(case(0.5, "iou"), np.array(0.25), is_shrunk=False).arrays, "<b>", None, "<script>\u202e"
    )

    page = KIND.draw(evidence)

    assert "<b>" not in page
    assert "<script>" not in page
    assert "\u202e" not in page


# Drawings.


def pixels(address):
    """Read a drawing: its size, and the colour of each cell."""
    data = base64.b64decode(address.removeprefix("data:image/png;base64,"))
    assert data.startswith(b"\x89PNG\r\n\x1a\n")
    chunks, place = {}, 8
    while place < len(data):
        (length,) = struct.unpack(">I", data[place : place + 4])
        kind, content = data[place + 4 : place + 8], data[place + 8 : place + 8 + length]
        assert struct.unpack(">I", data[place + 8 + length : place + 12 + length])[0] == zlib.crc32(kind + content)
        chunks[kind] = content
        place += 12 + length
    columns, rows = struct.unpack(">II", chunks[b"IHDR"][:8])
    lines = np.frombuffer(zlib.decompress(chunks[b"IDAT"]), np.uint8).reshape(rows, columns + 1)[:, 1:]
    return np.frombuffer(chunks[b"PLTE"], np.uint8).reshape(-1, 3)[lines]


def test_drawing_has_a_pixel_a_cell():
    drawn = pixels(draw_map(np.array([[0.0, 1.0, 0.5], [np.nan, -1.0, 9.0]]), 0.0, 1.0))

    assert drawn.shape == (2, 3, 3)
    assert drawn[0, 0].tolist() == drawn[1, 1].tolist() == [18, 20, 60]
    assert drawn[0, 1].tolist() == drawn[1, 2].tolist() == [250, 230, 90]
    assert drawn[1, 0].tolist() == [255, 0, 255]


def test_drawn_difference_is_white_where_there_is_none():
    drawn = pixels(draw_map(np.array([[-1.0, 0.0, 1.0]]), -1.0, 1.0, is_difference=True))

    assert drawn[0].tolist() == [[40, 90, 220], [245, 245, 245], [215, 50, 40]]


def test_drawing_of_one_value_has_one_colour():
    assert pixels(draw_map(np.full((2, 2), 3.0), 3.0, 3.0)).reshape(-1, 3).tolist() == [[18, 20, 60]] * 4


def test_letters_go_from_the_lowest_value_to_the_highest():
    assert write_letters(np.linspace(0, 1, 10)[None], 0.0, 1.0) == [LETTERS]
    assert write_letters(np.array([[np.inf, -5.0, 5.0]]), 0.0, 1.0) == ["! @"]


@pytest.mark.parametrize("high", [1e308, np.inf, np.nan])
def test_range_passes_over_what_is_no_number(high):
    low, top = find_range([np.array([[-1e308, 0.0]]), np.array([[high]])])

    assert low == -1e308
    assert top == (high if high == 1e308 else 0.0)
    assert find_range([np.array([[np.nan]])]) == (0.0, 0.0)
    draw_map(np.array([[-1e308, high]]), low, top)
