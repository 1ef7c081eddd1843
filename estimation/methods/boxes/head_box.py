"""The head's box by direct regression: four numbers.

The student paper's first step on the way to PCKh: the same CNN as for the pose, with four numbers at its end instead of
32. In small size the shared encoder at 64 px.
"""

import keras
from keras import KerasTensor, ops

from estimation.methods.kinds import Regression
from estimation.methods.layers import ALEXNET_PX, alexnet, dense_head, encoder, scaled
from estimation.methods.stages import Answer, Batch, Look, Method, labelled_mean


class Box(Regression):
    """A network that answers left, top, right and bottom of the head; mean squared difference."""

    def truths(self, look: Look) -> list[KerasTensor]:
        """Ask for the sides of the box."""
        return [look.batch["head_boxes"]]

    def loss(self, output: KerasTensor, truth: KerasTensor, batch: Batch) -> KerasTensor:
        """Average the squared differences over the heads that are labelled."""
        return labelled_mean(ops.sum((output - truth) ** 2, axis=-1), batch["has_head"])

    def decode(self, look: Look) -> list[Answer]:
        """Take the numbers as the box; what was known of the joints stays."""
        return [{**look.last, "boxes": output} for output in look.outputs]


def build_box(size: str) -> keras.Model:
    """Build the network."""
    if size == "paper":
        return alexnet(4, "regression")
    picture = keras.Input((64, 64, 3), name="picture")
    return keras.Model(picture, dense_head(encoder(scaled(picture))[-1], 4, 192), name="regression")


METHOD = Method(stages=(Box(build_box),), squares_px={"small": 64, "paper": ALEXNET_PX}, answers="boxes")
