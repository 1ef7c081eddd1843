"""A class of lab 4 into which files of lab 3 have strayed: it says so, grades its own, and hands out grades."""

import subprocess
import sys
import zipfile
from pathlib import Path

from tests.grader.labs.maps.zoo import REPORT, find

REPOSITORY = Path(__file__).resolve().parents[4]
OF_LAB_3 = (REPOSITORY / "tests" / "submissions" / "pass_union_find" / "merge.py").read_bytes()


def run(*words):
    return subprocess.run(
        [sys.executable, "-m", "grader", *map(str, words)],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def pack(path, name, source):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(name, source)
        archive.writestr(f"{path.stem}_report.pdf", REPORT)


def test_class_with_files_of_both_labs(tmp_path):
    handed, out = tmp_path / "handed", tmp_path / "out"
    handed.mkdir()
    pack(handed / "N26130001_Lab4.zip", "maps.py", find("pass_einsum").source)
    pack(handed / "N26130002_Lab4.zip", "maps.py", find("wrong_dice").source)
    pack(handed / "N26130002_Lab3.zip", "merge.py", OF_LAB_3)  # handed in later, and by mistake
    pack(handed / "N26130003_Lab3.zip", "merge.py", OF_LAB_3)  # alone
    pack(handed / "N26130004_Lab4.zip", "merge.py", OF_LAB_3)  # under this lab's name
    pack(handed / "N26130005_Lab3.zip", "maps.py", find("pass_plain").source)  # under another lab's

    graded = run("batch", handed, "--lab", "maps", "--out", out, "--sandbox", "auto", "--workers", 1)
    exported = run("export", out, "--csv")

    assert graded.returncode == 0, graded.stderr
    assert exported.returncode == 0, exported.stderr
    assert "1 file of another lab by the name, left out:\n  N26130002_Lab3.zip\n" in graded.stdout
    for student in ("N26130003", "N26130004"):
        assert (
            f"{student}: ungradable. The zip must be one of this lab, StudentID_Lab4.zip with maps.py in it; it holds "
            "'merge.py' and looks like one of Lab3." in graded.stdout
        )
    rows = [row.split(",") for row in (out / "export" / "grades.csv").read_text("utf-8-sig").splitlines()]
    code = rows[0].index("code")
    points = {row[0]: row[code] for row in rows[1:]}
    assert (points["N26130001"], points["N26130005"]) == ("60", "60")
    assert 54 < float(points["N26130002"]) < 60
    page = (out / "index.html").read_text("utf-8")
    assert "OpenPose lab 4: the class" in page
    assert "a file of Lab3 by its name, and its owner has handed in another one here" in page
