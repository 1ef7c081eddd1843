"""The numbers of the papers, counted in networks of their size."""

import math

import numpy as np
import pytest

from estimation.methods.catalogue import SIZES, find_method, list_methods
from tests.estimation.late import Late

pytestmark = pytest.mark.xdist_group("tensorflow")  # which then starts once

keras, counting = Late("keras"), Late("estimation.methods.counting")
machines, residual = Late("estimation.methods.pose.pose_machine"), Late("estimation.methods.pose.resnet50v2")


def build(name, size="paper"):
    return [stage.build(size) for stage in find_method(name).load().stages]


@pytest.mark.parametrize(
    ("name", "counts"),
    [
        ("direct_regression", [58_412_448]),
        ("head_box", [58_297_732]),
    ],
)
def test_student_papers_cnn_has_its_parameters(name, counts):
    assert [counting.count_parameters(network) for network in build(name)] == counts


def test_resnet_without_top_has_its_parameters():
    (network,) = build("resnet50v2")

    assert counting.count_parameters(residual.without_top(220)) == 23_564_800
    assert network.input_shape == (None, 220, 220, 3)
    assert any(layer.count_params() == 23_564_800 for layer in network.layers)


def test_student_papers_32_million_are_average_pooling_and_one_dense_layer():
    head = 2048 * 4096 + 4096 + 4096 * 4 + 4

    assert 23_564_800 + head == 31_973_892
    (network,) = build("resnet50v2")
    assert counting.count_parameters(network) == 23_564_800 + 2048 * 4096 + 4096 + 4096 * 32 + 32


def test_pose_machine_sees_160_px_and_then_400():
    (network,) = build("pose_machine")

    assert [field.side_px for field in counting.receptive_fields(network)[:2]] == [160, 400]
    assert network.output_shape == [(None, 46, 46, 17)] * 6


@pytest.mark.parametrize("stage", [0, 1])
def test_receptive_field_is_as_far_as_a_change_reaches(stage):
    network = machines.build_machine("small", 2, is_normalised=False)
    field = counting.receptive_fields(network)[stage]
    for variable in network.trainable_variables:  # so that no change can be lost on the way
        variable.assign(np.full(variable.shape, 1e-3 if len(variable.shape) == 4 else 0.0, np.float32))
    dark = np.zeros((65, 64, 64, 3), np.float32)
    for column in range(64):
        dark[column, 32, column] = 255.0

    answers = network.predict_on_batch(dark)[stage][:, 8, 8].sum(axis=-1)

    reached = np.flatnonzero(answers[:64] > answers[64])
    assert field.side_px == [48, 120][stage]
    assert reached.tolist() == [c for c in range(64) if abs(c - 33.5) <= field.side_px / 2]


def test_what_is_flattened_has_seen_everything():
    (network,) = build("direct_regression", "small")

    assert math.isinf(counting.receptive_fields(network)[0].side_px)


@pytest.mark.parametrize(
    ("layers", "field"),
    [
        (lambda x, k: k.layers.Conv2D(1, 3, dilation_rate=2)(x), (5, 1)),
        (lambda x, k: k.layers.Conv2D(1, 3, strides=2)(k.layers.Conv2D(1, 3, strides=2)(x)), (7, 4)),
        (lambda x, k: k.layers.UpSampling2D(2)(k.layers.AveragePooling2D(4)(x)), (4, 2)),
        (lambda x, k: k.layers.Conv2DTranspose(1, 4, 2)(k.layers.MaxPooling2D(2)(x)), (4, 1)),
        (lambda x, k: k.layers.Add()([k.layers.Conv2D(1, 5, padding="same")(x), x]), (5, 1)),
    ],
    ids=["dilated", "strides", "up", "transposed", "skip"],
)
def test_receptive_fields_of_layers(layers, field):
    picture = keras.Input((32, 32, 1))
    network = keras.Model(picture, layers(picture, keras))

    assert counting.receptive_fields(network) == [counting.Field(*field)]


def test_networks_inside_networks_are_looked_through():
    inner_picture, picture = keras.Input((16, 16, 1)), keras.Input((32, 32, 1))
    inner = keras.Model(inner_picture, keras.layers.Conv2D(1, 3, padding="same")(inner_picture))
    network = keras.Model(picture, inner(keras.layers.MaxPooling2D(2)(picture)))

    assert counting.receptive_fields(network) == [counting.Field(6, 2)]


@pytest.mark.parametrize("entry", list_methods(), ids=lambda entry: entry.name)
def test_squares_have_the_size_that_networks_want(entry):
    method = entry.load()

    assert set(method.squares_px) == set(SIZES)


@pytest.mark.slow
@pytest.mark.parametrize("entry", list_methods(), ids=lambda entry: entry.name)
def test_method_is_built_in_paper_size(entry):
    for network in build(entry.name):
        assert counting.count_parameters(network) > 20_000
        assert len(counting.receptive_fields(network)) == len(network.outputs)
