"""SaCNN: one column whose earlier layers are joined to later ones, and a second loss on the number.

Zhang, Shi and Chen (2018): instead of several columns one, deep, whose features of several depths are joined, because
heads of different size show at different depths; L2 on the density and L1 on the count, so that pictures with few
people count too. In paper size VGG-16's blocks at 256 px; its last two joined, brought up and joined with the fourth,
cells of 8 px: the lecture names neither the number of filters after that nor the weight of the count, which are chosen
here. In small size the shared encoder and one more level at 128 px, all brought back to cells of 4 px.
"""

import keras
from keras import KerasTensor, layers

from estimation.methods.count_kinds import Density
from estimation.methods.layers import check_side, conv, encoder, maps, scaled
from estimation.methods.stages import Method
from estimation.methods.vgg import VGG16, vgg, vgg_block

SQUARES_PX = {"small": 128, "paper": 256}

COUNT_WEIGHT = 0.02
"""So much costs one person too many or too few: a quarter of what missing one who stands alone costs in the map."""


def build_joined(size: str) -> keras.Model:
    """Build the network."""
    side = check_side(SQUARES_PX[size], 4)
    picture = keras.Input((side, side, 3), name="picture")
    x = scaled(picture)
    x = _paper(x) if size == "paper" else _small(x)
    return keras.Model(picture, maps(x, 1), name="joined_network")


def _paper(x: KerasTensor) -> KerasTensor:
    *_, fourth, fifth = vgg(x, VGG16)
    sixth = vgg_block(layers.MaxPooling2D(2, 1, padding="same", name="pool5")(fifth), 6, 512, 1)
    deep = layers.Concatenate(name="joined_deep")([fifth, sixth])
    grown = layers.Conv2DTranspose(512, 2, 2, activation="relu", name="grown")(deep)
    x = layers.Concatenate(name="joined")([fourth, grown])
    for number, (n_filters, kernel) in enumerate(((512, 3), (256, 3), (128, 1)), start=1):
        x = layers.Conv2D(n_filters, kernel, padding="same", activation="relu", name=f"adapted{number}")(x)
    return x


def _small(x: KerasTensor) -> KerasTensor:
    _, second, third = encoder(x)
    fourth = conv(conv(third, "down4", 128, strides=2), "level4", 128)
    deep = layers.Concatenate(name="joined_deep")([third, layers.UpSampling2D(2, name="grown4")(fourth)])
    deep = conv(deep, "deep", 96)
    x = layers.Concatenate(name="joined")([second, layers.UpSampling2D(2, name="grown3")(deep)])
    return conv(conv(x, "adapted1", 96), "adapted2", 64)


METHOD = Method(stages=(Density(build_joined, COUNT_WEIGHT),), squares_px=SQUARES_PX, answers="density")
