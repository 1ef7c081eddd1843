import numpy as np


def merge(subset, min_num_body_parts=4, min_score=0.4):
    people = {}
    for row in subset:
        if row[18] / row[19] >= min_score:
            people[tuple(row)] = row  # each only once
    return np.array(list(people.values()))
