"""The solids of which a person is made: torso, limbs, head, hair and clothes around a skeleton."""

from dataclasses import dataclass, field
from enum import IntEnum, auto

import numpy as np

from estimation.training.looks import Color, Look
from estimation.training.poses import LEFT, RIGHT, Array, Skeleton, unit
from estimation.training.solids import Solid


class Segment(IntEnum):
    """Which segment of the body a solid belongs to; decides what covers what. Even: left, odd: right."""

    left_upper_arm = 0
    right_upper_arm = auto()
    left_forearm = auto()
    right_forearm = auto()
    left_hand = auto()
    right_hand = auto()
    left_thigh = auto()
    right_thigh = auto()
    left_shin = auto()
    right_shin = auto()
    left_foot = auto()
    right_foot = auto()
    left_ear = auto()
    right_ear = auto()
    torso = auto()
    skirt = auto()
    neck = auto()
    head = auto()
    hair = auto()
    seat = auto()


@dataclass(frozen=True)
class Material:
    """Colour, second colour of the pattern, shine (0 to 1) and strength of the cloth's folds."""

    color: Color
    second: Color | None = None
    shine: float = 0.0
    folds: float = 0.0


@dataclass
class Body:
    """A growing list of solids in px, each with its segment and material.

    `scale_px` is the length of one body height and `origin` the px of the point on the ground below the pelvis.
    """

    skeleton: Skeleton
    look: Look
    scale_px: float
    origin: tuple[float, float]
    solids: list[Solid] = field(default_factory=list)
    segments: list[Segment] = field(default_factory=list)
    materials: list[Material] = field(default_factory=list)

    def place(self, point: Array) -> Array:
        """Turn points in body heights, y up, into picture px, y down."""
        shift = np.array([self.origin[0], self.origin[1], 0.0])
        return np.asarray(point * (self.scale_px, -self.scale_px, self.scale_px) + shift)

    def add(
        self,
        segment: Segment,
        material: Material,
        start: Array,
        end: Array,
        radii: tuple[float, float],
        shape: Array | None = None,
        clip: tuple[Array, Array] | None = None,
    ) -> None:
        """Add a solid given in body heights and camera axes; `clip` is (point, normal) of the cutting plane."""
        flip = np.array([1.0, -1.0, 1.0])
        cut = None
        if clip is not None:
            normal = clip[1] * flip
            cut = (normal, float(normal @ self.place(clip[0])))
        scaled = (radii[0] * self.scale_px, radii[1] * self.scale_px)
        turned = None if shape is None else shape * flip[:, None]
        self.solids.append(Solid(self.place(start), self.place(end), scaled, turned, cut))
        self.segments.append(segment)
        self.materials.append(material)


def build_body(skeleton: Skeleton, look: Look, scale_px: float, origin: tuple[float, float]) -> Body:
    """Make the solids of a dressed person around its skeleton."""
    body = Body(skeleton, look, scale_px, origin)
    if skeleton.has_seat:
        _add_seat(body)
    _add_torso(body)
    for i in range(2):
        _add_leg(body, i)
        _add_arm(body, i)
    if look.skirt:
        _add_skirt(body)
    _add_head(body)
    _add_hair(body)
    _add_hat(body)
    return body


def _add_seat(body: Body) -> None:
    s = body.skeleton
    up = s.pelvis_axes[:, 1]
    top = s.pelvis - up * 0.12
    wood = Material(body.look.hat, shine=0.2)
    foot = np.array([top[0], min(s.ankles[:, 1]) - 0.01, top[2]])
    body.add(Segment.seat, wood, top, foot, (0.1, 0.085))


def _cloth(body: Body, *, is_top: bool) -> Material:
    look = body.look
    if is_top:
        return Material(look.top, look.top_second, folds=0.5)
    return Material(look.bottom, folds=0.6)


def _skin(body: Body) -> Material:
    return Material(body.look.skin, shine=0.35)


def _add_torso(body: Body) -> None:
    s, p, loose = body.skeleton, body.skeleton.proportions, body.look.loose
    pelvis, chest = s.pelvis_axes * (1.0, 1.0, 0.74), s.chest_axes * (1.0, 1.0, 0.66)
    g = p.girth
    wide, narrow, broad = (0.086, 0.064, 0.08) if p.is_curvy else (0.079, 0.073, 0.087)
    top, bottom = _cloth(body, is_top=True), _cloth(body, is_top=False)
    middle = s.waist + s.chest_axes[:, 1] * p.chest * 0.45
    upper = s.neck - s.chest_axes[:, 1] * 0.058
    crotch = s.pelvis - s.pelvis_axes[:, 1] * 0.012
    body.add(Segment.torso, bottom, crotch, s.waist, (wide * g, narrow * g), pelvis)
    hem = (s.pelvis + s.pelvis_axes[:, 1] * 0.02, s.pelvis_axes[:, 1])
    grow = loose + 0.004
    body.add(Segment.torso, top, s.pelvis, s.waist, (wide * g + grow, narrow * g + grow), pelvis, hem)
    body.add(Segment.torso, top, s.waist, middle, (narrow * g + loose, broad * g + loose), chest)
    body.add(Segment.torso, top, middle, upper, (broad * g + loose, broad * g - 0.006), chest)
    if p.is_curvy:
        for side in (LEFT, RIGHT):
            bust = s.neck + s.chest_axes @ (0.04 * side, -0.095, 0.04)
            body.add(Segment.torso, top, bust, bust, (0.034 * g, 0.034 * g))
    for i in range(2):
        inner = s.neck - s.chest_axes[:, 1] * 0.035
        body.add(Segment.torso, top, inner, s.shoulders[i], (0.05 * g, 0.036 * g + loose / 2))
    up = s.chest_axes[:, 1]
    skin = _skin(body)
    throat = s.head - s.head_axes @ (0.0, p.head * 0.2, p.head * 0.08)
    body.add(Segment.neck, skin, s.neck - up * 0.01, throat, (0.036, 0.031))
    collar = s.neck + s.chest_axes @ (0.0, -0.012, 0.026)
    body.add(Segment.neck, skin, collar, collar, (0.042, 0.042))


def _add_limb(
    body: Body,
    segments: tuple[Segment, Segment],
    joints: tuple[Array, Array, Array],
    radii: tuple[float, float, float, float],
    cloth: Material,
    cover: float,
    flare: float,
) -> None:
    """Add the two bones of a limb in skin, and the covered share of them in cloth."""
    start, middle, end = joints
    skin, loose = _skin(body), body.look.loose
    a, b, c, d = radii
    for segment, (p, q), (r, t), share in zip(
        segments, ((start, middle), (middle, end)), ((a, b), (c, d)), (cover, cover - 1), strict=True
    ):
        if share < 0.98:
            body.add(segment, skin, p, q, (r, t))
        if share > 0:
            share = min(share, 1.0)
            stop = p + (q - p) * share
            axis = unit(q - p)
            clip = None if share == 1 else (stop, -axis)
            body.add(segment, cloth, p, stop, (r + loose, r + (t - r) * share + loose * flare), clip=clip)


def _add_arm(body: Body, i: int) -> None:
    s, g = body.skeleton, np.sqrt(body.skeleton.proportions.girth)
    thin = 0.92 if s.proportions.is_curvy else 1.0
    radii = (0.037 * g * thin, 0.031 * g * thin, 0.033 * g * thin, 0.021 * g)
    segments = (Segment(Segment.left_upper_arm + i), Segment(Segment.left_forearm + i))
    joints = (s.shoulders[i], s.elbows[i], s.wrists[i])
    _add_limb(body, segments, joints, radii, _cloth(body, is_top=True), body.look.sleeve, 1.2)
    _add_hand(body, i)


def _add_hand(body: Body, i: int) -> None:
    s = body.skeleton
    hand, skin = Segment(Segment.left_hand + i), _skin(body)
    wrist, along, thumb = s.wrists[i], s.fingers[i], s.palms[i]
    across = np.cross(along, thumb)
    shape = np.stack([thumb, along, across * 0.55], axis=1)
    knuckles = wrist + along * 0.045
    body.add(hand, skin, wrist + along * 0.008, knuckles, (0.02, 0.025), shape)
    root = wrist + along * 0.015 + thumb * 0.012
    body.add(hand, skin, root, root + thumb * 0.026 + along * 0.03, (0.011, 0.008))
    if body.scale_px < 90:
        body.add(hand, skin, knuckles, wrist + along * 0.085, (0.022, 0.014), shape)
        return
    for k in range(4):
        base = knuckles + thumb * (0.017 - 0.0115 * k)
        length = (0.044, 0.05, 0.047, 0.036)[k]
        tip = base + along * length + thumb * (0.006 - 0.004 * k) - across * 0.012 * (1 if i else -1)
        body.add(hand, skin, base, tip, (0.0085, 0.0065))


def _add_leg(body: Body, i: int) -> None:
    s, look, g = body.skeleton, body.look, np.sqrt(body.skeleton.proportions.girth)
    radii = (0.059 * g, 0.043 * g, 0.042 * g, 0.026 * g)
    segments = (Segment(Segment.left_thigh + i), Segment(Segment.left_shin + i))
    joints = (s.hips[i], s.knees[i], s.ankles[i])
    cover = 0.0 if look.skirt else look.leg_cover
    _add_limb(body, segments, joints, radii, _cloth(body, is_top=False), cover, 1.8)
    if not 1.0 < cover:
        calf = s.knees[i] + (s.ankles[i] - s.knees[i]) * 0.3 - s.toes[i] * 0.012
        body.add(segments[1], _skin(body), calf, calf, (0.041 * g, 0.041 * g))
    foot = Segment(Segment.left_foot + i)
    toes = s.toes[i]
    down = unit(s.ankles[i] - s.knees[i])
    down = unit(down - toes * (down @ toes))
    across = np.cross(down, toes)
    shoe, sole = Material(look.shoes, shine=0.3), Material(look.sole)
    heel = s.ankles[i] + down * 0.012 - toes * 0.012
    tip = s.ankles[i] + down * 0.022 + toes * 0.092
    body.add(foot, shoe, s.ankles[i] + down * 0.004, heel, (0.03, 0.031))
    shape = np.stack([across, down * 0.72, toes], axis=1)
    body.add(foot, shoe, heel, tip, (0.031, 0.03), shape)
    flat = np.stack([across, down * 0.3, toes], axis=1)
    body.add(foot, sole, heel + down * 0.018, tip + down * 0.012, (0.034, 0.032), flat)


def _add_skirt(body: Body) -> None:
    """Add a skirt as two cones, one around each thigh and both from the waist, cut at the hem."""
    s, look, g = body.skeleton, body.look, body.skeleton.proportions.girth
    cloth = Material(look.bottom, look.top_second if look.bottom == look.top else None, folds=1.0)
    knees = (s.knees - s.hips) / np.linalg.norm(s.knees - s.hips, axis=1, keepdims=True)
    for i in range(2):
        hem = s.hips[i] + knees[i] * look.skirt
        shape = s.pelvis_axes * (1.0, 1.0, 0.85)
        body.add(Segment.skirt, cloth, s.hips[i], hem, (0.062 * g, 0.088 * g), shape, (hem, -knees[i]))
    middle = unit(knees.sum(axis=0))
    hem = s.pelvis + middle * look.skirt
    shape = s.pelvis_axes * (1.0, 1.0, 0.78)
    body.add(Segment.skirt, cloth, s.pelvis, hem, (0.088 * g, 0.118 * g), shape, (hem, -middle))


def _add_head(body: Body) -> None:
    s, h, axes = body.skeleton, body.skeleton.proportions.head, body.skeleton.head_axes
    skin = _skin(body)

    def at(x: float, y: float, z: float) -> Array:
        return np.asarray(s.head + axes @ np.array([x, y, z]) * h)

    body.add(Segment.head, skin, at(0, 0.1, -0.03), at(0, 0.1, -0.03), (h, h), axes * SKULL)
    jaw = axes * (1.0, 1.0, 1.05)
    body.add(Segment.head, skin, at(0, -0.12, 0.07), at(0, -0.36, 0.16), (0.3 * h, 0.13 * h), jaw)
    body.add(Segment.head, skin, at(0, 0.0, 0.36), at(0, -0.13, 0.45), (0.035 * h, 0.058 * h))
    for side in (LEFT, RIGHT):
        ear = Segment.left_ear if side == LEFT else Segment.right_ear
        body.add(ear, skin, at(0.34 * side, 0.03, -0.05), at(0.33 * side, -0.08, -0.03), (0.09 * h, 0.06 * h),
                 axes * (0.55, 1.0, 1.0))
    if body.look.beard:
        hair = Material(body.look.hair, folds=1.0)
        body.add(Segment.head, hair, at(0, -0.14, 0.07), at(0, -0.37, 0.17), (0.31 * h, 0.15 * h), jaw,
                 (at(0, -0.16, 0), unit(axes @ np.array([0, -1.0, -0.35]))))


SKULL = (0.345, 0.4, 0.415)
"""Half width, height and depth of the skull in head heights; its centre is at (0, 0.1, -0.03)."""


def _add_hair(body: Body) -> None:
    look, s, axes = body.look, body.skeleton, body.skeleton.head_axes
    h = s.proportions.head
    if look.hair_style == "bald":
        return
    hair = Material(look.hair, shine=0.3, folds=1.4)

    def at(x: float, y: float, z: float) -> Array:
        return np.asarray(s.head + axes @ np.array([x, y, z]) * h)

    def turn(x: float, y: float, z: float) -> Array:
        return unit(axes @ np.array([x, y, z]))

    thick = {"afro": 1.42, "curly": 1.2, "bob": 1.1, "long": 1.1}.get(look.hair_style, 1.07)
    center = at(0, 0.12 + 0.1 * (thick - 1.07), -0.05 - 0.25 * (thick - 1.07))
    # The hairline: above the forehead in front, down to the nape behind.
    body.add(Segment.hair, hair, center, center, (h * thick, h * thick), axes * SKULL, (at(0, 0.29, 0.3), turn(0, 1.0, -0.8)))
    if look.hair_style in ("bob", "long"):
        low = at(0, -0.32, -0.18) if look.hair_style == "bob" else s.neck + s.chest_axes @ (0, -0.07, -0.05)
        behind = (at(0, 0, 0.02), turn(0, 0.15, -1.0))
        body.add(Segment.hair, hair, at(0, 0.05, -0.14), low, (0.4 * h, 0.36 * h), axes * (1, 1, 0.75), behind)
    if look.hair_style == "bun":
        body.add(Segment.hair, hair, at(0, 0.42, -0.32), at(0, 0.42, -0.32), (0.17 * h, 0.17 * h))
    if look.hair_style == "ponytail":
        body.add(Segment.hair, hair, at(0, 0.22, -0.45), at(0, 0.1, -0.56), (0.1 * h, 0.13 * h))
        body.add(Segment.hair, hair, at(0, 0.1, -0.56), at(0, -0.55, -0.5), (0.13 * h, 0.05 * h))


def _add_hat(body: Body) -> None:
    look, s, axes = body.look, body.skeleton, body.skeleton.head_axes
    if look.hat_style == "none" or look.hair_style == "afro":
        return
    h = s.proportions.head
    felt = Material(look.hat, folds=0.4)

    def at(x: float, y: float, z: float) -> Array:
        return np.asarray(s.head + axes @ np.array([x, y, z]) * h)

    up = axes[:, 1]
    thick = 1.17
    center = at(0, 0.14, -0.04)
    tilt = unit(axes @ np.array([0, 1.0, -0.25]))
    body.add(Segment.hair, felt, center, center, (h * thick, h * thick), axes * SKULL, (at(0, 0.25, 0.2), tilt))
    if look.hat_style == "cap":
        body.add(Segment.hair, felt, at(0, 0.26, 0.3), at(0, 0.22, 0.52), (0.29 * h, 0.26 * h), axes * (1, 0.14, 0.7))
    if look.hat_style == "brimmed":
        body.add(Segment.hair, felt, at(0, 0.25, -0.03), at(0, 0.25, -0.03), (0.66 * h, 0.66 * h), axes * (1, 0.1, 1.05))
