"""How a method is trained: one choice of optimiser, batches and learning rate for all of them."""

import math

import keras

from estimation.methods.people import FloatArray
from estimation.methods.stages import Method, MethodLesson, Row
from estimation.training.averages import WeightAverage
from estimation.training.loop import Schedule
from estimation.training.runs import Trainee

N_LOGGED, N_CHECKPOINTS = 40, 8
"""Lines of a run's log, which are the points of its curve, and checkpoints, of a long run more."""

_BETWEEN_CHECKPOINTS = 500

_WARM_UP, _LONGEST_WARM_UP = 0.05, 100
_AVERAGED_STEPS = 100


def set_up(method: Method, size: str, start: FloatArray, *, seed: int) -> Trainee:
    """Get a method ready to learn.

    Parameters
    ----------
    method : Method
    size : str
        ``small`` or ``paper``.
    start : ndarray of shape (16, 2)
        The pose before the first stage, in sides.
    seed : int
        Of the weights that training starts from.

    Returns
    -------
    trainee : Trainee
        Its model is a `Row`.
    """
    keras.config.set_dtype_policy("float32")
    keras.utils.set_random_seed(seed)
    row = Row(method, size, start)
    lesson = MethodLesson(row)
    # The rate is set at every step. XLA takes minutes to compile an hourglass on a processor.
    optimiser = keras.optimizers.AdamW(method.rate, weight_decay=1e-4, global_clipnorm=20.0)
    lesson.compile(optimizer=optimiser, jit_compile=False if keras.backend.backend() == "tensorflow" else "auto")
    optimiser.build(lesson.trainable_variables)  # else the step would be traced twice
    return Trainee(row, lesson, WeightAverage(row, _AVERAGED_STEPS))


def rate_at(step: int, n_steps: int, highest: float) -> float:
    """Give the learning rate of a step: it rises to the highest in a warm-up and falls to a hundredth on a cosine."""
    warm_up = min(_WARM_UP * n_steps, _LONGEST_WARM_UP)
    if step < warm_up:
        return highest * (0.02 + 0.98 * step / warm_up)
    part = (step - warm_up) / (n_steps - warm_up)
    return highest * (0.01 + 0.99 * (1 + math.cos(math.pi * part)) / 2)


def schedule_of(n_steps: int, squares_px: int, highest_rate: float) -> Schedule:
    """Say what a run of so many steps does on the way."""
    log_every = math.ceil(n_steps / N_LOGGED)
    between = min(math.ceil(n_steps / N_CHECKPOINTS), _BETWEEN_CHECKPOINTS)
    return Schedule(
        last_step=n_steps,
        rate_at=lambda step: rate_at(step, n_steps, highest_rate),
        size_at=lambda _: squares_px,
        # A checkpoint ends a line of the log: of any other step the line would be the loss of a few.
        checkpoint_every=math.ceil(between / log_every) * log_every,
        log_every=log_every,
    )
