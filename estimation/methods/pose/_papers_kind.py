"""A small network of the student paper's kind: without batch normalisation, so that the range of pixels matters."""

import keras
from keras import layers

from estimation.methods.kinds import Regression
from estimation.methods.layers import N_JOINTS, LocalResponseNormalization, numbers, scaled
from estimation.methods.stages import Method

_SQUARES_PX = 64
_PAPERS_RATE = 5e-4  # at the rate of the other methods it stays at the mean pose, with the layer and without


def build_papers_kind(size: str, *, is_scaled: bool) -> keras.Model:
    """Build the paper's layers with fewer filters, at 64 px in every size; with the /255 layer or without."""
    del size
    picture = keras.Input((_SQUARES_PX, _SQUARES_PX, 3), name="picture")
    x = scaled(picture) if is_scaled else picture
    for block, (n_filters, kernel, strides) in enumerate(((32, 7, 2), (64, 5, 1)), start=1):
        x = layers.Conv2D(n_filters, kernel, strides, padding="same", activation="relu", name=f"conv{block}")(x)
        x = LocalResponseNormalization(name=f"norm{block}")(x)
        x = layers.MaxPooling2D(2, name=f"pool{block}")(x)
    for block, n_filters in ((3, 96), (4, 96), (5, 64)):
        x = layers.Conv2D(n_filters, 3, padding="same", activation="relu", name=f"conv{block}")(x)
    x = layers.Flatten(name="flat")(layers.MaxPooling2D(2, name="pool5")(x))
    x = layers.Dense(256, activation="relu", name="dense6")(x)
    return keras.Model(picture, numbers(x, 2 * N_JOINTS), name="regression")


def method(*, is_scaled: bool) -> Method:
    """Give the method."""

    def build(size: str) -> keras.Model:
        return build_papers_kind(size, is_scaled=is_scaled)

    return Method(
        stages=(Regression(build),), squares_px={"small": _SQUARES_PX, "paper": _SQUARES_PX}, rate=_PAPERS_RATE
    )
