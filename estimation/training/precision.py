"""In which precision this machine trains faster: measured, because processors differ by more than their numbers say.

A processor that knows bfloat16 takes a step in half the time with it or less; one that does not needs ten times as
long: its gradients of convolutions are computed by a slow way round.
"""

import time

import keras
import numpy as np
from keras import layers

POLICIES = ("float32", "mixed_bfloat16")
"""Dtype policies of Keras that training may run in."""

_N_TURNS = 3


def faster_precision() -> str:
    """Take some steps in each of the `POLICIES` and return the faster one."""
    return min(POLICIES, key=measure_step)


def measure_step(policy: str) -> float:
    """Time a step of a network of two convolutions, as wide as those of the compact network.

    Parameters
    ----------
    policy : str
        One of the `POLICIES`.

    Returns
    -------
    seconds : float
        The shortest of some turns, after one that nobody counts.
    """
    # Two of them: nobody needs the gradient of what goes into the first.
    convolutions = [layers.Conv2D(64, 3, padding="same", dtype=policy) for _ in range(2)]
    model = keras.Sequential([keras.Input((48, 48, 64)), *convolutions])
    model.compile(optimizer="sgd", loss="mse", jit_compile=False)
    pictures = truth = np.ones((4, 48, 48, 64), np.float32)
    seconds = []
    for _ in range(1 + _N_TURNS):
        start = time.perf_counter()
        model.train_on_batch(pictures, truth)
        seconds.append(time.perf_counter() - start)
    return min(seconds[1:])
