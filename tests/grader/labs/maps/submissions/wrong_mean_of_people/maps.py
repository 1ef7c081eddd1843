"""Takes the mean of the shares of each person."""

import numpy as np


def pck(found, true, labelled, length, fraction):
    a, b = length
    shares = []
    for i in range(len(true)):
        if labelled[i, a] and labelled[i, b]:
            size = np.linalg.norm(true[i, a] - true[i, b])
            right = np.linalg.norm(found[i] - true[i], axis=1) <= fraction * size
            shares.append(right[labelled[i]].mean())
    return np.mean(shares) if shares else float("nan")
