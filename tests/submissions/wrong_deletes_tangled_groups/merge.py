import numpy as np


def merge(subset, min_num_body_parts=4, min_score=0.4):
    groups = []
    for row in subset:
        parts = {(k, row[k]) for k in range(18) if row[k] != -1}
        same = [g for g in groups if g[0] & parts]
        groups = [g for g in groups if not g[0] & parts]
        groups.append((parts.union(*[g[0] for g in same]), row[18] + sum(g[1] for g in same)))

    people = []
    for parts, score in groups:
        person = dict(parts)
        n = len(person)
        if n < len(parts):
            continue  # conflict
        if n >= min_num_body_parts and score / n >= min_score:
            people.append([person.get(k, -1) for k in range(18)] + [score, n])
    return np.array(people).reshape(-1, 20)
