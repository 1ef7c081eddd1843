"""The loop of training, whatever is trained: steps, averages, the log, checkpoints.

What a step learns is the affair of a compiled model that answers a batch with its loss, and of whoever makes batches.
"""

import contextlib
import time
from collections import deque
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
from keras import ops
from tqdm import tqdm

from estimation.training.runs import Run, Trainee

Batch = dict[str, Any]


@dataclass(frozen=True)
class Schedule:
    """How long a run is, and what it does on the way.

    Attributes
    ----------
    last_step : int
        After which it ends.
    rate_at : callable
        Gives the learning rate of a step; steps count from 0.
    size_at : callable
        Gives the side of the squares of a step, in pixels.
    checkpoint_every : int
        Steps.
    log_every : int
        Steps.
    loaders : int
        Threads that prepare batches.
    """

    last_step: int
    rate_at: Callable[[int], float]
    size_at: Callable[[int], int]
    checkpoint_every: int
    log_every: int
    loaders: int = 1


def train(
    trainee: Trainee,
    make_batch: Callable[[int], Batch],
    schedule: Schedule,
    run: Run,
    measured: Batch | None = None,
    bar: tqdm | None = None,
) -> None:
    """Train from the last checkpoint of a run to the last step, and write the weights.

    Parameters
    ----------
    trainee : Trainee
        Changed in place.
    make_batch : callable
        Makes the batch of a step from its number; steps count from 0.
    schedule : Schedule
    run : Run
        Where the run lives.
    measured : dict, optional
        What the loss of the averaged weights is measured on at every checkpoint.
    bar : tqdm, optional
        Shows the steps of several runs; by default this one has a bar of its own.

    Raises
    ------
    OSError
        If a checkpoint cannot be written; the one before stays.
    """
    first_step = run.resume(trainee)
    with (
        _shown(bar, first_step, schedule.last_step) as shown,
        contextlib.closing(prepared(make_batch, first_step, schedule.last_step, schedule.loaders)) as batches,
    ):
        clock, recent = time.perf_counter(), []
        for n_steps, batch in enumerate(batches, start=first_step + 1):
            rate = schedule.rate_at(n_steps - 1)
            recent.append(learn(trainee, batch, rate))
            trainee.average.update(n_steps)
            shown.update()
            is_checkpoint = n_steps % schedule.checkpoint_every == 0 or n_steps == schedule.last_step
            if is_checkpoint or n_steps % schedule.log_every == 0:
                run.seconds += time.perf_counter() - clock
                loss, recent = float(np.mean(recent)), []
                shown.set_postfix(loss=f"{loss:.3f}")
                held_out_loss = measure(trainee, measured) if measured and is_checkpoint else None
                run.log(n_steps, loss, held_out_loss, size_px=schedule.size_at(n_steps - 1), rate=rate)
                if is_checkpoint:
                    run.save(trainee, n_steps)
                clock = time.perf_counter()


def _shown(bar: tqdm | None, first_step: int, last_step: int) -> contextlib.AbstractContextManager[tqdm]:
    if bar is not None:
        bar.update(first_step)
        return contextlib.nullcontext(bar)
    return contextlib.closing(tqdm(total=last_step, initial=first_step, unit="step", disable=None))


def learn(trainee: Trainee, batch: Batch, rate: float) -> float:
    """Take one step and return its loss."""
    trainee.lesson.optimizer.learning_rate.assign(rate)
    trainee.lesson.reset_metrics()  # Some versions of Keras do so at every batch, others would return means.
    return float(trainee.lesson.train_on_batch(batch))


def measure(trainee: Trainee, batch: Batch) -> float:
    """Compute the loss of the averaged weights."""
    with trainee.average.applied():
        trainee.lesson.reset_metrics()
        return float(trainee.lesson.test_on_batch(batch))


def prepared(
    make_batch: Callable[[int], Batch], first_step: int, last_step: int, loaders: int
) -> Generator[Batch, None, None]:
    """Prepare batches on threads, ahead of the steps that take them, and bring them to where the steps are taken.

    Yields
    ------
    batch : dict
        In the order of the steps. Close the generator to leave early: it drops what nobody has begun to prepare.
    """

    def prepare(step: int) -> Batch:
        return {name: ops.convert_to_tensor(array) for name, array in make_batch(step).items()}

    with _threads(loaders) as pool:
        waiting: deque[Future[Batch]] = deque()
        for step in range(first_step, last_step):
            waiting.append(pool.submit(prepare, step))
            if len(waiting) > 1 + loaders:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


@contextlib.contextmanager
def _threads(count: int) -> Iterator[ThreadPoolExecutor]:
    pool = ThreadPoolExecutor(max(count, 1))
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)
