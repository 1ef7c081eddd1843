"""How many steps fit into the minutes that there are: measured, because machines differ by more than a guess."""

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any, NamedTuple

from estimation.training.loop import learn
from estimation.training.recipes import Recipe
from estimation.training.runs import Trainee

MEASURED_S = 30.0
"""How long steps are measured, all sizes of squares together; compiling them comes on top."""

_CHECKPOINT_S = 60.0


class Pace(NamedTuple):
    """How long steps take.

    Attributes
    ----------
    first_s : float
        The first one, which compiles, in seconds.
    step_s : float
        Any other one.
    """

    first_s: float
    step_s: float


def fit_to_minutes(
    recipe: Recipe,
    trainee: Trainee,
    batch_at: Callable[[int], dict[str, Any]],
    minutes: float,
    *,
    behind: int = 0,
    clock: Callable[[], float] = time.perf_counter,
) -> Recipe:
    """Give a recipe as many steps as fit, and a checkpoint a minute.

    Parameters
    ----------
    recipe : Recipe
    trainee : Trainee
        Takes steps for the measurement, and is as before afterwards. Each size of squares is compiled on the way.
    batch_at : callable
        Makes the batch of a step.
    minutes : float
        From now on, this measurement included.
    behind : int, optional
        Steps that the run has taken before.
    clock : callable, optional
        Tells seconds.

    Returns
    -------
    recipe : Recipe

    Raises
    ------
    ValueError
        If not even the warm-up fits.
    """
    start, before = clock(), trainee.state()
    mean_s, since = 0.0, 0.0
    for squares in recipe.squares:
        batch = batch_at(int(since * recipe.steps))
        pace = measure_pace(trainee, batch, recipe.rate_at(0), MEASURED_S / len(recipe.squares), clock)
        mean_s, since = mean_s + (squares.until - since) * pace.step_s, squares.until
    trainee.restore(before)
    left_s = 60 * minutes - (clock() - start)
    steps = behind + int(left_s / mean_s)
    if steps <= recipe.warm_up:
        raise ValueError(
            f"A run must have time for more steps than the warm-up of {recipe.warm_up}; got {max(steps, 0)} in "
            f"{minutes:g} minutes, at {1000 * mean_s:.0f} ms a step. Give it more with --minutes."
        )
    return replace(recipe, steps=steps, checkpoint_every=max(int(_CHECKPOINT_S / mean_s), 1))


def measure_pace(
    trainee: Trainee,
    batch: dict[str, Any],
    rate: float,
    seconds: float,
    clock: Callable[[], float] = time.perf_counter,
) -> Pace:
    """Take steps for a while, one at least after the first, and say how long they took; the trainee is changed."""
    start = clock()
    learn(trainee, batch, rate)  # compiles
    since, n_steps = clock(), 0
    while n_steps == 0 or clock() - since < seconds:
        learn(trainee, batch, rate)
        n_steps += 1
    return Pace(since - start, (clock() - since) / n_steps)
