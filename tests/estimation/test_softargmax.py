import numpy as np
import pytest

from estimation.softargmax import softargmax, softargmax_gradient, spatial_softmax

LOG2 = np.log(2)


def centred_difference(maps, sharpness, upstream, step=1e-6):
    gradient = np.zeros_like(maps)
    for cell in np.ndindex(maps.shape):
        there = np.zeros_like(maps)
        there[cell] = step
        moved = softargmax(maps + there, sharpness) - softargmax(maps - there, sharpness)
        gradient[cell] = (upstream * moved).sum() / (2 * step)
    return gradient


def test_softargmax_by_hand():
    # Weights 1/4, 1/4, 1/2 on three cells of a row; then the same down a column.
    assert softargmax([[0, 0, LOG2]]) == pytest.approx([1.25, 0])
    assert softargmax([[0], [0], [LOG2]]) == pytest.approx([0, 1.25])


def test_sharpness_multiplies():
    assert softargmax([[0, 0, 1]], LOG2) == pytest.approx([1.25, 0])
    assert softargmax([[0, 0, 5]], 0) == pytest.approx([1, 0])


def test_weights_of_each_map_sum_to_one():
    maps = np.random.default_rng(0).normal(size=(2, 3, 4, 5))

    assert spatial_softmax(maps, 3).sum(axis=(-2, -1)) == pytest.approx(np.ones((2, 3)))


def test_batches_are_maps_by_themselves():
    maps = np.random.default_rng(1).normal(size=(2, 3, 4, 5))

    points = softargmax(maps, 2)

    assert points.shape == (2, 3, 2)
    assert points[1, 2] == pytest.approx(softargmax(maps[1, 2], 2))


@pytest.mark.parametrize("high", [1e4, 1e300, -1e300])
def test_large_values_do_not_overflow(high):
    with np.errstate(all="raise", under="ignore"):
        assert softargmax([[high, high]], 1) == pytest.approx([0.5, 0])


def test_far_apart_values_leave_all_to_the_highest():
    assert softargmax([[-1e308, 1e308]], 100).tolist() == [1, 0]


def test_gradient_is_that_of_a_centred_difference():
    rng = np.random.default_rng(2)
    maps, upstream = rng.normal(size=(2, 3, 4)), rng.normal(size=(2, 2))

    gradient = softargmax_gradient(maps, 1.7, upstream)

    expected = centred_difference(maps, 1.7, upstream)
    assert np.abs(gradient - expected).max() / np.abs(expected).max() < 1e-7
    assert gradient.sum(axis=(-2, -1)) == pytest.approx([0, 0], abs=1e-12)


def test_gradient_by_hand():
    gradient = softargmax_gradient([[0.0, 0.0, LOG2]], 1.0, [1.0, 5.0])

    assert gradient == pytest.approx(np.array([[0.25 * -1.25, 0.25 * -0.25, 0.5 * 0.75]]))


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: softargmax(np.zeros(3)), r"maps must have shape \(\.\.\., rows, columns\) with .*; got \(3,\)"),
        (lambda: softargmax(np.zeros((0, 3))), r"at least one cell; got \(0, 3\)"),
        (lambda: softargmax([[np.nan, 0]]), "maps must be finite; they hold NaN or infinity"),
        (lambda: softargmax([[0, 1]], -1), "sharpness must be a number from 0 on; got -1"),
        (lambda: softargmax([[0, 1]], np.nan), "sharpness must be a number from 0 on; got nan"),
        (lambda: softargmax_gradient([[0, 1]], 1, [1]), r"upstream must have shape \(2,\), one \(x, y\).*; got \(1,\)"),
    ],
    ids=["flat", "empty", "nan", "negative", "nan-sharpness", "upstream"],
)
def test_bad_arguments_are_told(call, says):
    with pytest.raises(ValueError, match=says):
        call()
