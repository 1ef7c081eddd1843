from collections import deque

import numpy as np

ABSENT = -1


def build_graph(edges):
    graph = {}
    for index, (a, b, _) in edges.items():
        graph.setdefault(a, {}).setdefault(b, index)
        graph.setdefault(b, {}).setdefault(a, index)
    return graph


def bfs(graph, start):
    """Return the parents of everything reachable and the first clash on the way (or None)."""
    came_from = {start: None}
    in_slot = {start[0]: start}
    queue = deque([start])
    clash = None
    while queue:
        node = queue.popleft()
        for neighbour in graph[node]:
            if neighbour in came_from:
                continue
            came_from[neighbour] = node
            if clash is None and neighbour[0] in in_slot:
                clash = (in_slot[neighbour[0]], neighbour)
            in_slot.setdefault(neighbour[0], neighbour)
            queue.append(neighbour)
    return came_from, clash


def path_between(graph, start, goal):
    came_from = {start: None}
    queue = deque([start])
    while goal not in came_from:
        node = queue.popleft()
        for neighbour in graph[node]:
            if neighbour not in came_from:
                came_from[neighbour] = node
                queue.append(neighbour)
    path = [goal]
    while came_from[path[-1]] is not None:
        path.append(came_from[path[-1]])
    return path


def merge(subset, min_num_body_parts=4, min_score=0.4):
    edges = {}
    for index, row in enumerate(np.asarray(subset, dtype=float).reshape(-1, 20)):
        a, b = [(k, int(row[k])) for k in range(18) if row[k] != ABSENT]
        edges[index] = (a, b, row[18])

    graph = build_graph(edges)
    todo = list(graph)
    done = set()
    people = []
    while todo:
        start = todo[-1]
        if start in done:
            todo.pop()
            continue
        came_from, clash = bfs(graph, start)
        if clash is None:
            people.append(set(came_from))
            done |= set(came_from)
            todo.pop()
            continue
        # two different ids in one slot: cut the row with the lowest score between them
        path = path_between(graph, *clash)
        steps = list(zip(path, path[1:]))
        a, b = min(steps, key=lambda step: edges[graph[step[0]][step[1]]][2])
        del graph[a][b], graph[b][a]
        edges = {index: edge for index, edge in edges.items() if set(edge[:2]) != {a, b}}

    answer = []
    person_of = {node: number for number, person in enumerate(people) for node in person}
    scores = [0.0] * len(people)
    for a, b, score in edges.values():
        scores[person_of[a]] += score
    for person, score in zip(people, scores):
        if len(person) == 1 or len(person) < min_num_body_parts or score / len(person) < min_score:
            continue
        row = np.full(20, float(ABSENT))
        for slot, part_id in person:
            row[slot] = part_id
        row[18:] = score, len(person)
        answer.append(row)
    return np.array(answer) if answer else np.zeros((0, 20))
