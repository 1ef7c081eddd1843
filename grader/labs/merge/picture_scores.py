"""Score the skeletons of a picture against the people who are in it.

The measure is PCK@0.5 of the torso with a price for invention: of the labelled keypoints, those count that the
skeleton of their person has within half a torso diameter. People and skeletons are matched one to one, and the
keypoints of a skeleton that is nobody's stand in the denominator beside the labelled ones.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from estimation.config import N_PARTS, BodyPart
from estimation.metrics import box_lengths, torso_diameters
from grader.labs.merge.merge_case import LabelledPicture, Rows

ALPHA = 0.5
"""A keypoint is found within this share of the person's torso diameter."""

_Floats = npt.NDArray[np.float64]
_Ints = npt.NDArray[np.int64]


def score_people(labelled: LabelledPicture, skeletons: Rows) -> float:
    """Compute which share of the labelled keypoints the skeletons have in the right place.

    Parameters
    ----------
    labelled : LabelledPicture
        The picture: the place of each keypoint id and the labelled parts of each person, in pixels. A person whose
        left shoulder or right hip is not labelled is measured by half the longer side of the box around the labels.
    skeletons : ndarray of shape (m, 20)
        In any order. Ids that the picture does not know are passed over.

    Returns
    -------
    share : float
        0 to 1: found keypoints by labelled ones and those of skeletons that match nobody. Of all ways to match
        people and skeletons it is the one that finds most; among those, the one that leaves over least. 1 where
        nobody is labelled and nobody was found.
    """
    people = _place_people(labelled.people)
    placed = _place_skeletons(labelled.keypoints, skeletons)
    n_labelled = int(np.isfinite(people).all(axis=-1).sum())
    n_parts = np.isfinite(placed).all(axis=-1).sum(axis=1)
    found = _count_found(people, placed)
    # Found keypoints weigh more than all parts together, so that the parts only decide between equals.
    weights = np.where(found > 0, found * (1 + N_PARTS * len(people)) + n_parts, 0)
    pairs = [(person, skeleton) for person, skeleton in match(weights) if found[person, skeleton]]
    n_surplus = int(n_parts.sum()) - sum(int(n_parts[skeleton]) for _, skeleton in pairs)
    return _share(sum(int(found[pair]) for pair in pairs), n_labelled + n_surplus)


def match(weights: _Ints) -> list[tuple[int, int]]:
    """Match rows with columns one to one so that the sum of the weights is the largest possible.

    Parameters
    ----------
    weights : ndarray of shape (n, m) and dtype int64
        What each pair is worth, 0 or more.

    Returns
    -------
    pairs : list of tuple of int
        ``(row, column)``, by row; ``min(n, m)`` of them.

    References
    ----------
    .. [1] Kuhn, "The Hungarian method for the assignment problem", Naval Research Logistics Quarterly 2, 1955; here
       with shortest augmenting paths, which for a picture's people is at once exact, short and quick to import.
    """
    n_rows, n_columns = weights.shape
    costs = np.zeros((n_rows, max(n_rows, n_columns)), dtype=np.int64)
    costs[:, :n_columns] = -weights
    row_of = np.full(costs.shape[1], -1)
    row_prices, column_prices = np.zeros(n_rows, dtype=np.int64), np.zeros(costs.shape[1], dtype=np.int64)
    for row in range(n_rows):
        _augment(costs, row, row_of, row_prices, column_prices)
    return sorted((int(row_of[column]), column) for column in range(n_columns) if row_of[column] >= 0)


def _augment(costs: _Ints, row: int, row_of: _Ints, row_prices: _Ints, column_prices: _Ints) -> None:
    """Match one more row: follow the cheapest path of exchanges to a free column, and exchange along it."""
    infinite = np.iinfo(np.int64).max
    distances = np.full(costs.shape[1], infinite)
    came_from = np.full(costs.shape[1], -1)
    is_done = np.zeros(costs.shape[1], dtype=bool)
    column, reached, distance = -1, row, 0
    while reached >= 0:
        through = distance + costs[reached] - row_prices[reached] - column_prices
        closer = ~is_done & (through < distances)
        distances[closer], came_from[closer] = through[closer], column
        column = int(np.argmin(np.where(is_done, infinite, distances)))
        is_done[column], distance, reached = True, int(distances[column]), int(row_of[column])
    row_prices[row] += distance
    for done in np.flatnonzero(is_done):
        if row_of[done] >= 0:
            row_prices[row_of[done]] += distance - distances[done]
        column_prices[done] -= distance - distances[done]
    while column >= 0:
        before = int(came_from[column])
        row_of[column] = row_of[before] if before >= 0 else row
        column = before


def _place_people(people: Sequence[Mapping[str, tuple[float, float]]]) -> _Floats:
    """Return the labelled parts as an array of shape (n, 18, 2) in pixels, NaN where there is no label."""
    places = np.full((len(people), N_PARTS, 2), np.nan)
    for person, labelled in zip(places, people, strict=True):
        for name, place in labelled.items():
            person[BodyPart[name]] = place
    return places


def _place_skeletons(keypoints: Mapping[int, tuple[float, float]], skeletons: Rows) -> _Floats:
    """Return the parts of skeletons as an array of shape (m, 18, 2) in pixels, NaN where there is none."""
    places = np.full((len(skeletons), N_PARTS, 2), np.nan)
    for skeleton, row in zip(places, skeletons, strict=True):
        for slot, keypoint in enumerate(row[:N_PARTS].tolist()):
            if keypoint in keypoints:
                skeleton[slot] = keypoints[keypoint]
    return places


def _count_found(people: _Floats, skeletons: _Floats) -> _Ints:
    """Return an array of shape (n, m): how many keypoints of each person each skeleton has in the right place."""
    torsos = torso_diameters(people)
    reach = ALPHA * np.where(np.isfinite(torsos), torsos, box_lengths(people) / 2)
    counts = np.zeros((len(people), len(skeletons)), dtype=np.int64)
    for person in range(len(people)):
        distances = np.linalg.norm(skeletons - people[person], axis=-1)
        counts[person] = (distances <= reach[person]).sum(axis=1)
    return counts


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 1.0
