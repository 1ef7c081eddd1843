"""The folder of a run: the checkpoint that a restart needs, the log, and the weights as they would ship."""

import csv
import json
import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from estimation.checkpoints import save_weights
from estimation.replacing import replacing
from estimation.training.averages import WeightAverage

if TYPE_CHECKING:
    import keras

LOG_COLUMNS = ("step", "loss", "held_out_loss", "size_px", "rate", "seconds")


@dataclass(frozen=True)
class Trainee:
    """A network on its way.

    Attributes
    ----------
    model : keras.Model
        The network as it will be used.
    lesson : keras.Model
        Compiled, and around `model`: it answers a batch with the loss.
    average : WeightAverage
        Of all weights of `model`.
    """

    model: "keras.Model"
    lesson: "keras.Model"
    average: WeightAverage

    def state(self) -> dict[str, list[npt.NDArray[Any]]]:
        """Copy all numbers that training has changed: weights, what the optimiser remembers, the average."""
        variables = self.lesson.optimizer.variables
        return {
            "weight": self.model.get_weights(),
            "optimiser": [np.array(variable.numpy()) for variable in variables],
            "average": [array.copy() for array in self.average.values],
        }

    def restore(self, state: dict[str, list[npt.NDArray[Any]]]) -> None:
        """Go back to a `state`."""
        self.model.set_weights(state["weight"])
        for variable, value in zip(self.lesson.optimizer.variables, state["optimiser"], strict=True):
            variable.assign(value)
        self.average.restore(state["average"])


class Run:
    """A run that can be broken off anywhere and goes on from its last checkpoint.

    Parameters
    ----------
    folder : Path
        Holds all of it; made where it is missing.
    what : str
        What the run is: the name of its recipe, or whatever else another run must have in common with it.
    weights : Path, optional
        Where the averaged weights go; in the folder by default.

    Attributes
    ----------
    seconds : float
        Time that all steps so far took, over all restarts.

    Raises
    ------
    ValueError
        If the folder is that of another run.
    """

    def __init__(self, folder: Path, what: str, weights: Path | None = None) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder, self.what, self._weights = folder, what, weights
        self.seconds = 0.0
        begun = self._described().get("recipe", what)
        if begun != what:
            raise ValueError(
                f"A run must go on as what it began as; got {what!r}, and a run of {begun!r} in {folder}. "
                "Name another folder with --run."
            )

    def check_steps(self, n_steps: int) -> None:
        """Check that a run of so many steps can go on here.

        Raises
        ------
        ValueError
            If the run has more steps behind it.
        """
        behind = self.steps_behind()
        if behind > n_steps:
            raise ValueError(
                f"A run must have at least as many steps as it has taken; got {n_steps} steps, and {behind} taken in "
                f"{self.folder}. Name another folder with --run."
            )

    def steps_behind(self) -> int:
        """Say how many steps the last checkpoint has behind it."""
        return int(self._described().get("step", 0))

    def resume(self, trainee: Trainee) -> int:
        """Bring a trainee to the last checkpoint, if there is one, and return the number of steps it has behind it.

        Raises
        ------
        ValueError
            If the checkpoint is another network's, or broken.
        """
        described = self._described()
        step, self.seconds = described.get("step", 0), described.get("seconds", 0.0)
        if step:
            try:
                with self._checkpoint.open("rb") as file, np.lib.npyio.NpzFile(file, allow_pickle=False) as arrays:
                    state = {
                        kind: [arrays[f"{kind}-{index}"] for index in range(described[kind])]
                        for kind in ("weight", "optimiser", "average")
                    }
                trainee.restore(state)
            except (OSError, ValueError, KeyError, zipfile.BadZipFile, zlib.error) as error:
                raise ValueError(
                    f"{self._checkpoint} must be a checkpoint of {trainee.model.name}; it cannot be read: "
                    f"{error!s:.200}. Name another folder with --run."
                ) from error
        # What was logged after the checkpoint will be logged again.
        self._write_log([row for row in self._read_log() if int(row["step"]) <= step])
        return int(step)

    def save(self, trainee: Trainee, step: int) -> None:
        """Write a checkpoint and the averaged weights; until all of it is there the one before counts.

        Raises
        ------
        OSError
            If there is no room; the checkpoint before stays.
        """
        state = trainee.state()
        # Checkpoints have called it so since only recipes made runs.
        described = {"recipe": self.what, "step": step, "seconds": self.seconds}
        described |= {kind: len(arrays) for kind, arrays in state.items()}
        named = {f"{kind}-{index}": array for kind, arrays in state.items() for index, array in enumerate(arrays)}
        named["described"] = np.array(json.dumps(described))
        with replacing(self._checkpoint) as unfinished, unfinished.open("wb") as file:
            np.savez(file, **named)  # type: ignore[arg-type]  # NumPy's stubs expect only its own options.
        with trainee.average.applied():
            save_weights(trainee.model, self.weights_of(trainee))

    def weights_of(self, trainee: Trainee) -> Path:
        """Say where the averaged weights are."""
        return self._weights or self.folder / f"{trainee.model.name}.npz"

    def log(self, step: int, loss: float, held_out: float | None, *, size_px: int, rate: float) -> None:
        """Add a line to `log.csv`.

        Parameters
        ----------
        step : int
            Steps so far.
        loss : float
            Mean over the steps since the line before.
        held_out : float, optional
            Loss on held-out pictures.
        size_px : int
            Side of the squares.
        rate : float
            Learning rate.
        """
        row = [step, *("" if number is None else f"{float(number):.5f}" for number in (loss, held_out))]
        with self._log.open("a", newline="", encoding="utf-8") as file:
            csv.writer(file).writerow([*row, size_px, f"{rate:.3g}", f"{self.seconds:.1f}"])

    def losses(self) -> list[tuple[int, float]]:
        """Read the log: steps so far, and the mean loss of the last ones."""
        return [(int(row["step"]), float(row["loss"])) for row in self._read_log()]

    @property
    def _log(self) -> Path:
        return self.folder / "log.csv"

    @property
    def _checkpoint(self) -> Path:
        return self.folder / "checkpoint.npz"

    def _described(self) -> dict[str, Any]:
        """Read what the checkpoint says of itself; nothing where there is none."""
        if not self._checkpoint.exists():
            return {}
        try:
            with self._checkpoint.open("rb") as file, np.lib.npyio.NpzFile(file, allow_pickle=False) as arrays:
                described: dict[str, Any] = json.loads(str(arrays["described"]))
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
            raise ValueError(
                f"{self._checkpoint} must be a checkpoint of a run; it cannot be read: {error!s:.200}. "
                "Name another folder with --run."
            ) from error
        return described

    def _read_log(self) -> list[dict[str, str]]:
        if not self._log.exists():
            return []
        with self._log.open(newline="", encoding="utf-8") as file:
            return [row for row in csv.DictReader(file) if row["seconds"]]

    def _write_log(self, rows: Sequence[dict[str, str]]) -> None:
        with replacing(self._log) as unfinished, unfinished.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, LOG_COLUMNS)
            writer.writeheader()
            writer.writerows(rows)
