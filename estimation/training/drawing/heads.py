"""Heads: skull and jaw, hair, hats, and what is painted on faces.

Positions on a head are in its own axes (left, up, ahead) and in head heights from its middle.
"""

import numpy as np
from numpy.typing import NDArray

from estimation.training.drawing.bodies import Body, Material, Segment
from estimation.training.drawing.looks import Look
from estimation.training.drawing.skeletons import LEFT, RIGHT, Array

SKULL = (0.345, 0.4, 0.415)
"""Half width, height and depth of the skull."""
SKULL_CENTER = (0.0, 0.1, -0.03)
NOSE = (0.0, -0.13, 0.508)
"""The tip of the nose."""
EYE = (0.145, 0.0)
"""x and y of the left eye on the face."""
EAR = (0.37, -0.01, -0.04)
"""The middle of the left ear's outer face."""

Outline = NDArray[np.float64]
Feature = tuple[list[Outline], Array]
"""Closed outlines, a second one cutting a hole into the first, and the colour inside (RGB)."""


def lift_to_face(outline: Outline) -> Array:
    """Put points (x, y) of a face onto its surface: shape (n, 2) to (n, 3)."""
    x, y = outline[:, 0], outline[:, 1]
    (wide, high, deep), (_, up, ahead) = SKULL, SKULL_CENTER
    # Below the cheeks the jaw takes over from the skull and keeps its depth.
    rest = np.maximum(1 - (x / wide) ** 2 - ((np.maximum(y, -0.1) - up) / high) ** 2, 0)
    return np.stack([x, y, np.sqrt(rest) * deep + ahead], axis=1)


def add_head(body: Body) -> None:
    """Add skull, jaw, nose, ears, beard, hair and hat."""
    axes, skin = body.skeleton.head_axes, body.skin
    jaw = axes * (1.0, 1.0, 1.05)
    _add(body, Segment.head, skin, (SKULL_CENTER, SKULL_CENTER), (1.0, 1.0), shape=axes * SKULL)
    _add(body, Segment.head, skin, ((0, -0.12, 0.07), (0, -0.36, 0.16)), (0.3, 0.13), shape=jaw)
    _add(body, Segment.head, skin, ((0, 0.0, 0.36), (0, -0.13, 0.45)), (0.035, 0.058))
    for side, ear in ((LEFT, Segment.left_ear), (RIGHT, Segment.right_ear)):
        ends = (0.34 * side, 0.03, -0.05), (0.33 * side, -0.08, -0.03)
        _add(body, ear, skin, ends, (0.09, 0.06), shape=axes * (0.55, 1.0, 1.0))
    if body.look.beard:
        ends, below = ((0, -0.14, 0.07), (0, -0.36, 0.17)), ((0, -0.16, 0), (0, -1.0, -0.35))
        _add(body, Segment.head, Material(body.look.hair, folds=1.0), ends, (0.31, 0.14), shape=jaw, clip=below)
    if body.look.hair_style != "bald":
        _add_hair(body)
    if body.look.hat_style != "none":
        _add_hat(body)


def _add(
    body: Body,
    segment: Segment,
    material: Material,
    ends: tuple[tuple[float, float, float], tuple[float, float, float]],
    radii: tuple[float, float],
    *,
    shape: Array | None = None,
    clip: tuple[tuple[float, float, float], tuple[float, float, float]] | None = None,
) -> None:
    """Add a solid given in head heights and in the head's axes; `clip` is a point and a normal."""
    s = body.skeleton
    h = s.proportions.head
    start, end = (s.head + s.head_axes @ np.array(point) * h for point in ends)
    cut = None if clip is None else (s.head + s.head_axes @ np.array(clip[0]) * h, s.head_axes @ np.array(clip[1]))
    body.add(segment, material, start, end, (radii[0] * h, radii[1] * h), shape=shape, clip=cut)


_THICKNESS = {"afro": 1.42, "curly": 1.2, "bob": 1.1, "long": 1.1}
"""Hair as a shell around the skull: its size against the skull's; 1.07 for the other styles."""


def _add_hair(body: Body) -> None:
    look, axes, hair = body.look, body.skeleton.head_axes, Material(body.look.hair, shine=0.3, folds=1.4)
    thick = _THICKNESS.get(look.hair_style, 1.07)
    center = (0.0, 0.12 + 0.1 * (thick - 1.07), -0.05 - 0.25 * (thick - 1.07))
    # The hairline runs from above the forehead down to the nape.
    hairline = (0, 0.29 - look.fringe, 0.3), (0, 1.0, -0.8)
    _add(body, Segment.hair, hair, (center, center), (thick, thick), shape=axes * SKULL, clip=hairline)
    behind = (0, 0, 0.02), (0, 0.15, -1.0)
    match look.hair_style:
        case "bob":
            _add(
                body,
                Segment.hair,
                hair,
                ((0, 0.05, -0.14), (0, -0.32, -0.18)),
                (0.42, 0.4),
                shape=axes * (1, 1, 0.75),
                clip=behind,
            )
        case "long":
            _add(
                body,
                Segment.hair,
                hair,
                ((0, 0.05, -0.14), (0, -0.85, -0.3)),
                (0.42, 0.38),
                shape=axes * (1, 1, 0.7),
                clip=behind,
            )
        case "bun":
            _add(body, Segment.hair, hair, ((0, 0.42, -0.32), (0, 0.42, -0.32)), (0.17, 0.17))
        case "ponytail":
            _add(body, Segment.hair, hair, ((0, 0.22, -0.45), (0, 0.1, -0.56)), (0.1, 0.13))
            _add(body, Segment.hair, hair, ((0, 0.1, -0.56), (0, -0.55, -0.5)), (0.13, 0.05))


def _add_hat(body: Body) -> None:
    look, axes = body.look, body.skeleton.head_axes
    felt = Material(look.hat, folds=0.4)
    thick = max(1.17, _THICKNESS.get(look.hair_style, 1.0) + 0.06)
    center, band = (0, 0.14, -0.04), ((0, 0.25, 0.2), (0, 1.0, -0.25))
    _add(body, Segment.hair, felt, (center, center), (thick, thick), shape=axes * SKULL, clip=band)
    if look.hat_style == "cap":
        _add(body, Segment.hair, felt, ((0, 0.26, 0.3), (0, 0.22, 0.52)), (0.29, 0.26), shape=axes * (1, 0.14, 0.7))
    elif look.hat_style == "brimmed":
        _add(body, Segment.hair, felt, ((0, 0.22, -0.03), (0, 0.22, -0.03)), (0.66, 0.66), shape=axes * (1, 0.1, 1.05))


_ANGLES = np.arange(16) * np.pi / 8
_CIRCLE = np.stack([np.cos(_ANGLES), np.sin(_ANGLES)], axis=1)


def _ellipse(center: tuple[float, float], half: tuple[float, float], bow: float = 0.0) -> Outline:
    """Outline of an ellipse on the face; `bow` pulls its ends down, or up where negative."""
    return np.array(center) + _CIRCLE * half - np.outer(_CIRCLE[:, 0] ** 2, (0.0, bow))


def list_features(look: Look) -> list[Feature]:
    """List what is painted on a face, in the order of painting."""
    skin = np.array(look.skin)
    features = [
        ([_ellipse((0, -0.275), (0.11, 0.03), bow=-0.02)], skin * (0.8, 0.5, 0.5)),
        ([_ellipse((0, -0.277), (0.1, 0.008), bow=-0.02)], skin * (0.4, 0.22, 0.24)),
    ]
    for side in (LEFT, RIGHT):
        features += _list_eye(look, side)
        features += [
            ([_ellipse((0.2 * side, -0.14), (0.1, 0.07))], skin * (1.0, 0.9, 0.88)),
            ([_ellipse((0.035 * side, -0.185), (0.018, 0.01))], skin * 0.45),
        ]
    if look.glasses != "none":
        features.append(([_ellipse((0, 0.02), (0.04, 0.012))], np.full(3, 16.0)))
    return features


def _list_eye(look: Look, side: int) -> list[Feature]:
    """List the layers of one eye, its brow and its glass."""
    x, y = EYE[0] * side, EYE[1]
    black = np.full(3, 14.0)
    eye: list[Feature] = [
        ([_ellipse((x, y + 0.015), (0.085, 0.062))], np.array(look.skin) * 0.72),
        ([_ellipse((x, y), (0.07, 0.047))], np.full(3, 244.0)),
        ([_ellipse((x, y), (0.04, 0.042))], np.array(look.iris)),
        ([_ellipse((x, y), (0.02, 0.021))], black),
        ([_ellipse((x, y + 0.125), (0.095, 0.017), bow=0.025)], np.array(look.hair) * 0.7),
    ]
    if look.glasses == "sun":
        eye.append(([_ellipse((x, y), (0.115, 0.085))], black))
    elif look.glasses == "rims":
        eye.append(([_ellipse((x, y), (0.12, 0.095)), _ellipse((x, y), (0.098, 0.073))], black))
    return eye
