from functools import reduce
from itertools import chain

import numpy as np


def parts_of(row):
    return frozenset((slot, int(part)) for slot, part in enumerate(row[:18]) if part != -1)


def fits(parts):
    return len(parts) == len(frozenset(slot for slot, _ in parts))


def add_row(people, row):
    parts = parts_of(row)
    near = tuple(filter(lambda person: not parts.isdisjoint(person[0]), people))
    far = tuple(filter(lambda person: parts.isdisjoint(person[0]), people))
    joined = frozenset(chain(parts, *(person[0] for person in near)))
    score = sum((person[1] for person in near), float(row[18]))
    return far + ((joined, score),) if fits(joined) else people


def to_row(person):
    slots = dict(person[0])
    return [*(slots.get(slot, -1) for slot in range(18)), person[1], len(person[0])]


def merge(subset, min_num_body_parts=4, min_score=0.4):
    """people = filter . fold"""
    people = reduce(add_row, subset, ())
    good = lambda p: len(p[0]) >= min_num_body_parts and p[1] / len(p[0]) >= min_score
    return np.array(list(map(to_row, filter(good, people))), dtype=float).reshape(-1, 20)
