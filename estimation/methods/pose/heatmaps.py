"""Heatmaps: for each joint a map with a peak where it is.

The lecture's scoremaps: squared differences from a map that is drawn, and the answer is the highest cell, moved by a
quarter cell to its higher neighbour. Places stay places, all the way through. The lecture prints the peak as
exp(-d / sigma^2); drawn is exp(-d^2 / sigma^2), as the lab's equation 7 has it. In paper size ResNet50V2 and three
transposed convolutions at 256 px, after Xiao, Wu and Wei (2018); in small size the shared encoder, one step back up,
and cells of 4 px.
"""

import keras
from keras import layers

from estimation.methods.kinds import Peaks
from estimation.methods.layers import N_JOINTS, decoder, encoder, maps, normalised, scaled
from estimation.methods.pose.resnet50v2 import without_top
from estimation.methods.stages import Method

PAPER_PX = 256


def build_maps(size: str, *, are_empty: bool = True) -> keras.Model:
    """Build the network, from a square to a map for each joint at a quarter of its size; empty at first, or random."""
    if size == "paper":
        picture = keras.Input((PAPER_PX, PAPER_PX, 3), name="picture")
        x = without_top(PAPER_PX)(layers.Rescaling(1 / 127.5, offset=-1, name="scaled")(picture))
        for number in (1, 2, 3):
            x = layers.Conv2DTranspose(256, 4, 2, padding="same", use_bias=False, name=f"up{number}")(x)
            x = normalised(x, f"up{number}_norm", f"up{number}_out")
        return keras.Model(picture, maps(x, N_JOINTS, are_empty=are_empty), name="maps_network")
    picture = keras.Input((64, 64, 3), name="picture")
    x = decoder(encoder(scaled(picture)))
    return keras.Model(picture, maps(x, N_JOINTS, are_empty=are_empty), name="maps_network")


METHOD = Method(stages=(Peaks(build_maps),), squares_px={"small": 64, "paper": PAPER_PX})
