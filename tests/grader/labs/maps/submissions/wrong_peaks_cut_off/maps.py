"""Cuts peaks off at one sigma."""

import numpy as np


def heatmaps(keypoints, shape, sigma):
    rows, columns = shape
    maps = np.zeros((keypoints.shape[1], rows, columns))
    y, x = np.mgrid[:rows, :columns]
    for person in keypoints:
        for joint, (px, py) in enumerate(person):
            if np.isnan(px) or np.isnan(py):
                continue
            d2 = (x - px) ** 2 + (y - py) ** 2
            maps[joint] = np.maximum(maps[joint], np.where(d2 <= sigma**2, np.exp(-d2 / sigma**2), 0))
    return maps
