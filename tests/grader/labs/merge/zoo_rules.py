"""What is right and what is wrong in an answer of `merge`, in plain loops that share no code with the grader."""

from estimation.config import N_PARTS, N_PARTS_COLUMN, SCORE_COLUMN
from estimation.merge import merge as reference


def keypoints_of(row):
    return frozenset((slot, int(id_)) for slot, id_ in enumerate(row[:N_PARTS]) if id_ != -1)


def find_groups(rows):
    """Collect the groups of keypoints that rows join, each with the sum of the rows' scores."""
    groups = []
    for row in rows:
        keypoints = keypoints_of(row)
        touched = [group for group in groups if group[0] & keypoints]
        groups = [group for group in groups if not group[0] & keypoints]
        total = float(row[SCORE_COLUMN]) + sum(score for _, score in touched)
        groups.append((keypoints.union(*(group for group, _ in touched)), total))
    return groups


def find_broken_rules(people, rows, min_num_body_parts=4, min_score=0.4):
    """List what is wrong in any answer to rows with conflicts."""
    if people is None:
        return ["no people"]
    known = {keypoint for row in rows for keypoint in keypoints_of(row)}
    found = [keypoint for row in people for keypoint in keypoints_of(row)]
    broken = [] if len(found) == len(set(found)) else ["a keypoint in two people"]
    broken += [] if set(found) <= known else ["an id that is not in that column"]
    for row in people:
        keypoints = keypoints_of(row)
        inside = [other for other in rows if keypoints_of(other) <= keypoints]
        total = sum(other[SCORE_COLUMN] for other in inside)
        broken += [] if [keypoints] == [group for group, _ in find_groups(inside)] else ["parts that no row joins"]
        broken += [] if row[SCORE_COLUMN] <= total + 1e-4 else ["a score above that of the rows"]
        broken += [] if row[N_PARTS_COLUMN] == len(keypoints) else ["a wrong number of parts"]
        is_kept = len(keypoints) >= min_num_body_parts and row[SCORE_COLUMN] >= (min_score - 1e-6) * len(keypoints)
        broken += [] if is_kept else ["somebody below a bound"]
    return broken


def kept_share(people, rows):
    """Tell how many keypoints an answer keeps, as a share of those that the reference keeps."""
    n_reference = int((reference(rows)[:, :N_PARTS] != -1).sum())
    return len({keypoint for row in people for keypoint in keypoints_of(row)}) / n_reference if n_reference else 1.0


def are_same(people, others):
    def sort(rows):
        return sorted((sorted(keypoints_of(row)), round(row[SCORE_COLUMN], 3), row[N_PARTS_COLUMN]) for row in rows)

    return people is not None and others is not None and sort(people) == sort(others)
