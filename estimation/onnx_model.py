"""A network in a file of the form ONNX, layers and weights together, run by OpenCV: no Keras, no TensorFlow.

`python -m estimation.export` writes such files. OpenCV is there anyway, to read pictures, and starts in a
tenth of a second.

**A file ends with its checksum.** On a file in which single bytes are wrong OpenCV may crash, and take Python with it:
two of sixty files did whose names or numbers had been changed. So it never gets such a file, nor one that another
program wrote. Whoever forges a checksum forges it for their own machine.
"""

import hashlib
import re
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

import estimation.pictures  # noqa: F401 - keeps OpenCV from printing beside our one sentence
from estimation.checkpoints import WeightsError
from estimation.config import CELL_PX, N_HEATMAPS, N_PAFS

Floats = npt.NDArray[np.float32]

MAX_ONNX_BYTES = 2**26
"""Larger files are refused: the compact network has a tenth of it."""

_ANSWERS = {"pafs": N_PAFS, "heatmaps": N_HEATMAPS}
"""How many channels the outputs have, by their names."""

# What OpenCV raises on files that it cannot read or run; its own messages may hold bytes of the file that are no text.
_UNUSABLE = (cv2.error, UnicodeError, MemoryError, SystemError, ValueError)

NAME_KEY = "network"
_NAMED = re.compile(rb"\x72.\x0a\x07network\x12.([a-z]+)\Z", re.DOTALL)
"""Another entry of the metadata, in the same form, says which network it is."""

_MAX_NAME_BYTES = 64

_TRIED_PX = ((32, 64), (64, 32))
"""Two sizes that every network must take; neither is square, so that rows and columns cannot be exchanged."""

_TOO_LARGE = 1e6  # Maps are near 0 and 1. OpenCV 5 makes the largest float32 of what is NaN.

_SEAL = b"\x72\x4a\x0a\x06sha256\x12\x40"
"""What stands before the 64 digits: an entry "sha256" in the file's metadata, as protobuf writes it. All readers of
ONNX know such entries, and those that come last may be appended as bytes."""


class OnnxModel:
    """A network that OpenCV runs; it is called as a Keras model is.

    Parameters
    ----------
    path : Path
        A file that `estimation.export` wrote.

    Attributes
    ----------
    name : str
        Which network it is.

    Raises
    ------
    WeightsError
        If the file is missing, broken or another network's. It is tried on two small pictures.
    """

    def __init__(self, path: Path) -> None:
        data = _read_sealed(path)
        self._net = _parse(data, path)
        self.name = _name_in(data, path)
        for height, width in _TRIED_PX:
            self._try(height, width, path)

    def predict_on_batch(self, batch: Floats) -> list[Floats]:
        """Run the network on one picture.

        Parameters
        ----------
        batch : ndarray of shape (1, height, width, 3) and dtype float32
            RGB as `scale_pixels` gives it; sides of whole multiples of what the network's coarsest level covers. Not
            modified. Another size than that of the call before costs some milliseconds.

        Returns
        -------
        pafs, heatmaps : ndarray of shape (1, height / 8, width / 8, 38 and 19) and dtype float32

        Raises
        ------
        ValueError
            If OpenCV fails, as it does where the memory is too small.
        """
        try:
            # Keras has channels last, ONNX has them before rows and columns.
            self._net.setInput(np.ascontiguousarray(batch.transpose(0, 3, 1, 2)))
            answers = self._net.forward(list(_ANSWERS))
        except _UNUSABLE as error:
            _, height, width, _ = batch.shape
            raise ValueError(
                f"There must be memory to run the network on {width} x {height} pixels; OpenCV fails. "
                "Shrink the picture."
            ) from error
        return [np.asarray(maps).transpose(0, 2, 3, 1) for maps in answers]

    def _try(self, height: int, width: int, path: Path) -> None:
        try:
            answers = self.predict_on_batch(np.zeros((1, height, width, 3), np.float32))
        except ValueError as error:
            raise _not_the_network(path, f"a failure on a picture of {width} x {height}") from error
        for (name, n_channels), maps in zip(_ANSWERS.items(), answers, strict=True):
            shape = (1, height // CELL_PX, width // CELL_PX, n_channels)
            if maps.shape != shape:
                raise _not_the_network(path, f"{name} of shape {maps.shape} instead of {shape}")
            if not (np.abs(maps) < _TOO_LARGE).all():
                raise _not_the_network(path, f"numbers beyond {_TOO_LARGE:g} among the {name} of a grey picture")


def seal(data: bytes) -> bytes:
    """Append to an ONNX file its checksum, as an entry of its metadata."""
    return data + _SEAL + hashlib.sha256(data).hexdigest().encode()


def _is_sealed(data: bytes) -> bool:
    return seal(data[: -len(seal(b""))]) == data


def _name_in(data: bytes, path: Path) -> str:
    """Find the entry of the metadata that stands before the checksum."""
    end = len(data) - len(seal(b""))
    found = _NAMED.search(data, end - _MAX_NAME_BYTES, end)
    if not found:
        raise WeightsError(f"{path} must say which network it holds; it does not, as old ones do not. {_ADVICE}")
    return found[1].decode()


def _read_sealed(path: Path) -> bytes:
    data = _read_bytes(path)
    if not _is_sealed(data):
        raise WeightsError(
            f"{path} must be a network that ends with its checksum, as the compact one does; this is another file, "
            f"or not all of it. {_ADVICE}"
        )
    return data


def _parse(data: bytes, path: Path) -> "cv2.dnn.Net":
    try:
        # Python reads the file, because OpenCV cannot open a path with, say, Chinese letters on Windows.
        net = cv2.dnn.readNetFromONNX(np.frombuffer(data, np.uint8))
        outputs = sorted(map(str, net.getUnconnectedOutLayersNames()))
    except _UNUSABLE as error:
        raise WeightsError(
            f"{path} must be an ONNX file; OpenCV {cv2.__version__} cannot read it. {_ADVICE}"
        ) from error
    if outputs != sorted(_ANSWERS):
        raise _not_the_network(path, f"outputs {', '.join(outputs)[:200] or 'without a name'}")
    return net


def _read_bytes(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(MAX_ONNX_BYTES + 1)
    except FileNotFoundError as error:
        raise WeightsError(f"Weights must be in {path}; there is no such file.") from error
    except OSError as error:
        raise WeightsError(f"Weights must be in {path}; it cannot be read: {error.strerror}.") from error
    if len(data) > MAX_ONNX_BYTES:
        raise WeightsError(f"{path} must have at most {MAX_ONNX_BYTES} bytes; it has more. {_ADVICE}")
    return data


_ADVICE = "Download it again, or make it with: python -m estimation.export"


def _not_the_network(path: Path, got: str) -> WeightsError:
    return WeightsError(
        f"{path} must hold the compact network, which gives pafs and heatmaps of pictures of any size; got {got}. "
        f"{_ADVICE}"
    )
