"""The page: whole HTML, nothing of a stranger's text as markup, readable without eyes, a mouse or scripts."""

import re
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from grader.harness.report import html
from grader.harness.report.html import MAX_OPEN, MAX_OVERLAYS, render_html
from grader.harness.results import Audience, Verdict
from grader.labs.merge.evidence import MergeEvidence
from grader.labs.merge.lab import LAB
from tests.grader.harness.report.pages import Reader, luminance
from tests.grader.harness.report.samples import (
    ALL,
    CONFLICT_ROWS,
    HOSTILE,
    PASSED,
    failing,
    fatal,
    faulty,
    hostile,
    make_case,
    make_check,
    make_hidden,
    make_overlay,
    make_people,
    make_report,
    make_rows,
    one_cause,
    passing,
    several_causes,
    unloadable,
)

STUDENT, STAFF = Audience.STUDENT, Audience.STAFF


@pytest.fixture(scope="module", params=[(name, audience) for name in ALL for audience in Audience], ids="-".join)
def reader(request):
    name, audience = request.param
    return Reader(render_html(LAB, ALL[name](), audience))


def read(report, audience=STUDENT):
    return Reader(render_html(LAB, report, audience))


def test_page_closes_every_tag(reader):
    assert reader.faults == []


def test_page_has_no_scripts_and_loads_nothing(reader):
    names = {tag for tag, _ in reader.tags}
    attributes = [(name, value) for _, attributes in reader.tags for name, value in attributes.items()]

    assert not names & {"script", "iframe", "object", "embed", "form", "link", "base", "foreignobject"}
    assert not [name for name, _ in attributes if name.startswith("on")]
    assert all(value.startswith("#") for name, value in attributes if name in {"href", "xlink:href", "action"})
    assert all(value.startswith("data:image/jpeg;base64,") for name, value in attributes if name == "src")


def test_page_forbids_what_it_does_not_need(reader):
    (policy,) = [meta["content"] for meta in reader.all("meta") if "http-equiv" in meta]

    assert policy.startswith("default-src 'none'; img-src data:; style-src 'unsafe-inline'")


def test_page_can_be_read_by_a_screen_reader(reader):
    levels = [int(tag[1]) for tag, _ in reader.tags if re.fullmatch(r"h[1-6]", tag)]

    assert reader.all("html") == [{"lang": "en"}]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    assert len(reader.all("caption")) == len(reader.all("table"))
    assert all(cell.get("scope") in {"row", "col", "rowgroup"} for cell in reader.all("th"))
    assert all(image.get("alt") for image in reader.all("img"))
    assert all(svg.get("role") == "img" or svg.get("aria-hidden") == "true" for svg in reader.all("svg"))
    assert len(reader.all("title")) == 1 + sum(svg.get("role") == "img" for svg in reader.all("svg"))


def test_page_can_be_used_by_keyboard(reader):
    ids = [attributes["id"] for _, attributes in reader.tags if "id" in attributes]
    targets = [attributes["href"][1:] for attributes in reader.all("a")]
    regions = [attributes for _, attributes in reader.tags if attributes.get("tabindex") == "0"]

    assert len(ids) == len(set(ids))
    assert targets[0] == "main"
    assert set(targets) <= set(ids)
    assert {a["aria-labelledby"] for _, a in reader.tags if "aria-labelledby" in a} <= set(ids)
    assert all(region["role"] == "region" and region["aria-label"] for region in regions)


def test_page_gives_each_landmark_a_name_of_its_own(reader):
    labels = [attributes["aria-label"] for _, attributes in reader.tags if "aria-label" in attributes]
    names = labels + [reader.texts_of[a["aria-labelledby"]] for _, a in reader.tags if "aria-labelledby" in a]

    assert len(names) == len(set(names))


def test_page_shows_strangers_text_as_text():
    page = render_html(LAB, hostile(), STAFF)

    assert "<script" not in page
    assert "<img src=x" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt; \\x1b[2J\\x07 \\u202egnp.exe\\u202c =HYPERLINK" in page
    assert not set(page) & set("\x1b\x07\u202e\u202c\ud800")
    assert page.encode("utf-8")


def test_page_shows_all_of_a_short_print_to_staff():
    report = make_report(make_check(make_hidden()), printed=HOSTILE + "\nlast line")

    assert "last line" in read(report, STAFF).text
    assert "last line" not in read(report, STUDENT).text


def test_page_tells_points_by_part_and_what_cost_them():
    text = read(failing()).text

    assert "4 of 42 points" in text
    assert "Merging without conflicts 0 / 7" in text
    assert "Report: 40 points, marked by hand" in text
    assert "Required There must be a person with nose 0, neck 1 Got got one without nose 0 What to do Merge" in text
    assert "The input, the smallest found that fails" in text
    assert "merge(subset, min_num_body_parts=2)" in text
    assert "nose 0, neck 1, right_shoulder 4, right_elbow 6, right_wrist 8; score 8; 5 parts" in text
    assert "IndexError: index 20 is out of bounds" in text
    assert "No answer that could be read." in text
    assert "8 more cases failed" in text
    assert "Graded with Python 3.11.2, NumPy 2.4.1." in text
    assert "Done so that your code could run here: np.float was answered by float, as NumPy 1 did." in text


def test_page_leads_with_the_reason_that_cost_most():
    text = read(one_cause()).text

    story = text.index("One reason in 4 checks: 6 points lost")
    assert story < text.index("3 checks failed for the same reason alone") < text.index("All checks")
    assert text.count("The last column must count the ids") == 1
    assert "Chains in every order 1 of 3 cases, 1 more for another reason 0.67 of 1 point" in text
    assert "Random people wrong 0.33 / 1" not in text
    assert "The same reason as above: 1 of 3 cases; 1 hidden, too." in text


def test_page_folds_what_is_secondary():
    page = render_html(LAB, one_cause(), STUDENT)
    folds = [part.split("</details>")[0] for part in page.split("<details>")[1:]]

    assert any("Failed for 1 other reason" in fold and "Merge until nothing changes." in fold for fold in folds)
    assert any("3 checks failed for the same reason alone" in fold and "count_0" in fold for fold in folds)
    assert "details:not([open])" in page


def test_page_opens_the_first_reason_alone():
    page = read(one_cause())

    assert not [attributes for attributes in page.all("details") if "open" in attributes]
    assert page.closed("h3") == ["Chains in every order"]
    assert page.text.index("The input to paste") < page.text.index("All checks")


def test_page_opens_the_first_check_where_no_reason_fails_in_several():
    headings = read(failing())

    folded = headings.closed("h3")
    assert "The handout's example" not in folded
    assert folded[:3] == ["Rows that close a cycle", "Chains in every order", "What is wrong in any answer"]


def test_page_says_of_each_fold_what_is_in_it():
    text = read(several_causes()).text

    assert "Reason 1 in 2 checks: 4 points lost wrong a wrong Two" in text
    assert "Reason 2 in 3 checks: 2 points lost crashed got KeyError in line 7 of merge.py b crashed Two" in text
    assert "5 checks, 5 of them with cases that failed" in text


def test_page_prints_what_is_folded_and_not_what_only_plays_it_through():
    page = render_html(LAB, failing(), STUDENT)

    assert ".fold > details::details-content { content-visibility: visible; display: block; }" in page
    assert ".fold > details:not([open]) { display: block; }" in page
    assert page.count('<div class="evidence">') == MAX_OPEN
    assert page.count('<div class="evidence unprinted">') == 2


@pytest.mark.parametrize(
    ("name", "student_id", "title"),
    [
        ("lab3 (1).zip", "", "lab3 (1).zip: results of OpenPose lab 3"),
        ("n26130001_lab3.zip", "N26130001", "N26130001, n26130001_lab3.zip: results of OpenPose lab 3"),
        ("骨架合併_王小明.zip", "", "骨架合併_王小明.zip: results of OpenPose lab 3"),
    ],
)
def test_page_names_the_file_as_it_was_uploaded(name, student_id, title):
    report = passing()
    handed = replace(report.handed, file_name=name, student_id=student_id, report_name="報告 (2).pdf")
    page = render_html(LAB, replace(report, handed=handed), STUDENT)

    assert f"<title>{title}</title>" in page
    assert f"<h1><bdi>{student_id or name}</bdi></h1>" in page
    assert (f"Handed in as <bdi>{name}</bdi>" in page) == bool(student_id)
    assert "Handed in as <bdi>報告 (2).pdf</bdi>." in page


def test_page_folds_pictures_that_passed():
    page = render_html(LAB, passing(), STUDENT)

    assert "1.jpg" in page.split("<summary>1 picture passed</summary>")[1].split("</details>")[0]


def test_page_adds_up():
    report = make_report(*(make_check(PASSED, make_case(), make_case("b"), title=key, points=1) for key in "abc"))

    assert "Merging without conflicts 1 / 3" in read(report).text
    assert [
        f"{key} wrong 1 of 3 {points} / 1" in read(report).text
        for key, points in zip("abc", ("0.34", "0.33", "0.33"), strict=True)
    ] == [True] * 3


def test_page_draws_input_and_both_answers():
    report = make_report(make_check(make_case(evidence=failing().checks[1].cases[1].evidence)))

    assert sum(svg.get("role") == "img" for svg in read(report).all("svg")) == 3


def test_page_shows_overlays_side_by_side():
    reader = read(failing())

    alternatives = [image["alt"] for image in reader.all("img")]
    assert alternatives == ["1.jpg: reference, 1 skeleton", "1.jpg: this merge, 2 skeletons"]
    assert "Reference: 93.8 %, 1 skeleton" in reader.text
    assert "This merge: 75.0 %, 2 skeletons" in reader.text
    assert "The picture is not available, so nothing is drawn (no_such.jpg: reference, 1 skeleton)." in reader.text


def test_page_of_a_full_mark_says_so():
    text = read(passing()).text

    assert "Nothing: every case passed." in text
    assert "0.312 s for 1900 rows, 100 people; the reference took 0.0125 s" in text
    assert "1 of the sandbox's 3 protections were off: files (this system has no Landlock)." in text


def test_page_of_a_fatal_problem_is_the_reason_alone():
    text = read(fatal()).text

    assert "Nothing could be graded. Required The zip must hold a file merge.py" in text
    assert "not run" not in text
    assert "All checks" not in text


def test_page_tells_once_what_could_not_be_run():
    assert read(unloadable()).text.count("20 more checks worth 60 points could not be run") == 1


def test_page_gives_no_mark_when_the_grader_failed():
    text = read(faulty()).text

    assert "No mark yet. The grader itself failed in a check." in text
    assert "of 6 points" not in text
    assert "? / 3" in text


def test_page_gives_fingerprints_to_staff():
    assert "cases ef" in read(passing(), STAFF).text
    assert "cases ef" not in read(passing(), STUDENT).text


def test_page_marks_hidden_cases_for_staff():
    report = make_report(make_check(make_hidden()))

    assert "not published" in read(report, STAFF).text
    assert "secret-770" in read(report, STAFF).text


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
def test_page_colours_have_contrast(scheme):
    css = (Path(html.__file__).parent / "page.css").read_text(encoding="utf-8")
    block = re.findall(r":root \{(.*?)\}", css, re.DOTALL)[scheme]
    colors = {name: luminance(color) for name, color in re.findall(r"--([a-z-]+): (#[0-9a-f]+);", block)}
    verdicts = [verdict.replace(" ", "-") for verdict in Verdict]
    pairs = [(ink, paper) for ink in ("ink", "quiet", "accent", "wrong") for paper in ("page", "card", "soft")]
    pairs += [(verdict, f"{verdict}-soft") for verdict in verdicts] + [("ink", "wrong-soft"), ("quiet", "wrong-soft")]

    ratios = {pair: (max(both := [colors[name] for name in pair]) + 0.05) / (min(both) + 0.05) for pair in pairs}

    assert not {pair: round(ratio, 2) for pair, ratio in ratios.items() if ratio < 4.5}


def test_page_stays_small():
    crowd = make_rows(*(("neck", 10**6 + k, "nose", 10**6 + k, 1.5) for k in range(1900)))
    people = make_people(*(({"neck": k, "nose": k}, 1.5) for k in range(2000)))
    evidence = [MergeEvidence(rows, "merge(subset)", people, people) for rows in (crowd, CONFLICT_ROWS)]
    cases = [
        make_case(evidence=evidence[k % 2], traceback=HOSTILE * 200, overlay=make_overlay("10.jpg")) for k in range(9)
    ]
    report = make_report(*[make_check(*cases)] * 22, printed="<\x00" * 32 * 1024)

    page = render_html(LAB, report, STAFF)

    assert page.count("data:image/jpeg") == 2 * MAX_OVERLAYS
    assert "188 more pictures not shown" in page
    assert len(page.encode("utf-8")) < 3_000_000
