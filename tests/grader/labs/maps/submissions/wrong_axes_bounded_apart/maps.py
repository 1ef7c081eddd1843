"""Bounds x and y apart."""

import numpy as np


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
                n_right += np.abs(found[i, j] - true[i, j]).max() <= fraction * size
    return n_right / n_counted if n_counted else float("nan")
