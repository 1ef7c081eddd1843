"""The class page: nobody left out, nothing of a stranger's as markup or address, and a table that sorts."""

import base64
import hashlib
import re
import shutil
from dataclasses import replace
from datetime import datetime
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import pytest

from grader.harness.batch import page
from grader.harness.batch.found import Entry, Person, Place, WithoutFile
from grader.harness.batch.page import MAX_LISTED, MAX_NOTES, MAX_PAIRS, MAX_WHY, render_class_page
from grader.harness.batch.records import Line, PreCheck, SimilarPair, Status
from grader.harness.marking import Lateness, Marking, Overruled, PartMark
from grader.harness.results import Timing, Verdict
from grader.harness.rubric import load_rubric
from grader.labs.merge.lab import LAB
from tests.grader.harness.report.pages import Reader, luminance
from tests.grader.harness.report.samples import HOSTILE

pytestmark = pytest.mark.xdist_group("class_page")  # what its module starts is started once
RUBRIC = load_rubric(LAB.folder / "rubric.toml")
LATE = Lateness(90_000.0, Fraction(10), "2 days late, 5 points a day")
NAMES = ("王小明", "O'Brien, Seán", HOSTILE, "</style><script>alert(2)</script>", "x" * 500)


def make_line(key, status=Status.GRADED, *, name="", lost=(), **fields):
    """Build a line that lost all points of the checks in `lost`, a mapping of keys to verdicts."""
    usual = {Status.GRADED: Verdict.PASSED, Status.UNGRADABLE: Verdict.NOT_RUN, Status.NO_MARK: Verdict.GRADER_FAULT}
    verdicts = {check.key: usual[status].value for check in RUBRIC.checks} | dict(lost)
    points = {check.key: check.points * (verdicts[check.key] == "passed") for check in RUBRIC.checks}
    fields = {
        "reason": "" if status is Status.GRADED else "It could not be read.",
        "entry": f"{key}_Lab3.zip",
        **fields,
    }
    points = {} if status is Status.NO_MARK else points
    fields = {"fingerprint": {} if status is Status.NO_MARK else {"grader": "ab"}, **fields}
    return Line(Person(key, key, name), status, points=points, verdicts=verdicts, **fields)


def mark(*points, lateness=None):
    parts = [
        PartMark(part.key, part.title, part.max_points, None if value is None else Fraction(value))
        for part, value in zip(RUBRIC.manual, points, strict=True)
    ]
    return Marking(parts, lateness)


def make_entry(name, why="It is an online text."):
    return Entry(name, Place(Path(name)), name, why_not=why)


LINES = (
    make_line("N1", name="王小明", timing=Timing(0.5, 0.0125, "1900 rows, 100 people")),
    make_line("N2", name="O'Brien, Seán", lost={"many_people": "wrong", "gaps": "timed out"}, lateness=LATE),
    make_line("N3", Status.UNGRADABLE, remarks=("The name must hold an id.",), older=("old1.zip", "old2.zip")),
    make_line("N4", Status.NO_MARK, name=HOSTILE),
    make_line("N5", lost={"many_people": "wrong"}, precheck=PreCheck(notes=("No pictures were found.",))),
)
MARKINGS = {
    "N1": mark(9, "8.5", 7, 10),
    "N2": mark(5, 5, 5, 5, lateness=LATE),
    "N3": mark(1, 2, 3, 4),
    "N4": mark(1, 2, 3, 4),
    "N5": mark(1, None, None, 4),
}
OTHERS = (make_entry("z.txt", "It is no zip."), make_entry("onlinetext.html"))
ABSENT = (Person("N8", "N8", "Late Comer"), Person("N7", "N7", "陳怡君"))
PAIRS = (SimilarPair("N1", "N5", 0.5, 0.25, 12), SimilarPair("N2", "N5", 0.75, 0.9375, 40))


def make_class(n_students):
    lines, verdicts = [], [verdict.value for verdict in Verdict][1:6]
    for k in range(n_students):
        lost = {
            check.key: verdicts[(k + j) % 5] for j, check in enumerate(RUBRIC.checks) if (k * 7 + j * j) % 11 < k % 4
        }
        fields = {"timing": Timing(0.001 * (k + 1), 0.0125, "1900 rows"), "submitted_at": datetime(2026, 11, 20)}  # noqa: DTZ001
        remarks = ("The report must be a PDF; got a docx. Save it as PDF next time.",) * (k % 3 == 0)
        notes = PreCheck(notes=("The part 'Challenges and solutions' was not found.",) * (k % 2))
        older = (f"{k}_old.zip",) * (k % 9 == 0)
        name = NAMES[k % len(NAMES)]
        line = make_line(f"N{k:07d}", name=name, lost=lost, remarks=remarks, precheck=notes, older=older, **fields)
        lines.append(line)
    return lines


def render(lines=LINES, others=OTHERS, absent=ABSENT, pairs=PAIRS, markings=MARKINGS, **fields):
    return render_class_page(LAB, RUBRIC, lines, others, absent, pairs, markings, **fields)


def row_of(markup, key):
    """Return the cells of one student's row, as text."""
    (row,) = re.findall(rf'<tr id="s-{key}".*?</tr>', markup, re.DOTALL)
    return [Reader(cell).text.strip() for cell in re.findall(r"<t[hd].*?</t[hd]>", row, re.DOTALL)]


def section(markup, name):
    (text,) = re.findall(rf'<section class="card" aria-labelledby="{name}">.*?</section>', markup, re.DOTALL)
    return Reader(text).text


CLASSES = {
    "nobody": lambda: render((), (), (), (), {}),
    "one": lambda: render(LINES[:1], (), (), (), {}),
    "few": render,
    "all-wrong": lambda: render(
        [make_line(f"N{k}", lost={check.key: "wrong" for check in RUBRIC.checks}) for k in range(3)], (), (), (), {}
    ),
    "sixty": lambda: render(make_class(60)),
}


@pytest.fixture(autouse=True)
def undrawn(monkeypatch):
    """Most tests read the words; `markup`, made before this, has the drawings, and test_figures.py looks at them."""
    for name in ("draw_histogram", "draw_missed"):
        monkeypatch.setattr(page, name, lambda *_: "<svg aria-hidden='true'></svg>")


@pytest.fixture(scope="module", params=CLASSES)
def markup(request):
    return CLASSES[request.param]()


def test_page_closes_every_tag(markup):
    assert Reader(markup).faults == []


def test_page_loads_nothing_and_runs_its_own_script_alone(markup):
    reader = Reader(markup)
    names = {tag for tag, _ in reader.tags}
    attributes = [(name, value) for _, attributes in reader.tags for name, value in attributes.items()]
    (policy,) = [meta["content"] for meta in reader.all("meta") if "http-equiv" in meta]
    (script,) = re.findall(r"<script>(.*?)</script>", markup, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()

    assert not names & {"iframe", "object", "embed", "form", "link", "base", "foreignobject", "img"}
    assert not [name for name, _ in attributes if name.startswith("on") or name in {"src", "action"}]
    assert all(re.match("#|feedback/|results/|pairs/", value) for name, value in attributes if name.endswith("href"))
    assert policy.startswith(f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{digest}'")


def test_page_can_be_read_by_a_screen_reader(markup):
    reader = Reader(markup)
    levels = [int(tag[1]) for tag, _ in reader.tags if re.fullmatch(r"h[1-6]", tag)]

    assert reader.all("html") == [{"lang": "en"}]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    assert len(reader.all("caption")) == len(reader.all("table"))
    assert all(cell.get("scope") in {"row", "col"} for cell in reader.all("th"))
    assert all(svg.get("role") == "img" or svg.get("aria-hidden") == "true" for svg in reader.all("svg"))


def test_page_can_be_used_by_keyboard(markup):
    reader = Reader(markup)
    ids = [attributes["id"] for _, attributes in reader.tags if "id" in attributes]
    targets = [attributes["href"][1:] for attributes in reader.all("a") if attributes["href"].startswith("#")]
    regions = [attributes for _, attributes in reader.tags if attributes.get("tabindex") == "0"]

    assert len(ids) == len(set(ids))
    assert targets[0] == "main"
    assert set(targets) <= set(ids)
    assert {a["aria-labelledby"] for _, a in reader.tags if "aria-labelledby" in a} <= set(ids)
    assert all(region["role"] == "region" and region["aria-label"] for region in regions)


def test_page_adds_up_the_entries():
    text = section(render(), "entries")

    assert "9 entries = 3 graded + 1 ungradable + 1 no mark + 2 older uploads + 2 not a submission" in text
    assert "found" not in text


@pytest.mark.parametrize(
    ("n_entries", "words"),
    [
        pytest.param(9, "", id="all"),
        pytest.param(10, "10 entries were found: 1 is still to be graded.", id="one-missing"),
        pytest.param(30, "30 entries were found: 21 are still to be graded.", id="many-missing"),
        pytest.param(
            1,
            "Only 1 entry was found this time: the page also has results of files that are not there any more.",
            id="gone",
        ),
    ],
)
def test_page_says_when_entries_are_not_all_there(n_entries, words):
    text = section(render(n_entries=n_entries), "entries")

    assert words in text
    assert ("found" in text) == bool(words)


def test_page_holds_its_drawings():
    assert render().count("<svg aria-hidden='true'></svg>") == 2
    assert "<svg aria-hidden='true'></svg>" not in render(())


def test_page_tells_how_far_the_marking_is():
    reader = Reader(render())

    assert "reports marked 4 of 5" in reader.text
    assert "students without a submission 2" in reader.text
    assert "median of the code points 57 of 60" in reader.text
    assert "full marks for the code 1" in reader.text


def test_page_names_submissions_without_a_mark():
    lines = [make_line(f"N{k:02d}", Status.NO_MARK) for k in range(25)]

    assert "1 submission without a mark. The grader itself failed there" in section(render(), "entries")
    assert "25 submissions without a mark." in section(render(lines), "entries")
    assert "N19 and 5 more." in section(render(lines), "entries")
    assert "without a mark" not in section(render(LINES[:3]), "entries")


MINUS, TIMES = "\N{MINUS SIGN}", "\N{MULTIPLICATION SIGN}"


@pytest.mark.parametrize(
    ("key", "cells"),
    [
        ("N1", ["N1", "王小明", "graded", "60", "34.5", "", "94.5", "passed", "", "40" + TIMES, "similar"]),
        (
            "N2",
            [
                "N2",
                "O'Brien, Seán",
                "graded",
                "55",
                "20",
                MINUS + "10",
                "65",
                "wrong",
                MINUS + "3 Several people at once",
                "",
                "late, similar",
            ],
        ),
        ("N3", ["N3", "", "ungradable", "0", "10", "", "10", "", "It could not be read.", "", "reason, remark, older"]),
        (
            "N5",
            [
                "N5",
                "",
                "graded",
                "57",
                "2 of 4 parts",
                "",
                "",
                "wrong",
                MINUS + "3 Several people at once",
                "",
                "report, similar",
            ],
        ),
    ],
)
def test_page_has_a_row_for_each_student(key, cells):
    assert row_of(render(), key) == [*cells, "feedback results"]


LOSSES = {
    "one-dear-before-many-cheap": ({"row_order": "wrong", "gaps": "timed out", "nobody": "timed out"}, "wrong"),
    "many-cheap-before-one-dear": ({"many_people": "wrong", "gaps": "timed out", "id_zero": "timed out"}, "timed out"),
    "of-equal-ones-the-heavier": ({"gaps": "wrong", "id_zero": "forbidden"}, "forbidden"),
}


@pytest.mark.parametrize(("lost", "verdict"), LOSSES.values(), ids=LOSSES)
def test_page_shows_the_verdict_that_cost_most(lost, verdict):
    worth = {check.key: check.points for check in RUBRIC.checks}
    costs = {one: sum(worth[key] for key in lost if lost[key] == one) for one in set(lost.values())}
    assert costs[verdict] == max(costs.values()), "the rubric has changed"

    assert row_of(render([make_line("N1", lost=lost)], pairs=()), "N1")[7] == verdict


def test_page_shows_no_verdict_that_the_staff_took_back():
    overruled = Overruled("many_people", "Several people at once", Fraction(3), Fraction(0), Fraction(3))
    markings = MARKINGS | {"N5": replace(MARKINGS["N5"], overruled=(overruled,))}

    assert row_of(render(markings=markings), "N5")[7:9] == ["passed", ""]


def test_page_shows_an_ungradable_file_otherwise_than_a_wrong_one():
    markup = render([make_line("N1", Status.UNGRADABLE, reason="It is encrypted. " + "x" * 200)], pairs=())
    row = row_of(markup, "N1")

    assert row[2:4] == ["ungradable", "0"]
    assert row[7] == ""
    assert row[8].startswith("It is encrypted. xxx")
    assert len(row[8]) == MAX_WHY
    assert "verdict" not in re.search(r'<tr id="s-N1".*?</tr>', markup).group()
    assert 'data-is="ungradable flagged"' in markup


def test_page_tells_how_the_points_of_each_check_are_spread():
    part = make_line("N9", lost={"gaps": "wrong"})
    part = replace(part, points={**part.points, "gaps": Fraction(1, 2)})
    text = section(render([*LINES, part]), "missed")

    assert "How the points of each check are spread over the 4 graded submissions" in text
    assert "Several people at once 3 2 0 2" in text
    assert re.search(r"Ids with gaps \d+ 2 1 1", text)


def test_page_adds_what_the_staff_corrected():
    overruled = Overruled("handout", "The handout's example", Fraction(3), Fraction(2), Fraction(0))
    markings = MARKINGS | {"N1": replace(MARKINGS["N1"], overruled=(overruled,))}

    row = row_of(render(markings=markings), "N1")
    assert (row[3], row[6]) == ("58", "92.5")


def test_page_gives_no_points_and_no_files_where_the_grader_failed():
    cells = row_of(render(), "N4")

    assert cells[2:] == ["no mark", "", "10", "", "", "", "It could not be read.", "", "reason", ""]


def test_page_links_what_there_is_of_a_grader_fault():
    line = make_line("N4", Status.NO_MARK, fingerprint={"grader": "ab"})

    assert 'href="results/N4.json"' in render([line])


def test_page_leaves_the_total_open_without_marking():
    cells = row_of(render(markings={}), "N2")

    assert cells[3:7] == ["55", "", MINUS + "10", ""]


def test_page_takes_lateness_from_the_marking():
    assert row_of(render(markings={"N2": mark(5, 5, 5, 5)}), "N2")[5:7] == ["", "75"]


def test_page_shows_strangers_text_as_text():
    pair = SimilarPair("N1", HOSTILE, 1, 1)
    fields = {"remarks": (HOSTILE,), "older": (HOSTILE,), "reason": HOSTILE, "stopped_by": HOSTILE}
    line = make_line("N1", name=HOSTILE, entry=HOSTILE, **fields)
    person = Person("N9", HOSTILE, HOSTILE)

    markup = render([line], [make_entry(HOSTILE, HOSTILE)], [person], [pair])

    assert markup.count("<script") == 1
    assert "<img" not in markup
    assert "&lt;script&gt;alert(1)&lt;/script&gt; \\x1b[2J\\x07 \\u202egnp.exe\\u202c" in markup
    assert not set(markup) & set("\x1b\x07\u202e\u202c\ud800\r")
    assert markup.encode("utf-8")
    assert Reader(markup).faults == []


def test_page_quotes_what_becomes_an_address():
    line = make_line('../a"?#%/é')

    hrefs = {a["href"] for a in Reader(render([line], pairs=())).all("a") if not a["href"].startswith("#")}

    assert hrefs == {"feedback/..%2Fa%22%3F%23%25%2F%C3%A9.html", "results/..%2Fa%22%3F%23%25%2F%C3%A9.json"}


def test_page_shows_the_key_of_whom_it_has_no_id():
    line = Line(Person("participant-7"), Status.GRADED, "", "a.zip")

    assert row_of(render([line]), "participant-7")[:4] == ["participant-7", "", "graded", "0"]


def test_page_is_the_same_whatever_the_order():
    markup = render(LINES, OTHERS, ABSENT, PAIRS, MARKINGS)

    assert markup == render(LINES[::-1], OTHERS[::-1], ABSENT[::-1], PAIRS[::-1], dict(reversed(MARKINGS.items())))


def test_page_counts_points_and_missed_checks_of_graded_submissions():
    markup = render()

    assert "Points for the code of the 3 graded submissions Points Submissions 0 to below 5 0" in section(
        markup, "points"
    )
    assert "55 to 60 3" in section(markup, "points")
    assert "wholly or in part Check Missed" in section(markup, "missed")
    assert "Ids with gaps 1 0 1 0" in section(render(), "missed")
    assert "Several people at once 2 2 0 0" in section(markup, "missed")


def test_page_says_when_nobody_missed_a_check():
    assert "None: every graded submission passed every check." in section(render(LINES[:1]), "missed")


def test_page_lists_the_slowest_and_the_fastest():
    text = section(render(make_class(30)), "speed")
    slowest, fastest = text.split("Fastest")

    assert [int(key) for key in re.findall(r"N0*(\d+)", slowest)] == list(range(29, 19, -1))
    assert [int(key) for key in re.findall(r"N(\d{7})", fastest)] == list(range(10))
    assert "30 ms 12.5 ms 2.4" + TIMES in slowest
    assert "1 ms 12.5 ms 0.08" + TIMES in fastest
    assert "of 30 submissions with a time" in fastest


def test_page_has_no_ratio_to_a_reference_without_time():
    line = make_line("N1", timing=Timing(1.5, 0.0, "1900 rows"))

    assert row_of(render([line]), "N1")[9] == ""
    assert "No times yet." in section(render([line]), "speed")


def test_page_tells_which_line_stopped_a_submission():
    line = make_line("N1", Status.UNGRADABLE, stopped_by="line 3 of merge.py: import <foo>")
    markup = render([line], pairs=())
    text = section(markup, "flagged")

    assert row_of(markup, "N1")[10] == "stopped by one line, reason"
    assert "N1 stopped by one line line 3 of merge.py: import <foo> ungradable It could not be read." in text
    assert (
        "Where one line stopped the code, you may mend that line in a copy and see what python -m grader grade" in text
    )
    assert "import &lt;foo&gt;" in markup


def test_page_lists_what_the_staff_should_look_at():
    text = section(render(), "flagged")

    assert "N3 ungradable It could not be read. The name must hold an id. N4" in text
    assert "no mark It could not be read. N5 report No pictures were found." in text
    assert "N1" not in text


def test_page_tells_a_reason_once():
    line = make_line("N1", Status.UNGRADABLE, remarks=("It could not be read.", "Mind the name."))

    assert section(render([line]), "flagged").count("It could not be read.") == 1


def test_page_counts_notes_beyond_the_first():
    line = make_line("N1", remarks=tuple(f"Remark {k} {'x' * 400}" for k in range(MAX_NOTES + 3)))
    text = section(render([line]), "flagged")

    assert f"Remark {MAX_NOTES - 1}" in text
    assert f"Remark {MAX_NOTES} " not in text
    assert "and 3 more, in its results" in text
    assert "x" * 300 not in text


def test_page_lists_older_uploads():
    assert "N3 N3_Lab3.zip old1.zip old2.zip" in section(render(), "older")
    assert "None." in section(render(LINES[:1]), "older")


def test_page_counts_older_uploads_beyond_the_first():
    line = make_line("N1", older=tuple(f"old{k}.zip" for k in range(MAX_NOTES + 4)))

    assert "and 4 more" in section(render([line]), "older")


def test_page_lists_entries_that_are_no_submission():
    assert "onlinetext.html It is an online text. z.txt It is no zip." in section(render(), "others")
    assert "Every entry is a submission." in section(render(others=()), "others")


def test_page_lists_students_without_a_submission():
    assert "2 students on the worksheet" in section(render(), "absent")
    assert "N7 陳怡君 N8 Late Comer" in section(render(), "absent")
    assert "Nobody that the worksheet names." in section(render(absent=()), "absent")


def test_page_lists_who_submitted_without_a_file():
    written = replace(make_entry("x/onlinetext.html", "an online text"), text="Hello")
    without_file = [
        WithoutFile(Person("N9", "N9", "Ann"), "Submitted for grading"),
        WithoutFile(Person("participant-7", "", HOSTILE), "", (written,)),
    ]
    markup = render(without_file=without_file)

    assert "N9 Ann Submitted for grading participant-7" in section(markup, "without-file")
    assert section(markup, "without-file").rstrip().endswith("x/onlinetext.html")
    assert "submitted, but without a file 2" in section(markup, "entries")
    assert "Nobody." in section(render(), "without-file")
    assert "without a file" not in section(render(), "entries")


def test_page_shows_online_texts_those_without_a_file_first():
    written = replace(make_entry("x/onlinetext.html", "an online text"), text="Only\n<b>this</b>")
    markup = render(
        [make_line("N1", online_text="See my file."), make_line("N2")],
        pairs=(),
        without_file=[WithoutFile(Person("N9", "N9", "Ann"), "", (written,))],
    )

    assert "N9 Ann without a file Only <b>this</b> N1 See my file." in section(markup, "texts")
    assert "online text See my file." in section(markup, "flagged")
    assert row_of(markup, "N1")[10] == "online text"
    assert "None." in section(render(), "texts")


def test_page_cuts_an_online_text_that_is_in_a_notebook_and_no_other():
    written = replace(make_entry("x/onlinetext.html", "an online text"), text="y" * 5000)
    without_file = [WithoutFile(Person("N9", "N9"), "", (written,))]

    text = section(render([make_line("N1", online_text="z" * 5000)], without_file=without_file), "texts")

    assert "y" * 5000 in text
    assert "z" * 2000 + " (3,000 more characters)" in " ".join(text.split())


def test_page_says_where_every_file_went():
    line = make_line("N1", entry="b/N1.zip", older=("a/N1.zip",), around=("b/report.pdf",), name="Ann")
    others = [make_entry("b/report.pdf", "a report that lies beside 'N1.zip'"), make_entry("c/x", "junk")]

    text = section(render([line], others), "files")

    assert text.rstrip().endswith(
        "a/N1.zip older upload N1 Ann b/N1.zip graded N1 Ann "
        "b/report.pdf a report that lies beside 'N1.zip'; it goes with the submission N1 Ann c/x junk"
    )
    assert "4 files" in text
    assert "None was found." in section(render((), (), (), (), {}), "files")


def test_page_knows_whose_a_file_is_that_is_no_submission():
    line = replace(make_line("N1"), person=Person("N1", "N1", "Ann", "12"))
    written = make_entry("t.html", "an online text")
    others = [replace(make_entry("a.png", "a file"), participant="12"), written, replace(written, name="u.html")]
    without_file = [WithoutFile(Person("N9", "N9", "", "13"), "", (written,))]

    text = section(render([line], others, without_file=without_file), "files")

    assert "a.png a file N1 Ann t.html an online text N9 u.html an online text" in text


def test_page_lists_similar_pairs_most_alike_first():
    text = section(render(), "similar")

    assert "For staff; says nothing about who copied, and never touches a mark." in text
    assert "N2 O'Brien, Seán N5 75 % 94 % 40 N1 王小明 N5 50 % 25 % 12" in text
    assert "None." in section(render(pairs=()), "similar")


def test_page_opens_the_pairs_that_have_a_page():
    hrefs = [a["href"] for a in Reader(render(compared=["N2--N5.html"])).all("a")]

    assert [href for href in hrefs if href.startswith("pairs/")] == ["pairs/N2--N5.html"]


@pytest.mark.parametrize(
    ("fields", "name", "n_shown"),
    [
        pytest.param(
            {"others": [make_entry(f"{k:05d}") for k in range(MAX_LISTED + 5)]}, "others", MAX_LISTED, id="others"
        ),
        pytest.param(
            {"absent": [Person(f"N{k:05d}") for k in range(MAX_LISTED + 5)]}, "absent", MAX_LISTED, id="absent"
        ),
        pytest.param(
            {"without_file": [WithoutFile(Person(f"N{k:05d}")) for k in range(MAX_LISTED + 5)]},
            "without-file",
            MAX_LISTED,
            id="without_file",
        ),
        pytest.param(
            {"pairs": [SimilarPair("N1", f"N{k}", 1, 1) for k in range(MAX_PAIRS + 5)]},
            "similar",
            MAX_PAIRS,
            id="pairs",
        ),
    ],
)
def test_page_counts_what_a_list_leaves_out(fields, name, n_shown):
    markup = render(**fields)

    assert "And 5 more." in section(markup, name)
    assert markup.split(f'aria-labelledby="{name}"')[1].split("</section>")[0].count("<tr>") == n_shown + 1


def test_page_of_a_large_class_stays_small():
    lines = make_class(2000)
    markup = render(lines)

    assert markup.count('<tr id="s-') == 2000
    assert "And 334 more." in section(markup, "flagged")
    assert len(markup.encode("utf-8")) < 3_000_000


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
def test_page_colours_of_bars_and_fields_have_contrast(scheme):
    files = [Path(page.__file__).parent / "class_page.css", Path(page.__file__).parents[1] / "report" / "page.css"]
    blocks = [re.findall(r":root \{(.*?)\}", file.read_text(encoding="utf-8"), re.DOTALL)[scheme] for file in files]
    colors = {name: luminance(color) for name, color in re.findall(r"--([a-z-]+): (#[0-9a-f]+);", " ".join(blocks))}
    ratios = {
        name: (max(both := (colors[name], colors["card"])) + 0.05) / (min(both) + 0.05)
        for name in ("edge", "bar-wrong", "bar-stopped", "bar-not-run", "bar-part", "bar")
    }

    assert not {name: round(ratio, 2) for name, ratio in ratios.items() if ratio < 3}


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    webdriver = pytest.importorskip("selenium.webdriver", reason="selenium is not installed")
    chromium, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if chromium is None or driver is None:
        pytest.skip("needs the programs chromium and chromedriver (Debian: chromium, chromium-driver)")
    options = webdriver.ChromeOptions()
    options.binary_location = chromium
    profile = tmp_path_factory.mktemp("profile")
    # Only pages of our own are opened, from files; the browser's own sandbox does not start as root.
    for argument in ("headless=new", "no-sandbox", "disable-gpu", "disable-quic", "disable-background-networking"):
        options.add_argument(f"--{argument}")
    options.add_argument(f"--user-data-dir={profile}")
    opened = webdriver.Chrome(options=options, service=webdriver.ChromeService(driver))
    yield opened
    opened.quit()


@pytest.fixture
def opened(browser, tmp_path):
    file = tmp_path / "index.html"
    file.write_text(render(), encoding="utf-8")
    browser.get(file.as_uri())
    return browser


def keys_shown(browser):
    return browser.execute_script(
        "return [...document.querySelectorAll('#students tbody tr')].filter((row) => !row.hidden).map((row) => row.id)"
    )


def press(browser, column, key):
    """Press a key on the button of a column's head, and say what the column tells of its order."""
    (head,) = browser.find_elements("xpath", f"//table[@id='students']/thead//th[normalize-space()='{column}']")
    head.find_element("tag name", "button").send_keys(key)
    others = [th.get_attribute("aria-sort") for th in browser.find_elements("css selector", "#students thead th")]
    assert [order for order in others if order] == [head.get_attribute("aria-sort")]
    return head.get_attribute("aria-sort")


ENTER, SPACE = "\ue007", "\ue00d"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("column", "ascending", "descending"),
    [
        pytest.param("Student", "12345", "54321", id="text"),
        pytest.param("Code", "32514", "15234", id="number-without-value-last"),
        pytest.param("Penalty", "21345", "21345", id="negative"),
        pytest.param("Total", "32145", "12345", id="open-last"),
        pytest.param("Verdict", "12534", "25134", id="verdict-by-weight-without-one-last"),
    ],
)
def test_table_sorts_by_keyboard(opened, column, ascending, descending):
    assert press(opened, column, ENTER) == "ascending"
    assert keys_shown(opened) == [f"s-N{key}" for key in ascending]
    assert press(opened, column, SPACE) == "descending"
    assert keys_shown(opened) == [f"s-N{key}" for key in descending]


@pytest.mark.slow
def test_table_sorts_by_clicking_and_forgets_the_column_before(opened):
    press(opened, "Code", ENTER)
    opened.find_element("xpath", "//th[normalize-space()='Student']/button").click()

    assert keys_shown(opened) == [f"s-N{k}" for k in range(1, 6)]
    assert press(opened, "Code", ENTER) == "ascending"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("state", "text", "keys"),
    [
        ("", "", "12345"),
        ("graded", "", "125"),
        ("no-mark", "", "4"),
        ("open", "", "5"),
        ("flagged", "", "12345"),
        ("", "O'BRIEN", "2"),
        ("", "王小", "1"),
        ("", "王 小明", "1"),
        ("", "\uff2e\uff12", "2"),
        ("", "sean o'brien", "2"),
        ("", "N1graded", ""),
        ("ungradable", "wrong", ""),
        ("", "<script>", "4"),
    ],
)
def test_table_filters_by_status_and_text(opened, state, text, keys):
    opened.find_element("css selector", f"#state option[value='{state}']").click()
    if text:
        opened.find_element("id", "search").send_keys(text)

    assert keys_shown(opened) == [f"s-N{key}" for key in keys]
    assert opened.find_element("id", "shown").text == f"{len(keys)} of 5 students"


@pytest.mark.slow
def test_table_keeps_its_filter_when_it_is_sorted(opened):
    opened.find_element("css selector", "#state option[value='graded']").click()
    press(opened, "Code", ENTER)

    assert keys_shown(opened) == ["s-N2", "s-N5", "s-N1"]
