"""Single precision all the way."""

import numpy as np

F = np.float32


def heatmaps(keypoints, shape, sigma):
    rows, columns = shape
    x, y = np.arange(columns, dtype=F)[None, :], np.arange(rows, dtype=F)[:, None]
    maps = np.zeros((keypoints.shape[1], rows, columns), F)
    for joint in range(keypoints.shape[1]):
        for px, py in keypoints[:, joint].astype(F):
            if not np.isnan(px):
                np.maximum(maps[joint], np.exp(-((x - px) ** 2 + (y - py) ** 2) / F(sigma) ** 2), out=maps[joint])
    return maps


def softmax(maps, sharpness):
    maps = maps.astype(np.float64)
    values = ((maps - maps.max((1, 2), keepdims=True)) * sharpness).astype(F)
    powers = np.exp(values)
    return powers / powers.sum((1, 2), keepdims=True)


def softargmax(maps, sharpness):
    weights = softmax(maps, sharpness)
    x, y = np.arange(maps.shape[2], dtype=F), np.arange(maps.shape[1], dtype=F)
    return np.stack([weights.sum(1) @ x, weights.sum(2) @ y], 1)


def softargmax_gradient(maps, sharpness, upstream):
    weights, points, up = softmax(maps, sharpness), softargmax(maps, sharpness), upstream.astype(F)
    x, y = np.arange(maps.shape[2], dtype=F), np.arange(maps.shape[1], dtype=F)
    across = up[:, :1] * (x - points[:, :1])
    down = up[:, 1:] * (y - points[:, 1:])
    return F(sharpness) * weights * (across[:, None, :] + down[:, :, None])


def pck(found, true, labelled, length, fraction):
    a, b = length
    known = labelled[:, a] & labelled[:, b]
    found, true, labelled = found[known].astype(F), true[known].astype(F), labelled[known]
    sizes = np.sqrt(((true[:, a] - true[:, b]) ** 2).sum(-1))
    off = np.sqrt(((found - true) ** 2).sum(-1))
    right = off <= F(fraction) * sizes[:, None]
    return F(right[labelled].mean()) if labelled.any() else F(np.nan)


def iou(mask_a, mask_b):
    a, b = (mask_a != 0).astype(F), (mask_b != 0).astype(F)
    union = np.maximum(a, b).sum()
    return (a * b).sum() / union if union else F(1)


def density(heads, shape, sigma):
    rows, columns = shape
    x, y = np.arange(columns, dtype=F), np.arange(rows, dtype=F)
    total = np.zeros(shape, F)
    for px, py in heads.astype(F):
        across = np.exp(-((x - px) ** 2) / F(2 * sigma**2))
        down = np.exp(-((y - py) ** 2) / F(2 * sigma**2))
        total += np.outer(down / down.sum(), across / across.sum())
    return total
