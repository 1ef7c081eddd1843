import keras
import numpy as np
import pytest

from estimation.architectures import N_OPENPOSE_VARIABLES, build_compact, build_openpose


@pytest.fixture(scope="module")
def openpose():
    return build_openpose()


@pytest.fixture(scope="module")
def compact():
    return build_compact()


def test_openpose_has_the_size_of_the_labs_network(openpose):
    assert openpose.count_params() == 52_311_446
    assert len(openpose.weights) == N_OPENPOSE_VARIABLES


def test_openpose_gives_pafs_and_heatmaps_of_six_stages(openpose):
    assert [output.shape[-1] for output in openpose.outputs] == [38, 19] * 6


def test_openpose_ends_every_branch_without_activation(openpose):
    linear = {layer.name for layer in openpose.layers if getattr(layer, "activation", None) is keras.activations.linear}

    last_layers = {0: 4, 1: 6, 2: 6, 3: 6, 4: 6, 5: 6}
    assert linear == {f"stage_{stage}_{branch}-layer_{n}" for stage, n in last_layers.items() for branch in "sl"}


def test_compact_gives_one_cell_per_eight_pixels(compact):
    outputs = compact(np.zeros((2, 64, 96, 3), np.float32))

    assert [tuple(output.shape) for output in outputs] == [(2, 8, 12, 38), (2, 8, 12, 19)] * 2


def test_compact_weights_stay_under_ten_megabytes_at_float16(compact):
    assert 2 * compact.count_params() < 10e6


def test_compact_starts_with_empty_maps(compact):
    picture = np.random.default_rng(0).normal(size=(1, 64, 64, 3)).astype(np.float32)

    for maps in compact(picture):
        assert not np.asarray(maps).any()


def test_compact_sees_more_than_a_cell(compact):
    model = keras.models.clone_model(compact)
    rng = np.random.default_rng(0)
    for weight in model.weights:
        if weight.path.endswith("kernel"):
            weight.assign(rng.normal(scale=0.1, size=weight.shape))
    picture = np.zeros((1, 128, 128, 3), np.float32)
    before = np.asarray(model(picture)[-1])
    picture[0, 0, 0] = 1
    changed = np.argwhere((np.asarray(model(picture)[-1]) != before)[0].any(axis=-1))

    assert changed.max() == 15  # a pixel in one corner reaches the opposite corner, 16 cells away


@pytest.mark.parametrize("build", [build_compact, build_openpose], ids=lambda build: build.__name__)
def test_layer_names_suit_every_backend(build):
    for layer in build().layers:
        assert not set(layer.name) & set("./"), layer.name  # PyTorch refuses dots, Keras slashes
