"""Fetch the published weights of `lightweight`, and make of them the file that runs.

Open Model Zoo publishes a network as two files, whose sizes and checksums its list names [1]_.

References
----------
.. [1] https://github.com/openvinotoolkit/open_model_zoo, ``models/intel/human-pose-estimation-0001/model.yml``
"""

import hashlib
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from estimation.backend import import_quietly
from estimation.checkpoints import WeightsError
from estimation.onnx_model import OnnxModel
from estimation.openvino_format import read_representation
from estimation.transfers import DEFAULT_LIMITS, DownloadError, TransferLimits, fetch, forget

LIGHTWEIGHT_URL = (
    "https://storage.openvinotoolkit.org/repositories/open_model_zoo/2021.4/models_bin/3"
    "/human-pose-estimation-0001/FP16"
)


@dataclass(frozen=True)
class PublishedFile:
    """A file as its publisher describes it."""

    name: str
    n_bytes: int
    sha256: str


PUBLISHED = (
    PublishedFile(
        "human-pose-estimation-0001.xml", 153_702, "560880b45f2e58f1f4d5388000e0364c30199ef656a1b2fd07cd4cdb7b53561c"
    ),
    PublishedFile(
        "human-pose-estimation-0001.bin", 8_197_356, "40dfef77d8216f23b83d86d8915659e3ade89abadbb9173bc9b946cffb6c1c9e"
    ),
)


def download_lightweight(
    folder: Path, url: str = LIGHTWEIGHT_URL, *, force: bool = False, limits: TransferLimits = DEFAULT_LIMITS
) -> str:
    """Put the network `lightweight` into a folder, as ``lightweight.onnx``.

    Parameters
    ----------
    folder : Path
        Made if need be. A network in it that is right already is left alone.
    url : str
        Of a folder with the two published files.
    force : bool, optional
        Fetch them in any case.
    limits : TransferLimits, optional

    Returns
    -------
    message : str
        What was done.

    Raises
    ------
    DownloadError
        If the server, the connection or one of the files is not as it must be.
    MissingPackageError
        If Keras or onnx is not installed, which write the file; running it needs neither.
    OSError
        If `folder` cannot be written.
    """
    target = folder / "lightweight.onnx"
    if not force and _is_right(target):
        return f"The network in {target} is complete already; nothing to do."
    export = import_quietly("estimation.export")  # First: without it the download would be for nothing.
    folder.mkdir(parents=True, exist_ok=True)
    parts = [folder / f"{file.name}.part" for file in PUBLISHED]
    for file, part in zip(PUBLISHED, parts, strict=True):
        fetch(f"{url.rstrip('/')}/{file.name}", part, limits)
        _check(file, part)
    try:
        with tempfile.TemporaryDirectory(dir=folder, prefix="lightweight-") as temporary:
            arrays = Path(temporary) / "lightweight.npz"
            weights = read_representation(parts[0], parts[1], first="conv1", scale=1 / 255, shift=128)
            np.savez(arrays, **weights)  # type: ignore[arg-type]  # NumPy's stubs expect only its own options.
            export.export(arrays, target)
    except WeightsError as error:
        raise DownloadError(f"The download must hold the network lightweight. {error}") from error
    finally:
        for part in parts:
            forget(part)
    return f"The network is in {target}"


def _is_right(target: Path) -> bool:
    try:
        return OnnxModel(target).name == "lightweight"
    except WeightsError:
        return False


def _check(file: PublishedFile, part: Path) -> None:
    """Refuse a file that is not the published one, before anything looks into it."""
    data = part.read_bytes()
    if (len(data), hashlib.sha256(data).hexdigest()) != (file.n_bytes, file.sha256):
        forget(part)
        raise DownloadError(
            f"{file.name} must have {file.n_bytes} bytes and the SHA-256 {file.sha256}; got {len(data)} bytes and "
            f"{hashlib.sha256(data).hexdigest()}. Try again, or name a mirror with --url."
        )
