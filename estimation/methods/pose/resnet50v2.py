"""Direct regression by a residual network, as in the student paper.

ResNet50V2 (He et al. 2016), average pooling and dense layers. In paper size it is that of Keras, at 220 px, without
weights: nothing is downloaded. The paper gives 32 million parameters for the head's box, which average pooling and one
dense layer of 4096 have, and 35 million for the pose, which no such head has. In small size: six blocks of the same
kind at 64 px, so this is no ResNet50.
"""

import keras
from keras import layers

from estimation.methods.kinds import Regression
from estimation.methods.layers import ALEXNET_PX, N_JOINTS, normalised, numbers, scaled
from estimation.methods.stages import Method


def build_residual(size: str) -> keras.Model:
    """Build the network."""
    if size == "paper":
        picture = keras.Input((ALEXNET_PX, ALEXNET_PX, 3), name="picture")
        features = without_top(ALEXNET_PX)(layers.Rescaling(1 / 127.5, offset=-1, name="scaled")(picture))
        x = layers.GlobalAveragePooling2D(name="averaged")(features)
        x = layers.Dense(4096, activation="relu", name="dense")(x)
        return keras.Model(picture, layers.Dense(2 * N_JOINTS, name="numbers")(x), name="regression")
    picture = keras.Input((64, 64, 3), name="picture")
    x = layers.Conv2D(32, 5, 2, padding="same", name="stem")(scaled(picture))
    for number, (n_filters, strides) in enumerate(((64, 2), (64, 1), (128, 2), (128, 1), (256, 2), (256, 1)), start=1):
        x = _block(x, f"block{number}", n_filters, strides)
    x = layers.GlobalAveragePooling2D(name="averaged")(_activated(x, "post"))
    x = layers.Dense(192, activation="relu", name="dense")(x)
    return keras.Model(picture, numbers(x, 2 * N_JOINTS), name="regression")


def without_top(side_px: int, n_channels: int = 3) -> keras.Model:
    """Give Keras' ResNet50V2 without top and without weights."""
    seen = keras.Input((side_px, side_px, n_channels), name="seen")
    model: keras.Model = keras.applications.ResNet50V2(include_top=False, weights=None, input_tensor=seen)
    return model


def _activated(x: keras.KerasTensor, name: str) -> keras.KerasTensor:
    return normalised(x, f"{name}_norm", f"{name}_out")


def _block(x: keras.KerasTensor, name: str, n_filters: int, strides: int) -> keras.KerasTensor:
    """Add what three convolutions find to what came in; normalised before each, as version 2 is."""
    before = _activated(x, f"{name}_pre")
    if strides > 1 or x.shape[-1] != n_filters:
        x = layers.Conv2D(n_filters, 1, strides, name=f"{name}_shortcut")(before)
    y = layers.Conv2D(n_filters // 4, 1, use_bias=False, name=f"{name}_narrow")(before)
    y = layers.Conv2D(n_filters // 4, 3, strides, padding="same", use_bias=False, name=f"{name}_middle")(
        _activated(y, f"{name}_first")
    )
    y = layers.Conv2D(n_filters, 1, name=f"{name}_wide")(_activated(y, f"{name}_second"))
    return layers.Add(name=f"{name}_sum")([x, y])


METHOD = Method(stages=(Regression(build_residual),), squares_px={"small": 64, "paper": ALEXNET_PX})
