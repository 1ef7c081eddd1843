"""What students get that is theirs: the stub, the report template, the self-check, the packer, the instructions."""

import ast
import inspect
import re
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest

from grader.harness.lab_files import load_lab_files
from grader.harness.languages import speaking, tell
from grader.harness.sandbox.policy import Budget, Limits
from grader.harness.submission import open_submission
from grader.labs.merge.lab import LAB
from student_template import check, merge, pack
from tests.instructions import outline

REPOSITORY = Path(__file__).resolve().parent.parent
TEMPLATE = REPOSITORY / "student_template"
README = (TEMPLATE / "README.md").read_text(encoding="utf-8")
SOLUTION = (REPOSITORY / "tests" / "submissions" / "pass_union_find" / "merge.py").read_bytes()
PDF = b"%PDF-1.7\nthe report\n%%EOF\n"
REPORT_NAME = "N26130891_Lab3_report.pdf"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A lab folder in which all is ready to be packed."""
    (tmp_path / "estimation").mkdir()
    (tmp_path / "estimation" / "merge.py").write_bytes(SOLUTION)
    (tmp_path / REPORT_NAME).write_bytes(PDF)
    monkeypatch.setattr(pack, "HERE", tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def run_pack(folder, capsys):
    """Run pack.py in the folder; return its exit code and what it printed, both streams in one."""

    def run(*options):
        code = pack.main([str(option) for option in options])
        printed = capsys.readouterr()
        return code, printed.out + printed.err

    return run


# The stub.


@pytest.mark.parametrize("name", ["merge.py", "check.py", "pack.py"])
def test_template_is_python_38(name):
    # check.py must still be able to say that this Python is too old.
    ast.parse((TEMPLATE / name).read_text(encoding="utf-8"), feature_version=(3, 8))


def test_stub_says_that_it_is_not_written():
    with pytest.raises(NotImplementedError, match=r"^merge\(\) is not written yet\. Open estimation/merge\.py"):
        merge.merge(np.empty((0, 20)))


def test_stub_has_the_defaults_of_the_lab():
    parameters = inspect.signature(merge.merge).parameters

    assert list(parameters) == ["subset", "min_num_body_parts", "min_score"]
    assert parameters["min_num_body_parts"].default == 4
    assert parameters["min_score"].default == pytest.approx(0.4)


def test_stub_has_both_steps_in_order():
    source = inspect.getsource(merge.merge)

    assert source.index("# Step 1: Merge") < source.index("# Step 2: Delete") < source.index("raise")


# pack.py.


def test_pack_refuses_an_old_python(run_pack, folder, monkeypatch):
    monkeypatch.setattr(pack, "OLDEST_PYTHON", (4, 0))
    this = ".".join(map(str, sys.version_info[:2]))

    code, printed = run_pack("N26130891")

    assert code == 2
    assert f"pack.py: Python 4.0 or newer is needed; this is {this}. README.md says how to set it up.\n" in printed
    assert not list(folder.glob("*.zip"))


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

    code, _ = run_pack(" n26130891 ", "--report", "done.pdf", "--merge", "mine.py", "--out", "交作業")

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

    assert code == 2
    assert message in printed
    assert printed.startswith("pack.py: ")
    assert not list(folder.glob("*.zip"))


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ((TEMPLATE / "merge.py").read_bytes(), "merge.py is still as you got it: its function merge does nothing yet."),
        (b"def merge(subset):\n    if ?????????????? or ???????????????:\n", "merge.py still has blanks to fill in"),
        ("# 合併\ndef merge(subset): ...\n".encode("big5"), "merge.py must be saved as UTF-8; line 1 is not."),
        ("def merge(subset): ...".encode("utf-16"), "merge.py must be saved as UTF-8; line 1 is not."),
        (b"def merge(subset):\n    return '\0'\n", "merge.py must be text; it holds zero bytes."),
        (b"x = 1\ndef merge(subset)\n    return subset\n", "merge.py has a syntax error in line 2: expected ':'"),
        (b"return 1\n", "merge.py has a syntax error in line 1: 'return' outside function"),
        (b"def merge(subset):\n\tif 1:\n        pass\n", "merge.py has a syntax error in line 3: "),
        (b"# coding: klingon\n", "merge.py has a syntax error in line "),
        (b"x = " + b"-" * 200_000 + b"1\n", "merge.py cannot be read as Python: "),
        (b"", "merge.py must define a function merge; it does not. Begin it with: def merge(subset, ...):"),
        (b"def merged(subset): return subset\n", "merge.py must define a function merge; it does not."),
        (b"async def merge(subset): return subset\n", "merge.py must define a function merge; it does not."),
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
    assert re.search(r"merge\.py is missing: .*merge\.py cannot be read \(.+\)\. Keep pack\.py in the lab's", printed)


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


def test_check_refuses_an_old_python():
    assert check.python_problem((3, 11)) == ""
    assert check.python_problem((3, 8)) == (
        "Python 3.11 or newer is needed; this is 3.8. README.md says how to set it up."
    )


def test_check_names_the_packages_that_are_missing():
    assert check.package_problem({"numpy": "numpy", "opencv-python": "cv2"}, {}) == ""
    assert check.package_problem({"numpy": "numpy", "nupmy": "nupmy", "pytset": "pytset"}, {}) == (
        "Missing: nupmy, pytset. Install what the lab needs: python -m pip install -r requirements.txt"
    )


def test_check_names_a_package_whose_version_does_not_fit():
    assert check.package_problem({"numpy": "numpy"}, {"numpy": ">=99,<100"}) == (
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
def test_check_compares_versions_by_their_numbers(version, allowed, fits):
    assert check.is_within(version, allowed) is fits


def test_check_reads_the_ranges_of_the_requirements(tmp_path):
    ranges = check.read_ranges(TEMPLATE / "requirements.txt")

    assert ranges.keys() >= check.PACKAGES.keys()
    assert ranges["numpy"] == ">=2.0,<3"
    assert check.package_problem(check.PACKAGES, ranges) == ""
    assert check.read_ranges(tmp_path / "none.txt") == {}


@pytest.mark.parametrize("cause", ["python_problem", "package_problem"])
def test_check_stops_when_it_cannot_check(cause, monkeypatch, capsys):
    monkeypatch.setattr(check, cause, lambda *_: "Something is missing.")

    assert check.main([str(TEMPLATE / "merge.py")]) == 3
    assert capsys.readouterr().err == "check.py: Something is missing.\n"


def test_check_says_that_there_is_no_file(capsys):
    assert check.main(["nowhere.py"]) == 2
    assert capsys.readouterr().err == "check.py: There is no file nowhere.py. Name your merge.py or your zip.\n"


def test_check_says_one_sentence_when_it_is_stopped_early(monkeypatch, capsys):
    def interrupt(_):
        raise KeyboardInterrupt

    monkeypatch.setattr(check.importlib, "import_module", interrupt)

    assert check.main([str(TEMPLATE / "merge.py")]) == 130
    assert capsys.readouterr().err == f"{check.STOPPED}\n"


# Both, in other languages.

UNKNOWN = "A language must be en (English) or zh-TW (繁體中文); got 'klingon'."


@pytest.mark.parametrize("script", [check, pack], ids=["check", "pack"])
def test_unknown_language_is_one_sentence(script, capsys):
    assert script.main(["N26130891", "--language", "klingon"]) == 2
    assert capsys.readouterr().err.startswith(f"{script.__name__.rpartition('.')[2]}.py: {UNKNOWN}\n")


def test_pack_speaks_the_language_that_was_asked_for(run_pack, folder):
    (folder / "estimation" / "merge.py").write_bytes(b"def merge(subset): ...\n")
    (folder / REPORT_NAME).unlink()

    code, printed = run_pack("N26130891", "--language", "zh-TW")

    assert code == 1
    assert printed == (
        "pack.py: merge.py 和發下來時一樣：函式 merge 還沒有做任何事。請在那裡寫上你的程式碼。\n"
        "pack.py: 缺少報告 N26130891_Lab3_report.pdf。請用 Word、LibreOffice 或 Pages 打開報告，匯出成 PDF，並以 "
        "N26130891_Lab3_report.pdf 的檔名存在 pack.py 旁邊。\n"
        "沒有做出壓縮檔。\n"
    )


def test_pack_speaks_the_language_of_the_machine(run_pack, monkeypatch):
    monkeypatch.setenv("LANGUAGE", "zh_TW:en")

    assert run_pack("x")[1].startswith("pack.py: 學號是最多三個英文字母加上六到十個數字；得到 'x'。")
    assert run_pack("x", "--language", "en")[1].startswith("pack.py: A student id is up to three letters")


def test_help_is_told_in_chinese(capsys):
    for script in (check, pack):
        with pytest.raises(SystemExit, match=r"^0$"):
            script.main(["--language", "zh-TW", "--help"])
        assert "顯示的語言：en 或 zh-TW" in " ".join(capsys.readouterr().out.split())


@pytest.mark.parametrize("script", [check, pack], ids=["check", "pack"])
def test_script_without_the_grader_speaks_english(script, monkeypatch, capsys):
    monkeypatch.setattr(script, "LANGUAGES", None)
    monkeypatch.setenv("LANGUAGE", "zh_TW")

    assert script.main(["nowhere.py", "--language", "zh-TW"]) == 2
    assert re.search(r"There is no file nowhere\.py|A student id is up to", capsys.readouterr().err)


# The report template.


@pytest.fixture(scope="module")
def rtf():
    return (TEMPLATE / "report_template.rtf").read_bytes().decode("ascii")


def plain_text(rtf):
    """Take the words out of the template: one line a paragraph, each with the name of its style."""
    body = rtf[rtf.index("\\widowctrl") :]
    for paragraph in body.split("\\pard\\plain")[1:]:
        style = re.match(r"\\s(\d)", paragraph)[1]
        yield style, re.sub(r"\\[a-z]+-?\d* ?|[{}\n]", "", paragraph)


def test_report_template_is_well_formed(rtf):
    depths = [0]
    for character in rtf:
        depths.append(depths[-1] + {"{": 1, "}": -1}.get(character, 0))
    closed = len(depths) - 1 - depths[::-1].index(1)  # the last place inside of the outermost group

    assert rtf.startswith("{\\rtf1\\ansi")
    assert depths[-1] == 0
    assert min(depths[1 : closed + 1]) == 1
    assert rtf[closed:].strip() == "}"


def test_report_template_uses_only_styles_and_fonts_that_it_defines(rtf):
    header, body = rtf.split("\\widowctrl")

    assert set(re.findall(r"\\s\d(?!\d)", body)) <= set(re.findall(r"\\s\d(?!\d)", header))
    assert set(re.findall(r"\\f\d(?!\d)", body)) <= set(re.findall(r"\\f\d(?!\d)", header))


def test_report_template_has_the_parts_of_the_rubric(rtf):
    headings = [text for style, text in plain_text(rtf) if style == "1"]

    assert headings == [
        f"{number}. {part.title}" for number, part in enumerate(load_lab_files(LAB).rubric.manual, start=1)
    ]


def test_report_template_asks_for_name_and_id(rtf):
    words = [text for _, text in plain_text(rtf)]

    assert "Name: [your name]" in words
    assert "Student id: [your student id]" in words


# The instructions.


def ranges(path):
    lines = path.read_text(encoding="utf-8").splitlines()
    return {re.match(r"[\w-]+", line)[0]: line for line in lines}


def test_requirements_have_the_ranges_of_the_project():
    ours, theirs = ranges(REPOSITORY / "requirements.txt"), ranges(TEMPLATE / "requirements.txt")

    assert theirs.items() <= ours.items()


def test_readme_has_the_points_of_the_rubric():
    rubric = load_lab_files(LAB).rubric

    assert f"| Code | {sum(line.points for line in rubric.checks)} |" in README
    for part in rubric.manual:
        assert f"| Report: {part.title[0].lower()}{part.title[1:]} | {part.max_points} |" in README


def test_readme_has_the_limits_of_the_sandbox():
    limits, budget = Limits(), Budget()

    assert f"one call of `merge` may take {limits.call_cpu_s} seconds of computing" in README
    assert f"all calls together {budget.cpu_s:.0f}." in README
    assert f"Sleeping and waiting may take {budget.idle_s:.0f} seconds in all." in README
    assert limits.memory_bytes == 2**30
    assert "Memory: 1 GiB more" in README


def test_readme_gives_each_system_its_own_commands():
    blocks = re.findall(r"```\n(.*?)```", README, re.DOTALL)

    for block in blocks:
        assert not ("\\" in block and "/" in block), block
        assert not ("conda" in block and "venv" in block), block
    for word in ("conda create", "Activate.ps1", "source .venv/bin/activate", "images\\2.jpg", "images/2.jpg"):
        assert any(word in block for block in blocks)
    for command in ("demo_image.py", "check.py", "pack.py N26130891"):
        assert f"python {command}\n" in blocks


def test_readme_names_what_check_needs():
    (line,) = re.findall(r"pip install (numpy .*)", README)

    assert sorted(line.split()) == sorted(check.PACKAGES)
    assert f"Python {'.'.join(map(str, check.OLDEST_PYTHON))} or newer" in README
    assert sys.version_info >= check.OLDEST_PYTHON


# The instructions in Chinese.

CHINESE = (TEMPLATE / "README.zh-TW.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("what", outline(README))
def test_chinese_instructions_say_the_same(what):
    assert outline(CHINESE)[what] == outline(README)[what]


def test_chinese_instructions_use_the_words_of_the_rubric():
    rubric = load_lab_files(LAB).rubric

    with speaking("zh-TW", LAB.folder):
        for part in rubric.manual:
            assert f"| 報告：{tell(part.title)} | {part.max_points} |" in CHINESE
