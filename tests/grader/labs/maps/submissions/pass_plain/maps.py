"""The plain way: loops over people, joints and maps."""

import numpy as np


def heatmaps(keypoints, shape, sigma):
    rows, columns = shape
    maps = np.zeros((keypoints.shape[1], rows, columns))
    y, x = np.mgrid[:rows, :columns]
    for person in keypoints:
        for joint, (px, py) in enumerate(person):
            if np.isnan(px) or np.isnan(py):
                continue
            maps[joint] = np.maximum(maps[joint], np.exp(-((x - px) ** 2 + (y - py) ** 2) / sigma**2))
    return maps


def softargmax(maps, sharpness):
    n, rows, columns = maps.shape
    points = np.zeros((n, 2))
    y, x = np.mgrid[:rows, :columns]
    for k in range(n):
        values = sharpness * maps[k].astype(float)
        weights = np.exp(values - values.max())
        weights /= weights.sum()
        points[k] = (weights * x).sum(), (weights * y).sum()
    return points


def softargmax_gradient(maps, sharpness, upstream):
    n, rows, columns = maps.shape
    gradient = np.zeros(maps.shape)
    y, x = np.mgrid[:rows, :columns]
    for k in range(n):
        values = sharpness * maps[k].astype(float)
        weights = np.exp(values - values.max())
        weights /= weights.sum()
        mx, my = (weights * x).sum(), (weights * y).sum()
        gradient[k] = sharpness * weights * (upstream[k, 0] * (x - mx) + upstream[k, 1] * (y - my))
    return gradient


def pck(found, true, labelled, length, fraction):
    a, b = length
    n_right, n_counted = 0, 0
    for i in range(len(true)):
        if not (labelled[i, a] and labelled[i, b]):
            continue
        size = np.linalg.norm(true[i, a] - true[i, b])
        for j in range(true.shape[1]):
            if labelled[i, j]:
                n_counted += 1
                n_right += np.linalg.norm(found[i, j] - true[i, j]) <= fraction * size
    return n_right / n_counted if n_counted else float("nan")


def iou(mask_a, mask_b):
    a, b = np.asarray(mask_a) != 0, np.asarray(mask_b) != 0
    union = np.logical_or(a, b).sum()
    return np.logical_and(a, b).sum() / union if union else 1.0


def density(heads, shape, sigma):
    rows, columns = shape
    y, x = np.mgrid[:rows, :columns]
    total = np.zeros(shape)
    for px, py in heads:
        bump = np.exp(-((x - px) ** 2 + (y - py) ** 2) / (2 * sigma**2))
        total += bump / bump.sum()
    return total
