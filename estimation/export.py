"""Write a network as ONNX, which runs without Keras: `python -m estimation.export`.

A file in the form Open Neural Network Exchange [1]_ holds the layers as well as the weights, so that OpenCV runs it as
it is (`estimation/onnx_model.py`).

References
----------
.. [1] https://onnx.ai/onnx/operators/
"""

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import keras
import numpy as np
import numpy.typing as npt
import onnx
from keras import layers
from onnx import helper, numpy_helper

from estimation.checkpoints import read_weights
from estimation.config import N_HEATMAPS, N_PAFS
from estimation.networks import WEIGHTS_FOLDER, build_with_weights
from estimation.onnx_model import NAME_KEY, seal
from estimation.replacing import replacing

# The oldest that have all that is written here: OpenCV is slow to learn new ones.
_OPERATOR_SET, _FORMAT_VERSION = 13, 8


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; return 0, or 2 after one sentence about what the user can fix."""
    parser = argparse.ArgumentParser(prog="python -m estimation.export", description="Write ONNX.")
    parser.add_argument("--weights", type=Path, default=WEIGHTS_FOLDER / "compact.npz", help="weights to convert")
    parser.add_argument("--out", type=Path, help="where the network goes (beside the weights, ending in .onnx)")
    args = parser.parse_args(argv)
    out = args.out or args.weights.with_suffix(".onnx")
    try:
        export(args.weights, out)
    except (ValueError, OSError) as error:
        print(f"export: {error}", file=sys.stderr)
        return 2
    print(f"Wrote {out}")
    return 0


def export(weights: Path, to: Path) -> None:
    """Write a network with its weights as one ONNX file; the same weights give the same bytes.

    Parameters
    ----------
    weights : Path
        A ``.npz`` file of one of the networks that `build_with_weights` knows.
    to : Path
        Should end in ``.onnx``, by which `load_network` knows the form. Replaced if it exists.

    Raises
    ------
    WeightsError
        If the weights are missing, broken or another network's.
    OSError
        If the file cannot be written.
    """
    written = to_onnx(build_with_weights(read_weights(weights), weights))
    with replacing(to) as unfinished:
        unfinished.write_bytes(seal(written.SerializeToString(deterministic=True)))


def to_onnx(model: keras.Model) -> onnx.ModelProto:
    """Say in ONNX what a network does.

    Parameters
    ----------
    model : keras.Model
        Its last two outputs are the answer. Not modified.

    Returns
    -------
    onnx_model : onnx.ModelProto
        From ``picture``, float32 of shape (1, 3, height, width), to ``pafs`` and ``heatmaps`` of shape
        (1, 38, height / 8, width / 8) and (1, 19, height / 8, width / 8). Weights are float32.

    Raises
    ------
    NotImplementedError
        If the network has a layer of another kind.
    """
    graph = _Graph(model)
    for layer in model.layers:
        graph.add(layer)
    picture = helper.make_tensor_value_info("picture", onnx.TensorProto.FLOAT, [1, 3, "height", "width"])
    answers = [
        helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, [1, n_channels, "rows", "columns"])
        for name, n_channels in (("pafs", N_PAFS), ("heatmaps", N_HEATMAPS))
    ]
    made = helper.make_graph(graph.nodes, model.name, [picture], answers, graph.constants)
    written = helper.make_model(
        made,
        producer_name="openpose-lab",
        ir_version=_FORMAT_VERSION,
        opset_imports=[helper.make_opsetid("", _OPERATOR_SET)],
    )
    helper.set_model_props(written, {NAME_KEY: model.name})
    onnx.checker.check_model(written, full_check=True)
    return written


class _Graph:
    """What has been written of a network: its operations, and the constants that they read."""

    def __init__(self, model: keras.Model) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []
        *_, pafs, heatmaps = model.outputs
        self._names = {id(model.input): "picture", id(pafs): "pafs", id(heatmaps): "heatmaps"}
        self._padded: dict[int, tuple[tuple[int, int], ...]] = {}
        self._ways: dict[type[layers.Layer], Callable[[layers.Layer], None]] = {
            layers.InputLayer: lambda _: None,
            layers.DepthwiseConv2D: self._add_convolution,
            layers.Conv2D: self._add_convolution,
            layers.ZeroPadding2D: self._remember_padding,
            layers.Add: lambda layer: self._add("Add", layer),
            layers.Concatenate: lambda layer: self._add("Concat", layer, axis=1),
        }

    def add(self, layer: layers.Layer) -> None:
        """Write one layer; all that it reads has been written."""
        for kind, write in self._ways.items():
            if isinstance(layer, kind):
                return write(layer)
        raise NotImplementedError(
            f"A network must be made of {', '.join(kind.__name__ for kind in self._ways)} to become ONNX; "
            f"got {type(layer).__name__} in {layer.name!r}. Say in export.py what it is in ONNX."
        )

    def _add(self, operation: str, layer: layers.Layer, *constants: str, **attributes: object) -> None:
        read = layer.input if isinstance(layer.input, list) else [layer.input]
        inputs = [*(self._names[id(tensor)] for tensor in read), *constants]
        name = self._names.setdefault(id(layer.output), layer.name)
        activation = _activation(layer)
        made = f"{layer.name}-sum" if activation else name
        self.nodes.append(helper.make_node(operation, inputs, [made], name=layer.name, **attributes))
        if activation:
            self.nodes.append(helper.make_node(activation, [made], [name], name=f"{layer.name}-{activation}"))

    def _add_constant(self, name: str, array: npt.NDArray[np.generic]) -> str:
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(array), name))
        return name

    def _remember_padding(self, layer: layers.ZeroPadding2D) -> None:
        """Leave it to the convolution that reads the padded tensor."""
        self._names[id(layer.output)] = self._names[id(layer.input)]
        self._padded[id(layer.output)] = layer.padding

    def _add_convolution(self, layer: layers.Conv2D | layers.DepthwiseConv2D) -> None:
        kernel, bias = (np.asarray(variable.numpy(), np.float32) for variable in layer.weights)
        is_depthwise = isinstance(layer, layers.DepthwiseConv2D)
        names = (
            # Keras has the channels of a kernel last, ONNX first; of a depthwise one ONNX takes each for a group.
            self._add_constant(f"{layer.name}-kernel", kernel.transpose(*((2, 3) if is_depthwise else (3, 2)), 0, 1)),
            self._add_constant(f"{layer.name}-bias", bias),
        )
        if layer.padding == "same":
            margins = [*map(_margins, layer.kernel_size, layer.strides, layer.dilation_rate)]
        else:
            margins = [*self._padded.get(id(layer.input), ((0, 0), (0, 0)))]
        begin, end = zip(*margins, strict=True)
        self._add(
            "Conv",
            layer,
            *names,
            kernel_shape=layer.kernel_size,
            strides=layer.strides,
            dilations=layer.dilation_rate,
            pads=[*begin, *end],
            **({"group": kernel.shape[2]} if is_depthwise else {}),
        )


def _activation(layer: layers.Layer) -> str | None:
    """Name the ONNX operation of the activation that a convolution has inside, if it has one."""
    inside = getattr(layer, "activation", keras.activations.linear)
    known = {keras.activations.linear: None, keras.activations.relu: "Relu", keras.activations.elu: "Elu"}
    return known[inside]


def _margins(kernel_size: int, stride: int, dilation: int) -> tuple[int, int]:
    """Say how far Keras' padding "same" reaches beyond both ends of a side that is a multiple of the stride [1].

    With a stride of 2 it is no pixel before the first and one behind the last: the odd one goes to the end.
    """
    margin = max((kernel_size - 1) * dilation + 1 - stride, 0)
    return margin // 2, margin - margin // 2


if __name__ == "__main__":
    sys.exit(main())
