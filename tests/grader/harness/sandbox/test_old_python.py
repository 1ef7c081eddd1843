"""The child's files stay within Python 3.8 and NumPy 1.20, which the course's computers have."""

import os
from pathlib import Path

import numpy as np
import pytest

from grader.harness.sandbox import interpreter
from grader.harness.sandbox.launcher import open_session
from grader.harness.sandbox.policy import Mode
from tests.grader.harness.sandbox.conftest import PROGRAM

REPOSITORY = Path(__file__).resolve().parents[4]
SANDBOX = REPOSITORY / "grader" / "harness" / "sandbox"
IN_THE_CHILD = [
    *(SANDBOX / f"{name}.py" for name in ("boot", "survey", *interpreter._RUNNER)),
    REPOSITORY / "estimation" / "__init__.py",
    REPOSITORY / "estimation" / "config.py",
]

SOURCE = b"""
import sys
import numpy as np
import cv2
from scipy.sparse import coo_matrix
from typing import Optional, Union
from utils import double
from scripts.config import BodyPart as Same
from .config import BodyPart, get_default_configuration
try:
    import torch
except ImportError:
    torch = None
assert torch is None and Same is BodyPart
def draw(picture: Optional[cv2.Mat], rows: Union[np.ndarray, coo_matrix], least: np.float = 3): pass
class Own(cv2.Mat): pass
from estimation.config import LIMBS
assert get_default_configuration().conn_types_size() == len(LIMBS) == 19
print(sys.version_info[:2], np.__version__)
def merge(subset, min_num_body_parts=4, min_score=0.4):
    if len(subset) == 3:
        return cv2.imread("x")
    return [[1, 2], [3]] if len(subset) == 1 else double(subset).astype(np.float)[::-1]
"""


@pytest.mark.parametrize("path", IN_THE_CHILD, ids=lambda path: path.stem)
def test_child_keeps_to_python_3_8(path):
    vermin = pytest.importorskip("vermin", reason="the package vermin tells which Python a source needs")
    config = vermin.Config()
    config.set_eval_annotations(False)
    visitor = vermin.visit(path.read_text(encoding="utf-8"), config)
    _, (major, minor) = visitor.minimum_versions()

    assert (major, minor) <= (3, 8)


@pytest.mark.parametrize("mode", [Mode.AUTO, Mode.OFF])
def test_session_runs_under_the_course_python(mode):
    python = os.environ.get("LAB_STUDENT_PYTHON")
    if not python:
        pytest.skip("set LAB_STUDENT_PYTHON to the path of an older Python with NumPy")
    rows = np.arange(40.0).reshape(2, 20)

    files = {"utils": b"import numpy as np\ndef double(rows): return rows * np.int(2)\n"}
    with open_session(PROGRAM, SOURCE, mode=mode, python=Path(python), files=files) as session:
        assert np.array_equal(session.call("merge", [rows]).answer, 2 * rows[::-1])
        used = session.call("merge", [np.zeros((3, 20))]).failure
        ragged = session.call("merge", [rows[:1]]).failure

    assert ragged.explanation.got == "got a list of rows of different lengths"
    assert used.explanation.got.startswith("cv2 is not available when merge.py is graded, and was used in line ")
    assert session.printed.startswith("(3, ")
    assert session.interpreter.startswith("Python 3.")
    assert "utils.py was imported from beside merge.py." in session.remarks
