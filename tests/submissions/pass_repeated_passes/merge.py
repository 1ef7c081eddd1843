import numpy as np


def merge(subset, min_num_body_parts=4, min_score=0.4):
    # every person is a list of 20 numbers, like a row of subset
    rows = [list(map(float, r)) for r in np.array(subset).reshape(-1, 20)]
    rows = drop_conflicts(rows)

    changed = True
    while changed:
        changed = False
        merged = []
        owner = {}  # (slot, id) -> index in merged
        for r in rows:
            hit = None
            for k in range(18):
                if r[k] != -1 and (k, r[k]) in owner:
                    hit = owner[(k, r[k])]
                    break
            if hit is None:
                merged.append(r)
                hit = len(merged) - 1
            else:
                p = merged[hit]
                for k in range(18):
                    if r[k] != -1:
                        p[k] = r[k]
                p[18] += r[18]
                changed = True
            for k in range(18):
                if r[k] != -1:
                    owner.setdefault((k, r[k]), hit)
        rows = merged

    out = []
    for r in rows:
        r[19] = float(sum(1 for v in r[:18] if v != -1))
        if r[19] < min_num_body_parts:
            continue
        if r[18] / r[19] < min_score:
            continue
        out.append(r)
    return np.array(out).reshape(len(out), 20)


def drop_conflicts(rows):
    """Keep a row only if the people it would connect have no slot in common."""
    people = []  # list of {slot: id}
    keep = []
    for r in rows:
        parts = {k: r[k] for k in range(18) if r[k] != -1}
        touching = [p for p in people if any(p.get(k) == v for k, v in parts.items())]
        together = dict(parts)
        clash = False
        for p in touching:
            for k, v in p.items():
                if together.setdefault(k, v) != v:
                    clash = True
        if clash:
            continue
        people = [p for p in people if not any(p is t for t in touching)]
        people.append(together)
        keep.append(r)
    return keep
