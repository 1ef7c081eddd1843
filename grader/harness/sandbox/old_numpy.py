"""Names that NumPy took away since version 1.20, answered as they were; in the child, and the grader has the table.

Each is made when it is first asked for, through the function that a module is asked for names that it does not have,
so that its use is noted and a NumPy that still has a name keeps its own.
"""

from __future__ import annotations

import builtins
import importlib
import sys
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np

from grader.harness.sandbox.notes import note

if TYPE_CHECKING:
    from collections.abc import Callable

_BUILTINS = {name: name for name in ("bool", "int", "float", "complex", "object", "str")}
_BUILTINS.update(long="int", unicode="str")
_RENAMED = {
    "bool8": "bool_",
    "int0": "intp",
    "uint0": "uintp",
    "object0": "object_",
    "void0": "void",
    "float_": "float64",
    "longfloat": "longdouble",
    "str0": "str_",
    "unicode_": "str_",
    "bytes0": "bytes_",
    "string_": "bytes_",
    "typeDict": "sctypeDict",
    "singlecomplex": "complex64",
    "complex_": "complex128",
    "cfloat": "complex128",
    "longcomplex": "clongdouble",
    "clongfloat": "clongdouble",
    "Inf": "inf",
    "Infinity": "inf",
    "infty": "inf",
    "PINF": "inf",
    "NaN": "nan",
    "NAN": "nan",
    "alltrue": "all",
    "sometrue": "any",
    "product": "prod",
    "cumproduct": "cumprod",
    "round_": "round",
    "mat": "asmatrix",
    "rank": "ndim",
    "row_stack": "vstack",
    "trapz": "trapezoid",
}
_MODULES = ("math", "os", "sys", "warnings")
_EXCEPTIONS = (
    *("AxisError", "ComplexWarning", "ModuleDeprecationWarning", "RankWarning", "TooHardError"),
    "VisibleDeprecationWarning",
)


def _alen(a: Any) -> int:  # noqa: ANN401 - whatever is made an array
    return len(np.atleast_1d(a))


def _asfarray(a: Any, dtype: Any = np.float64) -> Any:  # noqa: ANN401 - the same
    return np.asarray(a, dtype if np.issubdtype(dtype, np.inexact) else np.float64)


def _asscalar(a: Any) -> Any:  # noqa: ANN401 - the same
    return a.item()


class _Cast:
    def __getitem__(self, dtype: Any) -> Callable[[Any], Any]:  # noqa: ANN401 - whatever NumPy takes for a type
        return lambda a: np.asarray(a).astype(dtype)


def _disp(mesg: Any, device: Any = None, linefeed: bool = True) -> None:  # noqa: ANN401 - as it was
    print(mesg, end="\n" if linefeed else "", file=device or sys.stdout, flush=True)


def _copy_transposed(a: Any) -> Any:  # noqa: ANN401 - the same
    return np.asarray(a).T.copy()


_KINDS = "buifcSUVOMm"


def _find_common_type(array_types: Any, scalar_types: Any) -> Any:  # noqa: ANN401 - lists of types
    """Find the type of numbers that all arrays and scalars fit; a scalar changes it only if it is of a later kind."""
    arrays, scalars = ([np.dtype(each) for each in types] for types in (array_types, scalar_types))
    if not arrays or not scalars:
        return np.result_type(*arrays, *scalars) if arrays or scalars else None
    of_arrays, of_scalars = np.result_type(*arrays), np.result_type(*scalars)
    if _KINDS.index(of_scalars.kind) <= _KINDS.index(of_arrays.kind):
        return of_arrays
    return np.promote_types(of_arrays, of_scalars)


def _in1d(ar1: Any, ar2: Any, assume_unique: bool = False, invert: bool = False, **keywords: Any) -> Any:  # noqa: ANN401 - as it was
    return np.isin(np.asarray(ar1).ravel(), ar2, assume_unique, invert, **keywords)


def _msort(a: Any) -> Any:  # noqa: ANN401 - the same
    copy = np.array(a, subok=True, copy=True)
    copy.sort(0)
    return copy


def _safe_eval(source: str) -> Any:  # noqa: ANN401 - whatever is written there
    return importlib.import_module("ast").literal_eval(source)


# What is written instead, and the thing itself.
_OTHERS: dict[str, tuple[str, Any]] = {
    "NINF": ("-np.inf", -np.inf),
    "NZERO": ("-0.0", -0.0),
    "PZERO": ("0.0", 0.0),
    "alen": ("len", _alen),
    "asfarray": ("np.asarray with dtype=float", _asfarray),
    "asscalar": ("the array's item()", _asscalar),
    "cast": ("the array's astype()", _Cast()),
    "disp": ("print", _disp),
    "fastCopyAndTranspose": ("the array's T.copy()", _copy_transposed),
    "find_common_type": ("np.result_type", _find_common_type),
    "in1d": ("np.isin", _in1d),
    "msort": ("np.sort with axis=0", _msort),
    "safe_eval": ("ast.literal_eval", _safe_eval),
}

INSTEAD: dict[str, str] = {
    **_BUILTINS,
    **{name: f"np.{new}" for name, new in _RENAMED.items()},
    **{name: f"the module {name}" for name in _MODULES},
    **{name: f"np.exceptions.{name}" for name in _EXCEPTIONS},
    **{name: write for name, (write, _) in _OTHERS.items()},
}
"""For each of the names what is written instead of it."""

BUILTIN = frozenset(_BUILTINS)
"""Those that were another name for a type of Python's."""


def make(name: str) -> Any:  # noqa: ANN401 - types, numbers, functions, modules
    """Make what a name of the table stood for.

    Raises
    ------
    AttributeError
        If this NumPy has not got what it is made from.
    """
    if name in _BUILTINS:
        return getattr(builtins, _BUILTINS[name])
    if name in _RENAMED:
        return getattr(np, _RENAMED[name])
    if name in _MODULES:
        return importlib.import_module(name)
    if name in _EXCEPTIONS:
        return getattr(importlib.import_module("numpy.exceptions"), name)
    return _OTHERS[name][1]


def install() -> None:
    """Have this process's NumPy answer the names that it no longer has."""
    ask: Callable[[str], Any] = vars(np)["__getattr__"]

    def answer(name: str) -> Any:  # noqa: ANN401 - as NumPy's own
        if name not in INSTEAD or _has(ask, name):
            return ask(name)
        value = make(name)
        note("numpy", name)
        setattr(np, name, value)  # next time it is found at once
        return value

    np.__getattr__ = answer  # type: ignore[assignment,unused-ignore]


def _has(ask: Callable[[str], Any], name: str) -> bool:
    """Tell whether NumPy answers by itself; it warns of names that it has no more, too."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            ask(name)
        except AttributeError:
            return False
    return True
