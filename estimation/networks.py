"""The trained networks: find their weights, load them, run them on a picture of any size.

OpenCV runs those in ONNX files, as the compact network ships and `lightweight` is downloaded. Keras is imported for the
lab's checkpoint and for ``.npz`` files alone, when the first one is loaded, and with it the backend that
``KERAS_BACKEND`` names.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from estimation.backend import import_quietly
from estimation.checkpoints import Weights, WeightsError, assign_weights, read_weights
from estimation.config import CELL_PX

if TYPE_CHECKING:
    import keras

WEIGHTS_FOLDER = Path(__file__).resolve().parent.parent / "model_weights"

NAMED_WEIGHTS = {
    "openpose": WEIGHTS_FOLDER / "openpose",
    "compact": WEIGHTS_FOLDER / "compact.onnx",
    "lightweight": WEIGHTS_FOLDER / "lightweight.onnx",
}
"""Where the weights of each network are looked for by its name."""

_LIGHTWEIGHT = "estimation.lightweight"
_BUILT_IN = {"openpose": "estimation.openpose", "compact": _LIGHTWEIGHT, "lightweight": _LIGHTWEIGHT}

_ONLY_IN_LIGHTWEIGHT = "Mconv7_stage2_L1/kernel"


class Maps(NamedTuple):
    """What a network says of one picture.

    Attributes
    ----------
    heatmaps : ndarray of shape (H, W, 19) and dtype float32
        Confidence of each body part in each cell of 8 x 8 pixels, and of the background.
    pafs : ndarray of shape (H, W, 38) and dtype float32
        Part affinity fields: pairs of dx and dy, without unit.
    """

    heatmaps: NDArray[np.float32]
    pafs: NDArray[np.float32]


class Model(Protocol):
    """What computes the maps: a `keras.Model`, or an `OnnxModel`."""

    def predict_on_batch(self, batch: NDArray[np.float32]) -> Sequence[NDArray[np.float32]]:
        """Answer a batch of scaled pictures; the last two of all outputs are the PAFs and the heatmaps."""
        ...


@dataclass(frozen=True)
class Network:
    """A network with its weights.

    Attributes
    ----------
    name : str
        One of `NAMED_WEIGHTS`.
    weights : Path
        The file or checkpoint prefix that the weights come from.
    model : Model
        A `keras.Model` where the weights are a ``.npz`` file or a checkpoint.
    """

    name: str
    weights: Path
    model: Model

    def predict(self, picture: NDArray[np.uint8]) -> Maps:
        """Run the network on one picture at the picture's own size.

        Parameters
        ----------
        picture : ndarray of shape (H, W, 3) and dtype uint8
            RGB, at least one pixel. Not modified, and neither shrunk nor stretched.

        Returns
        -------
        maps : Maps
            Of ``ceil(H / 8)`` by ``ceil(W / 8)`` cells.

        Raises
        ------
        ValueError
            If `picture` is no such array.
        """
        _check_picture(picture)
        height, width, _ = picture.shape
        rows, columns = (-(-side // CELL_PX) * CELL_PX for side in (height, width))
        # Zero, mid grey, below and on the right: the network's own convolutions continue the picture with the same.
        batch = np.zeros((1, rows, columns, 3), np.float32)
        batch[0, :height, :width] = scale_pixels(picture)
        # Unlike model.predict it prints nothing, and unlike model() it runs compiled.
        *_, pafs, heatmaps = self.model.predict_on_batch(batch)
        return Maps(np.ascontiguousarray(heatmaps[0]), np.ascontiguousarray(pafs[0]))


def _check_picture(picture: NDArray[Any]) -> None:
    if getattr(picture, "dtype", None) != np.uint8 or picture.ndim != 3 or picture.shape[2] != 3 or not picture.size:
        raise ValueError(
            "The picture must be a uint8 array of shape (height, width, 3) with at least one pixel; "
            f"got {_describe(picture)}. Read it as RGB, without an alpha channel and unscaled."
        )


def _describe(picture: object) -> str:
    if isinstance(picture, np.ndarray):
        return f"{picture.dtype} {picture.shape!r}"
    return repr(picture)[:200]


def scale_pixels(pictures: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Bring pixels into the range that all networks read: 0..255 becomes -0.5 to almost 0.5.

    Parameters
    ----------
    pictures : ndarray of dtype uint8
        One picture or a batch of them. Not modified.

    Returns
    -------
    scaled : ndarray of the same shape and dtype float32
        ``pictures / 256 - 0.5``.
    """
    return pictures * np.float32(1 / 256) - np.float32(0.5)


def load_network(path_or_name: str | os.PathLike[str]) -> Network:
    """Build a network and load its weights.

    Parameters
    ----------
    path_or_name : str or path-like
        ``"openpose"``, ``"compact"`` or ``"lightweight"`` for the weights in the folder ``model_weights``; else an
        ``.onnx`` file that `estimation.export` wrote, which needs no Keras, a ``.npz`` file of weights, or a
        checkpoint of openpose: its prefix or its ``.index`` file.

    Returns
    -------
    network : Network

    Raises
    ------
    WeightsError
        If the weights are missing, broken or another network's. It is a ValueError.
    """
    path = NAMED_WEIGHTS.get(os.fspath(path_or_name), Path(path_or_name))
    if path == NAMED_WEIGHTS["lightweight"] and not path.exists():
        raise WeightsError(
            f"The weights of lightweight must be in {path}; there is no such file. "
            "Get them with: python -m estimation.download lightweight"
        )
    if path.suffix == ".onnx":
        from estimation.onnx_model import OnnxModel  # OpenCV

        model = OnnxModel(path)
        if model.name not in NAMED_WEIGHTS:
            raise WeightsError(
                f"{path} must hold one of the networks {', '.join(NAMED_WEIGHTS)}; got {model.name!r}. "
                "Take the version of this code that wrote it."
            )
        return Network(model.name, path, model)
    if path.suffix == ".index":
        path = path.with_suffix("")
    weights = read_weights(path)  # First, because starting Keras takes seconds.
    name = _name_of(weights) if path.suffix == ".npz" else "openpose"
    return Network(name, path, build_with_weights(weights, path, name))


def build_network(name: str) -> "keras.Model":
    """Build one of the networks that `NAMED_WEIGHTS` names, untrained; its name is `name`."""
    built: keras.Model = getattr(import_quietly(_BUILT_IN[name]), f"build_{name}")()
    return built


def build_with_weights(weights: Weights, path: str | os.PathLike[str], name: str | None = None) -> "keras.Model":
    """Build the network that weights belong to, and give it these.

    Parameters
    ----------
    weights : dict of str to ndarray
        From `read_weights`; those of `lightweight` as they are published.
    path : str or path-like
        Where they come from, for the message.
    name : str, optional
        Which network it is; else it is found by the names of the arrays.

    Returns
    -------
    model : keras.Model

    Raises
    ------
    WeightsError
        If they are not all of one network's weights, and no others.
    """
    name = name or _name_of(weights)
    model = build_network(name)
    if name == "lightweight":
        weights = import_quietly(_LIGHTWEIGHT).in_house_form(weights)
    assign_weights(model, weights, path)
    return model


def _name_of(weights: Weights) -> str:
    return "lightweight" if _ONLY_IN_LIGHTWEIGHT in weights else "compact"
