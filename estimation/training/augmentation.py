"""Warp, colour and cover squares, in Keras' own operations: part of the compiled step, on every backend."""

import numpy as np
from keras import KerasTensor, ops

_GREY = np.array([0.299, 0.587, 0.114], np.float32)


def warp_squares(batch: dict[str, KerasTensor]) -> KerasTensor:
    """Cut squares out of pictures, as their warps say: bilinear, and around the picture the colour of its frame.

    Parameters
    ----------
    batch : dict of str to tensor
        As `estimation.training.squares.Batch` explains.

    Returns
    -------
    squares : tensor of shape (n, S, S, 3) and dtype float32
        RGB, 0 to 1.
    """
    n, height, width, _ = ops.shape(batch["pictures"])
    pixels = ops.reshape(batch["pictures"], (-1, 3))
    x, y = places_in_picture(batch["warps"], batch["grid"])
    left, top = ops.floor(x), ops.floor(y)
    first = ops.reshape(ops.arange(n, dtype="int32") * (height * width), (-1, 1, 1))
    squares = 0.0
    for column, row in ((0, 0), (1, 0), (0, 1), (1, 1)):
        at_x, at_y = left + column, top + row
        share = (1 - ops.abs(x - at_x)) * (1 - ops.abs(y - at_y))
        sides = ops.reshape(batch["sides"], (-1, 2, 1, 1))
        is_inside = (at_x >= 0) & (at_x < sides[:, 0]) & (at_y >= 0) & (at_y < sides[:, 1])
        in_row = ops.cast(ops.clip(at_y, 0, height - 1), "int32") * width
        index = first + in_row + ops.cast(ops.clip(at_x, 0, width - 1), "int32")
        pixel = ops.cast(ops.take(pixels, index, axis=0), "float32") / 255
        seen = ops.where(is_inside[..., None], pixel, ops.reshape(batch["frames"], (-1, 1, 1, 3)))
        squares = squares + share[..., None] * seen
    return squares


def places_in_picture(warps: KerasTensor, grid: KerasTensor) -> tuple[KerasTensor, KerasTensor]:
    """Say where in its picture each place of a square lies.

    Parameters
    ----------
    warps : tensor of shape (n, 2, 3)
        From square to picture.
    grid : tensor of shape (S,)
        The columns of the square, and its rows, in pixels.

    Returns
    -------
    x, y : tensor of shape (n, S, S)
        In pixels of the picture.
    """
    columns, rows = ops.reshape(grid, (1, 1, -1)), ops.reshape(grid, (1, -1, 1))
    x, y = (
        warps[:, axis, 0, None, None] * columns + warps[:, axis, 1, None, None] * rows + warps[:, axis, 2, None, None]
        for axis in (0, 1)
    )
    return x, y


def colour_squares(squares: KerasTensor, batch: dict[str, KerasTensor]) -> KerasTensor:
    """Change light, contrast and colour cast, turn some grey or soft, and cover a piece of some.

    Parameters
    ----------
    squares : tensor of shape (n, S, S, 3)
        RGB, 0 to 1.
    batch : dict of str to tensor
        As `estimation.training.squares.Batch` explains.

    Returns
    -------
    squares : tensor of the same shape
    """
    numbers = ops.reshape(batch["colours"], (-1, 8, 1, 1, 1))
    gamma, contrast, light, grey, blur = (numbers[:, index] for index in (0, 1, 2, 6, 7))
    squares = ops.clip(squares, 1e-4, 1) ** gamma
    squares = ((squares - 0.5) * contrast + 0.5 + light) * ops.reshape(batch["colours"][:, 3:6], (-1, 1, 1, 3))
    squares = ops.clip(squares, 0, 1)
    squares = squares + grey * (ops.sum(squares * _GREY, axis=-1, keepdims=True) - squares)
    squares = squares + blur * (_softened(squares) - squares)
    columns, rows = ops.reshape(batch["grid"], (1, 1, -1, 1)), ops.reshape(batch["grid"], (1, -1, 1, 1))
    left, top, right, bottom = (ops.reshape(batch["cutouts"][:, side], (-1, 1, 1, 1)) for side in range(4))
    is_covered = (columns >= left) & (columns < right) & (rows >= top) & (rows < bottom)
    return ops.where(is_covered, ops.reshape(batch["patches"], (-1, 1, 1, 3)), squares)


def _softened(squares: KerasTensor) -> KerasTensor:
    """Mix each pixel with its neighbours, 1 : 2 : 1 in rows and in columns."""
    for axis in (1, 2):
        margins = [(0, 0), (0, 0), (0, 0), (0, 0)]
        margins[axis] = (1, 1)
        wide = ops.pad(squares, margins, mode="symmetric")
        before, behind = (wide[:, :-2], wide[:, 2:]) if axis == 1 else (wide[:, :, :-2], wide[:, :, 2:])
        squares = (before + 2 * squares + behind) / 4
    return squares
