"""Where people stand: scattered over the ground, side by side, in rows."""

from dataclasses import dataclass, replace

import numpy as np

from estimation.training.drawing.poses import draw_pose, draw_proportions
from estimation.training.drawing.skeletons import Arm, Pose, Proportions


@dataclass(frozen=True)
class Placement:
    """Where a person stands, how large, how turned, and in which pose.

    Attributes
    ----------
    foot : tuple of float
        (x, y) in px of the ground below the pelvis; larger y is nearer.
    scale_px : float
        One body height.
    pose : Pose
        Angles of the joints.
    proportions : Proportions
        Lengths of the bones.
    yaw, pitch, roll : float
        Degrees: turned to the picture's right, seen from above, tipped clockwise.
    """

    foot: tuple[float, float]
    scale_px: float
    pose: Pose
    proportions: Proportions
    yaw: float = 0.0
    pitch: float = 0.0
    roll: float = 0.0


SMALLEST_PX = 40.0
"""Nobody is shorter."""

_CALM = ("standing", "standing", "hands_held", "waving", "arms_crossed", "hands_on_hips")


def scatter(rng: np.random.Generator, height_px: int, width_px: int, n_persons: int) -> tuple[list[Placement], float]:
    """Place people anywhere, turned anyhow, the smaller the nearer they are to the horizon.

    Returns
    -------
    placements : list of Placement
        In no order.
    horizon_px : float
        Row of the horizon.
    """
    nearest = float(np.exp(rng.uniform(np.log(0.45), np.log(1.6)))) * height_px
    nearest = max(nearest / (1 + 0.05 * max(n_persons - 3, 0)), SMALLEST_PX)
    horizon = rng.uniform(0.05, 0.62) * height_px
    # A person who does not fit keeps the head in the picture and loses the feet.
    ground = max(nearest + 0.04 * height_px, rng.uniform(0.6, 0.98) * height_px)
    placements: list[Placement] = []
    for _ in range(n_persons):
        taken = np.array([placement.foot[0] for placement in placements])
        free = rng.uniform(0.05, 0.95, 3) * width_px
        x = max(free, key=lambda x: np.abs(taken - x).min(initial=width_px))
        near = rng.uniform(0.55, 1.0)
        foot = (float(x), horizon + (ground - horizon) * near)
        placements.append(_place_anyhow(rng, foot, nearest * near))
    return placements, horizon


def _place_anyhow(rng: np.random.Generator, foot: tuple[float, float], scale_px: float) -> Placement:
    proportions, pose = draw_proportions(rng), draw_pose(rng)
    growth = rng.uniform(0.62, 0.85) if proportions.head > 0.165 else rng.uniform(0.9, 1.08)
    yaws = (rng.normal(0, 30), rng.uniform(-180, 180), rng.normal(rng.choice([-90, 90]), 12))
    # Lying along the line of sight a body is a heap: seen from higher up and from the side it is a person.
    yaw = yaws[2] if pose.is_lying else yaws[rng.choice(3, p=(0.6, 0.28, 0.12))]
    return Placement(
        foot,
        max(scale_px * growth, SMALLEST_PX),
        pose,
        proportions,
        yaw=float(yaw),
        pitch=rng.uniform(15, 50) if pose.is_lying else rng.uniform(-2, 16),
        roll=rng.normal(0, 5 if rng.random() < 0.9 else 25),
    )


def line_up(rng: np.random.Generator, height_px: int, width_px: int, n_persons: int) -> list[Placement]:
    """Place people side by side, facing the viewer, from the picture's left to its right."""
    spacing, scale = _fit_row(height_px * 0.84, width_px, n_persons)
    return [
        _place_calmly(rng, (spacing * (i + 0.5), 0.93 * height_px), scale * rng.uniform(0.92, 1.0))
        for i in range(n_persons)
    ]


def _fit_row(height_px: float, width_px: float, n_persons: int) -> tuple[float, float]:
    """Give the spacing and the largest body height in px at which so many people fit side by side."""
    spacing = width_px / max(n_persons, 1)
    return spacing, min(height_px, spacing / 0.45)


def _place_calmly(rng: np.random.Generator, foot: tuple[float, float], scale_px: float) -> Placement:
    pose = draw_pose(rng, str(rng.choice(_CALM)))
    turned = replace(pose, nod=pose.nod / 3, shake=pose.shake / 2)
    return Placement(foot, scale_px, turned, draw_proportions(rng), yaw=rng.normal(0, 12), pitch=4.0)


def cross_arms(placements: list[Placement], left: int) -> list[Placement]:
    """Let two neighbours of a row reach across each other.

    Parameters
    ----------
    placements : list of Placement
        A row from left to right; not modified.
    left : int
        Index of the neighbour on the left; the one after it is the other.

    Returns
    -------
    placements : list of Placement
        The same row with both neighbours facing the viewer, near enough to each other: the left arm of the one
        and the right arm of the other cross at the forearms.
    """
    pair = placements[left], placements[left + 1]
    scale = min(person.scale_px for person in pair)
    middle = (pair[0].foot[0] + pair[1].foot[0]) / 2
    apart = min(pair[1].foot[0] - pair[0].foot[0], 0.46 * scale)
    crossed = list(placements)
    for i, person in enumerate(pair):
        reach = Arm(target=(apart / scale / 2 + 0.05, -0.05, 0.11), pole=(0.1, -1.0, 0.0))
        other = Arm(raised=10, bent=20)
        arms = (other, reach) if i else (reach, other)
        pose = Pose(arms, nod=4, shake=-16.0 if i else 16.0)
        foot = (middle + apart * (i - 0.5), person.foot[1])
        crossed[left + i] = Placement(foot, scale, pose, Proportions(girth=person.proportions.girth), pitch=4.0)
    return crossed


def stack_rows(rng: np.random.Generator, height_px: int, width_px: int, n_persons: int) -> list[Placement]:
    """Place a crowd in rows, one behind and above the other, in the number of rows that makes them largest."""

    def fit(n_rows: int) -> tuple[float, float]:
        return _fit_row(0.93 * height_px / (1 + 0.6 * (n_rows - 1)), width_px * 0.94, -(-n_persons // n_rows))

    n_rows = max(range(1, 9), key=lambda n_rows: fit(n_rows)[1])
    spacing, scale = fit(n_rows)
    n_columns = -(-n_persons // n_rows)
    step = (0.96 * height_px - scale) / max(n_rows - 1, 1) * 0.97
    placements = []
    for i in range(n_persons):
        row, column = divmod(i, n_columns)
        n_here = min(n_columns, n_persons - row * n_columns)
        shift = 0.25 * spacing * (1 if row % 2 else -1) * (n_rows > 1)
        x = width_px / 2 + (column - (n_here - 1) / 2) * spacing + shift
        size = scale * rng.uniform(0.9, 0.98) * (1 - 0.05 * row)
        placements.append(_place_calmly(rng, (x, 0.96 * height_px - row * step), size))
    return placements
