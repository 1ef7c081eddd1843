"""Compile the inner loops to machine code, once per machine where that can be."""

from collections.abc import Callable
from typing import TypeVar, cast

import numba
import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Function = TypeVar("Function", bound=Callable[..., object])


def compiled(function: Function) -> Function:
    """Compile `function` at its first call and keep the machine code for the next start of Python.

    Numba keeps the code beside the source or, where that folder is read-only, in the user's own cache.
    Where neither can be written it refuses to decorate at all, which would make the module impossible to
    import; here the function is then compiled anew at every start: slower by seconds, with the same answers.

    Numba compiles for one thread, without fused or reordered arithmetic: results equal plain Python's to the bit.
    It notices a change only in the file of the function itself, so a compiled function calls none of another module.
    """
    try:
        return cast("Function", numba.njit(function, cache=True))
    except RuntimeError:
        return cast("Function", numba.njit(function))
