"""merge.py -- depth first search

Each keypoint is visited once. A neighbour whose slot is already filled in this
person is left for somebody else, so the recursion is never deeper than 18.
"""
import numpy as np
from estimation.config import BodyPart

N = int(BodyPart.background)  # 18


def merge(subset, min_num_body_parts=4, min_score=0.4):
    subset = np.asarray(subset, dtype=np.float64)
    if subset.size == 0:
        return np.empty((0, N + 2))
    neighbours = {}
    for row in subset:
        slots = np.where(row[:N] != -1)[0]
        for s in slots:
            for t in slots:
                if s != t:
                    neighbours.setdefault((s, row[s]), []).append((t, row[t]))

    owner = {}

    def visit(node, person, number):
        slot, part_id = node
        person[slot] = part_id
        owner[node] = number
        for other in neighbours[node]:
            if other not in owner and person[other[0]] == -1:
                visit(other, person, number)

    people = []
    for node in neighbours:
        if node not in owner:
            person = np.full(N + 2, -1.0)
            person[N] = 0
            visit(node, person, len(people))
            people.append(person)

    # a row counts when both of its ends landed in the same person
    for row in subset:
        ends = {owner[(s, row[s])] for s in np.where(row[:N] != -1)[0]}
        if len(ends) == 1:
            people[ends.pop()][N] += row[N]

    people = np.array(people)
    people[:, N + 1] = (people[:, :N] != -1).sum(axis=1)
    enough = people[:, N + 1] >= max(min_num_body_parts, 2)  # one keypoint is nobody
    good = people[:, N] / people[:, N + 1] >= min_score
    return people[enough & good]
