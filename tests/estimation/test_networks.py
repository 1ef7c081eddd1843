from pathlib import Path

import numpy as np
import pytest
from numpy.lib.stride_tricks import sliding_window_view

from estimation import networks
from estimation.checkpoints import WeightsError, shapes_of
from estimation.networks import Network, load_network, scale_pixels
from tests.estimation.late import Late

openpose_builder = Late("estimation.openpose")

pytestmark = pytest.mark.xdist_group("tensorflow")  # which then starts once


@pytest.fixture(scope="module")
def compact_file(compact_model, tmp_path_factory) -> Path:
    """Weights of which every one matters, so that no wrong turn can hide behind zeros."""
    rng = np.random.default_rng(11)
    weights = {
        key: rng.uniform(0.5, 1.5, shape) if len(shape) == 1 else rng.normal(size=shape) / np.sqrt(np.prod(shape[:-1]))
        for key, shape in shapes_of(compact_model).items()
    }
    path = tmp_path_factory.mktemp("weights") / "small.npz"
    np.savez(path, **weights)
    return path


@pytest.fixture(scope="module")
def compact(compact_file) -> Network:
    return load_network(compact_file)


def a_picture(height, width, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)


def test_scale_pixels_maps_bytes_around_zero():
    scaled = scale_pixels(np.array([0, 64, 128, 255], np.uint8))
    assert scaled.dtype == np.float32
    np.testing.assert_array_equal(scaled, np.array([-0.5, -0.25, 0, 255 / 256 - 0.5], np.float32))


@pytest.mark.parametrize("loaded", ["openpose", "compact"])
@pytest.mark.parametrize(
    ("height", "width"),
    [
        pytest.param(1, 1, id="one_pixel", marks=pytest.mark.slow),
        pytest.param(32, 64, id="whole_cells"),
        pytest.param(33, 25, id="one_pixel_more"),
        pytest.param(23, 70, id="wide", marks=pytest.mark.slow),
    ],
)
def test_predict_gives_one_cell_per_8_px(loaded, height, width, request):
    maps = request.getfixturevalue(loaded).predict(a_picture(height, width))
    cells = ((height + 7) // 8, (width + 7) // 8)
    assert maps.heatmaps.shape == (*cells, 19)
    assert maps.pafs.shape == (*cells, 38)
    for array in maps:
        assert array.dtype == np.float32
        assert array.flags.c_contiguous
        assert np.isfinite(array).all()


@pytest.mark.parametrize(
    ("loaded", "whole"),
    [pytest.param("openpose", (40, 32), id="openpose"), pytest.param("compact", (40, 32), id="compact")],
)
def test_predict_continues_picture_in_mid_grey(loaded, whole, request):
    network = request.getfixturevalue(loaded)
    picture = a_picture(33, 25)
    before = picture.copy()
    continued = np.full((*whole, 3), 128, np.uint8)
    continued[:33, :25] = picture
    for small, large in zip(network.predict(picture), network.predict(continued), strict=True):
        np.testing.assert_array_equal(small, large[:5, :4])
    np.testing.assert_array_equal(picture, before)


def test_predict_prints_nothing_for_many_sizes(compact, capfd):
    for width in range(32, 32 * 9, 32):
        compact.predict(a_picture(32, width))
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("picture", "got"),
    [
        pytest.param(np.zeros((8, 8, 3), np.float32), r"float32 \(8, 8, 3\)", id="floats"),
        pytest.param(np.zeros((8, 8), np.uint8), r"uint8 \(8, 8\)", id="grey"),
        pytest.param(np.zeros((8, 8, 4), np.uint8), r"uint8 \(8, 8, 4\)", id="alpha_channel"),
        pytest.param(np.zeros((1, 8, 8, 3), np.uint8), r"uint8 \(1, 8, 8, 3\)", id="batch"),
        pytest.param(np.zeros((0, 8, 3), np.uint8), r"uint8 \(0, 8, 3\)", id="no_pixel"),
        pytest.param(None, "None", id="none"),
        pytest.param([[[1, 2, 3]]], r"\[\[\[1, 2, 3\]\]\]", id="list"),
    ],
)
def test_predict_refuses_other_arrays(picture, got, compact):
    message = (
        rf"must be a uint8 array of shape \(height, width, 3\) with at least one pixel; got {got}\. Read it as RGB"
    )
    with pytest.raises(ValueError, match=message):
        compact.predict(picture)


def convolve(x, weights, name):
    kernel = weights[f"{name}/kernel"].astype(np.float64)
    margin = kernel.shape[0] // 2
    windows = sliding_window_view(
        np.pad(x, ((margin, margin), (margin, margin), (0, 0))), kernel.shape[:2], axis=(0, 1)
    )
    return np.einsum("hwcij,ijco->hwo", windows, kernel, optimize=True) + weights[f"{name}/bias"]


def halve(x):
    height, width, channels = x.shape
    return x.reshape(height // 2, 2, width // 2, 2, channels).max(axis=(1, 3))


def branch(x, weights, name, n_layers):
    for layer in range(n_layers - 1):
        x = np.maximum(convolve(x, weights, f"{name}/layer_{layer}"), 0)
    return convolve(x, weights, f"{name}/layer_{n_layers - 1}")


def openpose_in_numpy(picture, weights):
    """The published network, written from its description and the names of its variables."""
    x = picture / 256 - 0.5
    for block in ("1_1 1_2", "2_1 2_2", "3_1 3_2 3_3 3_4", "4_1 4_2"):
        x = x if block == "1_1 1_2" else halve(x)
        for numbers in block.split():
            x = np.maximum(convolve(x, weights, "backbone/block{}_conv{}".format(*numbers.split("_"))), 0)
    x = np.maximum(convolve(x, weights, "backbone/layer_13"), 0)
    features = joined = np.maximum(convolve(x, weights, "backbone/layer_14"), 0)
    for stage in range(6):
        n_layers = 5 if stage == 0 else 7
        pafs = branch(joined, weights, f"stage_{stage}_s", n_layers)
        heatmaps = branch(joined, weights, f"stage_{stage}_l", n_layers)
        joined = np.concatenate([pafs, heatmaps, features], axis=-1)
    return heatmaps, pafs


def test_openpose_computes_published_network(openpose, openpose_weights):
    picture = a_picture(16, 24)
    for array, expected in zip(openpose.predict(picture), openpose_in_numpy(picture, openpose_weights), strict=True):
        np.testing.assert_allclose(array, expected, atol=1e-4 * np.abs(expected).max())


@pytest.mark.parametrize("ending", ["", ".index"])
def test_load_network_takes_checkpoint_by_prefix_or_index(ending, monkeypatch):
    asked = []
    monkeypatch.setattr(openpose_builder, "build_openpose", lambda: "model")
    monkeypatch.setattr(networks, "read_weights", lambda path: f"weights in {path}")
    monkeypatch.setattr(networks, "assign_weights", lambda *arguments: asked.append(arguments))
    assert load_network(f"folder.v1/mine{ending}") == Network("openpose", Path("folder.v1/mine"), "model")
    assert asked == [("model", "weights in folder.v1/mine", Path("folder.v1/mine"))]


def test_load_network_finds_named_weights(compact, monkeypatch):
    monkeypatch.setitem(networks.NAMED_WEIGHTS, "compact", compact.weights)
    found = load_network("compact")
    assert (found.name, found.weights) == ("compact", compact.weights)
    for variable, expected in zip(found.model.weights, compact.model.weights, strict=True):
        np.testing.assert_array_equal(variable, expected)


def test_named_weights_stand_in_model_weights():
    folder = Path(networks.__file__).parents[1] / "model_weights"
    files = {"openpose": "openpose", "compact": "compact.onnx", "lightweight": "lightweight.onnx"}
    assert {name: folder / file for name, file in files.items()} == networks.NAMED_WEIGHTS


def test_load_network_says_how_to_get_openpose(tmp_path, monkeypatch):
    monkeypatch.setitem(networks.NAMED_WEIGHTS, "openpose", tmp_path / "openpose")
    with pytest.raises(WeightsError, match=r"no such \.index file\. Get .*: python -m estimation\.download openpose$"):
        load_network("openpose")


def test_load_network_names_missing_file(tmp_path):
    with pytest.raises(WeightsError, match=r"must be in .*mine\.npz; there is no such file"):
        load_network(tmp_path / "mine.npz")
