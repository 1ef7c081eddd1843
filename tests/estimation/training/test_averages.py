import numpy as np
import pytest

from estimation.training.averages import WeightAverage
from tests.estimation.late import Late

keras = Late("keras")

pytestmark = pytest.mark.xdist_group("tensorflow")  # which then starts once


@pytest.fixture
def model():
    """Give four numbers for a kernel, and the four vectors of a batch normalisation."""
    return keras.Sequential(
        [keras.Input((2,)), keras.layers.Dense(2, use_bias=False), keras.layers.BatchNormalization()]
    )


def fill(model, value):
    model.set_weights([np.full(array.shape, value, np.float32) for array in model.get_weights()])


def test_average_of_constant_weights_is_these(model):
    before = model.get_weights()
    average = WeightAverage(model, horizon=100)

    for step in range(8, 80, 8):
        average.update(step)

    for value, expected in zip(average.values, before, strict=True):
        np.testing.assert_allclose(value, expected, rtol=1e-6)


def test_average_follows_all_weights_with_those_of_the_normalisation(model):
    fill(model, 1.0)
    average = WeightAverage(model, horizon=24)
    fill(model, 3.0)

    average.update(800)

    # The new weights count 8 / (8 + 24).
    assert len(average.values) == 5
    for value in average.values:
        assert (value == 1.5).all()


def test_average_is_short_while_weights_still_run(model):
    fill(model, 0.0)
    average = WeightAverage(model, horizon=1000)
    fill(model, 1.0)

    average.update(80)

    assert average.values[0] == pytest.approx(8 / (8 + 8))


def test_average_looks_at_every_eighth_step(model):
    fill(model, 0.0)
    average = WeightAverage(model, horizon=10)
    fill(model, 1.0)

    for step in (*range(1, 8), *range(9, 16)):
        average.update(step)
    assert not np.any(average.values[0])
    average.update(16)
    assert np.all(average.values[0])


def test_average_goes_on_from_restored_values(model):
    average = WeightAverage(model, horizon=10)
    kept = [np.full_like(value, 7) for value in average.values]

    average.restore(kept)
    average.update(8)

    assert (kept[0] == 7).all()  # its own copies
    assert (average.values[0] != 7).any()


def test_applied_puts_the_latest_weights_back(model):
    fill(model, 1.0)
    average = WeightAverage(model, horizon=10)
    fill(model, 2.0)

    with average.applied():
        assert all((array == 1).all() for array in model.get_weights())
    assert all((array == 2).all() for array in model.get_weights())


def test_applied_puts_the_latest_weights_back_after_an_exception(model):
    fill(model, 1.0)
    average = WeightAverage(model, horizon=10)
    fill(model, 2.0)

    with pytest.raises(KeyboardInterrupt), average.applied():
        raise KeyboardInterrupt
    assert all((array == 2).all() for array in model.get_weights())
