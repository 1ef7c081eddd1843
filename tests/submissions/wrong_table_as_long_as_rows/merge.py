import numpy as np


def merge(subset, min_num_body_parts=4, min_score=0.4):
    table = [0] * (2 * len(subset) + 4)
    people = []  # ({slot: id}, score)
    for row in np.array(subset, dtype=float).reshape(-1, 20):
        parts = {slot: row[slot] for slot in range(18) if row[slot] != -1}
        for number in parts.values():
            table[int(number)] += 1
        touching = [p for p in people if any(p[0].get(slot) == number for slot, number in parts.items())]
        joined, score, fits = dict(parts), row[18], True
        for others, other_score in touching:
            for slot, number in others.items():
                fits = fits and joined.setdefault(slot, number) == number
            score += other_score
        if not fits:
            continue
        people = [p for p in people if not any(p is q for q in touching)]
        people.append((joined, score))

    answer = []
    for parts, score in people:
        n = len(parts)
        if n < min_num_body_parts or score / n < min_score:
            continue
        line = [-1.0] * 18 + [score, n]
        for slot, number in parts.items():
            line[slot] = number
        answer.append(line)
    return np.array(answer).reshape(-1, 20)
