"""The two networks, in plain Keras: `openpose`, the lab's own, and `compact`, small enough to ship.

Both take RGB pictures as ``x / 256 - 0.5``, shape (batch, height, width, 3), and give for every stage its
PAFs (38 channels) and then its heatmaps (19 channels) at one cell per 8 pixels; the last two outputs are the
answer. A layer is named after its weights: ``stage_0_s-layer_0`` holds ``stage_0_s/layer_0/kernel``.
A dash, because Keras allows no slash in a name and PyTorch no dot. `openpose` is the network that the lab builds with
tf-netbuilder, variable by variable.

Only layers that every Keras backend has are used, so the same code trains under TensorFlow, JAX and PyTorch;
`BatchNormalization` is Keras' own, made faster under TensorFlow.
"""

import keras
from keras import layers

from estimation.config import N_HEATMAPS, N_PAFS
from estimation.normalisation import BatchNormalization

N_OPENPOSE_STAGES = 6


def build_openpose() -> keras.Model:
    """Build the lab's network: VGG-19's first ten layers, then six stages of two branches.

    Returns
    -------
    model : keras.Model
        Twelve outputs, PAFs and heatmaps of the six stages in turn: number 10 and 11 are the answer.
        Height and width of the input must be multiples of 8. 52,311,446 parameters, untrained.

    References
    ----------
    .. [1] Cao et al., "Realtime Multi-Person 2D Pose Estimation using Part Affinity Fields", CVPR 2017, fig. 3.
    """
    picture = keras.Input((None, None, 3), name="picture")
    features = _vgg_backbone(picture)
    outputs: list[keras.KerasTensor] = []
    x = features
    for stage in range(N_OPENPOSE_STAGES):
        pafs = _openpose_branch(x, f"stage_{stage}_s", stage, N_PAFS)
        heatmaps = _openpose_branch(x, f"stage_{stage}_l", stage, N_HEATMAPS)
        outputs += [pafs, heatmaps]
        x = layers.Concatenate(name=f"stage_{stage}-join")([pafs, heatmaps, features])
    return keras.Model(picture, outputs, name="openpose")


def _vgg_backbone(x: keras.KerasTensor) -> keras.KerasTensor:
    for block, (n_layers, n_filters) in enumerate([(2, 64), (2, 128), (4, 256), (2, 512)], start=1):
        if block > 1:
            x = layers.MaxPooling2D(2, name=f"backbone-pool{block - 1}")(x)
        for layer in range(1, n_layers + 1):
            x = _plain_conv(x, f"backbone-block{block}_conv{layer}", n_filters, 3)
    x = _plain_conv(x, "backbone-layer_13", 256, 3)
    return _plain_conv(x, "backbone-layer_14", 128, 3)


def _openpose_branch(x: keras.KerasTensor, name: str, stage: int, n_channels: int) -> keras.KerasTensor:
    hidden = [(3, 128)] * 3 + [(1, 512)] if stage == 0 else [(7, 128)] * 5 + [(1, 128)]
    for layer, (kernel_size, n_filters) in enumerate(hidden):
        x = _plain_conv(x, f"{name}-layer_{layer}", n_filters, kernel_size)
    return _plain_conv(x, f"{name}-layer_{len(hidden)}", n_channels, 1, activation=None)


def _plain_conv(
    x: keras.KerasTensor, name: str, n_filters: int, kernel_size: int, activation: str | None = "relu"
) -> keras.KerasTensor:
    return layers.Conv2D(n_filters, kernel_size, padding="same", activation=activation, name=name)(x)


def build_compact() -> keras.Model:
    """Build the small network: an hourglass of bottlenecks from 1/8 down to 1/32 and back [1]_ [2]_, then two stages.

    The coarse levels see most of a person at once, which tells left from right and whose arm it is; a bridge of one
    block at every level keeps the place exact. The second stage sees the first one's answer and corrects it.

    Returns
    -------
    model : keras.Model
        Four outputs: PAFs and heatmaps of stage 0 and of stage 1, the answer. Height and width of the input
        must be multiples of 32. 1,391,442 parameters, untrained.

    References
    ----------
    .. [1] Newell, Yang, Deng, "Stacked Hourglass Networks for Human Pose Estimation", ECCV 2016.
    .. [2] He et al., "Deep Residual Learning for Image Recognition", CVPR 2016, fig. 5: what each block is.
    """
    picture = keras.Input((None, None, 3), name="picture")
    x = _add_conv(picture, "stem-conv1", 32, stride=2)
    x = _add_conv(x, "stem-conv2", 64, stride=2)
    x = _add_block(x, "stem-block", 32)
    x = _add_conv(x, "stem-conv3", 160, stride=2)
    features = _add_conv(_hourglass(x, "hourglass", depth=2), "features", 128)
    first = _add_heads(features, "stage_0")
    return keras.Model(picture, [*first, *_refine(first, features)], name="compact")


def _hourglass(x: keras.KerasTensor, name: str, depth: int) -> keras.KerasTensor:
    bridge = _add_block(x, f"{name}-bridge{depth}", 80)
    x = layers.MaxPooling2D(2, name=f"{name}-pool{depth}")(x)
    x = _add_block(_add_block(x, f"{name}-down{depth}a", 80), f"{name}-down{depth}b", 80)
    if depth > 1:
        x = _hourglass(x, name, depth - 1)
    else:
        x = _add_block(_add_block(x, f"{name}-coarsest0", 80), f"{name}-coarsest1", 80)
    x = _add_block(x, f"{name}-up{depth}", 80)
    return layers.Add(name=f"{name}-add{depth}")([bridge, layers.UpSampling2D(2, name=f"{name}-double{depth}")(x)])


def _refine(first: list[keras.KerasTensor], features: keras.KerasTensor) -> list[keras.KerasTensor]:
    """Look at the features and at what stage 0 made of them, both from far around too."""
    x = layers.Concatenate(name="stage_1-join")([*first, features])
    x = _add_conv(x, "stage_1-reduce", 128, kernel_size=1)
    for index, dilation in enumerate((1, 2, 4)):
        x = _add_block(x, f"stage_1-block{index}", 64, dilation=dilation)
    return _add_heads(x, "stage_1")


def _add_heads(x: keras.KerasTensor, name: str) -> list[keras.KerasTensor]:
    """Add the two outputs of a stage: PAFs of 38 channels and heatmaps of 19, as many rows and columns as `x` has."""
    x = _add_conv(x, f"{name}-hidden", 128, kernel_size=1)
    return [
        # Maps are nearly empty: starting near zero saves the first hundred steps. Sums stay in full precision.
        layers.Conv2D(n_channels, 1, kernel_initializer="zeros", dtype="float32", name=f"{name}-{answer}")(x)
        for answer, n_channels in (("pafs", N_PAFS), ("heatmaps", N_HEATMAPS))
    ]


def _add_block(x: keras.KerasTensor, name: str, n_inner: int, dilation: int = 1) -> keras.KerasTensor:
    """Add to `x` what a narrow 3 x 3 convolution between two 1 x 1 makes of it: a bottleneck [2]."""
    inner = _add_conv(x, f"{name}-narrow", n_inner, kernel_size=1)
    inner = _add_conv(inner, f"{name}-middle", n_inner, dilation=dilation)
    inner = _add_conv(inner, f"{name}-widen", x.shape[-1], kernel_size=1, relu=False)
    return layers.ReLU(name=f"{name}-relu")(layers.Add(name=f"{name}-add")([x, inner]))


def _add_conv(
    x: keras.KerasTensor,
    name: str,
    n_filters: int,
    *,
    kernel_size: int = 3,
    stride: int = 1,
    dilation: int = 1,
    relu: bool = True,
) -> keras.KerasTensor:
    """Add a convolution, a batch normalisation and, if wanted, a ReLU."""
    x = layers.Conv2D(
        n_filters,
        kernel_size,
        strides=stride,
        dilation_rate=dilation,
        padding="same",
        use_bias=False,
        kernel_initializer="he_normal",
        name=name,
    )(x)
    x = BatchNormalization(momentum=0.97, epsilon=1e-3, name=f"{name}-norm")(x)
    return layers.ReLU(name=f"{name}-out")(x) if relu else x
