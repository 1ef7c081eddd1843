"""The attacks of lab 3's zoo as submissions of lab 4: whatever is called, the attack is called as lab 3 calls it.

What it returns where it behaves is an answer to lab 3; then the right answer to lab 4 is returned in its place, and
anything else as it is.
"""

from pathlib import Path

from tests.grader.labs.maps.zoo import RIGHT

ATTACKS_OF_LAB_3 = Path(__file__).resolve().parents[3] / "submissions"

_ADAPTER = """

import itertools as _itertools

import numpy as _np


def _rows(*connections):
    rows = _np.full((len(connections), 20), -1.0)
    for row, (slot, number, other_slot, other_number, score) in zip(rows, connections):
        row[[slot, other_slot, 18, 19]] = number, other_number, score, 2
    return rows


def _arm(first):
    return [(1, first, 2, first + 1, 1.5), (2, first + 1, 3, first + 2, 1.5), (3, first + 2, 4, first + 3, 1.5)]


_calls = _itertools.cycle(
    [
        (_rows(*_arm(0)), {}),
        (_rows(*_arm(0), *_arm(10), *_arm(20)), {}),
        (_rows(*_arm(5)), {"min_num_body_parts": 3, "min_score": 0.5}),
        (_rows(*_arm(0), (1, 0, 2, 11, 0.5)), {}),
    ]
)


def _attacked(right):
    def answer(*arguments):
        rows, bounds = next(_calls)
        returned = merge(rows.copy(), **bounds)
        if type(returned) is _np.ndarray and returned.dtype == float and returned.shape[1:] == (20,):
            if len(returned) < 100 and _np.isfinite(returned).all():
                with _np.errstate(all="ignore"):  # what merge would not have met
                    return _np.asarray(right(*arguments), dtype=float)
        return returned

    return answer


_IS_ODD = getattr(getattr(merge, "__code__", None), "co_flags", 0) & 0x2A0  # a generator, a coroutine
for _name in ("heatmaps", "softargmax", "softargmax_gradient", "pck", "iou", "density"):
    globals()[_name] = merge if _IS_ODD else _attacked(globals()[_name])
"""


def list_attacks() -> list[str]:
    """Name all attacks of lab 3."""
    return sorted(folder.name for folder in ATTACKS_OF_LAB_3.glob("attack_*"))


def make_attack(name: str) -> bytes:
    """Write an attack as a file of lab 4."""
    attack = (ATTACKS_OF_LAB_3 / name / "merge.py").read_bytes()
    return attack + b"\n\n" + RIGHT.read_bytes() + _ADAPTER.encode()
