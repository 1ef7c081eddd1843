"""Lightweight OpenPose in plain Keras, and our own, `compact`, which begins as a narrower part of it.

`lightweight` is what Open Model Zoo publishes as human-pose-estimation-0001 [1]_: MobileNet's separable convolutions
[2]_, kept at one cell per 8 pixels by a dilation, and two stages. A layer is named after its published weights, with
dashes for slashes. It is the teacher of our own network, and users can download it.

`compact` ships. It is `lightweight` up to the answers of the first stage, with fewer channels where most of the
multiplications are, and begins as that part of it: `estimation.training.narrowing` says how.

References
----------
.. [1] Osokin, "Real-time 2D Multi-Person Pose Estimation on CPU: Lightweight OpenPose", 2018, fig. 2-3.
.. [2] Howard et al., "MobileNets: Efficient Convolutional Neural Networks for Mobile Vision Applications", 2017.
"""

from itertools import pairwise
from typing import NamedTuple

import keras
from keras import layers

from estimation.checkpoints import Weights
from estimation.config import N_HEATMAPS, N_PAFS

FIRST_KERNEL = "conv1/kernel"

# Name, channels and stride of the separable convolutions down to one cell per 8 pixels, and then of the deep ones.
_TRUNK = (("2_1", 64, 1), ("2_2", 128, 2), ("3_1", 128, 1), ("3_2", 256, 2), ("4_1", 256, 1))
_DEEP = ("4_2", "5_1", "5_2", "5_3", "5_4", "5_5")
_DILATED = "5_1"
_N_FEATURES = 128


class Link(NamedTuple):
    """Layers between which `compact` has fewer channels than `lightweight`.

    Attributes
    ----------
    writer : str
        The convolution that makes them.
    between : str or None
        The depthwise convolution that they pass.
    reader : str
        The convolution of 1 x 1 that reads them.
    """

    writer: str
    between: str | None
    reader: str


NARROWED = (
    *(Link(f"conv{name}-sep", f"conv{after}-dw", f"conv{after}-sep") for name, after in pairwise(_DEEP)),
    Link(f"conv{_DEEP[-1]}-sep", None, "conv4_3_CPM-al"),
    *(Link(f"conv5_4_CPM_{branch}", None, f"conv5_5_CPM_{branch}") for branch in ("L1", "L2")),
)
"""All of them, from the picture on."""


def build_lightweight() -> keras.Model:
    """Build the published network.

    Returns
    -------
    model : keras.Model
        Four outputs: PAFs and heatmaps of stage 1 and of stage 2, the answer, in float32. Takes what `scale_pixels`
        gives; height and width must be multiples of 8. 4,099,058 parameters, untrained.
    """
    picture = keras.Input((None, None, 3), name="picture")
    features, first = _first_stage(picture, n_deep=512, n_hidden=512)
    x = layers.Concatenate(name="stage2-join")([*first, features])
    for index in range(1, 6):
        name = f"Mconv{index}_stage2_L1"
        entered = _conv(x, f"{name}-sq", 128)
        x = _conv(_conv(entered, f"{name}-3x3", 128, 3), f"{name}-3x3-2", 128, 3, dilation=2)
        x = layers.Add(name=f"{name}-add")([entered, x])
    return keras.Model(picture, [*first, *_heads(x, "Mconv6_stage2", "Mconv7_stage2", 128)], name="lightweight")


def build_compact() -> keras.Model:
    """Build the smaller network: the first stage alone, and narrower.

    Returns
    -------
    model : keras.Model
        Two outputs, PAFs and heatmaps, in float32. Takes what `build_lightweight`'s takes. 1,762,425 parameters,
        untrained.
    """
    picture = keras.Input((None, None, 3), name="picture")
    _, answers = _first_stage(picture, n_deep=384, n_hidden=192)
    return keras.Model(picture, answers, name="compact")


def in_house_form(weights: Weights) -> Weights:
    """Let the published weights of `lightweight` take the pictures that all networks here take.

    Parameters
    ----------
    weights : dict of str to ndarray
        As published: the first kernel takes blue, green, red as ``(x - 128) / 255``. Not modified.

    Returns
    -------
    weights : dict of str to ndarray
        The first kernel takes red, green, blue from `scale_pixels`.
    """
    if FIRST_KERNEL not in weights:
        return weights
    return weights | {FIRST_KERNEL: weights[FIRST_KERNEL][:, :, ::-1] * (256 / 255)}


def _first_stage(
    picture: keras.KerasTensor, n_deep: int, n_hidden: int
) -> tuple[keras.KerasTensor, list[keras.KerasTensor]]:
    """Go from a picture to what is seen in each cell, and to the first answers."""
    x = _conv(picture, "conv1", 32, 3, stride=2)
    for name, n_channels, stride in _TRUNK:
        x = _separable(x, name, n_channels, stride=stride)
    for name in _DEEP:
        x = _separable(x, name, n_deep, dilation=2 if name == _DILATED else 1)
    x = features = _features(_conv(x, "conv4_3_CPM-al", _N_FEATURES, activation="elu"))
    for index in (1, 2, 3):
        x = _conv(x, f"conv5_{index}_CPM_L1", 128, 3)
    return features, _heads(x, "conv5_4_CPM", "conv5_5_CPM", n_hidden)


def _features(x: keras.KerasTensor) -> keras.KerasTensor:
    """Look around a cell more cheaply than a 3 x 3 convolution of all channels does, then do that once."""
    y = _conv(x, "conv4_3_CPM-red", _N_FEATURES, activation="elu")
    for index, name in enumerate(("dw1-1x1", "dw2-1x1", "inc"), start=1):
        y = _depthwise(y, f"conv4_3_CPM-dw{index}", activation="elu")
        y = _conv(y, f"conv4_3_CPM-{name}", _N_FEATURES, activation="elu")
    return _conv(layers.Add(name="conv4_3_CPM-add")([x, y]), "conv4_4_CPM", _N_FEATURES, 3)


def _heads(x: keras.KerasTensor, hidden: str, answer: str, n_hidden: int) -> list[keras.KerasTensor]:
    return [
        # Maps are nearly empty: starting at zero saves the first hundred steps. Sums stay in full precision.
        _conv(
            _conv(x, f"{hidden}_{branch}", n_hidden),
            f"{answer}_{branch}",
            n_channels,
            activation=None,
            is_empty=True,
            dtype="float32",
        )
        for branch, n_channels in (("L1", N_PAFS), ("L2", N_HEATMAPS))
    ]


def _separable(
    x: keras.KerasTensor, name: str, n_channels: int, stride: int = 1, dilation: int = 1
) -> keras.KerasTensor:
    x = _depthwise(x, f"conv{name}-dw", stride=stride, dilation=dilation)
    return _conv(x, f"conv{name}-sep", n_channels)


def _depthwise(
    x: keras.KerasTensor, name: str, stride: int = 1, dilation: int = 1, activation: str = "relu"
) -> keras.KerasTensor:
    x, padding = _padded(x, name, stride)
    return layers.DepthwiseConv2D(
        3, strides=stride, dilation_rate=dilation, activation=activation, padding=padding, name=name
    )(x)


def _conv(
    x: keras.KerasTensor,
    name: str,
    n_channels: int,
    kernel_size: int = 1,
    *,
    stride: int = 1,
    dilation: int = 1,
    activation: str | None = "relu",
    is_empty: bool = False,
    dtype: str | None = None,
) -> keras.KerasTensor:
    """Add a convolution; one that `is_empty` gives zeros until it has learned something."""
    x, padding = _padded(x, name, stride)
    return layers.Conv2D(
        n_channels,
        kernel_size,
        strides=stride,
        dilation_rate=dilation,
        activation=activation,
        padding=padding,
        kernel_initializer="zeros" if is_empty else "he_normal",
        dtype=dtype,
        name=name,
    )(x)


def _padded(x: keras.KerasTensor, name: str, stride: int) -> tuple[keras.KerasTensor, str]:
    """With a stride the published network pads by a cell on every side; "same" has none before the first."""
    return (x, "same") if stride == 1 else (layers.ZeroPadding2D(1, name=f"{name}-pad")(x), "valid")
