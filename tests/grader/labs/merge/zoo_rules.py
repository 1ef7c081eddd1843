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


def find_broken_rules(people, rows):
    """List what is wrong in any answer to rows with conflicts, whatever the last two columns say."""
    if people is None:
        return ["no people"]
    known = {keypoint for row in rows for keypoint in keypoints_of(row)}
    found = [keypoint for row in people for keypoint in keypoints_of(row)]
    broken = [] if len(found) == len(set(found)) else ["a keypoint in two people"]
    broken += [] if set(found) <= known else ["an id that is not in that column"]
    for row in people:
        inside = [other for other in rows if keypoints_of(other) <= keypoints_of(row)]
        is_joined = [keypoints_of(row)] == [group for group, _ in find_groups(inside)]
        broken += [] if is_joined else ["parts that no row joins"]
    return broken


def find_wrong_counts(people):
    """List what is wrong in the last column, whoever the people are."""
    return ["a wrong number of parts" for row in people if row[N_PARTS_COLUMN] != len(keypoints_of(row))]


def find_wrong_scores(people, rows):
    """List what is wrong in the scores: the sum of the rows, or at most that where rows lead out of a person."""
    broken = []
    for row in people:
        inside = [other[SCORE_COLUMN] for other in rows if keypoints_of(other) <= keypoints_of(row)]
        if all(keypoints_of(other) <= keypoints_of(row) for other in rows if keypoints_of(other) & keypoints_of(row)):
            broken += [] if abs(row[SCORE_COLUMN] - sum(inside)) < 1e-4 else ["another score than that of the rows"]
        elif row[SCORE_COLUMN] > sum(max(score, 0) for score in inside) + 1e-4:
            broken.append("a score above that of the rows")
    return broken


def find_too_small(people, min_num_body_parts=4, min_score=0.4):
    """List who is below a bound."""
    kept = [(len(keypoints_of(row)), row[SCORE_COLUMN]) for row in people]
    return [
        "somebody below a bound"
        for n_parts, score in kept
        if n_parts < min_num_body_parts or score < (min_score - 1e-6) * n_parts
    ]


def find_all_broken(people, rows, *bounds):
    """List all that is wrong in an answer to rows with conflicts."""
    rules = find_broken_rules(people, rows)
    return rules or find_wrong_counts(people) + find_wrong_scores(people, rows) + find_too_small(people, *bounds)


def has_merged(people, rows):
    """Tell whether somebody is of more parts than a row has, if somebody should be."""
    largest = max((len(keypoints_of(row)) for row in people), default=0)
    return largest > 2 or not any(len(keypoints_of(row)) > 2 for row in reference(rows))


def kept_share(people, rows):
    """Tell how many keypoints an answer keeps, as a share of those that the reference keeps."""
    n_reference = int((reference(rows)[:, :N_PARTS] != -1).sum())
    return len({keypoint for row in people for keypoint in keypoints_of(row)}) / n_reference if n_reference else 1.0


def have_same_groups(people, others):
    return sorted(sorted(keypoints_of(row)) for row in people) == sorted(sorted(keypoints_of(row)) for row in others)


def are_same(people, others):
    def sort(rows):
        return sorted((sorted(keypoints_of(row)), round(row[SCORE_COLUMN], 3), row[N_PARTS_COLUMN]) for row in rows)

    return people is not None and others is not None and sort(people) == sort(others)
