"""Another lab is another folder: a toy of one function is graded, as one file and as a class, and released."""

import json
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parent.parent
RIGHT = "import numpy as np\n\n\ndef double(values):\n    return 2 * np.asarray(values)\n"
WRONG = "def double(values):\n    return [2 * value for value in values] if values.ndim == 1 else values\n"


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    """Copy the project, with one more folder among its labs."""
    tree = tmp_path_factory.mktemp("project")
    for name in ("LICENSE", "grader", "estimation", "student_template"):
        source = REPOSITORY / name
        if source.is_file():
            shutil.copy(source, tree)
        else:
            shutil.copytree(
                source, tree / name, ignore=shutil.ignore_patterns("__pycache__", "training", "screenshots")
            )
    shutil.copytree(REPOSITORY / "tests" / "toy", tree / "grader" / "labs" / "toy")
    (tree / "grader" / "labs" / "toy" / "__init__.py").write_text('"""A toy."""\n')
    return tree


def run(tree, *words):
    return subprocess.run(
        [sys.executable, "-m", *map(str, words)], cwd=tree, capture_output=True, text=True, timeout=300, check=False
    )


def pack(path, source, code="toy.py"):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(code, source)
        archive.writestr(f"{path.stem}_report.pdf", b"%PDF-1.4\n%%EOF\n")
    return path


@pytest.mark.parametrize(("source", "points"), [(RIGHT, 60), (WRONG, 30)], ids=["right", "wrong"])
def test_toy_is_graded_by_the_name_of_its_zip(tree, tmp_path, source, points):
    path, results = pack(tmp_path / "N26130891_Lab9.zip", source), tmp_path / "results.json"

    done = run(tree, "grader", "grade", path, "--results", results, "--html", tmp_path / "page.html")

    assert done.returncode == 0, done.stderr
    assert json.loads(results.read_text())["score"] == points
    assert f"Code: {points} of 60 points" in done.stdout
    assert "Toy lab 9: results" in (tmp_path / "page.html").read_text()
    if source == WRONG:
        assert "Each value must be doubled; one is not. Multiply by 2." in done.stdout
        shown = " ".join(done.stdout[done.stdout.index("Call:") :].split())
        assert (
            "a = np.array([[1.0, 2.0], [3.0, 4.0]]) double(a) Expected: [[2. 4.] [6. 8.]] Got: [[1. 2.] [3. 4.]]"
            in shown
        )


def test_pytest_collects_the_toys_checks_alone(tree, tmp_path):
    path = pack(tmp_path / "N26130891_Lab9.zip", RIGHT)

    done = run(tree, "pytest", "grader/", "--student", path, "-v")

    assert done.returncode == 0, done.stdout + done.stderr
    assert "2 passed" in done.stdout
    assert "labs/merge" not in done.stdout


def test_file_that_does_not_load_says_so(tree, tmp_path):
    path = tmp_path / "toy.py"
    path.write_text("def triple(values):\n    return values\n")

    done = run(tree, "grader", "grade", path, "--lab", "toy")

    assert "toy.py must define a function double; there is none. Keep the function of the template: def double(val" in (
        " ".join(done.stdout.split())
    )


def test_zip_of_another_lab_says_which(tree, tmp_path):
    named = pack(tmp_path / "N26130891_Lab9.zip", RIGHT)
    renamed = pack(tmp_path / "N26130891_Lab3.zip", RIGHT)

    forced, held = (
        " ".join(run(tree, "grader", "grade", *words).stdout.split())
        for words in ((named, "--lab", "merge"), (renamed,))
    )

    assert "this one is named 'N26130891_Lab9.zip'; it looks like one of Lab9" in forced
    for told in (forced, held):
        assert (
            "The zip must be one of this lab, StudentID_Lab3.zip with merge.py in it; it holds 'toy.py' and looks like "
            "one of Lab9."
        ) in told


def test_unknown_lab_gets_the_list(tree, tmp_path):
    done = run(tree, "grader", "grade", pack(tmp_path / "N26130891_Lab9.zip", RIGHT), "--lab", "toys")

    assert done.returncode == 2
    assert done.stderr == "--lab must name one of the labs; 'toys' is not one of them. They are: maps, merge, toy.\n"


def test_toy_class_is_graded_and_exported(tree, tmp_path):
    folder, out = tmp_path / "handed", tmp_path / "out"
    folder.mkdir()
    pack(folder / "N26130891_Lab9.zip", RIGHT)
    pack(folder / "N26130892_Lab9.zip", WRONG)

    graded = run(tree, "grader", "batch", folder, "--out", out, "--sandbox", "auto", "--workers", 1)
    exported = run(tree, "grader", "export", out, "--csv")

    assert graded.returncode == 0, graded.stderr
    assert exported.returncode == 0, exported.stderr
    rows = (out / "export" / "grades.csv").read_text("utf-8-sig").splitlines()
    assert "doubles" in rows[0].split(",")
    assert [row.split(",")[0] for row in rows[1:]] == ["N26130891", "N26130892"]
    assert "Code points: 30 to 60, median 45." in graded.stdout
    assert "Toy lab 9: the class" in (out / "index.html").read_text("utf-8")


def test_toy_is_released_without_what_is_for_the_staff(tree, tmp_path):
    path = tmp_path / "toy.zip"

    done = run(tree, "grader", "release", "--out", path, "--lab", "toy")

    assert done.returncode == 0, done.stderr
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
        assert "Toy/grader/labs/toy/cases/public/doubles.json" in names
        assert not [name for name in names if "/merge" in name or "estimation" in name]
        assert b"staff" not in archive.read("Toy/grader/labs/toy/rubric.toml")
        archive.extractall(tmp_path)
    checked = run(tmp_path / "Toy", "pytest", "grader", "--student", pack(tmp_path / "N26130891_Lab9.zip", RIGHT))
    assert checked.returncode == 0, checked.stdout + checked.stderr


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (
            lambda text: text.replace('key = "loads"', 'key = "doubles"'),
            "Each key of the rubric must appear once; 'doubles' appears twice. Rename one.",
        ),
        (
            lambda text: text.replace("says =", "said =", 1),
            "[check] has key, part, points, says, staff, title, tolerance, and not 'said'",
        ),
        (
            lambda text: text.replace('key = "doubles"', 'key = "trebles"'),
            "Each check must have a test in the lab's checks; 'trebles' has none. Write test_trebles.",
        ),
        (
            lambda text: text.replace("points = 60", "points = 50", 1),
            "The points of the code must add up to 50; ",
        ),
    ],
    ids=["twice", "unknown-key", "no-test", "sum"],
)
@pytest.mark.parametrize("command", ["grade", "doctor"])
def test_rubric_that_cannot_be_judged_is_one_sentence(tree, tmp_path, command, change, says):
    rubric = tree / "grader" / "labs" / "toy" / "rubric.toml"
    before = rubric.read_text()
    words = ["grade", pack(tmp_path / "N26130891_Lab9.zip", RIGHT)] if command == "grade" else ["doctor"]
    rubric.write_text(change(before))
    try:
        done = run(tree, "grader", *words, "--lab", "toy")
    finally:
        rubric.write_text(before)

    check_refused(done, says)


@pytest.mark.parametrize("command", ["grade", "doctor"])
def test_check_without_cases_is_one_sentence(tree, tmp_path, command):
    cases = tree / "grader" / "labs" / "toy" / "cases"
    words = ["grade", pack(tmp_path / "N26130891_Lab9.zip", RIGHT)] if command == "grade" else ["doctor"]
    cases.rename(tmp_path / "cases")
    try:
        done = run(tree, "grader", *words, "--lab", "toy")
    finally:
        (tmp_path / "cases").rename(cases)

    check_refused(done, "Each check must have cases; 'doubles' has none. Add cases/public/doubles.json.")


def check_refused(done, says):
    """The grader itself cannot work: exit code 3 and one sentence that says why."""
    assert done.returncode == 3, done.stdout
    assert done.stderr.startswith("The grader cannot do this: ")
    assert says in done.stderr
    assert len(done.stderr.splitlines()) == 1
