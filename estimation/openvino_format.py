"""Weights in OpenVINO's intermediate representation [1]_, read without OpenVINO.

An ``.xml`` file says which operations a network has and where in the ``.bin`` file beside it the constants are. Of all
that the weights of the convolutions are taken, by the names of the convolutions.

References
----------
.. [1] https://docs.openvino.ai/2021.4/openvino_docs_MO_DG_IR_and_opsets.html
"""

import re
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET  # only files whose checksum is known get here

import numpy as np
import numpy.typing as npt

from estimation.checkpoints import Weights, WeightsError

_DTYPES: dict[str, np.dtype[Any]] = {
    "f16": np.dtype("<f2"),
    "f32": np.dtype("<f4"),
    "i64": np.dtype("<i8"),
    "i32": np.dtype("<i4"),
}
_CONVOLUTIONS = ("Convolution", "GroupConvolution")

# What the converter appends to a name when it takes an operation apart.
_APPENDED = re.compile(r"/(WithoutBiases|Dims\d*|fq_\w+)$")


@dataclass(frozen=True)
class _Operation:
    kind: str
    name: str
    data: dict[str, str]


def read_representation(xml: Path, constants: Path, first: str, scale: float, shift: float) -> Weights:
    """Read the weights of all convolutions of a network.

    Parameters
    ----------
    xml, constants : Path
        The two files of version 10 of the format, constants as float16 or float32.
    first : str
        Name of the convolution that reads the picture.
    scale, shift : float
        What pixels ``x`` are brought to before it: ``(x - shift) * scale``. Wherever the file does that, whether with
        operations of its own or inside the first convolution, the answer is as if it came before.

    Returns
    -------
    weights : dict of str to ndarray of dtype float32
        ``NAME/kernel`` (height, width, channels in, channels out; where each channel has a kernel of its own height,
        width, channels, 1) and ``NAME/bias``.

    Raises
    ------
    WeightsError
        If the files are no such representation.
    """
    try:
        read = _Representation(xml, constants)
        weights, (factor, summand) = read.weights(), read.pixel_scale()
        kernel = weights[f"{first}/kernel"]
        grey = np.float32(factor * shift + summand) * kernel.sum(axis=(0, 1, 2))
        return weights | {
            f"{first}/kernel": kernel * np.float32(factor / scale),
            f"{first}/bias": weights[f"{first}/bias"] + grey,
        }
    except FileNotFoundError as error:
        raise WeightsError(f"Weights must be in {error.filename}; there is no such file.") from error
    except (ET.ParseError, KeyError, ValueError, IndexError, StopIteration, RecursionError) as error:
        raise WeightsError(
            f"{xml} and {constants.name} must be a network in OpenVINO's intermediate representation; they cannot be "
            f"read: {type(error).__name__} {error!s:.200}. Download them again."
        ) from error


class _Representation:
    def __init__(self, xml: Path, constants: Path) -> None:
        root = ET.parse(xml).getroot()  # noqa: S314 - see above
        self._bytes = constants.read_bytes()
        self._operations: dict[str, _Operation] = {}
        for layer in root.iter("layer"):
            data = layer.find("data")
            described = _Operation(layer.attrib["type"], layer.attrib["name"], {} if data is None else data.attrib)
            self._operations[layer.attrib["id"]] = described
        self._read: dict[str, list[str]] = defaultdict(list)
        self._readers: dict[str, list[str]] = defaultdict(list)
        for edge in sorted(root.iter("edge"), key=lambda edge: int(edge.attrib["to-port"])):
            self._read[edge.attrib["to-layer"]].append(edge.attrib["from-layer"])
            self._readers[edge.attrib["from-layer"]].append(edge.attrib["to-layer"])

    def weights(self) -> Weights:
        """Collect kernel and bias of every convolution."""
        weights: Weights = {}
        for number, operation in self._operations.items():
            if operation.kind in _CONVOLUTIONS:
                name = _APPENDED.sub("", operation.name)
                weights[f"{name}/kernel"] = self._kernel(number, operation.kind)
                weights[f"{name}/bias"] = self._bias(number)
        return weights

    def pixel_scale(self) -> tuple[float, float]:
        """Find the factor, and then the summand, that bring the pixels of a picture to what convolutions see."""
        factor, summand = 1.0, 0.0
        number = next(number for number, operation in self._operations.items() if operation.kind == "Parameter")
        while True:
            before, number = number, self._readers[number][0]
            kind = self._operations[number].kind
            if kind not in {"Multiply", "Add"}:
                return factor, summand
            (other,) = (source for source in self._read[number] if source != before)
            value = float(self._constant(other).astype(np.float64).mean())
            factor, summand = (factor * value, summand * value) if kind == "Multiply" else (factor, summand + value)

    def _kernel(self, number: str, kind: str) -> npt.NDArray[np.float32]:
        kernel = self._constant(self._read[number][1]).astype(np.float32)
        if kind == "GroupConvolution":  # groups first, then one channel out and one in for each
            return np.ascontiguousarray(kernel.reshape(len(kernel), *kernel.shape[-2:], 1).transpose(1, 2, 0, 3))
        return np.ascontiguousarray(kernel.transpose(2, 3, 1, 0))

    def _bias(self, number: str) -> npt.NDArray[np.float32]:
        """Find what is added to the answer of a convolution."""
        added = next(reader for reader in self._readers[number] if self._operations[reader].kind == "Add")
        (other,) = (source for source in self._read[added] if source != number)
        return self._constant(other).astype(np.float32).ravel()

    def _constant(self, number: str) -> npt.NDArray[Any]:
        operation = self._operations[number]
        if operation.kind in {"Convert", "Reshape"}:  # float16 is widened, and a kernel gets its groups
            return self._constant(self._read[number][0])
        if operation.kind != "Const":
            raise ValueError(f"{operation.kind} {operation.name!r} in place of a constant")
        shape = [int(side) for side in operation.data["shape"].split(",") if side.strip()]
        start, size = int(operation.data["offset"]), int(operation.data["size"])
        dtype = _DTYPES[operation.data["element_type"]]
        return np.frombuffer(self._bytes[start : start + size], dtype).reshape(shape)
