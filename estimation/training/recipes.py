"""How to train: every number of a run, by the name of the machine that it is for. Needs no Keras."""

import math
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from estimation.config import CELL_PX
from estimation.networks import NAMED_WEIGHTS

_FILE = Path(__file__).with_name("recipes.toml")
FASTER = "faster"
"""The precision of a recipe that leaves it to a measurement on the machine at hand."""

TEACHER, NOTHING = "teacher", "nothing"
"""What a network may begin as."""


class Squares(NamedTuple):
    """What the batches are made of, up to a part of the run.

    Attributes
    ----------
    until : float
        Share of the steps after which the next ones begin; 1 for the last.
    size_px : int
        Side of the training squares, a multiple of 8.
    batch : int
        How many of them a step sees.
    """

    until: float
    size_px: int
    batch: int


@dataclass(frozen=True)
class Recipe:
    """All that decides what a run learns, but for the pictures and the seed; `recipes.toml` explains each number.

    Raises
    ------
    ValueError
        If there are no steps after the warm-up, there is no such network, or the squares do not fit the network or
        not the whole run.
    """

    name: str
    network: str
    begins: str
    steps: int
    squares: tuple[Squares, ...]
    rate: float
    warm_up: int
    weight_decay: float
    emphasis: tuple[float, float]
    shares: tuple[float, float, float]
    rendered: int
    hint: float
    trust: float
    mix: float
    average_steps: int
    precision: str
    loaders: int
    checkpoint_every: int

    def __post_init__(self) -> None:
        if not 0 <= self.warm_up < self.steps:
            raise ValueError(
                f"A recipe must have more steps than its warm-up; got {self.steps} steps and a warm-up of "
                f"{self.warm_up}. Give it more steps."
            )
        if self.network not in NAMED_WEIGHTS:
            raise ValueError(f"A network must be one of {', '.join(NAMED_WEIGHTS)}; got {self.network!r}.")
        if self.begins not in {TEACHER, NOTHING}:
            raise ValueError(f"A network must begin as its {TEACHER!r} or from {NOTHING!r}; got {self.begins!r}.")
        sides = [squares.size_px for squares in self.squares]
        if any(side < CELL_PX or side % CELL_PX for side in sides):
            raise ValueError(
                f"Training squares must have sides that are multiples of {CELL_PX} px; got {sides}. "
                "A cell of the maps covers so many."
            )
        ends = [squares.until for squares in self.squares]
        if ends != sorted(ends) or ends[-1:] != [1]:
            raise ValueError(
                f"The parts that training squares are for must rise to 1; got parts until {ends}. "
                "A step without squares has no batch."
            )

    def squares_at(self, step: int) -> Squares:
        """Give the squares of a step; steps count from 0."""
        return next(squares for squares in self.squares if step < squares.until * self.steps)

    def emphasis_at(self, step: int) -> float:
        """Give the extra weight of people at a step: from the first to the last one in a straight line."""
        return float(np.interp(step / self.steps, (0, 1), self.emphasis))

    def rate_at(self, step: int) -> float:
        """Give the learning rate of a step: it rises to `rate` in the warm-up and falls to a hundredth on a cosine."""
        if step < self.warm_up:
            return self.rate * (0.02 + 0.98 * step / self.warm_up)
        part = (step - self.warm_up) / (self.steps - self.warm_up)
        return self.rate * (0.01 + 0.99 * (1 + math.cos(math.pi * part)) / 2)

    def hint_at(self, step: int) -> float:
        """Give the weight of the hints at a step: whole for most of the run, gone at its end."""
        return float(np.interp(step / self.steps, (0.6, 0.95), (self.hint, 0)))


def load_recipe(name: str, **changes: object) -> Recipe:
    """Read a recipe.

    Parameters
    ----------
    name : str
        A table of `recipes.toml`.
    **changes
        Fields of `Recipe` that are to be others; None leaves the recipe's own.

    Returns
    -------
    recipe : Recipe

    Raises
    ------
    ValueError
        If there is no such recipe, or its numbers do not fit each other.
    """
    recipes = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    if name not in recipes:
        raise ValueError(f"A recipe must be one of {', '.join(recipes)}; got {name!r}. They are in {_FILE.name}.")
    fields: dict[str, Any] = {key: tuple(v) if isinstance(v, list) else v for key, v in recipes[name].items()}
    fields["squares"] = tuple(Squares(*squares) for squares in fields["squares"])
    return Recipe(**{"name": name} | fields | {key: value for key, value in changes.items() if value is not None})
