import numpy as np


def propagate(labels, a, b):
    """Both ends of a row take the smaller label until nothing moves any more."""
    while True:
        before = labels.copy()
        low = np.minimum(labels[a], labels[b])
        np.minimum.at(labels, a, low)
        np.minimum.at(labels, b, low)
        if np.array_equal(before, labels):
            return labels


def allowed_rows(a, b, slot_of):
    # quick-find with one bit per slot
    labels = np.arange(len(slot_of))
    filled = np.left_shift(1, slot_of)
    ok = np.ones(len(a), dtype=bool)
    for i in range(len(a)):
        la, lb = labels[a[i]], labels[b[i]]
        if la == lb:
            continue
        if filled[la] & filled[lb]:
            ok[i] = False
            continue
        labels[labels == lb] = la
        filled[la] |= filled[lb]
    return ok


def merge(subset, min_num_body_parts=4, min_score=0.4):
    subset = np.array(subset, dtype='float64').reshape((-1, 20))
    if subset.shape[0] == 0:
        return subset
    r, c = np.where(subset[:, :18] != -1)
    big = subset[:, :18].max() + 1
    codes, index = np.unique(c * big + subset[r, c], return_inverse=True)
    slot_of = (codes // big).astype(np.int64)
    a, b = index.reshape(-1, 2).T

    ok = allowed_rows(a, b, slot_of)
    labels = propagate(np.arange(len(codes)), a[ok], b[ok])

    out = np.full((len(codes), 20), -1.0)
    out[:, 18] = 0
    out[labels, slot_of] = codes % big
    np.add.at(out[:, 18], labels[a[ok]], subset[ok, 18])
    out[:, 19] = (out[:, :18] != -1).sum(1)
    out = out[np.unique(labels[a[ok]])]
    mask = (out[:, 19] >= min_num_body_parts) & (out[:, 18] / out[:, 19] >= min_score)
    return out[mask]
