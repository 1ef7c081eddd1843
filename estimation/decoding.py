"""From maps to people: the lab's four steps in a row, as the lab takes them or with all that makes them better.

What is better: keypoints stand between the cells, one for each joint and not a cluster. On their cells, eyes and ears
of small people often share one, and a line of no length is no limb. Each is in one connection of a limb; connections
may be faint; those that the network is surest of are joined first; people are ranked by their PAFs.
"""

import time
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy.typing as npt

from estimation.compilation import Floats
from estimation.config import ConnectionsConfig
from estimation.connections import ConnectionTable, connect_keypoints
from estimation.coordinates import Keypoint, KeypointTable, find_peaks, list_keypoints
from estimation.estimators import connection_rows, estimate, score_limbs, score_skeletons
from estimation.networks import Maps

LAB_THRESHOLD = 0.1
"""Above which a heatmap has a keypoint in the lab."""


class Decoding(NamedTuple):
    """How maps become skeletons; without anything else as in the lab.

    Attributes
    ----------
    threshold, refine, min_distance_cells
        See `get_coordinates`.
    paf_threshold, min_passed, one_to_one
        See `get_connections`, where the first two are `threshold` and `minimum_mid_num`.
    best_first
        See `estimate`.
    """

    threshold: float = LAB_THRESHOLD
    refine: bool = False
    min_distance_cells: float = 0.0
    paf_threshold: float = 0.05
    min_passed: int = 8
    one_to_one: bool = False
    best_first: bool = False


LAB = Decoding()
"""Each step with the lab's defaults."""

BETTER = Decoding(
    refine=True,
    min_distance_cells=3.0,
    paf_threshold=0.0,
    min_passed=7,  # more than 7 of 10 samples: the 80 % that the lab's code names and does not ask
    one_to_one=True,
    best_first=True,
)
"""What the demo and `evaluate` ask for."""


class Found(NamedTuple):
    """What the chain found in a picture, step by step, in tables.

    Attributes
    ----------
    keypoints : KeypointTable
        From `find_peaks`, in heatmap cells.
    connections : ConnectionTable
        From `connect_keypoints`.
    skeletons : ndarray of shape (n, 20) and dtype float64
        A row a person, from `estimate`.
    seconds : float
        What `estimate` took.
    """

    keypoints: KeypointTable
    connections: ConnectionTable
    skeletons: Floats
    seconds: float


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


def find_skeletons(
    config: ConnectionsConfig, heatmaps: npt.ArrayLike, pafs: npt.ArrayLike, decoding: Decoding = LAB
) -> Found:
    """Go from maps to skeletons without the lists of the lab's functions: the same numbers, in less time.

    Parameters
    ----------
    config : ConnectionsConfig
        Which body parts and limbs to look for, and in which channels.
    heatmaps : array_like of shape (H, W, 19)
        See `get_coordinates`. Not modified.
    pafs : array_like of shape (H, W, 38)
        See `get_connections`. Not modified.
    decoding : Decoding, optional
        What each step is asked for.

    Returns
    -------
    found : Found

    Raises
    ------
    ValueError
        Where `get_coordinates`, `get_connections` or `estimate` do.
    """
    keypoints, connections = _connect(config, heatmaps, pafs, decoding)
    start = time.perf_counter()
    skeletons = estimate(config, connections, best_first=decoding.best_first)
    return Found(keypoints, connections, skeletons, time.perf_counter() - start)


def _connect(
    config: ConnectionsConfig, heatmaps: npt.ArrayLike, pafs: npt.ArrayLike, decoding: Decoding
) -> tuple[KeypointTable, ConnectionTable]:
    """Take the steps before `estimate`."""
    keypoints = find_peaks(config, heatmaps, decoding.threshold, decoding.refine, decoding.min_distance_cells)
    connections = connect_keypoints(
        config,
        keypoints,
        pafs,
        decoding.paf_threshold,
        minimum_mid_num=decoding.min_passed,
        one_to_one=decoding.one_to_one,
    )
    return keypoints, connections


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
    decoding = LAB if as_in_lab else BETTER
    keypoints, connections = _connect(config, maps.heatmaps, maps.pafs, decoding)
    rows = connection_rows(config, connections, best_first=decoding.best_first)
    return list_keypoints(config, keypoints, are_whole=not decoding.refine), rows


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
    decoding = (LAB if as_in_lab else BETTER)._replace(threshold=threshold)
    found = find_skeletons(config, maps.heatmaps, maps.pafs, decoding)
    limb_scores = score_limbs(config, found.skeletons, found.connections)
    return People(
        list_keypoints(config, found.keypoints, are_whole=not decoding.refine),
        found.skeletons,
        None if as_in_lab else score_skeletons(limb_scores),
        limb_scores,
        found.seconds,
    )
