"""Count regression: a picture in, one number out.

The lecture's first way to count: nobody says where the people are, and the network learns from numbers alone; extra
pictures with nobody teach it what is no person. It needs no places of heads to learn from, and shows none. The lecture
names no layers: in small size the encoder that the small methods share at 128 px, averaged over the picture, and a
dense layer; in paper size VGG-16's thirteen convolutions at 256 px before the same.
"""

import keras
from keras import layers

from estimation.methods.count_kinds import Number
from estimation.methods.layers import check_side, encoder, numbers, scaled
from estimation.methods.stages import Method
from estimation.methods.vgg import VGG16, vgg

SQUARES_PX = {"small": 128, "paper": 256}


def build_number(size: str) -> keras.Model:
    """Build the network."""
    side = check_side(SQUARES_PX[size], 3)
    picture = keras.Input((side, side, 3), name="picture")
    x = scaled(picture)
    features = vgg(x, VGG16) if size == "paper" else encoder(x)
    x = layers.GlobalAveragePooling2D(name="averaged")(features[-1])
    x = layers.Dense(128, activation="relu", name="hidden")(x)
    return keras.Model(picture, numbers(x, 1, start=0.0), name="number_network")


METHOD = Method(stages=(Number(build_number),), squares_px=SQUARES_PX, answers="counts")
