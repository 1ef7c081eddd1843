"""Correlations by Fourier transforms; the softmax by logarithms."""

import numpy as np


def heatmaps(keypoints, shape, sigma):
    answer = np.zeros((keypoints.shape[1],) + shape)
    for joint, places in enumerate(np.swapaxes(keypoints, 0, 1)):
        places = places[~np.isnan(places).any(axis=1)]
        if len(places):
            rows, columns = np.ogrid[: shape[0], : shape[1]]
            nearest = np.min([(columns - x) ** 2 + (rows - y) ** 2 for x, y in places], axis=0)
            answer[joint] = np.exp(-nearest / sigma**2)
    return answer


def log_weights(values, sharpness):
    values = sharpness * np.asarray(values, dtype=float)
    return values - np.logaddexp.reduce(values, axis=None)


def softargmax(maps, sharpness):
    answer = []
    for values in maps:
        weights = np.exp(log_weights(values, sharpness))
        columns, rows = weights.sum(axis=0), weights.sum(axis=1)
        answer.append((np.dot(columns, range(len(columns))), np.dot(rows, range(len(rows)))))
    return np.array(answer)


def softargmax_gradient(maps, sharpness, upstream):
    answer = np.empty(maps.shape)
    for k, (values, (a, b)) in enumerate(zip(maps, upstream)):
        weights = np.exp(log_weights(values, sharpness))
        rows, columns = np.indices(values.shape)
        loss = a * columns + b * rows
        answer[k] = sharpness * weights * (loss - np.average(loss, weights=weights))
    return answer


def pck(found, true, labelled, length, fraction):
    found, true = found @ [1, 1j], true @ [1, 1j]
    bound = fraction * np.abs(true[:, length[0]] - true[:, length[1]])
    counted = labelled & labelled[:, list(length)].all(axis=1, keepdims=True)
    right = np.abs(found - true) <= bound[:, np.newaxis]
    return float(np.mean(right[counted])) if counted.any() else float("nan")


def iou(mask_a, mask_b):
    a, b = np.not_equal(mask_a, 0), np.not_equal(mask_b, 0)
    if not a.any() and not b.any():
        return 1.0
    correlation = np.fft.ifft2(np.fft.fft2(a) * np.conj(np.fft.fft2(b))).real
    both = round(correlation[0, 0])
    return both / (np.count_nonzero(a) + np.count_nonzero(b) - both)


def density(heads, shape, sigma):
    if not len(heads):
        return np.zeros(shape)
    rows, columns = np.ogrid[: shape[0], : shape[1]]
    logs = [-((columns - x) ** 2 + (rows - y) ** 2) / (2 * sigma**2) for x, y in heads]
    return np.exp([one - np.logaddexp.reduce(one, axis=None) for one in logs]).sum(axis=0)
