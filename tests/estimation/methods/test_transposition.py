import re

import numpy as np
import pytest

from estimation.methods.catalogue import find_method
from estimation.methods.transposition import convolution_matrix, convolve_transposed
from tests.estimation.late import Late

keras = Late("keras")

KERNEL = np.array([[1, 2], [3, 4]])


def test_method_shows_the_matrix_that_is_computed():
    text = find_method("encoder_decoder").text
    blocks = re.findall(r"(?:^    [\d ]+$\n?)+", text, re.MULTILINE)

    matrix, ones = (np.array([line.split() for line in block.strip().splitlines()], int) for block in blocks)

    np.testing.assert_array_equal(matrix, convolution_matrix(KERNEL, (3, 3)))
    np.testing.assert_array_equal(ones, convolve_transposed(np.ones((2, 2)), KERNEL))
    np.testing.assert_array_equal(ones.ravel(), matrix.T @ np.ones(4))


@pytest.mark.parametrize(("shape", "kernel", "stride"), [((5, 6), (3, 3), 1), ((6, 8), (2, 2), 2), ((7, 5), (3, 1), 2)])
def test_transposed_convolution_is_the_adjoint(shape, kernel, stride):
    rng = np.random.default_rng(0)
    weights, picture = rng.normal(size=kernel), rng.normal(size=shape)
    matrix = convolution_matrix(weights, shape, stride=stride)
    n_cells = [(side - k) // stride + 1 for side, k in zip(shape, kernel, strict=True)]
    cells = rng.normal(size=n_cells)

    back = convolve_transposed(cells, weights, stride=stride)

    assert back.shape == shape
    np.testing.assert_allclose(back.ravel(), matrix.T @ cells.ravel())
    assert (matrix @ picture.ravel()) @ cells.ravel() == pytest.approx((back * picture).sum())


@pytest.mark.xdist_group("tensorflow")  # which then starts once
def test_networks_convolve_the_same_way():
    rng = np.random.default_rng(1)
    picture, cells = rng.normal(size=(1, 6, 6, 1)), rng.normal(size=(1, 3, 3, 1))
    layers = keras.layers.Conv2D(1, 2, 2, use_bias=False), keras.layers.Conv2DTranspose(1, 2, 2, use_bias=False)

    down, up = (np.asarray(layer(given)) for layer, given in zip(layers, (picture, cells), strict=True))

    kernels = [np.asarray(layer.kernel)[..., 0, 0] for layer in layers]
    matrix = convolution_matrix(kernels[0], (6, 6), stride=2)
    np.testing.assert_allclose(down.ravel(), matrix @ picture.ravel(), atol=1e-5)
    np.testing.assert_allclose(up[0, ..., 0], convolve_transposed(cells[0, ..., 0], kernels[1], stride=2), atol=1e-5)


@pytest.mark.parametrize(
    ("kernel", "stride", "says"),
    [
        (np.ones((4, 1)), 1, r"must have rows and columns and fit into \(3, 3\); got the shape \(4, 1\)"),
        (np.ones(2), 1, r"fit into \(3, 3\); got the shape \(2,\)"),
        (np.ones((0, 2)), 1, r"fit into \(3, 3\); got the shape \(0, 2\)"),
        (KERNEL, 0, r"must move by 1 or more; got a stride of 0"),
    ],
    ids=["large", "flat", "empty", "stride"],
)
def test_kernels_that_do_not_fit_are_told(kernel, stride, says):
    with pytest.raises(ValueError, match=says):
        convolution_matrix(kernel, (3, 3), stride=stride)
