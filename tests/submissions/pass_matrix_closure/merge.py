import numpy as np


def closure(adjacent):
    """Transitive closure of a boolean matrix by repeated squaring."""
    reach = adjacent | np.eye(len(adjacent), dtype=bool)
    while True:
        as_float = reach.astype(np.float32)
        squared = (as_float @ as_float) > 0
        if (squared == reach).all():
            return reach
        reach = squared


def without_conflict(slots):
    return len(set(slots.tolist())) == len(slots)


def grow(pairs, slots):
    """Reachability of one group with conflicts: rows one at a time, those that clash stay out."""
    reach = np.eye(len(slots), dtype=bool)
    used = np.zeros(len(pairs), dtype=bool)
    for i, (a, b) in enumerate(pairs):
        both = np.flatnonzero(reach[a] | reach[b])
        if without_conflict(slots[both]):
            reach[np.ix_(both, both)] = True
            used[i] = True
    return reach, used


def merge(subset, min_num_body_parts=4, min_score=0.4):
    subset = np.asarray(subset, dtype=float)
    if subset.size == 0:
        return np.empty((0, 20))
    row_index, slot = np.nonzero(subset[:, :18] != -1)
    keys = np.stack([slot, subset[row_index, slot]], axis=1)
    nodes, inverse = np.unique(keys, axis=0, return_inverse=True)
    pairs = inverse.reshape(-1, 2)
    slots = nodes[:, 0].astype(int)
    n = len(nodes)

    adjacent = np.zeros((n, n), dtype=bool)
    adjacent[pairs[:, 0], pairs[:, 1]] = adjacent[pairs[:, 1], pairs[:, 0]] = True
    group = closure(adjacent).argmax(axis=1)  # the smallest node of the group stands for it

    used = np.ones(len(pairs), dtype=bool)
    for g in np.unique(group):
        members = np.flatnonzero(group == g)
        if without_conflict(slots[members]):
            continue
        mine = np.flatnonzero(group[pairs[:, 0]] == g)
        reach, kept = grow(np.searchsorted(members, pairs[mine]), slots[members])
        used[mine] = kept
        group[members] = members[reach.argmax(axis=1)]

    people = []
    for g in np.unique(group[pairs[used, 0]]):
        members = np.flatnonzero(group == g)
        person = -np.ones(20)
        person[slots[members]] = nodes[members, 1]
        person[18] = subset[used & (group[pairs[:, 0]] == g), 18].sum()
        person[19] = len(members)
        people.append(person)
    people = np.array(people)
    return people[(people[:, 19] >= min_num_body_parts) & (people[:, 18] / people[:, 19] >= min_score)]
