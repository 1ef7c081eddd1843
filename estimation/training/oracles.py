"""Where a network's AP is lost: what would come out if all that follows its peaks were perfect.

Beside the AP of the people found stand two that know the truth. In the first one every peak goes to the person whose
joint it is: what is missing to the real AP is lost in grouping. In the second one these peaks also stand where the
joints are: what it gains is lost in localisation, and what is missing to 1 in joints that have no peak at all.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import linear_sum_assignment

from estimation.coco import keypoint_similarities
from estimation.coco_format import COCO_SLOTS
from estimation.config import N_PARTS, PARTS

Floats = NDArray[np.float64]

MIN_SIMILARITY = 0.1
"""A peak may be a joint's if COCO calls the two at least that much alike."""


def group_by_truth(
    peaks: Mapping[str, ArrayLike], true: Floats, areas: Floats, *, are_placed: bool = False
) -> tuple[Floats, Floats]:
    """Give each person those of a network's peaks that are joints of theirs.

    Parameters
    ----------
    peaks : mapping of str to array_like of shape (n, 3)
        All that was found of each part, by its name: ``(x, y, score)`` in picture pixels.
    true : ndarray of shape (n, 18, 2)
        The true people; NaN where a joint is not labelled.
    areas : ndarray of shape (n,)
        Of the true people, in square pixels.
    are_placed : bool, optional
        Put each peak where the joint is.

    Returns
    -------
    keypoints : ndarray of shape (n, 18, 2)
        NaN where no peak is near, and for the neck, which COCO does not have.
    scores : ndarray of shape (n, 18)
        Of the peaks; 0 where there is none.
    """
    keypoints, scores = np.full((len(true), N_PARTS, 2), np.nan), np.zeros((len(true), N_PARTS))
    for slot in COCO_SLOTS:
        found = np.asarray(peaks.get(PARTS[slot].name, ()), np.float64).reshape(-1, 3)
        predicted = np.full((1, len(found), N_PARTS, 2), np.nan)
        predicted[0, :, slot] = found[:, :2]
        similarity = keypoint_similarities(predicted, true[:, None], areas[:, None])[..., COCO_SLOTS.index(slot)]
        similarity[similarity < MIN_SIMILARITY] = 0
        for person, peak in zip(*linear_sum_assignment(similarity, maximize=True), strict=True):
            if similarity[person, peak]:
                keypoints[person, slot] = true[person, slot] if are_placed else found[peak, :2]
                scores[person, slot] = found[peak, 2]
    return keypoints, scores
