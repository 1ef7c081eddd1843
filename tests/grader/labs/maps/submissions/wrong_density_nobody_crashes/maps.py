"""Ends in an error for nobody."""

import numpy as np


def density(heads, shape, sigma):
    rows, columns = shape
    y, x = np.mgrid[:rows, :columns]
    bumps = [np.exp(-((x - px) ** 2 + (y - py) ** 2) / (2 * sigma**2)) for px, py in heads]
    return np.stack([bump / bump.sum() for bump in bumps]).sum(axis=0)
