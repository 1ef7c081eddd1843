"""What marks depend on: which files change the hashes, and that all that a grading loads is among them."""

import re
import shutil
import subprocess
import sys
from dataclasses import replace

import pytest

from grader.harness import fingerprints
from grader.harness.assessment import Assessment, Options
from grader.harness.fingerprints import find_fingerprints, find_modules
from grader.harness.lab import REPOSITORY
from grader.harness.lab_files import load_lab_files
from grader.harness.submission import open_submission_bytes
from grader.labs.merge.lab import LAB

SUBMISSIONS = REPOSITORY / "tests" / "submissions"
SUBMISSION = open_submission_bytes(
    LAB, "merge.py", b"def merge(subset, min_num_body_parts=4, min_score=0.4):\n    return []\n"
)
FINGERPRINTS = find_fingerprints(LAB)
"""Found once a process: before a test lets the grader look elsewhere."""


@pytest.fixture
def copied(tmp_path, monkeypatch):
    """Give a lab whose files, and the harness, are copies to change; they are in ``grader`` of the folder."""
    shutil.copytree(REPOSITORY / "grader", tmp_path / "grader", ignore=shutil.ignore_patterns("__pycache__", "maps"))
    shutil.copytree(REPOSITORY / "estimation", tmp_path / "estimation", ignore=shutil.ignore_patterns("training"))
    monkeypatch.setattr(fingerprints, "HARNESS", tmp_path / "grader" / "harness")
    monkeypatch.setattr(fingerprints, "REPOSITORY", tmp_path)
    monkeypatch.setattr(fingerprints, "load_lab_files", load_lab_files.__wrapped__)
    lab = replace(LAB, marks_depend_on=[tmp_path / path.relative_to(REPOSITORY) for path in LAB.marks_depend_on])
    vars(lab)["folder"] = tmp_path / "grader" / "labs" / "merge"
    return lab


def found(lab):
    return dict(find_fingerprints.__wrapped__(lab))


@pytest.mark.parametrize(
    ("file", "changed"),
    [
        ("grader/labs/merge/rubric.toml", {"rubric"}),
        ("grader/labs/merge/cases/public/cycles.json", {"cases"}),
        ("grader/labs/merge/cases/hidden/crowds.json", {"cases"}),
        ("grader/harness/assessment.py", {"grader"}),
        ("grader/harness/sandbox/child.py", {"grader"}),
        ("grader/labs/merge/compare.py", {"grader"}),
        ("grader/labs/merge/checks/test_6_crowds.py", {"grader"}),
        ("estimation/config.py", {"grader"}),
        ("estimation/merge.py", set()),
        ("estimation/coco.py", set()),
        ("grader/README.md", set()),
        ("grader/labs/merge/cases/README.md", set()),
        ("grader/harness/batch/run.py", set()),
        ("grader/harness/release.py", set()),
        ("grader/harness/sandbox/attacks.py", set()),
        ("grader/harness/sandbox/doctor.py", set()),
        ("grader/harness/sandbox/leaks.py", set()),
    ],
)
def test_fingerprint_changes_with_what_it_covers(copied, tmp_path, file, changed):
    before = found(copied)

    path = tmp_path / file
    path.write_bytes(path.read_bytes() + b"\n")

    after = found(copied)
    assert {name for name in before if before[name] != after[name]} == changed


def test_fingerprint_of_a_copy_is_the_same(copied, tmp_path):
    assert FINGERPRINTS.items() <= Assessment(LAB, SUBMISSION, Options()).report().fingerprint.items()

    (tmp_path / "grader" / "harness" / "__pycache__").mkdir()
    (tmp_path / "grader" / "harness" / "__pycache__" / "check.cpython-311.pyc").write_bytes(b"compiled")
    for path in tmp_path.rglob("*"):
        path.touch()

    assert found(copied) == FINGERPRINTS


def test_fingerprint_changes_with_a_file_that_is_renamed(copied, tmp_path):
    before = found(copied)

    (tmp_path / "grader" / "harness" / "outputs.py").rename(tmp_path / "grader" / "harness" / "output.py")

    assert found(copied)["grader"] != before["grader"]


LOADED = """
import sys
from pathlib import Path
from grader.__main__ import main

code = main(["grade", sys.argv[1], "--no-shrink"])
files = {getattr(module, "__file__", None) or "" for module in list(sys.modules.values())}
print(code, *sorted(str(Path(file).relative_to(Path.cwd())) for file in files if Path.cwd() in Path(file).parents))
"""


@pytest.mark.parametrize("name", ["pass_union_find", "wrong_drops_third"])
def test_fingerprint_covers_every_module_that_a_grading_loads(name):
    command = [sys.executable, "-c", LOADED, SUBMISSIONS / name / "merge.py"]

    shown = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=True)

    code, *loaded = shown.stdout.splitlines()[-1].split()
    # The command line and what it offers besides take no part in grading, and neither do other labs, nor packages that
    # are installed inside the repository's folder.
    own = {file for file in loaded if re.match(r"(estimation|grader)/", file)}
    loaded = {file for file in own if not re.match(r"grader/(__main__|harness/batch/|labs/(?!merge/)\w+/)", file)}
    covered = {module.relative_to(REPOSITORY).as_posix() for module in find_modules(LAB)}
    assert code == "0"
    assert len(loaded) > 30
    assert loaded <= covered
    assert {file for file in covered - loaded if file.startswith("estimation/")} == set()
