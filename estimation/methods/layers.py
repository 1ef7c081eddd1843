"""Layers and blocks that several methods are made of."""

import keras
from keras import KerasTensor, layers, ops

from estimation.joints import MPII_JOINTS
from estimation.normalisation import BatchNormalization

N_JOINTS = len(MPII_JOINTS)

ALEXNET_PX = 220


class LocalResponseNormalization(layers.Layer):  # type: ignore[misc]  # Keras has no types
    """Divide each value by a power of the energy of its neighbours among the channels [1]_; it has no weights.

    With the numbers of the paper: five channels, k = 2, alpha = 1e-4, beta = 0.75.

    References
    ----------
    .. [1] Krizhevsky, Sutskever, Hinton, "ImageNet Classification with Deep Convolutional Neural Networks", NIPS 2012,
       sec. 3.3.
    """

    REACH, K, ALPHA, BETA = 2, 2.0, 1e-4, 0.75

    def call(self, inputs: KerasTensor) -> KerasTensor:
        """Normalise over the last axis of a tensor of four."""
        channels = inputs.shape[-1]
        squares = ops.pad(inputs**2, [(0, 0)] * 3 + [(self.REACH, self.REACH)])
        energy = sum(squares[..., shift : shift + channels] for shift in range(2 * self.REACH + 1))
        return inputs / (self.K + self.ALPHA * energy) ** self.BETA


def conv(x: KerasTensor, name: str, n_filters: int, kernel: int = 3, strides: int = 1) -> KerasTensor:
    """Convolve, normalise, rectify."""
    x = layers.Conv2D(n_filters, kernel, strides, padding="same", use_bias=False, name=f"{name}")(x)
    return normalised(x, f"{name}_norm", f"{name}_out")


def normalised(x: KerasTensor, name: str, name_out: str) -> KerasTensor:
    """Normalise and rectify.

    The statistics that answers are normalised by go over the last ten steps or so. Keras' own go over a hundred: after
    a run of some hundreds they would be those of weights that are long gone, and the answers worse than in training.
    """
    return layers.ReLU(name=name_out)(BatchNormalization(momentum=0.9, name=name)(x))


def check_side(side_px: int, n_halvings: int) -> int:
    """Refuse pictures that cannot be halved so often.

    Raises
    ------
    ValueError
        If the picture is smaller than the coarsest level of a network, or not whole cells of it.
    """
    coarsest_px = 2**n_halvings
    if side_px < coarsest_px or side_px % coarsest_px:
        raise ValueError(
            f"A picture must be whole cells of the coarsest level, {coarsest_px} px; got {side_px!r} px. Resize it."
        )
    return side_px


def scaled(picture: KerasTensor) -> KerasTensor:
    """Bring pixels from 0..255 to 0..1: without it, says the student paper, training takes ten times as long."""
    return layers.Rescaling(1 / 255, name="scaled")(picture)


def dense_head(x: KerasTensor, n_outputs: int, n_hidden: int, start: float = 0.5) -> KerasTensor:
    """Turn features into numbers: few channels, one dense layer, and another one that is not rectified."""
    x = conv(x, "few", 32, 1)
    x = layers.Dense(n_hidden, activation="relu", name="hidden")(layers.Flatten(name="flat")(x))
    return numbers(x, n_outputs, start)


def numbers(x: KerasTensor, n_outputs: int, start: float = 0.5) -> KerasTensor:
    """Answer numbers that begin at `start`, the middle of the square; begun at random they cost hundreds of steps."""
    begin = keras.initializers.Constant(start)
    return layers.Dense(n_outputs, kernel_initializer="zeros", bias_initializer=begin, name="numbers")(x)


def maps(x: KerasTensor, n_maps: int, name: str = "maps", *, are_empty: bool = True) -> KerasTensor:
    """Answer maps that are empty at first, for the same reason, or random ones."""
    return layers.Conv2D(n_maps, 1, kernel_initializer="zeros" if are_empty else "glorot_uniform", name=name)(x)


def encoder(x: KerasTensor) -> list[KerasTensor]:
    """Look at a picture at a half, a quarter and an eighth of its size: the encoder that the small methods share.

    Returns
    -------
    features : list of tensor
        Of 32, 64 and 128 channels, from the finest to the coarsest.
    """
    features = []
    for level, n_filters in enumerate((32, 64, 128), start=1):
        x = conv(x, f"down{level}", n_filters, strides=2)
        x = conv(x, f"level{level}", n_filters)
        features.append(x)
    return features


def decoder(features: list[KerasTensor], n_filters: int = 96) -> KerasTensor:
    """Bring an encoder's features back to a quarter of the picture's size."""
    x = layers.UpSampling2D(2, name="up")(features[-1])
    x = layers.Concatenate(name="joined")([x, features[-2]])
    return conv(conv(x, "up1", n_filters), "up2", n_filters)


def alexnet(n_outputs: int, name: str) -> keras.Model:
    """Build the student paper's CNN: AlexNet's convolutions at 220 px, two dense layers of 4096, and the numbers.

    Everything is rectified, the answer too, and half of the dense layers' values and more are dropped in training.
    """
    picture = keras.Input((ALEXNET_PX, ALEXNET_PX, 3), name="picture")
    x = scaled(picture)
    for block, (n_filters, kernel, strides) in enumerate(((96, 11, 4), (256, 5, 1)), start=1):
        x = layers.Conv2D(n_filters, kernel, strides, padding="same", activation="relu", name=f"conv{block}")(x)
        x = LocalResponseNormalization(name=f"norm{block}")(x)
        x = layers.MaxPooling2D(2, name=f"pool{block}")(x)
    for block, n_filters in ((3, 384), (4, 384), (5, 256)):
        x = layers.Conv2D(n_filters, 3, padding="same", activation="relu", name=f"conv{block}")(x)
    x = layers.Flatten(name="flat")(layers.MaxPooling2D(2, name="pool5")(x))
    for block in (6, 7):
        x = layers.Dense(4096, activation="relu", name=f"dense{block}")(x)
        x = layers.Dropout(0.6, name=f"dropout{block}")(x)
    return keras.Model(picture, layers.Dense(n_outputs, activation="relu", name="numbers")(x), name=name)
