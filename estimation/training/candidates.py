"""The architectures that were tried for the compact network, to be trained and measured side by side.

All have the compact network's face: pictures ``x / 256 - 0.5`` in, PAFs and heatmaps of two stages out at one
cell per 8 pixels, and sides that are multiples of 32. The winner is `architectures.build_compact`;
`model_weights/README.md` holds the table that says why.
"""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import keras
from keras import layers

from estimation.architectures import add_block, add_conv, add_stages, build_compact
from estimation.checkpoints import assign_weights, read_weights
from estimation.networks import Network
from estimation.normalisation import BatchNormalization


def build_residual() -> keras.Model:
    """Build a residual pyramid: blocks at every level down to 1/32, and a plain way back to 1/8 [1]_.

    Returns
    -------
    model : keras.Model
        As all candidates.

    References
    ----------
    .. [1] He et al., "Deep Residual Learning for Image Recognition", CVPR 2016; the way back as in Lin et al.,
       "Feature Pyramid Networks for Object Detection", CVPR 2017.
    """
    picture = keras.Input((None, None, 3), name="picture")
    x = add_conv(picture, "stem-conv1", 32, stride=2)
    x = add_conv(x, "stem-conv2", 48, stride=2)
    x = add_block(x, "down4-block0", 48)
    at_8 = _level(x, "down8", 96, n_blocks=3)
    at_16 = _level(at_8, "down16", 192, n_blocks=4)
    at_32 = _level(at_16, "down32", 256, n_blocks=4)
    x = add_block(_climb(at_32, at_16, "up16", 192), "up16-block", 96)
    features = add_conv(_climb(x, at_8, "up8", 128), "features", 128)
    return add_stages(picture, features, "residual")


def _level(x: keras.KerasTensor, name: str, n_filters: int, n_blocks: int) -> keras.KerasTensor:
    x = add_conv(x, f"{name}-enter", n_filters, stride=2)
    for index in range(n_blocks):
        x = add_block(x, f"{name}-block{index}", n_filters // 2)
    return x


def _climb(x: keras.KerasTensor, finer: keras.KerasTensor, name: str, n_filters: int) -> keras.KerasTensor:
    x = add_conv(x, f"{name}-coarse", n_filters, kernel_size=1, relu=False)
    x = layers.UpSampling2D(2, name=f"{name}-double")(x)
    finer = add_conv(finer, f"{name}-finer", n_filters, kernel_size=1, relu=False)
    return layers.ReLU(name=f"{name}-relu")(layers.Add(name=f"{name}-add")([x, finer]))


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
    return add_stages(picture, features, "separable")


def _separable(x: keras.KerasTensor, name: str, n_filters: int, *, stride: int, dilation: int) -> keras.KerasTensor:
    x = layers.DepthwiseConv2D(
        3, strides=stride, dilation_rate=dilation, padding="same", use_bias=False, name=f"{name}-depthwise"
    )(x)
    x = BatchNormalization(momentum=0.97, epsilon=1e-3, name=f"{name}-depthwise-norm")(x)
    x = layers.ReLU(name=f"{name}-depthwise-out")(x)
    return add_conv(x, f"{name}-pointwise", n_filters, kernel_size=1)


class Candidate(NamedTuple):
    """An architecture and where the teacher can help it.

    Attributes
    ----------
    build : callable
        Makes the network, untrained.
    hints : dict of str to str
        From a level of the teacher (`teacher.LEVELS`) to the layer that learns to guess what the teacher sees there.
    """

    build: Callable[[], keras.Model]
    hints: dict[str, str]


CANDIDATES: dict[str, Candidate] = {
    "residual": Candidate(
        build_residual,
        {
            "at_4": "down4-block0-relu",
            "at_8": "down8-block2-relu",
            "at_16": "down16-block3-relu",
            "joined": "features-out",
        },
    ),
    "separable": Candidate(
        build_separable, {"at_4": "block2-pointwise-out", "at_8": "block4-pointwise-out", "joined": "features-out"}
    ),
    "hourglass": Candidate(
        build_compact,
        {
            "at_4": "stem-block-relu",
            "at_8": "stem-conv3-out",
            "at_16": "hourglass-down2b-relu",
            "joined": "features-out",
        },
    ),
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
    model = CANDIDATES[architecture].build()
    assign_weights(model, weights, path)
    return Network("compact", path, model)
