"""What a student reads at each stage of the work, and what stops the code."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from grader import self_check
from grader.harness.characters import width
from grader.harness.errors import STOPPED, HostUnfit, UsageError
from grader.harness.report.verdict import SCREEN_COLUMNS, SCREEN_LINES
from tests.grader.harness.sandbox.test_ending import descendants, wait_until_gone

REPOSITORY = Path(__file__).resolve().parents[2]
SUBMISSIONS = REPOSITORY / "tests" / "submissions"
STUB = (REPOSITORY / "student_template" / "merge.py").read_text(encoding="utf-8")
HEAD = "def merge(subset, min_num_body_parts=4, min_score=0.4):\n"
PRINTS = f"{HEAD}    for row in subset:\n        print(row)\n"
RETURNS_NONE = f"{HEAD}    people = list(subset)\n"


def submission(name):
    return (SUBMISSIONS / name / "merge.py").read_text(encoding="utf-8")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The student's folder, and the current one."""
    (tmp_path / "estimation").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def check(folder, capsys):
    """Check a file; return exit code, what was printed, and what was complained of."""

    def run(source, page="check.html", **options):
        path = folder / "estimation" / "merge.py"
        path.write_text(source, encoding="utf-8")
        code = self_check.run(path, folder / page, **options)
        return code, *capsys.readouterr()

    return run


STAGES = [
    pytest.param(STUB, 1, ["it is still as you got it. Open estimation/merge.py and write your code where"], id="stub"),
    pytest.param(f"{HEAD}    for row in subset\n", 1, ["expected ':' in line 2 of merge.py: for row in"], id="syntax"),
    pytest.param(PRINTS, 1, ["got None. End the function with a return", "Printed by merge.py:"], id="prints"),
    pytest.param(RETURNS_NONE, 1, ["got None. End the function with a return", "cases in 24 checks."], id="none"),
    pytest.param(
        submission("wrong_single_pass"),
        1,
        ["First to fail: Rows in every order. One cause,", "other causes: see --all.", "published_rows('row_order', "],
        id="single pass",
    ),
    pytest.param(submission("wrong_keypoint_in_two_people"), 1, ["got neck 5 in two people."], id="almost"),
    pytest.param(submission("pass_union_find"), 0, ["60 of 60 points", "11 of 11 Conflicts passed"], id="right"),
]


@pytest.mark.parametrize(("source", "code", "says"), STAGES)
def test_each_stage_is_told_on_one_screen(check, source, code, says):
    ended, printed, complained = check(source)
    lines, words = printed.splitlines(), " ".join(printed.split())

    assert ended == code
    assert complained == ""
    assert len(lines) <= SCREEN_LINES
    assert max(map(len, lines)) <= SCREEN_COLUMNS
    assert [sentence for sentence in says if sentence not in words] == []
    assert "protection" not in words
    assert "Traceback" not in words


CHINESE = [
    "它和發下來時一樣",
    "在 merge.py 第 2 行",
    "得到的是：None",
    "得到的是：None",
    "任何順序的列",
    "出現在兩個人身上",
    "60 分，滿分",
]


@pytest.mark.parametrize(
    ("source", "code", "says"),
    [pytest.param(*stage.values[:2], told, id=stage.id) for stage, told in zip(STAGES, CHINESE, strict=True)],
)
def test_each_stage_is_told_on_one_screen_in_chinese(check, source, code, says):
    ended, printed, complained = check(source, language="zh-TW")
    lines = printed.splitlines()

    assert (ended, complained) == (code, "")
    assert len(lines) <= SCREEN_LINES
    assert max(map(width, lines)) <= SCREEN_COLUMNS
    assert says.replace(" ", "") in "".join(printed.split())


def test_unknown_language_is_told(check):
    with pytest.raises(UsageError, match=r"^A language must be en .*; got 'klingon'\.$"):
        check(STUB, language="klingon")


def test_case_that_there_is_not_is_told_in_chinese(check):
    complained = check(submission("pass_union_find"), case="two_nose", language="zh-TW")[2]

    assert complained.startswith("check.py: 執行過的案例中沒有叫作 'two_nose' 的。你是不是指 two_noses 或 one_nose")


def test_verdict_tells_of_the_larger_crowd(check):
    words = " ".join(check(submission("pass_union_find"))[1].split())

    assert " s for 510 rows, 30 people. The crowd that is marked is larger, 1,100 rows, 100 people: expect " in words
    assert " s of 10 s there." in words


def test_verbose_tells_of_the_protections(check):
    printed = check(submission("pass_union_find"), is_verbose=True)[1]

    assert "\nGraded with Python " in printed
    assert " of the sandbox's " in printed


def test_all_tells_everything(check):
    code, printed, _ = check(submission("wrong_single_pass"), is_all=True)

    assert code == 1
    assert "points      verdict        check" in printed
    assert "protections" not in printed
    assert len(printed.splitlines()) > SCREEN_LINES


def test_case_is_told_in_full(check):
    code, printed, _ = check(submission("wrong_keypoint_in_two_people"), case="two_noses")

    assert code == 1
    assert printed.startswith("[two_noses] wrong. A neck is joined with two noses.")
    assert "  rows = [  # part, its id, part, its id, score" in printed
    assert "passed" not in printed


def test_case_that_passed_says_so(check):
    code, printed, _ = check(submission("pass_union_find"), case="two_noses")

    assert code == 0
    assert printed.startswith("[two_noses] passed.")


def test_case_that_there_is_not_is_told_with_its_neighbours(check):
    code, printed, complained = check(submission("pass_union_find"), case="two_nose\n")

    assert code == 2
    assert printed == ""
    assert complained.startswith(r"check.py: No case that was tried is called 'two_nose\\n'. Do you mean two_noses or ")


@pytest.mark.parametrize(
    ("page", "why"),
    [("nowhere/x.html", "--html must name a file in an existing folder"), ("estimation", "--html must name a file")],
    ids=["no folder", "a folder"],
)
def test_verdict_is_told_without_a_page(check, page, why):
    code, printed, _ = check(submission("pass_union_find"), page=page)
    words = " ".join(printed.split())

    assert code == 0
    assert words.startswith("merge.py: 60 of 60 points")
    assert f"No page was written to {page}: {why}" in words
    assert "Elsewhere: --html FILE.html" in words


@pytest.mark.parametrize(
    ("error", "why"),
    [(PermissionError(13, "Permission denied"), "Permission denied"), (ImportError("libGL.so.1"), "libGL.so.1")],
    ids=["read-only", "no library"],
)
def test_verdict_is_told_whatever_keeps_the_page_away(check, monkeypatch, error, why):
    def refuse(*_):
        raise error

    monkeypatch.setattr(self_check.Outputs, "write", refuse)

    code, printed, _ = check(submission("pass_union_find"))

    assert code == 0
    assert f"No page was written to check.html: {why}. Elsewhere:" in " ".join(printed.split())


def test_verdict_is_told_without_temporary_files(check, monkeypatch):
    def refuse(*_, **__):
        raise FileNotFoundError(2, "No usable temporary directory found")

    monkeypatch.setattr("tempfile.mkdtemp", refuse)

    code, printed, complained = check(submission("pass_union_find"))

    assert code == 0
    assert printed.startswith("merge.py: 60 of 60 points")
    assert complained == ""


def test_fault_of_the_grader_is_told_as_such(check, monkeypatch):
    def fail(*_):
        raise HostUnfit("A child must start; it did not.")

    monkeypatch.setattr(self_check, "grade_submission", fail)

    assert check(PRINTS) == (
        3,
        "",
        "check.py: The check itself failed; that is not your fault. A child must start; it did not.\n",
    )


LOOPS = """
import os
def merge(subset, min_num_body_parts=4, min_score=0.4):
    os.nice(7)
    while True:
        try:
            subset = subset + 0
        except:
            pass
"""
"""Says that it has come to its loop by how nice it is: it can write no file."""


def commands(path):
    """The ways to try code, each without the sandbox."""
    ours = f"from pathlib import Path; from grader import self_check; import sys; p = Path({str(path)!r}); "
    return {
        "check.py": ["-c", f"{ours}sys.exit(self_check.run(p, p.with_suffix('.html')))"],
        "grade": ["-m", "grader", "grade", str(path), "--sandbox=off"],
        "pytest": ["-m", "pytest", "grader", f"--student={path}", "--sandbox=off", "-qq"],
    }


def find_loop(running):
    """Wait until a process of the grader's has come to the loop; return its number."""
    while True:
        assert running.poll() is None, running.stdout.read()
        for pid in descendants(running.pid):
            with contextlib.suppress(ProcessLookupError):
                if os.getpriority(os.PRIO_PROCESS, pid) >= 7 > os.getpriority(os.PRIO_PROCESS, running.pid):
                    return pid
        time.sleep(0.01)


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks for processes in /proc")
@pytest.mark.parametrize("command", ["check.py", "grade", "pytest"])
def test_ctrl_c_ends_an_endless_loop_with_one_sentence(folder, command):
    path = folder / "merge.py"
    path.write_text(LOOPS, encoding="utf-8")
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    with subprocess.Popen([sys.executable, *commands(path)[command]], cwd=REPOSITORY, **streams) as running:
        loop = find_loop(running)
        running.send_signal(signal.SIGINT)
        printed = running.stdout.read()

    assert running.returncode == (2 if command == "pytest" else 130)
    assert printed.count(STOPPED) == 1
    assert "Traceback" not in printed
    assert not wait_until_gone([loop])
    assert {path.name for path in folder.iterdir()} == {"estimation", "merge.py"}


def test_file_that_is_gone_is_told_in_chinese(folder, capsys):
    assert self_check.run(folder / "merge.py", folder / "check.html", language="zh-TW") == 2

    assert capsys.readouterr().err.startswith("check.py: 繳交的必須是檔案；'")
