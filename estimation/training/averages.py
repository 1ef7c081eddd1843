"""The average of a network's weights over the last steps: steadier than any one of them [Polyak and Juditsky 1992]."""

import contextlib
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    import keras

EVERY = 8
"""Steps between two looks at the weights: between neighbours there is little to see, and a look costs a copy."""


class WeightAverage:
    """An exponential moving average of all weights of a model.

    Parameters
    ----------
    model : keras.Model
        Whose weights; also where `applied` puts them.
    horizon : int
        Over about how many steps the average goes. At the start, when the weights still run, over a tenth of the
        steps so far.
    """

    def __init__(self, model: "keras.Model", horizon: int) -> None:
        self._model = model
        self._horizon = horizon
        self.values: list[npt.NDArray[Any]] = [np.array(value, np.float32) for value in model.get_weights()]

    def update(self, step: int) -> None:
        """Take in the weights after a step; only every eighth one is looked at."""
        if step % EVERY:
            return
        horizon = min(self._horizon, step / 10)
        share = EVERY / (EVERY + horizon)
        for average, value in zip(self.values, self._model.get_weights(), strict=True):
            average[...] += np.float32(share) * (value - average)

    def restore(self, values: Sequence[npt.NDArray[Any]]) -> None:
        """Go on from values that an earlier run has kept."""
        self.values = [np.array(value, np.float32) for value in values]

    @contextlib.contextmanager
    def applied(self) -> Iterator[None]:
        """Give the model the averaged weights for a while."""
        latest = self._model.get_weights()
        self._model.set_weights(self.values)
        try:
            yield
        finally:
            self._model.set_weights(latest)
