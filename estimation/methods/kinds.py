"""Kinds of stages that several methods use: numbers, maps with peaks."""

from collections.abc import Callable

import keras
from keras import KerasTensor, ops

from estimation.methods.layers import N_JOINTS
from estimation.methods.places import draw_peaks, peak_points
from estimation.methods.stages import Answer, Batch, Look, Stage, labelled_mean

Build = Callable[[str], keras.Model]


class Regression(Stage):
    """A network that answers the joints' places as numbers; mean squared distance.

    Parameters
    ----------
    build : callable
        Builds the network of a size: from squares (n, S, S, 3) to (n, 32).
    """

    def __init__(self, build: Build) -> None:
        self.name, self._build = "numbers", build

    def build(self, size: str) -> keras.Model:
        """Build the network."""
        return self._build(size)

    def inputs(self, look: Look) -> KerasTensor:
        """Show the picture alone."""
        return look.pictures

    def truths(self, look: Look) -> list[KerasTensor]:
        """Ask for the points."""
        return [look.batch["points"]]

    def loss(self, output: KerasTensor, truth: KerasTensor, batch: Batch) -> KerasTensor:
        """Average the squared distances of what is labelled."""
        return labelled_mean(ops.sum((as_points(output) - truth) ** 2, axis=-1), batch["labelled"])

    def decode(self, look: Look) -> list[Answer]:
        """Take the numbers as points."""
        return [{"points": as_points(output)} for output in look.outputs]


def as_points(numbers: KerasTensor) -> KerasTensor:
    """Turn 32 numbers into 16 points (x, y)."""
    return ops.reshape(numbers, (-1, N_JOINTS, 2))


class Peaks(Stage):
    """A network that answers a map for each joint with a peak where it is; sum of squared differences.

    Parameters
    ----------
    build : callable
        Builds the network of a size: from squares (n, S, S, 3) to one map or more, (n, N, N, K).
    sigma_cells : float, optional
        Width of the peaks that are asked for.
    """

    def __init__(self, build: Build, sigma_cells: float = 1.5) -> None:
        self.name, self._build, self._sigma_cells = "maps", build, sigma_cells

    def build(self, size: str) -> keras.Model:
        """Build the network."""
        return self._build(size)

    def inputs(self, look: Look) -> KerasTensor:
        """Show the picture alone."""
        return look.pictures

    def truths(self, look: Look) -> list[KerasTensor]:
        """Ask for the same peaks at every output."""
        peaks = draw_peaks(look.batch["points"], look.outputs[0].shape[1], self._sigma_cells)
        return [peaks] * len(look.outputs)

    def loss(self, output: KerasTensor, truth: KerasTensor, batch: Batch) -> KerasTensor:
        """Sum the squared differences over the cells; mean over the joints that are labelled."""
        return labelled_mean(ops.sum((output - truth) ** 2, axis=(1, 2)), batch["labelled"])

    def decode(self, look: Look) -> list[Answer]:
        """Take the highest cells."""
        return [{"points": peak_points(output)} for output in look.outputs]
