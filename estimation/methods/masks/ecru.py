"""ECRU: an encoder-decoder that remembers where the maxima were.

Yasrab, "ECRU: An Encoder-Decoder Based Convolution Neural Network (CNN) for Road-Scene Understanding", Journal of
Imaging 2018, after its abstract: the encoder is VGG-19's convolutions, the decoder has 16 units that upsample and
convolve, and reuses the encoder's pooling indices: a value goes back to the one of four pixels that it was taken from.
So the decoder learns nothing of where outlines run, and still knows it. The decoder's channels are the encoder's in
reverse and each convolution is normalised: that is chosen here. In paper size 224 px; the small one is called what it
is: ECRU, 8 and 8 convolutions, 64 px.
"""

import keras
from keras import KerasTensor, layers, ops

from estimation.methods.layers import check_side, conv, maps, scaled
from estimation.methods.mask_kinds import N_CLASSES, Inside
from estimation.methods.stages import Method
from estimation.methods.vgg import VGG19, Blocks

SQUARES_PX = {"small": 64, "paper": 224}

_SMALL: Blocks = ((16, 2), (32, 2), (64, 2), (128, 2))


class Maxima(layers.Layer):  # type: ignore[misc]  # Keras has no types
    """Mark in each square of 2x2 cells the first of the largest ones: 1 there and 0 elsewhere; it has no weights."""

    def call(self, x: KerasTensor) -> KerasTensor:
        """Mark the cells of (n, H, W, C), channel by channel."""
        rows, columns, n_channels = x.shape[1] // 2, x.shape[2] // 2, x.shape[3]
        squares = ops.transpose(ops.reshape(x, (-1, rows, 2, columns, 2, n_channels)), (0, 1, 3, 5, 2, 4))
        largest = ops.argmax(ops.reshape(squares, (-1, rows, columns, n_channels, 4)), axis=-1)
        marks = ops.reshape(ops.one_hot(largest, 4, dtype=x.dtype), (-1, rows, columns, n_channels, 2, 2))
        return ops.reshape(ops.transpose(marks, (0, 1, 4, 2, 5, 3)), (-1, 2 * rows, 2 * columns, n_channels))


def build_ecru(size: str, *, side_px: int | None = None) -> keras.Model:
    """Build the network.

    Raises
    ------
    ValueError
        If the picture is smaller than the coarsest level.
    """
    blocks = VGG19 if size == "paper" else _SMALL
    side = check_side(SQUARES_PX[size] if side_px is None else side_px, len(blocks))
    picture = keras.Input((side, side, 3), name="picture")
    x = scaled(picture)
    places = []
    for block, (n_filters, n_convs) in enumerate(blocks, start=1):
        for number in range(1, n_convs + 1):
            x = conv(x, f"down{block}_{number}", n_filters)
        places.append(Maxima(name=f"maxima{block}")(x))
        x = layers.MaxPooling2D(2, name=f"pool{block}")(x)
    for block in range(len(blocks), 0, -1):
        n_filters, n_convs = blocks[block - 1]
        grown = layers.UpSampling2D(2, name=f"grown{block}")(x)
        x = layers.Multiply(name=f"back{block}")([grown, places[block - 1]])
        for number in range(1, n_convs):
            x = conv(x, f"up{block}_{number}", n_filters)
        x = conv(x, f"up{block}_{n_convs}", blocks[max(block - 2, 0)][0])
    return keras.Model(picture, maps(x, N_CLASSES), name="ecru")


METHOD = Method(stages=(Inside(build_ecru),), squares_px=SQUARES_PX, answers="masks")
