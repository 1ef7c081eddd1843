"""One run of one entrant: train it, ask it, measure its answers, and keep what came of it."""

import gc
from pathlib import Path
from typing import Any

import keras
from keras import ops
from tqdm import tqdm

from estimation.methods.asking import ask
from estimation.methods.comparing.measured import Measured, Result, read_result, write_result
from estimation.methods.comparing.plan import Pace
from estimation.methods.comparing.task import Entrant, People, Task, strip_of, strip_path
from estimation.methods.counting import count_parameters
from estimation.methods.training import schedule_of, set_up
from estimation.pictures import write_picture
from estimation.training import loop
from estimation.training.budget import measure_pace
from estimation.training.runs import Run, Trainee

MEASURED_S = 4.0
"""How long an entrant's steps are measured."""


def pace_of(task: Task, entrant: Entrant, size: str, training: Any) -> Pace:  # noqa: ANN401 - the task's samples
    """Measure how long an entrant's steps take; the first one compiles."""
    trainee = _ready(task, entrant, size, training, seed=0)
    method = trainee.model.method
    make = task.batches(entrant.name, training, method.squares_px[size], 0)
    batch = {name: ops.convert_to_tensor(array) for name, array in make(0).items()}
    return measure_pace(trainee, batch, method.rate, MEASURED_S)


def run(
    task: Task,
    entrant: Entrant,
    size: str,
    people: People,
    folder: Path,
    *,
    n_steps: int,
    seed: int,
    bar: tqdm | None = None,
) -> Result:
    """Train an entrant to its last step and ask it, unless that is done already.

    Parameters
    ----------
    task : Task
    entrant : Entrant
    size : str
    people : People
    folder : Path
        Of this run: its checkpoint goes there, its weights, `result.json`, and for each set a strip of the first
        people.
    n_steps, seed : int
    bar : tqdm, optional
        Shows the steps of several runs.

    Returns
    -------
    result : Result

    Raises
    ------
    ValueError
        If the folder is that of another run.
    OSError
        If something cannot be written.
    """
    n_people = {name: len(samples) for name, samples in people.asked.items()}
    kept = read_result(folder / "result.json")
    if kept is not None and kept.n_people == n_people:
        if bar is not None:
            bar.update(n_steps)
        return kept
    training_run = Run(folder, f"{task.name}/{entrant.name}, {size} size, {n_steps} steps, seed {seed}")
    trainee = _ready(task, entrant, size, people.training, seed)
    method = trainee.model.method
    squares_px = method.squares_px[size]
    maker = task.batches(entrant.name, people.training, squares_px, seed)
    loop.train(trainee, maker, schedule_of(n_steps, squares_px, method.rate), training_run, bar=bar)
    measured, ms_a_person = {}, 0.0
    with trainee.average.applied():
        for name, samples in people.asked.items():
            measured[name], ms = _measure(task, trainee, samples, squares_px, strip_path(folder, name))
            ms_a_person = ms_a_person or ms
    result = Result(
        entrant=entrant.name,
        seed=seed,
        steps=n_steps,
        parameters=sum(count_parameters(network) for network in trainee.model.networks),
        seconds=training_run.seconds,
        ms_a_person=ms_a_person,
        losses=tuple(training_run.losses()),
        n_people=n_people,
        measured=measured,
    )
    write_result(result, folder / "result.json")
    return result


def _ready(task: Task, entrant: Entrant, size: str, training: Any, seed: int) -> Trainee:  # noqa: ANN401 - the same
    # What earlier runs have compiled is not needed any more, and there are dozens of them.
    keras.utils.clear_session()
    gc.collect()
    return set_up(entrant.load(), size, task.start(training), seed=seed)


def _measure(
    task: Task,
    trainee: Trainee,
    samples: Any,  # noqa: ANN401 - the same
    squares_px: int,
    strip: Path,
) -> tuple[tuple[Measured, ...], float]:
    answers, ms_a_person = ask(trainee.model, task.pictures(samples, squares_px))
    write_picture(strip, strip_of(task, samples, answers[-1]))
    return tuple(task.measure(answer, samples) for answer in answers), ms_a_person
