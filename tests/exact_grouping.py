"""The best grouping that there is, by integer programming: how much does "the earlier row wins" give away?

For every two keypoints one variable says whether they belong to one person. A kept row needs it for all pairs of its
keypoints; two keypoints of one slot never belong together; and belonging together is transitive. The optimum is the
highest total score of the kept rows. The number of constraints grows with the cube of that of the keypoints.
"""

from itertools import combinations

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import coo_array

from estimation.config import ABSENT, N_PARTS, SCORE_COLUMN


def find_best_total(rows):
    """Return the highest sum of scores, none of them negative, of rows that can be kept together."""
    keypoints = [
        [(slot, id_) for slot, id_ in enumerate(row) if id_ != ABSENT] for row in rows[:, :N_PARTS].astype(int).tolist()
    ]
    usable = [row for row, found in enumerate(keypoints) if found]
    if not usable:
        return 0.0
    nodes = sorted({keypoint for found in keypoints for keypoint in found})
    # Variables: first whether each usable row is kept, then whether the keypoints of each pair belong together.
    pairs = {pair: len(usable) + i for i, pair in enumerate(combinations(nodes, 2))}
    needs = [
        {variable: 1, pairs[pair]: -1}
        for variable, row in enumerate(usable)
        for pair in combinations(sorted(keypoints[row]), 2)
    ]
    needs += [
        {pairs[one]: 1, pairs[two]: 1, pairs[three]: -1, "at most": 1}
        for a, b, c in combinations(nodes, 3)
        for one, two, three in triangles((a, b), (b, c), (a, c))
    ]
    scores = np.zeros(len(usable) + len(pairs))
    scores[: len(usable)] = rows[usable, SCORE_COLUMN]
    upper = np.ones(len(scores))
    upper[[variable for (a, b), variable in pairs.items() if a[0] == b[0]]] = 0
    return solve(scores, needs, upper)


def triangles(one, two, three):
    """Each of three pairs in turn as the one that follows from the other two."""
    return (one, two, three), (two, three, one), (three, one, two)


def solve(scores, needs, upper):
    """Maximise over variables of 0 and 1, where each need bounds a sum of variables from above, by 0 by default."""
    needs = needs or [{0: 0}]
    entries = [(row, key, value) for row, need in enumerate(needs) for key, value in need.items() if key != "at most"]
    row, column, value = zip(*entries, strict=True)
    matrix = coo_array((value, (row, column)), (len(needs), len(scores))).tocsr()
    bounds = LinearConstraint(matrix, ub=[need.get("at most", 0) for need in needs])
    found = milp(-scores, constraints=bounds, bounds=Bounds(0, upper), integrality=np.ones(len(scores)))
    assert found.success, found.message
    return -found.fun
