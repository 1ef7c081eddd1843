"""Divides the whole map by its sum."""

import numpy as np


def density(heads, shape, sigma):
    rows, columns = shape
    y, x = np.mgrid[:rows, :columns]
    total = np.zeros(shape)
    for px, py in heads:
        bump = np.exp(-((x - px) ** 2 + (y - py) ** 2) / (2 * sigma**2))
        total += bump / bump.sum()
    return total / max(total.sum(), 1e-9)
