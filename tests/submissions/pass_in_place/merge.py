import numpy as np


def merge(subset, min_num_body_parts=4, min_score=0.4):
    # works in the array itself. A row is "used" after it has been added to an earlier row.
    if len(subset) == 0:
        return subset
    if not isinstance(subset, np.ndarray) or subset.dtype.kind != "f":
        subset = np.array(subset, dtype=float)
    delete_idx = []
    for i in range(len(subset)):
        if i in delete_idx or subset[i, 19] == 0:
            continue
        again = True
        while again:
            again = False
            person = subset[i, :18]
            rest = np.arange(i + 1, len(subset))
            rest = rest[subset[rest, 19] > 0]
            same = (subset[rest, :18] == person) & (person != -1)
            for j in rest[same.any(axis=1)]:
                other = subset[j, :18]
                both = (other != -1) & (subset[i, :18] != -1)
                if np.all(other[both] == subset[i, :18][both]):
                    subset[i, :18] = np.where(other != -1, other, subset[i, :18])
                    subset[i, 18] += subset[j, 18]
                    again = True
                # else: conflict. The shared part is ours, nobody else can have it, so row j goes
                subset[j, 19] = 0
    subset[:, 19] = np.where(subset[:, 19] > 0, np.sum(subset[:, :18] != -1, axis=1), 0)
    for i in range(len(subset)):
        if subset[i, 19] == 0 or subset[i, 19] < min_num_body_parts or subset[i, 18] / subset[i, 19] < min_score:
            delete_idx.append(i)
    return np.delete(subset, delete_idx, axis=0)
