"""The families of `pck` and `iou`: answers held against the truth."""

from dataclasses import dataclass

import numpy as np

from grader.harness.cases import Argument, Case
from grader.labs.maps.casemaking.maker import UNKNOWN, Array, Maker

N_JOINTS = 5
_FAR = 40.0


@dataclass
class People:
    """People who were looked for: true places, found ones, which are known, and the pair that makes the length."""

    true: Array
    found: Array
    labelled: np.ndarray
    pair: tuple[int, int]

    def lengths(self) -> Array:
        """Measure everybody."""
        return np.asarray(np.linalg.norm(self.true[:, self.pair[0]] - self.true[:, self.pair[1]], axis=-1))

    def case(self, maker: Maker, name: str, says: str, fraction: float) -> Case:
        """Make a case of them."""
        return maker.case("pck", name, says, self.found, self.true, self.labelled, self.pair, fraction)


def draw_people(
    maker: Maker, n: int, pair: tuple[int, int] = (0, 1), *, is_alike: bool = True, is_straight: bool = True
) -> People:
    """Draw people and how well they were found: well within the bound of half a length, or well outside.

    Parameters
    ----------
    maker : Maker
        Draws.
    n : int
        How many.
    pair : tuple of int
        The two joints that are a length apart; both are found where they are.
    is_alike : bool, optional
        Whether all are of one length, so that whoever takes another one's loses nothing.
    is_straight : bool, optional
        Whether joints are off along an axis alone, so that whoever measures distances in another way loses nothing.
    """
    rng = maker.rng
    true = rng.integers(0, 31, (n, N_JOINTS, 2)).astype(np.float64)
    away = np.array([[8.0, 6.0], [4.0, 3.0], [0.0, 20.0], [36.0, 15.0], [-3.0, 4.0]])
    true[:, pair[1]] = true[:, pair[0]] + (away[0] if is_alike else away[rng.permutation(5)[:n]])
    people = People(true, true.copy(), np.ones((n, N_JOINTS), dtype=bool), pair)
    ways = np.array([[1.0, 0.0], [0.0, -1.0], [0.6, 0.8], [-0.8, 0.6]])[
        rng.integers(0, 2 if is_straight else 4, (n, 5))
    ]
    share = np.where(rng.integers(0, 2, (n, 5)), rng.choice([0.25, 0.75], (n, 5)), rng.choice([1.5, 2.0, 3.0], (n, 5)))
    share[:, next(joint for joint in range(N_JOINTS) if joint not in pair)] = 2.0
    share[:, list(pair)] = 0.0
    people.found = people.true + ways * (share * 0.5 * people.lengths()[:, None])[..., None]
    return people


def pck_values(maker: Maker) -> list[Case]:
    """Make people of whom all is labelled, with errors in any direction."""
    cases = []
    for k in maker.rounds(1, 3):
        people = draw_people(maker, k + 1)
        cases += [people.case(maker, f"people_{k}", "All is labelled.", 0.5)]
    for k in maker.rounds(1, 3):
        people = draw_people(maker, 1, is_straight=False)
        # Off by 0.57 of the length in each: outside of the bound, though x and y are within it.
        people.found[0, 2:] = people.true[0, 2:] + 0.4 * people.lengths()[0] * np.array([1.0, (-1.0) ** k])
        people.found[0, 4] = (
            people.true[0, 4] + 0.3 * people.lengths()[0]
        )  # 0.42 of it: inside, though their sum is not
        cases += [people.case(maker, f"diagonal_{k}", "Joints are off in x and in y.", 0.5)]
    return cases


def pck_bound(maker: Maker) -> list[Case]:
    """Make joints that are off by just the bound; lengths and fractions are exact in binary."""
    cases = []
    for k in maker.rounds(2, 4):
        people = draw_people(maker, 1)
        people.found = people.true.copy()
        people.found[0, 2] += (5.0, 0.0)
        people.found[0, 3] += (0.0, 5.0) if k % 2 else (-5.0, 0.0)
        people.found[0, 4] += (_FAR, 0.0)
        cases += [people.case(maker, f"at_the_bound_{k}", "Two joints are off by just the bound.", 0.5)]
    return cases


def pck_unlabelled(maker: Maker) -> list[Case]:
    """Make joints that are not labelled, found there or not; and people of whom nothing is."""
    cases = []
    for k in maker.rounds(1, 2):
        for name, value in {"zeros": 0.0, "nan": np.nan, "far": 999.0}.items():
            people = draw_people(maker, 3)
            people.labelled[[0, 0, 1, 2], [2, 3, 2, 4]] = False
            people.true[~people.labelled] = value
            if k % 2:
                people.found[0, 2] = people.true[0, 2]
            cases += [people.case(maker, f"{name}_{k}", "Four joints are not labelled.", 0.5)]
    nothing = draw_people(maker, 2)
    nothing.labelled[:] = False
    return [*cases, nothing.case(maker, "nothing", "Nothing is labelled, so that nothing counts.", 0.5)]


def pck_length(maker: Maker) -> list[Case]:
    """Make people of very different size, other pairs, a pair that was found badly, one that is not labelled."""
    cases = []
    for k in maker.rounds(1, 2):
        sizes = draw_people(maker, 3, is_alike=False)
        sizes.true[2] *= 8
        sizes.found[2] = sizes.true[2] + (18.0, 0.0)
        pairs = (((3, 4), (1, 2)), ((4, 2), (2, 3)), ((2, 0), (1, 4)))[k]
        others = [_with_first_two_close(draw_people(maker, 3, pair, is_alike=False)) for pair in pairs]
        badly = draw_people(maker, 2)
        badly.found[:, 0] += _FAR
        unknown = draw_people(maker, 3)
        unknown.labelled[k % 3, 0] = False
        unknown.found[k % 3] += _FAR
        cases += [
            sizes.case(maker, f"sizes_{k}", "One of them is large.", 0.5),
            *(
                people.case(maker, f"pair_{k}_{people.pair[0]}", "The length is between two other joints.", 0.5)
                for people in others
            ),
            badly.case(maker, f"found_badly_{k}", "One joint of the pair was found far away.", 0.5),
            unknown.case(maker, f"without_length_{k}", "One of them has no length.", 0.5),
        ]
    return cases


def _with_first_two_close(people: People) -> People:
    """Bring one of the first two joints next to the other: whoever measures them finds nearly nothing right."""
    moved, stays = (1, 0) if 1 not in people.pair else (0, 1)
    shift = people.true[:, stays] + (0.5, 0.0) - people.true[:, moved]
    people.true[:, moved] += shift
    people.found[:, moved] += shift
    return people


def pck_missed(maker: Maker) -> list[Case]:
    """Make joints that were not found."""
    cases = []
    for k in maker.rounds(2, 4):
        people = draw_people(maker, 3)
        people.found[[0, 1, 2], [k % N_JOINTS, 2, 4]] = UNKNOWN
        people.found[0, 0] = UNKNOWN if k % 2 else people.true[0, 0]
        cases += [people.case(maker, f"missed_{k}", "Some joints were not found.", 0.5)]
    return cases


def iou_values(maker: Maker) -> list[Case]:
    """Make boxes that overlap, contain each other, are neighbours, are equal, and small ones in a large picture."""
    cases = []
    for k in maker.rounds(1, 2):
        a, b = _overlapping(maker)
        outer, inner, side = _nested(maker)
        tiny = [np.pad(mask, ((9, 9), (14, 14))) for mask in _overlapping(maker)]
        cases += [
            maker.case("iou", f"overlap_{k}", "Two boxes overlap.", a, b),
            maker.case("iou", f"inside_{k}", "One box is inside the other.", *((outer, inner), (inner, outer))[k % 2]),
            maker.case("iou", f"neighbours_{k}", "Two boxes touch.", outer, side),
            maker.case("iou", f"equal_{k}", "The same mask twice.", b, b),
            maker.case("iou", f"small_{k}", "Small masks in a large picture.", *tiny),
        ]
    return cases


def iou_empty(maker: Maker) -> list[Case]:
    """Make empty masks."""
    cases = []
    for k in maker.rounds(1, 2):
        nothing = np.zeros(maker.shape(), dtype=bool)
        something = nothing.copy()
        something[1, k : k + 2] = True
        cases += [
            maker.case("iou", f"both_{k}", "Both masks are empty.", nothing, nothing),
            maker.case(
                "iou", f"one_{k}", "One mask is empty.", *((something, nothing) if k % 2 else (nothing, something))
            ),
        ]
    return cases


def iou_types(maker: Maker) -> list[Case]:
    """Make masks of other types, each after the same masks as booleans."""
    cases = []
    for k in maker.rounds(1, 2):
        a, b = _overlapping(maker)
        others: dict[str, tuple[Argument, Argument]] = {
            "bytes": (a * np.uint8(255), b * np.uint8(255)),
            "numbers": (a * 0.5, b * (0.25 * k)),
            "mixed": (a, b * np.uint8(255)),
            "ones": (a.astype(np.int64), b.astype(np.int64)),
        }
        for name, masks in others.items():
            says = ("Booleans.", f"The same masks as other numbers ({name}).")
            cases += maker.twins("iou", f"{name}_{k}", says, (a, b), masks)
    return cases


def _overlapping(maker: Maker) -> tuple[np.ndarray, np.ndarray]:
    """Make two boxes of different size that have some cells in common, and each some of its own."""
    height, width = maker.number(3, 5), maker.number(3, 6)
    down, right = maker.number(1, height), maker.number(1, width)
    return _box(1, 1, height, width), _box(1 + down, 1 + right, height + 1, width)


def _nested(maker: Maker) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Make a box, one inside of it, and one that touches it from the right."""
    height, width = maker.number(3, 6), maker.number(3, 6)
    inner = _box(2, 2, maker.number(1, height), maker.number(1, width))
    return _box(1, 1, height, width), inner, _box(1, 1 + width, height, 2)


def _box(top: int, left: int, height: int, width: int) -> np.ndarray:
    mask = np.zeros((10, 12), dtype=bool)
    mask[top : top + height, left : left + width] = True
    return mask
