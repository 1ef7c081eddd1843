"""Lists and the module math, without NumPy."""

import math


def heatmaps(keypoints, shape, sigma):
    rows, columns = shape
    n_joints = keypoints.shape[1]
    people = keypoints.tolist()
    answer = [[[0.0] * columns for _ in range(rows)] for _ in range(n_joints)]
    for person in people:
        for joint, (px, py) in enumerate(person):
            if px != px:
                continue
            across = [math.exp(-((c - px) ** 2) / sigma**2) for c in range(columns)]
            for r in range(rows):
                down = math.exp(-((r - py) ** 2) / sigma**2)
                line = answer[joint][r]
                for c in range(columns):
                    line[c] = max(line[c], down * across[c])
    return answer


def weigh(values, sharpness):
    highest = max(max(row) for row in values)
    powers = [[math.exp(sharpness * (value - highest)) for value in row] for row in values]
    total = sum(map(sum, powers))
    return [[power / total for power in row] for row in powers]


def find(weights):
    x = sum(c * weight for row in weights for c, weight in enumerate(row))
    y = sum(r * weight for r, row in enumerate(weights) for weight in row)
    return x, y


def softargmax(maps, sharpness):
    return [list(find(weigh(values, sharpness))) for values in maps.tolist()]


def softargmax_gradient(maps, sharpness, upstream):
    answer = []
    for values, (a, b) in zip(maps.tolist(), upstream.tolist()):
        weights = weigh(values, sharpness)
        x, y = find(weights)
        answer.append(
            [[sharpness * w * (a * (c - x) + b * (r - y)) for c, w in enumerate(row)] for r, row in enumerate(weights)]
        )
    return answer


def pck(found, true, labelled, length, fraction):
    first, second = length
    judged = []
    for f, t, known in zip(found.tolist(), true.tolist(), labelled.tolist()):
        if known[first] and known[second]:
            bound = fraction * math.dist(t[first], t[second])
            judged += [math.dist(p, q) <= bound for p, q, is_known in zip(f, t, known) if is_known]
    return sum(judged) / len(judged) if judged else math.nan


def iou(mask_a, mask_b):
    both = either = 0
    for row_a, row_b in zip(mask_a.tolist(), mask_b.tolist()):
        for a, b in zip(row_a, row_b):
            both += bool(a) and bool(b)
            either += bool(a) or bool(b)
    return both / either if either else 1


def density(heads, shape, sigma):
    rows, columns = shape
    answer = [[0.0] * columns for _ in range(rows)]
    for px, py in heads.tolist():
        bump = [
            [math.exp(-((c - px) ** 2 + (r - py) ** 2) / (2 * sigma * sigma)) for c in range(columns)]
            for r in range(rows)
        ]
        total = sum(map(sum, bump))
        for line, row in zip(answer, bump):
            for c, value in enumerate(row):
                line[c] += value / total
    return answer
