"""What a folder of runs is for, and how many steps each takes: fixed at the start, so that all goes on as it began."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from estimation.replacing import replacing

_FILE = "plan.json"

Pace = tuple[float, float]
"""How long an entrant's first step takes, and any other one, in seconds."""


@dataclass(frozen=True)
class Plan:
    """What was asked for, and what follows from it.

    Attributes
    ----------
    asked : dict of str to str, int, float or list
        All that decides what a run learns.
    steps : dict of str to int
        By entrant.
    """

    asked: dict[str, Any]
    steps: dict[str, int]


def read_plan(folder: Path, asked: Mapping[str, Any], option: str) -> Plan | None:
    """Read the plan of a folder.

    Parameters
    ----------
    folder : Path
    asked : mapping of str to str, int, float or list
        What is asked for now.
    option : str
        By which another folder is named.

    Returns
    -------
    plan : Plan or None
        None where nothing has begun.

    Raises
    ------
    ValueError
        If the folder is that of something else, or its plan cannot be read.
    """
    path = folder / _FILE
    if not path.exists():
        return None
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
        plan = Plan(dict(kept["asked"]), {str(name): int(steps) for name, steps in kept["steps"].items()})
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError(
            f"{path} must be the plan of a run; it cannot be read: {error!r:.200}. Name another folder with {option}."
        ) from error
    if plan.asked != asked:
        differing = sorted(key for key in {*plan.asked, *asked} if plan.asked.get(key) != asked.get(key))
        now, then = (", ".join(f"{key} {_told(said.get(key))}" for key in differing) for said in (asked, plan.asked))
        raise ValueError(
            f"A run must go on as what it began as; got {now:.300}, and a run of {then:.300} in {folder}. "
            f"Name another folder with {option}."
        )
    return plan


def write_plan(folder: Path, plan: Plan) -> None:
    """Keep a plan; raise OSError if the folder cannot be written to."""
    folder.mkdir(parents=True, exist_ok=True)
    with replacing(folder / _FILE) as unfinished:
        unfinished.write_text(json.dumps({"asked": plan.asked, "steps": plan.steps}, indent=1), encoding="utf-8")


def steps_that_fit(
    names: Iterable[str],
    measure: Callable[[str], Pace],
    minutes: float,
    n_seeds: int,
    same_steps: Sequence[Sequence[str]] = (),
) -> dict[str, int]:
    """Find how many steps each entrant takes.

    Parameters
    ----------
    names : iterable of str
        The entrants.
    measure : callable
        Tells an entrant's pace.
    minutes : float
        For each entrant, all its seeds together.
    n_seeds : int
    same_steps : sequence of sequence of str, optional
        Groups that take the steps that fit the slowest of them.

    Returns
    -------
    steps : dict of str to int
        Of one run of each entrant.

    Raises
    ------
    ValueError
        If there is no time for a single step.
    """
    steps = {}
    for name in names:
        first_s, step_s = measure(name)
        steps[name] = int((60 * minutes / n_seeds - first_s) / step_s)
        if steps[name] < 1:
            raise ValueError(
                f"A run must have time for a step at least; got {minutes:g} minutes for {n_seeds} of {name}, whose "
                f"first step takes {first_s:.1f} s. Give it more with --minutes."
            )
    for group in same_steps:
        if members := [name for name in group if name in steps]:
            steps |= dict.fromkeys(members, min(steps[name] for name in members))
    return steps


def _told(value: Any) -> str:  # noqa: ANN401 - whatever a plan can hold
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return "not given" if value is None else f"{value}"
