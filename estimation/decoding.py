"""From maps to people: the lab's four steps in a row, as the lab takes them or with all that makes them better.

What is better: keypoints stand between the cells, one for each joint and not a cluster. On their cells, eyes and ears
of small people often share one, and a line of no length is no limb. Each is in one connection of a limb; connections
may be faint; those that the network is surest of are joined first; people are ranked by their PAFs.
"""

import time
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from estimation.compilation import Floats
from estimation.config import ConnectionsConfig
from estimation.connections import get_connections
from estimation.coordinates import Keypoint, get_coordinates
from estimation.estimators import Table, connection_rows, estimate, score_limbs, score_skeletons
from estimation.networks import Maps

LAB_THRESHOLD = 0.1
"""Above which a heatmap has a keypoint in the lab."""

_MIN_DISTANCE_CELLS = 3.0
_PAF_THRESHOLD, _MIN_PASSED = 0.0, 7  # more than 7 of 10 samples: the 80 % that the lab's code names and does not ask


class People(NamedTuple):
    """Who was found in a picture.

    Attributes
    ----------
    coordinates : dict of str to sequence of tuple
        All keypoints, from `get_coordinates`, in heatmap cells.
    skeletons : ndarray of shape (n, 20) and dtype float64
        A row a person, from `estimate`.
    scores : ndarray of shape (n,) and dtype float64, or None
        How sure the network is of each person, from `score_skeletons`; None as in the lab, which does not say.
    limb_scores : ndarray of shape (n, 19) and dtype float64
        How far the PAFs believe in each limb of each person, from `score_limbs`; NaN for a limb without a connection.
    seconds : float
        What `estimate` took.
    """

    coordinates: Mapping[str, Sequence[Keypoint]]
    skeletons: Floats
    scores: Floats | None
    limb_scores: Floats
    seconds: float


def find_connections(
    config: ConnectionsConfig, maps: Maps, *, threshold: float = LAB_THRESHOLD, as_in_lab: bool = False
) -> tuple[Mapping[str, Sequence[Keypoint]], Sequence[Table]]:
    """Find keypoints and connections in a network's maps: what comes before `estimate`.

    Parameters
    ----------
    config : ConnectionsConfig
    maps : Maps
        What `Network.predict` returned. Not modified.
    threshold : float, optional
        Find keypoints above it; see `get_coordinates`.
    as_in_lab : bool, optional
        Take each step with the lab's defaults: a keypoint may then stand in several rows of a limb.

    Returns
    -------
    coordinates : dict of str to sequence of tuple
        From `get_coordinates`, in heatmap cells.
    connections : sequence of array_like
        From `get_connections`.

    Raises
    ------
    ValueError
        Where `get_coordinates` or `get_connections` do.
    """
    if as_in_lab:
        coordinates = get_coordinates(config, maps.heatmaps, threshold)
        return coordinates, get_connections(config, coordinates, maps.pafs)
    coordinates = get_coordinates(config, maps.heatmaps, threshold, refine=True, min_distance_cells=_MIN_DISTANCE_CELLS)
    connections = get_connections(
        config, coordinates, maps.pafs, _PAF_THRESHOLD, minimum_mid_num=_MIN_PASSED, one_to_one=True
    )
    return coordinates, connections


def find_rows(
    config: ConnectionsConfig, maps: Maps, *, as_in_lab: bool = False
) -> tuple[Mapping[str, Sequence[Keypoint]], Floats]:
    """Find keypoints and the rows that reach `merge` in `find_people`; parameters and errors are those of that.

    Returns
    -------
    coordinates : dict of str to sequence of tuple
        From `get_coordinates`, in heatmap cells.
    rows : ndarray of shape (n, 20) and dtype float64
        From `connection_rows`.
    """
    coordinates, connections = find_connections(config, maps, as_in_lab=as_in_lab)
    return coordinates, connection_rows(config, connections, best_first=not as_in_lab)


def find_people(
    config: ConnectionsConfig, maps: Maps, *, threshold: float = LAB_THRESHOLD, as_in_lab: bool = False
) -> People:
    """Find the people in a network's maps.

    Parameters
    ----------
    config : ConnectionsConfig
    maps : Maps
        What `Network.predict` returned. Not modified.
    threshold : float, optional
        Find keypoints above it; see `get_coordinates`.
    as_in_lab : bool, optional
        Take each step with the lab's defaults.

    Returns
    -------
    people : People

    Raises
    ------
    ValueError
        Where `get_coordinates`, `get_connections` or `estimate` do.
    """
    coordinates, connections = find_connections(config, maps, threshold=threshold, as_in_lab=as_in_lab)
    start = time.perf_counter()
    skeletons = estimate(config, connections, best_first=not as_in_lab)
    seconds = time.perf_counter() - start
    limb_scores = score_limbs(config, skeletons, connections)
    scores = None if as_in_lab else score_skeletons(limb_scores)
    return People(coordinates, skeletons, scores, limb_scores, seconds)
