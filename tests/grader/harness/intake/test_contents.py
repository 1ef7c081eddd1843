import io
import zipfile

import pytest

from grader.harness.intake import code, contents
from grader.harness.intake.code import Wanted
from grader.harness.intake.contents import read_contents
from grader.harness.intake.names import Naming
from tests.submissions.malformed import (
    CHECKSUM,
    REPORT,
    REPORT_NAME,
    SOURCE,
    TEMPLATE,
    pack,
    pack_lab,
    patched,
    special,
)

NAMING = Naming("Lab3", "merge.py")


def read(data, **wanted):
    return read_contents(data, Wanted(NAMING, **wanted))


def told(found):
    return {problem.code: problem.explanation.got for problem in found.problems}


@pytest.mark.parametrize("folder", ["", "lab3/", "王小明/", "./"], ids=ascii)
def test_both_files_are_found_at_the_top_and_in_one_folder(folder):
    found = read(pack((f"{folder}merge.py", SOURCE), (f"{folder}{REPORT_NAME}", REPORT)))

    assert (found.source, found.report, found.report_name) == (SOURCE, REPORT, REPORT_NAME)
    assert found.problems == []


def test_report_is_found_beside_code_that_cannot_be_had():
    found = read(patched(pack_lab(), CHECKSUM, 0))

    assert found.source is None
    assert found.report == REPORT


def test_exact_name_counts_before_others():
    found = read(pack(("Merge.py", b"# old"), ("merge.py", SOURCE), (REPORT_NAME, REPORT)))

    assert found.source == SOURCE
    assert told(found) == {"other_python": "left out: 'Merge.py' (called like merge.py itself)"}


def test_two_of_almost_the_name_are_two():
    found = read(pack(("merge (1).py", b"# old"), ("Merge.py", SOURCE), (REPORT_NAME, REPORT)))

    assert told(found) == {"several_codes": "it holds 2 that differ: 'merge (1).py', 'Merge.py'"}


def test_template_alone_counts_beside_its_copies():
    found = read(
        pack(("merge.py", TEMPLATE), ("a/merge.py", TEMPLATE + b"\n"), (REPORT_NAME, REPORT)), template=TEMPLATE
    )

    assert told(found) == {"several_codes": "it holds 2 that differ: 'merge.py', 'a/merge.py'"}


def test_crowd_of_merge_is_not_read():
    found = read(pack(*[(f"{number}/merge.py", SOURCE) for number in range(9)], (REPORT_NAME, REPORT)))

    assert found.source is None
    assert told(found)["several_codes"].startswith("it holds 9: '0/merge.py', '1/merge.py'")


def test_ordinary_merge_counts_beside_one_that_is_outside():
    found = read(pack(("../merge.py", b"# other"), ("merge.py", SOURCE), (REPORT_NAME, REPORT)))

    assert found.source == SOURCE
    assert told(found) == {"path_outside": "'../merge.py' points outside of it and was left out"}


OTHER = Naming("Lab4", "maps.py")


def test_zip_of_another_lab_is_told_so():
    found = read(pack(("maps.py", SOURCE), (REPORT_NAME, REPORT)), others=[Naming("Lab5", "other.py"), OTHER])

    assert found.source is None
    assert told(found) == {"other_lab": "it holds 'maps.py' and looks like one of Lab4"}
    assert str(found.problems[0].explanation) == (
        "The zip must be one of this lab, StudentID_Lab3.zip with merge.py in it; it holds 'maps.py' and looks like "
        "one of Lab4. Hand it in where it belongs; here the file of this lab is needed."
    )


def test_code_counts_beside_that_of_another_lab():
    found = read(pack_lab(SOURCE, ("maps.py", b"# other")), others=[OTHER])

    assert found.source == SOURCE
    assert told(found) == {"code_beside": "graded with it: 'maps.py'"}


def test_folder_of_the_name_may_hold_the_file():
    assert read(pack(("merge.py/merge.py", SOURCE))).source == SOURCE


def test_folder_of_the_name_may_be_empty():
    assert "code_is_folder" in told(read(pack(("merge.py/", b""))))


@pytest.mark.parametrize(("path", "is_deep"), [("a/merge.py", False), ("a/b/merge.py", True)])
def test_merge_is_deep_from_two_folders_on(path, is_deep):
    assert ("code_deep" in told(read(pack_lab(name=path)))) == is_deep


def test_empty_report_is_none():
    found = read(pack(("merge.py", SOURCE), (REPORT_NAME, b"")))

    assert (found.report, found.report_name) == (None, REPORT_NAME)


def test_member_without_a_name_does_no_harm():
    assert read(pack((".", b""), ("//", b""), ("merge.py", SOURCE))).source == SOURCE


def test_limits_hold_at_their_edge(monkeypatch):
    monkeypatch.setattr(code, "MAX_SOURCE_BYTES", len(SOURCE))
    monkeypatch.setattr(contents, "MAX_REPORT_BYTES", len(REPORT))

    within = read(pack_lab())
    over = read(pack(("merge.py", SOURCE + b"#"), (REPORT_NAME, REPORT + b" ")))
    assert (within.source, within.report) == (SOURCE, REPORT)
    assert (over.source, over.report) == (None, None)
    assert set(told(over)) == {"code_too_large", "report_unreadable"}


def test_large_data_that_packs_like_data_is_no_bomb(monkeypatch):
    monkeypatch.setattr(contents, "_BOMB_BYTES", 1000)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("merge.py", SOURCE)
        archive.writestr(REPORT_NAME, REPORT)
        archive.writestr("weights.bin", bytes(100_000))

    assert read(buffer.getvalue()).problems == []


def test_links_and_code_of_others_are_told_apart_from_merge():
    found = read(pack((special("merge.py", 0o120000), b"x"), (special("b", 0o120000), b"x"), (REPORT_NAME, REPORT)))

    assert [(problem.is_fatal, problem.explanation.got) for problem in found.problems] == [
        (True, "'merge.py' is a link"),
        (False, "'b' is a link and was left out"),
    ]


@pytest.mark.parametrize(
    ("names", "taken", "codes"),
    [
        (["N1234567_Lab3_report.pdf", "a_report.pdf"], "N1234567_Lab3_report.pdf", set()),
        (["n1234567_lab3_REPORT.PDF"], "n1234567_lab3_REPORT.PDF", set()),
        (["N7654321_Lab3_report.pdf"], "N7654321_Lab3_report.pdf", {"report_name"}),
        (["A7654321_Lab3_report.pdf", "N1234567_Lab3_report.pdf"], "N1234567_Lab3_report.pdf", set()),
        (["paper.pdf", "final_report.pdf"], "final_report.pdf", {"report_name"}),
        (["paper.pdf", "報告_v2.pdf"], "報告_v2.pdf", {"report_name"}),
        (["paper.pdf", "draft.docx"], "paper.pdf", {"report_name"}),
        (["a report.pdf", "final_report.pdf"], "final_report.pdf", {"report_name"}),
        (["a/b_report.pdf", "c_report.pdf"], "c_report.pdf", {"report_name", "several_reports"}),
        (["a/b.docx", "c.docx"], "c.docx", {"report_not_pdf"}),
        (["a.rtf", "b.docx", "c.docx"], "b.docx", {"report_not_pdf"}),
        (["deep/report.docx", "report.docx"], "report.docx", {"report_not_pdf"}),
        (["notes.txt", "~$report.docx"], "", {"no_report"}),
        (["../N1234567_Lab3_report.pdf"], "", {"no_report", "path_outside"}),
    ],
    ids=lambda value: ascii(value) if isinstance(value, str) else None,
)
def test_report_is_the_document_that_fits_best(names, taken, codes):
    data = pack(("merge.py", SOURCE), *[(name, REPORT) for name in names])
    found = read(data, student_id="N1234567")

    assert found.report_name == taken
    assert set(told(found)) == codes
