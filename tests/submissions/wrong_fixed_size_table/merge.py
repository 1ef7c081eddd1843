import numpy as np

MAX_IDS = 500


def merge(subset, min_num_body_parts=4, min_score=0.4):
    table = -np.ones((18, MAX_IDS), dtype=int)  # which person has this id
    people = []
    for row in subset:
        slots = [k for k in range(18) if row[k] != -1]
        new = np.array(row, dtype=float)
        found = sorted({table[k, int(row[k])] for k in slots} - {-1})
        conflict = False
        for f in found:
            p = people[f]
            conflict |= np.any((p[:18] != -1) & (new[:18] != -1) & (p[:18] != new[:18]))
            new[:18] = np.maximum(new[:18], p[:18])
            new[18] += p[18]
        if conflict:
            continue
        for f in found:
            people[f] = None
        for k in range(18):
            if new[k] != -1:
                table[k, int(new[k])] = len(people)
        people.append(new)

    result = []
    for p in people:
        if p is not None:
            p[19] = np.sum(p[:18] != -1)
            if p[19] >= min_num_body_parts and p[18] / p[19] >= min_score:
                result.append(p)
    return np.array(result).reshape(-1, 20)
