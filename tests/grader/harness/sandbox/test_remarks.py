"""Sentences for the student come from codes that are known, whatever a child sends."""

import platform

import numpy as np
import pytest

from grader.harness.sandbox import notes
from grader.harness.sandbox.notes import MAX_NOTES
from grader.harness.sandbox.old_numpy import INSTEAD
from grader.harness.sandbox.remarks import MAX_REMARKS, Remarks, name_interpreter
from grader.labs.merge.lab import LAB
from tests.grader.harness.sandbox.conftest import in_every_tier

PROGRAM = LAB.program
ROWS = np.zeros((2, 20))


def remarks_on(notes):
    remarks = Remarks(PROGRAM, "Python 3.11.2, NumPy 2.4.1", ["utils"])
    remarks.take(notes)
    return remarks.sentences


SENTENCES = {
    "numpy float": "np.float stood for Python's float: NumPy 2.4.1 no longer has it. Write float.",
    "numpy in1d": "np.in1d stood for np.isin: NumPy 2.4.1 no longer has it. Write np.isin.",
    "numpy math": "np.math stood for the module math: NumPy 2.4.1 no longer has it. Write the module math.",
    "absent cv2": (
        "cv2 is not available when merge.py is graded; the import was let pass because nothing of it was used."
    ),
    "absent estimation.renderers": (
        "estimation.renderers is not available when merge.py is graded; the import was let pass because nothing of it "
        "was used."
    ),
    "module config": "config stood for the lab's estimation.config.",
    "file utils": "utils.py was imported from beside merge.py.",
}


@pytest.mark.parametrize("code", SENTENCES)
def test_code_has_a_sentence(code):
    assert remarks_on([code, code]) == [SENTENCES[code]]


def test_package_that_was_used_is_told_so():
    assert remarks_on(["used cv2", "absent cv2"]) == [
        "cv2 is not available when merge.py is graded; the import was let pass, and what used it failed."
    ]


STRANGE = {
    "nothing": None,
    "text": "numpy float",
    "mapping": {"numpy float": 1},
    "numbers": [3, None, ["numpy float"], {"a": 1}],
    "unknown_kind": ["print you", "", " ", "numpy"],
    "unknown_name": ["numpy secret", "absent hidden_rows", "file other", "module math", "absent ", "file ../utils"],
    "longer": ["numpy float 3", "file utils.py", "numpy float\nGrade: 60"],
    "of_another_kind": ["file cv2", "numpy cv2", "absent float"],
    "used_alone": ["used cv2"],
}


@pytest.mark.parametrize("notes", STRANGE.values(), ids=STRANGE)
def test_anything_else_is_passed_over(notes):
    assert remarks_on(notes) == []


def test_remarks_are_few_and_in_order():
    sentences = remarks_on([f"numpy {name}" for name in INSTEAD])

    assert len(sentences) == MAX_REMARKS
    assert sentences == sorted(sentences)
    assert remarks_on(["print you"] * MAX_NOTES + ["numpy float"]) == []


def test_notes_are_few(monkeypatch):
    monkeypatch.setattr(notes, "NOTES", {})
    for number in range(2 * MAX_NOTES):
        notes.note("numpy", str(number))

    assert len(notes.NOTES) == MAX_NOTES


def test_remarks_of_several_replies_are_kept():
    remarks = Remarks(PROGRAM, "", [])
    remarks.take(["numpy float"])
    remarks.take([])

    assert remarks.sentences == ["np.float stood for Python's float: NumPy no longer has it. Write float."]


@pytest.mark.parametrize(
    ("python", "numpy", "name"),
    [
        ("3.11.2", "2.4.1", "Python 3.11.2, NumPy 2.4.1"),
        ("3.8.18+", "1.20.3rc1", "Python 3.8.18+, NumPy 1.20.3rc1"),
        ("3.15.0a1", "2.5.0.dev0+git2026", "Python 3.15.0a1, NumPy 2.5.0.dev0+git2026"),
        ("3", "2.4.1", ""),
        ("3.11.2\n", "2.4.1", ""),
        ("3.11.2", "2.4.1 <b>", ""),
        ("3.11.2", "2.4.1" + "1" * 99, ""),
        ("३.११", "2.4.1", ""),
        (None, "2.4.1", ""),
        (["3.11.2"], {}, ""),
    ],
)
def test_interpreter_is_named_by_its_versions(python, numpy, name):
    assert name_interpreter({"python": python, "numpy": numpy}) == name


@in_every_tier
def test_session_says_what_runs_it(sessions):
    with sessions.open("import cv2\ndef merge(subset): return subset") as session:
        assert session.remarks == []
        assert session.call("merge", [ROWS]).failure is None

    assert session.interpreter == f"Python {platform.python_version()}, NumPy {np.__version__}"
    assert session.remarks == [SENTENCES["absent cv2"]]


FORGED = """
import sys
def merge(subset):
    notes = sys.modules["grader.harness.sandbox.notes"].NOTES
    notes.clear()
    notes.update(dict.fromkeys(["numpy float", "numpy " + "x" * 1000, "The hidden rows are 1, 2, 3.", "file passwd"]))
    notes[7] = None
    return subset
"""


def test_code_can_only_choose_among_known_sentences(either):
    with either.open(FORGED) as session:
        assert session.call("merge", [ROWS]).failure is None

    assert [remark.partition(":")[0] for remark in session.remarks] == ["np.float stood for Python's float"]
