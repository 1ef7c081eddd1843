import hashlib
import io
import re
import tomllib
import tracemalloc
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from grader.harness import submission
from grader.harness.errors import SubmissionError
from grader.harness.intake.names import Naming
from grader.harness.intake.problems import TEXTS
from grader.harness.submission import open_submission, open_submission_bytes
from grader.labs.merge.lab import LAB
from tests.submissions.malformed import (
    BUILDERS,
    FILE_NAME,
    HELPER,
    NOTEBOOK,
    REPORT,
    REPORT_NAME,
    SOURCE,
    TEMPLATE,
    USES_HELPER,
    ZOO,
    pack,
    pack_lab,
)

EXPECTED = {
    path.parent.name: tomllib.loads(path.read_text(encoding="utf-8")) for path in sorted(ZOO.glob("malformed_*/*.toml"))
}


def codes(opened):
    return [problem.code for problem in opened.handed.problems]


def test_zoo_has_a_builder_for_each_folder():
    assert sorted(BUILDERS) == sorted(EXPECTED)


@pytest.mark.parametrize("name", EXPECTED, ids=lambda name: name.removeprefix("malformed_"))
def test_open_submission_says_what_is_wrong(name, tmp_path):
    expected = EXPECTED[name]
    opened = open_submission(LAB, BUILDERS[name](tmp_path))
    is_lost = expected["points"] == 0 and not expected.get("opens", False)

    wanted = {expected["problem"], *expected.get("also", ())} if "problem" in expected else set()
    assert set(codes(opened)) == wanted
    assert (opened.source is None) == is_lost
    assert [problem.code for problem in opened.handed.problems if problem.is_fatal] == [
        expected.get("problem")
    ] * is_lost
    if wanted:
        told = [str(problem.explanation) for problem in opened.handed.problems if problem.code == expected["problem"]]
        assert re.search(expected["message"], *told)


@pytest.mark.parametrize("name", EXPECTED, ids=lambda name: name.removeprefix("malformed_"))
def test_open_submission_gives_the_source_of_what_is_graded(name, tmp_path):
    opened = open_submission(LAB, BUILDERS[name](tmp_path))

    if EXPECTED[name]["points"] == 60:
        code = (
            opened.source.decode("utf-8-sig")
            .replace("\r\n", "\n")
            .replace("  # 合併骨架", "")
            .replace("  # 合并骨架", "")
        )
        assert code.startswith(SOURCE.decode())


@pytest.mark.parametrize("name", EXPECTED, ids=lambda name: name.removeprefix("malformed_"))
def test_open_submission_shows_printable_text_only(name, tmp_path):
    handed = open_submission(LAB, BUILDERS[name](tmp_path)).handed
    shown = [handed.file_name, handed.report_name, *(str(problem.explanation) for problem in handed.problems)]

    assert all(text.isprintable() and len(text) < 800 for text in shown)


def test_zoo_and_tests_reach_every_problem():
    in_zoo = {code for expected in EXPECTED.values() for code in (expected.get("problem"), *expected.get("also", ()))}

    assert set(TEXTS) - in_zoo == {"file_too_large", "other_lab", "report_beside", "unknown_encoding"}


def test_open_submission_reads_a_right_zip(tmp_path):
    path = tmp_path / FILE_NAME
    path.write_bytes(pack_lab())
    opened = open_submission(LAB, path)

    assert opened.source == SOURCE
    assert opened.report == REPORT
    assert opened.handed.file_name == FILE_NAME
    assert opened.handed.student_id == "N26130891"
    assert opened.handed.sha256 == hashlib.sha256(pack_lab()).hexdigest()
    assert opened.handed.report_name == REPORT_NAME
    assert opened.handed.problems == ()


def test_open_submission_reads_a_bare_file(tmp_path):
    path = tmp_path / "merge.py"
    path.write_bytes(SOURCE)
    opened = open_submission(LAB, path)

    assert opened.source == SOURCE
    assert opened.report is None
    assert opened.handed.problems == ()


@pytest.mark.parametrize(
    ("data", "code"),
    [(b"", "empty_code"), (TEMPLATE, "untouched_template"), (b"#" * (2**20 + 1), "code_too_large")],
    ids=["empty", "template", "too large"],
)
def test_open_submission_judges_a_bare_file(data, code):
    opened = open_submission_bytes(LAB, "merge.py", data)

    assert opened.source is None
    assert codes(opened) == [code]


def test_open_submission_refuses_a_path_without_file(tmp_path):
    with pytest.raises(SubmissionError, match=r"must be a file; there is none at '.*no\.zip'\. Check the path"):
        open_submission(LAB, tmp_path / "no.zip")
    with pytest.raises(SubmissionError, match=r"must be a file; there is none at"):
        open_submission(LAB, tmp_path)


def test_open_submission_refuses_a_file_that_cannot_be_read(tmp_path, monkeypatch):
    def refuse(*args):
        raise PermissionError(13, "Permission denied")

    path = tmp_path / FILE_NAME
    path.write_bytes(pack_lab())
    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(SubmissionError, match=r"must be readable; '.*' is not: Permission denied\. Check its perm"):
        open_submission(LAB, path)


def test_open_submission_reads_no_more_than_the_limit(tmp_path, monkeypatch):
    monkeypatch.setattr(submission, "MAX_FILE_BYTES", 2**20)
    path = tmp_path / FILE_NAME
    path.write_bytes(pack_lab(SOURCE, ("noise", bytes(range(256)) * 2)) + bytes(2**20))
    opened = open_submission(LAB, path)

    (problem,) = opened.handed.problems
    assert problem.code == "file_too_large"
    assert problem.is_fatal
    assert "it has more than 1 MiB. Leave out weights" in str(problem.explanation)
    assert opened.handed.sha256 == ""


def test_open_submission_reads_one_byte_over_the_limit(tmp_path, monkeypatch):
    monkeypatch.setattr(submission, "MAX_FILE_BYTES", 100)
    monkeypatch.setattr(submission, "open_submission_bytes", lambda *args, **_: len(args[-1]))
    path = tmp_path / FILE_NAME
    path.write_bytes(bytes(1000))

    assert open_submission(LAB, path) == 101


def test_fatal_problems_come_first():
    opened = open_submission_bytes(LAB, "lab.zip", pack(("merge.py", b"a = 1\n\0"), ("old/merge.py", b"a = 1\n\0")))

    assert codes(opened) == ["null_bytes", "several_codes", "no_report", "file_name"]


@pytest.mark.parametrize("name", ["merge.py", "Merge.PY", "N26130891_merge.py", "merge.py.txt"])
def test_any_python_file_is_taken_as_merge(name):
    opened = open_submission_bytes(LAB, name, SOURCE)

    assert opened.source == SOURCE
    assert codes(opened) == ["code_name"] * (name != "merge.py")


def test_bare_file_of_another_name_is_told_how_to_be_called():
    (problem,) = open_submission_bytes(LAB, "N26130891_merge.py", SOURCE).handed.problems

    assert str(problem.explanation) == (
        "The code must be in a file merge.py; this one is called 'N26130891_merge.py'. It was graded; use exactly this "
        "name next time."
    )


@pytest.mark.parametrize(
    ("name", "data", "code"),
    [
        ("merge.ipynb", NOTEBOOK, "notebook"),
        ("merge.txt", SOURCE, "code_as_text"),
        ("merge.pdf", REPORT, "code_as_document"),
        ("merge.py", NOTEBOOK, "notebook"),
        ("notes.txt", SOURCE, "not_a_zip"),
    ],
)
def test_bare_file_of_another_format_is_told_so(name, data, code):
    opened = open_submission_bytes(LAB, name, data)

    assert opened.source is None
    assert codes(opened)[0] == code


def test_files_beside_the_code_are_opened_with_it():
    data = pack_lab(USES_HELPER, ("tools.py", HELPER))

    assert open_submission_bytes(LAB, FILE_NAME, data).files == {"tools": HELPER}
    assert open_submission_bytes(LAB, FILE_NAME, pack_lab(b"", ("tools.py", HELPER))).files == {}
    assert open_submission_bytes(LAB, "merge.py", SOURCE).files == {}


@pytest.mark.parametrize("name", ["connections.py", "coordinates.py", "estimators.py", "renderers.py", "demo_image.py"])
def test_files_of_the_published_lab_are_nobody_s_solution(name):
    data = pack_lab(SOURCE, (f"scripts/{name}", b"# as published"), name="N26130891_merge.py")

    assert open_submission_bytes(LAB, FILE_NAME, data).source == SOURCE


def test_template_is_only_known_where_there_is_one():
    opened = open_submission_bytes(replace(LAB, template=None), FILE_NAME, pack_lab(TEMPLATE))

    assert opened.source == TEMPLATE


def test_zip_with_the_name_of_another_lab_is_told_so():
    others = [Naming("Lab4", "maps.py")]
    opened = open_submission_bytes(LAB, "N26130891_Lab4.zip", pack(("maps.py", SOURCE)), others=others)

    assert codes(opened) == ["other_lab", "no_report", "file_name"]
    assert opened.source is None
    assert str(opened.handed.problems[2].explanation) == (
        "The zip must be named StudentID_Lab3.zip; this one is named 'N26130891_Lab4.zip'; it looks like one of Lab4. "
        "Rename it, for example to N26130891_Lab3.zip."
    )


def test_bomb_needs_no_memory():
    data = pack_lab(b" " * (64 << 20))
    tracemalloc.start()
    opened = open_submission_bytes(LAB, FILE_NAME, data)
    _, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert codes(opened) == ["zip_bomb"]
    assert peak_bytes < 8 << 20


@given(data=st.binary(max_size=2000), name=st.text(max_size=30))
@example(data=b"PK\5\6" + bytes(18), name="merge.zip")
@example(data=b"PK\5\6" + b"\xff" * 18, name="\0\ud800")
@settings(max_examples=100)
def test_open_submission_never_raises_on_noise(data, name):
    opened = open_submission_bytes(LAB, name, data)

    assert opened.source is not None or any(problem.is_fatal for problem in opened.handed.problems)


WHOLE = pack_lab(SOURCE, ("folder/", b""), ("notes.txt", b"notes"))


@given(changes=st.dictionaries(st.integers(0, len(WHOLE) - 1), st.integers(0, 255), min_size=1, max_size=6))
@settings(max_examples=300)
def test_open_submission_never_raises_on_a_changed_zip(changes):
    data = bytearray(WHOLE)
    for place, value in changes.items():
        data[place] = value
    opened = open_submission_bytes(LAB, FILE_NAME, bytes(data))

    # The checksum stands between a changed byte and the student: graded is what was packed, or nothing.
    assert opened.source in {SOURCE, None}


@pytest.mark.parametrize("record", [b"PK\3\4", b"PK\1\2", b"PK\5\6"], ids=["header", "directory", "end"])
@pytest.mark.parametrize("value", [0, 1, 0x7F, 0x80, 0xFF], ids=hex)
def test_open_submission_takes_any_byte_of_a_record(record, value):
    start = WHOLE.index(record)
    for place in range(start + 4, start + 46):
        if place < len(WHOLE):
            opened = open_submission_bytes(LAB, FILE_NAME, WHOLE[:place] + bytes([value]) * 2 + WHOLE[place + 2 :])
            assert opened.source in {SOURCE, None}


def test_open_submission_agrees_with_zipfile_about_its_own_zips():
    buffer = io.BytesIO()
    with (
        zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive,
        archive.open("merge.py", "w", force_zip64=True) as f,
    ):
        f.write(SOURCE)

    assert open_submission_bytes(LAB, FILE_NAME, buffer.getvalue()).source == SOURCE


def test_same_file_gives_the_same_records(tmp_path):
    for name in ("malformed_two_reports", "malformed_overlapping"):
        path = BUILDERS[name](tmp_path)
        assert open_submission(LAB, path) == open_submission(LAB, path)
