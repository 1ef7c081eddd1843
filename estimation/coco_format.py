"""Found people in COCO's results format; the evaluation of such results is in `estimation.coco`."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from estimation.config import COCO_PARTS, N_PARTS
from estimation.keypoints import as_keypoints

PERSON_CATEGORY = 1

COCO_SLOTS = [int(part) for part in COCO_PARTS]
"""The slots of COCO's 17 keypoints, in COCO's order; the neck is none of them."""


def coco_results(
    keypoints: ArrayLike, scores: ArrayLike, image_id: int, person_scores: ArrayLike | None = None
) -> list[dict[str, Any]]:
    """Put found people in COCO's results format.

    Parameters
    ----------
    keypoints : array_like of shape (n, 18, 2)
        In picture pixels; NaN where absent.
    scores : array_like of shape (n, 18)
        Scores of the parts, 0 where absent: the two arrays that `skeletons_to_keypoints` returns.
    image_id : int
        COCO's id of the picture.
    person_scores : array_like of shape (n,), optional
        How sure each person is, as `score_skeletons` says it.

    Returns
    -------
    results : list of dict
        A dict a person with ``image_id``, ``category_id`` 1, ``keypoints`` (17 times x, y and part score, in
        COCO's order; three zeros for an absent part) and ``score``, by which COCO ranks people: the one given, or
        the sum of the part scores divided by 17, so that of two equally sure people the more complete one ranks
        first. People with nothing but a neck have no COCO keypoint and are left out.

    Raises
    ------
    ValueError
        If a shape is wrong or a score is no finite number.
    """
    points = as_keypoints(keypoints, "keypoints", ndim=3)[:, COCO_SLOTS]
    part_scores = np.asarray(scores, dtype=np.float64).reshape(-1, N_PARTS)[:, COCO_SLOTS]
    if len(part_scores) != len(points) or not np.isfinite(part_scores).all():
        raise ValueError(
            f"scores must be a finite number for each of {len(points)} x {N_PARTS} parts; got {scores!r:.200}."
        )
    totals = part_scores.mean(axis=1) if person_scores is None else np.asarray(person_scores, dtype=np.float64)
    if totals.shape != (len(points),) or not np.isfinite(totals).all():
        raise ValueError(
            f"person_scores must be a finite number for each of {len(points)} people; got {person_scores!r:.200}."
        )
    found = np.asarray(np.isfinite(points).all(axis=-1, keepdims=True))
    kept = found[..., 0].any(axis=1)
    triples = np.where(found, np.concatenate((points, part_scores[..., None]), axis=-1), 0.0)
    return [
        {
            "image_id": image_id,
            "category_id": PERSON_CATEGORY,
            "keypoints": person.ravel().tolist(),
            "score": float(total),
        }
        for person, total in zip(triples[kept], totals[kept], strict=True)
    ]
