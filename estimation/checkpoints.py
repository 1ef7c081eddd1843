"""Network weights in files: the lab's TensorFlow checkpoints and plain ``.npz`` files, read and compared by name.

The lab builds its network with tf-netbuilder, and the lab's checkpoint was written by it. That library is on no
package index and needs legacy Keras, and Keras 3 cannot load such a checkpoint into a model. So two things stand in
for it: `openpose.py`, which builds the same network in plain Keras, and here `tf.train.load_checkpoint`, which
gives the variables of a checkpoint by name whatever wrote them.

In memory weights are a dictionary from key to array, such as ``stage_0_s/layer_0/kernel``: the name of the layer
with slashes for dashes, then the name of the variable. A checkpoint of the lab says the same thing longer, as
``net/stage_0_s/layer_0/kernel/.ATTRIBUTES/VARIABLE_VALUE``.
"""

import os
import re
import zipfile
import zlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from estimation.backend import import_quietly
from estimation.replacing import replacing

if TYPE_CHECKING:
    import keras

Weights = dict[str, NDArray[np.float32]]
Shapes = Mapping[str, tuple[int, ...]]

# Below net/ stand the network's variables and, where a training run wrote the file, the optimizer's slots of each.
_CHECKPOINT_VARIABLE = re.compile(r"net/((?!.*/\.OPTIMIZER_SLOT/).+)/\.ATTRIBUTES/VARIABLE_VALUE")

# What NumPy and zipfile raise on files that are cut off, overwritten or something else altogether.
_BROKEN_NPZ = (
    OSError,
    ValueError,
    EOFError,
    MemoryError,
    RuntimeError,
    zipfile.BadZipFile,
    zlib.error,
)


class WeightsError(ValueError):
    """Weights that cannot be read or are not the network's; the message is one that a user can act on."""


def read_weights(path: str | os.PathLike[str]) -> Weights:
    """Read all weights in a file.

    Parameters
    ----------
    path : str or path-like
        A ``.npz`` file, or the prefix of a TensorFlow checkpoint: ``openpose`` for ``openpose.index`` and
        ``openpose.data-00000-of-00002``, in as many shards as it has.

    Returns
    -------
    weights : dict of str to ndarray of dtype float32
        By key. Of a checkpoint only what stands below ``net/``: no step counter, no optimizer slots.

    Raises
    ------
    WeightsError
        If the file is missing or broken, or if an array holds anything but finite floats.
    """
    path = Path(path)
    weights = _read_npz(path) if path.suffix == ".npz" else _read_checkpoint(path)
    for key, array in weights.items():
        if array.dtype.kind != "f" or not np.isfinite(array).all():
            raise WeightsError(
                f"Weights must be finite floats; got {_describe_values(array)} in {key!r} of {path}. "
                "Take a file that was saved before the training went wrong, or download it again."
            )
    return {key: np.asarray(array, np.float32) for key, array in weights.items()}


def _describe_values(array: NDArray[Any]) -> str:
    return "NaN or infinite values" if array.dtype.kind == "f" else f"dtype {array.dtype}"


def _read_npz(path: Path) -> dict[str, NDArray[Any]]:
    try:
        with path.open("rb") as file, np.lib.npyio.NpzFile(file, allow_pickle=False) as archive:
            return {key: np.asarray(archive[key]) for key in archive.files}
    except FileNotFoundError as error:
        raise WeightsError(f"Weights must be in {path}; there is no such file.") from error
    except _BROKEN_NPZ as error:
        raise WeightsError(
            f"{path} must be a .npz file of plain arrays; it cannot be read: {_first_line(error)}. Download it again."
        ) from error


def _read_checkpoint(prefix: Path) -> dict[str, NDArray[Any]]:
    if not Path(f"{prefix}.index").is_file():
        raise WeightsError(
            f"A checkpoint must be in {prefix}.index and {prefix}.data-*; there is no such .index file. "
            "Get the lab's weights with: python -m estimation.download openpose"
        )
    tf = import_quietly("tensorflow")
    try:
        reader = tf.train.load_checkpoint(str(prefix))
        found = {name: _CHECKPOINT_VARIABLE.fullmatch(name) for name in sorted(reader.get_variable_to_shape_map())}
        weights = {match[1]: np.asarray(reader.get_tensor(name)) for name, match in found.items() if match}
    # TensorFlow raises these three, for a broken index, for short data and for names that are no text.
    except (tf.errors.OpError, IndexError, ValueError) as error:
        raise WeightsError(
            f"{prefix} must be a whole TensorFlow checkpoint; it cannot be read: {_first_line(error)}. "
            "Download it again."
        ) from error
    if not weights:
        raise WeightsError(
            f"The variables of a checkpoint must be named net/...; got {_some(found)} in {prefix}. "
            "Take a checkpoint of the lab's network."
        )
    return weights


def _first_line(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0].rstrip(".")[:200]


def shapes_of(model: "keras.Model") -> dict[str, tuple[int, ...]]:
    """Say which variables a model has: their shapes by key, in the order of its layers."""
    return {key: tuple(variable.shape) for key, variable in _variables(model).items()}


def _variables(model: "keras.Model") -> dict[str, "keras.Variable"]:
    variables: dict[str, Any] = {}
    for layer in model.layers:
        # Of a network in a network each layer has variables of the same few names.
        inner = _variables(layer) if hasattr(layer, "layers") else {each.name: each for each in layer.weights}
        variables |= {f"{layer.name}/{name}".replace("-", "/"): variable for name, variable in inner.items()}
    return variables


def check_shapes(weights: Weights, shapes: Shapes, path: str | os.PathLike[str]) -> None:
    """Check that weights are those of one network: every variable, no other, each in its shape.

    Parameters
    ----------
    weights : dict of str to ndarray
    shapes : mapping of str to tuple of int
        What the network wants, from `shapes_of`.
    path : str or path-like
        Where the weights come from, for the message.

    Raises
    ------
    WeightsError
        If they are not; the message counts and names what is missing, extra and misshapen.
    """
    misshapen = [
        f"{key} {weights[key].shape} instead of {shape}"
        for key, shape in shapes.items()
        if key in weights and weights[key].shape != shape
    ]
    faults = {
        "missing": [key for key in shapes if key not in weights],
        "extra": [key for key in weights if key not in shapes],
        "misshapen": misshapen,
    }
    if any(faults.values()):
        found = "; ".join(f"{len(keys)} {fault}: {_some(keys)}" for fault, keys in faults.items() if keys)
        raise WeightsError(
            f"The weights must be the network's {len(shapes)} variables; got {found}; in {path}. "
            "Use weights that were saved from this network."
        )


def _some(names: Iterable[str]) -> str:
    names = list(names)
    return ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")


def assign_weights(model: "keras.Model", weights: Weights, path: str | os.PathLike[str]) -> None:
    """Give a model its weights; it stays as it was unless all of them fit.

    Parameters
    ----------
    model : keras.Model
        Changed in place.
    weights : dict of str to ndarray
        From `read_weights`.
    path : str or path-like
        Where the weights come from, for the message.

    Raises
    ------
    WeightsError
        If they are the weights of another network.
    """
    check_shapes(weights, shapes_of(model), path)
    for key, variable in _variables(model).items():
        variable.assign(weights[key])


def save_weights(model: "keras.Model", path: str | os.PathLike[str]) -> None:
    """Write a model's weights to a ``.npz`` file, whole or not at all.

    Parameters
    ----------
    model : keras.Model
        Not modified. Kernels are rounded to float16, which halves the file; vectors stay float32.
    path : str or path-like
        Should end in ``.npz``, by which `read_weights` knows the form. Replaced if it exists. The same weights
        give the same bytes.

    Raises
    ------
    WeightsError
        If a weight is not finite, or too large for float16.
    OSError
        If the file cannot be written.
    """
    arrays = {key: _stored(key, variable.numpy()) for key, variable in sorted(_variables(model).items())}
    # NumPy dates every member 1980 and does not compress, so neither clock nor zlib shows in the bytes.
    with replacing(path) as unfinished, unfinished.open("wb") as file:
        np.savez(file, **arrays)  # type: ignore[arg-type]  # NumPy's stubs expect only its own options.


def _stored(key: str, array: NDArray[np.float32]) -> NDArray[Any]:
    with np.errstate(over="ignore"):
        stored = array.astype(np.float16 if array.ndim >= 2 else np.float32)
    if not np.isfinite(stored).all():
        raise WeightsError(
            f"Weights must be finite as {stored.dtype}; got {np.abs(array).max():g} in {key!r}. Train at a lower rate."
        )
    return stored
