from dataclasses import dataclass, field
from typing import Iterator, Set, Tuple

import numpy as np

Keypoint = Tuple[int, int]


@dataclass(frozen=True)
class Connection:
    start: Keypoint
    end: Keypoint
    score: float

    @property
    def limb(self):
        return self.start[0], self.end[0]


@dataclass
class Skeleton:
    keypoints: Set[Keypoint] = field(default_factory=set)
    score: float = 0.0

    def __len__(self):
        return len(self.keypoints)

    def slots(self):
        return {slot for slot, _ in self.keypoints}


def read(subset) -> Iterator[Connection]:
    for row in subset:
        start, end = ((slot, int(value)) for slot, value in enumerate(row[:18]) if value != -1)
        yield Connection(start, end, float(row[18]))


def one_to_one(connections) -> Iterator[Connection]:
    """A keypoint can be used once per limb: the best connection comes first."""
    used = set()
    for connection in connections:
        ends = {(connection.limb, connection.start), (connection.limb, connection.end)}
        if not ends & used:
            used |= ends
            yield connection


def assemble(connections) -> Iterator[Skeleton]:
    owner = {}
    for connection in connections:
        first = owner.get(connection.start) or Skeleton({connection.start})
        second = owner.get(connection.end) or Skeleton({connection.end})
        if first is not second:
            if first.slots() & second.slots():
                continue
            first.keypoints |= second.keypoints
            first.score += second.score
        first.score += connection.score
        owner.update((keypoint, first) for keypoint in first.keypoints)
    seen = []
    for skeleton in owner.values():
        if not any(skeleton is other for other in seen):
            seen.append(skeleton)
            yield skeleton


def as_row(skeleton):
    row = np.full(20, -1.0)
    for slot, value in skeleton.keypoints:
        row[slot] = value
    row[18:] = skeleton.score, len(skeleton)
    return row


def merge(subset, min_num_body_parts=4, min_score=0.4):
    rows = [
        as_row(skeleton)
        for skeleton in assemble(one_to_one(read(subset)))
        if len(skeleton) >= min_num_body_parts and skeleton.score >= min_score * len(skeleton)
    ]
    return np.array(rows).reshape(-1, 20)
