"""What the network hands over, checked once and brought into the form that the compiled loops read."""

from typing import Any, NoReturn

import numpy as np
import numpy.typing as npt

from estimation.compilation import compiled

FloatMaps = npt.NDArray[np.float32] | npt.NDArray[np.float64]


def check_maps(maps: npt.ArrayLike, n_channels: int, name: str) -> FloatMaps:
    """Check network maps and return them as a contiguous array of one of two dtypes.

    Parameters
    ----------
    maps : array_like of shape (H, W, n_channels)
        Heatmaps or PAFs, real numbers. Not modified.
    n_channels : int
        How many channels they must have.
    name : str
        What the messages call them.

    Returns
    -------
    maps : ndarray of shape (H, W, n_channels) and dtype float32 or float64
        The same values: float16 becomes float32, integers become float64. It may be `maps` itself.

    Raises
    ------
    ValueError
        If the shape or the kind of the values is another, if there is no cell, or if a value is NaN or infinite.
    """
    array = bring_into_form(maps, n_channels, name)
    if not _are_finite(array.ravel()):
        refuse_non_finite(array, name)
    return array


def bring_into_form(maps: npt.ArrayLike, n_channels: int, name: str) -> FloatMaps:
    """Do what `check_maps` does, and leave it to the caller to find out whether all values are finite.

    Parameters
    ----------
    maps, n_channels, name
        As in `check_maps`.

    Returns
    -------
    maps : ndarray of shape (H, W, n_channels) and dtype float32 or float64

    Raises
    ------
    ValueError
        If the shape or the kind of the values is another, or if there is no cell.
    """
    array = np.asarray(maps)
    if array.ndim != 3 or array.shape[2] != n_channels or array.size == 0:
        raise ValueError(
            f"{name} must have shape (height, width, {n_channels}) with at least one cell; got shape {array.shape!r}. "
            "Take one picture out of the batch and keep the channels last."
        )
    if array.dtype.kind not in "fiu":
        raise ValueError(f"{name} must hold real numbers; got dtype {array.dtype!s}. Convert them to float32.")
    dtype = np.float32 if array.dtype.kind == "f" and array.itemsize <= 4 else np.float64
    # Writable and contiguous, because for any other kind of array Numba would compile the loops once more.
    if array.dtype != dtype or not array.flags.carray:
        array = np.require(array, dtype, ("C_CONTIGUOUS", "WRITEABLE", "ALIGNED"))
    return array


@compiled
def _are_finite(values: FloatMaps) -> bool:
    """Tell whether all values are finite: of those, and of no others, the difference from themselves is 0."""
    found = True
    for i in range(len(values)):
        found &= values[i] - values[i] == 0.0
    return found


def refuse_non_finite(array: npt.NDArray[Any], name: str) -> NoReturn:
    """Raise the ValueError that names the first value that is not finite, of which there must be one."""
    row, col, channel = np.argwhere(~np.isfinite(array))[0].tolist()
    raise ValueError(
        f"{name} must be finite; got {float(array[row, col, channel])!r} at row {row}, column {col}, "
        f"channel {channel}. Check the picture and the weights that the network ran on."
    )
