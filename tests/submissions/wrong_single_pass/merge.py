import numpy as np


def merge(subset, min_num_body_parts=4, min_score=0.4):
    subset = np.array(subset, dtype=float).reshape(-1, 20)
    used = [False] * len(subset)
    people = []
    for i in range(len(subset)):
        if used[i]:
            continue
        person = subset[i].copy()
        for j in range(i + 1, len(subset)):
            if used[j]:
                continue
            a, b = np.flatnonzero(subset[j, :18] != -1)
            if person[a] == subset[j, a] or person[b] == subset[j, b]:
                used[j] = True
                if person[a] in (-1, subset[j, a]) and person[b] in (-1, subset[j, b]):
                    person[a], person[b] = subset[j, a], subset[j, b]
                    person[18] += subset[j, 18]
        person[19] = sum(person[:18] != -1)
        if person[19] >= min_num_body_parts and person[18] / person[19] >= min_score:
            people.append(person)
    return np.array(people).reshape(-1, 20)
