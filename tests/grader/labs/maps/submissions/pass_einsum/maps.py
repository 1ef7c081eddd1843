"""Sums over axes by einsum, forms by outer products."""

import numpy as np


def heatmaps(keypoints, shape, sigma):
    across = np.exp(-((np.arange(shape[1]) - keypoints[..., :1]) ** 2) / sigma**2)
    down = np.exp(-((np.arange(shape[0]) - keypoints[..., 1:]) ** 2) / sigma**2)
    peaks = np.einsum("pjr,pjc->pjrc", np.nan_to_num(down), np.nan_to_num(across))
    if not len(peaks):
        return np.zeros(peaks.shape[1:])
    return np.max(peaks, axis=0)


def weights_of(maps, sharpness):
    flat = np.array(maps, dtype=float).reshape(len(maps), -1)
    flat -= flat.max(axis=1)[:, None]
    flat = np.exp(flat * sharpness)
    return np.einsum("kn,k->kn", flat, 1 / flat.sum(axis=1)).reshape(maps.shape)


def softargmax(maps, sharpness):
    _, rows, columns = maps.shape
    grid = np.stack(np.meshgrid(np.arange(columns), np.arange(rows)), axis=-1)
    return np.einsum("krc,rcd->kd", weights_of(maps, sharpness), grid)


def softargmax_gradient(maps, sharpness, upstream):
    _, rows, columns = maps.shape
    grid = np.stack(np.meshgrid(np.arange(columns), np.arange(rows)), axis=-1)
    weights = weights_of(maps, sharpness)
    mean = np.einsum("krc,rcd->kd", weights, grid)
    first = np.einsum("krc,rcd,kd->krc", weights, grid, upstream)
    second = np.einsum("krc,kd,kd->krc", weights, mean, upstream)
    return sharpness * (first - second)


def pck(found, true, labelled, length, fraction):
    legs = true[:, length[0]] - true[:, length[1]]
    squared = np.einsum("pd,pd->p", legs, legs)
    counted = labelled * labelled[:, [length[0]]] * labelled[:, [length[1]]]
    off = np.where(counted[..., None], found - true, 0)
    right = np.sqrt(np.einsum("pjd,pjd->pj", off, off)) <= fraction * np.sqrt(squared)[:, None]
    with np.errstate(invalid="ignore"):
        return np.divide((right & counted).sum(), counted.sum())


def iou(mask_a, mask_b):
    a, b = (np.asarray(mask) != 0 for mask in (mask_a, mask_b))
    both = np.einsum("rc,rc->", a.astype(int), b.astype(int))
    either = int(a.sum()) + int(b.sum()) - both
    return both / either if either else 1.0


def density(heads, shape, sigma):
    across = np.exp(-((np.arange(shape[1]) - heads[:, :1]) ** 2) / (2 * sigma**2))
    down = np.exp(-((np.arange(shape[0]) - heads[:, 1:]) ** 2) / (2 * sigma**2))
    return np.einsum("pr,pc,p->rc", down, across, 1 / (across.sum(1) * down.sum(1)))
