"""The class page's pictures: right counts, the page's colours, the same bytes each time, labels that can be read."""

import subprocess
import sys
from dataclasses import replace
from fractions import Fraction
from functools import cache
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree as ET

import matplotlib as mpl
import pytest

from grader.harness.batch import figures
from grader.harness.batch.figures import (
    MAX_BINS,
    Missed,
    Spread,
    bin_points,
    count_missed,
    draw_histogram,
    draw_missed,
    draw_strip,
    spread_points,
)
from grader.harness.batch.found import Person
from grader.harness.batch.records import Line, Status
from grader.harness.results import Verdict
from grader.harness.rubric import load_rubric
from grader.labs.merge.lab import LAB

RUBRIC = load_rubric(LAB.folder / "rubric.toml")
REPOSITORY = Path(__file__).resolve().parents[4]
BINS = bin_points([Fraction(60), Fraction(55), Fraction(109, 2), Fraction(0)], Fraction(60))
ALL_CHECKS = [Missed(check.title, 20 - k // 2, k % 5, k % 3) for k, check in enumerate(RUBRIC.checks)]
DRAW = {"histogram": lambda: draw_histogram(BINS), "missed": lambda: draw_missed(ALL_CHECKS, 30)}


@cache
def drawing(name):
    return DRAW[name]()


def parse(svg):
    return ET.fromstring(f'<page xmlns:xlink="http://www.w3.org/1999/xlink">{svg}</page>')  # noqa: S314


def make_line(status=Status.GRADED, **verdicts):
    verdicts = {check.key: Verdict.PASSED for check in RUBRIC.checks} | verdicts
    return Line(Person("A1"), status, "", "a.zip", verdicts=verdicts)


@pytest.mark.parametrize(
    ("max_points", "n_bins", "width"),
    [(60, 12, 5), (1, 1, 1), (12, 12, 1), (13, 7, 2), (100, 10, 10), (7000, 12, 584), ("7.5", 8, 1), (0, 1, 1)],
)
def test_bins_have_a_width_to_count_in(max_points, n_bins, width):
    bins = bin_points([], Fraction(max_points))

    assert len(bins) == n_bins <= MAX_BINS
    assert bins[0].low == 0
    assert all(after.low == before.high == before.low + width for before, after in pairwise(bins))
    assert bins[-1].high == (Fraction(max_points) or 1)


@pytest.mark.parametrize(
    ("points", "place"),
    [("0", 0), ("4.99", 0), ("5", 1), ("54.99", 10), ("55", 11), ("60", 11), ("61", 11), ("-1", 0)],
)
def test_bins_count_bounds_on_the_right_side(points, place):
    counts = [bin_.n_students for bin_ in bin_points([Fraction(points)], Fraction(60))]

    assert counts == [int(k == place) for k in range(12)]


def test_bins_tell_their_bounds():
    assert [str(bin_) for bin_ in (BINS[0], BINS[-1])] == ["0 to below 5", "55 to 60"]


def test_missed_counts_graded_submissions_by_what_happened():
    lines = [
        make_line(cycles="wrong", id_zero="wrong"),
        make_line(cycles="timed out", id_zero="wrong"),
        make_line(cycles="forbidden", gaps="not run"),
        make_line(),
        make_line(Status.UNGRADABLE, cycles="not run"),
        make_line(Status.NO_MARK, cycles="grader fault"),
    ]

    missed = {check.title: check for check in count_missed(RUBRIC, lines)}

    assert list(missed)[:3] == ["Rows that close a cycle", "The keypoint with id 0", "Ids with gaps"]
    assert missed["Rows that close a cycle"] == Missed("Rows that close a cycle", 1, 2, 0)
    assert missed["The keypoint with id 0"] == Missed("The keypoint with id 0", 2, 0, 0)
    assert missed["Ids with gaps"] == Missed("Ids with gaps", 0, 0, 1)
    assert sum(check.n_missed for check in missed.values()) == 6
    assert len(missed) == len(RUBRIC.checks)


def test_spread_counts_who_has_all_a_part_and_none_of_a_checks_points():
    worth = {check.key: check.points for check in RUBRIC.checks}
    lines = [
        replace(make_line(), points=worth),
        replace(make_line(), points=worth | {"cycles": Fraction(1, 3)}),
        replace(make_line(), points=worth | {"cycles": Fraction(0)}),
        replace(make_line(Status.UNGRADABLE), points=dict.fromkeys(worth, Fraction(0))),
    ]

    spread = spread_points(RUBRIC, lines)

    assert Spread("Rows that close a cycle", worth["cycles"], 1, 1, 1) in spread
    assert Spread("Ids with gaps", worth["gaps"], 3, 0, 0) in spread
    assert [check.title for check in spread] == [check.title for check in RUBRIC.checks if check.points]


def test_strip_has_the_widths_of_the_spread():
    (svg,) = parse(draw_strip(Spread("A <check>", Fraction(2), 5, 3, 2)))

    assert [(rect.get("class"), rect.get("x"), rect.get("width")) for rect in svg] == [
        ("strip-all", "0.00", "50.00"),
        ("strip-part", "50.00", "30.00"),
        ("strip-none", "80.00", "20.00"),
    ]
    assert svg.get("aria-hidden") == "true"


@pytest.mark.parametrize(("spread", "names"), [((0, 0, 0), []), ((0, 0, 4), ["strip-none"])], ids=["nobody", "one"])
def test_strip_leaves_out_what_nobody_has(spread, names):
    (svg,) = parse(draw_strip(Spread("A check", Fraction(2), *spread)))

    assert [rect.get("class") for rect in svg] == names


def test_missed_leaves_out_checks_that_a_result_does_not_have():
    line = Line(Person("A1"), Status.GRADED, "", "a.zip", verdicts={"cycles": "wrong"})

    assert sum(check.n_missed for check in count_missed(RUBRIC, [line])) == 1


@pytest.mark.parametrize("name", DRAW)
def test_drawing_is_the_same_every_time(name, monkeypatch):
    first = DRAW[name]()
    monkeypatch.setitem(mpl.rcParams, "axes.labelsize", 30.0)
    monkeypatch.setitem(mpl.rcParams, "svg.fonttype", "none")

    assert DRAW[name]() == first
    assert mpl.rcParams["axes.labelsize"] == 30
    assert mpl.rcParams["svg.hashsalt"] is None


@pytest.mark.parametrize("name", DRAW)
def test_drawing_is_one_element_with_words_for_screen_readers(name):
    (svg,) = parse(drawing(name))

    assert svg.attrib.keys() == {"class", "viewBox", "width", "height", "role"}
    assert svg.get("role") == "img"
    assert svg[0].tag == "title"
    assert len(svg) == 2 or svg[-1].tag == "defs"


@pytest.mark.parametrize("name", DRAW)
def test_drawing_has_the_colours_of_the_page_alone(name):
    svg = drawing(name)
    used = {part.split(")")[0] for part in svg.split("var(--")[1:]}
    css = (Path(figures.__file__).parent / "class_page.css").read_text(encoding="utf-8")
    css += (REPOSITORY / "grader" / "harness" / "report" / "page.css").read_text(encoding="utf-8")

    assert "#01010" not in svg
    assert "fill: #" not in svg
    assert "stroke: #" not in svg
    assert {"ink", "quiet", "line"} <= used
    assert all(f"--{variable}:" in css for variable in used)


@pytest.mark.parametrize("name", DRAW)
def test_drawing_loads_nothing_and_styles_nothing_else(name):
    svg = drawing(name)
    (root,) = parse(svg)
    hrefs = [value for node in root.iter() for key, value in node.attrib.items() if key.endswith("href")]

    assert "<style" not in svg
    assert "<!--" not in svg
    assert "<metadata" not in svg
    assert hrefs
    assert set(hrefs) <= {f"#{node.get('id')}" for node in root.iter() if node.get("id")}


def test_drawings_share_no_ids():
    ids = [{node.get("id") for node in parse(drawing(name)).iter()} - {None} for name in DRAW]

    assert not ids[0] & ids[1]


def test_drawings_tell_their_numbers_in_words():
    (histogram,), (missed,) = (parse(drawing(name)) for name in ("histogram", "missed"))

    assert histogram[0].text == (
        "Histogram of the points for the code. 0 to below 5: 1; 50 to below 55: 1; 55 to 60: 2."
    )
    assert missed[0].text.startswith("Checks missed, of 30 graded submissions. merge.py can be loaded: 20; The handout")


def test_drawings_of_nothing_say_so():
    assert "code. No points yet." in draw_histogram(bin_points([], Fraction(60)))
    assert "submissions. None." in draw_missed([Missed("Title", 0, 0, 0)], 0)


@pytest.fixture
def drawn(monkeypatch):
    """Figures as they were before they became SVG."""
    kept = []
    monkeypatch.setattr(figures, "_svg", lambda figure, *_: kept.append(figure) or "")
    return kept


def overlaps(figure, artists):
    figure.draw_without_rendering()
    boxes = sorted((artist.get_window_extent() for artist in artists if artist.get_text()), key=lambda box: -box.y0)
    return [(a, b) for k, a in enumerate(boxes) for b in boxes[k + 1 :] if a.overlaps(b)]


@pytest.mark.parametrize("n_graded", [1, 30, 2000])
def test_labels_of_all_checks_do_not_overlap(drawn, n_graded):
    share = n_graded // 3
    long = [Missed(check.title + " " + "w" * 40, n_graded - 2 * share, share, share) for check in ALL_CHECKS]
    draw_missed(long, n_graded)
    (axes,) = drawn[0].axes
    texts = [*axes.texts, *axes.get_yticklabels(), *axes.get_legend().get_texts()]

    assert len(axes.texts) == len(RUBRIC.checks)
    assert overlaps(drawn[0], texts) == []
    assert overlaps(drawn[0], [*axes.get_xticklabels(), axes.xaxis.label]) == []
    assert all(text.get_window_extent().x0 >= 0 for text in texts)
    assert all(text.get_window_extent().x1 <= drawn[0].bbox.x1 for text in texts)


@pytest.mark.parametrize("max_points", [60, 100, 7000])
def test_labels_of_a_histogram_do_not_overlap(drawn, max_points):
    points = [Fraction(max_points * k, 2000) for k in range(2001)]
    draw_histogram(bin_points(points, Fraction(max_points)))
    (axes,) = drawn[0].axes

    assert [text.get_text() for text in axes.texts if text.get_text()]
    assert overlaps(drawn[0], [*axes.texts, *axes.get_xticklabels()]) == []


def test_labels_show_a_square_for_letters_that_the_font_lacks(drawn):
    draw_missed([Missed("骨架 $x^2$ and $y$ <b>", 1, 0, 0)], 1)
    (label,) = drawn[0].axes[0].get_yticklabels()

    assert label.get_text() == r"□□ \$x^2\$ and \$y\$ <b>"


def test_drawing_library_is_loaded_when_it_is_needed():
    code = "import sys, grader.harness.batch.page; print('matplotlib' in sys.modules, 'jinja2' in sys.modules)"
    out = subprocess.run([sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True, check=True)

    assert out.stdout.split() == ["False", "False"]
