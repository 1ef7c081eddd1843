"""The only door to the reference solution: what is right, for making cases and for shrinking a failure.

Nothing here runs while a submission passes: answers are recorded. What is compiled is imported when it is first
needed, because that takes most of a second.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from estimation.config import ABSENT, N_PARTS, get_default_configuration
from grader.labs.merge.merge_case import Rows

if TYPE_CHECKING:
    from estimation.networks import Maps


def answer(rows: Rows, *positional: float, **keywords: float) -> Rows:
    """Merge as the reference does.

    Parameters
    ----------
    rows : ndarray of shape (n, 20)
        The input. Not modified.
    *positional, **keywords
        The other arguments of the call.

    Returns
    -------
    people : ndarray of shape (m, 20) and dtype float64
    """
    from estimation.merge import merge  # compiled

    return merge(rows, *positional, **keywords)  # type: ignore[arg-type]  # a bound of 4.5 parts means something, too


def deleted(rows: Rows, expected: Rows) -> Rows:
    """Return the people whom `rows` form and who are not in the answer `expected`: they are below a bound.

    Parameters
    ----------
    rows : ndarray of shape (n, 20)
        Rows without conflicts.
    expected : ndarray of shape (m, 20)
        The reference's answer to them, with any bounds.

    Returns
    -------
    people : ndarray of shape (k, 20) and dtype float64
    """
    everybody = answer(rows, 0, -np.inf)
    kept = {person.tobytes() for person in expected}
    return everybody[[person.tobytes() not in kept for person in everybody]]


def has_conflicts(rows: Rows) -> bool:
    """Tell whether rows that hang together fill a slot with two ids, so that several answers are right.

    Parameters
    ----------
    rows : ndarray of shape (n, 20)
        The input. Not modified.
    """
    people: list[set[tuple[int, int]]] = []
    for row in rows[:, :N_PARTS]:
        person = {(int(slot), int(row[slot])) for slot in np.flatnonzero(row != ABSENT)}
        apart = [other for other in people if not other & person]
        people = [*apart, person.union(*(other for other in people if other & person))]
    return any(len({slot for slot, _ in person}) < len(person) for person in people)


def rows_of_maps(maps: "Maps") -> tuple[Rows, Mapping[int, tuple[float, float]]]:
    """Take the reference's way from maps to the input of `merge`.

    Returns
    -------
    rows : ndarray of shape (n, 20) and dtype float64
        One row a connection.
    keypoints : mapping of int to tuple of float
        Place ``(x, y)`` of each keypoint id, in pixels of the picture.
    """
    from estimation.connections import get_connections  # compiled
    from estimation.coordinates import get_coordinates  # compiled
    from estimation.estimators import connection_rows  # compiled
    from estimation.keypoints import cells_to_px  # beside its like

    config = get_default_configuration()
    coordinates = get_coordinates(config, maps.heatmaps)
    rows = connection_rows(config, get_connections(config, coordinates, maps.pafs))
    cells = {id_: (x, y) for found in coordinates.values() for x, y, _, id_ in found}
    places = cells_to_px(list(cells.values())).reshape(-1, 2).tolist()
    return rows, {id_: (x, y) for id_, (x, y) in zip(cells, places, strict=True)}


def maps_of_picture(path: Path) -> "Maps":
    """Run the compact network on a picture.

    Raises
    ------
    PictureError
        If the picture cannot be read.
    """
    from estimation.networks import load_network
    from estimation.pictures import read_picture  # OpenCV

    picture = read_picture(path)
    return load_network("compact").predict(picture)
