"""Takes x for the row."""

import numpy as np


def density(heads, shape, sigma):
    rows, columns = shape
    y, x = np.mgrid[:rows, :columns]
    total = np.zeros(shape)
    for px, py in heads:
        bump = np.exp(-((y - px) ** 2 + (x - py) ** 2) / (2 * sigma**2))
        total += bump / bump.sum()
    return total
