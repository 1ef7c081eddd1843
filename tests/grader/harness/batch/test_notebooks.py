"""What the formgrader is given to show: valid notebooks, complete for a TA, in which strangers' text does nothing."""

import os
from dataclasses import replace
from datetime import datetime, timedelta
from fractions import Fraction
from html.parser import HTMLParser
from pathlib import Path

import cv2
import nbformat
import numpy as np
import pytest
from nbconvert import HTMLExporter
from nbgrader.nbgraderformat.v3 import MetadataValidatorV3
from sqlalchemy import make_url
from traitlets.config import Config, PyFileConfigLoader

from grader.harness.batch.cells import Item, escape, make_notebook
from grader.harness.batch.found import Person
from grader.harness.batch.notebooks import ADDRESS, write_course
from grader.harness.batch.records import Line, PreCheck, Status
from grader.harness.errors import GraderError
from grader.harness.marking import Lateness
from grader.harness.results import ManualPart, Verdict
from grader.harness.rubric import Rubric, RubricLine
from grader.labs.merge.lab import LAB
from tests.grader.harness.report.samples import (
    EVIDENCE,
    HOSTILE,
    PASSED,
    hostile,
    make_case,
    make_check,
    make_overlay,
    make_report,
)

IMAGES = Path(__file__).resolve().parents[4] / "images"
SUBMITTED = datetime(2025, 10, 21, 23, 59)  # noqa: DTZ001 - as Moodle writes it
RUBRIC = Rubric(
    [
        RubricLine("loads", "Loading", "merge.py can be loaded", "", Fraction(0)),
        RubricLine("cycles", "Merging", "Rows that close a cycle", "", Fraction(3)),
        RubricLine("pictures", "Pictures", "People in pictures", "", Fraction(4)),
    ],
    [
        ManualPart("algorithm", "Complete description of the algorithm", Fraction(20)),
        ManualPart("output_subset", "The results of the output subset", Fraction(20)),
        ManualPart("test_pictures", "The results of the test pictures", Fraction(20)),
        ManualPart("challenges", "Challenges and solutions", Fraction(20)),
    ],
    "0" * 64,
)
ADA = Person("N1", "N1", "Ada Lovelace", "101", "ada@example.edu")
SOURCE = "def merge(subset, min_num_body_parts=4, min_score=0.4):\n    return subset  # 合併\n".encode()


def make_page(text="page 1", extension=".png"):
    page = np.full((500, 360, 3), 255, np.uint8)
    cv2.putText(page, text, (40, 80), cv2.FONT_HERSHEY_SIMPLEX, 1, (0, 0, 0), 2)
    return cv2.imencode(extension, page)[1].tobytes()


def make_item(person=ADA, *, status=Status.GRADED, **fields):
    checks = (
        make_check(PASSED, key="loads", title="merge.py can be loaded", points=0),
        make_check(PASSED, make_case("late_join", evidence=EVIDENCE), key="cycles", points=3),
        make_check(
            *(make_case(f"{k}.jpg", overlay=make_overlay(f"{k}.jpg")) for k in (1, 2, 3, 4)), key="pictures", points=4
        ),
    )
    report = fields.pop("report", make_report(*checks))
    found = () if report is None else report.checks
    line = Line(
        person,
        status,
        fields.pop("reason", ""),
        f"{person.key}_Lab3.zip",
        submitted_at=fields.pop("submitted_at", SUBMITTED),
        lateness=fields.pop("lateness", None),
        points={} if status is Status.NO_MARK else {check.key: check.points for check in found},
        verdicts={check.key: check.verdict.value for check in found},
        remarks=fields.pop("remarks", ()),
        stopped_by=fields.pop("stopped_by", ""),
        precheck=fields.pop("precheck", PreCheck(2, 1200, 3, ("algorithm",), ("The challenges were not found.",))),
    )
    return Item(line, report, **{"source": SOURCE, "pages": (make_page(), make_page("page 2", ".jpg")), **fields})


def render(notebook):
    """Render as the formgrader does, without its frame."""
    html, _ = HTMLExporter(template_name="classic").from_notebook_node(notebook)
    return html[html.index("<body") :]


class Elements(HTMLParser):
    """Collects what a browser would act on, and what it would show."""

    def __init__(self, html):
        super().__init__()
        self.found, self.text = [], ""
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.text += f"{data} "


def texts(item):
    return " ".join(Elements(render(make_notebook(LAB, RUBRIC, item))).text.split())


@pytest.fixture
def course(tmp_path):
    return tmp_path / "OUT" / "course"


def write(course, *items, url=None, rubric=RUBRIC):
    write_course(LAB, course, rubric, items, url or f"sqlite:///{course.parent}/gradebook.db")


def read_all(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize(
    "item",
    [
        pytest.param(make_item(), id="graded"),
        pytest.param(
            make_item(status=Status.UNGRADABLE, reason="No merge.py.", source=None, pages=()), id="ungradable"
        ),
        pytest.param(make_item(status=Status.NO_MARK, report=None, reason="The sandbox broke."), id="no mark"),
        pytest.param(make_item(replace(ADA, full_name=HOSTILE), report=hostile()), id="hostile"),
    ],
)
def test_notebook_is_valid(item):
    notebook = make_notebook(LAB, RUBRIC, item)

    nbformat.validate(notebook)
    MetadataValidatorV3().validate_nb(notebook)


def test_notebook_has_a_cell_for_each_check_and_part():
    cells = [cell for cell in make_notebook(LAB, RUBRIC, make_item()).cells if "nbgrader" in cell.metadata]
    meta = [cell.metadata["nbgrader"] for cell in cells]

    # The report's boxes stand before the code's: they are what the TA has come for.
    assert [(entry["grade_id"], entry["points"], entry["cell_type"], entry["solution"]) for entry in meta] == [
        *((part.key, 20, "markdown", True) for part in RUBRIC.manual),
        ("loads", 0, "code", True),
        ("cycles", 3, "code", False),
        ("pictures", 4, "code", False),
    ]
    assert all(entry["grade"] and entry["cell_type"] == cell.cell_type for entry, cell in zip(meta, cells, strict=True))


def test_notebook_tells_the_line_that_stopped_the_code():
    text = texts(make_item(stopped_by="line 3 of merge.py: import <foo>"))

    assert "Stopped by one line: line 3 of merge.py: import <foo> Mend it in a copy to see what the rest earns." in text
    assert "one line" not in texts(make_item())


def test_notebook_tells_a_ta_everything():
    text = texts(make_item(lateness=Lateness(9.0, Fraction(5), "1 day late, 5 points a day"), remarks=("A docx.",)))

    assert "Ada Lovelace N1" in text
    assert "graded · code: 1.5 of 7 points · handed in 2025-10-21 23:59" in text
    assert "late: 1 day late, 5 points a day, 5 points off the total" in text
    assert "Remarks A docx." in text
    assert "Rows that close a cycle 1.5 of 3 wrong 1 of 2 cases failed. late_join: There must be a person with" in text
    assert "2 pages, 1,200 words, 3 pictures To look at (advice, never a mark): The challenges were not found." in text
    assert (
        "Complete description of the algorithm , at most 20 points · a heading or a passage seems to answer it" in text
    )
    assert text.count("seems to answer it") == 1
    assert "# Rows that close a cycle: 1.5 of 3 points, wrong" in text
    assert "return subset # 合併" in text


def test_notebook_tells_why_nothing_was_graded():
    text = texts(make_item(status=Status.UNGRADABLE, reason="The zip holds no merge.py.", source=None, pages=()))

    assert "ungradable · code:" in text
    assert "Why: The zip holds no merge.py." in text
    assert "Verdict" not in text
    assert "merge.py, as it was handed in" not in text


def test_notebook_tells_that_there_is_no_mark():
    text = texts(make_item(status=Status.NO_MARK, report=None, reason="The sandbox broke.", submitted_at=None))

    assert "no mark · code: no mark yet Why: The sandbox broke." in text
    assert "# Rows that close a cycle: open, of 3 points" in text


def test_notebook_tells_a_check_that_was_not_run():
    note = make_check(key="cycles", note="merge.py could not be loaded")

    assert "0 of 3 not run merge.py could not be loaded" in texts(make_item(report=make_report(note)))


def test_notebook_tells_a_verdict_without_words():
    check = make_check(make_case("oom", Verdict.OUT_OF_MEMORY, explanation=None), key="cycles")

    assert "1 of 1 case failed. oom: out of memory" in texts(make_item(report=make_report(check)))


def test_notebook_cuts_a_long_reason():
    case = make_case("x" * 1000)
    text = texts(make_item(report=make_report(make_check(case, key="cycles"))))

    assert "x" * 250 in text
    assert "x" * 300 not in text


def test_notebook_names_who_has_no_name():
    assert "N9 N9" in texts(make_item(Person("N9")))


def test_notebook_shows_pages_as_pictures():
    notebook = make_notebook(LAB, RUBRIC, make_item())
    (pages,) = [cell for cell in notebook.cells if cell.source == "# The report: 2 pages"]

    assert [list(output.data) for output in pages.outputs] == [["image/png"], ["image/jpeg"]]


def test_notebook_says_what_is_missing_of_the_pages():
    item = make_item(pages=(), pages_note="The PDF is encrypted.", precheck=PreCheck())

    assert "The written report To look at (advice, never a mark): The PDF is encrypted." in texts(item)


def test_notebook_shows_the_text_of_a_report_without_pages_as_text():
    words = "1. Über\n<script>alert(1)</script>\n%magic"
    notebook = make_notebook(LAB, RUBRIC, make_item(pages=(), report_text=words))
    (cell,) = [one for one in notebook.cells if one.source.startswith("# The text of the report, without its")]

    assert [dict(output.data) for output in cell.outputs] == [{"text/plain": words}]
    assert "<script>alert(1)" not in render(notebook)


def test_notebook_cuts_a_report_text_that_is_too_long():
    notebook = make_notebook(LAB, RUBRIC, make_item(report_text="x" * 150_000))

    (cell,) = [one for one in notebook.cells if one.source.startswith("# The text of the report, without its")]

    assert cell.outputs[0].data["text/plain"] == "x" * 100_000 + "\n(50,000 more characters)"


def test_notebook_shows_what_was_typed_into_moodle():
    item = make_item()
    notebook = make_notebook(LAB, RUBRIC, replace(item, line=replace(item.line, online_text="See <b>my</b> file.")))
    (cell,) = [one for one in notebook.cells if one.source == "# What the student typed into Moodle"]

    assert cell.outputs[0].data == {"text/plain": "See <b>my</b> file."}


def test_notebook_says_once_what_was_found_twice():
    says = "The PDF is damaged and cannot be opened: ask the student for another copy."
    item = make_item(pages=(), pages_note=says, precheck=PreCheck(notes=(says,)))

    assert texts(item).count(says) == 1


def test_notebook_shows_pictures_that_went_wrong_side_by_side():
    notebook = make_notebook(LAB, RUBRIC, make_item())
    (cell,) = [cell for cell in notebook.cells if cell.source.startswith("# Pictures that went wrong")]

    assert cell.source.startswith(
        "# Pictures that went wrong, 3 of 4. On the left the reference's skeletons, on the right"
    )
    assert "A score is the share of labelled keypoints found." in cell.source
    assert [output.data["text/plain"] for output in cell.outputs] == ["1.jpg", "2.jpg", "3.jpg"]
    captions = Elements(cell.outputs[0].data["text/html"]).text
    assert "1.jpg: Reference: 93.8 %" in captions
    assert "1.jpg: This merge: 75.0 %" in captions
    assert cell.outputs[0].data["text/html"].count('src="data:image/jpeg;base64,') == 2


def test_notebook_says_that_a_picture_cannot_be_read():
    check = make_check(make_case("p", overlay=make_overlay("no_such.jpg")), key="pictures", points=4)

    assert texts(make_item(report=make_report(check))).count("(the picture cannot be read)") == 2


def test_notebook_stays_small():
    assert len(nbformat.writes(make_notebook(LAB, RUBRIC, make_item()))) < 1_000_000


def test_notebook_has_nothing_that_runs():
    notebook = make_notebook(LAB, RUBRIC, make_item())
    code = [cell.source for cell in notebook.cells if cell.cell_type == "code"]

    assert all(source.startswith("# ") and "\n" not in source for source in code)
    assert "kernelspec" not in notebook.metadata


def test_notebook_cuts_a_long_source():
    item = make_item(source=b"x = 1\n" * 100_000)

    assert "(500,000 more characters)" in texts(item)


ATTACKS = {
    "script": "<script>alert(1)</script>",
    "heading": "# Full marks",
    "picture": "![](http://example.com/x.png)",
    "link": "[here](javascript:alert(1))",
    "address": "http://example.com/",
    "reference": "\n[a]: http://example.com/ 'x'\n",
    "attribute": '"><img src=http://example.com onerror=alert(1)>',
    "entity": "&lt;script&gt;&#60;script>",
    "maths": "$$x$$ $y$ \\(z\\)",
    "end": "</div></td></style></pre></textarea>--> ]]>",
    "lines": "a\n\n    b\n\n***\n\n```\nx\n",
    "template": "{{ resources }} {% raw %}",
    "escape": "\x1b[31m\x00\ud800\u202e",
}


@pytest.mark.parametrize("text", ATTACKS.values(), ids=ATTACKS)
def test_notebook_lets_strangers_text_do_nothing(text):
    case = make_case(text, says=text, overlay=make_overlay(), traceback=text)
    report = make_report(make_check(replace(case, explanation=replace(case.explanation, got=text)), key="cycles"))

    def item(words):
        return make_item(
            Person("N1", words, words, words, words),
            report=report,
            reason=words,
            remarks=(words,),
            precheck=PreCheck(notes=(words,)),
            lateness=Lateness(1.0, Fraction(1), words),
            source=words.encode("utf-8", "replace"),
            pages_note=words,
        )

    html = render(make_notebook(LAB, RUBRIC, item(text)))
    plain = make_item(report=make_report(make_check(make_case("x", overlay=make_overlay()), key="cycles")))
    usual = {tag for tag, _ in Elements(render(make_notebook(LAB, RUBRIC, plain))).found} | {"ul", "li", "br"}
    elements = Elements(html)

    assert {tag for tag, _ in elements.found} <= usual
    for tag, attributes in elements.found:
        assert not [name for name in attributes if name.startswith("on")]
        assert attributes.get("src", "data:").startswith("data:"), tag
        assert attributes.get("href", "#").startswith("#"), tag


def test_escape_keeps_what_is_read():
    assert Elements(escape(HOSTILE.replace("\ud800", ""))).text.startswith("<script>alert(1)</script> \\x1b[2J")
    assert escape("骨架 Zoë, 7") == "骨架 Zoë, 7"


def test_write_course_makes_what_the_formgrader_needs(course):
    write(course, make_item())

    assert (course / "source" / "lab3").is_dir()
    assert (course / "submitted/N1/lab3/timestamp.txt").read_text() == "2025-10-21 23:59:00\n"
    assert nbformat.read(course / "autograded/N1/lab3/lab3.ipynb", 4).cells[0].cell_type == "markdown"
    assert set(read_all(course)) == {
        "nbgrader_config.py",
        "submitted/N1/lab3/timestamp.txt",
        "autograded/N1/lab3/lab3.ipynb",
    }


def read_config(course, **environment):
    kept = dict(os.environ)
    os.environ.update(environment)
    try:
        config = PyFileConfigLoader("nbgrader_config.py", path=str(course)).load_config()
    finally:
        os.environ.clear()
        os.environ.update(kept)
    return Config(config)["CourseDirectory"]


def test_write_course_finds_the_gradebook_beside_it_wherever_it_moves(course):
    write(course, make_item())
    moved = course.parent.rename(course.parent.parent / "elsewhere") / "course"
    settings = read_config(moved)

    assert (settings["course_id"], settings["root"]) == ("lab3", str(moved))
    assert settings["db_url"] == f"sqlite:///{moved.parent}/gradebook.db"


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        pytest.param("postgresql://ta:Swordfish@h/lab", "postgresql://ta@h/lab", id="password"),
        pytest.param("sqlite:////srv/\"'{x}.db", "sqlite:////srv/\"'{x}.db", id="quotes"),
    ],
)
def test_write_course_names_another_gradebook_without_its_password(course, url, kept):
    write(course, make_item(), url=url)

    assert make_url(read_config(course)["db_url"]) == make_url(kept)
    assert "Swordfish" not in (course / "nbgrader_config.py").read_text()
    assert read_config(course, **{ADDRESS: "sqlite:///other.db"})["db_url"] == "sqlite:///other.db"


def test_write_course_again_writes_nothing(course):
    write(course, make_item())
    before = {path: path.stat().st_mtime_ns for path in course.rglob("*")}
    write(course, make_item())

    assert {path: path.stat().st_mtime_ns for path in course.rglob("*")} == before


def test_write_course_follows_the_class(course):
    write(course, make_item(), make_item(Person("N2")))
    before = read_all(course)
    write(course, make_item(submitted_at=SUBMITTED + timedelta(hours=1)), make_item(Person("N3"), submitted_at=None))

    now = read_all(course)
    assert now["submitted/N1/lab3/timestamp.txt"] == b"2025-10-22 00:59:00\n"
    assert now["autograded/N1/lab3/lab3.ipynb"] != before["autograded/N1/lab3/lab3.ipynb"]
    assert {name.split("/")[1] for name in now if "/" in name} == {"N1", "N3"}
    assert not (course / "submitted/N3/lab3/timestamp.txt").exists()
    assert (course / "submitted/N3/lab3").is_dir()


def test_write_course_forgets_a_time_that_is_no_longer_known(course):
    write(course, make_item())
    write(course, make_item(submitted_at=None))

    assert not (course / "submitted/N1/lab3/timestamp.txt").exists()


def test_write_course_drops_links_and_not_what_they_lead_to(course, tmp_path):
    (tmp_path / "precious").mkdir()
    (tmp_path / "precious" / "file").write_text("kept")
    (course / "submitted").mkdir(parents=True)
    (course / "submitted" / "N9").symlink_to(tmp_path / "precious")
    write(course, make_item())

    assert not (course / "submitted" / "N9").is_symlink()
    assert (tmp_path / "precious" / "file").read_text() == "kept"


def test_write_course_keeps_everybody_when_it_breaks_off(course):
    write(course, make_item(), make_item(Person("N2")))
    before = read_all(course)

    def items():
        yield make_item()
        raise OSError("the results are gone")

    with pytest.raises(OSError, match="the results are gone"):
        write_course(LAB, course, RUBRIC, items(), f"sqlite:///{course.parent}/gradebook.db")
    assert read_all(course) == before


@pytest.mark.parametrize("key", ["", "..", "a/b", "a\n", "x" * 101, "{x}"], ids=repr)
def test_write_course_refuses_a_key_that_is_no_name(course, key):
    with pytest.raises(
        GraderError, match=r"must be letters, digits and '-', at most 100; got .*Give the student an id"
    ):
        write(course, make_item(Person(key)))
