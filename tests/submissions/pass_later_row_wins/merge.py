import numpy as np


def merge(subset, min_num_body_parts=4, min_score=0.4):
    persons = []
    for row in list(subset)[::-1]:
        a, b = [i for i in range(18) if row[i] > -1]
        pa = pb = None
        for p in persons:
            if p[a] == row[a]:
                pa = p
            if p[b] == row[b]:
                pb = p

        if pa is None and pb is None:           # case 1: new person
            p = np.full(20, -1, dtype=float)
            p[a], p[b], p[18], p[19] = row[a], row[b], row[18], 2
            persons.append(p)
        elif pa is pb:                          # case 2: closes a cycle
            pa[18] += row[18]
        elif pa is None or pb is None:          # case 3: one new part
            p, new = (pb, a) if pa is None else (pa, b)
            if p[new] == -1:
                p[new] = row[new]
                p[18] += row[18]
                p[19] += 1
        else:                                   # case 4: two persons become one
            if not np.any((pa[:18] > -1) & (pb[:18] > -1)):
                pa[:18] = np.maximum(pa[:18], pb[:18])
                pa[18] += pb[18] + row[18]
                pa[19] += pb[19]
                persons = [p for p in persons if p is not pb]

    persons = [p for p in persons if p[19] >= min_num_body_parts and p[18] / p[19] >= min_score]
    return np.asarray(persons).reshape(-1, 20)
