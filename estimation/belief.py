"""What of the people found is believed, and so drawn.

The chain keeps whatever may be a person: for measuring, where a faint one ranks last, that is right. Whoever looks at a
picture sees limbs across half of it instead. Nothing here changes who was found.
"""

import numpy as np

from estimation.decoding import People
from estimation.estimators import score_skeletons

MIN_LIMB_SCORE = 0.15
"""A connection whose PAF total is lower is not believed: it joins what lies far apart, or belongs to two people."""

MIN_PERSON_SCORE = 0.1
"""The lowest score of a person who is drawn if nobody says otherwise: four limbs that the network is half sure of."""


def select_believed(people: People, min_score: float = MIN_PERSON_SCORE) -> tuple[People, list[int]]:
    """Leave out limbs that the PAFs do not support, and then people of whom too little is left.

    Parameters
    ----------
    people : People
        Who was found. Not modified.
    min_score : float, optional
        The lowest score of a person, which is that of the limbs left. With 0 nothing at all is left out.

    Returns
    -------
    believed : People
        Some of the people; NaN for their limbs that are not believed. Their skeletons stay whole.
    places : list of int
        Where each of them stands in `people`.
    """
    if min_score == 0:
        return people, list(range(len(people.skeletons)))
    weak = ~(people.limb_scores >= MIN_LIMB_SCORE)  # also NaN: no connection at all
    limb_scores = np.where(weak, np.nan, people.limb_scores)
    kept = score_skeletons(limb_scores) >= min_score
    scores = None if people.scores is None else people.scores[kept]
    believed = people._replace(skeletons=people.skeletons[kept], scores=scores, limb_scores=limb_scores[kept])
    return believed, np.flatnonzero(kept).tolist()
