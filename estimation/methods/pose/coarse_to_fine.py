"""Coarse to fine: heatmaps of coarse cells, and then fine ones of the features around each peak.

Tompson et al. (2015): pooling costs the exact place, and a cascade gives it back. Around each joint that was found the
first network's own features are cut out on three levels (in the paper 9x9, 18x18 and 36x36 cells of features at 64,
128 and 256), a column each, all brought to the finest grid, joined, and a fine map is made of them. The columns are the
same for all joints, the last layer has a map for each. In small size 16x16, 8x8 and 4x4 cells at 64, 32 and 16 of
squares of 128 px. The lecture does not give the paper's number of channels; in paper size there are 128.
"""

from dataclasses import replace

import keras
from keras import KerasTensor, layers, ops

from estimation.methods.kinds import Peaks
from estimation.methods.layers import N_JOINTS, conv, encoder, maps, scaled
from estimation.methods.places import corners_around, cut_around, draw_peaks, own_of_each, peak_points
from estimation.methods.stages import Answer, Batch, Look, Method, Stage, labelled_mean

SQUARES_PX = {"small": 128, "paper": 256}
SHARE = {"small": 0.25, "paper": 36 / 256}


class Coarse(Peaks):
    """Heatmaps of coarse cells; the answer keeps the features that they were made of."""

    def __init__(self) -> None:
        super().__init__(_build_coarse, sigma_cells=1.0)

    def truths(self, look: Look) -> list[KerasTensor]:
        """Ask for peaks at the first output; the others are features."""
        return super().truths(replace(look, outputs=look.outputs[:1]))

    def decode(self, look: Look) -> list[Answer]:
        """Take the highest cells, and keep the features."""
        coarse, *features = look.outputs
        return [{"points": peak_points(coarse), **{f"level{n}": level for n, level in enumerate(features, start=1)}}]


def _build_coarse(size: str) -> keras.Model:
    side_px = SQUARES_PX[size]
    picture = keras.Input((side_px, side_px, 3), name="picture")
    if size == "small":
        features = encoder(scaled(picture))
        x = layers.MaxPooling2D(2, name="coarser")(features[-1])
        x = conv(conv(x, "coarse1", 128), "coarse2", 128)
        return keras.Model(picture, [maps(x, N_JOINTS), *features], name="coarse")
    x = scaled(picture)
    features, coarse = [], []
    for level in (1, 2, 3):
        x = x if level == 1 else layers.MaxPooling2D(2, name=f"pool{level}")(x)
        x = conv(conv(x, f"bank{level}_1", 128, 5), f"bank{level}_2", 128, 5)
        features.append(x)
        coarse.append(layers.MaxPooling2D(2 ** (3 - level), name=f"coarser{level}")(x))
    x = conv(conv(layers.Concatenate(name="banks")(coarse), "coarse1", 512, 9), "coarse2", 512, 1)
    return keras.Model(picture, [maps(x, N_JOINTS), *features], name="coarse")


class Fine(Stage):
    """Fine heatmaps of the features around each joint."""

    def __init__(self) -> None:
        self.name, self.jitter = "fine", 0.03

    def build(self, size: str) -> keras.Model:
        """Build the three columns and what joins them."""
        n_levels_px = {"small": (64, 32, 16), "paper": (256, 128, 64)}[size]
        n_channels = {"small": (32, 64, 128), "paper": (128, 128, 128)}[size]
        n_filters = {"small": 24, "paper": 128}[size]
        finest = round(SHARE[size] * n_levels_px[0])
        cut, columns = [], []
        for level, (side, depth) in enumerate(zip(n_levels_px, n_channels, strict=True), start=1):
            n_cells = round(SHARE[size] * side)
            x = keras.Input((n_cells, n_cells, depth), name=f"cut{level}")
            cut.append(x)
            x = conv(x, f"column{level}", n_filters)
            columns.append(layers.UpSampling2D(finest // n_cells, name=f"up{level}")(x) if level > 1 else x)
        x = conv(layers.Concatenate(name="joined")(columns), "fine1", n_filters)
        return keras.Model(cut, maps(x, N_JOINTS), name="fine")

    def inputs(self, look: Look) -> list[KerasTensor]:
        """Cut the features around the joints."""
        share, corners = self._cut(look)
        return [cut_around(look.last[f"level{level}"], corners, share) for level in (1, 2, 3)]

    def truths(self, look: Look) -> list[KerasTensor]:
        """Ask for peaks in each piece."""
        share, corners = self._cut(look)
        return [draw_peaks((look.batch["points"] - corners) / share, look.outputs[0].shape[1], 1.5)]

    def loss(self, output: KerasTensor, truth: KerasTensor, batch: Batch) -> KerasTensor:
        """Sum the squared differences over the cells; mean over the joints that are labelled."""
        return labelled_mean(ops.sum((own_of_each(output, N_JOINTS) - truth) ** 2, axis=(1, 2)), batch["labelled"])

    def decode(self, look: Look) -> list[Answer]:
        """Take the highest cells of the pieces."""
        share, corners = self._cut(look)
        return [{"points": corners + share * peak_points(own_of_each(look.outputs[0], N_JOINTS))}]

    @staticmethod
    def _cut(look: Look) -> tuple[float, KerasTensor]:
        share = next(SHARE[size] for size, side_px in SQUARES_PX.items() if side_px == look.pictures.shape[1])
        return share, corners_around(look.last["points"], share, look.last["level3"].shape[1])


METHOD = Method(stages=(Coarse(), Fine()), squares_px=SQUARES_PX)
