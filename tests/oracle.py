"""The lab's algorithm once more, in plain loops: slow, and easy to compare with the lab's own words.

It shares no code with the package but the numbers of the skeleton. Arrays in, lists of numbers out.
"""

import math

from estimation.config import ABSENT, N_PARTS


def find_coordinates(config, heatmaps, threshold=0.1):
    """Every cell that is above the threshold and not below its four neighbours, part after part, row after row."""
    threshold = float(heatmaps.dtype.type(threshold))
    heatmaps = heatmaps.astype("float64")
    coords = {}
    next_id = 0
    for part in config.body_parts.values():
        peaks = []
        heatmap = heatmaps[:, :, part.heatmap_idx]
        height, width = heatmap.shape
        for y in range(height):
            for x in range(width):
                value = float(heatmap[y, x])
                if value > threshold and is_highest(heatmap, x, y):
                    peaks.append((x, y, value, next_id))
                    next_id += 1
        coords[part.body_part.name] = peaks
    return coords


def is_highest(heatmap, x, y):
    """No neighbour is higher; beyond the border there is 0."""
    height, width = heatmap.shape
    for col, row in ((x - 1, y), (x + 1, y), (x, y - 1), (x, y + 1)):
        is_on_map = 0 <= col < width and 0 <= row < height
        if heatmap[y, x] < (heatmap[row, col] if is_on_map else 0.0):
            return False
    return True


def find_connections(config, coords, paf, *, threshold=0.05, mid_num=10, minimum_mid_num=8, one_to_one=False):
    """Score all pairs of keypoints of each limb; the best come first, at most as many as the rarer part has."""
    found = []
    for limb in config.connection_types:
        starts = coords[limb.from_body_part.name]
        ends = coords[limb.to_body_part.name]
        if not starts or not ends:
            found.append([])
            continue
        candidates = []
        for start in starts:
            for end in ends:
                samples = sample_paf(start, end, paf, limb, mid_num)
                if samples is None:
                    continue
                total = 0.0
                for sample in samples:
                    total += sample
                total /= mid_num
                n_passed = len([sample for sample in samples if sample > threshold])
                if n_passed > minimum_mid_num and total > 0:
                    candidates.append([start[3], end[3], start[2], end[2], total])
        candidates.sort(key=rank if one_to_one else lambda candidate: candidate[4])  # Python's sort is stable
        candidates.reverse()
        if one_to_one:
            candidates = take_each_once(candidates)
        found.append(candidates[: min(len(starts), len(ends))])
    return found


def rank(candidate):
    """The total counts for less where a keypoint is faint."""
    _, _, score1, score2, total = candidate
    return total * math.sqrt(max(score1 * score2, 0.0))


def take_each_once(candidates):
    """Pass over those of which a keypoint is in an earlier one."""
    taken, kept = set(), []
    for candidate in candidates:
        ends = {("start", candidate[0]), ("end", candidate[1])}
        if not ends & taken:
            taken |= ends
            kept.append(candidate)
    return kept


def sample_paf(start, end, paf, limb, mid_num):
    """Projections of the PAF on the line from start to end; None where the line has no direction."""
    dx, dy = float(end[0]) - float(start[0]), float(end[1]) - float(start[1])
    length = math.sqrt(dx * dx + dy * dy)
    if length == 0:
        return None
    samples = []
    for x, y in zip(spread(start[0], end[0], mid_num), spread(start[1], end[1], mid_num), strict=True):
        col, row = round(x), round(y)
        samples.append(
            float(paf[row, col, limb.paf_dx_idx]) * (dx / length)
            + float(paf[row, col, limb.paf_dy_idx]) * (dy / length)
        )
    return samples


def spread(start, stop, n):
    """`np.linspace` in words: steps of equal length, and the last point exactly on the end."""
    step = (float(stop) - float(start)) / (n - 1)
    return [float(start) + i * step for i in range(n - 1)] + [float(stop)]


def make_rows(config, connections):
    """One row for each connection, unless the same pair of ids has a row already."""
    rows = []
    for limb, found in zip(config.connection_types, connections, strict=True):
        slot1 = config.body_parts[limb.from_body_part].slot_idx
        slot2 = config.body_parts[limb.to_body_part].slot_idx
        for connection in found:
            id1, id2 = float(connection[0]), float(connection[1])
            if any(row[slot1] == id1 and row[slot2] == id2 for row in rows):
                continue
            row = [float(ABSENT)] * N_PARTS
            row[slot1], row[slot2] = id1, id2
            rows.append([*row, float(connection[2]) + float(connection[3]) + float(connection[2]), 2.0])
    return rows


def group_rows(rows, min_num_body_parts=4, min_score=0.4):
    """Take the rows in order; a row that would give somebody two ids in one slot is dropped, whole."""
    people = []  # of each the ids by slot, and the numbers and scores of the rows
    for number, row in enumerate(rows):
        parts = {slot: id_ for slot, id_ in enumerate(row[:N_PARTS]) if id_ != ABSENT}
        touched = [person for person in people if any(person[0].get(slot) == id_ for slot, id_ in parts.items())]
        entries = [entry for person in touched for entry in person[0].items()] + list(parts.items())
        together = dict(entries)
        if parts and all(together[slot] == id_ for slot, id_ in entries):
            scores = sorted([entry for person in touched for entry in person[1]] + [(number, float(row[N_PARTS]))])
            people = [person for person in people if not any(person is other for other in touched)]
            people.append((together, scores))
    return list_people(people, min_num_body_parts, min_score)


def list_people(people, min_num_body_parts, min_score):
    """One row a person in the order of their first rows, without those of too few parts or too low a score."""
    listed = []
    for parts, scores in sorted(people, key=lambda person: person[1][0][0]):
        total = 0.0
        for _, score in scores:
            total += score
        if len(parts) >= min_num_body_parts and total / len(parts) >= min_score:
            ids = [float(parts.get(slot, ABSENT)) for slot in range(N_PARTS)]
            listed.append([*ids, total, float(len(parts))])
    return listed
