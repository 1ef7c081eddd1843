import numpy as np


def find_pair(rows):
    """the first two rows that have an id in common"""
    for i in range(len(rows)):
        for j in range(i + 1, len(rows)):
            for k in range(18):
                if rows[i][k] != -1 and rows[i][k] == rows[j][k]:
                    return i, j
    return None


def merge(subset, min_num_body_parts=4, min_score=0.4):
    rows = [list(map(float, row)) for row in subset]
    pair = find_pair(rows)
    while pair is not None:
        i, j = pair
        person, other = rows[i], rows[j]
        if not any(-1 not in (person[k], other[k]) and person[k] != other[k] for k in range(18)):
            for k in range(18):
                person[k] = max(person[k], other[k])
            person[18] += other[18]
        del rows[j]
        pair = find_pair(rows)
    for row in rows:
        row[19] = sum(1 for k in range(18) if row[k] != -1)
    rows = [row for row in rows if row[19] >= min_num_body_parts and row[18] / row[19] >= min_score]
    return np.array(rows).reshape(-1, 20)
