import numpy as np
import pytest

from tests.estimation.late import Late

keras = Late("keras")

pytestmark = pytest.mark.xdist_group("tensorflow")  # which then starts once


def test_openpose_has_the_size_of_the_labs_network(openpose_model):
    assert openpose_model.count_params() == 52_311_446
    assert len(openpose_model.weights) == 184


def test_openpose_gives_pafs_and_heatmaps_of_six_stages(openpose_model):
    assert [output.shape[-1] for output in openpose_model.outputs] == [38, 19] * 6


def test_openpose_ends_every_branch_without_activation(openpose_model):
    linear = {
        layer.name for layer in openpose_model.layers if getattr(layer, "activation", None) is keras.activations.linear
    }

    last_layers = {0: 4, 1: 6, 2: 6, 3: 6, 4: 6, 5: 6}
    assert linear == {f"stage_{stage}_{branch}-layer_{n}" for stage, n in last_layers.items() for branch in "sl"}


def test_compact_gives_one_cell_per_eight_pixels(compact_model):
    outputs = compact_model(np.zeros((2, 64, 96, 3), np.float32))

    assert [tuple(output.shape) for output in outputs] == [(2, 8, 12, 38), (2, 8, 12, 19)] * 2


def test_compact_weights_stay_under_ten_megabytes_at_float16(compact_model):
    assert 2 * compact_model.count_params() < 10e6


def test_compact_starts_with_empty_maps(compact_model):
    picture = np.random.default_rng(0).normal(size=(1, 64, 64, 3)).astype(np.float32)

    for maps in compact_model(picture):
        assert not np.asarray(maps).any()


def test_compact_sees_more_than_a_cell(compact_model):
    model = keras.models.clone_model(compact_model)
    rng = np.random.default_rng(0)
    for weight in model.weights:
        if weight.path.endswith("kernel"):
            weight.assign(rng.normal(scale=0.1, size=weight.shape))
    picture = np.zeros((1, 128, 128, 3), np.float32)
    before = np.asarray(model(picture)[-1])
    picture[0, 0, 0] = 1
    changed = np.argwhere((np.asarray(model(picture)[-1]) != before)[0].any(axis=-1))

    assert changed.max() == 15  # a pixel in one corner reaches the opposite corner, 16 cells away


@pytest.mark.parametrize("model", ["openpose_model", "compact_model"])
def test_layer_names_suit_every_backend(model, request):
    for layer in request.getfixturevalue(model).layers:
        assert not set(layer.name) & set("./"), layer.name  # PyTorch refuses dots, Keras slashes
