"""Iterative error feedback: begin with the mean pose, look at the picture and at the pose drawn into it, take a step.

Carreira et al. (2016): one network, asked four times. It answers in which direction each joint is wrong, by a bounded
step, and what it is shown next is the pose after that step. It learns from the bounded step towards the truth. In paper
size ResNet50V2 at 224 px with 16 channels more for the pose, where the paper has GoogLeNet with ImageNet's weights; in
small size the shared encoder at 64 px.
"""

import keras
from keras import KerasTensor, layers, ops

from estimation.methods.kinds import as_points
from estimation.methods.layers import N_JOINTS, dense_head, encoder, numbers
from estimation.methods.places import draw_peaks
from estimation.methods.pose.resnet50v2 import without_top
from estimation.methods.stages import Answer, Batch, Look, Method, Stage, labelled_mean

LARGEST_STEP = 20 / 224
"""In sides; the paper's 20 px."""

DRAWN_CELLS = 3.0
"""Width of the peaks that show the pose, in pixels of a square of 64."""


class Feedback(Stage):
    """A network that sees a pose in a picture and answers a step for each joint; four times."""

    def __init__(self) -> None:
        self.name, self.times = "feedback", 4

    def build(self, size: str) -> keras.Model:
        """Build the network, from a square with the pose drawn into it to a step for each joint."""
        side_px = SQUARES_PX[size]
        seen = keras.Input((side_px, side_px, 3 + N_JOINTS), name="picture_and_pose")
        if size == "paper":
            x = layers.GlobalAveragePooling2D(name="averaged")(without_top(side_px, 3 + N_JOINTS)(seen))
            steps = numbers(x, 2 * N_JOINTS, start=0.0)
        else:
            steps = dense_head(encoder(seen)[-1], 2 * N_JOINTS, 192, start=0.0)
        return keras.Model(seen, steps, name=self.name)

    def inputs(self, look: Look) -> KerasTensor:
        """Draw the pose into the picture, a channel for each joint."""
        side_px = look.pictures.shape[1]
        drawn = draw_peaks(look.last["points"], side_px, DRAWN_CELLS * side_px / 64)
        return ops.concatenate([look.pictures / 255, drawn], axis=-1)

    def truths(self, look: Look) -> list[KerasTensor]:
        """Ask for a step towards the truth, no longer than the longest."""
        way = look.batch["points"] - look.last["points"]
        length = ops.sqrt(ops.sum(way**2, axis=-1, keepdims=True) + 1e-12)
        return [way * ops.minimum(1.0, LARGEST_STEP / length)]

    def loss(self, output: KerasTensor, truth: KerasTensor, batch: Batch) -> KerasTensor:
        """Average the squared distances, in longest steps."""
        wrong = (_step(output) - truth) / LARGEST_STEP
        return labelled_mean(ops.sum(wrong**2, axis=-1), batch["labelled"])

    def decode(self, look: Look) -> list[Answer]:
        """Take the step."""
        return [{"points": look.last["points"] + _step(output)} for output in look.outputs]


def _step(output: KerasTensor) -> KerasTensor:
    return LARGEST_STEP * ops.tanh(as_points(output))


SQUARES_PX = {"small": 64, "paper": 224}

METHOD = Method(stages=(Feedback(),), squares_px=SQUARES_PX)
