"""A configuration as the compiled loops read it: names, channels and slots in tables, made once."""

from typing import NamedTuple
from weakref import WeakKeyDictionary

import numpy as np

from estimation.compilation import Ints
from estimation.config import ConnectionsConfig


class Tables(NamedTuple):
    """A configuration in tables.

    Attributes
    ----------
    names : tuple of str
        The registered body parts, in the order of their slots.
    channels : ndarray of shape (n_slots,) and dtype int64
        The heatmap channel of each slot.
    limbs : ndarray of shape (n_limbs, 4) and dtype int64
        ``(start slot, end slot, x channel, y channel)`` of each limb.
    slots_of_limbs : tuple of tuple of int
        The two slots of each limb once more.
    are_apart : bool
        No two limbs join the same two slots, in either direction.
    """

    names: tuple[str, ...]
    channels: Ints
    limbs: Ints
    slots_of_limbs: tuple[tuple[int, int], ...]
    are_apart: bool


_made: WeakKeyDictionary[ConnectionsConfig, tuple[object, Tables]] = WeakKeyDictionary()


def tables_of(config: ConnectionsConfig) -> Tables:
    """Return the tables of a configuration, which are made anew only where it has changed.

    Parameters
    ----------
    config : ConnectionsConfig
        Not modified.

    Returns
    -------
    tables : Tables
        The same object at each call; not to be modified.
    """
    # A configuration can be changed at any time, and whoever changed it expects other answers.
    state = (*config.body_parts.values(), *config.connection_types)
    known = _made.get(config)
    if known is None or known[0] != state:
        known = _made[config] = state, _make(config)
    return known[1]


def _make(config: ConnectionsConfig) -> Tables:
    parts = config.body_parts
    limbs = [
        (parts[limb.from_body_part].slot_idx, parts[limb.to_body_part].slot_idx, limb.paf_dx_idx, limb.paf_dy_idx)
        for limb in config.connection_types
    ]
    return Tables(
        tuple(meta.body_part.name for meta in parts.values()),
        np.array([meta.heatmap_idx for meta in parts.values()], dtype=np.int64),
        np.array(limbs, dtype=np.int64).reshape(-1, 4),
        tuple((start, end) for start, end, *_ in limbs),
        len({frozenset(limb[:2]) for limb in limbs}) == len(limbs),
    )
