import numpy as np


def merge(subset, min_num_body_parts = 4, min_score = 0.4):
    if len(subset) == 0:
        return np.array([])
    groups = []     # [set of (slot, id), score]
    for row in subset:
        s = {(i, int(v)) for i, v in enumerate(row[:18]) if v != -1}
        touched = [g for g in groups if g[0] & s]
        u = s.union(*[g[0] for g in touched])
        if len(u) != len({slot for slot, _ in u}):
            continue            # conflict! the row that came first wins
        total = row[18] + sum(g[1] for g in touched)
        groups = [g for g in groups if not (g[0] & s)]
        groups.append([u, total])

    res = []
    for s, score in groups:
        n = len(s)
        if n >= min_num_body_parts and score / n >= min_score:
            d = dict(s)
            res.append([d.get(i, -1) for i in range(18)] + [score, n])
    return np.array(res)
