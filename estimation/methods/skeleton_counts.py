"""The lab's own answer to how many people there are: as many as there are skeletons."""

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from estimation.belief import select_believed
from estimation.sighting import look

if TYPE_CHECKING:
    from estimation.networks import Network

HEIGHT_PX = 512
"""How high the network sees a picture: people in crowds are small, and it knows people of 40 px and more."""


def count_skeletons(
    network: "Network", pictures: npt.NDArray[np.uint8], *, height_px: int = HEIGHT_PX
) -> npt.NDArray[np.float64]:
    """Count the skeletons that the network and `merge` find and that are believed, as the demo draws them.

    Parameters
    ----------
    network : Network
        What `load_network` returned.
    pictures : ndarray of shape (n, H, W, 3) and dtype uint8
        RGB. Not modified.
    height_px : int, optional
        How high the network sees each.

    Returns
    -------
    counts : ndarray of shape (n,) and dtype float64
    """
    sightings = (look(network, picture, height_px) for picture in pictures)
    return np.array([len(select_believed(sighting.people)[1]) for sighting in sightings], np.float64)
