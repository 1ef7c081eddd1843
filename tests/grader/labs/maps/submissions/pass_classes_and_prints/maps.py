"""Classes, prints in Chinese, and an argument that is changed."""

import numpy as np


class Grid:
    """座標"""

    def __init__(self, shape):
        self.x = np.tile(np.arange(shape[1]), (shape[0], 1))
        self.y = np.tile(np.arange(shape[0]), (shape[1], 1)).T

    def squared(self, px, py):
        return (self.x - px) ** 2 + (self.y - py) ** 2


def heatmaps(keypoints, shape, sigma):
    print("熱圖", shape)
    grid = Grid(shape)
    keypoints[np.isnan(keypoints)] = 1e9
    layers = [[np.exp(-grid.squared(*point) / sigma / sigma) for point in person] for person in keypoints]
    return np.array(layers).max(0) if layers else np.zeros((keypoints.shape[1], *shape))


class Soft:
    def __init__(self, maps, sharpness):
        self.sharpness = sharpness
        self.grid = Grid(maps.shape[1:])
        self.weights = [self.normalise(one) for one in maps]

    def normalise(self, one):
        powers = np.exp(self.sharpness * (one - one.max()))
        return powers / powers.sum()

    def points(self):
        return [[np.sum(w * self.grid.x), np.sum(w * self.grid.y)] for w in self.weights]

    def back(self, upstream):
        for w, (x, y), (a, b) in zip(self.weights, self.points(), upstream):
            yield self.sharpness * w * (a * (self.grid.x - x) + b * (self.grid.y - y))


def softargmax(maps, sharpness):
    return Soft(maps, sharpness).points()


def softargmax_gradient(maps, sharpness, upstream):
    return list(Soft(maps, sharpness).back(upstream))


def pck(found, true, labelled, length, fraction):
    true[~labelled] = np.nan
    bound = fraction * np.linalg.norm(true[:, length[0]] - true[:, length[1]], axis=-1)
    counted = ~np.isnan(true[..., 0]) & ~np.isnan(bound)[:, None]
    right = np.linalg.norm(found - true, axis=-1) <= bound[:, None]
    return np.array(right[counted].mean() if counted.any() else np.nan)


def iou(mask_a, mask_b):
    a, b = mask_a.astype(bool), mask_b.astype(bool)
    return 1.0 if not (a.any() or b.any()) else (a * b).sum() / (a + b).sum()


def density(heads, shape, sigma):
    grid, total = Grid(shape), np.zeros(shape)
    while len(heads):
        head, heads = heads[0], heads[1:]
        bump = np.exp(-0.5 * grid.squared(*head) / sigma**2)
        total = total + bump / np.sum(bump)
    return total
