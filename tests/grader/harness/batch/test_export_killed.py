"""An export that is killed leaves what was there or what is new, whole, and the next one has it all."""

import csv
import subprocess
import sys
import zipfile

import pytest

from tests.grader.harness.batch.marking_page.classes import REPOSITORY, make_class, make_person

pytestmark = pytest.mark.slow
PEOPLE = [make_person(number) for number in range(40)]


def is_whole(path):
    if path.suffix == ".zip":
        with zipfile.ZipFile(path) as archive:
            return archive.testzip() is None and len(archive.namelist()) == len(PEOPLE)
    with path.open(encoding="utf-8-sig", newline="") as file:
        return len(list(csv.DictReader(file))) == len(PEOPLE)


def test_export_killed_while_it_writes_leaves_nothing_half_written(tmp_path):
    make_class(tmp_path, PEOPLE)
    out = tmp_path / "out"
    command = [sys.executable, "-m", "grader", "export", out, "--csv", "--feedback-zip"]
    n_killed = 0
    for n_pages in (1, 15, 35):
        for page in out.glob("feedback/*.html"):
            page.unlink()
        with subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
            while process.poll() is None and len(list(out.glob("feedback/*.html"))) < n_pages:
                pass
            n_killed += process.poll() is None
            process.kill()
        assert all(is_whole(path) for path in out.glob("export/[!.]*"))
        assert all(page.read_bytes().endswith(b"</html>") for page in out.glob("feedback/*.html"))
    assert n_killed > 0

    subprocess.run(command, cwd=REPOSITORY, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    assert sorted(path.name for path in out.glob("export/*")) == ["feedback.zip", "grades.csv"]
    assert all(is_whole(path) for path in out.glob("export/*"))
