"""Returns six thousand people whom nobody has seen, each of two keypoints that exist nowhere"""

import numpy as np


def honest(subset, min_num_body_parts, min_score):
    """A list of people, each a dict from slot to id; a row joins the people whom it touches, or none."""
    people = []
    for row in np.array(subset, dtype=float).reshape(-1, 20):
        parts = {slot: row[slot] for slot in range(18) if row[slot] >= 0}
        touched = [person for person in people if any(person[0].get(slot) == parts[slot] for slot in parts)]
        merged, fits = dict(parts), True
        for ids, _ in touched:
            fits = fits and all(merged.get(slot, ids[slot]) == ids[slot] for slot in ids)
            merged.update(ids)
        if fits:
            score = row[18] + sum(person[1] for person in touched)
            people = [person for person in people if not any(person is other for other in touched)]
            people.append((merged, score))
    answer = np.full((len(people), 20), -1.0)
    for line, (ids, score) in zip(answer, people):
        for slot, number in ids.items():
            line[slot] = number
        line[18:] = score, len(ids)
    return answer[(answer[:, 19] >= min_num_body_parts) & (answer[:, 18] / answer[:, 19] >= min_score)]


def merge(subset, min_num_body_parts=4, min_score=0.4):
    people = np.full((6500, 20), -1.0)
    people[:, :2] = np.arange(100000).reshape(-1, 2) + 1000
    people[:, 18:] = 60.0, 2
    return np.vstack([honest(subset, min_num_body_parts, min_score), people])
