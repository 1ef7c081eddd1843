"""The packer of any lab: a zip that the grader takes, or a sentence for each thing that is missing."""

import zipfile

import pytest

from grader.harness.packing import LARGEST_REPORT_BYTES, make_zip, pack_submission
from grader.harness.submission import open_submission
from grader.labs.merge.lab import LAB

CODE = b"def merge(subset, min_num_body_parts=4, min_score=0.4):\n    return subset\n"
STUB = b'def merge(subset, min_num_body_parts=4, min_score=0.4):\n    """Write it."""\n    raise NotImplementedError\n'
PDF = b"%PDF-1.7\nthe report\n%%EOF\n"
REPORT = "N26130891_Lab3_report.pdf"


@pytest.fixture
def folder(tmp_path):
    """A folder in which all is ready to be packed."""
    (tmp_path / "merge.py").write_bytes(CODE)
    (tmp_path / REPORT).write_bytes(PDF)
    return tmp_path


def pack(folder, student_id="N26130891", **others):
    return pack_submission(LAB, student_id, folder, folder, code=folder / "merge.py", **others)


@pytest.mark.parametrize("student_id", ["N26130891", " n26130891 "])
def test_zip_is_what_the_grader_takes(folder, student_id):
    packed = pack(folder, student_id)

    assert packed.path == folder / "N26130891_Lab3.zip"
    assert packed.problems == ()
    assert packed.remarks == (f"Wrote {packed.path} with merge.py and {REPORT}. Hand in this file as it is.",)
    submission = open_submission(LAB, packed.path)
    assert (submission.handed.problems, submission.source, submission.report) == ((), CODE, PDF)


def test_report_may_be_called_otherwise(folder):
    (folder / REPORT).rename(folder / "mine.pdf")

    packed = pack(folder, report=folder / "mine.pdf")

    with zipfile.ZipFile(packed.path) as archive:
        assert archive.namelist() == ["merge.py", REPORT]


def test_same_files_give_the_same_bytes():
    assert make_zip({"a.py": CODE, "b.pdf": PDF}) == make_zip({"a.py": CODE, "b.pdf": PDF})


def test_zip_that_is_there_stays_unless_it_may_be_replaced(folder):
    path = pack(folder).path
    path.write_bytes(b"mine")

    refused = pack(folder)

    assert refused.path is None
    assert refused.problems == (f"{path} already exists and was left as it is. Add --force to replace it.",)
    assert path.read_bytes() == b"mine"
    assert pack(folder, is_replacing=True).path == path


@pytest.mark.parametrize(
    ("student_id", "says"),
    [
        (" ", "Your student id is missing. Add it to the command, for example: python pack.py N26130891"),
        ("Ann", "A student id is up to three letters and then six to ten digits; got 'Ann'. Write it as on your"),
    ],
)
def test_id_must_be_one(folder, student_id, says):
    (problem,) = pack(folder, student_id).problems

    assert problem.startswith(says)
    assert problem.endswith("for example: python pack.py N26130891")


WRONG = {
    "no_code": (None, PDF, "merge.py is missing: "),
    "no_report": (CODE, None, f"The report {REPORT} is missing. Open your report in Word"),
    "stub": (STUB, PDF, "merge.py is still as you got it: none of its functions does anything yet. Put your code"),
    "syntax": (b"def merge(:\n", PDF, "merge.py has a syntax error in line 1: "),
    "null": (b"x = '\0'\n", PDF, "merge.py must be text; it holds zero bytes. Save it"),
    "empty": (b"\n", PDF, "merge.py must define merge; it does not. Write, for"),
    "huge": (CODE + b"# x\n" * 2**19, PDF, "merge.py must be a file of code; 'merge.py' has more than 1 MiB. Leave"),
    "deep": (b"(" * 500 + b")" * 500, PDF, "merge.py "),
    "word": (CODE, b"PK\x03\x04 a document", f"The report must be a PDF; {REPORT} is not. Open your"),
    "large": (CODE, PDF + bytes(LARGEST_REPORT_BYTES), f"The report may have at most 50 MiB; {REPORT} has 50.0."),
}


@pytest.mark.parametrize(("code", "report", "says"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_is_told_and_nothing_is_written(folder, code, report, says):
    for name, content in (("merge.py", code), (REPORT, report)):
        if content is None:
            (folder / name).unlink()
        else:
            (folder / name).write_bytes(content)

    packed = pack(folder)

    assert packed.path is None
    assert any(problem.startswith(says) for problem in packed.problems), packed.problems
    assert not list(folder.glob("*.zip"))


@pytest.mark.parametrize(
    "code",
    [
        b"def merge(rows):\n    return rows\n",
        b"merge = lambda rows: rows\n",
        b"from beside import merge\n",
        b"from beside import group as merge\n",
    ],
    ids=["def", "lambda", "import", "import as"],
)
def test_function_may_come_from_anywhere(folder, code):
    (folder / "merge.py").write_bytes(code)

    assert len(pack(folder).remarks) == 1  # that it was written


def test_harmless_oddities_are_packed(folder):
    (folder / "merge.py").write_bytes(b"\xef\xbb\xbf" + CODE.replace(b"\n", b"\r\n"))

    assert pack(folder).path is not None


def test_folder_that_is_not_there_is_told(folder):
    packed = pack_submission(LAB, "N26130891", folder, folder / "nowhere", code=folder / "merge.py")

    path = folder / "nowhere" / "N26130891_Lab3.zip"
    (problem,) = packed.problems
    assert problem == f"{path} could not be written (No such file or directory). Choose another folder with --out."
