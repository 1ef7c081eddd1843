"""What students get of lab 4: the stub, the self-check, the packer, the archive."""

import ast
import inspect
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from grader.harness.lab_files import load_lab_files
from grader.harness.languages import speaking, tell
from grader.harness.release import build_release
from grader.harness.sandbox.policy import Budget, Limits
from grader.harness.submission import open_submission
from grader.labs.maps.lab import FOLDER, LAB
from grader.labs.maps.template import maps
from tests.grader.labs.maps.zoo import REPORT, find, without
from tests.instructions import outline

TEMPLATE = FOLDER / "template"
README, CHINESE = ((TEMPLATE / f"README{ending}.md").read_text(encoding="utf-8") for ending in ("", ".zh-TW"))
REPOSITORY = FOLDER.parents[2]


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    """Build the archive, once."""
    path = tmp_path_factory.mktemp("release") / "EAI_Lab4.zip"
    build_release(LAB, path)
    return path


@pytest.fixture
def folder(archive, tmp_path):
    """Unpack it, as a student does."""
    with zipfile.ZipFile(archive) as opened:
        opened.extractall(tmp_path)
    return tmp_path / "EAI_Lab4"


def run(folder, *words):
    done = subprocess.run(
        [sys.executable, *map(str, words)], cwd=folder, capture_output=True, text=True, timeout=300, check=False
    )
    return done.returncode, done.stdout + done.stderr


# The stub.


def test_template_is_python_38():
    ast.parse((TEMPLATE / "maps.py").read_text(encoding="utf-8"), feature_version=(3, 8))


@pytest.mark.parametrize("function", LAB.program.functions, ids=lambda function: function.name)
def test_stub_has_the_parameters_that_it_is_called_with(function):
    stub = getattr(maps, function.name)

    assert ", ".join(inspect.signature(stub).parameters) == function.parameters
    assert function.returns.removeprefix("an ") in stub.__doc__ or function.returns == "a number"
    with pytest.raises(NotImplementedError, match=rf"^{function.name}\(\) is not written yet\. Open maps\.py"):
        stub(*[None] * len(inspect.signature(stub).parameters))


# The archive.


def test_archive_holds_what_students_need_and_nothing_else(archive):
    with zipfile.ZipFile(archive) as opened:
        names = opened.namelist()
        rubric = opened.read("EAI_Lab4/grader/labs/maps/rubric.toml").decode()

    for name in (
        "maps.py",
        "check.py",
        "pack.py",
        "README.md",
        "README.zh-TW.md",
        "report_template.rtf",
        "requirements.txt",
    ):
        assert f"EAI_Lab4/{name}" in names
    forbidden = r"hidden|seed\.txt|reference\.py|casemaking|shrinking|estimation/|labs/merge|tests/"
    assert not [name for name in names if re.search(forbidden, name)]
    assert "staff =" not in rubric
    assert "tolerance" in rubric


def test_untouched_stub_is_told_where_to_write(folder):
    code, printed = run(folder, "check.py")

    assert code == 1
    assert "maps.py must hold your code; it is still as you got it. Open maps.py" in " ".join(printed.split())


def test_self_check_shows_the_first_failure_on_one_screen(folder):
    (folder / "maps.py").write_bytes(find("wrong_sum_over_people").source)

    code, printed = run(folder, "check.py")

    lines = printed.splitlines()
    assert code == 1
    assert len(lines) <= 40
    assert max(map(len, lines)) <= 80
    assert "heatmaps                  wrong in 3 of 6 checks" in printed
    assert "12 of 12 softargmax                passed" in printed
    page = (folder / "check.html").read_text(encoding="utf-8")
    assert "OpenPose lab 4" in page
    assert "data:image/png;base64," in page


def test_self_check_speaks_another_language(folder):
    (folder / "maps.py").write_bytes(find("wrong_sum_over_people").source)

    code, printed = run(folder, "check.py", "--language", "zh-tw", "--case", "people_3_1")
    refused = run(folder, "check.py", "--language", "fr")

    assert code == 1, printed
    assert printed.startswith("[people_3_1] 答案錯誤。3 個人彼此靠近。\n    好幾個人的峰重疊之處，必須以最大的值為準；")
    assert "      預期       得到       差異\n" in printed
    assert "完整的輸入是 grader/labs/maps/cases/public/heatmaps_people.json 裡的案例 'people_3_1'。" in printed
    assert refused == (2, "check.py: A language must be en (English) or zh-TW (繁體中文); got 'fr'.\n")


def test_packer_speaks_another_language(folder):
    code, printed = run(folder, "pack.py", "N26130891", "--language", "zh-TW")

    assert code == 1
    assert printed.startswith("pack.py: maps.py 和發下來時一樣：裡面的函式都還沒有做任何事。")
    assert printed.endswith("沒有做出壓縮檔。\n")


def test_self_check_of_the_right_functions_has_nothing_to_say(folder):
    (folder / "maps.py").write_bytes(find("pass_broadcasting").source)

    code, printed = run(folder, "check.py", "--all")

    assert code == 0, printed
    assert "Code: 60 of 60 points" in printed


def test_self_check_names_a_file_that_is_not_there(folder):
    assert run(folder, "check.py", "mine.py") == (
        2,
        "check.py: There is no file mine.py. Name your maps.py or your zip.\n",
    )


def test_packed_zip_is_what_the_grader_takes(folder):
    (folder / "maps.py").write_bytes(find("pass_plain").source)
    (folder / "N26130891_Lab4_report.pdf").write_bytes(REPORT)

    code, printed = run(folder, "pack.py", "n26130891")

    assert (code, printed) == (
        0,
        "Wrote N26130891_Lab4.zip with maps.py and N26130891_Lab4_report.pdf. Hand in this file as it is.\n",
    )
    submission = open_submission(LAB, folder / "N26130891_Lab4.zip")
    assert submission.handed.problems == ()
    assert submission.source == find("pass_plain").source


def test_packer_names_functions_that_are_not_written(folder):
    (folder / "maps.py").write_bytes(without("iou"))
    (folder / "N26130891_Lab4_report.pdf").write_bytes(REPORT)

    code, printed = run(folder, "pack.py", "N26130891")

    assert code == 0
    assert "Not written yet, so without points: iou. All else is marked." in printed


def test_packer_makes_no_zip_of_the_stub(folder):
    code, printed = run(folder, "pack.py", "N26130891")

    assert code == 1
    assert "N26130891_Lab4_report.pdf is missing" in printed
    assert printed.endswith("No zip was made.\n")
    assert not list(folder.glob("*.zip"))


# What README.md says.


def test_readme_tells_the_points_of_the_rubric():
    rubric = load_lab_files(LAB).rubric
    points = {}
    for line in rubric.checks:
        points[line.part] = points.get(line.part, 0) + line.points
    for function in LAB.program.functions:
        assert f"| Code: `{function.name}` | {points[function.name]} |" in README
    assert f"| Code: the same call gives the same answer | {points['Any call']} |" in README
    for part in rubric.manual:
        assert f"| Report: {part.title[0].lower()}{part.title[1:]} | {part.max_points} |" in README


@pytest.mark.parametrize("what", outline(README))
def test_chinese_instructions_say_the_same(what):
    assert outline(CHINESE)[what] == outline(README)[what]


def test_chinese_instructions_use_the_words_of_the_rubric():
    with speaking("zh-TW", LAB.folder):
        for part in load_lab_files(LAB).rubric.manual:
            assert f"| 報告：{tell(part.title)} | {part.max_points} |" in CHINESE


def test_readme_tells_the_limits():
    assert f"one call may take {Limits().call_cpu_s} seconds of computing" in README
    assert f"all calls together {Budget().cpu_s:g}" in README


def test_report_template_has_the_parts_of_the_rubric():
    template = (TEMPLATE / "report_template.rtf").read_text(encoding="utf-8")

    for number, part in enumerate(load_lab_files(LAB).rubric.manual, start=1):
        assert f"{number}. {part.title}\\par" in template
        assert any(word in part.title.lower() for word in LAB.headings[part.key])


def test_case_folder_tells_the_public_seed():
    from grader.labs.maps.casemaking.write import PUBLIC_SEED

    told = (FOLDER / "cases" / "README.md").read_text(encoding="utf-8")
    assert f"| public | {PUBLIC_SEED} |" in told
    assert Path(REPOSITORY / ".gitignore").read_text(encoding="utf-8").count("/cases/seed.txt") == 1
