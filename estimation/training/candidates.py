"""The architectures that were tried for the compact network, to be trained and measured side by side.

All have the compact network's face: pictures ``x / 256 - 0.5`` in, PAFs and heatmaps of two stages out at one
cell per 8 pixels, sides that are multiples of 32, and a layer `features` for the teacher's hints. The winner is
`architectures.build_compact`; `model_weights/README.md` holds the table that says why.
"""

from collections.abc import Callable
from pathlib import Path

import keras
from keras import layers

from estimation.architectures import add_block, add_conv, add_heads, add_refinement, build_compact
from estimation.checkpoints import assign_weights, read_weights
from estimation.networks import Network


def build_separable() -> keras.Model:
    """Build a MobileNet-style network: depthwise-separable blocks, at the end dilated instead of smaller [1]_.

    Returns
    -------
    model : keras.Model
        As all candidates.

    References
    ----------
    .. [1] Sandler et al., "MobileNetV2: Inverted Residuals and Linear Bottlenecks", CVPR 2018; the dilated tail as
       in Osokin, "Real-time 2D Multi-Person Pose Estimation on CPU: Lightweight OpenPose", ICPRAM 2019.
    """
    picture = keras.Input((None, None, 3), name="picture")
    x = add_conv(picture, "stem", 32, stride=2)
    for index, (n_filters, stride, dilation) in enumerate(
        [(64, 1, 1), (96, 2, 1), (96, 1, 1), (192, 2, 1), (192, 1, 1), *[(384, 1, 1)] * 3, (384, 1, 2), (384, 1, 2)]
    ):
        x = _separable(x, f"block{index}", n_filters, stride=stride, dilation=dilation)
    features = add_conv(x, "features", 128)
    return _with_stages(picture, features, "separable")


def _separable(x: keras.KerasTensor, name: str, n_filters: int, *, stride: int, dilation: int) -> keras.KerasTensor:
    x = layers.DepthwiseConv2D(
        3, strides=stride, dilation_rate=dilation, padding="same", use_bias=False, name=f"{name}-depthwise"
    )(x)
    x = layers.BatchNormalization(momentum=0.97, epsilon=1e-3, name=f"{name}-depthwise-norm")(x)
    x = layers.ReLU(name=f"{name}-depthwise-out")(x)
    return add_conv(x, f"{name}-pointwise", n_filters, kernel_size=1)


def build_hourglass() -> keras.Model:
    """Build a light hourglass: from 1/8 down to 1/32 and back, with a bridge of one block at every level [1]_.

    Returns
    -------
    model : keras.Model
        As all candidates.

    References
    ----------
    .. [1] Newell, Yang, Deng, "Stacked Hourglass Networks for Human Pose Estimation", ECCV 2016.
    """
    picture = keras.Input((None, None, 3), name="picture")
    x = add_conv(picture, "stem-conv1", 32, stride=2)
    x = add_conv(x, "stem-conv2", 64, stride=2)
    x = add_block(x, "stem-block", 32)
    x = add_conv(x, "stem-conv3", 160, stride=2)
    features = add_conv(_hourglass(x, "hourglass", depth=2), "features", 128)
    return _with_stages(picture, features, "hourglass")


def _hourglass(x: keras.KerasTensor, name: str, depth: int) -> keras.KerasTensor:
    bridge = add_block(x, f"{name}-bridge{depth}", 80)
    x = layers.MaxPooling2D(2, name=f"{name}-pool{depth}")(x)
    x = add_block(add_block(x, f"{name}-down{depth}a", 80), f"{name}-down{depth}b", 80)
    if depth > 1:
        x = _hourglass(x, name, depth - 1)
    else:
        x = add_block(add_block(x, f"{name}-coarsest0", 80), f"{name}-coarsest1", 80)
    x = add_block(x, f"{name}-up{depth}", 80)
    return layers.Add(name=f"{name}-add{depth}")([bridge, layers.UpSampling2D(2, name=f"{name}-double{depth}")(x)])


def _with_stages(picture: keras.KerasTensor, features: keras.KerasTensor, name: str) -> keras.Model:
    first = add_heads(features, "stage_0")
    return keras.Model(picture, [*first, *add_refinement(first, features)], name=name)


CANDIDATES: dict[str, Callable[[], keras.Model]] = {
    "residual": build_compact,
    "separable": build_separable,
    "hourglass": build_hourglass,
}


def load_candidate(architecture: str, path: Path) -> Network:
    """Build a candidate and load its weights.

    Parameters
    ----------
    architecture : str
        A key of `CANDIDATES`.
    path : Path
        The ``.npz`` file that its run has written.

    Returns
    -------
    network : Network
        Asked as the compact one is.

    Raises
    ------
    WeightsError
        If the weights are missing, broken or another network's. It is a ValueError.
    """
    weights = read_weights(path)
    model = CANDIDATES[architecture]()
    assign_weights(model, weights, path)
    return Network("compact", path, model)
