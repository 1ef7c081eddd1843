"""Uses one array for the maps of all joints."""

import numpy as np


def heatmaps(keypoints, shape, sigma):
    rows, columns = shape
    maps = [np.zeros((rows, columns))] * keypoints.shape[1]
    y, x = np.mgrid[:rows, :columns]
    for person in keypoints:
        for joint, (px, py) in enumerate(person):
            if np.isnan(px) or np.isnan(py):
                continue
            np.maximum(maps[joint], np.exp(-((x - px) ** 2 + (y - py) ** 2) / sigma**2), out=maps[joint])
    return np.array(maps)
