"""What was measured: numbers of one answer, results of one run, and rows of a table with the spread over seeds."""

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from estimation.replacing import replacing

DASH = "\N{EN DASH}"
"""Stands where there is no number, which is not 0."""

FIRST = ", first"
"""Behind the name of a method that has several answers: the row of the first one."""


@dataclass(frozen=True)
class Column:
    """A column of a table.

    Attributes
    ----------
    name : str
        Of the number in `Measured.numbers`.
    label : str
        What stands above the column.
    digits : int
        Behind the point.
    """

    name: str
    label: str
    digits: int = 3


@dataclass(frozen=True)
class Table:
    """A table of the page.

    Attributes
    ----------
    title, note : str
        What it is, and what a reader must know of it.
    columns : tuple of Column
    """

    title: str
    columns: tuple[Column, ...]
    note: str = ""


@dataclass(frozen=True)
class Curve:
    """A measure over its threshold.

    Attributes
    ----------
    title, x_label, y_label : str
    xs : tuple of float
        The thresholds.
    """

    title: str
    x_label: str
    y_label: str
    xs: tuple[float, ...]


@dataclass(frozen=True)
class Measured:
    """What one answer to all people of a set is worth.

    Attributes
    ----------
    numbers : dict of str to float
        By the columns' names; NaN where there is nothing to measure.
    curve : tuple of float
        At the thresholds of the task's curve.
    """

    numbers: dict[str, float]
    curve: tuple[float, ...] = ()


@dataclass(frozen=True)
class Result:
    """What came of one run of one entrant.

    Attributes
    ----------
    entrant : str
    seed, steps, parameters : int
    seconds : float
        That all steps took.
    ms_a_person : float
        To answer.
    losses : tuple of (int, float)
        Steps so far, and the mean loss of the last ones.
    n_people : dict of str to int
        How many people were asked about, by the name of the set.
    measured : dict of str to tuple of Measured
        By the name of the set: one for each answer, the last one counts.
    """

    entrant: str
    seed: int
    steps: int
    parameters: int
    seconds: float
    ms_a_person: float
    losses: tuple[tuple[int, float], ...]
    n_people: dict[str, int]
    measured: dict[str, tuple[Measured, ...]]


@dataclass(frozen=True)
class Spread:
    """A number of several runs: its mean, the lowest and the highest; all NaN if one of the runs has none."""

    mean: float
    low: float
    high: float

    @classmethod
    def of(cls, numbers: Sequence[float]) -> "Spread":
        """Sum up the numbers of all runs."""
        if not numbers or any(math.isnan(number) for number in numbers):
            return cls(math.nan, math.nan, math.nan)
        return cls(sum(numbers) / len(numbers), min(numbers), max(numbers))

    def describe(self, digits: int) -> str:
        """Write the mean; a dash where there is none."""
        return DASH if math.isnan(self.mean) else f"{self.mean:,.{digits}f}"

    def describe_range(self, digits: int) -> str:
        """Write the lowest and the highest; nothing where they are not told apart."""
        low, high = f"{self.low:,.{digits}f}", f"{self.high:,.{digits}f}"
        return "" if math.isnan(self.mean) or low == high else f"{low}{DASH}{high}"


@dataclass(frozen=True)
class Row:
    """A row of the tables: an entrant, or an answer that nobody trained.

    Attributes
    ----------
    name : str
        The entrant's, perhaps with `FIRST`.
    numbers : dict of str to Spread
        Over all seeds, by the columns' names.
    curve : tuple of float
        Mean over all seeds.
    losses : tuple of (int, float)
        Of the first seed; none for what nobody trained.
    is_trained : bool
    """

    name: str
    numbers: dict[str, Spread]
    curve: tuple[float, ...] = ()
    losses: tuple[tuple[int, float], ...] = ()
    is_trained: bool = True


@dataclass(frozen=True)
class Rows:
    """All rows of a set of people, in the order of the tables."""

    rows: tuple[Row, ...] = field(default=())

    def mean(self, name: str, column: str) -> float:
        """Give a number of a row, mean over the seeds; NaN where there is no such row or no such number."""
        for row in self.rows:
            if row.name == name and column in row.numbers:
                return row.numbers[column].mean
        return math.nan

    def find(self, name: str) -> Row | None:
        """Give a row by its name; None where there is none."""
        return next((row for row in self.rows if row.name == name), None)


def rows_of(results: Iterable[Result], baselines: Mapping[str, Measured], people: str) -> Rows:
    """Put the results of all runs together.

    Parameters
    ----------
    results : iterable of Result
        Those of one entrant in a row, or not.
    baselines : mapping of str to Measured
        What nobody trained; comes first.
    people : str
        The name of the set.
    """
    rows = [
        Row(name, {key: Spread.of([number]) for key, number in measured.numbers.items()}, measured.curve, (), False)
        for name, measured in baselines.items()
    ]
    by_entrant: dict[str, list[Result]] = {}
    for result in results:
        by_entrant.setdefault(result.entrant, []).append(result)
    for name, runs in by_entrant.items():
        answers = list(zip(*(run.measured[people] for run in runs), strict=True))
        if len(answers) > 1:
            rows.append(_row(name + FIRST, answers[0], ()))
        last = _row(name, answers[-1], runs[0].losses)
        cost = {
            "parameters": Spread.of([float(run.parameters) for run in runs]),
            "steps": Spread.of([float(run.steps) for run in runs]),
            "seconds": Spread.of([run.seconds for run in runs]),
            "ms_a_person": Spread.of([run.ms_a_person for run in runs]),
        }
        rows.append(Row(name, cost | last.numbers, last.curve, last.losses))
    return Rows(tuple(rows))


def _row(name: str, seeds: Sequence[Measured], losses: tuple[tuple[int, float], ...]) -> Row:
    numbers = {key: Spread.of([one.numbers[key] for one in seeds]) for key in seeds[0].numbers}
    curve = tuple(sum(values) / len(values) for values in zip(*(one.curve for one in seeds), strict=True))
    return Row(name, numbers, curve, losses)


def write_result(result: Result, path: Path) -> None:
    """Keep a result as JSON; what is NaN becomes null."""
    with replacing(path) as unfinished:
        unfinished.write_text(json.dumps(_without_nan(asdict(result)), indent=1, allow_nan=False), encoding="utf-8")


def read_result(path: Path) -> Result | None:
    """Read a result that was kept; None where there is none.

    Raises
    ------
    ValueError
        If the file holds something else.
    """
    if not path.exists():
        return None
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
        measured = {
            people: tuple(Measured(_numbers(one["numbers"]), tuple(map(_number, one["curve"]))) for one in answers)
            for people, answers in kept["measured"].items()
        }
        losses = tuple((int(step), _number(loss)) for step, loss in kept["losses"])
        return Result(**kept | {"measured": measured, "losses": losses})
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError(
            f"{path} must be the result of a run; it cannot be read: {error!r:.200}. Remove it: its run will be "
            "measured again."
        ) from error


def _numbers(kept: Mapping[str, float | None]) -> dict[str, float]:
    return {name: _number(number) for name, number in kept.items()}


def _number(kept: float | None) -> float:
    return math.nan if kept is None else float(kept)


def _without_nan(value: Any) -> Any:  # noqa: ANN401 - whatever JSON can hold
    if isinstance(value, dict):
        return {key: _without_nan(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_without_nan(inner) for inner in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
