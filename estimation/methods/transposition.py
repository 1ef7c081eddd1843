"""A convolution as a matrix, and the transposed one: the worked example of `masks/encoder_decoder.py`.

References
----------
.. [1] Dumoulin and Visin, "A guide to convolution arithmetic for deep learning", 2016, ch. 4.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


def convolution_matrix(kernel: ArrayLike, shape: tuple[int, int], *, stride: int = 1) -> Floats:
    """Write the convolution of pictures of one shape as a matrix.

    Parameters
    ----------
    kernel : array_like of shape (h, w)
        It is not turned, as in all networks. Not modified.
    shape : tuple of int
        Rows and columns of the pictures, at least those of the kernel; nothing is added around them.
    stride : int, optional
        How far the kernel moves.

    Returns
    -------
    matrix : ndarray of shape (n_cells, rows * columns) and dtype float64
        A row for each cell that comes out and a column for each pixel, both row by row: ``matrix @ picture.ravel()`` is
        the convolution, ``matrix.T @ cells.ravel()`` the transposed one.

    Raises
    ------
    ValueError
        If the kernel does not fit into the picture, or does not move.

    Examples
    --------
    >>> convolution_matrix([[1, 2]], (1, 3)).astype(int).tolist()
    [[1, 2, 0], [0, 1, 2]]
    """
    weights = np.asarray(kernel, np.float64)
    if weights.ndim != 2 or not weights.size or weights.shape[0] > shape[0] or weights.shape[1] > shape[1]:
        raise ValueError(f"A kernel must have rows and columns and fit into {shape}; got the shape {weights.shape}.")
    if stride < 1:
        raise ValueError(f"A kernel must move by 1 or more; got a stride of {stride!r}.")
    tops = range(0, shape[0] - weights.shape[0] + 1, stride)
    lefts = range(0, shape[1] - weights.shape[1] + 1, stride)
    rows = np.zeros((len(tops) * len(lefts), *shape))
    for row, (top, left) in zip(rows, ((top, left) for top in tops for left in lefts), strict=True):
        row[top : top + weights.shape[0], left : left + weights.shape[1]] = weights
    return rows.reshape(len(rows), -1)


def convolve_transposed(cells: ArrayLike, kernel: ArrayLike, *, stride: int = 1) -> Floats:
    """Let each cell write the kernel, times its value, into a picture; where kernels meet they add up.

    Parameters
    ----------
    cells : array_like of shape (rows, columns)
        Not modified.
    kernel : array_like of shape (h, w)
        Not modified.
    stride : int, optional
        How far apart neighbouring cells write.

    Returns
    -------
    picture : ndarray of shape ((rows - 1) * stride + h, (columns - 1) * stride + w) and dtype float64

    Examples
    --------
    >>> convolve_transposed([[1, 1]], [[1, 2]]).astype(int).tolist()
    [[1, 3, 2]]
    """
    values, weights = np.asarray(cells, np.float64), np.asarray(kernel, np.float64)
    (rows, columns), (high, wide) = values.shape, weights.shape
    picture = np.zeros(((rows - 1) * stride + high, (columns - 1) * stride + wide))
    for row, column in np.ndindex(rows, columns):
        top, left = row * stride, column * stride
        picture[top : top + high, left : left + wide] += values[row, column] * weights
    return picture
