"""The real command lines, from outside: exit codes, what they print, and what they leave behind."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.zoo import build_zip, load_zoo

REPOSITORY = Path(__file__).resolve().parent.parent
ZOO = {submission.name: submission for submission in load_zoo()}
CHOSEN = ["pass_union_find", "wrong_single_pass", "attack_exit_zero", "malformed_no_merge"]


def run(*arguments, cwd=REPOSITORY, **options):
    return subprocess.run(
        [sys.executable, "-m", *map(str, arguments)],
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        **options,
    )


def build(name, folder):
    return build_zip(ZOO[name], folder)


@pytest.mark.parametrize("name", CHOSEN)
def test_pytest_and_grade_give_the_same_marks(tmp_path, name):
    path = build(name, tmp_path)

    as_pytest = run("pytest", "grader/", "--student", path, "--results", tmp_path / "pytest.json")
    as_command = run("grader", "grade", path, "--results", tmp_path / "command.json")

    first, second = (json.loads((tmp_path / file).read_text()) for file in ("pytest.json", "command.json"))
    assert as_pytest.returncode == (0 if name.startswith("pass") else 1)
    assert as_command.returncode == 0
    for result in (first, second):
        result.pop("execution_time")
        result["extra_data"].pop("timing", None)
        result.pop("output")
    assert first == second


def test_grading_twice_gives_the_same_bytes(tmp_path):
    path = build("wrong_single_pass", tmp_path)
    texts = []
    for name in ("a.json", "b.json"):
        run("grader", "grade", path, "--results", tmp_path / name, "--audience", "staff")
        results = json.loads((tmp_path / name).read_text())
        results.pop("execution_time")
        results.pop("output")
        results["extra_data"].pop("timing")
        results["extra_data"].get("report", {}).pop("timing", None)
        results["extra_data"].get("report", {}).pop("execution_s", None)
        texts.append(json.dumps(results))

    assert texts[0] == texts[1]


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["grader", "grade", "nowhere.zip"], "nowhere.zip"),
        (["grader", "grade"], "the following arguments are required: ZIP"),
        (["grader", "grade", "x.zip", "--sandbox", "none"], "invalid choice: 'none'"),
        (["grader"], "the following arguments are required: COMMAND"),
    ],
    ids=["missing-file", "no-file", "unknown-sandbox", "no-command"],
)
def test_bad_command_line_gives_2(arguments, text):
    done = run(*arguments)

    assert done.returncode == 2
    assert text in done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr


def test_pytest_without_student_says_what_is_missing():
    done = run("pytest", "grader/")

    assert done.returncode == 4
    assert "say which submission to grade: pytest grader/ --student StudentID_Lab3.zip" in done.stderr


def test_grader_that_cannot_work_gives_3(tmp_path):
    path = build("pass_union_find", tmp_path)

    done = run("grader", "grade", path, "--student-python", tmp_path / "no-python")

    assert done.returncode == 3
    assert "no-python" in done.stdout + done.stderr


def descendants(pid):
    """List the processes that a process has started, directly or not."""
    parents = {}
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = status.read_text().rsplit(")", maxsplit=1)[1].split()
        except OSError:
            continue
        parents.setdefault(int(fields[1]), []).append(int(status.parent.name))
    found, waiting = [], [pid]
    while waiting:
        children = parents.get(waiting.pop(), [])
        found += children
        waiting += children
    return found


def wait_until(condition, seconds=20.0):
    """Wait for something that happens soon; tell whether it did."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.02)
    return False


def is_running(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", maxsplit=1)[1].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT], ids=["SIGKILL", "Ctrl-C"])
def test_killed_grader_leaves_nothing_behind(tmp_path, how):
    source = "import time\n\n\ndef merge(subset, a=4, b=0.4):\n    time.sleep(8)\n    return []\n"
    submission, temporary = tmp_path / "merge.py", tmp_path / "temporary"
    submission.write_text(source)
    temporary.mkdir()
    command = [sys.executable, "-m", "grader", "grade", str(submission)]
    grader = subprocess.Popen(
        command,
        cwd=REPOSITORY,
        env=os.environ | {"TMPDIR": str(temporary)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    assert wait_until(lambda: len(descendants(grader.pid)) > 0)
    time.sleep(0.3)
    children = descendants(grader.pid)

    grader.send_signal(how)
    grader.wait(timeout=30)

    assert children
    assert wait_until(lambda: not any(is_running(pid) for pid in children)), children
    assert not list(temporary.iterdir())
