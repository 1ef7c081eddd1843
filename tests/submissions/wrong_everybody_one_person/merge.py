import numpy as np


def merge(subset, min_num_body_parts=4, min_score=0.4):
    if len(subset) == 0:
        return np.empty((0, 20))
    subset = np.asarray(subset)
    person = np.full((1, 20), -1.0)
    for row in subset:
        for k in range(18):
            if row[k] != -1 and person[0, k] == -1:
                person[0, k] = row[k]
    person[0, 18] = subset[:, 18].sum()
    person[0, 19] = (person[0, :18] != -1).sum()
    if person[0, 19] < min_num_body_parts or person[0, 18] / person[0, 19] < min_score:
        return np.empty((0, 20))
    return person
