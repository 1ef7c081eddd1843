"""A report beside the zip is the student's report; of two, one counts, and both are named."""

import pytest

from grader.harness.intake import loose
from grader.harness.intake.loose import LooseReport
from grader.harness.submission import open_submission_bytes
from grader.labs.merge.lab import LAB
from tests.submissions.malformed import REPORT, REPORT_NAME, SOURCE, pack, pack_lab

FILE_NAME = "N26130891_Lab3.zip"
NAME = "N26130891_Lab3_report.pdf"
OTHER = b"%PDF-1.4\nanother one\n%%EOF\n"
WORD = b"PK\3\4 word/document.xml"
ALONE = pack(("merge.py", SOURCE))


def codes(opened):
    return [problem.code for problem in opened.handed.problems]


def says(opened, code):
    return next(str(problem.explanation) for problem in opened.handed.problems if problem.code == code)


def open_with(data, *reports, name=FILE_NAME):
    return open_submission_bytes(LAB, name, data, loose=[LooseReport(*report) for report in reports])


def test_report_beside_a_zip_without_one_counts():
    opened = open_with(ALONE, (NAME, REPORT))

    assert (opened.source, opened.report, opened.handed.report_name) == (SOURCE, REPORT, NAME)
    assert codes(opened) == ["report_beside"]
    assert says(opened, "report_beside") == (
        f"The report must be in the zip, beside merge.py; '{NAME}' was handed in beside the zip. "
        "It was taken as your report; pack it into the zip next time."
    )


def test_report_in_the_zip_counts_and_the_other_is_named():
    opened = open_with(pack_lab(), (NAME, OTHER))

    assert (opened.report, opened.handed.report_name) == (REPORT, REPORT_NAME)
    assert says(opened, "several_reports") == (
        f"The zip must hold one report; there are '{REPORT_NAME}' in the zip and '{NAME}' beside it; "
        f"'{REPORT_NAME}' was taken. Leave in the one that counts."
    )


def test_same_report_in_the_zip_and_beside_it_is_nothing_to_speak_of():
    opened = open_with(pack_lab(), ("copy.pdf", REPORT))

    assert (opened.report, opened.handed.report_name) == (REPORT, REPORT_NAME)
    assert codes(opened) == []


@pytest.mark.parametrize(
    ("inside", "kept"),
    [
        ((REPORT_NAME, b"no pdf"), {"report_broken"}),
        ((REPORT_NAME, b""), {"report_empty"}),
        (("report.docx", WORD), set()),
    ],
    ids=["broken", "empty", "document"],
)
def test_sound_report_beside_the_zip_counts_before_one_that_is_not(inside, kept):
    opened = open_with(pack(("merge.py", SOURCE), inside), (NAME, OTHER))

    assert (opened.report, opened.handed.report_name) == (OTHER, NAME)
    assert set(codes(opened)) == {"report_beside", "several_reports", *kept}
    assert f"'{NAME}' was taken" in says(opened, "several_reports")


@pytest.mark.parametrize(
    ("inside", "beside"),
    [
        ((REPORT_NAME, REPORT), ("a.docx", WORD)),
        (("a.docx", WORD), ("b.docx", WORD + b"2")),
        ((REPORT_NAME, b"x"), (NAME, b"")),
    ],
    ids=["document", "two_documents", "empty"],
)
def test_report_in_the_zip_counts_before_one_that_is_no_better(inside, beside):
    opened = open_with(pack(("merge.py", SOURCE), inside), beside)

    assert (opened.report, opened.handed.report_name) == (inside[1], inside[0])
    assert "several_reports" in codes(opened)


@pytest.mark.parametrize(
    ("report", "content", "expected"),
    [
        (("final.pdf", OTHER), OTHER, ["report_beside", "report_name"]),
        (("final.docx", WORD), WORD, ["report_beside", "report_not_pdf"]),
        ((NAME, b"no pdf"), b"no pdf", ["report_beside", "report_broken"]),
        ((NAME, b""), None, ["report_beside", "report_empty"]),
        ((NAME, bytes(99)), None, ["report_beside", "report_unreadable"]),
    ],
    ids=["name", "document", "broken", "empty", "too_large"],
)
def test_report_beside_the_zip_is_judged_as_one_within(report, content, expected, monkeypatch):
    monkeypatch.setattr(loose, "MAX_REPORT_BYTES", 50)
    opened = open_with(ALONE, report)

    assert (opened.report, opened.handed.report_name) == (content, report[0])
    assert codes(opened) == expected


@pytest.mark.parametrize("data", [b"", b"Rar!\x1a\x07", ALONE[:-30]], ids=["empty", "rar", "cut"])
def test_report_beside_a_zip_that_cannot_be_read_is_there_to_be_marked(data):
    opened = open_with(data, (NAME, REPORT))

    assert (opened.source, opened.report) == (None, REPORT)


def test_report_beside_bare_code_is_in_its_place():
    opened = open_with(SOURCE, ("draft.pdf", OTHER), (NAME, REPORT), name="merge.py")

    assert (opened.source, opened.report, opened.handed.report_name) == (SOURCE, REPORT, NAME)
    assert opened.handed.student_id == "N26130891"
    assert says(opened, "several_reports").startswith(
        f"The zip must hold one report; there are 'draft.pdf', '{NAME}'; '{NAME}' was taken."
    )
    assert codes(opened) == ["several_reports"]


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        (NAME, REPORT, ["not_a_zip", "file_name"]),
        ("report.docx", WORD, ["truncated", "report_not_pdf", "file_name"]),
        (NAME, b"", ["empty_file", "report_empty", "file_name"]),
    ],
    ids=["pdf", "document", "empty"],
)
def test_report_alone_is_there_to_be_marked(name, content, expected):
    opened = open_with(content, name=name)

    assert (opened.source, opened.report) == (None, content or None)
    assert opened.handed.report_name == name
    assert codes(opened) == expected


def test_bare_code_with_reports_of_two_people_has_no_owner():
    opened = open_with(SOURCE, (NAME, REPORT), ("N26130892_Lab3_report.pdf", REPORT), name="merge.py")

    assert opened.handed.student_id == ""
