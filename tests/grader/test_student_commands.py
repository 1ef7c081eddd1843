"""What students run: options, language, packages, and what packing says; whole checks are with the release."""

import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest

from grader import student_commands
from grader.harness.errors import STOPPED
from grader.harness.submission import open_submission
from grader.labs.merge.lab import LAB
from grader.student_commands import find_package_problem, is_within, read_ranges

REPOSITORY = Path(__file__).resolve().parents[2]
SOLUTION = (REPOSITORY / "tests" / "submissions" / "pass_union_find" / "merge.py").read_bytes()
PDF = b"%PDF-1.7\nthe report\n%%EOF\n"
REPORT_NAME = "N26130891_Lab3_report.pdf"
NOTHING = "merge.py must define merge; it does not."


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A lab folder in which all is ready to be packed."""
    (tmp_path / "estimation").mkdir()
    (tmp_path / "estimation" / "merge.py").write_bytes(SOLUTION)
    (tmp_path / REPORT_NAME).write_bytes(PDF)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def run_pack(folder, capsys):
    """Run pack.py in the folder; return its exit code and what it printed, both streams in one."""

    def run(*options):
        code = student_commands.pack(folder, [str(option) for option in options])
        printed = capsys.readouterr()
        return code, printed.out + printed.err

    return run


# pack.py.


def test_pack_makes_a_zip_that_the_grader_takes(run_pack, folder):
    code, printed = run_pack("N26130891")

    assert code == 0
    assert printed == f"Wrote N26130891_Lab3.zip with merge.py and {REPORT_NAME}. Hand in this file as it is.\n"
    submission = open_submission(LAB, folder / "N26130891_Lab3.zip")
    assert submission.handed.problems == ()
    assert submission.handed.student_id == "N26130891"
    assert submission.handed.report_name == REPORT_NAME
    assert submission.source == SOLUTION
    assert submission.report == PDF


def test_pack_takes_files_from_elsewhere(run_pack, folder):
    (folder / "done.pdf").write_bytes(b"\n" + PDF)
    (folder / "mine.py").write_bytes(SOLUTION)
    (folder / "交作業").mkdir()

    code, _ = run_pack(" n26130891 ", "--report", "done.pdf", "--code", "mine.py", "--out", "交作業")

    assert code == 0
    with zipfile.ZipFile(folder / "交作業" / "N26130891_Lab3.zip") as archive:
        assert archive.namelist() == ["merge.py", REPORT_NAME]
        assert archive.read(REPORT_NAME) == b"\n" + PDF


def test_pack_gives_the_same_bytes_again(run_pack, folder):
    run_pack("N26130891")
    first = (folder / "N26130891_Lab3.zip").read_bytes()
    (folder / REPORT_NAME).touch()

    assert run_pack("N26130891", "--force")[0] == 0
    assert (folder / "N26130891_Lab3.zip").read_bytes() == first
    with zipfile.ZipFile(folder / "N26130891_Lab3.zip") as archive:
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_pack_replaces_nothing_unless_told(run_pack, folder):
    (folder / "N26130891_Lab3.zip").write_bytes(b"mine")

    code, printed = run_pack("N26130891")

    assert code == 1
    assert "N26130891_Lab3.zip already exists and was left as it is. Add --force to replace it." in printed
    assert printed.endswith("No zip was made.\n")
    assert (folder / "N26130891_Lab3.zip").read_bytes() == b"mine"


def test_pack_says_where_it_could_not_write(run_pack):
    code, printed = run_pack("N26130891", "--out", "nowhere")

    assert code == 1
    assert re.search(r"N26130891_Lab3\.zip could not be written \(.+\)\. Choose another folder with --out\.", printed)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "Your student id is missing. Add it to the command, for example: python pack.py N26130891"),
        (["N2613"], "A student id is up to three letters and then six to ten digits; got 'N2613'."),
        (["N26130891_Lab3.zip"], "got 'N26130891_Lab3.zip'. Write it as on your student card, for example: python"),
        (["../26130891"], "got '../26130891'."),
    ],
    ids=["none", "short", "file name", "path"],
)
def test_pack_asks_for_a_student_id(run_pack, folder, arguments, message):
    code, printed = run_pack(*arguments)

    assert code == 1
    assert message in printed
    assert printed.startswith("pack.py: ")
    assert not list(folder.glob("*.zip"))


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ((REPOSITORY / "student_template" / "merge.py").read_bytes(), "merge.py is still as you got it: none of its"),
        (b"def merge(subset):\n    if ?????????????? or ???????????????:\n", "merge.py still has blanks to fill in"),
        ("# 合併\ndef merge(subset): ...\n".encode("big5"), "merge.py must be saved as UTF-8; line 1 is not."),
        ("def merge(subset): ...".encode("utf-16"), "merge.py must be saved as UTF-8; line 1 is not."),
        (b"def merge(subset):\n    return '\0'\n", "merge.py must be text; it holds zero bytes."),
        (b"x = 1\ndef merge(subset)\n    return subset\n", "merge.py has a syntax error in line 2: expected ':'"),
        (b"return 1\n", "merge.py has a syntax error in line 1: 'return' outside function"),
        (b"def merge(subset):\n\tif 1:\n        pass\n", "merge.py has a syntax error in line 3: "),
        (b"# coding: klingon\n", "merge.py has a syntax error in line "),
        (b"x = " + b"-" * 200_000 + b"1\n", "merge.py cannot be read as Python: "),
        (b"", f"{NOTHING} Write, for example: def merge(subset, min_num_body_parts=4, min_score=0.4):"),
        (b"def merged(subset): return subset\n", NOTHING),
        (b"async def merge(subset): return subset\n", NOTHING),
    ],
    ids=[
        "stub",
        "blanks",
        "big5",
        "utf-16",
        "zero byte",
        "no colon",
        "return outside",
        "tabs",
        "unknown encoding",
        "too deep",
        "empty",
        "other name",
        "async",
    ],
)
def test_pack_says_what_is_wrong_with_the_code(run_pack, folder, source, message):
    (folder / "estimation" / "merge.py").write_bytes(source)

    code, printed = run_pack("N26130891")

    assert code == 1
    assert f"pack.py: {message}" in printed
    assert not list(folder.glob("*.zip"))


def test_pack_shows_the_line_of_a_syntax_error(run_pack, folder):
    (folder / "estimation" / "merge.py").write_bytes(b"def merge(subset):\n    return subset[\n")

    assert "\n    return subset[\n" in run_pack("N26130891")[1]


def test_pack_says_that_the_code_is_missing(run_pack, folder):
    (folder / "estimation" / "merge.py").unlink()

    code, printed = run_pack("N26130891")

    assert code == 1
    assert re.search(r"merge\.py is missing: .*merge\.py cannot be read \(.+\)\. Put it there and pack", printed)


@pytest.mark.parametrize(
    "source",
    [
        b"def f(subset): return subset\nmerge = f\n",
        b"def merge(subset):\n    raise NotImplementedError\ndef merge(subset): return subset\n",
        "\ufeff# 合併\r\ndef merge(subset):\r\n    return '\\d'\r\n".encode(),
        b"# coding: utf-8\ndef merge(subset): return subset\n",
    ],
    ids=["assigned", "written below the stub", "windows", "cookie"],
)
def test_pack_takes_code_of_any_style(run_pack, folder, source):
    (folder / "estimation" / "merge.py").write_bytes(source)

    assert run_pack("N26130891")[0] == 0


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        (REPORT_NAME, b"PK\x03\x04 word/document.xml", f"The report must be a PDF; {REPORT_NAME} is not. Open your"),
        (REPORT_NAME, b"", f"The report must be a PDF; {REPORT_NAME} is not. Open your report in Word"),
        (
            "報告.docx",
            b"PK",
            "The report must be a PDF; there is only 報告.docx. Open your report in Word, Libre",
        ),
        ("report.PDF", PDF, f"The report {REPORT_NAME} is missing. If report.PDF is it, add: --report "),
        (
            "notes.txt",
            b"",
            f"The report {REPORT_NAME} is missing. Open your report in Word, LibreOffice or",
        ),
        (REPORT_NAME, PDF + bytes(50 * 2**20), f"The report may have at most 50 MiB; {REPORT_NAME} has 50.0. Make i"),
    ],
    ids=["renamed document", "empty", "document", "other name", "nothing", "large"],
)
def test_pack_says_what_is_wrong_with_the_report(run_pack, folder, name, content, message):
    (folder / REPORT_NAME).unlink()
    (folder / name).write_bytes(content)

    code, printed = run_pack("N26130891")

    assert code == 1
    assert f"pack.py: {message}" in printed
    assert not list(folder.glob("*.zip"))


def test_pack_tells_all_that_is_wrong_at_once(run_pack, folder):
    (folder / REPORT_NAME).unlink()
    (folder / "estimation" / "merge.py").unlink()

    printed = run_pack("N26130891")[1]

    assert printed.count("pack.py: ") == 2


def test_pack_does_not_run_the_code(run_pack, folder):
    (folder / "estimation" / "merge.py").write_bytes(b"open('ran', 'w')\n" + SOLUTION)

    assert run_pack("N26130891")[0] == 0
    assert not (folder / "ran").exists()


# check.py; whole runs of it are in tests/grader/harness/test_release.py.


def test_packages_that_are_missing_are_named():
    assert find_package_problem({"numpy": "", "opencv-python": "", "pytest-xdist": ""}) == ""
    assert find_package_problem({"numpy": "", "nupmy": "", "pytset": ""}) == (
        "Missing: nupmy, pytset. Install what the lab needs: python -m pip install -r requirements.txt"
    )


def test_package_whose_version_does_not_fit_is_named():
    assert find_package_problem({"numpy": ">=99,<100"}) == (
        f"numpy must be >=99,<100; version {np.__version__} is installed. "
        "Install what the lab needs: python -m pip install -r requirements.txt"
    )


@pytest.mark.parametrize(
    ("version", "allowed", "fits"),
    [
        ("2.0", ">=2.0.0,<3", True),
        ("1.26.4", ">=2.0,<3", False),
        ("3.0.0", ">=2.0,<3", False),
        ("2.10.1", ">=2.9,<3", True),
        ("4.10.0.84", ">=4.10,<6", True),
        ("9.2.0rc1", "<9.2", False),
        ("unknown", ">=1", False),
        ("2.4.6", "", True),
    ],
)
def test_versions_are_compared_by_their_numbers(version, allowed, fits):
    assert is_within(version, allowed) is fits


def test_ranges_are_read_from_the_requirements(tmp_path):
    (tmp_path / "requirements.txt").write_text("numpy>=2.0,<3\nopencv-python >= 4.10, <6  # pictures\n\n-r more.txt\n")

    assert read_ranges(tmp_path / "requirements.txt") == {"numpy": ">=2.0,<3", "opencv-python": ">= 4.10, <6"}
    assert read_ranges(tmp_path / "none.txt") == {}


@pytest.mark.parametrize("command", [student_commands.check, student_commands.pack], ids=["check", "pack"])
@pytest.mark.parametrize(
    ("requirements", "says"),
    [
        ("nupmy>=1\n", "Missing: nupmy. Install what the lab needs"),
        ("numpy>=99\n", f"numpy must be >=99; version {np.__version__} is installed. Install what the lab needs"),
    ],
    ids=["missing", "version"],
)
def test_nothing_runs_without_the_packages(command, requirements, says, folder, capsys):
    (folder / "requirements.txt").write_text(requirements)

    assert command(folder, []) == 3
    assert capsys.readouterr().err.startswith(f"{command.__name__}.py: {says}")


def test_grader_needs_packages_whatever_the_requirements_say(folder, monkeypatch, capsys):
    (folder / "requirements.txt").write_text("tqdm>=4\n")
    monkeypatch.setattr(student_commands, "NEEDED", {"nupmy": ""})

    assert student_commands.check(folder, []) == 3
    assert capsys.readouterr().err.startswith("check.py: Missing: nupmy. ")


def test_check_says_that_there_is_no_file(folder, capsys):
    (folder / "estimation" / "merge.py").unlink()

    for words, named in ((["nowhere.py"], "nowhere.py"), ([], folder / "estimation" / "merge.py")):
        assert student_commands.check(folder, words) == 2
        assert capsys.readouterr().err == f"check.py: There is no file {named}. Name your merge.py or your zip.\n"


@pytest.mark.parametrize("command", [student_commands.check, student_commands.pack], ids=["check", "pack"])
def test_command_says_one_sentence_when_it_is_stopped_early(command, folder, monkeypatch, capsys):
    def interrupt(_):
        raise KeyboardInterrupt

    monkeypatch.setattr(student_commands.importlib, "import_module", interrupt)

    assert command(folder, []) == 130
    assert capsys.readouterr().err == f"{STOPPED}\n"


# The files that call them.


@pytest.mark.parametrize("name", ["check", "pack"])
def test_script_without_the_grader_says_what_is_missing(name, tmp_path):
    shutil.copy(REPOSITORY / "student_template" / f"{name}.py", tmp_path)

    done = subprocess.run(
        [sys.executable, "-I", "-S", f"{name}.py"], cwd=tmp_path, capture_output=True, text=True, check=False
    )

    assert done.returncode == 1
    assert (
        done.stderr == f"{name}.py: The folder grader must lie beside this file; it does not. Unpack the lab again.\n"
    )


def test_older_python_is_refused_in_one_sentence():
    older = "import sys; sys.version_info = (3, 8, 10, 'final', 0); from grader.student_commands import check"

    done = subprocess.run([sys.executable, "-c", older], cwd=REPOSITORY, capture_output=True, text=True, check=False)

    assert done.returncode == 1
    assert done.stderr == "Python 3.11 or newer is needed; this is 3.8. README.md says how to set it up.\n"


# Both, in other languages.

UNKNOWN = "A language must be en (English) or zh-TW (繁體中文); got 'klingon'."


@pytest.mark.parametrize("command", [student_commands.check, student_commands.pack], ids=["check", "pack"])
def test_unknown_language_is_one_sentence(command, folder, capsys):
    assert command(folder, ["N26130891", "--language", "klingon"]) == 2
    assert capsys.readouterr().err == f"{command.__name__}.py: {UNKNOWN}\n"


def test_pack_speaks_the_language_that_was_asked_for(run_pack, folder):
    (folder / "estimation" / "merge.py").write_bytes(b"def merge(subset): ...\n")
    (folder / REPORT_NAME).unlink()

    code, printed = run_pack("N26130891", "--language", "zh-TW")

    assert code == 1
    assert printed == (
        "pack.py: merge.py 和發下來時一樣：裡面的函式都還沒有做任何事。請在那裡寫上你的程式碼。\n"
        "pack.py: 缺少報告 N26130891_Lab3_report.pdf。請用 Word、LibreOffice 或 Pages 打開報告，匯出成 PDF，並以 "
        "N26130891_Lab3_report.pdf 的檔名存在 pack.py 旁邊。\n"
        "沒有做出壓縮檔。\n"
    )


def test_pack_speaks_the_language_of_the_machine(run_pack, monkeypatch):
    monkeypatch.setenv("LANGUAGE", "zh_TW:en")

    assert run_pack("x")[1].startswith("pack.py: 學號由至多三個英文字母與其後六到十位數字組成；得到 'x'。")
    assert run_pack("x", "--language", "en")[1].startswith("pack.py: A student id is up to three letters")


@pytest.mark.parametrize("command", [student_commands.check, student_commands.pack], ids=["check", "pack"])
def test_help_is_told_in_chinese(command, folder, capsys):
    with pytest.raises(SystemExit, match=r"^0$"):
        command(folder, ["--language", "zh-TW", "--help"])
    assert "顯示的語言：en 或 zh-TW" in " ".join(capsys.readouterr().out.split())
