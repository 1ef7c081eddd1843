"""Compile the inner loops to machine code, once per machine where that can be.

**The machine code is kept, but never relied on.** Numba keeps it in files beside the source and reads them as they
are. A file that was cut off by a full disk, or that was written when the same source was loaded under another name
and so asks for a module that is gone, would then stop the program with an exception, at every start until somebody
deletes it. But such a file only saves time. So here each piece of machine code has its checksum with it, and whatever
goes wrong while one is read or written costs a compilation and nothing else; the new code replaces the broken one.

**Without Numba, or beside a NumPy that it does not know, the loops run as the Python that they are**, with the same
answers. A picture takes hundredths of a second more, and whoever looks at a few downloads 64 MB less.
"""

import contextlib
import hashlib
import pickle
from collections.abc import Callable
from typing import Any, TypeVar, cast

import numpy as np
import numpy.typing as npt

try:
    import numba
    from numba.core.caching import CompileResultCacheImpl, FunctionCache
    from numba.core.serialize import dumps
except ImportError:
    numba = None
    CompileResultCacheImpl = FunctionCache = object

ARE_COMPILED = numba is not None
"""Whether loops are. What pays only then, loops over many side by side, is left out where they are not."""

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Function = TypeVar("Function", bound=Callable[..., object])


def compiled(function: Function) -> Function:
    """Compile `function` at its first call and keep the machine code for the next start of Python.

    Numba keeps the code beside the source or, where that folder is read-only, in the user's own cache.
    Where neither can be written the function is compiled anew at every start: slower by seconds, with the same answers.

    Numba compiles for one thread, without fused or reordered arithmetic: results equal plain Python's to the bit. Where
    something is divided by zero the result is NumPy's, infinite or NaN: to raise, loops would need a branch.
    It notices a change only in the file of the function itself, so a compiled function calls none of another module.

    Without Numba `function` is returned as it is.
    """
    if numba is None:
        return function
    dispatcher = numba.njit(error_model="numpy")(function)
    with contextlib.suppress(RuntimeError):  # Numba has found no folder that can be written.
        dispatcher._cache = _Cache(function)  # noqa: SLF001 - what njit(cache=True) does, with a cache of its own
    return cast("Function", dispatcher)


class _Checked(CompileResultCacheImpl):  # type: ignore[misc]  # Numba has no types
    """Machine code in a file, with its checksum: one changed byte of it could give wrong answers, or crash."""

    def reduce(self, cres: Any) -> tuple[bytes, bytes]:  # noqa: ANN401 - Numba's own
        code = dumps(super().reduce(cres))
        return hashlib.sha256(code).digest(), code

    def rebuild(self, target_context: Any, payload: tuple[bytes, bytes]) -> Any:  # noqa: ANN401
        checksum, code = payload
        if hashlib.sha256(code).digest() != checksum:
            raise ValueError("The machine code in a cache must have its checksum; this has another. Compile it anew.")
        return super().rebuild(target_context, pickle.loads(code))  # noqa: S301 - Numba's files are such anyway


class _Cache(FunctionCache):  # type: ignore[misc]
    """Numba's cache of one function, for which a file that cannot be used is a file that is not there."""

    _impl_class = _Checked

    def load_overload(self, sig: Any, target_context: Any) -> Any:  # noqa: ANN401
        try:
            return super().load_overload(sig, target_context)
        except Exception:  # noqa: BLE001 - bytes that were meant as a pickle can raise anything
            return None

    def save_overload(self, sig: Any, data: Any) -> None:  # noqa: ANN401
        try:
            super().save_overload(sig, data)
        except Exception:  # noqa: BLE001 - it reads the index first; and the folder may be read-only by now
            with contextlib.suppress(Exception):
                self.flush()
                super().save_overload(sig, data)
