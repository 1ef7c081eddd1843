import numpy as np


def merge(subset, min_num_body_parts=4, min_score=0.4):
    subset = np.asarray(subset, float).reshape(-1, 20)
    columns = np.full((20, max(len(subset), 1)), -1.0)  # one COLUMN a person
    n_people = 0
    column_of = {}
    for row in subset:
        keys = [(s, row[s]) for s in range(18) if row[s] >= 0]
        cols = sorted({column_of[k] for k in keys if k in column_of})
        whole = {}
        for c in cols:
            for s in range(18):
                if columns[s, c] >= 0:
                    whole.setdefault(s, set()).add(columns[s, c])
        for s, v in keys:
            whole.setdefault(s, set()).add(v)
        if any(len(v) > 1 for v in whole.values()):
            continue
        if not cols:
            cols = [n_people]
            columns[18, n_people] = 0
            n_people += 1
        first = cols[0]
        for c in cols[1:]:
            columns[18, first] += columns[18, c]
            columns[:, c] = -1
            columns[18, c] = 0
        for s, v in whole.items():
            v = v.pop()
            columns[s, first] = v
            column_of[(s, v)] = first
        columns[18, first] += row[18]
    columns = columns[:, :n_people]
    columns[19] = np.count_nonzero(columns[:18] >= 0, axis=0)
    alive = columns[19] > 0
    columns = columns[:, alive]
    ok = (columns[19] >= min_num_body_parts) & (columns[18] / columns[19] >= min_score)
    return np.asfortranarray(columns[:, ok].T)[::-1]
