import numpy as np

ABSENT = -1


def key_pair(row):
    return [(k, float(row[k])) for k in range(18) if row[k] != ABSENT]


def merge(subset, min_num_body_parts=4, min_score=0.4):
    group_of = {}
    rows_of = {}
    dropped = []
    for number, row in enumerate(subset):
        a, b = key_pair(row)
        ga = group_of.setdefault(a, {a})
        gb = group_of.setdefault(b, {b})
        if ga is not gb:
            if {k for k, _ in ga} & {k for k, _ in gb}:
                dropped.append((a, b, row[18]))
                continue
            ga |= gb
            for key in gb:
                group_of[key] = ga
        rows_of[number] = (a, row[18])

    score = {}
    for a, s in rows_of.values():
        score[id(group_of[a])] = score.get(id(group_of[a]), 0.0) + s

    # second chance: a keypoint that a dropped row names, out of a group that is deleted anyway
    for a, b, s in dropped:
        for mine, other in ((a, b), (b, a)):
            person, small = group_of[mine], group_of[other]
            free = other[0] not in {k for k, _ in person}
            if len(small) < min_num_body_parts <= len(person) and free:
                small.remove(other)
                person.add(other)
                group_of[other] = person
                score[id(person)] = score.get(id(person), 0.0) + s

    people = []
    done = []
    for person in group_of.values():
        if any(person is d for d in done):
            continue
        done.append(person)
        total = score.get(id(person), 0.0)
        if len(person) > 1 and len(person) >= min_num_body_parts and total / len(person) >= min_score:
            line = [ABSENT] * 18 + [total, len(person)]
            for k, v in person:
                line[k] = v
            people.append(line)
    return np.array(people, dtype=float)
