"""
Merge first, repair later:
  1. connected groups of rows
  2. while a group holds two ids in a slot: find the shortest way between the two
     and delete the row on it that came last (rows come best first)
"""
import numpy as np


def ends(row):
    a, b = np.flatnonzero(row[:18] != -1)
    return (a, row[a]), (b, row[b])


def walk(links, start):
    order = [start]
    via = {start: None}
    for node in order:
        for other, number in links[node]:
            if other not in via:
                via[other] = (node, number)
                order.append(other)
    return order, via


def find_clash(order):
    first = {}
    for node in order:
        if node[0] in first:
            return first[node[0]], node
        first[node[0]] = node
    return None


def latest_row_between(links, one, two):
    via = walk(links, one)[1]
    numbers = []
    while via[two] is not None:
        two, number = via[two]
        numbers.append(number)
    return max(numbers)


def merge(subset, min_num_body_parts=4, min_score=0.4):
    subset = np.asarray(subset, dtype=float).reshape(-1, 20)
    pairs = [ends(row) for row in subset]
    links = {}
    for number, (a, b) in enumerate(pairs):
        links.setdefault(a, []).append((b, number))
        links.setdefault(b, []).append((a, number))

    result = []
    open_nodes = list(links)
    closed = set()
    while open_nodes:
        start = open_nodes[0]
        if start in closed:
            open_nodes.pop(0)
            continue
        order, _ = walk(links, start)
        clash = find_clash(order)
        if clash:
            number = latest_row_between(links, *clash)
            a, b = pairs[number]
            links[a].remove((b, number))
            links[b].remove((a, number))
            continue
        closed.update(order)
        rows = {number for node in order for _, number in links[node]}
        if rows:
            person = np.full(20, -1.0)
            for slot, value in order:
                person[slot] = value
            person[18] = sum(subset[number, 18] for number in sorted(rows))
            person[19] = len(order)
            if not (person[19] < min_num_body_parts or person[18] / person[19] < min_score):
                result.append(person)
    return np.array(result) if len(result) > 0 else np.array([])
