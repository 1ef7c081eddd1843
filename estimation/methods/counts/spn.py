"""SPN: convolutions with holes of several widths beside each other see small and large heads at once.

Scale pyramid network (Chen et al. 2019): one column, and in it a pyramid of dilated convolutions instead of columns
with kernels of several sizes: the same nine weights a channel reach farther the wider the holes are, and no cell gets
coarser. In paper size VGG-16's first ten convolutions at 256 px, the pyramid with holes of 2, 4, 8 and 12, then three
more: what follows the pyramid is chosen here. In small size the shared encoder at 128 px back up to cells of 4 px, and
holes of 1, 2, 4 and 6.
"""

import keras
from keras import KerasTensor, layers

from estimation.methods.count_kinds import Density
from estimation.methods.layers import check_side, conv, decoder, encoder, maps, normalised, scaled
from estimation.methods.stages import Method
from estimation.methods.vgg import VGG16, vgg, vgg_block

SQUARES_PX = {"small": 128, "paper": 256}


def build_pyramid(size: str) -> keras.Model:
    """Build the network."""
    side = check_side(SQUARES_PX[size], 3)
    picture = keras.Input((side, side, 3), name="picture")
    x = scaled(picture)
    if size == "paper":
        x = _pyramid(vgg(x, VGG16[:4])[-1], (2, 4, 8, 12), 512)
        x = vgg_block(x, 5, *VGG16[4])
    else:
        x = conv(_pyramid(decoder(encoder(x)), (1, 2, 4, 6), 24), "after", 64)
    return keras.Model(picture, maps(x, 1), name="pyramid")


def _pyramid(x: KerasTensor, dilations: tuple[int, ...], n_filters: int) -> KerasTensor:
    """Convolve the same features with holes of each width, and join what comes out."""
    steps = []
    for dilation in dilations:
        name = f"holes{dilation}"
        y = layers.Conv2D(n_filters, 3, padding="same", dilation_rate=dilation, use_bias=False, name=name)(x)
        steps.append(normalised(y, f"{name}_norm", f"{name}_out"))
    return layers.Concatenate(name="pyramid")(steps)


METHOD = Method(stages=(Density(build_pyramid),), squares_px=SQUARES_PX, answers="density")
