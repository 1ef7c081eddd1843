"""Checkpoints in the lab's form, and small networks to fit them."""

import shutil
import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from estimation.backend import import_quietly
from estimation.checkpoints import assign_weights, shapes_of
from estimation.networks import Network
from tests.estimation.late import Late
from tests.estimation.servers import Server

lightweight, openpose_builder = Late("estimation.lightweight"), Late("estimation.openpose")

Arrays = Mapping[str, NDArray]
CheckpointWriter = Callable[..., Path]


@pytest.fixture(scope="session")
def write_checkpoint() -> CheckpointWriter:
    """Give the function that writes arrays as a checkpoint: ``stage/layer/kernel`` becomes ``net/stage/…``."""
    tf = import_quietly("tensorflow")

    def write(prefix: Path, arrays: Arrays, *, n_shards: int = 1, root: str = "net/") -> Path:
        items = [(f"{root}{key}/.ATTRIBUTES/VARIABLE_VALUE", array) for key, array in arrays.items()]
        parts = [f"{prefix}_{shard}" for shard in range(n_shards)]
        for shard, part in enumerate(parts):
            names, values = zip(*items[shard::n_shards], strict=True)
            tf.raw_ops.SaveV2(prefix=part, tensor_names=names, shape_and_slices=[""] * len(names), tensors=values)
        tf.raw_ops.MergeV2Checkpoints(checkpoint_prefixes=parts, destination_prefix=str(prefix))
        return prefix

    return write


@pytest.fixture(scope="session")
def openpose_model():
    """Build the full network once for all tests; `openpose` fills it, nothing else may change it."""
    return openpose_builder.build_openpose()


@pytest.fixture(scope="session")
def compact_model():
    """Build the compact network once for all tests; nothing may change it."""
    return lightweight.build_compact()


@pytest.fixture(scope="session")
def openpose_weights(openpose_model) -> dict[str, NDArray]:
    """Random weights of the full network that neither die out nor explode on their way through it."""
    rng = np.random.default_rng(7)
    shapes = shapes_of(openpose_model)
    scales = {key: 0.1 if len(shape) == 1 else np.sqrt(2 / np.prod(shape[:-1])) for key, shape in shapes.items()}
    return {key: rng.standard_normal(shape, np.float32) * np.float32(scales[key]) for key, shape in shapes.items()}


@pytest.fixture(scope="session")
def openpose_checkpoint(
    openpose_weights: dict[str, NDArray], write_checkpoint: CheckpointWriter, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Path]:
    """Give the prefix of a full-size checkpoint in two shards; its 209 MB are deleted in the end."""
    folder = tmp_path_factory.mktemp("openpose")
    yield write_checkpoint(folder / "openpose", openpose_weights, n_shards=2)
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def openpose(openpose_model, openpose_weights: dict[str, NDArray]) -> Network:
    assign_weights(openpose_model, openpose_weights, "here")
    return Network("openpose", Path("here"), openpose_model)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    # No certificates: to read them takes longer than all else here, and nothing here is encrypted.
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path_factory.getbasetemp()))
    with Server() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.released.set()
        server.shutdown()
        thread.join()
