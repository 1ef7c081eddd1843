"""Works in the array that it was given, which may hold whole numbers."""

import numpy as np


def softargmax(maps, sharpness):
    n, rows, columns = maps.shape
    points = np.zeros((n, 2))
    y, x = np.mgrid[:rows, :columns]
    for k in range(n):
        values = maps[k]
        values *= sharpness
        weights = np.exp(values - values.max())
        weights /= weights.sum()
        points[k] = (weights * x).sum(), (weights * y).sum()
    return points
