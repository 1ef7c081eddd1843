"""Train all entrants of a task side by side, with every seed, and put what came of it together."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tqdm import tqdm

from estimation.backend import import_quietly
from estimation.methods.comparing.measured import Measured, Result, Rows, rows_of
from estimation.methods.comparing.plan import Plan, read_plan, steps_that_fit, write_plan
from estimation.methods.comparing.task import Answers, Entrant, People, Task

RENDERED, PHOTOGRAPHS = "rendered", "photographs"
"""The sets of people who are asked about."""

TRAINING_SEED, KEPT_OUT_SEED = 1, 2
"""Of the rendered people."""

SIZE = "small"


@dataclass(frozen=True)
class Request:
    """What is to be compared.

    Attributes
    ----------
    task : Task
    entrants : sequence of Entrant
    minutes : float or None
        For each entrant, all seeds together; None where `steps` says how many steps each run takes.
    steps : int or None
    seeds, people, kept_out : int
        How many runs of each entrant, rendered people to learn from, and rendered people to ask about.
    folder : Path
        Of all runs.
    photographed : samples of the task, optional
        People in photographs to ask about as well.
    """

    task: Task
    entrants: Sequence[Entrant]
    minutes: float | None
    steps: int | None
    seeds: int
    people: int
    kept_out: int
    folder: Path
    photographed: Any = None

    def asked(self) -> dict[str, Any]:
        """List all that another run in the folder must have in common with it."""
        return {
            "task": self.task.name,
            "methods": [entrant.name for entrant in self.entrants],
            "minutes": self.minutes,
            "steps": self.steps,
            "seeds": self.seeds,
            "people": self.people,
            "kept-out people": self.kept_out,
        }


@dataclass(frozen=True)
class Comparison:
    """What came of a task or of one of its trials.

    Attributes
    ----------
    task : Task
    entrants : sequence of Entrant
    results : sequence of Result
        One for each entrant and seed, in their order.
    people : People
    folder : Path
        Of its runs.
    """

    task: Task
    entrants: Sequence[Entrant]
    results: Sequence[Result]
    people: People
    folder: Path

    def baselines(self, name: str) -> dict[str, Answers]:
        """Give what nobody trained says of a set."""
        return dict(self.task.baselines(self.people.training, self.people.asked[name]))

    def rows(self, name: str) -> Rows:
        """Give the rows of a set."""
        samples = self.people.asked[name]
        measured: dict[str, Measured] = {
            baseline: self.task.measure(answers, samples) for baseline, answers in self.baselines(name).items()
        }
        return rows_of(self.results, measured, name)

    def run_folder(self, entrant: str, seed: int = 0) -> Path:
        """Say where a run is."""
        return run_folder(self.folder, entrant, seed)


def run_folder(folder: Path, entrant: str, seed: int) -> Path:
    """Say where a run is among all of a folder."""
    return folder / f"{entrant}-seed{seed}"


def compare(request: Request) -> list[Comparison]:
    """Train, ask and measure all that has not been yet.

    Parameters
    ----------
    request : Request

    Returns
    -------
    comparisons : list of Comparison
        Of the task, and of its trials.

    Raises
    ------
    ValueError
        If the folder is that of something else, or there is no time for a step.
    OSError
        If something cannot be written.
    """
    task, folder = request.task, request.folder
    plan = read_plan(folder, request.asked(), "--runs")
    running = import_quietly("estimation.methods.comparing.running")
    people = People(
        task.people(request.people, seed=TRAINING_SEED), {RENDERED: task.people(request.kept_out, seed=KEPT_OUT_SEED)}
    )
    if request.photographed is not None:
        people.asked[PHOTOGRAPHS] = request.photographed
    if plan is None:
        plan = Plan(request.asked(), _steps(request, running.pace_of, people.training))
        write_plan(folder, plan)
    total = request.seeds * sum(plan.steps.values())
    trials = [(trial, min(trial.n_steps, request.steps or trial.n_steps)) for trial in task.trials]
    total += sum(n_steps * len(trial.entrants()) for trial, n_steps in trials)
    with tqdm(total=total, unit="step", disable=None) as bar:
        found = [_all_runs(running.run, task, request.entrants, people, folder, plan.steps, request.seeds, bar)]
        for trial, n_steps in trials:
            rendered = People(trial.of(people.training), {RENDERED: trial.of(people.asked[RENDERED])})
            entrants = trial.entrants()
            steps = {entrant.name: n_steps for entrant in entrants}
            found.append(_all_runs(running.run, trial, entrants, rendered, folder / trial.name, steps, 1, bar))
    return found


def _steps(request: Request, pace_of: Any, training: Any) -> dict[str, int]:  # noqa: ANN401 - late, and the task's own
    by_name = {entrant.name: entrant for entrant in request.entrants}
    if request.minutes is None:
        return dict.fromkeys(by_name, request.steps or 1)
    with tqdm(by_name, unit="method", desc="how long steps take", disable=None) as names:
        return steps_that_fit(
            names,
            lambda name: pace_of(request.task, by_name[name], SIZE, training),
            request.minutes,
            request.seeds,
            request.task.same_steps,
        )


def _all_runs(
    run: Any,  # noqa: ANN401 - imported late
    task: Task,
    entrants: Sequence[Entrant],
    people: People,
    folder: Path,
    steps: dict[str, int],
    n_seeds: int,
    bar: tqdm,
) -> Comparison:
    results = []
    # Seed by seed: should the machine become slower, it does so for all entrants.
    for seed in range(n_seeds):
        for entrant in entrants:
            bar.set_description(f"{entrant.name}, seed {seed}")
            n_steps = steps[entrant.name]
            own = run_folder(folder, entrant.name, seed)
            results.append(run(task, entrant, SIZE, people, own, n_steps=n_steps, seed=seed, bar=bar))
    return Comparison(task, entrants, results, people, folder)
