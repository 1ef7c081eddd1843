"""The stage that methods of segmentation use: which pixels show the person."""

import keras
from keras import KerasTensor, ops

from estimation.methods.kinds import Build
from estimation.methods.stages import Answer, Batch, Look, Stage, labelled_mean

N_CLASSES = 2
"""Background and person."""

_SHARPNESS = 4
"""Maps begin at 0 and grow slowly; so much is the cross entropy ahead of them, or a network would need hundreds of
steps until it may be sure of anything."""


class Inside(Stage):
    """A network that answers two maps, how much each pixel looks like background and like the person; cross entropy.

    Parameters
    ----------
    build : callable
        Builds the network of a size: from squares (n, S, S, 3) to (n, S, S, 2).
    """

    def __init__(self, build: Build) -> None:
        self.name, self._build = "inside", build

    def build(self, size: str) -> keras.Model:
        """Build the network."""
        return self._build(size)

    def inputs(self, look: Look) -> KerasTensor:
        """Show the picture alone."""
        return look.pictures

    def truths(self, look: Look) -> list[KerasTensor]:
        """Ask for the mask."""
        return [look.batch["masks"]]

    def loss(self, output: KerasTensor, truth: KerasTensor, batch: Batch) -> KerasTensor:
        """Average the cross entropy over the pixels; mean over the people whose mask is known."""
        lead = _SHARPNESS * (output[..., 1] - output[..., 0])
        return labelled_mean(ops.mean(ops.softplus(lead) - lead * truth, axis=(1, 2)), batch["labelled"])

    def decode(self, look: Look) -> list[Answer]:
        """Turn the two maps into how sure the network is of the person, 0 to 1."""
        return [{**look.last, "masks": ops.softmax(_SHARPNESS * output)[..., 1]} for output in look.outputs]
