"""Convert the teacher: `python -m estimation.training.frozen FROZEN.pb --photos DIR --out teacher.npz`.

Reads the weights out of tf-pose-estimation's frozen TensorFlow graph, shows it photographs for the statistics that
its backbone lacks, folds all normalisations, and writes a file that runs on every Keras backend.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import cv2
import keras
import numpy as np
import numpy.typing as npt
from keras import layers
from tqdm import tqdm

from estimation.backend import import_quietly
from estimation.checkpoints import Weights, WeightsError, assign_weights, save_weights, shapes_of
from estimation.networks import scale_pixels
from estimation.pictures import read_picture
from estimation.training.dataset import held_out, load_examples
from estimation.training.teacher import EPSILON, build_teacher

_SIDE_PX = 368  # As in the teacher's own training.
_BATCH = 16
_N_BATCHES = 20

# Where an operation FusedBatchNorm takes its parameters.
_NORMALISATION = {"gamma": 1, "beta": 2}

Floats = npt.NDArray[np.float32]
Picture = npt.NDArray[np.uint8]


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; return 0, or 2 after one sentence about what the user can fix."""
    parser = argparse.ArgumentParser(prog="python -m estimation.training.frozen", description="Convert the teacher.")
    parser.add_argument("frozen", type=Path, help="the frozen graph, mobilenet_v2_small.pb of tf-pose-estimation")
    parser.add_argument("--photos", type=Path, required=True, help="data set that gives the teacher its statistics")
    parser.add_argument("--out", type=Path, default=Path("teacher.npz"), help="where the weights go")
    args = parser.parse_args(argv)
    try:
        convert(args.frozen, args.photos, args.out)
    except (ValueError, OSError) as error:
        print(f"frozen: {error}", file=sys.stderr)
        return 2
    return 0


def convert(frozen_graph: Path, photos: Path, to: Path) -> None:
    """Write the weights of a frozen graph as a ``.npz`` file, kernels in float16. Needs TensorFlow.

    Parameters
    ----------
    frozen_graph : Path
        As in `read_frozen`.
    photos : Path
        A data set, as in `load_examples`; pictures that are held out are not looked at.
    to : Path
        Replaced if it exists.

    Raises
    ------
    ValueError
        If one of the two cannot be read.
    OSError
        If the file cannot be written.
    """
    weights = read_frozen(frozen_graph)
    model = build_teacher(is_folded=False)
    assign_weights(model, weights, frozen_graph)
    collect_statistics(model, _squares(photos))
    folded = build_teacher()
    assign_weights(folded, fold(model, weights), frozen_graph)
    save_weights(folded, to)


def _squares(photos: Path) -> list[Picture]:
    """Cut the middle out of photographs that lie evenly in the data set."""
    examples = load_examples(photos)
    kept_out = held_out(examples)
    # Partly labelled pictures are close-ups of athletes: their statistics are not those of photographs at large.
    paths = [example.path for key, example in examples.items() if example.is_complete and key not in kept_out]
    if not paths:
        raise ValueError(
            f"The teacher's statistics need photographs in which everybody is labelled; {photos} has none. "
            "Name another data set."
        )
    chosen = np.linspace(0, len(paths) - 1, min(len(paths), _BATCH * _N_BATCHES)).astype(int)
    return [_square(read_picture(paths[index])) for index in chosen]


def _square(picture: Picture) -> Picture:
    scale = _SIDE_PX / min(picture.shape[:2])
    size = [max(_SIDE_PX, round(side * scale)) for side in reversed(picture.shape[:2])]
    picture = np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_CUBIC), np.uint8)
    top, left = ((side - _SIDE_PX) // 2 for side in picture.shape[:2])
    return picture[top : top + _SIDE_PX, left : left + _SIDE_PX]


def collect_statistics(model: keras.Model, pictures: Sequence[Picture]) -> None:
    """Average the means and variances of every channel over batches of pictures.

    Parameters
    ----------
    model : keras.Model
        The teacher, not folded. Its moving averages are replaced.
    pictures : sequence of ndarray of shape (H, W, 3) and dtype uint8
        RGB, all of one size.
    """
    norms = [layer for layer in model.layers if isinstance(layer, layers.BatchNormalization)]
    for index in tqdm(range(-(-len(pictures) // _BATCH)), unit="batch", desc="statistics", disable=None):
        for norm in norms:
            norm.momentum = index / (index + 1)  # Makes a plain mean of the moving one.
        model(scale_pixels(np.stack(pictures[index * _BATCH : (index + 1) * _BATCH])), training=True)


def fold(model: keras.Model, weights: Weights) -> Weights:
    """Put the normalisations of the backbone into its kernels and biases, by the averaged statistics [3].

    Parameters
    ----------
    model : keras.Model
        From `collect_statistics`.
    weights : dict of str to ndarray
        What it was loaded with. Not modified.

    Returns
    -------
    folded : dict of str to ndarray
        As ``build_teacher()`` wants them.
    """
    folded = {key: array for key, array in weights.items() if "/BatchNorm/" not in key}
    for norm in (layer for layer in model.layers if isinstance(layer, layers.BatchNormalization)):
        scope = norm.name.removesuffix("-BatchNorm").replace("-", "/")
        factor, bias = _factor_and_bias(*(np.asarray(variable.numpy()) for variable in norm.weights))
        kernel = folded[f"{scope}/kernel"]
        # A depthwise kernel has its channels in the third place, and one in the fourth.
        folded[f"{scope}/kernel"] = kernel * (factor[:, None] if scope.endswith("/depthwise") else factor)
        folded[f"{scope}/bias"] = bias
    return folded


def _factor_and_bias(gamma: Floats, beta: Floats, mean: Floats, variance: Floats) -> tuple[Floats, Floats]:
    factor = gamma / np.sqrt(variance + np.float32(EPSILON))
    return factor, beta - mean * factor


def read_frozen(path: Path) -> Weights:
    """Read the weights of the teacher from a frozen TensorFlow graph. Needs TensorFlow.

    Parameters
    ----------
    path : Path
        ``mobilenet_v2_small.pb`` of tf-pose-estimation.

    Returns
    -------
    weights : dict of str to ndarray of dtype float32
        By key, as ``build_teacher(is_folded=False)`` wants them; the statistics that the graph lacks are 0 and 1.

    Raises
    ------
    WeightsError
        If the file is missing, is no graph, or is one that lacks a tensor of the teacher.
    """
    graph = _FrozenGraph(path)
    weights: Weights = {}
    for key, shape in shapes_of(build_teacher(is_folded=False)).items():
        scope, _, name = key.rpartition("/")
        if name in _NORMALISATION:
            weights[key] = graph.operand(f"{scope}/FusedBatchNorm", _NORMALISATION[name])
        elif name in {"moving_mean", "moving_variance"}:
            weights[key] = np.full(shape, name == "moving_variance", np.float32)
        elif scope.startswith("MobilenetV2/"):
            weights[key] = graph.operand(scope + ("/depthwise" if scope.endswith("/depthwise") else "/Conv2D"))
        elif name == "bias":
            weights |= _read_separable(graph, scope)
    first = "MobilenetV2/Conv/kernel"
    weights[first] = weights[first][:, :, ::-1]  # The graph takes blue first.
    return weights


def _read_separable(graph: "_FrozenGraph", scope: str) -> Weights:
    """Read a layer behind the backbone: its normalisation goes into its second kernel, a first of 1 x 1 as well."""
    depthwise = graph.operand(f"{scope}_depthwise/depthwise")
    pointwise = graph.operand(f"{scope}_pointwise/Conv2D")
    normalisation = f"{scope}_pointwise/BatchNorm/FusedBatchNorm"
    factor, bias = _factor_and_bias(*(graph.operand(normalisation, index) for index in (1, 2, 3, 4)))
    weights = {f"{scope}/bias": bias}
    if depthwise.shape[:2] == (1, 1):
        return weights | {f"{scope}/kernel": depthwise * pointwise * factor}
    return weights | {f"{scope}/depthwise_kernel": depthwise, f"{scope}/pointwise_kernel": pointwise * factor}


class _FrozenGraph:
    """The constants of a frozen graph, by the operation that reads them."""

    def __init__(self, path: Path) -> None:
        tf = import_quietly("tensorflow")
        self._path, self._to_array = path, tf.make_ndarray
        graph = tf.compat.v1.GraphDef()
        try:
            graph.ParseFromString(path.read_bytes())
        except FileNotFoundError as error:
            raise WeightsError(f"A frozen graph must be in {path}; there is no such file.") from error
        except import_quietly("google.protobuf.message").DecodeError as error:
            raise WeightsError(
                f"{path} must be a frozen TensorFlow graph; it cannot be read. Download it again."
            ) from error
        self._nodes = {node.name: node for node in graph.node}

    def operand(self, operation: str, index: int = 1) -> Floats:
        """Give the constant that an operation takes as its operand `index`, counted from 0."""
        try:
            constant = self._nodes[self._nodes[operation].input[index].partition(":")[0]]
            return np.asarray(self._to_array(constant.attr["value"].tensor), np.float32)
        except (KeyError, IndexError, TypeError) as error:
            raise WeightsError(
                f"The graph must hold a constant as operand {index} of {operation!r}; {self._path} has none. "
                "Take mobilenet_v2_small.pb of tf-pose-estimation."
            ) from error


if __name__ == "__main__":
    sys.exit(main())
