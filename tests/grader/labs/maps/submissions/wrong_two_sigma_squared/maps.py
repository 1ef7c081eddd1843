"""Divides by two sigma squared, as a normal distribution does."""

import numpy as np


def heatmaps(keypoints, shape, sigma):
    rows, columns = shape
    maps = np.zeros((keypoints.shape[1], rows, columns))
    y, x = np.mgrid[:rows, :columns]
    for person in keypoints:
        for joint, (px, py) in enumerate(person):
            if np.isnan(px) or np.isnan(py):
                continue
            maps[joint] = np.maximum(maps[joint], np.exp(-((x - px) ** 2 + (y - py) ** 2) / (2 * sigma**2)))
    return maps
