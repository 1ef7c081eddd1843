import numpy as np


def merge_in_order(rows, min_num_body_parts, min_score):
    where = {}
    groups = {}
    for i, row in enumerate(rows):
        keys = [(k, row[k]) for k in range(18) if row[k] != -1]
        hit = sorted({where[key] for key in keys if key in where})
        parts = dict(keys)
        n_before = len(parts)
        score = row[18]
        for g in hit:
            for key in groups[g][0].items():
                if key not in parts.items():
                    n_before += 1
                    parts[key[0]] = key[1]
            score += groups[g][1]
        if len(parts) < n_before:
            continue
        for g in hit:
            del groups[g]
        groups[i] = (parts, score)
        for key in parts.items():
            where[key] = i

    people = []
    for parts, score in groups.values():
        if len(parts) >= min_num_body_parts and score / len(parts) >= min_score:
            people.append([parts.get(k, -1) for k in range(18)] + [score, len(parts)])
    return people


def merge(subset, min_num_body_parts=4, min_score=0.4):
    rows = np.array(subset, dtype=float).reshape(-1, 20).tolist()
    candidates = [
        merge_in_order(rows, min_num_body_parts, min_score),
        merge_in_order(sorted(rows, key=lambda row: row[18], reverse=True), min_num_body_parts, min_score),
        merge_in_order(rows[::-1], min_num_body_parts, min_score),
    ]
    best = max(candidates, key=lambda people: sum(person[19] for person in people))
    return np.array(best).reshape(-1, 20)
