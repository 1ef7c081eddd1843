"""MCNN: three columns with large, middle and small kernels for near, middle and far heads, merged by one convolution.

Zhang et al. (2016): columns that begin with 9x9, 7x7 and 5x5, each four convolutions and two poolings, joined and
merged by 1x1; 133,705 parameters on colours, counted. The paper widens each person by how near the neighbours are; here
all methods learn from the same maps, one cell wide. In paper size 256 px; in small size the same filters at 128 px,
each convolution normalised, which otherwise would need hours to begin.
"""

import keras
from keras import KerasTensor, layers

from estimation.methods.count_kinds import Density
from estimation.methods.layers import check_side, conv, maps, scaled
from estimation.methods.stages import Method

SQUARES_PX = {"small": 128, "paper": 256}

COLUMNS = (
    ((16, 9), (32, 7), (16, 7), (8, 7)),
    ((20, 7), (40, 5), (20, 5), (10, 5)),
    ((24, 5), (48, 3), (24, 3), (12, 3)),
)
"""Filters and kernel of each convolution; a pooling follows the first and the second."""


def build_columns(size: str, columns: tuple[int, ...] = (0, 1, 2)) -> keras.Model:
    """Build the network of some of the columns, merged."""
    side = check_side(SQUARES_PX[size], 2)
    picture = keras.Input((side, side, 3), name="picture")
    x = scaled(picture)
    ends = [column(x, number, is_normalised=size == "small") for number in columns]
    joined = layers.Concatenate(name="joined")(ends) if len(ends) > 1 else ends[0]
    return keras.Model(picture, maps(joined, 1), name="columns")


def column(x: KerasTensor, number: int, *, is_normalised: bool) -> KerasTensor:
    """Convolve as one of the columns does: from a picture to features of cells of 4 px."""
    for place, (n_filters, kernel) in enumerate(COLUMNS[number], start=1):
        name = f"column{COLUMNS[number][0][1]}_conv{place}"
        if is_normalised:
            x = conv(x, name, n_filters, kernel)
        else:
            x = layers.Conv2D(n_filters, kernel, padding="same", activation="relu", name=name)(x)
        x = layers.MaxPooling2D(2, name=f"{name}_pool")(x) if place <= 2 else x
    return x


METHOD = Method(stages=(Density(build_columns),), squares_px=SQUARES_PX, answers="density")
