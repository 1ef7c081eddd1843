from typing import Dict, List

import numpy as np

from .config import BodyPart

NUM_PARTS = BodyPart.background.value


class Person:
    """One human being in the picture."""

    def __init__(self):
        self.parts: Dict[int, int] = {}
        self.score = 0.0

    def knows(self, parts) -> bool:
        return any(self.parts.get(slot) == part_id for slot, part_id in parts.items())

    def clashes_with(self, parts) -> bool:
        return any(self.parts.get(slot, part_id) != part_id for slot, part_id in parts.items())

    def absorb(self, parts, score) -> None:
        self.parts.update(parts)
        self.score += score

    @property
    def count(self) -> int:
        return len(self.parts)

    def is_good(self, min_parts, min_score) -> bool:
        return self.count >= min_parts and self.score / self.count >= min_score

    def to_row(self) -> np.ndarray:
        row = np.full(NUM_PARTS + 2, -1.0)
        row[list(self.parts.keys())] = list(self.parts.values())
        row[-2] = self.score
        row[-1] = self.count
        return row


class Crowd:
    def __init__(self):
        self.people: List[Person] = []

    def add(self, parts, score) -> None:
        found = [person for person in self.people if person.knows(parts)]
        if not found:
            person = Person()
            person.absorb(parts, score)
            self.people.append(person)
            return
        main, others = found[0], found[1:]
        if main.clashes_with(parts) or any(main.clashes_with(other.parts) for other in others):
            return
        main.absorb(parts, score)
        for other in others:
            main.absorb(other.parts, other.score)
            self.people.remove(other)


def merge(subset: np.ndarray, min_num_body_parts: int = 4, min_score: float = 0.4) -> np.ndarray:
    crowd = Crowd()
    for row in subset:
        crowd.add({k: int(row[k]) for k in range(NUM_PARTS) if row[k] != -1}, float(row[NUM_PARTS]))
    rows = [person.to_row() for person in crowd.people if person.is_good(min_num_body_parts, min_score)]
    return np.stack(rows) if rows else np.zeros((0, NUM_PARTS + 2))
