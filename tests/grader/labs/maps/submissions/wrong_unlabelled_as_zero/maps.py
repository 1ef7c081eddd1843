"""Draws joints that are not labelled in the corner."""

import numpy as np


def heatmaps(keypoints, shape, sigma):
    rows, columns = shape
    maps = np.zeros((keypoints.shape[1], rows, columns))
    y, x = np.mgrid[:rows, :columns]
    for person in keypoints:
        for joint, (px, py) in enumerate(person):
            px, py = np.nan_to_num(px), np.nan_to_num(py)
            maps[joint] = np.maximum(maps[joint], np.exp(-((x - px) ** 2 + (y - py) ** 2) / sigma**2))
    return maps
