"""Takes x and y of upstream for each other."""

import numpy as np


def softargmax_gradient(maps, sharpness, upstream):
    n, rows, columns = maps.shape
    gradient = np.zeros(maps.shape)
    y, x = np.mgrid[:rows, :columns]
    for k in range(n):
        values = sharpness * maps[k].astype(float)
        weights = np.exp(values - values.max())
        weights /= weights.sum()
        mx, my = (weights * x).sum(), (weights * y).sum()
        gradient[k] = sharpness * weights * (upstream[k, 1] * (x - mx) + upstream[k, 0] * (y - my))
    return gradient
