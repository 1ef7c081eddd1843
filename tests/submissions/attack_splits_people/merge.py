"""Makes many people of each keypoint, so that whoever compares people in pairs has much to do"""

import numpy as np


def reach(edges, start):
    seen, queue = {start}, [start]
    while queue:
        for node in edges.get(queue.pop(), ()):
            if node not in seen:
                seen.add(node)
                queue.append(node)
    return seen


def honest(subset, min_num_body_parts, min_score):
    """A graph of keypoints; an edge goes in only if the two sides of it share no slot."""
    edges, scores = {}, {}
    for row in np.asarray(subset, dtype=float).reshape(-1, 20):
        nodes = [(slot, int(row[slot])) for slot in range(18) if row[slot] > -1]
        first, last = nodes[0], nodes[-1]
        here, there = reach(edges, first), reach(edges, last)
        if last not in here:
            if {slot for slot, _ in here} & {slot for slot, _ in there}:
                continue
            edges.setdefault(first, []).append(last)
            edges.setdefault(last, []).append(first)
        scores[first] = scores.get(first, 0.0) + row[18]
    answer, seen = [], set()
    for node in edges:
        if node in seen:
            continue
        group = reach(edges, node)
        seen |= group
        person = [-1.0] * 20
        for slot, number in group:
            person[slot] = number
        person[18] = sum(scores.get(member, 0.0) for member in group)
        person[19] = len(group)
        if len(group) >= min_num_body_parts and person[18] / len(group) >= min_score:
            answer.append(person)
    return np.array(answer, dtype=float).reshape(-1, 20)


def merge(subset, min_num_body_parts=4, min_score=0.4):
    people = honest(subset, min_num_body_parts, min_score)
    single = [(slot, person[slot]) for person in people for slot in range(18) if person[slot] != -1]
    answer = np.full((6500, 20), -1.0)
    for line in range(len(answer) if single else 0):
        slot, number = single[line % len(single)]
        answer[line, slot] = number
    answer[:, 18:] = 1.0, 1
    return answer
