"""Builds the whole Jacobian of the softmax and multiplies."""

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


def grid(rows, columns):
    return np.array([(c, r) for r in range(rows) for c in range(columns)], dtype=float)


def softmax(vector):
    powers = np.exp(vector - np.max(vector))
    return powers / np.sum(powers)


def softargmax(maps, sharpness):
    places = grid(*maps.shape[1:])
    return np.array([softmax(sharpness * one.ravel()) @ places for one in maps])


def softargmax_gradient(maps, sharpness, upstream):
    places = grid(*maps.shape[1:])
    gradient = []
    for one, up in zip(maps, upstream):
        p = softmax(sharpness * one.ravel())
        jacobian = sharpness * (np.diag(p) - np.outer(p, p))
        gradient.append((jacobian.T @ (places @ up)).reshape(one.shape))
    return np.array(gradient)


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
