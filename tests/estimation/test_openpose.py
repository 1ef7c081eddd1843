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


def test_layer_names_suit_every_backend(openpose_model):
    for layer in openpose_model.layers:
        assert not set(layer.name) & set("./"), layer.name  # PyTorch refuses dots, Keras slashes
