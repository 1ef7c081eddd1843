"""Density map: how many people stand in each cell; their number is the sum.

The lecture's second way, after Lempitsky and Zisserman (2010): each head becomes a normal distribution that sums to 1,
at the border too. The network learns where people are and not only how many, so one picture teaches it a thousand
cells. The lecture names no layers: in small size the encoder that the small methods share at 128 px and one step back
up, cells of 4 px; in paper size VGG-16's first ten convolutions at 256 px, cells of 8 px, and three more.
"""

import keras
from keras import layers

from estimation.methods.count_kinds import Density
from estimation.methods.layers import check_side, decoder, encoder, maps, scaled
from estimation.methods.stages import Method
from estimation.methods.vgg import VGG16, vgg

SQUARES_PX = {"small": 128, "paper": 256}


def build_density(size: str) -> keras.Model:
    """Build the network."""
    side = check_side(SQUARES_PX[size], 3)
    picture = keras.Input((side, side, 3), name="picture")
    x = scaled(picture)
    if size == "paper":
        x = vgg(x, VGG16[:4])[-1]
        for number, n_filters in enumerate((256, 128, 64), start=1):
            x = layers.Conv2D(n_filters, 3, padding="same", activation="relu", name=f"back{number}")(x)
    else:
        x = decoder(encoder(x))
    return keras.Model(picture, maps(x, 1), name="density_network")


METHOD = Method(stages=(Density(build_density),), squares_px=SQUARES_PX, answers="density")
