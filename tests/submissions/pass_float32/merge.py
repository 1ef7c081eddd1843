import numpy as np


def merge(subset, min_num_body_parts=4, min_score=0.4):
    subset = np.asarray(subset, dtype=np.float64).reshape(-1, 20)
    people = np.empty((0, 20))
    for row in subset:
        has = row[:18] != -1
        hit = ((people[:, :18] == row[:18]) & has).any(axis=1)
        group = np.vstack([people[hit], row])
        ids = group[:, :18]
        top = ids.max(axis=0)
        if np.any((ids != -1) & (ids != top)):
            continue  # somebody would get two ids in one slot
        new = np.concatenate([top, [group[:, 18].sum(), (top != -1).sum()]])
        people = np.vstack([people[~hit], new])
    n = people[:, 19]
    keep = np.logical_not((n < min_num_body_parts) | (people[:, 18] < min_score * n))
    return people[keep].astype(np.float32)
