"""The stages that methods of counting use: a number, and a map whose sum is the number."""

import keras
from keras import KerasTensor, ops

from estimation.methods.kinds import Build
from estimation.methods.stages import Answer, Batch, Look, Stage, labelled_mean

PEOPLE_A_UNIT = 50
"""A network that answers a number answers 1 for so many people: weights begin small."""


class Density(Stage):
    """A network that answers how many people stand in each cell; sum of squared differences.

    A cell may get a little less than nobody: the errors of many cells cancel each other in the sum, which rectifying
    would forbid.

    Parameters
    ----------
    build : callable
        Builds the network of a size: from pictures (n, S, S, 3) to (n, N, N, 1).
    count_weight : float, optional
        What one person too many or too few in the sum costs besides.
    """

    def __init__(self, build: Build, count_weight: float = 0.0) -> None:
        self.name, self._build, self._count_weight = "density", build, count_weight

    def build(self, size: str) -> keras.Model:
        """Build the network."""
        return self._build(size)

    def inputs(self, look: Look) -> KerasTensor:
        """Show the picture alone."""
        return look.pictures

    def truths(self, look: Look) -> list[KerasTensor]:
        """Ask for the density in cells of the size that the network has."""
        return [in_cells(look.batch["density"], look.outputs[0].shape[1])]

    def loss(self, output: KerasTensor, truth: KerasTensor, batch: Batch) -> KerasTensor:
        """Sum the squared differences over the cells; mean over the pictures."""
        differences = output[..., 0] - truth
        losses = ops.sum(differences**2, axis=(1, 2))
        if self._count_weight:
            losses = losses + self._count_weight * ops.abs(ops.sum(differences, axis=(1, 2)))
        return labelled_mean(losses, batch["labelled"])

    def decode(self, look: Look) -> list[Answer]:
        """Take the map, and its sum."""
        return [density_answer(look, output[..., 0]) for output in look.outputs]


class Number(Stage):
    """A network that answers the number of people, in units of fifty; squared difference.

    Parameters
    ----------
    build : callable
        Builds the network of a size: from pictures (n, S, S, 3) to (n, 1).
    """

    def __init__(self, build: Build) -> None:
        self.name, self._build = "number", build

    def build(self, size: str) -> keras.Model:
        """Build the network."""
        return self._build(size)

    def inputs(self, look: Look) -> KerasTensor:
        """Show the picture alone."""
        return look.pictures

    def truths(self, look: Look) -> list[KerasTensor]:
        """Ask for the number: the sum of the density."""
        return [ops.sum(look.batch["density"], axis=(1, 2)) / PEOPLE_A_UNIT]

    def loss(self, output: KerasTensor, truth: KerasTensor, batch: Batch) -> KerasTensor:
        """Average the squared differences."""
        return labelled_mean((output[:, 0] - truth) ** 2, batch["labelled"])

    def decode(self, look: Look) -> list[Answer]:
        """Take the number; where the people are nobody says."""
        return [{**look.last, "counts": output[:, 0] * PEOPLE_A_UNIT} for output in look.outputs]


def density_answer(look: Look, density: KerasTensor) -> Answer:
    """Answer a density (n, N, N) and its sum."""
    return {**look.last, "density": density, "counts": ops.sum(density, axis=(1, 2))}


def in_cells(density: KerasTensor, n_cells: int) -> KerasTensor:
    """Add the cells of densities (n, N, N) up to n_cells in a row: (n, n_cells, n_cells)."""
    factor = density.shape[1] // n_cells
    if factor == 1:
        return density
    return ops.sum(ops.reshape(density, (-1, n_cells, factor, n_cells, factor)), axis=(2, 4))
