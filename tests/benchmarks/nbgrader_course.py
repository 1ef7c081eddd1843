"""A course for nbgrader's own `autograde`: one notebook with eight small tests, as many submissions as asked for."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell, new_notebook

N_TESTS = 8
SOLUTION = """
def merge(subset, min_num_body_parts=4, min_score=0.3):
    groups = []
    for row in subset:
        ids = {(slot, int(value)) for slot, value in enumerate(row[:18]) if value != -1}
        mine = [group for group in groups if group & ids]
        groups = [group for group in groups if not group & ids] + [ids.union(*mine)]
    return groups
"""
TEST = """
rows = [[-1.0] * 20 for _ in range({n})]
for number, row in enumerate(rows):
    row[0], row[1] = number, number
assert len(merge(rows)) == {n}
"""


def write_course(folder: Path, n_submissions: int) -> None:
    """Write the course: nbgrader's folders, the released assignment, and the submissions."""
    source = folder / "source" / "lab" / "lab.ipynb"
    source.parent.mkdir(parents=True)
    nbformat.write(_notebook(), source)
    (folder / "nbgrader_config.py").write_text("c = get_config()\nc.CourseDirectory.course_id = 'c'\n", "utf-8")
    run(folder, "generate_assignment", "lab")
    for number in range(n_submissions):
        submitted = folder / "submitted" / f"s{number}" / "lab" / "lab.ipynb"
        submitted.parent.mkdir(parents=True)
        shutil.copy(source, submitted)  # the release has no solution any more


def run(folder: Path, *words: str) -> None:
    """Run one command of nbgrader's."""
    command = [sys.executable, "-m", "nbgrader", *words]
    # nbgrader starts alembic by its bare name, which lies beside the interpreter.
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    subprocess.run(command, cwd=folder, check=True, capture_output=True, env={**os.environ, "PATH": path})


def _notebook() -> nbformat.NotebookNode:
    cells = [_cell(SOLUTION, "merge", is_graded=False)]
    cells += [_cell(TEST.format(n=number + 1), f"test_{number}", is_graded=True) for number in range(N_TESTS)]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return new_notebook(cells=cells, metadata={"kernelspec": kernel})


def _cell(source: str, name: str, *, is_graded: bool) -> nbformat.NotebookNode:
    nbgrader = {"schema_version": 3, "grade_id": name, "grade": is_graded, "solution": not is_graded, "task": False}
    nbgrader |= {"locked": is_graded, **({"points": 1} if is_graded else {})}
    return new_code_cell(source, id=name.replace("_", "-"), metadata={"nbgrader": nbgrader})
