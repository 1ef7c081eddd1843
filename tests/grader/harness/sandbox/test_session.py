"""Loading and calling: what students hand in, from honest oddities to files that are no Python."""

import sys

import numpy as np
import pytest

from grader.harness.results import Verdict
from grader.harness.sandbox.policy import Limits
from grader.harness.sandbox.program import Function, Program
from tests.grader.harness.sandbox.conftest import in_every_tier

ROWS = np.arange(40.0).reshape(2, 20)


@in_every_tier
def test_answer_comes_back(sessions):
    with sessions.open("def merge(subset): return subset * 2") as session:
        reply = session.call("merge", [ROWS])

    assert np.array_equal(reply.answer, ROWS * 2)
    assert reply.failure is None
    assert reply.seconds > 0


@pytest.mark.parametrize("dtype", ["<f8", "<f4", "<i8"])
def test_rows_arrive_fresh_and_writeable(either, dtype):
    source = "def merge(subset):\n    assert subset.dtype == DTYPE, subset.dtype\n    subset += 1\n    return subset"
    rows = ROWS.astype(dtype)
    with either.open(f"DTYPE = {dtype!r}\n{source}") as session:
        answers = [session.call("merge", [rows]).answer for _ in range(2)]

    assert np.array_equal(answers[0], rows + 1)
    assert np.array_equal(answers[1], rows + 1)


def test_arguments_arrive_by_position_and_by_name(either):
    source = "def merge(subset, a=0, b=0):\n    return [[a, b]]"
    with either.open(source) as session:
        replies = [
            session.call("merge", [ROWS, 3, 0.5]),
            session.call("merge", [ROWS], {"b": 0.25}),
            session.call("merge", [ROWS, 7], {"b": 1}),
        ]

    assert [reply.answer.tolist() for reply in replies] == [[[3, 0.5]], [[0, 0.25]], [[7, 1]]]


def test_empty_rows_arrive_with_their_shape(either):
    with either.open("def merge(subset): return [len(subset.shape), subset.size]") as session:
        answers = [
            session.call("merge", [rows]).answer.tolist() for rows in (np.zeros((0, 20)), np.zeros(0), np.array([]))
        ]

    assert answers == [[2, 0], [1, 0], [1, 0]]


TWO = Program("shapes.py", (Function("blend", "a, b, *, c, d"), Function("measure", "a")))
TWO_SOURCE = """
import numpy as np
def blend(a, b, *, c, d=0):
    assert [type(value) for value in (a, b, c)] == [np.ndarray] * 3
    assert [value.dtype.str for value in (a, b, c)] == ["<f8", "<i8", "|u1"]
    return a + b.sum() + c[:, None] + d
def measure(a):
    return a.sum()
"""


def test_several_arrays_arrive_by_position_and_by_name(sessions):
    a, b, c = np.arange(6.0).reshape(2, 3), np.array([[1, 2], [3, 4]]), np.array([100, 200], np.uint8)
    with sessions.open(TWO_SOURCE, program=TWO) as session:
        replies = [session.call("blend", [a, b], {"c": c}), session.call("blend", [a, b], {"d": 0.5, "c": c})]

    assert np.array_equal(replies[0].answer, a + 10 + c[:, None])
    assert np.array_equal(replies[1].answer, replies[0].answer + 0.5)


@pytest.mark.parametrize("number", ["a.sum()", "float(a.sum())", "int(a.sum())", "np.array(a.sum())"])
def test_single_number_is_an_answer(either, number):
    with either.open(TWO_SOURCE.replace("a.sum()", number), program=TWO) as session:
        reply = session.call("measure", [np.arange(6.0)])

    assert reply.failure is None
    assert (reply.answer.shape, reply.answer.dtype) == ((), np.float64)
    assert reply.answer == 15


ONE_OF_TWO = {
    "there is none": "",
    "measure is an object of type int": "measure = 7",
    "measure is a class": "class measure: pass",
}


@pytest.mark.parametrize(("got", "definition"), ONE_OF_TWO.items(), ids=["none", "number", "class"])
def test_one_function_of_two_answers(sessions, got, definition):
    source = f"def blend(a, b): return a + b\n{definition}\n"
    with sessions.open(source, program=TWO) as session:
        assert session.load() is None
        before = session.call("blend", [ROWS, ROWS])
        failure = session.call("measure", [ROWS]).failure
        after = session.call("blend", [ROWS, 1])

    assert np.array_equal(before.answer, 2 * ROWS)
    assert failure.verdict is Verdict.WRONG
    assert str(failure.explanation) == (
        f"shapes.py must define a function measure; {got}. Keep the function of the template: def measure(a), with a "
        "return."
    )
    assert np.array_equal(after.answer, ROWS + 1)


def test_file_with_neither_function_is_refused(either):
    with either.open("def other(): pass", program=TWO) as session:
        failure = session.load()

        assert failure.explanation.required == "shapes.py must define a function blend"
        assert session.call("measure", [ROWS]).failure is failure


def test_function_that_was_called_is_named(either):
    with either.open("def blend(a): return 1 / 0\ndef measure(a): return 'x'", program=TWO) as session:
        replies = [session.call(name, [ROWS]) for name in ("blend", "measure")]

    assert [reply.failure.explanation.required for reply in replies] == [
        "blend() must return an array of numbers",
        "measure() must return an array of numbers",
    ]


def test_large_rows_pass(either):
    rows = np.arange(20.0 * 6_000).reshape(-1, 20)
    with either.open("def merge(subset): return subset") as session:
        assert np.array_equal(session.call("merge", [rows]).answer, rows)


def test_answer_above_the_limit_is_wrong(either):
    failure = either.call("import numpy as np\ndef merge(rows): return np.zeros((7000, 20))").failure

    assert failure.verdict is Verdict.WRONG
    assert failure.explanation.got == "got an array of shape (7000, 20), larger than 1 MiB"


DATACLASS = b"""
from __future__ import annotations
from dataclasses import dataclass
@dataclass
class Person:
    parts: int = 3
def merge(subset): return subset
"""
DEEP = b"""
import sys
sys.setrecursionlimit(20000)
def count(n): return n and count(n - 1)
def merge(subset):
    count(15000)
    return subset
"""
LOADED = {
    "windows_lines": b"import numpy as np\r\ndef merge(subset):\r\n    return subset\r\n",
    "mac_lines": b"def merge(subset):\r    return subset\r",
    "byte_order_mark": b"\xef\xbb\xbfdef merge(subset):\n    return subset\n",
    "big5_with_cookie": "# -*- coding: big5 -*-\n# 合併\ndef merge(subset):\n    return subset\n".encode("big5"),
    "utf8": "# 合併\ndef merge(subset):\n    print('合併')\n    return subset\n".encode(),
    "config_absolute": b"from estimation.config import BodyPart\ndef merge(subset): return subset[:, :len(BodyPart)]",
    "config_relative": b"from .config import BodyPart\nfrom . import config\ndef merge(subset): return subset",
    "own_name": b"import estimation.merge\nassert __name__ == 'estimation.merge'\ndef merge(subset): return subset",
    "main_guard": b"def merge(subset): return subset\nif __name__ == '__main__': raise SystemExit",
    "callable_object": b"import functools\ndef f(k, subset): return subset\nmerge = functools.partial(f, 1)",
    "lambda": b"merge = lambda subset: subset",
    "dataclass": DATACLASS,
    "deep_recursion": DEEP,
    "optional": b"try:\n    import cv2\nexcept ImportError:\n    cv2 = None\ndef merge(subset): return subset",
    "find_spec": b"import importlib.util as u\nassert u.find_spec('torch') is None\ndef merge(subset): return subset",
    "numpy_parts": b"import numpy.linalg, numpy.fft, numpy.ma, numpy.polynomial\ndef merge(subset): return subset",
}


@pytest.mark.parametrize("source", LOADED.values(), ids=LOADED)
def test_honest_source_is_loaded(either, source):
    reply = either.call(source)

    assert reply.failure is None
    assert len(reply.answer) == 2


NO_FUNCTION = {
    "empty": (b"", "there is none"),
    "comments": (b"# nothing yet\n", "there is none"),
    "none": (b"merge = None", "there is none"),
    "other_name": (b"def merge_subset(x): return x", "there is none"),
    "only_in_main": (b"if __name__ == '__main__':\n    def merge(x): return x", "there is none"),
    "class": (b"class merge: pass", "merge is a class"),
    "number": (b"merge = 3", "merge is an object of type int"),
    "async": (b"async def merge(x): return x", "merge is an async function"),
    "async_generator": (b"async def merge(x): yield x", "merge is an async function"),
    "generator": (b"def merge(x): yield x", "merge is a generator: it has a yield"),
}


@pytest.mark.parametrize(("source", "got"), NO_FUNCTION.values(), ids=NO_FUNCTION)
def test_missing_function_is_told(either, source, got):
    with either.open(source) as session:
        failure = session.load()

        assert failure.verdict is Verdict.WRONG
        assert str(failure.explanation) == (
            f"merge.py must define a function merge; {got}. Keep the function of the template: "
            "def merge(subset, min_num_body_parts=4, min_score=0.4), with a return."
        )
        assert session.call("merge", [ROWS]).failure is failure


UNLOADED = {
    "template": (
        b"def merge(subset):\n    if ??? or ???:\n        pass",
        "SyntaxError: invalid syntax in line 2 of merge.py: if ??? or",
    ),
    "python_2": (b"def merge(x):\n    print x\n", "in line 2 of merge.py: print x"),
    "tabs": (
        b"def merge(x):\n\tif x:\n        return x\n",
        "TabError: inconsistent use of tabs and spaces in indentation in line 3",
    ),
    "indent": (b"def merge(x):\nreturn x\n", "IndentationError: expected an indented block"),
    "nul": (b"def merge(x):\n    return x\x00\n", "source code string cannot contain null bytes"),
    "utf16": ("def merge(x): return x".encode("utf-16"), "SyntaxError: "),
    "big5_without_cookie": ("NAME = '合併'\ndef merge(x): return x".encode("big5"), "codec can't decode byte"),
    "unknown_cookie": (b"# coding: klingon\n", "SyntaxError: "),
    "deep_source": (b"merge = " + b"(" * 5000 + b")" * 5000, "too many nested parentheses"),
    "top_level_error": (
        b"import numpy as np\n\nx = np.zeros(3)[7]\n",
        "IndexError: index 7 is out of bounds for axis 0 with size 3 in line 3 of merge.py: x = np.z",
    ),
    "missing_module": (
        b"import math\nimport drawing\n",
        "ModuleNotFoundError: No module named 'drawing' in line 2 of merge.py: import drawing",
    ),
    "reference": (
        b"__import__('estimation.coordinates')",
        "ModuleNotFoundError: No module named 'estimation.coordinates'",
    ),
    "relative_reference": (
        b"from .results import estimate",
        "ModuleNotFoundError: No module named 'estimation.results'",
    ),
    "input": (b"name = input()\n", "EOFError: EOF when reading a line in line 1 of merge.py: name = input()"),
    "exit": (b"import sys\nsys.exit(3)\n", "SystemExit: 3 in line 2 of merge.py: sys.exit(3)"),
}


@pytest.mark.parametrize(("source", "got"), UNLOADED.values(), ids=UNLOADED)
def test_broken_source_is_told_with_its_line(either, source, got):
    with either.open(source) as session:
        failure = session.load()

    assert failure.verdict is Verdict.CRASHED
    assert failure.explanation.required == "merge.py must be imported without an error"
    assert got in failure.explanation.got


NOT_THERE = (
    "merge.py can use NumPy, Python's standard library and estimation.config; {!r} is not available when it is "
    "graded. Leave the import out."
)
OWN_FILE = " If it is a file of yours, put it beside merge.py in the zip."
NEWER = {  # the version that brought it
    (3, 10): "match (3.10)",
    (3, 12): "a type statement or the same quotes inside an f-string (3.12)",
    (3, 14): "t-strings (3.14)",
}
SUCH_AS = " or ".join(what for since, what in NEWER.items() if sys.version_info < since)
SUCH_AS = f", such as {SUCH_AS}," if SUCH_AS else ""
SYNTAX = (
    "Fix that line, or the end of the one above it, until `python merge.py` runs. It is graded with Python "
    f"{sys.version_info[0]}.{sys.version_info[1]}: newer syntax{SUCH_AS} does not run there."
)
ADVICE = {
    "cv2": (b"try:\n    import cv2\nfinally:\n    pass", NOT_THERE.format("cv2")),
    "own_file": (b"import drawing", NOT_THERE.format("drawing") + OWN_FILE),
    "input": (b"input()", "Nobody sits at a keyboard while it is graded: leave out input()."),
    "syntax": (b"def", SYNTAX),
    "other": (b"x = 1 / 0", "Run `python merge.py` on your own computer and look at that line."),
}


@pytest.mark.parametrize(("source", "advice"), ADVICE.values(), ids=ADVICE)
def test_broken_source_is_given_advice(either, source, advice):
    with either.open(source) as session:
        assert session.load().explanation.advice == advice


def test_compiler_bomb_stays_in_the_child(guarded):
    source = b"merge = " + b"-" * 2_000_000 + b"1"

    with guarded.open(source, Limits(memory_bytes=1 << 28)) as session:
        assert session.load() is not None
    guarded.expect_good()


def test_exception_is_told_with_its_lines(either):
    source = """
    import numpy as np
    def inner(rows):
        return rows[7]

    def merge(subset):
        return inner(subset)
    """
    failure = either.call(source).failure

    assert str(failure.explanation) == (
        "merge() must return an array of shape (n_people, 20); got IndexError: index 7 is out of bounds for axis 0 "
        "with size 2 in line 4 of merge.py: return rows[7]. "
        "Call merge() with this input on your own computer and look at that line."
    )
    assert failure.traceback == (
        "Traceback (most recent call last):\n"
        '  File "merge.py", line 7, in merge\n    return inner(subset)\n'
        '  File "merge.py", line 4, in inner\n    return rows[7]\n'
        "IndexError: index 7 is out of bounds for axis 0 with size 2"
    )


def test_long_traceback_loses_its_middle(either):
    failure = either.call("def merge(rows): return merge(rows)").failure

    assert len(failure.traceback.splitlines()) == 2 * 9 + 3
    assert " more ..." in failure.traceback


def test_nothing_returned_is_told(either):
    failure = either.call("def merge(rows): pass").failure

    assert failure.verdict is Verdict.WRONG
    assert str(failure.explanation) == (
        "merge() must return an array of shape (n_people, 20); got None. "
        "End the function with a return of the answer, on every way through it."
    )


def test_coroutine_returned_is_told(either):
    failure = either.call("async def f(rows): return rows\ndef merge(rows): return f(rows)").failure

    assert failure.explanation.got == "got a coroutine"
    assert failure.explanation.advice == "Return one row per person: 18 keypoint ids, the score, the number of parts."


def test_session_goes_on_after_a_failure(either):
    with either.open("def merge(rows):\n    if len(rows) == 1: raise ValueError('one')\n    return rows") as session:
        assert session.call("merge", [ROWS[:1]]).failure.explanation.got.startswith("got ValueError: one in line 2")
        assert session.is_alive
        assert np.array_equal(session.call("merge", [ROWS]).answer, ROWS)


RANDOM = """
import random
import numpy as np
def merge(rows):
    return [random.random(), np.random.rand(), np.random.default_rng().random(), hash("wrist") % 1000]
"""


def test_chance_depends_on_the_seed_alone(either):
    answers = []
    for seed in (1, 1, 2):
        with either.open(RANDOM, seed=seed) as session:
            answers.append([session.call("merge", [ROWS]).answer.tolist() for _ in range(2)])

    assert answers[0] == answers[1]
    assert not set(answers[0][0][:3]) & set(answers[2][0][:3])
    assert answers[0][0][3] == answers[2][0][3]
    assert answers[0][0][2] != answers[0][1][2]


@in_every_tier
def test_environment_is_empty(sessions, monkeypatch):
    monkeypatch.setenv("LAB_SECRET", "42")
    monkeypatch.setenv("PYTHONPATH", "/no/such/folder")
    source = "import os, sys\nassert not {'LAB_SECRET', 'PYTHONPATH', 'HOME', 'USER'} & set(os.environ), os.environ\n"
    source += "assert sys.argv == ['merge.py'], sys.argv\nassert '' not in sys.path\nmerge = len"

    with sessions.open(source) as session:
        assert session.load() is None
