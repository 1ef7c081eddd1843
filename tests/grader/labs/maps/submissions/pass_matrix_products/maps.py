"""Separable peaks, and everything as products of matrices."""

import numpy as np


def gauss(centres, n, scale):
    return np.exp(-np.square(np.subtract.outer(np.ravel(centres), np.arange(n))) / scale)


def heatmaps(keypoints, shape, sigma):
    n_people, n_joints = keypoints.shape[:2]
    result = np.zeros((n_joints, *shape))
    for person in range(n_people):
        down = gauss(keypoints[person, :, 1], shape[0], sigma**2)
        across = gauss(keypoints[person, :, 0], shape[1], sigma**2)
        result = np.fmax(result, down[:, :, None] @ across[:, None, :])
    return result


def softmax(maps, sharpness):
    scaled = np.asarray(maps, np.float64) * sharpness
    scaled -= np.amax(scaled, axis=(-1, -2), keepdims=True)
    np.exp(scaled, out=scaled)
    scaled /= np.sum(scaled, axis=(-1, -2), keepdims=True)
    return scaled


def softargmax(maps, sharpness):
    p = softmax(maps, sharpness)
    rows, columns = p.shape[1:]
    ones_r, ones_c = np.ones(rows), np.ones(columns)
    return np.column_stack([(ones_r @ p) @ np.arange(columns), (p @ ones_c) @ np.arange(rows)])


def softargmax_gradient(maps, sharpness, upstream):
    p = softmax(maps, sharpness)
    rows, columns = p.shape[1:]
    plane = upstream[:, 0, None, None] * np.arange(columns)[None, None] + upstream[:, 1, None, None] * np.arange(rows)[None, :, None]
    mean = np.sum(p * plane, axis=(1, 2), keepdims=True)
    return p * (plane - mean) * sharpness


def pck(found, true, labelled, length, fraction):
    i, j = length
    has_length = np.logical_and(labelled[:, i], labelled[:, j])
    found, true, labelled = found[has_length], true[has_length], labelled[has_length]
    bound = np.linalg.norm(true[:, i] - true[:, j], axis=1, keepdims=True) * fraction
    inside = np.less_equal(np.linalg.norm(found - true, axis=2), bound)
    counts = np.count_nonzero(labelled)
    return np.float64(np.count_nonzero(inside & labelled)) / counts if counts else np.nan


def iou(mask_a, mask_b):
    table = np.bincount(2 * (np.ravel(mask_a) != 0) + (np.ravel(mask_b) != 0), minlength=4)
    return np.array([table[3] / table[1:].sum()]) if table[1:].any() else np.array([1.0])


def density(heads, shape, sigma):
    down, across = gauss(heads[:, 1], shape[0], 2 * sigma**2), gauss(heads[:, 0], shape[1], 2 * sigma**2)
    return (down / down.sum(1, keepdims=True)).T @ (across / across.sum(1, keepdims=True))
