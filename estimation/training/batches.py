"""Batches of augmented squares, prepared ahead of the step that takes them.

Nothing here imports Keras: a process that prepares batches has no use for it, and it would take memory in each.
"""

import contextlib
import multiprocessing
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass
from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from estimation.training.augmentation import training_pair
from estimation.training.cutouts import Cutout
from estimation.training.dataset import Example
from estimation.training.recipes import Recipe


class Batch(NamedTuple):
    """What one step sees.

    Attributes
    ----------
    pictures : ndarray of shape (n, S, S, 3) and dtype uint8
        RGB squares.
    targets : ndarray of shape (n, S / 8, S / 8, 114) and dtype float32
        38 PAFs, 19 heatmaps, then the weight of each of these 57 values.
    are_photos : ndarray of shape (n,) and dtype bool
        Which of the pictures are photographs; the others are rendered.
    """

    pictures: npt.NDArray[np.uint8]
    targets: npt.NDArray[np.float32]
    are_photos: npt.NDArray[np.bool_]

    @classmethod
    def of(
        cls,
        pairs: Iterable[tuple[npt.NDArray[np.uint8], npt.NDArray[np.float32]]],
        are_photos: npt.NDArray[np.bool_],
    ) -> "Batch":
        """Stack what `training_pair` gives, all of one size."""
        pictures, targets = zip(*pairs, strict=True)
        return cls(np.stack(pictures), np.stack(targets), are_photos)


@dataclass(frozen=True)
class BatchMaker:
    """Makes the batch of a step from its number alone, in any order and in any process.

    Attributes
    ----------
    pools : sequence of sequence of Example
        Rendered pictures first, then photographs. Each picture of a batch comes from pool ``i`` with probability
        ``recipe.shares[i]``; the share of an empty pool goes to the others.
    cutouts : sequence of Cutout
        People to paste.
    recipe : Recipe
    seed : int

    Raises
    ------
    ValueError
        If no pool with a share holds pictures.
    """

    pools: Sequence[Sequence[Example]]
    cutouts: Sequence[Cutout]
    recipe: Recipe
    seed: int

    def __post_init__(self) -> None:
        if not self._shares.any():
            raise ValueError(
                f"Batches must have pictures to draw from; got pools of {[len(pool) for pool in self.pools]} pictures, "
                f"and shares of them of {list(self.recipe.shares)}. Name photographs with --photos, "
                "or raise --rendered."
            )

    @property
    def _shares(self) -> npt.NDArray[np.float64]:
        pairs = zip(self.recipe.shares, self.pools, strict=True)
        return np.array([share if pool else 0.0 for share, pool in pairs])

    def __call__(self, step: int) -> Batch:
        """Make the batch of a step."""
        rng = np.random.default_rng((self.seed, step))
        squares = self.recipe.squares_at(step)
        chosen = rng.choice(len(self.pools), size=squares.batch, p=self._shares / self._shares.sum())
        pairs = []
        for pool in (self.pools[index] for index in chosen.tolist()):
            example = pool[int(rng.integers(len(pool)))]
            pairs.append(training_pair(example, squares.size_px, rng, self.cutouts))
        return Batch.of(pairs, chosen > 0)


def batches(maker: BatchMaker, *, first_step: int, last_step: int) -> Generator[Batch, None, None]:
    """Prepare batches ahead of the steps that take them.

    Parameters
    ----------
    maker : BatchMaker
        Its recipe says how many processes prepare; without any it is one thread.
    first_step, last_step : int
        From which step on, and before which one it ends.

    Yields
    ------
    batch : Batch
        In the order of the steps. Close the generator to leave early: it drops what nobody has begun to prepare.
    """
    with _loaders(maker) as (executor, make):
        waiting: deque[Future[Batch]] = deque()
        n_ahead = 3 + 2 * maker.recipe.loaders
        for step in range(first_step, last_step):
            waiting.append(executor.submit(make, step))
            if len(waiting) > n_ahead:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


@contextlib.contextmanager
def _loaders(maker: BatchMaker) -> Iterator[tuple[Executor, Callable[[int], Batch]]]:
    """Start a thread, or processes that each hold the maker, and say what to submit to them."""
    executor: Executor
    if maker.recipe.loaders == 0:
        executor, make = ThreadPoolExecutor(1), maker.__call__
    else:
        # Spawned, not forked: this process has threads of its backend running.
        context = multiprocessing.get_context("spawn")
        executor, make = ProcessPoolExecutor(maker.recipe.loaders, context, _start_loader, (maker,)), _make
    try:
        yield executor, make
    finally:
        executor.shutdown(cancel_futures=True)


def _start_loader(maker: BatchMaker) -> None:
    cv2.setNumThreads(1)
    _MAKER.append(maker)


def _make(step: int) -> Batch:
    return _MAKER[0](step)


_MAKER: list[BatchMaker] = []
"""The maker of a loader's process, sent once and not with every step."""
