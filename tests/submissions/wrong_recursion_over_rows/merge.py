import numpy as np


def add(rows, people):
    if len(rows) == 0:
        return people
    row = rows[0]
    parts = {(k, row[k]) for k in range(18) if row[k] != -1}
    same = [p for p in people if p[0] & parts]
    both = parts.union(*[p[0] for p in same])
    if len({k for k, _ in both}) == len(both):
        people = [p for p in people if not p[0] & parts]
        people.append((both, row[18] + sum(p[1] for p in same)))
    return add(rows[1:], people)


def merge(subset, min_num_body_parts=4, min_score=0.4):
    result = []
    for parts, score in add(subset, []):
        n = len(parts)
        if n >= min_num_body_parts and score / n >= min_score:
            ids = dict(parts)
            result.append([ids.get(k, -1) for k in range(18)] + [score, n])
    return np.array(result).reshape(-1, 20)
