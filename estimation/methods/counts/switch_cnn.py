"""Switch-CNN: a classifier sends each patch of the picture to one of MCNN's three columns.

Sam, Surya and Babu (2017): how dense a crowd is differs within a picture, so each patch gets the column that suits it.
A column learns from a patch mostly if of the three it counts best there, and the classifier learns which one that is.
In the paper columns and classifier are trained in turns, and the columns at first on everything; here they learn at the
same time, and every column a fifth as much from all patches, so that none is forgotten. To the classifier the patches
of each column matter the same, however many they are, as in the paper; otherwise it would name the commonest column for
every patch. In paper size 3x3 patches of 96 px and VGG-16 as the classifier; in small size 2x2 patches of 64 px and the
encoder that the small methods share.
"""

import keras
from keras import KerasTensor, layers, ops

from estimation.methods.count_kinds import density_answer
from estimation.methods.counts.mcnn import COLUMNS, column
from estimation.methods.layers import encoder, maps, scaled
from estimation.methods.patches import from_patches, to_patches
from estimation.methods.stages import Answer, Batch, Look, Method, Stage, labelled_mean
from estimation.methods.vgg import VGG16, vgg

SQUARES_PX = {"small": 128, "paper": 288}
N_PATCHES = {"small": 2, "paper": 3}
"""In a row and in a column."""

_SHARE_OF_ALL = 0.2
_LEAST_SHARE = 0.02  # of the patches: a column that hardly any patch wants must not drown the others


class Columns(Stage):
    """Three columns that all look at each patch: maps (n * P * P, N, N, 3)."""

    def __init__(self) -> None:
        self.name = "columns"

    def build(self, size: str) -> keras.Model:
        """Build the columns, each with a density of its own."""
        side_px = SQUARES_PX[size] // N_PATCHES[size]
        patch = keras.Input((side_px, side_px, 3), name="patch")
        x = scaled(patch)
        ends = [column(x, number, is_normalised=size == "small") for number in range(len(COLUMNS))]
        densities = [maps(end, 1, f"density{number}") for number, end in enumerate(ends, start=1)]
        return keras.Model(patch, layers.Concatenate(name="densities")(densities), name="columns")

    def inputs(self, look: Look) -> KerasTensor:
        """Cut the patches."""
        return to_patches(look.pictures, n_patches(look))

    def truths(self, look: Look) -> list[KerasTensor]:
        """Ask all columns for the density in each patch."""
        return [true_patches(look)]

    def loss(self, output: KerasTensor, truth: KerasTensor, batch: Batch) -> KerasTensor:
        """Sum the squared differences, those of each patch's best column six times as much; mean over the pictures."""
        errors = ops.sum((output - truth) ** 2, axis=(1, 2))
        weights = best_columns(output, truth) + _SHARE_OF_ALL
        return labelled_mean(ops.sum(_by_picture(errors * weights, batch), axis=1), batch["labelled"])

    def decode(self, look: Look) -> list[Answer]:
        """Keep what each column says; before anybody chooses, their mean is the answer."""
        (densities,) = look.outputs
        mean = from_patches(ops.mean(densities, axis=-1, keepdims=True), n_patches(look))
        return [{**density_answer(look, mean[..., 0]), "columns": densities}]


class Switch(Stage):
    """A classifier that names a column for each patch; cross entropy."""

    def __init__(self) -> None:
        self.name = "switch"

    def build(self, size: str) -> keras.Model:
        """Build the classifier."""
        side_px = SQUARES_PX[size] // N_PATCHES[size]
        patch = keras.Input((side_px, side_px, 3), name="patch")
        x = scaled(patch)
        features = vgg(x, VGG16) if size == "paper" else encoder(x)
        x = layers.GlobalAveragePooling2D(name="averaged")(features[-1])
        x = layers.Dense(512 if size == "paper" else 64, activation="relu", name="hidden")(x)
        x = layers.Dense(len(COLUMNS), kernel_initializer="zeros", name="choice")(x)
        return keras.Model(patch, x, name="switch")

    def inputs(self, look: Look) -> KerasTensor:
        """Cut the patches."""
        return to_patches(look.pictures, n_patches(look))

    def truths(self, look: Look) -> list[KerasTensor]:
        """Ask for the column that counts best."""
        return [best_columns(look.last["columns"], true_patches(look))]

    def loss(self, output: KerasTensor, truth: KerasTensor, batch: Batch) -> KerasTensor:
        """Average the cross entropy over the patches, those of a column together as much as those of another."""
        rarity = 1 / (len(COLUMNS) * ops.maximum(ops.mean(truth, axis=0), _LEAST_SHARE))
        errors = -ops.sum(truth * rarity * ops.log_softmax(output), axis=-1)
        return labelled_mean(ops.mean(_by_picture(errors, batch), axis=1), batch["labelled"])

    def decode(self, look: Look) -> list[Answer]:
        """Take of each patch what the named column says: ``choice`` (n, P * P) counts columns from 0."""
        (choice,) = look.outputs
        named = ops.argmax(choice, axis=-1)
        is_named = ops.reshape(ops.one_hot(named, len(COLUMNS)), (-1, 1, 1, len(COLUMNS)))
        chosen = ops.sum(look.last["columns"] * is_named, axis=-1, keepdims=True)
        density = from_patches(chosen, n_patches(look))[..., 0]
        return [{**density_answer(look, density), "choice": ops.reshape(named, (-1, n_patches(look) ** 2))}]


def n_patches(look: Look) -> int:
    """Tell how many patches there are in a row."""
    return next(N_PATCHES[size] for size, side_px in SQUARES_PX.items() if side_px == look.pictures.shape[1])


def true_patches(look: Look) -> KerasTensor:
    """Cut the true density into patches: (n * P * P, N, N, 1)."""
    return to_patches(ops.expand_dims(look.batch["density"], -1), n_patches(look))


def _by_picture(values: KerasTensor, batch: Batch) -> KerasTensor:
    """Put values (n * P * P, K) of patches beside each other, picture by picture: (n, P * P * K)."""
    return ops.reshape(values, (ops.shape(batch["labelled"])[0], -1))


def best_columns(densities: KerasTensor, truth: KerasTensor) -> KerasTensor:
    """Mark the column whose count is nearest for each patch: 1 for it and 0 for the others, (n * P * P, 3)."""
    errors = ops.abs(ops.sum(densities - truth, axis=(1, 2)))
    return ops.one_hot(ops.argmin(errors, axis=-1), len(COLUMNS))


METHOD = Method(stages=(Columns(), Switch()), squares_px=SQUARES_PX, answers="density")
