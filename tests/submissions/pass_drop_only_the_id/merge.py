import numpy as np


def as_parts(row):
    return [(k, row[k]) for k in range(18) if row[k] != -1]


def reachable(start, rows, blocked_slots):
    """What hangs together with start in these rows, without going through blocked slots."""
    found = {start}
    more = True
    while more:
        more = False
        for ends, _ in rows:
            for a, b in (ends, ends[::-1]):
                if a in found and b not in found and b[0] not in blocked_slots:
                    found.add(b)
                    more = True
    return found


class Group:
    def __init__(self, parts, rows):
        self.parts = set(parts)
        self.rows = rows  # [((part, part), score)]

    def slots(self):
        return {k for k, _ in self.parts}


def split(parts, rows):
    """Groups that are left of some parts after others were taken away."""
    parts = set(parts)
    groups = []
    while parts:
        together = reachable(next(iter(sorted(parts))), rows, ())
        groups.append(Group(together, [r for r in rows if r[0][0] in together]))
        parts -= together
    return groups


def merge(subset, min_num_body_parts=4, min_score=0.4):
    owner = {}
    for row in subset:
        a, b = as_parts(row)
        for end in (a, b):
            if end not in owner:
                owner[end] = Group([end], [])
        entry = ((a, b), float(row[18]))
        one, two = owner[a], owner[b]
        if one is two:
            one.rows.append(entry)
            continue
        if len(one.parts) >= len(two.parts):
            big, small, link = one, two, b
        else:
            big, small, link = two, one, a
        clashing = big.slots() & small.slots()
        if link[0] in clashing:
            continue  # the id of this very row has no place: nothing can be done
        taken = reachable(link, small.rows, clashing)
        if clashing and 2 * len(taken) < len(small.parts):
            continue  # would tear the other person to pieces: better drop the row
        rest = small.parts - taken
        inside = [r for r in small.rows if set(r[0]) <= taken]
        outside = [r for r in small.rows if set(r[0]) <= rest]
        big.parts |= taken
        big.rows += inside + [entry]
        for group in [big] + split(rest, outside):
            for part in group.parts:
                owner[part] = group

    people = []
    for group in {id(g): g for g in owner.values()}.values():
        n = len(group.parts)
        score = sum(r[1] for r in group.rows)
        if group.rows and n >= min_num_body_parts and score / n >= min_score:
            row = np.full(20, -1.0)
            for k, v in group.parts:
                row[k] = v
            row[18] = score
            row[19] = n
            people.append(row)
    return np.array(people)
