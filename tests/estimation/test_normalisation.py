"""The fast normalisation against the one of Keras."""

import numpy as np
import pytest

from tests.estimation.late import Late

keras, layers, ops = Late("keras"), Late("keras.layers"), Late("keras.ops")
normalisation = Late("estimation.normalisation")

pytestmark = pytest.mark.xdist_group("tensorflow")  # which then starts once

OPTIONS = {"momentum": 0.9, "epsilon": 1e-3, "name": "norm"}
CELLS = np.random.default_rng(0).normal(3, 2, (8, 12, 12, 5)).astype(np.float32)


@pytest.fixture
def pair():
    """Give the layer and Keras' own, with the same numbers, which are not those of a new layer."""
    both = normalisation.BatchNormalization(**OPTIONS), layers.BatchNormalization(**OPTIONS)
    rng = np.random.default_rng(1)
    values = [rng.uniform(0.5, 2, 5) for _ in range(4)]
    for layer in both:
        layer.build(CELLS.shape)
        layer.set_weights(values)
    return both


def test_weights_are_those_of_keras(pair):
    fast, own = pair

    assert [weight.path for weight in fast.weights] == [weight.path for weight in own.weights]


@pytest.mark.parametrize("training", [False, True], ids=["seeing", "training"])
def test_answers_as_keras_does(pair, training):
    fast, own = (ops.convert_to_numpy(layer(CELLS, training=training)) for layer in pair)

    np.testing.assert_allclose(fast, own, atol=1e-4)


def test_keeps_the_statistics_that_keras_keeps(pair):
    for layer in pair:
        layer(CELLS, training=True)

    fast, own = pair
    np.testing.assert_allclose(fast.moving_mean, own.moving_mean, rtol=1e-4)
    # Unbiased: of 1,152 cells one less counts.
    np.testing.assert_allclose(fast.moving_variance, own.moving_variance, rtol=2e-3)


@pytest.mark.parametrize("training", [None, False])
def test_keeps_its_statistics_when_it_only_sees(pair, training):
    fast, _ = pair
    before = fast.get_weights()

    fast(CELLS, training=training)

    assert all(np.array_equal(a, b) for a, b in zip(fast.get_weights(), before, strict=True))


def test_a_frozen_layer_does_not_learn_in_training(pair):
    fast, own = pair
    fast.trainable = own.trainable = False

    answers = [ops.convert_to_numpy(layer(CELLS, training=True)) for layer in pair]

    np.testing.assert_allclose(*answers, atol=1e-4)
    assert all(np.array_equal(a, b) for a, b in zip(fast.get_weights(), own.get_weights(), strict=True))


def test_learns_as_keras_does(pair):
    learned = []
    for layer in pair:
        model = keras.Sequential([keras.Input(CELLS.shape[1:]), layers.Conv2D(5, 1, kernel_initializer="ones"), layer])
        model.compile(keras.optimizers.SGD(0.1), loss="mse")
        model.train_on_batch(CELLS, np.sin(CELLS))
        learned.append(model.get_weights())

    fast, own = learned
    for a, b in zip(fast, own, strict=True):
        np.testing.assert_allclose(a, b, rtol=5e-3, atol=1e-4)


def test_keeps_small_numbers_in_low_precision():
    layer = normalisation.BatchNormalization(dtype="mixed_bfloat16", **OPTIONS)
    layer.build(CELLS.shape)
    layer.set_weights([np.full(5, value, np.float32) for value in (1.001, 0.0, 0.0, 1.0)])

    answer = layer(CELLS, training=False)

    assert answer.dtype == "bfloat16"
    assert layer.gamma.numpy()[0] == np.float32(1.001)  # bfloat16 would make 1 of it
    np.testing.assert_allclose(ops.convert_to_numpy(ops.cast(answer, "float32")), CELLS, rtol=0.02, atol=0.02)
