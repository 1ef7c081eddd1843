import numpy as np


def merge(subset, min_num_body_parts: int = 4, min_score: float = 0.4):
    """
    Step 1: sort, best score first
    Step 2: merge
    Step 3: delete
    """
    subset = np.array(subset, dtype=float)
    if subset.size == 0:
        return np.empty((0, 20))
    subset = subset[np.argsort(-subset[:, 18], kind="stable")]

    group_of_part = {}
    groups = {}
    for n, row in enumerate(subset):
        parts = [(int(k), int(row[k])) for k in np.flatnonzero(row[:18] != -1)]
        old = {group_of_part[p] for p in parts if p in group_of_part}
        members = list(parts) + [p for g in old for p in groups[g][0] if p not in parts]
        slots = [k for k, _ in members]
        if len(slots) > len(set(slots)):
            continue
        score = row[18]
        for g in sorted(old):
            score += groups.pop(g)[1]
        groups[n] = (members, score)
        for p in members:
            group_of_part[p] = n

    persons = np.full((len(groups), 20), -1.)
    for person, (members, score) in zip(persons, groups.values()):
        for k, v in members:
            person[k] = v
        person[18], person[19] = score, len(members)

    bad = []
    for i in range(len(persons)):
        if persons[i][-1] < min_num_body_parts or persons[i][-2] / persons[i][-1] < min_score:
            bad.append(i)
    return np.delete(persons, bad, axis=0)
