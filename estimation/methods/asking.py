"""Ask a trained method about many squares."""

import time
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from keras import ops

from estimation.methods.stages import Row

_AT_ONCE = 50


def ask(
    row: Row, pictures: npt.NDArray[np.uint8], *, clock: Callable[[], float] = time.perf_counter
) -> tuple[list[npt.NDArray[np.float32]], float]:
    """Let a row of networks answer.

    Parameters
    ----------
    row : Row
    pictures : ndarray of shape (n, S, S, 3) and dtype uint8
        At least one.
    clock : callable, optional
        Tells seconds.

    Returns
    -------
    answers : list of ndarray of shape (n, ...)
        One for each supervised output, the last one counts.
    ms_a_person : float
        How long it took for each.
    """
    row(pictures[:_AT_ONCE], training=False)  # Whoever is asked first finds nothing prepared.
    start = clock()
    parts = [
        [ops.convert_to_numpy(answer) for answer in row(pictures[first : first + _AT_ONCE], training=False)]
        for first in range(0, len(pictures), _AT_ONCE)
    ]
    ms_a_person = 1000 * (clock() - start) / len(pictures)
    return [np.concatenate(answers) for answers in zip(*parts, strict=True)], ms_a_person
