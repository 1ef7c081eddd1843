"""Direct regression: a picture in, the joints' coordinates out.

DeepPose (Toshev and Szegedy 2014) began with it: AlexNet, and at its end two numbers for each joint, trained by the
squared distance. In paper size these are the layers of the student paper, with its rectified output; in small size the
encoder that the maps' methods have, and one dense layer. Everything that the network knows of places must pass through
the dense layers; nothing in them says that neighbouring pixels are neighbours.
"""

import keras
from keras import layers

from estimation.methods.kinds import Regression
from estimation.methods.layers import N_JOINTS, alexnet, dense_head, encoder, scaled
from estimation.methods.stages import Method


def build_numbers(size: str, side_px: int = 64) -> keras.Model:
    """Build the network: that of the student paper, or a small one that looks at 64 px of whatever it is shown."""
    if size == "paper":
        return alexnet(2 * N_JOINTS, "regression")
    picture = keras.Input((side_px, side_px, 3), name="picture")
    x = layers.AveragePooling2D(side_px // 64, name="shrunk")(picture) if side_px > 64 else picture
    return keras.Model(picture, dense_head(encoder(scaled(x))[-1], 2 * N_JOINTS, 192), name="regression")


METHOD = Method(stages=(Regression(build_numbers),), squares_px={"small": 64, "paper": 220})
