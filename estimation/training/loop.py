"""The loop of training: what a network sees and learns at every step, and how it does on pictures kept out."""

import contextlib
import time
from collections.abc import Generator, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import keras
import numpy as np
import numpy.typing as npt
from keras import layers, ops
from tqdm import tqdm

from estimation.architectures import build_compact
from estimation.checkpoints import assign_weights, read_weights
from estimation.networks import scale_pixels
from estimation.training.augmentation import training_pair
from estimation.training.averages import WeightAverage
from estimation.training.batches import Batch, BatchMaker, batches
from estimation.training.dataset import Example
from estimation.training.losses import emphasised, hint_l2, masked_l2, taught, weighted_hints
from estimation.training.precision import faster_precision
from estimation.training.recipes import FASTER, Recipe
from estimation.training.runs import Run, Trainee
from estimation.training.teacher import LEVELS, Teacher, load_teacher

N_HELD_OUT_SQUARES = 96
HELD_OUT_PX = 256

HINTS = {
    "at_4": "stem-block-relu",
    "at_8": "stem-conv3-out",
    "at_16": "hourglass-down2b-relu",
    "joined": "features-out",
}
"""Which layer of the compact network learns to guess what the teacher sees at which of its `LEVELS`."""

_LOG_EVERY = 50

FloatArray = npt.NDArray[np.float32]


class Lesson(NamedTuple):
    """What a network reads at a step, and what it should answer.

    Attributes
    ----------
    pictures : ndarray of shape (n, S, S, 3) and dtype float32
        From `scale_pixels`.
    truths : list of ndarray
        That of `masked_l2` and, with a teacher, that of `hint_l2` for each of the `HINTS`.
    """

    pictures: FloatArray
    truths: list[FloatArray]


def set_up(
    recipe: Recipe, *, seed: int, teacher: Path | None = None, start: Path | None = None
) -> tuple[Trainee, Teacher | None]:
    """Set precision and seed, and get the network and its teacher ready.

    Parameters
    ----------
    recipe : Recipe
    seed : int
        Of the weights that training starts from.
    teacher : Path, optional
        Weights of the teacher.
    start : Path, optional
        Weights to go on from; without them training starts from nothing.

    Returns
    -------
    trainee : Trainee
    teacher : Teacher or None

    Raises
    ------
    ValueError
        If weights are missing, broken or another network's.
    """
    keras.config.set_dtype_policy(faster_precision() if recipe.precision == FASTER else recipe.precision)
    keras.utils.set_random_seed(seed)
    known = load_teacher(teacher) if teacher else None
    trainee = make_trainee(recipe, has_hints=known is not None and recipe.hint > 0)
    if start:
        assign_weights(trainee.model, read_weights(start), start)
        trainee.average.restore(trainee.joined.get_weights())
    return trainee, known


def make_trainee(recipe: Recipe, *, has_hints: bool) -> Trainee:
    """Build the compact network and make it ready to learn.

    Parameters
    ----------
    recipe : Recipe
    has_hints : bool
        Whether it learns to guess the teacher's features too.

    Returns
    -------
    trainee : Trainee
    """
    model = build_compact()
    outputs = [layers.Concatenate(name="all_stages", dtype="float32")(model.outputs)]
    losses = [masked_l2]
    if has_hints:
        for level, layer in HINTS.items():
            _, n_features = LEVELS[level]
            guess = layers.Conv2D(n_features, 1, dtype="float32", name=f"hints-{level}")
            outputs.append(guess(model.get_layer(layer).output))
            losses.append(hint_l2)
    joined = keras.Model(model.inputs, outputs)
    joined.compile(optimizer=_optimizer(recipe), loss=losses, jit_compile=_is_worth_compiling())
    joined.optimizer.build(joined.trainable_variables)
    return Trainee(model, joined, WeightAverage(joined, recipe.average_steps))


def _optimizer(recipe: Recipe) -> keras.optimizers.Optimizer:
    schedule = keras.optimizers.schedules.CosineDecay(
        initial_learning_rate=recipe.rate / 50,
        decay_steps=recipe.steps - recipe.warm_up,
        alpha=0.01,
        warmup_target=recipe.rate,
        warmup_steps=recipe.warm_up,
    )
    return keras.optimizers.AdamW(schedule, weight_decay=recipe.weight_decay, global_clipnorm=20.0)


def _is_worth_compiling() -> bool | str:
    # XLA on a processor makes these convolutions slower: 63 ms a picture instead of 38, measured.
    return False if keras.backend.backend() == "tensorflow" else "auto"


def train(
    trainee: Trainee,
    maker: BatchMaker,
    run: Run,
    *,
    teacher: Teacher | None = None,
    kept_out: Sequence[Example] = (),
    stop: int | None = None,
) -> None:
    """Train from the last checkpoint of a run to the recipe's last step, and write the weights.

    Parameters
    ----------
    trainee : Trainee
        Changed in place.
    maker : BatchMaker
        With the recipe.
    run : Run
        Where the run lives.
    teacher : Teacher, optional
        Gives hints, and its word where labels are missing; without it both are left out.
    kept_out : sequence of Example, optional
        What the loss of the averaged weights is measured on at every checkpoint.
    stop : int, optional
        Break off after this step, in the middle of the recipe's schedule.
    """
    recipe = maker.recipe
    first_step = run.resume(trainee)
    last_step = recipe.steps if stop is None else min(stop, recipe.steps)
    measured = held_out_batch(kept_out)
    with (
        tqdm(total=last_step, initial=first_step, unit="step") as bar,
        contextlib.closing(batches(maker, first_step=first_step, last_step=last_step)) as prepared,
        contextlib.closing(_lessons(prepared, teacher, recipe, first_step)) as lessons,
    ):
        clock, recent = time.perf_counter(), []
        for n_steps, taken in enumerate(lessons, start=first_step + 1):
            recent.append(_learn(trainee, taken))
            trainee.average.update(n_steps)
            bar.update()
            is_checkpoint = n_steps % recipe.checkpoint_every == 0 or n_steps == last_step
            if is_checkpoint or n_steps % _LOG_EVERY == 0:
                run.seconds += time.perf_counter() - clock
                bar.set_postfix(loss=f"{recent[-1]['loss']:.3f}")
                _log(run, trainee, n_steps, recent, taken, measured if is_checkpoint else None)
                if is_checkpoint:
                    run.save(trainee, n_steps)
                clock, recent = time.perf_counter(), []


def _lessons(
    prepared: Iterable[Batch], teacher: Teacher | None, recipe: Recipe, first_step: int
) -> Generator[Lesson, None, None]:
    """Turn batches into lessons, each on a thread while the one before it is learned."""
    with ThreadPoolExecutor(1) as thread:
        coming = None
        for step, batch in enumerate(prepared, start=first_step):
            ready, coming = coming, thread.submit(lesson, batch, teacher, recipe, step)
            if ready:
                yield ready.result()
        if coming:
            yield coming.result()


def _learn(trainee: Trainee, taken: Lesson) -> dict[str, float]:
    """Take one step and return its losses."""
    trainee.joined.reset_metrics()  # Some versions of Keras do so at every batch, others would return means.
    losses: dict[str, float] = trainee.joined.train_on_batch(taken.pictures, taken.truths, return_dict=True)
    return losses


def _log(
    run: Run,
    trainee: Trainee,
    n_steps: int,
    recent: Sequence[Mapping[str, float]],
    taken: Lesson,
    measured: Batch | None,
) -> None:
    """Add a line of the mean losses of recent steps to the log."""
    losses = {name: float(np.mean([step[name] for step in recent])) for name in recent[0]}
    held_out_loss = measure(trainee, measured) if measured else None
    rate = float(trainee.joined.optimizer.learning_rate)
    run.log(n_steps, losses, held_out_loss, size_px=taken.pictures.shape[1], rate=rate)


def lesson(batch: Batch, teacher: Teacher | None, recipe: Recipe, step: int) -> Lesson:
    """Turn a batch into what the network reads and what it should answer at a step.

    Parameters
    ----------
    batch : Batch
        Not modified.
    teacher : Teacher, optional
    recipe : Recipe
    step : int
        Counts from 0.

    Returns
    -------
    taken : Lesson
    """
    pictures, targets = scale_pixels(batch.pictures), batch.targets
    if teacher is None:
        return Lesson(pictures, [emphasised(targets, recipe.emphasis_at(step))])
    features, maps = teacher.answer(pictures)
    targets = taught(targets, maps, recipe.trust, recipe.mix * batch.are_photos)
    hints = (features[level] for level in HINTS) if recipe.hint > 0 else ()
    truths = [weighted_hints(hint, recipe.hint_at(step)) for hint in hints]
    return Lesson(pictures, [emphasised(targets, recipe.emphasis_at(step)), *truths])


def held_out_batch(examples: Sequence[Example]) -> Batch | None:
    """Cut a fixed square out of each of the first held-out pictures with people; None if there are none."""
    chosen = [example for example in examples if len(example.boxes)][:N_HELD_OUT_SQUARES]
    if not chosen:
        return None
    pairs = (training_pair(example, HELD_OUT_PX, np.random.default_rng(i)) for i, example in enumerate(chosen))
    return Batch.of(pairs, np.ones(len(chosen), bool))


def measure(trainee: Trainee, batch: Batch) -> float:
    """Compute the loss of the averaged weights, without emphasis and without a teacher."""
    with trainee.average.applied():
        answers = trainee.model.predict(scale_pixels(batch.pictures), batch_size=8, verbose=0)
    truth, answer = (ops.convert_to_tensor(array) for array in (batch.targets, np.concatenate(answers, axis=-1)))
    return float(masked_l2(truth, answer))
