import numpy as np


def merge(subset, min_num_body_parts=4, min_score=0.4):
    subset = np.array(subset, dtype=int).reshape(-1, 20)
    i = 0
    while i < len(subset):
        person = subset[i]
        same = ((subset[i + 1:, :18] == person[:18]) & (person[:18] != -1)).any(axis=1)
        if not same.any():
            i += 1
            continue
        j = i + 1 + np.argmax(same)
        other = subset[j]
        conflict = (person[:18] != -1) & (other[:18] != -1) & (person[:18] != other[:18])
        if not conflict.any():
            person[:18] = np.maximum(person[:18], other[:18])
            person[18] += other[18]
        subset = np.delete(subset, j, axis=0)

    subset[:, 19] = (subset[:, :18] != -1).sum(axis=1)
    keep = (subset[:, 19] >= min_num_body_parts) & (subset[:, 18] / subset[:, 19] >= min_score)
    return subset[keep]
