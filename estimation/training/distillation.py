"""What the recipes train: a network of ours, on labels and on the word of a teacher."""

from collections.abc import Sequence
from pathlib import Path

import keras
import numpy as np
import numpy.typing as npt

from estimation.checkpoints import assign_weights, read_weights
from estimation.lightweight import NARROWED
from estimation.networks import build_network, build_with_weights
from estimation.pictures import resize_picture
from estimation.training.averages import WeightAverage
from estimation.training.dataset import Example
from estimation.training.lesson import Lesson
from estimation.training.narrowing import begin_as
from estimation.training.photographs import Photograph, decode
from estimation.training.precision import faster_precision
from estimation.training.recipes import FASTER, TEACHER, Recipe
from estimation.training.runs import Trainee
from estimation.training.squares import Batch, Room, make_batch

N_HELD_OUT_SQUARES = 96
HELD_OUT_PX = 256

N_LOOKED_AT = 32
"""Pictures that tell which of the teacher's channels matter."""


def set_up(
    recipe: Recipe,
    *,
    seed: int,
    teacher: Path | None = None,
    start: Path | None = None,
    examples: Sequence[Example] = (),
) -> Trainee:
    """Set precision and seed, and get the network and its teacher ready.

    Parameters
    ----------
    recipe : Recipe
    seed : int
        Of the weights that training starts from.
    teacher : Path, optional
        Published weights of `lightweight`; without them only the labels teach.
    start : Path, optional
        Weights to go on from; without them training starts as the recipe says.
    examples : sequence of Example, optional
        A network that begins as its teacher, and is narrower, finds out with some of them which channels matter.

    Returns
    -------
    trainee : Trainee

    Raises
    ------
    ValueError
        If weights are missing, broken or another network's.
    """
    keras.config.set_dtype_policy(faster_precision() if recipe.precision == FASTER else recipe.precision)
    keras.utils.set_random_seed(seed)
    known = load_teacher(teacher) if teacher else None
    model = build_network(recipe.network)
    if start:
        assign_weights(model, read_weights(start), start)
    elif known is not None and recipe.begins == TEACHER:
        begin_as(model, known, NARROWED, _looked_at(examples))
    lesson = Lesson(model, known, recipe.trust)
    # The rate is set at every step.
    optimiser = keras.optimizers.AdamW(recipe.rate, weight_decay=recipe.weight_decay, global_clipnorm=20.0)
    lesson.compile(optimizer=optimiser, jit_compile=_is_worth_compiling())
    optimiser.build(lesson.student.trainable_variables)
    return Trainee(model, lesson, WeightAverage(model, recipe.average_steps))


def load_teacher(path: Path) -> keras.Model:
    """Read the teacher; raise WeightsError, which is a ValueError, if a file is missing, broken or lacks an array."""
    return build_with_weights(read_weights(path), path, "lightweight")


def _looked_at(examples: Sequence[Example]) -> npt.NDArray[np.uint8]:
    """Choose pictures from all over a data set, in one size, whatever becomes of their proportions."""
    photographs, _ = decode(examples[:: max(len(examples) // N_LOOKED_AT, 1)][:N_LOOKED_AT])
    squares = [resize_picture(photograph.picture, HELD_OUT_PX, HELD_OUT_PX) for photograph in photographs]
    return np.array(squares, np.uint8).reshape(-1, HELD_OUT_PX, HELD_OUT_PX, 3)


def _is_worth_compiling() -> bool | str:
    # XLA on a processor makes these convolutions slower: 2023 ms a step instead of 238, measured.
    return False if keras.backend.backend() == "tensorflow" else "auto"


def held_out_batch(photographs: Sequence[Photograph], mix: float) -> Batch | None:
    """Cut a fixed square out of each of the first pictures kept out with people; None if there are none."""
    chosen = [photograph for photograph in photographs if len(photograph.example.boxes)][:N_HELD_OUT_SQUARES]
    if not chosen:
        return None
    rng = np.random.default_rng(0)
    batch = make_batch(chosen, [mix] * len(chosen), HELD_OUT_PX, rng, Room.of(chosen))
    return batch | {name: np.zeros((), np.float32) for name in ("emphasis", "hint")}
