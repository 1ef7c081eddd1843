"""DeepPose's cascade: direct regression, and then patch by patch where each joint is to be moved.

Toshev and Szegedy (2014) crop a piece around each joint that was found, scale it up to the input of the same network,
and ask for the joint's place in it; three stages in all. What the first stage cannot see, because its input is coarse,
the patches show. In training the joints are moved at random first, since the stage before errs less on what it knows.
In paper size every stage is the student paper's CNN; in small size the first one sees 64 px of squares of 128, the
patches have 32 of the 128.
"""

from functools import partial

import keras
from keras import KerasTensor, layers, ops

from estimation.methods.kinds import Regression, as_points
from estimation.methods.layers import ALEXNET_PX, N_JOINTS, alexnet, conv, dense_head, scaled
from estimation.methods.places import corners_around, cut_around, own_of_each
from estimation.methods.pose.direct_regression import build_numbers
from estimation.methods.stages import Answer, Batch, Look, Method, Stage, labelled_mean

SHARE = 0.25
"""Side of a patch, in sides of the square."""


class PatchRegression(Stage):
    """One network for the patches of all joints; of what it says of a patch only that patch's own joint counts."""

    def __init__(self, number: int) -> None:
        self.name, self.jitter = f"patches{number}", 0.03

    def build(self, size: str) -> keras.Model:
        """Build the network, from a patch to the places of all joints in it."""
        if size == "paper":
            patch = keras.Input((round(ALEXNET_PX * SHARE),) * 2 + (3,), name="patch")
            x = layers.Resizing(ALEXNET_PX, ALEXNET_PX, name="scaled_up")(patch)
            return keras.Model(patch, alexnet(2 * N_JOINTS, "cnn")(x), name=self.name)
        patch = keras.Input((32, 32, 3), name="patch")
        x = scaled(patch)
        for level, n_filters in enumerate((24, 48, 64), start=1):
            x = conv(x, f"down{level}", n_filters, strides=2)
        return keras.Model(patch, dense_head(x, 2 * N_JOINTS, 128), name=self.name)

    def inputs(self, look: Look) -> KerasTensor:
        """Cut the patches."""
        return cut_around(look.pictures, self._corners(look), SHARE)

    def truths(self, look: Look) -> list[KerasTensor]:
        """Ask for each joint's place in its patch."""
        return [(look.batch["points"] - self._corners(look)) / SHARE]

    def loss(self, output: KerasTensor, truth: KerasTensor, batch: Batch) -> KerasTensor:
        """Average the squared distances, in sides of the patch."""
        return labelled_mean(ops.sum((self._own(output) - truth) ** 2, axis=-1), batch["labelled"])

    def decode(self, look: Look) -> list[Answer]:
        """Bring the places back into the square."""
        return [{"points": self._corners(look) + SHARE * self._own(output)} for output in look.outputs]

    @staticmethod
    def _corners(look: Look) -> KerasTensor:
        return corners_around(look.last["points"], SHARE, look.pictures.shape[1])

    @staticmethod
    def _own(output: KerasTensor) -> KerasTensor:
        return ops.moveaxis(own_of_each(ops.moveaxis(as_points(output), -1, 1), N_JOINTS), 1, 2)


METHOD = Method(
    stages=(Regression(partial(build_numbers, side_px=128)), PatchRegression(2), PatchRegression(3)),
    squares_px={"small": 128, "paper": ALEXNET_PX},
)
