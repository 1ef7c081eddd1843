"""Stacked hourglass: down to a few cells that see the whole person and up again, several times over.

Newell, Yang and Deng (2016): equal modules, each with skips at every level, each with a loss of its own; 1x1
convolutions bring the heatmaps of one module back among the features and add them for the next. Eight stacks of 256
features at 256 px in paper size; the small one is called what it is: hourglass, 2 stacks, 64 px.
"""

import keras
from keras import KerasTensor, layers

from estimation.methods.kinds import Peaks
from estimation.methods.layers import N_JOINTS, conv, maps, normalised, scaled
from estimation.methods.stages import Method


def build_hourglasses(size: str) -> keras.Model:
    """Build the stacks; an output for each, at a quarter of the picture's size."""
    side_px, n_stacks, n_filters, depth = (256, 8, 256, 4) if size == "paper" else (64, 2, 64, 2)
    picture = keras.Input((side_px, side_px, 3), name="picture")
    x = conv(scaled(picture), "stem", n_filters // 4, 7, strides=2)
    x = _residual(x, "stem1", n_filters // 2)
    x = layers.MaxPooling2D(2, name="stem_pool")(x)
    x = _residual(_residual(x, "stem2", n_filters // 2), "stem3", n_filters)
    answers: list[KerasTensor] = []
    for stack in range(1, n_stacks + 1):
        name = f"stack{stack}"
        y = _residual(_hourglass(x, name, n_filters, depth), f"{name}_after", n_filters)
        y = conv(y, f"{name}_features", n_filters, 1)
        answers.append(maps(y, N_JOINTS, f"{name}_maps"))
        if stack < n_stacks:
            back = [layers.Conv2D(n_filters, 1, name=f"{name}_features_back")(y)]
            back.append(layers.Conv2D(n_filters, 1, name=f"{name}_maps_back")(answers[-1]))
            x = layers.Add(name=f"{name}_sum")([x, *back])
    return keras.Model(picture, answers, name="hourglasses")


def _hourglass(x: KerasTensor, name: str, n_filters: int, depth: int) -> KerasTensor:
    """Look at half the size, hourglass in hourglass, and add what was seen at the full one."""
    name = f"{name}_{depth}"
    beside = _residual(x, f"{name}_beside", n_filters)
    y = layers.MaxPooling2D(2, name=f"{name}_pool")(x)
    y = _residual(y, f"{name}_down", n_filters)
    y = _hourglass(y, name, n_filters, depth - 1) if depth > 1 else _residual(y, f"{name}_bottom", n_filters)
    y = _residual(y, f"{name}_up", n_filters)
    return layers.Add(name=f"{name}_join")([beside, layers.UpSampling2D(2, name=f"{name}_grown")(y)])


def _residual(x: KerasTensor, name: str, n_filters: int) -> KerasTensor:
    """Add what three convolutions of half the filters find, each normalised before, to what came in."""
    y = x
    for number, (share, kernel) in enumerate(((2, 1), (2, 3), (1, 1)), start=1):
        y = normalised(y, f"{name}_norm{number}", f"{name}_out{number}")
        y = layers.Conv2D(n_filters // share, kernel, padding="same", name=f"{name}_conv{number}")(y)
    if x.shape[-1] != n_filters:
        x = layers.Conv2D(n_filters, 1, name=f"{name}_shortcut")(x)
    return layers.Add(name=f"{name}_sum")([x, y])


METHOD = Method(stages=(Peaks(build_hourglasses),), squares_px={"small": 64, "paper": 256})
