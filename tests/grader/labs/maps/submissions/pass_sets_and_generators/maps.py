"""Sets of cells, generators, and dictionaries of joints."""

import itertools
import math

import numpy as np


def cells(shape):
    return itertools.product(range(shape[0]), range(shape[1]))


def heatmaps(keypoints, shape, sigma):
    def value(joint, row, column):
        near = (
            (column - x) ** 2 + (row - y) ** 2 for x, y in known[joint]
        )
        return math.exp(-min(near, default=math.inf) / sigma**2)

    known = {
        joint: [(x, y) for x, y in keypoints[:, joint].tolist() if not math.isnan(x)]
        for joint in range(keypoints.shape[1])
    }
    numbers = (value(joint, row, column) for joint in known for row, column in cells(shape))
    return np.fromiter(numbers, float).reshape(len(known), *shape)


def softargmax(maps, sharpness):
    return np.array([tuple(mean(weights(one, sharpness))) for one in maps])


def weights(one, sharpness):
    highest = float(one.max())
    powers = {(r, c): math.exp(sharpness * (float(one[r, c]) - highest)) for r, c in cells(one.shape)}
    total = math.fsum(powers.values())
    return {cell: power / total for cell, power in powers.items()}


def mean(weighed):
    yield math.fsum(c * weight for (_, c), weight in weighed.items())
    yield math.fsum(r * weight for (r, _), weight in weighed.items())


def softargmax_gradient(maps, sharpness, upstream):
    gradient = np.zeros(maps.shape)
    for k, one in enumerate(maps):
        weighed = weights(one, sharpness)
        x, y = mean(weighed)
        for (r, c), weight in weighed.items():
            gradient[k, r, c] = sharpness * weight * np.dot(upstream[k], (c - x, r - y))
    return gradient


def pck(found, true, labelled, length, fraction):
    counted = {
        (person, joint)
        for person, joint in np.argwhere(labelled).tolist()
        if all(labelled[person, one] for one in length)
    }
    bounds = {person: fraction * math.dist(*true[person, list(length)]) for person, _ in counted}
    right = {(p, j) for p, j in counted if math.dist(found[p, j], true[p, j]) <= bounds[p]}
    return len(right) / len(counted) if counted else math.nan


def iou(mask_a, mask_b):
    a, b = ({tuple(cell) for cell in np.argwhere(mask).tolist()} for mask in (mask_a, mask_b))
    return len(a & b) / len(a | b) if a | b else 1.0


def density(heads, shape, sigma):
    total = np.zeros(shape)
    for x, y in heads:
        bump = {(r, c): math.exp(-(math.dist((x, y), (c, r)) ** 2) / (2 * sigma**2)) for r, c in cells(shape)}
        whole = math.fsum(bump.values())
        for cell, value in bump.items():
            total[cell] += value / whole
    return total
