import numpy as np


class Person:
    def __init__(self):
        self.ids = [-1] * 18
        self.score = -1

    def has(self, row):
        for mine, other in zip(self.ids, row):
            if mine == other != -1:
                return True
        return False

    def conflicts(self, ids):
        return any(-1 not in (mine, other) and mine != other for mine, other in zip(self.ids, ids))

    def add(self, ids, score):
        self.ids = [mine if other == -1 else other for mine, other in zip(self.ids, ids)]
        self.score += score

    def parts_num(self):
        return 18 - self.ids.count(-1)

    def to_row(self):
        return self.ids + [self.score, self.parts_num()]


def merge(subset, min_num_body_parts=4, min_score=0.4):
    persons = []
    for row in np.asarray(subset, dtype=float).reshape(-1, 20).tolist():
        found = [p for p in persons if p.has(row)]
        if not found:
            found = [Person()]
            persons.append(found[0])
        first = found[0]
        if first.conflicts(row[:18]) or any(first.conflicts(p.ids) for p in found[1:]):
            continue
        first.add(row[:18], row[18])
        for p in found[1:]:
            first.add(p.ids, p.score)
            persons.remove(p)

    rows = [
        p.to_row()
        for p in persons
        if p.parts_num() >= min_num_body_parts and p.score / p.parts_num() >= min_score
    ]
    return np.array(rows).reshape(-1, 20)
