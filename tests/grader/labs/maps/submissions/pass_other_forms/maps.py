"""Masked arrays, Fortran order, negative strides, fractions."""

from fractions import Fraction

import numpy as np


def heatmaps(keypoints, shape, sigma):
    points = np.ma.masked_invalid(keypoints)
    y, x = np.mgrid[: shape[0], : shape[1]]
    maps = np.zeros((keypoints.shape[1],) + tuple(shape), order="F")
    for person in points:
        for k, point in enumerate(person):
            if point.mask is np.ma.nomask or not np.any(point.mask):
                maps[k] = np.maximum(maps[k], np.exp(-((x - point[0]) ** 2 + (y - point[1]) ** 2) / sigma**2))
    return maps[::-1][::-1]


def softargmax(maps, sharpness):
    flat = np.asarray(maps, dtype=np.longdouble).reshape(len(maps), -1)
    powers = np.exp(sharpness * (flat - flat.max(1, keepdims=True)))
    powers /= powers.sum(1, keepdims=True)
    y, x = np.divmod(np.arange(flat.shape[1]), maps.shape[2])
    return np.array([powers @ x, powers @ y]).T


def softargmax_gradient(maps, sharpness, upstream):
    flat = np.asarray(maps, dtype=float).reshape(len(maps), -1)
    powers = np.exp(sharpness * (flat - flat.max(1, keepdims=True)))
    powers /= powers.sum(1, keepdims=True)
    y, x = np.divmod(np.arange(flat.shape[1]), maps.shape[2])
    along = upstream @ np.array([x, y])
    return (sharpness * powers * (along - (powers * along).sum(1, keepdims=True))).reshape(maps.shape)


def pck(found, true, labelled, length, fraction):
    right, counted = 0, 0
    for one, other, known in zip(found, true, labelled):
        if known[length[0]] and known[length[1]]:
            bound = fraction * np.sqrt(np.sum((other[length[0]] - other[length[1]]) ** 2))
            off = np.sqrt(np.sum((one[known] - other[known]) ** 2, axis=1))
            right, counted = right + int(np.sum(off <= bound)), counted + int(known.sum())
    return Fraction(right, counted) if counted else float("nan")


def iou(mask_a, mask_b):
    a, b = np.array(mask_a, dtype=bool), np.array(mask_b, dtype=bool)
    either = int(np.logical_or(a, b).sum())
    return Fraction(int(np.logical_and(a, b).sum()), either) if either else 1


def density(heads, shape, sigma):
    total = np.zeros(shape[::-1])
    for px, py in heads:
        x, y = np.ix_(np.arange(shape[1]), np.arange(shape[0]))
        bump = np.exp(-(np.abs((x - px) + 1j * (y - py)) ** 2) / (2 * sigma**2))
        total += bump / bump.sum()
    return total.T
