import numpy as np


def merge(subset, min_num_body_parts=4, min_score=0.4):
    people = []  # [{slot: id}, score]
    for row in subset:
        parts = {k: row[k] for k in range(18) if row[k] != -1}
        same = [p for p in people if set(p[0].values()) & set(parts.values())]
        new, score, conflict = dict(parts), row[18], False
        for p in same:
            for k, v in p[0].items():
                if new.setdefault(k, v) != v:
                    conflict = True
            score += p[1]
        if conflict:
            continue  # the row that came first wins
        people = [p for p in people if not any(p is s for s in same)]
        people.append([new, score])

    result = []
    for parts, score in people:
        n = len(parts)
        if n < min_num_body_parts or score / n < min_score:
            continue
        line = [-1.0] * 18 + [score, n]
        for k, v in parts.items():
            line[k] = v
        result.append(line)
    return np.array(result).reshape(-1, 20)
