"""Begin as a part of the teacher: the same layers, some of them with fewer channels.

A channel is kept if the layer that reads it would miss it; that layer is then fitted to what it answered before, from
the channels that are left [1]_. So a network that is a third cheaper sees people before it has taken a step.

References
----------
.. [1] He, Zhang, Sun, "Channel Pruning for Accelerating Very Deep Neural Networks", ICCV 2017, section 3.
"""

from collections.abc import Sequence

import keras
import numpy as np
import numpy.typing as npt
from keras import layers, ops

from estimation.lightweight import Link
from estimation.networks import scale_pixels

RIDGE = 1e-6
"""Of the mean square of what a fitted layer reads: keeps the fit from leaning on channels that hardly ever differ."""

_AT_ONCE = 4
_ALL = slice(None)

Array = npt.NDArray[np.float32]
Channels = npt.NDArray[np.intp]


def begin_as(
    model: keras.Model, teacher: keras.Model, links: Sequence[Link], pictures: npt.NDArray[np.uint8]
) -> list[str]:
    """Give a model the teacher's weights wherever both have a layer of one name.

    Parameters
    ----------
    model : keras.Model
        All other layers of it stay as they are.
    teacher : keras.Model
        Not modified.
    links : sequence of Link
        Where the model may have fewer channels than the teacher, from the picture on.
    pictures : ndarray of shape (n, H, W, 3) and dtype uint8
        What both look at, to find out which channels matter. RGB, sides multiples of 8.

    Returns
    -------
    names : list of str
        The layers that both have.

    Raises
    ------
    ValueError
        If the model is narrower and there are no pictures.
    """
    known = {layer.name for layer in teacher.layers}
    names = [layer.name for layer in model.layers if layer.weights and layer.name in known]
    widths = {link.writer: model.get_layer(link.writer).filters for link in links if link.writer in names}
    narrowed = [
        link for link in links if link.writer in widths and widths[link.writer] < teacher.get_layer(link.writer).filters
    ]
    scaled = scale_pixels(pictures)
    seen = _seen(teacher, [link.reader for link in narrowed], scaled)
    kept = {
        link.writer: _most_missed(teacher.get_layer(link.reader), seen[link.reader], widths[link.writer])
        for link in narrowed
    }
    read = {name: kept[link.writer] for link in narrowed for name in (link.between, link.reader)}
    for name in names:
        kernel, bias = teacher.get_layer(name).get_weights()
        kernel = kernel[:, :, read.get(name, _ALL)]
        if isinstance(model.get_layer(name), layers.DepthwiseConv2D):
            bias = bias[read.get(name, _ALL)]
        else:
            kernel, bias = kernel[..., kept.get(name, _ALL)], bias[kept.get(name, _ALL)]
        model.get_layer(name).set_weights([kernel, bias])
    for link in narrowed:
        answers = _answers(teacher.get_layer(link.reader), seen[link.reader])[:, kept.get(link.reader, _ALL)]
        _fit(model.get_layer(link.reader), _seen(model, [link.reader], scaled)[link.reader], answers)
    return names


def _most_missed(reader: layers.Conv2D, seen: Array, n_channels: int) -> Channels:
    """Choose the channels that change most of what the layer that reads them answers; in the order that they have."""
    kernel = np.asarray(reader.get_weights()[0])[0, 0]
    weights = seen.std(axis=0) * np.linalg.norm(kernel, axis=1)
    return np.sort(np.argsort(-weights, kind="stable")[:n_channels])


def _seen(model: keras.Model, readers: Sequence[str], scaled: Array) -> dict[str, Array]:
    """Say what layers read in each cell of all pictures: (cells, channels) by the layer's name."""
    if not readers:
        return {}
    if not len(scaled):
        raise ValueError(
            "A narrower network must see pictures to find out which channels of its teacher matter; got none. "
            "Name photographs with --photos."
        )
    until = keras.Model(model.input, {reader: model.get_layer(reader).input for reader in readers})
    parts = [until(scaled[n : n + _AT_ONCE]) for n in range(0, len(scaled), _AT_ONCE)]
    cells = {reader: np.concatenate([ops.convert_to_numpy(part[reader]) for part in parts]) for reader in readers}
    return {reader: seen.reshape(-1, seen.shape[-1]).astype(np.float32) for reader, seen in cells.items()}


def _answers(reader: layers.Conv2D, seen: Array) -> Array:
    """Compute what a convolution of 1 x 1 makes of what it reads, before its activation."""
    kernel, bias = map(np.asarray, reader.get_weights())
    return np.asarray(seen @ kernel[0, 0] + bias, np.float32)


def _fit(reader: layers.Conv2D, seen: Array, answers: Array) -> None:
    """Let a layer answer as it should, as nearly as it can in the least squares."""
    rows = np.concatenate([seen, np.ones((len(seen), 1))], axis=1, dtype=np.float64)
    squares = rows.T @ rows
    squares[np.diag_indices(len(squares))] += RIDGE * np.trace(squares) / len(squares)
    solved = np.linalg.solve(squares, rows.T @ answers).astype(np.float32)
    reader.set_weights([solved[None, None, :-1], solved[-1]])
