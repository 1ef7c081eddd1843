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
CHOSEN = ["pass_union_find", "wrong_single_pass", "attack_os_exit", "malformed_no_merge"]


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

    as_pytest = run("pytest", "grader/", "--no-shrink", "--student", path, "--results", tmp_path / "pytest.json")
    as_command = run("grader", "grade", "--no-shrink", path, "--results", tmp_path / "command.json")

    first, second = (json.loads((tmp_path / file).read_text()) for file in ("pytest.json", "command.json"))
    assert as_pytest.returncode == (0 if name.startswith("pass") else 1)
    assert as_command.returncode == 0
    for result in (first, second):
        del result["execution_time"], result["extra_data"]["timing"]
    assert first == second


@pytest.mark.slow
def test_grading_twice_gives_the_same_bytes(tmp_path):
    path = build("wrong_single_pass", tmp_path)
    for name in ("a.json", "b.json"):
        run("grader", "grade", path, "--results", tmp_path / name, "--audience", "staff")

    assert marks(tmp_path / "a.json") == marks(tmp_path / "b.json")


@pytest.mark.slow
def test_grading_leaves_no_file_where_it_was_started(tmp_path):
    path, here = build("wrong_drops_third", tmp_path), tmp_path / "here"
    here.mkdir()

    done = run("grader", "grade", path, cwd=here, env=os.environ | {"PYTHONPATH": str(REPOSITORY)})

    assert "the smallest that fails" in done.stdout
    assert not list(here.iterdir())


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["grader", "grade", "nowhere.zip"], "nowhere.zip"),
        (["grader", "grade"], "the following arguments are required: ZIP"),
        (["grader", "grade", "x.zip", "--sandbox", "none"], "invalid choice: 'none'"),
        (["grader"], "the following arguments are required: COMMAND"),
        (
            ["grader", "grade", "x.zip", "--lab", "ports"],
            "--lab must name one of the labs; 'ports' is not one of them. They ",
        ),
    ],
    ids=["missing-file", "no-file", "unknown-sandbox", "no-command", "unknown-lab"],
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


def marks(path):
    """Read a results file, without what is measured."""
    results = json.loads(path.read_text(encoding="utf-8"))
    del results["execution_time"], results["extra_data"]["timing"]
    return results


@pytest.mark.slow
def test_folder_and_hash_seed_change_nothing(tmp_path):
    path = build("wrong_single_pass", tmp_path)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()

    chosen = ["-k", "row_order or any_people or same_answer"]
    options = ["--student", path, "--results", tmp_path / "here.json"]
    here = run("pytest", "grader/", *chosen, *options, env=environment("1"))
    options = ["--student", f"../{path.name}", "--results", "there.json", "--html", "there.html"]
    there = run("pytest", REPOSITORY / "grader", *chosen, *options, cwd=elsewhere, env=environment("2"))

    assert (here.returncode, there.returncode) == (1, 1), there.stdout + there.stderr
    assert marks(tmp_path / "here.json") == marks(elsewhere / "there.json")
    assert (elsewhere / "there.html").exists()


def environment(hash_seed, **more):
    return os.environ | {"PYTHONHASHSEED": hash_seed} | more


@pytest.fixture
def beside(tmp_path):
    """Give a submission with a conftest.py beside it that leaves a trace where it is run."""
    path = build("pass_union_find", tmp_path / "handed")
    trace = tmp_path / "trace"
    (path.parent / "conftest.py").write_text(f"from pathlib import Path\nPath({str(trace)!r}).touch()\n")
    return path, trace


@pytest.mark.parametrize("form", ["apart", "equals"])
def test_conftest_beside_a_submission_is_not_run(beside, form):
    path, trace = beside
    options = ["--student", path] if form == "apart" else [f"--student={path}"]

    done = run("pytest", "grader/", *options, "-q", "-k", "loads")

    assert done.returncode == 0, done.stdout + done.stderr
    assert not trace.exists()


def test_conftest_that_pytest_runs_first_ends_the_grading(beside):
    path, _ = beside

    done = run("pytest", "--student", path, "grader/")

    assert done.returncode == 4
    assert "nothing beside a submission must run in the grader; pytest has run " in done.stderr
    assert f"Look at what it does, and write: pytest grader/ --student={path}" in done.stderr


@pytest.mark.parametrize("where", ["outside", "inside"])
def test_plugins_and_settings_of_others_change_nothing(tmp_path, where):
    packages = tmp_path / "packages"
    (packages / "stranger-1.dist-info").mkdir(parents=True)
    (packages / "stranger-1.dist-info" / "METADATA").write_text("Metadata-Version: 2.1\nName: stranger\nVersion: 1\n")
    (packages / "stranger-1.dist-info" / "entry_points.txt").write_text("[pytest11]\nstranger = stranger\n")
    (packages / "stranger.py").write_text("def pytest_runtest_call(item):\n    raise OSError('stranger')\n")
    # A submission inside the repository makes pytest take the settings of the project's own tests at first.
    path = build("pass_union_find", tmp_path)
    student = path if where == "outside" else REPOSITORY / "tests" / "submissions" / "pass_union_find" / "merge.py"

    done = run("pytest", "grader/", "--student", student, "-k", "loads", env=environment("0", PYTHONPATH=str(packages)))

    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 passed, 25 deselected" in done.stdout
    assert "plugins:" not in done.stdout


def test_submission_in_the_repository_needs_no_plugin_of_its_tests():
    student = REPOSITORY / "tests" / "submissions" / "pass_union_find" / "merge.py"
    bare = environment("0", PYTEST_DISABLE_PLUGIN_AUTOLOAD="1")  # as where none is installed

    done = run("pytest", "grader/", "--student", student, "-k", "loads", env=bare)

    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 passed, 25 deselected" in done.stdout


@pytest.mark.parametrize(
    ("option", "text"),
    [("-q", "\n8 passed in "), ("-v", "labs/merge/checks/test_2_merging.py::test_cycles PASSED")],
    ids=["quiet", "verbose"],
)
def test_one_file_is_graded_alone(tmp_path, option, text):
    path = build("pass_union_find", tmp_path)

    done = run("pytest", "grader/labs/merge/checks/test_2_merging.py", option, "--student", path)

    assert done.returncode == 0, done.stdout + done.stderr
    assert "17 checks worth 40 points not run: this check was not chosen" in done.stdout
    assert "20 / 60  code" in done.stdout
    assert text in done.stdout


def test_help_lists_the_options():
    done = run("pytest", "grader/", "--help")

    assert done.returncode == 0
    options = "student=ZIP", "lab=NAME", "results=FILE.json", "html=FILE.html", "audience=", "sandbox=", "no-shrink"
    for option in options:
        assert f"--{option}" in done.stdout


def test_submission_that_is_not_there_is_told_by_pytest():
    done = run("pytest", "grader/", "--student", "nowhere.zip")

    assert done.returncode == 4
    assert "A submission must be a file; there is none at '" in done.stderr
    assert "nowhere.zip'. Check the path." in done.stderr


@pytest.mark.skipif(sys.platform != "linux", reason="strict mode needs Linux")
def test_machine_without_bubblewrap_is_unfit_for_strict_mode(tmp_path):
    path = build("pass_union_find", tmp_path)

    done = run("grader", "grade", path, "--sandbox=strict", env=environment("0", PATH=str(tmp_path)))

    assert done.returncode == 3
    assert "Strict mode needs every protection; off on this machine: Namespaces (bubblewrap (bwrap) is" in done.stderr
    assert "Code: no mark yet, because the grader itself failed" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr


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


def wait_until(condition, seconds=60.0):
    """Wait for something that happens; tell whether it did."""
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


def used_s(pid):
    """Tell how many seconds of the processor a process has used."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", maxsplit=1)[1].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT], ids=["SIGKILL", "Ctrl-C"])
def test_killed_grader_leaves_nothing_behind(tmp_path, how):
    submission, temporary = tmp_path / "merge.py", tmp_path / "temporary"
    submission.write_text("def merge(subset, a=4, b=0.4):\n    while True:\n        pass\n")
    temporary.mkdir()
    command = [sys.executable, "-m", "grader", "grade", str(submission)]
    grader = subprocess.Popen(
        command,
        cwd=REPOSITORY,
        env=os.environ | {"TMPDIR": str(temporary)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    # Nothing but the loop uses up a second of the processor in a child, and it has nine more before it is stopped.
    assert wait_until(lambda: any(used_s(pid) > 1 for pid in descendants(grader.pid)))
    children = descendants(grader.pid)

    grader.send_signal(how)
    grader.wait(timeout=60)

    assert wait_until(lambda: not any(is_running(pid) for pid in children)), children
    assert not list(temporary.iterdir())
