"""Lab 3: merge the connections of one person."""
import numpy as np


def find(parent, node):
    while parent[node] != node:
        parent[node] = parent[parent[node]]
        node = parent[node]
    return node


def merge(subset, min_num_body_parts=4, min_score=0.4):
    """Union-find. Every (slot, id) is a node and every row an edge.

    Conflict: rows come best first, so if a row would put two different ids
    in one slot of a person we do not use the row at all.
    """
    subset = np.asarray(subset, dtype=float).reshape(-1, 20)
    parent = {}
    slots = {}  # root -> slots that are already filled
    used = []  # (a node of the row, score of the row)

    for row in subset:
        nodes = [(k, row[k]) for k in range(18) if row[k] != -1]
        for node in nodes:
            if node not in parent:
                parent[node] = node
                slots[node] = {node[0]}
        first = nodes[0]
        ok = True
        for other in nodes[1:]:
            a, b = find(parent, first), find(parent, other)
            if a == b:
                continue
            if slots[a] & slots[b]:
                ok = False
                break
            parent[b] = a
            slots[a] |= slots[b]
        if ok:
            used.append((nodes, row[18]))

    persons = {}
    for nodes, score in used:
        root = find(parent, nodes[0])
        if root not in persons:
            persons[root] = np.full(20, -1.0)
            persons[root][18] = 0
        for slot, part_id in nodes:
            persons[root][slot] = part_id
        persons[root][18] += score

    result = []
    for person in persons.values():
        person[19] = np.sum(person[:18] != -1)
        if person[19] >= min_num_body_parts and person[18] / person[19] >= min_score:
            result.append(person)
    return np.array(result).reshape(-1, 20)
