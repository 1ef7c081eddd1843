"""The folder of a run: what a restart needs, the log, and the weights as they would ship."""

import csv
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from estimation.checkpoints import save_weights
from estimation.replacing import replacing
from estimation.training.averages import WeightAverage

if TYPE_CHECKING:
    import keras

LOG_COLUMNS = ("step", "loss", "hint_loss", "held_out_loss", "size_px", "rate", "seconds")


@dataclass(frozen=True)
class Trainee:
    """A network on its way.

    Attributes
    ----------
    model : keras.Model
        The network as it will be used.
    joined : keras.Model
        The same layers, compiled: its first output is that of all stages in one tensor, others, if any, are
        guessed hints, named ``hints-LEVEL``.
    average : WeightAverage
        Of all weights of `joined`.
    """

    model: "keras.Model"
    joined: "keras.Model"
    average: WeightAverage


class Run:
    """A run that can be broken off anywhere and goes on from its last checkpoint.

    Parameters
    ----------
    folder : Path
        Holds all of it; made where it is missing.

    Attributes
    ----------
    seconds : float
        Time that all steps so far took, over all restarts.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.seconds = 0.0

    def check_recipe(self, n_steps: int) -> None:
        """Check that a recipe of so many steps can go on here.

        Raises
        ------
        ValueError
            If the run has more steps behind it: it is that of another recipe.
        """
        behind = int(self._read_progress()["step"])
        if behind > n_steps:
            raise ValueError(
                f"A recipe must have at least as many steps as its run has taken; got a recipe of {n_steps} steps, and "
                f"{behind} taken in {self.folder}. Name another folder with --run."
            )

    def resume(self, trainee: Trainee) -> int:
        """Bring a trainee to the last checkpoint, if there is one, and return the number of steps it has behind it."""
        progress = self._read_progress()
        step, self.seconds = int(progress["step"]), progress["seconds"]
        if step == 0:
            self._write_log([])
            return 0
        trainee.joined.load_weights(self._state(step))
        with np.load(self._average(step)) as values:
            trainee.average.restore([values[name] for name in values])
        # What was logged after the checkpoint will be logged again.
        self._write_log([row for row in self._read_log() if int(row["step"]) <= step])
        return step

    def save(self, trainee: Trainee, step: int) -> None:
        """Write a checkpoint; until all of it is there the one before counts."""
        trainee.joined.save_weights(self._state(step))
        np.savez(self._average(step), *trainee.average.values)
        with trainee.average.applied():
            save_weights(trainee.model, self.folder / "compact.npz")
        with replacing(self._progress) as unfinished:
            unfinished.write_text(json.dumps({"step": step, "seconds": self.seconds}), encoding="utf-8")
        for older in {*self.folder.glob("state-*"), *self.folder.glob("average-*")}:
            if older not in (self._state(step), self._average(step)):
                older.unlink()

    def log(self, step: int, losses: Mapping[str, float], held_out: float | None, *, size_px: int, rate: float) -> None:
        """Add a line to `log.csv`.

        Parameters
        ----------
        step : int
            Steps so far.
        losses : mapping of str to float
            By the names that Keras gives them: means over the steps since the line before.
        held_out : float, optional
            Loss on held-out pictures.
        size_px : int
            Side of the squares.
        rate : float
            Learning rate.
        """
        loss = losses.get("all_stages_loss", losses["loss"])
        hints = [value for name, value in losses.items() if name.startswith("hints-")]
        numbers = (loss, sum(hints) if hints else None, held_out)
        row = [step, *("" if number is None else f"{float(number):.5f}" for number in numbers)]
        with self._log.open("a", newline="", encoding="utf-8") as file:
            csv.writer(file).writerow([*row, size_px, f"{rate:.3g}", f"{self.seconds:.1f}"])

    @property
    def _log(self) -> Path:
        return self.folder / "log.csv"

    @property
    def _progress(self) -> Path:
        return self.folder / "progress.json"

    def _read_progress(self) -> dict[str, float]:
        if not self._progress.exists():
            return {"step": 0, "seconds": 0.0}
        progress: dict[str, float] = json.loads(self._progress.read_text(encoding="utf-8"))
        return progress

    def _state(self, step: int) -> Path:
        return self.folder / f"state-{step}.weights.h5"

    def _average(self, step: int) -> Path:
        return self.folder / f"average-{step}.npz"

    def _read_log(self) -> list[dict[str, str]]:
        with self._log.open(newline="", encoding="utf-8") as file:
            return [row for row in csv.DictReader(file) if row["seconds"]]

    def _write_log(self, rows: list[dict[str, str]]) -> None:
        with replacing(self._log) as unfinished, unfinished.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, LOG_COLUMNS)
            writer.writeheader()
            writer.writerows(rows)
