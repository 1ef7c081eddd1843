"""From one picture to its people in its own pixels: what `evaluate` measures."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from estimation.config import get_default_configuration
from estimation.decoding import LAB_THRESHOLD, find_people
from estimation.keypoints import cells_to_px, skeletons_to_keypoints
from estimation.pictures import bring_to_height
from estimation.training.views import Predictor

Floats = npt.NDArray[np.float64]


class FoundKeypoints(NamedTuple):
    """What was found in one picture, in its own pixels.

    Attributes
    ----------
    keypoints : ndarray of shape (n, 18, 2)
        Of each person; NaN where a part is absent.
    scores : ndarray of shape (n, 18)
    person_scores : ndarray of shape (n,), or None
        As in `People`.
    peaks : dict of str to ndarray of shape (n, 3)
        All that was found of each part, whoever it belongs to: ``(x, y, score)``.
    """

    keypoints: Floats
    scores: Floats
    person_scores: Floats | None
    peaks: dict[str, Floats]


def find_keypoints(
    network: Predictor,
    picture: npt.NDArray[np.uint8],
    height_px: int | None = None,
    *,
    threshold: float = LAB_THRESHOLD,
    as_in_lab: bool = True,
) -> FoundKeypoints:
    """Run the whole chain on one picture.

    Parameters
    ----------
    network : Predictor
    picture : ndarray of shape (H, W, 3) and dtype uint8
        RGB.
    height_px, threshold, as_in_lab : optional
        As in `estimation.training.evaluate.evaluate`.

    Returns
    -------
    found : FoundKeypoints
    """
    seen = bring_to_height(picture, height_px or picture.shape[0])
    config = get_default_configuration()
    people = find_people(config, network.predict(seen), threshold=threshold, as_in_lab=as_in_lab)
    keypoints, scores = skeletons_to_keypoints(people.skeletons, people.coordinates)
    # A pixel that the network saw covers this many pixels of the picture as stored; whole pixels make two ratios.
    ratios = picture.shape[1] / seen.shape[1], picture.shape[0] / seen.shape[0]

    def as_stored(points_px: Floats) -> Floats:
        return np.stack([cells_to_px(points_px[..., axis], cell_px=r) for axis, r in enumerate(ratios)], axis=-1)

    peaks = {}
    for name, found in people.coordinates.items():
        cells = np.asarray(found, np.float64).reshape(-1, 4)
        peaks[name] = np.column_stack([as_stored(cells_to_px(cells[:, :2])), cells[:, 2]])
    return FoundKeypoints(as_stored(keypoints), scores, people.scores, peaks)
