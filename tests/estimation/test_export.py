"""The command that writes the compact network as ONNX."""

from pathlib import Path

import numpy as np
import pytest

from estimation.checkpoints import WeightsError, shapes_of
from estimation.networks import WEIGHTS_FOLDER, load_network
from tests.estimation.late import Late

keras, export = Late("keras"), Late("estimation.export")

pytestmark = pytest.mark.xdist_group("tensorflow")  # which then starts once


@pytest.fixture(scope="module")
def weights(compact_model, tmp_path_factory) -> Path:
    """Weights of which every one matters, so that no wrong turn can hide behind zeros."""
    rng = np.random.default_rng(3)
    path = tmp_path_factory.mktemp("weights") / "mine.npz"
    arrays = {
        key: rng.uniform(0.5, 1.5, shape) if len(shape) == 1 else rng.normal(size=shape) / np.sqrt(np.prod(shape[:-1]))
        for key, shape in shapes_of(compact_model).items()
    }
    np.savez(path, **arrays)
    return path


def test_shipped_network_is_what_the_command_makes_of_the_shipped_weights(tmp_path):
    export.export(WEIGHTS_FOLDER / "compact.npz", tmp_path / "made.onnx")

    assert (tmp_path / "made.onnx").read_bytes() == (WEIGHTS_FOLDER / "compact.onnx").read_bytes()


def test_exported_network_answers_as_keras_does(weights, capsys):
    assert export.main(["--weights", str(weights)]) == 0

    written = weights.with_suffix(".onnx")
    assert capsys.readouterr().out == f"Wrote {written}\n"
    picture = np.random.default_rng(0).integers(0, 256, (70, 100, 3), np.uint8)
    for light, heavy in zip(
        load_network(written).predict(picture), load_network(weights).predict(picture), strict=True
    ):
        np.testing.assert_allclose(light, heavy, atol=2e-5 * np.abs(heavy).max())


def test_checksum_is_metadata_to_other_readers():
    read = export.onnx.load(WEIGHTS_FOLDER / "compact.onnx")

    assert [entry.key for entry in read.metadata_props] == ["network", "sha256"]
    assert len(read.metadata_props[1].value) == 64
    export.onnx.checker.check_model(read, full_check=True)


@pytest.mark.parametrize(
    ("kernel_size", "stride", "dilation", "margins"),
    [(1, 1, 1, (0, 0)), (3, 1, 1, (1, 1)), (3, 1, 4, (4, 4)), (3, 2, 1, (0, 1)), (2, 2, 1, (0, 0)), (1, 2, 1, (0, 0))],
)
def test_margins_are_those_of_keras_same(kernel_size, stride, dilation, margins):
    assert export._margins(kernel_size, stride, dilation) == margins


def test_unknown_layer_is_refused():
    picture = keras.Input((None, None, 3), name="picture")
    x = keras.layers.GlobalAveragePooling2D(name="mean")(picture)

    message = (
        r"must be made of InputLayer, .*Concatenate to become ONNX; got GlobalAveragePooling2D in 'mean'\. Say in "
    )
    with pytest.raises(NotImplementedError, match=message):
        export.to_onnx(keras.Model(picture, [x, x]))


def test_missing_weights_are_named_in_one_sentence(tmp_path, capsys):
    assert export.main(["--weights", str(tmp_path / "none.npz")]) == 2

    assert capsys.readouterr().err == f"export: Weights must be in {tmp_path / 'none.npz'}; there is no such file.\n"
    assert list(tmp_path.iterdir()) == []


def test_weights_of_another_network_leave_the_old_file(tmp_path):
    np.savez(tmp_path / "mine.npz", kernel=np.ones(3))
    (tmp_path / "mine.onnx").write_bytes(b"old")

    with pytest.raises(WeightsError, match=r"The weights must be the network's \d+ variables; got \d+ missing"):
        export.export(tmp_path / "mine.npz", tmp_path / "mine.onnx")
    assert (tmp_path / "mine.onnx").read_bytes() == b"old"
