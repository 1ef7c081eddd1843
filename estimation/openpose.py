"""The lab's network in plain Keras: what the lab builds with tf-netbuilder, variable by variable.

As all networks here it takes RGB pictures as ``x / 256 - 0.5``, shape (batch, height, width, 3), and gives for every
stage its PAFs (38 channels) and then its heatmaps (19 channels) at one cell per 8 pixels; the last two outputs are the
answer. A layer is named after its weights: ``stage_0_s-layer_0`` holds ``stage_0_s/layer_0/kernel``. A dash, because
Keras allows no slash in a name and PyTorch no dot.
"""

import keras
from keras import layers

from estimation.config import N_HEATMAPS, N_PAFS

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
