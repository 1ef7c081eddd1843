"""What the recipes train: a network of ours, on labels and on the word of a teacher."""

from collections.abc import Sequence
from pathlib import Path

import keras
import numpy as np

from estimation.checkpoints import assign_weights, read_weights
from estimation.lightweight import begin_as
from estimation.networks import build_network, build_with_weights
from estimation.training.averages import WeightAverage
from estimation.training.lesson import Lesson
from estimation.training.photographs import Photograph
from estimation.training.precision import faster_precision
from estimation.training.recipes import FASTER, TEACHER, Recipe
from estimation.training.runs import Trainee
from estimation.training.squares import Batch, Room, make_batch

N_HELD_OUT_SQUARES = 96
HELD_OUT_PX = 256


def set_up(recipe: Recipe, *, seed: int, teacher: Path | None = None, start: Path | None = None) -> Trainee:
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
        begin_as(model, known)
    lesson = Lesson(model, known, recipe.trust)
    # The rate is set at every step.
    optimiser = keras.optimizers.AdamW(recipe.rate, weight_decay=recipe.weight_decay, global_clipnorm=20.0)
    lesson.compile(optimizer=optimiser, jit_compile=_is_worth_compiling())
    optimiser.build(lesson.student.trainable_variables)
    return Trainee(model, lesson, WeightAverage(model, recipe.average_steps))


def load_teacher(path: Path) -> keras.Model:
    """Read the teacher; raise WeightsError, which is a ValueError, if a file is missing, broken or lacks an array."""
    return build_with_weights(read_weights(path), path, "lightweight")


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
