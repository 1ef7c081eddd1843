"""What a task brings to a comparison: its entrants, people, batches, measures, tables, pictures and words."""

import importlib
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import numpy.typing as npt

from estimation.methods.batches import Batch
from estimation.methods.catalogue import TASKS, list_methods
from estimation.methods.comparing.measured import Curve, Measured, Rows, Table
from estimation.training.dataset import Example

if TYPE_CHECKING:
    from estimation.methods.stages import Method

Answers = npt.NDArray[Any]
"""What a method says of all people of a set: (n, ...), as its stages' `decode` gives it."""

Picture = npt.NDArray[np.uint8]

SQUARES_PX = 128
"""Side of the squares that people are kept in; methods that want smaller ones get them shrunk."""

N_SHOWN = 8
"""So many people are shown under every method."""

GAP_PX = 6
"""Between two of them."""


class Entrant(Protocol):
    """Who takes part: `estimation.methods.catalogue.Entry` is one."""

    @property
    def name(self) -> str:
        """How it is called in tables and folders."""

    @property
    def title(self) -> str:
        """What it is, in one line."""

    @property
    def text(self) -> str:
        """What is to be said of it."""

    def load(self) -> "Method":
        """Give the method, which starts Keras."""


@dataclass(frozen=True)
class Claim:
    """What somebody expects of the numbers, and what they say.

    Attributes
    ----------
    name : str
        By which a remark on it can be given.
    sentence : str
        What is expected.
    found : str
        The numbers.
    came_true : bool, optional
        None where a number is missing.
    why : str, optional
        What explains it where it does not come true, as far as that is known.
    """

    name: str
    sentence: str
    found: str
    came_true: bool | None
    why: str = ""


class Task(ABC):
    """What a task brings to a comparison of its methods.

    Whoever adds one derives from this, in a file of `estimation.methods.comparing.tasks` named as in
    `estimation.methods.catalogue.TASKS`, with a `TASK`; the file starts no Keras. What its samples are is its own
    affair; they have a length.

    Attributes
    ----------
    name, title : str
    text : str
        Stands first on the page: what is compared, on what, and what the measures mean. Paragraphs by empty lines.
    tables : tuple of Table
        The first one is the main one; parameters, seconds and ms a sample are set before its columns.
    one, many : str
        What a sample is called, and several are.
    curve : Curve, optional
        What `Measured.curve` is.
    same_steps : tuple of tuple of str
        Entrants that take the same number of steps as each other: those that fit the slowest of them.
    order : tuple of str
        Entrants that come first, in this order; the others follow by their names.
    published : tuple of str
        Numbers of publications, each a sentence; other data, other scale.
    trials : tuple of Task
        Small comparisons that are shown below: with people made of this one's, for `n_steps`, and one seed.
    n_steps : int
        Steps of each entrant where this is a trial.
    """

    name: str
    title: str
    text: str
    tables: tuple[Table, ...]
    one: str = "person"
    many: str = "people"
    curve: Curve | None = None
    same_steps: tuple[tuple[str, ...], ...] = ()
    order: tuple[str, ...] = ()
    published: tuple[str, ...] = ()
    trials: tuple["Task", ...] = ()
    n_steps: int = 400

    def entrants(self) -> Sequence[Entrant]:
        """List who takes part: by default the methods in the task's folder."""
        found = {entry.name: entry for entry in list_methods(self.name)}
        return [found[name] for name in (*self.order, *sorted(set(found) - set(self.order)))]

    @abstractmethod
    def people(self, count: int, *, seed: int) -> Any:  # noqa: ANN401 - the task's own samples
        """Render as many samples; another seed gives other ones."""

    def photographed(self, examples: Iterable[Example]) -> Any:  # noqa: ANN401 - the same
        """Make samples of photographs.

        Raises
        ------
        ValueError
            If there is nobody in them, or the task can do nothing with photographs.
        """
        del examples
        raise ValueError(f"There is no truth for {self.name} in photographs with keypoints; leave out --photos.")

    def note_on(self, samples: Any) -> str:  # noqa: ANN401 - the same
        """Say in a sentence what a reader must know of samples, as who was left out; nothing by default."""
        del samples
        return ""

    def of(self, samples: Any) -> Any:  # noqa: ANN401 - the same
        """Make the samples of a trial of those of its task: by default the same."""
        return samples

    @abstractmethod
    def batches(self, entrant: str, samples: Any, squares_px: int, seed: int) -> Callable[[int], Batch]:  # noqa: ANN401
        """Give what makes the batch of a step for an entrant."""

    @abstractmethod
    def start(self, samples: Any) -> npt.NDArray[np.float32]:  # noqa: ANN401 - the same
        """Give the pose (16, 2) before the first stage, in sides."""

    @abstractmethod
    def pictures(self, samples: Any, squares_px: int) -> Picture:  # noqa: ANN401 - the same
        """Give what is asked about: (n, S, S, 3)."""

    @abstractmethod
    def measure(self, answers: Answers, samples: Any) -> Measured:  # noqa: ANN401 - the same
        """Compare answers with the truth, for all tables."""

    @abstractmethod
    def baselines(self, training: Any, asked: Any) -> Mapping[str, Answers]:  # noqa: ANN401 - the same
        """Answer without having seen a picture: rows without which one that learned nothing looks fair."""

    @abstractmethod
    def draw(self, samples: Any, index: int, answers: Answers | None) -> Picture:  # noqa: ANN401 - the same
        """Draw what was answered of one sample, or the truth if there are no answers: (S, S, 3), always one size."""

    def undrawn(self, samples: Any, index: int) -> Picture | None:  # noqa: ANN401 - the same
        """Give one sample as it is, in the size of `draw`; by default none, where drawings show it well enough."""
        del samples, index
        return None

    def claims(self, rows: Rows) -> list[Claim]:
        """Compute what is expected of the numbers of the rendered people; nothing by default."""
        del rows
        return []


@dataclass(frozen=True)
class People:
    """Who is learned from, and who is asked about.

    Attributes
    ----------
    training : samples of the task
    asked : dict of str to samples of the task
        By the name of the set.
    """

    training: Any
    asked: dict[str, Any]


def load_task(name: str) -> Task:
    """Find a task that methods can be compared in.

    Raises
    ------
    ValueError
        If there is none of this name; the message lists those that there are.
    """
    folder = Path(__file__).with_name("tasks")
    known = [task for task in TASKS if (folder / f"{task}.py").exists()]
    if name not in known:
        raise ValueError(f"There is no task {name!r:.100} to compare methods in. There are: {', '.join(known)}.")
    task: Task = importlib.import_module(f"estimation.methods.comparing.tasks.{name}").TASK
    return task


def strip_of(task: Task, samples: Any, answers: Answers | None) -> Picture:  # noqa: ANN401 - the task's own samples
    """Draw the first people of a set beside each other."""
    return _beside([task.draw(samples, index, answers) for index in range(min(N_SHOWN, len(samples)))])


def undrawn_strip(task: Task, samples: Any) -> Picture | None:  # noqa: ANN401 - the same
    """Put the first people of a set beside each other as they are; None where drawings show them."""
    pictures = [task.undrawn(samples, index) for index in range(min(N_SHOWN, len(samples)))]
    known = [picture for picture in pictures if picture is not None]
    return _beside(known) if known else None


def strip_path(folder: Path, people: str) -> Path:
    """Say where the picture of the first people of a set is, with what was answered of them."""
    return folder / f"{people}.jpg"


def _beside(pictures: Sequence[Picture]) -> Picture:
    """Put pictures beside each other with a white gap, so that one is not taken for a part of the next."""
    height = len(pictures[0])
    gap = np.full((height, GAP_PX, 3), 255, np.uint8)
    return np.concatenate([part for picture in pictures for part in (picture, gap)][:-1], axis=1)
