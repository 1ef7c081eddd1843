"""Sends arrays whose headers lie: millions of millions of rows, objects, code in place of a type"""

import json
import os
import struct

import numpy as np

calls = []


def honest(subset, min_num_body_parts, min_score):
    """Every keypoint has a group, a list that all its members share; the longer list swallows the shorter."""
    group_of = {}
    for row in np.asarray(subset, dtype=float).reshape(-1, 20):
        nodes = [(slot, row[slot]) for slot in range(18) if row[slot] != -1]
        one, other = (group_of.get(node, {"nodes": [node], "score": 0.0}) for node in (nodes[0], nodes[-1]))
        if one is not other:
            if {slot for slot, _ in one["nodes"]} & {slot for slot, _ in other["nodes"]}:
                continue
            if len(one["nodes"]) < len(other["nodes"]):
                one, other = other, one
            one["nodes"] += other["nodes"]
            one["score"] += other["score"]
            for node in one["nodes"]:
                group_of[node] = one
        one["score"] += row[18]
    answer = []
    for group in {id(group): group for group in group_of.values()}.values():
        person = np.full(20, -1.0)
        for slot, number in group["nodes"]:
            person[slot] = number
        person[18:] = group["score"], len(group["nodes"])
        if person[19] >= min_num_body_parts and person[18] / person[19] >= min_score:
            answer.append(person)
    return np.array(answer).reshape(-1, 20)


def shout(message):
    for descriptor in range(3, 64):
        try:
            os.write(descriptor, message)
        except OSError:
            continue


def framed(header, payload=b"", length=None):
    text = json.dumps(header).encode()
    return struct.pack(">II", len(text), len(payload) if length is None else length) + text + payload


def array(text, data=b""):
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text.encode() + data


LIES = (
    ("(999999999, 999999999, 999999999)", "<f8"),
    ("(0, 999999999, 999999999)", "<f8"),
    ("(999999999, 0)", "<f8"),
    ("(1, 20)", "|O8"),
    ("(-1, 20)", "<f8"),
    ("(1, 20)", "<f3"),
    ("((1,), 20)", "<f8"),
    ("__import__('os')", "exit()"),
)


def merge(subset, min_num_body_parts=4, min_score=0.4):
    calls.append(len(subset))
    people = honest(subset, min_num_body_parts, min_score)
    if (min_num_body_parts, min_score) != (4, 0.4):
        shape, kind = LIES[len(calls) % len(LIES)]
        text = "{'descr': '%s', 'fortran_order': False, 'shape': %s, }" % (kind, shape)
        shout(framed({"is": "answer", "call": len(calls) + 1}, array(text.ljust(117) + "\n")))
    return people
