import numpy as np


def merge(subset, min_num_body_parts=4, min_score=0.4):
    groups = [({k: row[k] for k in range(18) if row[k] != -1}, float(row[18])) for row in subset]
    pair = find_pair(groups)
    while pair is not None:
        first, second = pair
        parts, score = groups.pop(second)
        groups[first] = ({**groups[first][0], **parts}, groups[first][1] + score)
        pair = find_pair(groups)

    people = []
    for parts, score in groups:
        n = len(parts)
        if n >= min_num_body_parts and score / n >= min_score:
            people.append([parts.get(k, -1) for k in range(18)] + [score, n])
    return np.array(people, dtype=float).reshape(-1, 20)


def find_pair(groups):
    for second in range(len(groups)):
        for first in range(second):
            a, b = groups[first][0], groups[second][0]
            common = [k for k in a if k in b]
            if any(a[k] == b[k] for k in common) and all(a[k] == b[k] for k in common):
                return first, second
    return None
