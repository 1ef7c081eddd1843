"""Names that NumPy took away are answered as NumPy 1 did."""

import math
import os
import sys
import warnings

import numpy as np
import pytest

from grader.harness.sandbox import old_numpy

MERGE = "\ndef merge(subset): return subset\n"
A = np.array([[3, 1, 2], [9, 7, 8]])

TYPES = {
    "bool": bool,
    "int": int,
    "float": float,
    "complex": complex,
    "object": object,
    "str": str,
    "long": int,
    "unicode": str,
    "bool8": np.bool_,
    "int0": np.intp,
    "uint0": np.uintp,
    "object0": np.object_,
    "void0": np.void,
    "float_": np.float64,
    "longfloat": np.longdouble,
    "str0": np.str_,
    "unicode_": np.str_,
    "bytes0": np.bytes_,
    "string_": np.bytes_,
    "singlecomplex": np.complex64,
    "complex_": np.complex128,
    "cfloat": np.complex128,
    "longcomplex": np.clongdouble,
    "clongfloat": np.clongdouble,
    "math": math,
    "os": os,
    "sys": sys,
    "warnings": warnings,
}


@pytest.mark.parametrize("name", TYPES)
def test_types_and_modules_are_what_they_were(name):
    assert old_numpy.make(name) is TYPES[name]


@pytest.mark.parametrize("name", ["Inf", "Infinity", "infty", "PINF", "NINF", "NaN", "NAN", "PZERO", "NZERO"])
def test_constants_are_what_they_were(name):
    value = old_numpy.make(name)

    assert type(value) is float
    assert math.isnan(value) == (name in {"NaN", "NAN"})
    if name.endswith("ZERO"):
        assert (value, math.copysign(1, value)) == (0, -1 if name == "NZERO" else 1)
    elif not math.isnan(value):
        assert value == (-math.inf if name == "NINF" else math.inf)


CALLS = {  # what is called with what, and the answer by a plain definition
    "alltrue": ((np.array([[1, 0], [1, 1]]), 0), np.array([True, False])),
    "sometrue": ((np.array([[0, 0], [1, 0]]), 0), np.array([True, False])),
    "product": ((A, 1), np.array([3 * 1 * 2, 9 * 7 * 8])),
    "cumproduct": ((A, 1), np.array([[3, 3, 6], [9, 63, 504]])),
    "round_": ((np.array([1.25, -0.75]), 1), np.array([1.2, -0.8])),
    "row_stack": ((([1, 2], [3, 4]),), np.array([[1, 2], [3, 4]])),
    "trapz": (([1.0, 2.0, 4.0], [0.0, 1.0, 3.0]), 1.5 + 6.0),
    "rank": ((A,), 2),
    "alen": ((A,), 2),
    "asscalar": ((np.array([7]),), 7),
    "in1d": ((A, [1, 9]), np.array([False, True, False, True, False, False])),
    "msort": ((A[::-1],), np.array([[3, 1, 2], [9, 7, 8]])),
    "asfarray": (([1, 2],), np.array([1.0, 2.0])),
    "fastCopyAndTranspose": ((A,), np.array([[3, 9], [1, 7], [2, 8]])),
    "safe_eval": (("[1, 'a']",), [1, "a"]),
}


@pytest.mark.parametrize("name", CALLS)
def test_functions_do_what_they_did(name):
    arguments, expected = CALLS[name]
    answer = old_numpy.make(name)(*arguments)

    assert np.array_equal(answer, expected)
    assert getattr(answer, "dtype", None) == getattr(expected, "dtype", None) or not isinstance(expected, np.ndarray)


def test_in1d_takes_its_other_arguments():
    in1d = old_numpy.make("in1d")

    assert np.array_equal(in1d([1, 2], [2], invert=True), [True, False])
    assert np.array_equal(in1d([1, 2], [2], True, True), [True, False])


def test_asfarray_keeps_a_floating_type():
    asfarray = old_numpy.make("asfarray")

    assert asfarray([1], np.float32).dtype == np.float32
    assert asfarray([1], dtype=np.int32).dtype == np.float64


def test_arrays_are_cast():
    assert np.array_equal(old_numpy.make("cast")[np.int64]([1.7, -1.7]), np.array([1, -1]))
    assert old_numpy.make("cast")["f"]([1]).dtype == np.float32


def test_matrix_is_made():
    with pytest.warns(PendingDeprecationWarning, match="matrix subclass"):
        assert isinstance(old_numpy.make("mat")([[1, 2]]), np.matrix)


def test_message_is_displayed(capsys):
    old_numpy.make("disp")("a")
    old_numpy.make("disp")("b", linefeed=False)
    old_numpy.make("disp")("c", sys.stderr)

    assert capsys.readouterr() == ("a\nb", "c\n")


def test_exceptions_are_what_they_were():
    assert issubclass(old_numpy.make("AxisError"), IndexError)
    assert issubclass(old_numpy.make("VisibleDeprecationWarning"), UserWarning)


COMMON = {
    "arrays": ((["f4", "i8"], []), "f8"),
    "scalar_of_the_same_kind": ((["f4"], ["f8"]), "f4"),
    "scalar_of_a_later_kind": ((["f4"], ["c16"]), "c16"),
    "scalar_of_an_earlier_kind": ((["f4"], ["i8"]), "f4"),
    "scalars_alone": (([], ["i4", "f4"]), "f8"),
}


@pytest.mark.parametrize(("types", "expected"), COMMON.values(), ids=COMMON)
def test_common_type_is_found(types, expected):
    assert old_numpy.make("find_common_type")(*types) == np.dtype(expected)


def test_common_type_of_nothing_is_none():
    assert old_numpy.make("find_common_type")([], []) is None


def test_every_name_of_the_table_can_be_made():
    missing = [name for name in old_numpy.INSTEAD if not _can_be_made(name)]

    # NumPy 1 has them all by itself; what they are made from is newer.
    assert not missing or np.__version__.startswith("1.")


def _can_be_made(name):
    try:
        old_numpy.make(name)
    except (AttributeError, ImportError):
        return False
    return True


def test_name_that_numpy_still_answers_is_left_to_it(monkeypatch):
    name = next(name for name in old_numpy.INSTEAD if name not in vars(np))
    monkeypatch.setattr(np, "__getattr__", lambda name: f"own {name}")
    old_numpy.install()

    assert getattr(np, name) == f"own {name}"
    assert name not in vars(np)


needs_new = pytest.mark.skipif(hasattr(np, "product"), reason="this NumPy still has the old names")


@needs_new
def test_old_names_are_answered_and_remarked(either):
    source = """
    import numpy as np
    from numpy import product, bool8
    import numpy
    KIND = np.float
    def merge(subset):
        assert numpy.int is int and np.Inf > 3 and product([2, 3]) == 6 and bool8 is np.bool_
        assert hasattr(np, 'object') and getattr(np, 'unicode', None) is str
        assert np.in1d is np.in1d
        return subset.astype(KIND)
    """
    rows = np.arange(40).reshape(2, 20)
    with either.open(source) as session:
        assert session.load() is None
        assert len(session.remarks) == 3
        reply = session.call("merge", [rows])

    assert reply.failure is None, reply.failure
    assert np.array_equal(reply.answer, rows)
    assert (
        f"np.float stood for Python's float: NumPy {np.__version__} no longer has it. Write float." in session.remarks
    )
    assert f"np.product stood for np.prod: NumPy {np.__version__} no longer has it. Write np.prod." in session.remarks
    assert {remark.split()[0] for remark in session.remarks} >= {"np.int", "np.Inf", "np.bool8", "np.unicode"}


def test_no_warning_is_left_by_an_old_name(either):
    source = "import numpy as np, warnings\nwarnings.simplefilter('error')\nx = np.object, np.int"
    if hasattr(np, "product"):
        pytest.skip("this NumPy warns of its own names")
    with either.open(source + MERGE) as session:
        assert session.load() is None
    assert session.printed == ""


def test_names_that_numpy_has_are_its_own(either):
    source = "import numpy as np\nassert np.bool_ is type(np.True_)\nassert np.float64(1) == 1\nnp.linalg, np.random"
    with either.open(source + MERGE) as session:
        assert session.load() is None
    assert session.remarks == []


UNKNOWN = {
    "attribute": "import numpy as np\nnp.flaot",
    "removed": "import numpy as np\nnp.set_numeric_ops",
    "import": "from numpy import flaot",
    "method": "import numpy as np\nnp.zeros(3).ptq()",
}


@pytest.mark.parametrize("source", UNKNOWN.values(), ids=UNKNOWN)
def test_name_that_is_still_missing_is_told_with_the_version(either, source):
    if hasattr(np, "set_numeric_ops") and "ops" in source:
        pytest.skip("this NumPy still has it")
    with either.open(source + MERGE) as session:
        advice = session.load().explanation.advice

    assert advice == (
        f"Run `python merge.py` on your own computer and look at that line. It is graded with NumPy {np.__version__}."
    )


def test_rows_of_different_lengths_are_told_with_the_version(either):
    with either.open("import numpy as np\ndef merge(rows): return np.array([[1], [1, 2]])") as session:
        advice = session.call("merge", [A]).failure.explanation.advice

    assert advice.endswith(
        f"It is graded with NumPy {np.__version__}. It makes no array of rows of different lengths, as NumPy did "
        "before 1.24."
    )
